"""What a plan goes by beside what the record says now, what a patient was told last, and what would change (SETTLED 1)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from aftercare.models import Plan, PlannedMessage, ProtocolStep, Replan
from aftercare.rules.aftercare import Done, what_changed
from aftercare.rules.protocol import applies
from aftercare.selectors.corrections import change_words
from aftercare.selectors.instructions import Instructions, care_policy, done_in, record_of, wall_words
from aftercare.selectors.protocol import condition_of, treatment_of
from aftercare.states import PlanState, Purpose
from patients.models import Patient
from treatments.models import Addendum

GONE = ("sent", "sending")  # states of rows in the outbox
WAITING = ("planned", "claimed", "held")


@dataclass(frozen=True)
class Line:
    """One thing that the aftercare goes by: as planned, and as it would be."""

    what: str
    planned: str
    now: str

    @property
    def differs(self) -> bool:
        """Whether the two say otherwise."""
        return self.planned != self.now


@dataclass(frozen=True)
class Difference:
    """What a clinician sees before the word is given."""

    lines: list[Line]
    says: list[str]
    added: list[str]
    dropped: list[str]
    mail: str
    digest: str

    @property
    def is_there(self) -> bool:
        """Whether there is anything to decide."""
        return any(line.differs for line in self.lines)


def digest_of(done: Done) -> str:
    """Names what was looked at: a page that is older than the record decides nothing."""
    return hashlib.sha256(json.dumps(done.as_json(), sort_keys=True).encode()).hexdigest()[:16]


def state_of(plan: Plan) -> str:
    """Names what a clinician looked at who types what an addendum means: what the plan goes by, and the addenda."""
    addenda = list(Addendum.objects.filter(record__session=plan.session).order_by("pk").values_list("pk", flat=True))
    return hashlib.sha256(json.dumps([plan.basis, addenda], sort_keys=True).encode()).hexdigest()[:16]


def plan_of_session(session_uuid: UUID) -> Plan | None:
    """A session's plan with what its page needs."""
    return Plan.objects.select_related("session__course", "patient", "site__clinic", "protocol").filter(session__uuid=session_uuid).first()


def told_last(plan: Plan, *, at: datetime) -> Done:
    """By what the last instructions that went were written. What is leaving now is taken as gone with what stands now."""
    rows = plan.messages.filter(step__purpose=Purpose.INSTRUCTIONS, outbox__state__in=GONE).values_list("outbox__state", "outbox__sent_at")
    went = max((at if state == "sending" else sent or at for state, sent in rows), default=plan.planned_at)
    later = plan.replans.filter(at__gt=went).first()
    return done_in(plan) if later is None else Done.from_json(later.before)


def steps_for(plan: Plan, done: Done) -> list[ProtocolStep]:
    """The steps of the plan's version that the session gets, if this was done."""
    facts = treatment_of(plan, done)
    return [step for step in plan.protocol.steps.order_by("position", "pk") if applies(condition_of(step), facts)]


def may_correct(plan: Plan, *, at: datetime) -> PlannedMessage | None:
    """The instructions that went and are still of use; None when none went, a newer one waits, or their time is over."""
    rows = list(plan.messages.filter(step__purpose=Purpose.INSTRUCTIONS).select_related("step", "outbox").order_by("occurrence", "pk"))
    gone = [row for row in rows if row.outbox.state in GONE and row.expires_at > at]
    waiting = any(row.outbox.state in WAITING for row in rows)
    return None if waiting or not gone else gone[-1]


def difference(plan: Plan, done: Done, *, now: Instructions, at: datetime) -> Difference:
    """What is planned beside what would be. `now`: the instructions as they would read."""
    planned = done_in(plan)
    changes = what_changed(told_last(plan, at=at), done, care_policy(plan.protocol))
    codes = set(plan.messages.exclude(outbox__state="cancelled").values_list("code", flat=True))
    waiting = set(plan.messages.filter(outbox__state__in=WAITING).values_list("code", flat=True))
    before, after = ({step.code: step for step in steps_for(plan, known)} for known in (planned, done))
    return Difference(
        lines=[
            Line(_("Deepest zone"), _depth(planned), _depth(done)),
            Line(_("Left on the scalp"), ", ".join(planned.names) or "–", ", ".join(done.names) or "–"),
            Line(_("Minoxidil"), _minoxidil(planned), _minoxidil(done)),
        ],
        says=change_words(changes, now),
        added=[step.words for code, step in after.items() if code not in before and code not in codes],
        dropped=[step.words for code, step in before.items() if code not in after and code in waiting],
        mail=_mail_words(plan, bool(changes), at),
        digest=digest_of(done),
    )


def _depth(done: Done) -> str:
    return f"{done.deepest_hundredths / 100:.2f} mm" if done.deepest_hundredths else "–"


def _minoxidil(done: Done) -> str:
    return _("by prescriber, earlier") if done.minoxidil_early else _("waits like other products")


def _mail_words(plan: Plan, changes: bool, at: datetime) -> str:
    """What the patient gets, or why nothing: nobody should believe that a mail goes when none does."""
    no_mail = plan.patient.no_mail_because
    rows = list(plan.messages.filter(step__purpose=Purpose.INSTRUCTIONS).select_related("outbox"))
    if not changes:
        return _("The patient would read the same as before: no mail goes.")
    if no_mail:
        return _("No mail goes: %(why)s.") % {"why": no_mail}
    if any(row.outbox.state in WAITING for row in rows):
        return _("The instructions have not gone yet. They will say it as it is now.")
    if may_correct(plan, at=at) is None:
        return _("The waiting times are over, or no instructions went: no mail goes. Please phone if it matters.")
    return _("A corrected mail goes out now. It begins with what has changed.")


def plans_to_decide(patient: Patient) -> list[Plan]:
    """Running plans of a patient whose record says otherwise than what they go by."""
    rows = Plan.objects.running().filter(patient=patient, basis__isnull=False).select_related("session", "site")
    return [plan for plan in rows.order_by("-ended_at", "-pk") if record_of(plan.session) != done_in(plan) and not _decided(plan)]


def _decided(plan: Plan) -> bool:
    """Whether a clinician has had it planned by an addendum: then it goes by that, not by the record."""
    last = plan.replans.order_by("-at", "-pk").first()
    return last is not None and Addendum.objects.filter(record__session=plan.session, at__lte=last.at).exists()


def has_addendum(plan: Plan) -> bool:
    """Whether the record is signed and corrected in words: then a clinician says what the words mean for the aftercare."""
    return Addendum.objects.filter(record__session=plan.session).exists()


def replan_history(plan: Plan) -> list[tuple[str, Replan]]:
    """Who had it planned again, when, and why; the newest first."""
    return [(wall_words(row.at, plan.zone), row) for row in plan.replans.select_related("message__outbox").order_by("-at", "-pk")]


def is_running(plan: Plan) -> bool:
    """Whether anything of it can be planned again."""
    return plan.state == PlanState.ACTIVE and not hasattr(plan.session, "entered_in_error")

"""Reads for the concern list, its detail and the desk's calls."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from aftercare.models import CallTask, CheckIn, Concern, ConcernEvent
from aftercare.rules.escalation import SOONEST
from aftercare.selectors.rota import clinicians_of
from aftercare.states import ConcernState, Level
from clinic.audit import Actor
from clinic.models import OutboxMessage
from clinic.permissions import level, scoped
from patients.models import Hold, Patient
from patients.vocabulary import HELD_BY_FLAG
from treatments.models import TreatmentSession


@dataclass(frozen=True)
class DeskConcern:
    """What the front desk may know of concerns: whom to ask to wait for a call, and how many. No level, no content."""

    patient: Patient
    taken_by: str


def open_concerns(actor: Actor) -> QuerySet[Concern]:
    """Unfinished concerns of the actor's sites, most urgent first. Nothing for those without the full right."""
    if level(actor, "concern:view") != "full":
        return Concern.objects.none()
    rows = scoped(Concern.objects.unfinished().by_urgency(), actor)
    return rows.select_related("patient", "site", "claimed_by", "check_in__plan__session")


def concern_count(actor: Actor) -> int:
    """How many concerns are unfinished; the desk sees the number too (`concern:count`)."""
    if level(actor, "concern:count") == "none":
        return 0
    return scoped(Concern.objects.unfinished(), actor).count()


def desk_concerns(actor: Actor) -> list[DeskConcern]:
    """For the front desk: the patients a clinician will call, by name, without level or content."""
    rows = (
        scoped(Concern.objects.unfinished(), actor)
        .select_related("patient", "claimed_by")
        .order_by("patient__family_name", "pk")
    )
    seen: dict[int, DeskConcern] = {}
    for row in rows:
        taken = row.claimed_by.display_name if row.claimed_by else ""
        seen.setdefault(row.patient_id, DeskConcern(row.patient, taken))
    return list(seen.values())


def closed_concerns(actor: Actor, *, limit: int = 50) -> list[Concern]:
    """The latest closed concerns, for a look back."""
    if level(actor, "concern:view") != "full":
        return []
    rows = scoped(Concern.objects.filter(state=ConcernState.CLOSED), actor).select_related("patient", "closed_by")
    return list(rows.order_by("-closed_at", "-pk")[:limit])


def concern_for_page() -> QuerySet[Concern]:
    """Concerns with what their page shows."""
    return Concern.objects.select_related(
        "patient",
        "site__clinic",
        "claimed_by",
        "closed_by",
        "check_in__plan__session",
        "check_in__response",
        "adverse_event",
    ).prefetch_related(
        Prefetch(
            "events",
            ConcernEvent.objects.select_related("by_staff").order_by("at", "pk"),
        )
    )


def holds_of(concern: Concern) -> list[Hold]:
    """Holds this concern set, the lifted ones too."""
    return list(Hold.objects.filter(cause_kind="concern", cause_uuid=concern.uuid).order_by("pk"))


def told_at(concern: Concern) -> datetime:
    """When the patient told of it: the answers' time, else when the concern was opened. What was told had begun by then."""
    response = getattr(concern.check_in, "response", None)
    return response.answered_at if response is not None else concern.opened_at


def is_overdue(concern: Concern, *, at: datetime) -> bool:
    """Nobody has reached the patient in time, and no try is planned for later."""
    waits = concern.state != ConcernState.CLOSED and concern.answered_at is None
    return waits and max(concern.due_at, concern.next_try_at or concern.due_at) <= at


def may_be_taken_over(concern: Concern, *, at: datetime) -> bool:
    """Whether a colleague may take what somebody has: its clock ran out and the others were alerted since it was taken, or who has it can't act any more."""
    if concern.claimed_by is None or concern.state == ConcernState.CLOSED:
        return False
    if concern.claimed_by not in clinicians_of(concern.site_id):
        return True
    alerted, taken = concern.escalated_at, concern.claimed_at
    return is_overdue(concern, at=at) and alerted is not None and (taken is None or taken < alerted)


def earlier_check_ins(concern: Concern, *, limit: int = 6) -> list[CheckIn]:
    """The patient's other answered check-ins, newest first."""
    rows = CheckIn.objects.filter(patient=concern.patient, response__isnull=False).select_related("response")
    others = rows.exclude(pk=concern.check_in_id) if concern.check_in_id else rows
    return list(others.order_by("-response__answered_at", "-pk")[:limit])


def concerns_past_due(at: datetime) -> QuerySet[Concern]:
    """Unfinished concerns whose clock has run out, that nobody has answered, and of which no mail went just now.

    Not of somebody who has died: a death stops everything quietly. The concern stays in the list until a clinician closes it.
    """
    rows = Concern.objects.unfinished().filter(due_at__lte=at, answered_at__isnull=True, patient__deceased_on=None).exclude(next_try_at__gt=at)
    return rows.exclude(escalated_at__gt=at - SOONEST).select_related("site").order_by("due_at", "pk")


def open_call_tasks(actor: Actor) -> QuerySet[CallTask]:
    """Calls the desk is asked to make, oldest first: about check-ins that are still wanted, to people who may still be called.

    Who asked not to be contacted is among them where they wrote something that the rules could not read: a person looks at that, and decides.
    """
    rows = CallTask.objects.filter(done_at__isnull=True, check_in__cancelled_at__isnull=True).select_related("patient", "site", "check_in__plan")
    rows = rows.filter(Q(patient__do_not_contact=False) | Q(check_in__draft__has_key="refused"), patient__deceased_on__isnull=True)
    return scoped(rows, actor).order_by("opened_at", "pk")


def concerns_of(patient: Patient, *, unfinished_only: bool = True) -> list[Concern]:
    """A patient's concerns, newest first: for the overview."""
    rows = Concern.objects.filter(patient=patient).select_related("claimed_by")
    return list((rows.unfinished() if unfinished_only else rows).order_by("-opened_at", "-pk"))


def patients_freed_since(at: datetime) -> list[UUID]:
    """Patients with a held invitation whose hold was lifted since then, wherever that was done, and who have no other."""
    waiting = OutboxMessage.objects.filter(state="held", reason__startswith=HELD_BY_FLAG).values("patient_uuid")
    blocked = Hold.objects.filter(released_at=None, blocks__contains=["invitations"]).values("patient_id")
    freed = Hold.objects.filter(released_at__gte=at, blocks__contains=["invitations"]).values("patient_id")
    return list(
        Patient.objects.filter(pk__in=freed, uuid__in=waiting).exclude(pk__in=blocked).order_by("pk").values_list("uuid", flat=True)
    )


def counts_by_level(actor: Actor) -> dict[str, int]:
    """Unfinished concerns by level, for those with the full right."""
    rows = open_concerns(actor).order_by().values("level").annotate(count=Count("pk"))
    found = {row["level"]: row["count"] for row in rows}
    return {level_.value: found.get(level_.value, 0) for level_ in Level if level_ != Level.REASSURE}


def session_of(concern: Concern) -> TreatmentSession | None:
    """The session a concern is about: that of its check-in, else the patient's latest that has ended."""
    if concern.check_in is not None:
        return concern.check_in.plan.session
    rows = TreatmentSession.objects.filter(patient_id=concern.patient_id, ended_at__isnull=False, ended_at__lte=concern.opened_at)
    return rows.order_by("-ended_at", "-pk").first()

"""The kinds of aftercare: *may this go now?*, asked again just before it leaves, and how each is built (SETTLED 11)."""

from datetime import datetime

from aftercare.emails import build
from aftercare.models import CheckIn, Concern, Plan, PlannedMessage, Replan
from aftercare.rules.aftercare import Done, what_changed
from aftercare.selectors.instructions import care_policy, done_in
from aftercare.states import ConcernState, PlanState, Purpose, Scope
from appointments.selectors import coming_session
from clinic.models import OutboxMessage
from clinic.outbox.kinds import Build, Kind, MaySend, Verdict
from clinic.outbox.kinds import register as register_kind
from clinic.outbox.states import UNAGREED, Doubt
from clinic.outbox.states import Scope as MailScope
from patients.models import Patient
from patients.selectors import open_holds
from patients.vocabulary import HELD_BY_FLAG
from treatments import selectors as sessions

__all__ = ["HELD_BY_FLAG", "register"]


_NEWS = ("overdue", "handed_over", "taken_over", "raised")


def _patient_verdict(patient: Patient) -> Verdict | None:
    if patient.deceased_on is not None:
        return Verdict.skip("the patient has died")
    if patient.do_not_contact:
        return Verdict.skip("asked not to be contacted")
    if patient.mail_mode == "none":
        return Verdict.skip(UNAGREED)
    return None


def _plan_verdict(message: PlannedMessage) -> Verdict | None:
    plan = message.plan
    if plan.state == PlanState.CANCELLED:
        return Verdict.cancel(plan.state_reason)
    if plan.state == PlanState.SUPERSEDED and message.scope == Scope.SESSION:
        return Verdict.cancel(plan.state_reason)
    return None


def _planned(row: OutboxMessage) -> PlannedMessage:
    return PlannedMessage.objects.select_related("plan__patient", "step", "check_in__response").get(outbox_id=row.pk)


def may_send_care(row: OutboxMessage, at: datetime) -> Verdict:
    """Instructions and results: care always goes, also under a red flag, unless the patient or the plan says no."""
    message = _planned(row)
    return _patient_verdict(message.plan.patient) or _plan_verdict(message) or _correction_verdict(message) or Verdict.go()


def _correction_verdict(message: PlannedMessage) -> Verdict | None:
    """A correction that a second thought has taken back says nothing new."""
    replan = Replan.objects.filter(message=message).first() if message.occurrence else None
    if replan is None:
        return None
    changes = what_changed(Done.from_json(replan.told), done_in(message.plan), care_policy(message.plan.protocol))
    return None if changes else Verdict.skip("the advice is again as it was mailed")


def may_send_check_in(row: OutboxMessage, at: datetime) -> Verdict:
    """A check-in: as care, and it is still unanswered."""
    message = _planned(row)
    found = _patient_verdict(message.plan.patient) or _plan_verdict(message)
    return found or _unanswered(message.check_in)


def _unanswered(check_in: CheckIn) -> Verdict:
    if check_in.is_answered:
        return Verdict.skip("already answered")
    if check_in.cancelled_at is not None:
        return Verdict.cancel(check_in.cancelled_reason)
    return Verdict.go()


def may_send_reminder(row: OutboxMessage, at: datetime) -> Verdict:
    """A reminder: the check-in is still wanted and unanswered."""
    check_in = CheckIn.objects.select_related("patient").get(uuid=build.cause_of(row))
    return _patient_verdict(check_in.patient) or _unanswered(check_in)


def may_send_invitation(row: OutboxMessage, at: datetime) -> Verdict:
    """The follow-up invitation: held under an open red flag, skipped when the next session is booked (SETTLED 3) or no session is to come (`docs/decisions/0021`)."""
    message = _planned(row)
    patient = message.plan.patient
    found = _patient_verdict(patient) or _plan_verdict(message)
    if found is not None:
        return found
    if open_holds(patient, blocks="invitations"):
        return Verdict.hold(HELD_BY_FLAG)
    if coming_session(patient.pk, at) is not None:
        return Verdict.skip("already booked")
    return _course_verdict(message.plan, at) or Verdict.go()


def _course_verdict(plan: Plan, at: datetime) -> Verdict | None:
    """Nobody is invited to a session that nobody plans, nor before the window of the course that follows."""
    patient, session = plan.patient, plan.session
    course = sessions.open_course(patient)
    if course is None:
        return Verdict.skip("the course is over")
    if patient.pk in sessions.through([patient.pk]):
        return Verdict.skip("all planned sessions took place: a clinician decides how to go on")
    window = sessions.next_window(patient, today=plan.site.today(at))
    if course.pk != session.course_id and window is not None and window.opens_on > plan.site.today(at):
        return Verdict.skip(f"another course is planned, its window opens on {window.opens_on:%-d %B %Y}: the recall list has the patient then")
    return None


def may_send_alert(row: OutboxMessage, at: datetime) -> Verdict:
    """A concern's mail to a clinician: not after it is closed, nor to others once somebody has it in time.

    What is new to whoever has it goes all the same: its time has run out, it was handed over, it was made more urgent.
    """
    concern = Concern.objects.get(uuid=build.cause_of(row))
    if concern.state == ConcernState.CLOSED:
        return Verdict.cancel("concern closed")
    if concern.state == ConcernState.CLAIMED and not any(row.context.get(why) for why in _NEWS):
        return Verdict.skip("a clinician has taken it")
    return Verdict.go()


def register() -> None:
    """Make the kinds known to the drain."""

    def care(name: str, may_send: MaySend, builder: Build, *, urgent: bool = False) -> None:
        register_kind(Kind(name, may_send, builder, doubt=Doubt.RETRY, urgent=urgent, scope=MailScope.CARE))

    care(Purpose.INSTRUCTIONS, may_send_care, build.plan_step, urgent=True)  # at once (SETTLED 1): the first night is what they are about
    care(Purpose.CHECK_IN, may_send_check_in, build.check_in)
    care("check_in_reminder", may_send_reminder, build.check_in_reminder)
    care(Purpose.RESULTS, may_send_care, build.plan_step)
    care(Purpose.NOTE, may_send_care, build.plan_step)
    register_kind(Kind(Purpose.INVITATION, may_send_invitation, build.follow_up_invitation, scope=MailScope.INVITATION))
    register_kind(Kind("protocol_test", lambda row, at: Verdict.go(), build.protocol_test, scope=MailScope.STAFF))
    register_kind(Kind("concern_alert", may_send_alert, build.concern_alert, urgent=True, scope=MailScope.STAFF))

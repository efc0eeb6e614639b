"""The two moments of a session: the needle touches the skin, the patient leaves."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.nudges import nudge
from patients import services as people
from patients.models import Patient
from patients.vocabulary import Gate
from treatments import selectors
from treatments.models import TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.services.drafts import locked_session
from treatments.services.errors import Blocked, EndBeforeStart
from treatments.services.events import events_of_bleeding
from treatments.services.handover import check_operator
from treatments.vocabulary import SessionState

# What is about the patient was decided at the start; what already happened must be recorded, not refused.
_NOT_AT_CHECKOUT = ("S01", "S02", "S03", "S10", "S11", "S12", "S18", "S20", "S23")
# What is on the patient, or was before the session: it stops no end, and the signature asks for words on it (docs/decisions/0017).
_ON_THE_PATIENT = ("S15", "S16")


def start_session(*, record: TreatmentSession, by: Actor, at: datetime) -> TreatmentSession:
    """The needle may touch the skin. The rules decide at stage `start`; nothing overrides a BLOCK, nor what stops the numbing cream that is on (S16).

    Who starts is the operator of the record: a colleague takes it over first. The course must still run. Raises Blocked.
    """
    with audit.write(by=by, action="session.start"):
        Patient.objects.select_for_update().get(pk=record.patient_id)  # who closes a zone, or plans another course, waits for this or goes first
        locked = locked_session(record, SessionState.DRAFT)
        check_operator(locked, by)
        if locked.course.ended_at is not None:  # what is closed or noted on the course that runs would not hold for it (S12, S24)
            raise Blocked(_("The course of this draft is over. Enter the draft in error, and open a session in the course that runs."), [], [], [])
        locked.planned_start_at = at
        locked.save(update_fields=["planned_start_at"])
        people.screen_patient(patient=locked.patient, gate=Gate.START, as_of=locked.site.today(at), by=by, at=at)
        found = selectors.evaluate(locked, Stage.START)
        # a serum goes on later and may still be left away; the cream is on the patient
        blocks = [f for f in found.findings if f.severity == "BLOCK" or (f.rule == "S16" and f.severity == "BLOCK_PRODUCT")]
        if blocks or found.missing or found.owed:
            raise Blocked("The session can't start yet.", blocks, found.missing, found.owed)
        locked.state, locked.started_at = SessionState.STARTED, at
        locked.save(update_fields=["state", "started_at"])
    return locked


def end_session(*, record: TreatmentSession, ended_at: datetime, by: Actor, at: datetime) -> TreatmentSession:
    """Check-out: from here the aftercare is planned (SETTLED 1). Frank bleeding opens an adverse event (S18).

    The rules run at stage `checkout`; what can still be mended (device, cartridge, depth, products, gaps about the numbing cream) is refused here.

    Raises EndBeforeStart.
    """
    with audit.write(by=by, action="session.end"):
        Patient.objects.select_for_update().get(pk=record.patient_id)  # before the session's row, as who notes an adverse event takes them: an event of bleeding needs both
        locked = locked_session(record, SessionState.STARTED)
        if locked.started_at is None or ended_at < locked.started_at:
            raise EndBeforeStart("The end lies before the start.", field="ended_at")
        if ended_at > at:
            raise EndBeforeStart("The end lies in the future.", field="ended_at")
        locked.ended_at = ended_at
        found = selectors.evaluate(locked, Stage.CHECKOUT)
        blocks = [f for f in found.blocks(but=_NOT_AT_CHECKOUT) if f.rule not in _ON_THE_PATIENT or selectors.reason_key(f.rule, f.subject) not in found.learnt]
        if blocks or found.missing:
            raise Blocked("The session can't be ended like this yet.", blocks, found.missing, [])
        locked.state = SessionState.ENDED
        locked.save(update_fields=["state", "ended_at"])
        events_of_bleeding(locked, by, at)
        nudge("aftercare.plan_ended_sessions")
    return locked

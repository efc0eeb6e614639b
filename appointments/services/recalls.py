"""Recalls: opened when a window opens, every try a row, closed by a booking, a reason or the next session."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from appointments import emails, selectors
from appointments.models import Appointment, Recall, RecallAttempt
from appointments.rules import OPEN, RecallState
from clinic import audit
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Refused

_WAITING = selectors.WAITING


def open_recalls(*, by: Actor, at: datetime) -> int:
    """A recall for each patient whose window has opened since; closes those who came. Running it twice adds nothing."""
    made = 0
    for session, window in selectors.sessions_to_recall(at):
        if local_date(at, session.site.zone) < window.opens_on:
            continue
        with audit.write(by=by, action="recall.open"):
            booked = selectors.coming_session(session.patient_id, at)
            _row, fresh = Recall.objects.get_or_create(
                after=session,
                defaults={
                    "patient_id": session.patient_id, "site_id": session.site_id, "opens_on": window.opens_on,
                    "closes_on": window.closes_on, "appointment": booked, "state": RecallState.BOOKED if booked else RecallState.DUE,
                },
            )  # fmt: skip
        made += fresh
    _follow_errors(by=by)
    _follow_visits(by=by, at=at)
    _follow_courses(by=by)
    return made


def _follow_errors(*, by: Actor) -> None:
    """What a session did that is entered in error since: it ended a recall, which goes on; it was followed by one, which concerns nobody (0046)."""
    for recall in selectors.recalls_that_did_not_come():
        visit = recall.appointment if recall.appointment and recall.appointment.state in OPEN else None
        with audit.write(by=by, action="recall.reopen"):
            state = RecallState.BOOKED if visit else RecallState.CONTACTED if recall.attempts.exists() else RecallState.DUE
            Recall.objects.filter(pk=recall.pk, state=RecallState.DONE).update(state=state, appointment=visit)
    if wrong := selectors.recalls_after_an_error():
        with audit.write(by=by, action="recall.after_an_error"):
            Recall.objects.filter(pk__in=wrong).update(state=RecallState.DISMISSED, dismissed_because=_("The record of its session was entered in error."))


def _follow_courses(*, by: Actor) -> None:
    """The course was stopped: nobody is called. Another was planned: its window counts (`docs/decisions/0021`)."""
    for recall, window in selectors.recalls_out_of_date():
        with audit.write(by=by, action="recall.follow_course"):
            mine = Recall.objects.filter(pk=recall.pk, state__in=_WAITING)
            if window is None:
                mine.update(state=RecallState.DISMISSED, dismissed_because=_("The course is over."))
            else:
                mine.update(opens_on=window.opens_on, closes_on=window.closes_on)


def _follow_visits(*, by: Actor, at: datetime) -> None:
    """Booked but the visit is gone: open again. The next session has happened: done."""
    for recall in selectors.recalls_whose_visit_is_gone():
        with audit.write(by=by, action="recall.reopen"):
            state = RecallState.CONTACTED if recall.attempts.exists() else RecallState.DUE
            Recall.objects.filter(pk=recall.pk, state=RecallState.BOOKED).update(state=state, appointment=None)
    done = selectors.recalls_that_came()
    if done:
        with audit.write(by=by, action="recall.done"):
            Recall.objects.filter(pk__in=done).update(state=RecallState.DONE)


def link_to_booking(appointment: Appointment) -> Recall | None:
    """A booking closes the recall by itself when exactly one fits. Called inside the booking's transaction."""
    if not appointment.visit_type.needs_screening:
        return None
    rows = list(Recall.objects.select_for_update().filter(patient_id=appointment.patient_id, state__in=_WAITING)[:2])
    if len(rows) != 1:
        return None
    rows[0].state, rows[0].appointment = RecallState.BOOKED, appointment
    rows[0].save(update_fields=["state", "appointment"])
    return rows[0]


def note_recall(*, recall: Recall, channel: str, result: str, note: str, by: Actor, at: datetime) -> RecallAttempt:
    """One try to reach a patient, or a dismissal with its reason. Raises Refused."""
    if result == "dismissed" and not note.strip():
        raise Refused("Give the reason for leaving this patient out.", field="note")
    with audit.write(by=by, action="recall.note", reason=note):
        locked = Recall.objects.select_for_update().get(pk=recall.pk)
        if locked.state not in _WAITING:
            raise Refused(f"This recall is {locked.state} already.")
        locked.state = RecallState.DISMISSED if result == "dismissed" else RecallState.CONTACTED
        locked.dismissed_because = note[:300] if result == "dismissed" else ""
        locked.save(update_fields=["state", "dismissed_because"])
        return RecallAttempt.objects.create(
            recall=locked, patient_id=locked.patient_id, at=at, channel=channel, result=result, note=note[:300], by=by.name[:160]
        )


def reopen_recall(*, recall: Recall, by: Actor, at: datetime) -> Recall:
    """Take back a dismissal."""
    with audit.write(by=by, action="recall.reopen"):
        locked = Recall.objects.select_for_update().get(pk=recall.pk)
        if locked.state != RecallState.DISMISSED:
            raise Refused("Only a dismissed recall can be taken back.")
        locked.state, locked.dismissed_because = RecallState.CONTACTED, ""
        locked.save(update_fields=["state", "dismissed_because"])
    return locked


def invite_recalls(*, recalls: Iterable[Recall], by: Actor, at: datetime) -> int:
    """The approved neutral invitation to each, logged as a try. Left out: who can't be mailed, holds, or has a session booked. Returns how many go."""
    count = 0
    for recall in recalls:
        if recall.state not in _WAITING or selectors.why_not_invited(recall) or selectors.coming_session(recall.patient_id, at):
            continue
        with transaction.atomic(), audit.write(by=by, action="recall.invite"):
            emails.recall_invitation(recall=recall, by=by, at=at)
            note_recall(recall=recall, channel="mail", result="invited", note="", by=by, at=at)
        count += 1
    return count

"""The states of a visit: one move in the table, or one step back. Rows are added, never removed."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from appointments import emails, selectors
from appointments.models import Appointment, Room, StatusChange
from appointments.rules import HOLDS_TIME, AppointmentState, is_allowed_move
from appointments.services.common import MoveNotAllowed, RoomTaken, note, occupy, place_of, taken_error
from appointments.services.waiting import note_freed, take_back_freed
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from treatments import services as sessions
from treatments.models import TreatmentSession


class SessionOpen(Refused):
    """The patient has a session of another visit that is not finished: `record`. It is finished, or entered in error, first."""

    def __init__(self, record: TreatmentSession) -> None:
        words = _("Session %(number)s of this patient is not finished. Finish it first, or enter it in error.")
        super().__init__(words % {"number": record.number})
        self.record = record


def change_state(
    *, appointment: Appointment, to: AppointmentState, by: Actor, at: datetime, reason: str = "", room: Room | None = None, tell: bool = True
) -> Appointment:
    """One move in the table of states. Raises MoveNotAllowed."""
    with audit.write(by=by, action=f"appointment.{to}", reason=reason):
        locked = _locked(appointment)
        was = AppointmentState(locked.state)
        if was == to:
            return locked
        if not is_allowed_move(was, to):
            raise MoveNotAllowed(f"A visit that is {was.value.replace('_', ' ')} can't become {to.value.replace('_', ' ')}.")
        locked.state, locked.state_since = to, at
        if to is AppointmentState.CANCELLED:
            locked.sequence += 1
        locked.save(update_fields=["state", "state_since", "sequence"])
        note(locked, was=was, by=by, at=at, reason=reason, told=tell and to is AppointmentState.CANCELLED)
        if to not in HOLDS_TIME:
            locked.occupations.all().delete()
        if to is AppointmentState.CANCELLED:
            note_freed(locked, at=at)
            emails.appointment_cancelled(appointment=locked, by=by, at=at, tell=tell)
        return take_to_room(appointment=locked, room=room, by=by, at=at) if room else locked


def take_to_room(*, appointment: Appointment, room: Room, by: Actor, at: datetime) -> Appointment:
    """An arrived patient is shown into a room; it need not be the booked one. Raises RoomTaken, MoveNotAllowed."""
    try:
        with audit.write(by=by, action="appointment.room", reason=room.name):
            locked = _locked(appointment)
            if locked.state != AppointmentState.ARRIVED:
                raise MoveNotAllowed("Only a patient who has arrived goes into a room.")
            before = place_of(locked) | {"in_room_at": locked.in_room_at.isoformat() if locked.in_room_at else None}
            locked.room, locked.in_room_at = room, at
            locked.save(update_fields=["room", "in_room_at"])
            locked.occupations.all().delete()
            occupy(locked, lane=2 if locked.overlap_reason else 1, at=at)
            note(locked, was=locked.state, by=by, at=at, what="room", reason=room.name, before=before)
    except IntegrityError as error:
        raise RoomTaken(f"{room.name} is taken at this time. Choose another room.") from error
    return locked


def _locked(appointment: Appointment) -> Appointment:
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("patient", "site", "visit_type", "clinician")
    return rows.get(pk=appointment.pk)


def undo_change(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """One step back: a state, a move or the booking itself. A new row, nothing is removed. Raises SlotTaken, MoveNotAllowed."""
    try:
        with audit.write(by=by, action="appointment.undo"):
            locked = _locked(appointment)
            last = selectors.last_change(locked)
            if last is None or (locked.session_id and last.now in ("in_session", "done")):
                raise MoveNotAllowed("There is nothing to undo.")
            return _step_back(locked, last, by=by, at=at)
    except IntegrityError as error:
        raise taken_error(appointment, at) from error


def _step_back(locked: Appointment, last: StatusChange, *, by: Actor, at: datetime) -> Appointment:
    was, starts_at = AppointmentState(locked.state), locked.starts_at
    if last.what == "booked":
        locked.state = AppointmentState.CANCELLED
    elif last.what == "moved" and last.before:
        locked.starts_at = datetime.fromisoformat(last.before["starts_at"])
        locked.ends_at = datetime.fromisoformat(last.before["ends_at"])
        locked.clinician_id, locked.room_id, locked.device_id = (last.before[key] for key in ("clinician", "room", "device"))
        locked.state = last.before["state"]
        locked.overlap_reason = last.before.get("overlap_reason", locked.overlap_reason)
    elif last.what == "room" and last.before:
        locked.room_id = last.before["room"]
        locked.in_room_at = datetime.fromisoformat(last.before["in_room_at"]) if last.before["in_room_at"] else None
    else:
        locked.state = last.was
    moved = locked.starts_at != starts_at or last.what == "moved"
    if moved or AppointmentState.CANCELLED in (was, locked.state):
        locked.sequence += 1
    locked.state_since = at if last.what != "room" else locked.state_since
    locked.save()
    locked.occupations.all().delete()
    if locked.state in HOLDS_TIME:
        occupy(locked, lane=2 if locked.overlap_reason else 1, at=at)
    note(locked, was=was, by=by, at=at, what="undone", undoes=last)
    take_back_freed(locked, at=at)
    if last.what == "booked":
        note_freed(locked, at=at)
        emails.appointment_cancelled(appointment=locked, by=by, at=at, tell=True)
    elif moved:
        emails.appointment_changed(appointment=locked, was=starts_at, by=by, at=at, tell=last.told_patient)
    else:
        emails.take_back_cancellation(appointment=locked, by=by, at=at)
    return locked


def start_visit(*, appointment: Appointment, operator: Staff, by: Actor, at: datetime) -> Appointment:
    """Open the session's record and link it; the visit is *in session*. Raises SessionOpen while that of an earlier visit is not finished."""
    with audit.write(by=by, action="appointment.start"):
        if appointment.state == AppointmentState.ARRIVED:
            record = sessions.open_session(patient=appointment.patient, operator=operator, site=appointment.site, by=by, at=at)
            if Appointment.objects.filter(session=record).exclude(pk=appointment.pk).exists():
                raise SessionOpen(record)
            Appointment.objects.filter(pk=appointment.pk).update(session=record)
        return change_state(appointment=appointment, to=AppointmentState.IN_SESSION, by=by, at=at)


def sweep_states(*, by: Actor, at: datetime) -> int:
    """“Done” follows an ended session (SETTLED 14), and goes when its record is entered in error. Returns how many visits changed."""
    count = 0
    for appointment, right in selectors.visits_recorded_anew():
        with audit.write(by=by, action="appointment.recorded_anew"):
            # what somebody has said of the visit since it was looked up stands
            if Appointment.objects.filter(pk=appointment.pk, state=AppointmentState.ARRIVED, session=None).update(session=right):
                change_state(appointment=appointment, to=AppointmentState.IN_SESSION, by=by, at=at, reason="written in the right record")
    for appointment in selectors.ended_visits():
        with transaction.atomic():
            change_state(appointment=appointment, to=AppointmentState.DONE, by=by, at=at, reason="session ended")
        count += 1
    for appointment in selectors.visits_in_error():
        _put_back(appointment, by=by, at=at)
        count += 1
    return count


def _put_back(appointment: Appointment, *, by: Actor, at: datetime) -> None:
    """What the mistaken session said of this visit is taken back, step by step: it stands where people had left it, *arrived*.

    Whether this patient was here is for a person to say: done without a session, never here, or treated in another session.
    """
    with audit.write(by=by, action="appointment.put_back"):
        locked = _locked(appointment)
        if locked.session is None or not hasattr(locked.session, "entered_in_error"):
            return
        before, locked.session = {"session": str(locked.session.uuid)}, None
        while locked.state in (AppointmentState.IN_SESSION, AppointmentState.DONE):
            was, last = locked.state, selectors.last_change(locked)
            known = last is not None and last.now == was and last.was in (AppointmentState.IN_SESSION, AppointmentState.ARRIVED)
            locked.state = last.was if known and last is not None else AppointmentState.ARRIVED
            note(locked, was=was, by=by, at=at, what="undone", undoes=last if known else None, reason=selectors.PUT_BACK, before=before)
        locked.state_since = at
        locked.save(update_fields=["state", "state_since", "session"])

"""Booking, moving, cancelling, and the states of a visit. The database has the last word on slots (SETTLED 17)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import emails, selectors
from appointments.models import Appointment, Occupation, RecallAttempt, Room, StatusChange, VisitType
from appointments.rules import HOLDS_TIME, AppointmentState, is_allowed_move, may_patient_change
from clinic import audit, links
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients import services as people
from patients.models import Patient
from patients.vocabulary import Gate
from treatments import services as sessions


class SlotTaken(Conflict):
    """Somebody was faster. `nearest` holds free slots close to the wish."""

    def __init__(self, nearest: list[selectors.Slot]) -> None:
        super().__init__("This time was just taken. Nothing was booked. Choose another one.")
        self.nearest = nearest


class NotEligible(Refused):
    """Screening or a hold stops this booking; the words hold no medical reason."""


class TooEarly(Refused):
    """7 to 27 days after the last session: only with a clinician's reason (SETTLED 4)."""


class MoveNotAllowed(Refused):
    """The visit can't go from this state to that one."""


class TooLate(Refused):
    """Past the cut-off: the patient calls us."""


@dataclass(frozen=True)
class Wish:
    """Where a visit should be."""

    starts_at: datetime
    clinician: Staff
    room: Room | None = None


def _lock(resources: list[tuple[str, int]]) -> None:
    """Advisory locks in a fixed order: the constraint alone is right, but deadlocks under contention."""
    with connection.cursor() as cursor:
        for kind, pk in sorted(resources):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind}:{pk}"])


def _resources(appointment: Appointment) -> list[tuple[str, int]]:
    found = [("clinician", appointment.clinician_id), ("patient", appointment.patient_id)]
    found += [("room", appointment.room_id)] if appointment.room_id else []
    return found + ([("device", appointment.device_id)] if appointment.device_id else [])


def _occupy(appointment: Appointment, *, lane: int, at: datetime) -> None:
    buffer = timedelta(minutes=appointment.visit_type.buffer_minutes)
    during = DateTimeTZRange(appointment.starts_at, appointment.ends_at + buffer)
    resources = _resources(appointment)
    _lock(resources)
    Occupation.objects.filter(expires_at__lte=at, during__overlap=during).delete()
    for kind, pk in resources:
        Occupation.objects.create(
            resource_kind=kind, resource_id=pk, lane=lane if kind != "patient" else 1, during=during, appointment=appointment
        )


def _free_room(appointment: Appointment, at: datetime) -> Room | None:
    """A room that nobody has taken for this time, chosen under its lock."""
    if not appointment.visit_type.needs_room:
        return None
    buffer = timedelta(minutes=appointment.visit_type.buffer_minutes)
    during = (appointment.starts_at, appointment.ends_at + buffer)
    for room in Room.objects.filter(site=appointment.site, out_of_service=False).order_by("pk"):
        _lock([("room", room.pk)])
        busy = Occupation.objects.filter(resource_kind="room", resource_id=room.pk, during__overlap=during)
        if not busy.exclude(expires_at__lte=at).exists():
            return room
    raise IntegrityError("no room is free")


def _nearest(appointment: Appointment, at: datetime) -> list[selectors.Slot]:
    site, on = appointment.site, local_date(appointment.starts_at, appointment.site.zone)
    slots = selectors.free_slots(
        site=site, visit_type=appointment.visit_type, from_on=on, to_on=on + timedelta(days=7), at=at, patient=appointment.patient
    )
    return sorted(slots, key=lambda slot: abs(slot.starts_at - appointment.starts_at))[:4]


def _check_gate(patient: Patient, visit_type: VisitType, starts_at: datetime, *, early_reason: str, at: datetime) -> None:
    day = local_date(starts_at, patient.site.zone)
    if starts_at <= at:
        raise Refused("This time is in the past.", field="slot")
    window = selectors.window_for(patient, local_date(at, patient.site.zone))
    reason = selectors.why_not(patient, visit_type, day, window)
    if reason:
        raise NotEligible(reason)
    early = visit_type.needs_screening and selectors.interval_for(patient, day, window).word == "early"
    if early and not early_reason.strip():
        raise TooEarly("This is 7 to 27 days after the last session. A clinician gives a reason for that.", field="early_reason")


def book_appointment(
    *, patient: Patient, visit_type: VisitType, wish: Wish, by: Actor, at: datetime, early_reason: str = "",
    overlap_reason: str = "", tell: bool = True, form_key: str | None = None,
) -> Appointment:  # fmt: skip
    """Book once (the same `form_key` again returns the booking). Raises SlotTaken, NotEligible, TooEarly."""
    if form_key and (there := Appointment.objects.filter(form_key=form_key).first()):
        return there
    _check_gate(patient, visit_type, wish.starts_at, early_reason=early_reason, at=at)
    appointment = Appointment(
        patient=patient, site=patient.site, visit_type=visit_type, clinician=wish.clinician, room=wish.room,
        starts_at=wish.starts_at, ends_at=wish.starts_at + timedelta(minutes=visit_type.minutes), state_since=at,
        booked_at=at, booked_by=by.name[:160], early_reason=early_reason[:300], overlap_reason=overlap_reason[:300],
        form_key=form_key, clinician_first=bool(people_holds(patient)),
    )  # fmt: skip
    try:
        with audit.write(by=by, action="appointment.book", reason=early_reason or overlap_reason):
            _lock([("clinician", wish.clinician.pk), ("patient", patient.pk)])
            if not overlap_reason:
                appointment.room = wish.room or _free_room(appointment, at)
            appointment.save()
            _occupy(appointment, lane=2 if overlap_reason else 1, at=at)
            _note(appointment, was="", by=by, at=at, what="booked", told=tell)
            if visit_type.needs_screening:
                people.screen_patient(patient=patient, gate=Gate.BOOKING, as_of=local_date(wish.starts_at, patient.site.zone), by=by, at=at)
            if tell:
                emails.appointment_confirmed(appointment=appointment, by=by, at=at)
            emails.appointment_reminder(appointment=appointment, by=by, at=at)
    except IntegrityError as error:
        if form_key and (there := Appointment.objects.filter(form_key=form_key).first()):
            return there
        raise SlotTaken(_nearest(appointment, at)) from error
    return appointment


def people_holds(patient: Patient) -> bool:
    """Whether a hold marks the visit *clinician first* (SETTLED 3)."""
    return patient.holds.filter(released_at=None, blocks__contains=["session"]).exists()


def _note(
    appointment: Appointment, *, was: str, by: Actor, at: datetime, what: str = "state", reason: str = "", told: bool = False
) -> None:
    StatusChange.objects.create(
        appointment=appointment, at=at, was=was, now=appointment.state, what=what, reason=reason[:300], told_patient=told, by=by.name[:160]
    )


def move_appointment(
    *, appointment: Appointment, wish: Wish, by: Actor, at: datetime, early_reason: str = "", tell: bool = True
) -> Appointment:
    """Another time or clinician. Mails wait three minutes; moving back within them sends nothing. Raises SlotTaken…"""
    _check_gate(appointment.patient, appointment.visit_type, wish.starts_at, early_reason=early_reason, at=at)
    with_old = Appointment.objects.select_related("visit_type", "site", "patient").get(pk=appointment.pk)
    try:
        with audit.write(by=by, action="appointment.move", reason=early_reason):
            locked = Appointment.objects.select_for_update().get(pk=appointment.pk)
            if locked.state not in (AppointmentState.BOOKED, AppointmentState.CONFIRMED):
                raise MoveNotAllowed("Only a visit that has not begun can be moved.")
            was = locked.starts_at
            locked.occupations.all().delete()
            locked.starts_at, locked.clinician = wish.starts_at, wish.clinician
            locked.ends_at = wish.starts_at + timedelta(minutes=locked.visit_type.minutes)
            locked.room = wish.room or _free_room(locked, at)
            locked.sequence += 1
            locked.state, locked.state_since = AppointmentState.BOOKED, at
            locked.save()
            _occupy(locked, lane=1, at=at)
            _note(locked, was=AppointmentState.BOOKED, by=by, at=at, what="moved", reason=f"from {was.isoformat()}", told=tell)
            links.revoke(subject_uuid=locked.uuid, purpose="rescreen", by=by, at=at, reason="moved")
            emails.appointment_changed(appointment=locked, was=was, by=by, at=at, tell=tell)
    except IntegrityError as error:
        with_old.starts_at = wish.starts_at
        raise SlotTaken(_nearest(with_old, at)) from error
    return locked


def cancel_appointment(*, appointment: Appointment, reason: str, by: Actor, at: datetime, tell: bool = True) -> Appointment:
    """Give the time back, with a reason."""
    if not reason.strip():
        raise Refused("Give the reason for cancelling.", field="reason")
    return change_state(appointment=appointment, to=AppointmentState.CANCELLED, by=by, at=at, reason=reason, tell=tell)


def change_state(
    *, appointment: Appointment, to: AppointmentState, by: Actor, at: datetime, reason: str = "", room: Room | None = None, tell: bool = True
) -> Appointment:
    """One move in the table of states. Raises MoveNotAllowed."""
    with audit.write(by=by, action=f"appointment.{to}", reason=reason):
        locked = Appointment.objects.select_for_update().select_related("patient", "site", "visit_type", "clinician").get(pk=appointment.pk)
        was = AppointmentState(locked.state)
        if was == to:
            return locked
        if not is_allowed_move(was, to):
            raise MoveNotAllowed(f"A visit that is {was.value.replace('_', ' ')} can't become {to.value.replace('_', ' ')}.")
        locked.state, locked.state_since = to, at
        locked.room = room or locked.room
        if to is AppointmentState.CANCELLED:
            locked.sequence += 1
        locked.save(update_fields=["state", "state_since", "room", "sequence"])
        _note(locked, was=was, by=by, at=at, reason=reason, told=tell and to is AppointmentState.CANCELLED)
        if to not in HOLDS_TIME:
            locked.occupations.all().delete()
        if to is AppointmentState.CANCELLED:
            emails.appointment_cancelled(appointment=locked, by=by, at=at, tell=tell)
    return locked


def undo_state(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """Back to the state before the last change: a new row, nothing is removed. Raises SlotTaken, MoveNotAllowed."""
    try:
        with audit.write(by=by, action="appointment.undo"):
            locked = Appointment.objects.select_for_update().select_related("visit_type", "site", "patient").get(pk=appointment.pk)
            last = locked.changes.filter(what="state").order_by("-at", "-pk").first()
            if last is None or not last.was or (locked.session_id and last.now in ("in_session", "done")):
                raise MoveNotAllowed("There is nothing to undo.")
            was = locked.state
            locked.state, locked.state_since = last.was, at
            locked.sequence += 1 if was == AppointmentState.CANCELLED else 0
            locked.save(update_fields=["state", "state_since", "sequence"])
            if was not in HOLDS_TIME:
                _occupy(locked, lane=2 if locked.overlap_reason else 1, at=at)
            _note(locked, was=was, by=by, at=at, what="undone")
            emails.take_back_cancellation(appointment=locked, by=by, at=at)
    except IntegrityError as error:
        raise SlotTaken(_nearest(appointment, at)) from error
    return locked


def start_visit(*, appointment: Appointment, operator: Staff, by: Actor, at: datetime) -> Appointment:
    """Open the session's record and link it; the visit is *in session*."""
    with audit.write(by=by, action="appointment.start"):
        if appointment.state == AppointmentState.ARRIVED:
            record = sessions.open_session(patient=appointment.patient, operator=operator, site=appointment.site, by=by, at=at)
            Appointment.objects.filter(pk=appointment.pk).update(session=record)
        return change_state(appointment=appointment, to=AppointmentState.IN_SESSION, by=by, at=at)


def sweep_states(*, by: Actor, at: datetime) -> int:
    """“Done” follows an ended session (SETTLED 14)."""
    count = 0
    for appointment in selectors.ended_visits():
        with transaction.atomic():
            change_state(appointment=appointment, to=AppointmentState.DONE, by=by, at=at, reason="session ended")
        count += 1
    return count


def confirm_by_patient(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """One tap after the date of birth."""
    return change_state(appointment=appointment, to=AppointmentState.CONFIRMED, by=by, at=at, reason="by the patient")


def cancel_by_patient(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """Until the cut-off. Raises TooLate."""
    if not may_patient_change(appointment.starts_at, at):
        raise TooLate("It is too late to change this here. Please call us.")
    return cancel_appointment(appointment=appointment, reason="cancelled by the patient", by=by, at=at)


def note_recall(*, patient: Patient, channel: str, result: str, note: str, by: Actor, at: datetime) -> RecallAttempt:
    """One try to reach a patient, or a dismissal with its reason."""
    window = selectors.window_for(patient, local_date(at, patient.site.zone))
    if window is None:
        raise Refused("This patient has no open window.")
    if result == "dismissed" and not note.strip():
        raise Refused("Give the reason for leaving this patient out.", field="note")
    with audit.write(by=by, action="recall.note", reason=note):
        return RecallAttempt.objects.create(
            patient=patient, window_opens_on=window.opens_on, at=at, channel=channel, result=result, note=note[:300], by=by.name[:160]
        )

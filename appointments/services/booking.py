"""Booking, moving, cancelling. The database has the last word on slots (SETTLED 17)."""

from datetime import datetime, timedelta

from django.db import IntegrityError

from appointments import emails
from appointments.models import Appointment, VisitType
from appointments.rules import AppointmentState, may_patient_change
from appointments.services.common import (
    MoveNotAllowed,
    TooLate,
    Wish,
    check_gate,
    lock,
    note,
    occupy,
    place_of,
    settle_room_and_device,
    taken_error,
)  # fmt: skip
from appointments.services.states import change_state
from clinic import audit, links
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Refused
from patients import services as people
from patients.models import Patient
from patients.vocabulary import Gate


def _is_held(patient: Patient) -> bool:
    """Whether a hold marks the visit *clinician first* (SETTLED 3)."""
    return patient.holds.filter(released_at=None, blocks__contains=["session"]).exists()


def book_appointment(
    *, patient: Patient, visit_type: VisitType, wish: Wish, by: Actor, at: datetime, early_reason: str = "",
    overlap_reason: str = "", tell: bool = True, form_key: str | None = None,
) -> Appointment:  # fmt: skip
    """Book once (the same `form_key` again returns the booking). Raises SlotTaken, NotEligible, TooEarly."""
    if form_key and (there := Appointment.objects.filter(form_key=form_key).first()):
        return there
    check_gate(patient, visit_type, wish.starts_at, early_reason=early_reason, at=at)
    appointment = Appointment(
        patient=patient, site=patient.site, visit_type=visit_type, clinician=wish.clinician, starts_at=wish.starts_at,
        ends_at=wish.starts_at + timedelta(minutes=wish.minutes or visit_type.minutes), state_since=at, booked_at=at,
        booked_by=by.name[:160], early_reason=early_reason[:300], overlap_reason=overlap_reason[:300], form_key=form_key,
        clinician_first=_is_held(patient),
    )  # fmt: skip
    try:
        with audit.write(by=by, action="appointment.book", reason=early_reason or overlap_reason):
            _write_booking(appointment, wish, by=by, at=at, tell=tell)
    except IntegrityError as error:
        if form_key and (there := Appointment.objects.filter(form_key=form_key).first()):
            return there
        raise taken_error(appointment, at) from error
    return appointment


def _write_booking(appointment: Appointment, wish: Wish, *, by: Actor, at: datetime, tell: bool) -> None:
    patient, on_purpose = appointment.patient, bool(appointment.overlap_reason)
    lock([("clinician", wish.clinician.pk), ("patient", patient.pk)])
    if not on_purpose:
        settle_room_and_device(appointment, wish, at=at)
    appointment.save()
    occupy(appointment, lane=2 if on_purpose else 1, at=at)
    note(appointment, was="", by=by, at=at, what="booked", told=tell, reason=appointment.overlap_reason)
    if appointment.visit_type.needs_screening:
        day = local_date(appointment.starts_at, appointment.site.zone)
        people.screen_patient(patient=patient, gate=Gate.BOOKING, as_of=day, by=by, at=at)
    if tell:
        emails.appointment_confirmed(appointment=appointment, by=by, at=at)
    emails.appointment_reminder(appointment=appointment, by=by, at=at)


def move_appointment(
    *, appointment: Appointment, wish: Wish, by: Actor, at: datetime, early_reason: str = "", tell: bool = True
) -> Appointment:
    """Another time, length or clinician. Mails wait three minutes; moving back within them sends nothing. Raises SlotTaken…"""
    check_gate(appointment.patient, appointment.visit_type, wish.starts_at, early_reason=early_reason, at=at)
    minutes = wish.minutes or int((appointment.ends_at - appointment.starts_at).total_seconds() // 60)
    wanted = Appointment.objects.select_related("visit_type", "site", "patient", "clinician").get(pk=appointment.pk)
    wanted.starts_at, wanted.ends_at = wish.starts_at, wish.starts_at + timedelta(minutes=minutes)
    wanted.clinician = wish.clinician
    try:
        with audit.write(by=by, action="appointment.move", reason=early_reason):
            return _write_move(wanted, wish, by=by, at=at, tell=tell, early_reason=early_reason)
    except IntegrityError as error:
        raise taken_error(wanted, at) from error


def _write_move(wanted: Appointment, wish: Wish, *, by: Actor, at: datetime, tell: bool, early_reason: str) -> Appointment:
    locked = Appointment.objects.select_for_update().get(pk=wanted.pk)
    if locked.state not in (AppointmentState.BOOKED, AppointmentState.CONFIRMED):
        raise MoveNotAllowed("Only a visit that has not begun can be moved.")
    before, was = place_of(locked), locked.starts_at
    lock([("clinician", wish.clinician.pk), ("patient", locked.patient_id)])
    locked.occupations.all().delete()
    wanted.sequence = locked.sequence + 1
    wanted.state, wanted.state_since = AppointmentState.BOOKED, at
    wanted.early_reason = early_reason[:300] or locked.early_reason
    if not locked.overlap_reason:
        settle_room_and_device(wanted, wish, at=at)
    wanted.save()
    occupy(wanted, lane=2 if locked.overlap_reason else 1, at=at)
    note(wanted, was=locked.state, by=by, at=at, what="moved", reason=early_reason, told=tell, before=before)
    links.revoke(subject_uuid=wanted.uuid, purpose="rescreen", by=by, at=at, reason="moved")
    emails.appointment_changed(appointment=wanted, was=was, by=by, at=at, tell=tell)
    return wanted


def cancel_appointment(*, appointment: Appointment, reason: str, by: Actor, at: datetime, tell: bool = True) -> Appointment:
    """Give the time back, with a reason."""
    if not reason.strip():
        raise Refused("Give the reason for cancelling.", field="reason")
    return change_state(appointment=appointment, to=AppointmentState.CANCELLED, by=by, at=at, reason=reason, tell=tell)


def confirm_by_patient(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """One tap after the date of birth."""
    return change_state(appointment=appointment, to=AppointmentState.CONFIRMED, by=by, at=at, reason="by the patient")


def cancel_by_patient(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """Until the cut-off. Raises TooLate."""
    if not may_patient_change(appointment.starts_at, at):
        raise TooLate("It is too late to change this here. Please call us.")
    return cancel_appointment(appointment=appointment, reason="cancelled by the patient", by=by, at=at)

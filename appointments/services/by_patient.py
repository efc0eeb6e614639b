"""What a patient does by link: confirm, cancel, undo, book and move, each inside what the page offers."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from appointments import selectors
from appointments.models import Appointment, VisitType
from appointments.rules import GRACE_MINUTES, AppointmentState, may_patient_change
from appointments.services.booking import book_appointment, cancel_appointment, move_appointment
from appointments.services.common import NotEligible, NotOffered, TooLate, Wish
from appointments.services.states import change_state, undo_change
from clinic.audit import Actor
from clinic.clock import local_date
from patients.models import Patient


def confirm_by_patient(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """One tap after the date of birth."""
    return change_state(appointment=appointment, to=AppointmentState.CONFIRMED, by=by, at=at, reason="by the patient")


def undo_by_patient(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """The patient's own last change, for three minutes, whatever the cut-off. Raises TooLate."""
    last = selectors.last_change(appointment)
    if last is None or last.by != by.name[:160] or at - last.at > timedelta(minutes=GRACE_MINUTES):
        raise TooLate(_("The three minutes are over. Please call us."))
    return undo_change(appointment=appointment, by=by, at=at)


def cancel_by_patient(*, appointment: Appointment, by: Actor, at: datetime) -> Appointment:
    """Until the cut-off. Raises TooLate."""
    _check_cut_off(appointment, at)
    return cancel_appointment(appointment=appointment, reason="cancelled by the patient", by=by, at=at)


def _check_cut_off(appointment: Appointment, at: datetime) -> None:
    if not may_patient_change(appointment.starts_at, at, hours=selectors.booking_rules(appointment.site).cut_off_hours):
        raise TooLate(_("It is too late to change this here. Please call us."))


def book_by_patient(*, patient: Patient, visit_type: VisitType, wish: Wish, by: Actor, at: datetime, form_key: str) -> Appointment:
    """A time from the list that the page shows, as it is now. Raises NotOffered, NotEligible, SlotTaken, TooEarly."""
    _check_offered(patient, visit_type, wish, at)
    return book_appointment(patient=patient, visit_type=visit_type, wish=wish, by=by, at=at, form_key=form_key)


def move_by_patient(*, appointment: Appointment, wish: Wish, by: Actor, at: datetime) -> Appointment:
    """Until the cut-off, to a time from the list. Raises TooLate, and what `book_by_patient` raises."""
    _check_cut_off(appointment, at)
    _check_offered(appointment.patient, appointment.visit_type, wish, at, moving=appointment)
    return move_appointment(appointment=appointment, wish=wish, by=by, at=at)


def _check_offered(patient: Patient, visit_type: VisitType, wish: Wish, at: datetime, moving: Appointment | None = None) -> None:
    """A page may be old, and a form may be made by hand: opening hours, closures, absences and rooms count as they are now (J7)."""
    on = local_date(wish.starts_at, patient.site.zone)
    day = next((day for day in selectors.own_offers(patient=patient, visit_type=visit_type, at=at, moving=moving) if day.on == on), None)
    if day is not None and day.by_rule:
        raise NotEligible(day.grey)
    if day is None or (wish.starts_at, wish.clinician.pk) not in {(slot.starts_at, slot.clinician_id) for slot in day.slots}:
        raise NotOffered(_("This time is not free any more. Nothing was changed. Please choose another one."))

"""Booking, moving, cancelling. The database has the last word on slots (SETTLED 17)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from appointments import emails
from appointments.models import Appointment, Offer, VisitType
from appointments.rules import OPEN, AppointmentState
from appointments.services.common import (
    MoveNotAllowed,
    Wish,
    check_gate,
    lock,
    note,
    place_of,
    take_place,
    taken_error,
)  # fmt: skip
from appointments.services.recalls import link_to_booking
from appointments.services.states import change_state
from appointments.services.waiting import accept_offer, note_freed
from clinic import audit, links
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Refused
from clinic.models import Site
from patients import services as people
from patients.models import Patient
from patients.vocabulary import Gate


def _is_held(patient: Patient) -> bool:
    """Whether a hold marks the visit *clinician first* (SETTLED 3)."""
    return patient.holds.filter(released_at=None, blocks__contains=["session"]).exists()


def _key_now(form_key: str) -> str:
    """A visit that was cancelled, missed or is over does not answer a later wish of the same form or link: that has the next key."""
    key = form_key[:58]
    over = Appointment.objects.filter(Q(form_key=key) | Q(form_key__startswith=f"{key}#")).exclude(state__in=OPEN).count()
    return f"{key}#{over + 1}" if over else key


def book_appointment(
    *, patient: Patient, visit_type: VisitType, wish: Wish, by: Actor, at: datetime, early_reason: str = "",
    overlap_reason: str = "", tell: bool = True, form_key: str | None = None,
) -> Appointment:  # fmt: skip
    """Book once: the same `form_key` again returns the booking while it stands. Raises SlotTaken, NotEligible, TooEarly."""
    form_key = _key_now(form_key) if form_key else None
    if form_key and (there := Appointment.objects.filter(form_key=form_key).first()):
        return there
    check_gate(patient, visit_type, wish.starts_at, early_reason=early_reason, at=at)
    appointment = Appointment(
        patient=patient, site=patient.site, visit_type=visit_type, clinician=wish.clinician, starts_at=wish.starts_at,
        ends_at=wish.starts_at + timedelta(minutes=wish.minutes or visit_type.minutes), state_since=at, booked_at=at,
        booked_by=by.name[:160], early_reason=early_reason[:300], form_key=form_key,
        clinician_first=_is_held(patient),
    )  # fmt: skip
    try:
        with audit.write(by=by, action="appointment.book", reason=early_reason or overlap_reason):
            _write_booking(appointment, wish, by=by, at=at, tell=tell, overlap_reason=overlap_reason)
    except IntegrityError as error:
        if form_key and (there := Appointment.objects.filter(form_key=form_key).first()):
            return there
        raise taken_error(appointment, at) from error
    return appointment


def _write_booking(appointment: Appointment, wish: Wish, *, by: Actor, at: datetime, tell: bool, overlap_reason: str) -> None:
    patient = appointment.patient
    lock([("clinician", wish.clinician.pk), ("patient", patient.pk)])
    take_place(appointment, wish, overlap_reason=overlap_reason, at=at)
    note(appointment, was="", by=by, at=at, what="booked", told=tell, reason=appointment.overlap_reason)
    if appointment.visit_type.needs_screening:
        day = local_date(appointment.starts_at, appointment.site.zone)
        people.screen_patient(patient=patient, gate=Gate.BOOKING, as_of=day, by=by, at=at)
    if tell:
        emails.appointment_confirmed(appointment=appointment, by=by, at=at)
    emails.appointment_reminders(appointment=appointment, by=by, at=at)
    link_to_booking(appointment)


def book_new(
    *, patient: Patient | None, person: people.PersonData | None, site: Site, visit_type: VisitType, wish: Wish, by: Actor, at: datetime,
    form_key: str, early_reason: str = "", overlap_reason: str = "", tell: bool = True,
) -> Appointment:  # fmt: skip
    """Book for a patient who is found, or register a new one and book, together or not at all."""
    with transaction.atomic():
        if patient is None:
            assert person is not None, "a patient or a person"
            patient = people.register_patient(data=person, site=site, by=by, at=at, form_key=form_key)
        return book_appointment(
            patient=patient, visit_type=visit_type, wish=wish, by=by, at=at, early_reason=early_reason,
            overlap_reason=overlap_reason, tell=tell, form_key=form_key,
        )  # fmt: skip


def book_course(
    *, patient: Patient, visit_type: VisitType, wishes: Sequence[Wish], by: Actor, at: datetime, tell: bool = True, form_key: str
) -> list[Appointment]:
    """Several sessions at once, all or nothing. Raises SlotTaken, NotEligible, TooEarly for the first that does not go."""
    with transaction.atomic():
        return [
            book_appointment(patient=patient, visit_type=visit_type, wish=wish, by=by, at=at, tell=tell, form_key=f"{form_key[:56]}:{number}")
            for number, wish in enumerate(wishes, start=1)
        ]


def move_appointment(
    *, appointment: Appointment, wish: Wish, by: Actor, at: datetime, early_reason: str = "", overlap_reason: str = "", tell: bool = True
) -> Appointment:
    """Another time, length or clinician. Mails wait three minutes; moving back within them sends nothing. Raises SlotTaken…"""
    check_gate(appointment.patient, appointment.visit_type, wish.starts_at, early_reason=early_reason, at=at, but=appointment.pk, was=appointment.starts_at)
    minutes = wish.minutes or appointment.minutes
    wanted = Appointment.objects.select_related("visit_type", "site", "patient", "clinician").get(pk=appointment.pk)
    wanted.starts_at, wanted.ends_at = wish.starts_at, wish.starts_at + timedelta(minutes=minutes)
    wanted.clinician = wish.clinician
    try:
        with audit.write(by=by, action="appointment.move", reason=early_reason or overlap_reason):
            return _write_move(wanted, wish, by=by, at=at, tell=tell, early_reason=early_reason, overlap_reason=overlap_reason)
    except IntegrityError as error:
        raise taken_error(wanted, at) from error


def _write_move(
    wanted: Appointment, wish: Wish, *, by: Actor, at: datetime, tell: bool, early_reason: str, overlap_reason: str
) -> Appointment:
    locked = Appointment.objects.select_for_update().get(pk=wanted.pk)
    if locked.state not in (AppointmentState.BOOKED, AppointmentState.CONFIRMED):
        raise MoveNotAllowed(_("Only a visit that has not begun can be moved."))
    before, was = place_of(locked), locked.starts_at
    lock([("clinician", wish.clinician.pk), ("patient", locked.patient_id)])
    locked.occupations.all().delete()
    wanted.sequence = locked.sequence + 1
    wanted.state, wanted.state_since = AppointmentState.BOOKED, at
    wanted.early_reason = early_reason[:300] or locked.early_reason
    take_place(wanted, wish, overlap_reason=overlap_reason, at=at)
    note(wanted, was=locked.state, by=by, at=at, what="moved", reason=early_reason or wanted.overlap_reason, told=tell, before=before)
    note_freed(locked, at=at)
    links.revoke(subject_uuid=wanted.uuid, purpose="rescreen", by=by, at=at, reason="moved")
    emails.appointment_changed(appointment=wanted, was=was, by=by, at=at, tell=tell)
    return wanted


def cancel_appointment(*, appointment: Appointment, reason: str, by: Actor, at: datetime, tell: bool = True) -> Appointment:
    """Give the time back, with a reason."""
    if not reason.strip():
        raise Refused("Give the reason for cancelling.", field="reason")
    return change_state(appointment=appointment, to=AppointmentState.CANCELLED, by=by, at=at, reason=reason, tell=tell)


def take_offer(*, offer: Offer, by: Actor, at: datetime) -> Appointment:
    """Yes to a freed time. A later visit that was to be given up moves there, so the calendar entry stays one. Raises OfferGone…"""

    def book(locked: Offer) -> Appointment:
        entry, wish = locked.entry, Wish(starts_at=locked.slot.starts_at, clinician=locked.slot.clinician)
        if entry.gives_up and entry.gives_up.state in OPEN:
            return move_appointment(appointment=entry.gives_up, wish=wish, by=by, at=at)
        return book_appointment(patient=entry.patient, visit_type=entry.visit_type, wish=wish, by=by, at=at, form_key=f"offer:{locked.uuid}")

    return accept_offer(offer=offer, book=book, by=by, at=at)

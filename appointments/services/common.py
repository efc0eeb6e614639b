"""What booking, moving and undoing share: the errors, the wish, the locks, the occupation of resources, the gate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.translation import gettext as _

from appointments import selectors
from appointments.models import Appointment, Occupation, Room, StatusChange, VisitType
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Patient
from treatments import selectors as sessions
from treatments.models import Device


class SlotTaken(Conflict):
    """Somebody was faster. `nearest` holds free slots close to the wish; `winner` says who has it, for the desk."""

    def __init__(self, nearest: list[selectors.Slot], winner: str = "") -> None:
        super().__init__(_("This time was just taken. Nothing was booked. Choose another one."))
        self.nearest = nearest
        self.winner = winner


class NotEligible(Refused):
    """Screening or a hold stops this booking; the words hold no medical reason."""


class TooEarly(Refused):
    """Sooner after the last session than S10 leaves free: only with a clinician's reason (SETTLED 4)."""


class MoveNotAllowed(Refused):
    """The visit can't go from this state to that one."""


class RoomTaken(Conflict):
    """Another visit is in that room at this time."""


class NotOffered(Conflict):
    """A time that the patient's page does not offer, or not any more."""


class TooLate(Refused):
    """Past the cut-off: the patient calls us."""


@dataclass(frozen=True)
class Wish:
    """Where a visit should be. Room and device: whichever is free, unless named. `minutes`: the visit type's, unless named."""

    starts_at: datetime
    clinician: Staff
    room: Room | None = None
    device: Device | None = None
    minutes: int | None = None


def lock(resources: Iterable[tuple[str, int]]) -> None:
    """Advisory locks in a fixed order: the constraint alone is right, but deadlocks under contention (SETTLED 17)."""
    with connection.cursor() as cursor:
        for kind, pk in sorted(resources):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind}:{pk}"])


def span_of(appointment: Appointment) -> DateTimeTZRange:
    """The visit with its buffer."""
    buffer = timedelta(minutes=appointment.visit_type.buffer_minutes)
    return DateTimeTZRange(appointment.starts_at, appointment.ends_at + buffer)


def resources_of(appointment: Appointment) -> list[tuple[str, int]]:
    """What the visit takes: clinician, patient, and room and device if it has them."""
    found = [("clinician", appointment.clinician_id), ("patient", appointment.patient_id)]
    found += [("room", appointment.room_id)] if appointment.room_id else []
    return found + ([("device", appointment.device_id)] if appointment.device_id else [])


def occupy(appointment: Appointment, *, lane: int, at: datetime, alone: bool = False) -> None:
    """Take every resource for the visit's time. The patient is never taken twice, overlap or not. Raises IntegrityError.

    `alone`: refuse too what only overlaps a visit of the other lane. The constraint compares inside a lane; the lock makes the look safe.
    """
    during, resources = span_of(appointment), resources_of(appointment)
    lock(resources)
    Occupation.objects.filter(expires_at__lte=at, during__overlap=during).delete()
    if alone and _is_taken_in_any_lane(resources, during, but=appointment.pk):
        raise IntegrityError("taken in the other lane")
    Occupation.objects.bulk_create(
        Occupation(
            resource_kind=kind, resource_id=pk, lane=lane if kind != "patient" else 1, during=during, appointment=appointment
        )
        for kind, pk in resources
    )  # fmt: skip


def _is_taken_in_any_lane(resources: list[tuple[str, int]], during: DateTimeTZRange, *, but: int) -> bool:
    wanted = Q()
    for kind, pk in resources:
        wanted |= Q(resource_kind=kind, resource_id=pk)
    return Occupation.objects.filter(wanted, during__overlap=during).exclude(appointment_id=but).exists()


def take_place(appointment: Appointment, wish: Wish, *, overlap_reason: str, at: datetime) -> None:
    """Save the visit and take its place: first as one that overlaps nothing; only if that fails, and on purpose, in the second lane.

    Raises IntegrityError.
    """
    is_new = appointment._state.adding
    try:
        with transaction.atomic():
            settle_room_and_device(appointment, wish, at=at)
            appointment.overlap_reason = ""
            appointment.save()
            occupy(appointment, lane=1, at=at, alone=True)
    except IntegrityError:
        if not overlap_reason:
            raise
    else:
        return
    if is_new:
        appointment.pk, appointment._state.adding = None, True
    appointment.room, appointment.device, appointment.overlap_reason = wish.room, wish.device, overlap_reason[:300]
    appointment.save()
    occupy(appointment, lane=2, at=at)


def _free_one(kind: str, ids: list[int], during: DateTimeTZRange, at: datetime) -> int:
    """The first that nobody has for this time, chosen under its lock. Raises IntegrityError."""
    for pk in sorted(ids):
        lock([(kind, pk)])
        busy = Occupation.objects.filter(resource_kind=kind, resource_id=pk, during__overlap=during)
        if not busy.exclude(expires_at__lte=at).exists():
            return pk
    raise IntegrityError(f"no {kind} is free")


def settle_room_and_device(appointment: Appointment, wish: Wish, *, at: datetime) -> None:
    """Fill in what the visit type needs and the wish left open. Devices before rooms: one order for all, so no deadlock."""
    during, visit_type = span_of(appointment), appointment.visit_type
    appointment.device, appointment.room = wish.device, wish.room
    if visit_type.needs_device and wish.device is None:
        ids = list(sessions.devices_at(appointment.site).values_list("pk", flat=True))
        appointment.device_id = _free_one("device", ids, during, at)
    if visit_type.needs_room and wish.room is None:
        ids = list(Room.objects.filter(site=appointment.site, out_of_service=False).values_list("pk", flat=True))
        appointment.room_id = _free_one("room", ids, during, at)


def taken_error(appointment: Appointment, at: datetime) -> SlotTaken:
    """Who won, and what is free close by."""
    site, on = appointment.site, local_date(appointment.starts_at, appointment.site.zone)
    slots = selectors.free_slots(
        site=site, visit_type=appointment.visit_type, from_on=on, to_on=on + timedelta(days=7), at=at, patient=appointment.patient,
        but=appointment.pk, minutes=appointment.minutes,
    )  # fmt: skip
    nearest = sorted(slots, key=lambda slot: abs(slot.starts_at - appointment.starts_at))[:4]
    return SlotTaken(nearest, selectors.who_has(appointment))


def check_gate(
    patient: Patient, visit_type: VisitType, starts_at: datetime, *, early_reason: str, at: datetime, but: int | None = None, was: datetime | None = None,
) -> None:  # fmt: skip
    """SETTLED 3, 4, 15 as of the slot's day. Raises NotEligible, TooEarly. `was`: of a visit that is moved; S10 counts days, so within its day it asks nothing new."""
    day = local_date(starts_at, patient.site.zone)
    if starts_at <= at:
        raise Refused(_("This time is in the past."), field="slot")
    gate = selectors.gate_for(patient, visit_type, at=at, but=but)
    if reason := gate.why_not(day):
        raise NotEligible(reason)
    same_day = was is not None and local_date(was, patient.site.zone) == day
    if gate.interval(day).word == "early" and not same_day and not early_reason.strip():
        words = _("This is less than %(days)d days from the last session or another booked one. A clinician gives a reason for that.")
        raise TooEarly(words % {"days": gate.policy.interval_free_days}, field="early_reason")


def note(
    appointment: Appointment, *, was: str, by: Actor, at: datetime, what: str = "state", reason: str = "", told: bool = False,
    before: dict[str, Any] | None = None, undoes: StatusChange | None = None,
) -> StatusChange:  # fmt: skip
    """One row of the visit's history. Rows are only added."""
    return StatusChange.objects.create(
        appointment=appointment, at=at, was=was, now=appointment.state, what=what, reason=reason[:300], told_patient=told,
        by=by.name[:160], before=before, undoes=undoes,
    )  # fmt: skip


def place_of(appointment: Appointment) -> dict[str, Any]:
    """Time and resources as plain values, so that a move can be undone."""
    return {
        "starts_at": appointment.starts_at.isoformat(), "ends_at": appointment.ends_at.isoformat(),
        "clinician": appointment.clinician_id, "room": appointment.room_id, "device": appointment.device_id, "state": appointment.state,
        "overlap_reason": appointment.overlap_reason,
    }  # fmt: skip

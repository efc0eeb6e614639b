"""Whose photos and measurements of a session that was entered in error are (decision 0027): they belong to a person."""

from dataclasses import dataclass
from datetime import time, timedelta

from django.db.models import F, Q, QuerySet

from clinic.clock import resolve_local
from treatments.models import Measurement, Photo, TreatmentSession
from treatments.vocabulary import PhotoSource


def of_this_patient(to: str = "") -> Q:
    """Rows that count for the patient they stand with; `to` leads to the photo or measurement, as `baseline__`.

    Not those of a session that was entered in error: its reason is free text and can't tell whether another person sat there.
    They count again when a right record for the same patient stands, or when a clinician has said whose they are (they are then
    taken off the mistaken session).
    """
    same = Q(**{f"{to}session__replaced_by__patient": F(f"{to}patient"), f"{to}session__replaced_by__entered_in_error": None})
    return Q(**{f"{to}session": None}) | Q(**{f"{to}session__entered_in_error": None}) | same


def counting() -> Q:
    """Measurements that count for their patient: their own, and a grade of two photos that are."""
    return of_this_patient() & (Q(reading=None) | (of_this_patient("reading__baseline__") & of_this_patient("reading__later__")))


def photos_in_doubt(record: TreatmentSession) -> QuerySet[Photo]:
    """Photos of a session entered in error of which nobody has said whose they are."""
    return Photo.objects.filter(session=record, session__entered_in_error__isnull=False, error_at=None).exclude(pk__in=Photo.objects.filter(of_this_patient(), session=record))


def measurements_in_doubt(record: TreatmentSession) -> QuerySet[Measurement]:
    """Measurements of a session entered in error of which nobody has said whose they are."""
    theirs = Measurement.objects.filter(of_this_patient(), session=record)
    return Measurement.objects.filter(session=record, session__entered_in_error__isnull=False, error_at=None).exclude(pk__in=theirs).select_related("place")


@dataclass(frozen=True)
class Left:
    """What a mistaken session left with its patient: in doubt until somebody says whose it is; and what was noted beside it that day."""

    photos: list[Photo]
    measurements: list[Measurement]
    photos_beside: list[Photo]
    measurements_beside: list[Measurement]

    @property
    def in_doubt(self) -> bool:
        """Whether somebody has to say whose it is."""
        return bool(self.photos or self.measurements)


def left_by(record: TreatmentSession) -> Left | None:
    """For the page of a session entered in error; None of any other.

    Beside it: photos by staff, and measurements by the session's operator, of that patient and day that name no session. Which visit
    they are of nobody noted, so they count, and are named to be looked at.
    """
    if not hasattr(record, "entered_in_error"):
        return None
    right = getattr(record, "replaced_by", None)
    if right is not None and right.patient_id == record.patient_id and not hasattr(right, "entered_in_error"):
        return Left([], [], [], [])
    day = record.site.today(record.started_at or record.opened_at)
    span = [resolve_local(on, time.min, record.site.zone) for on in (day, day + timedelta(days=1))]
    photos = record.patient.photos.filter(session=None, error_at=None, source=PhotoSource.STAFF, taken_at__gte=span[0], taken_at__lt=span[1])
    rows = record.patient.measurements.filter(session=None, error_at=None, reading=None, operator=record.operator_id, measured_at__gte=span[0], measured_at__lt=span[1])
    return Left(list(photos_in_doubt(record)), list(measurements_in_doubt(record)), list(photos), list(rows.select_related("place")))

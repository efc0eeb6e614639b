"""What counts as the baseline before session 1, or as the new one after a long gap (S20, decision 0025)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from clinic.clock import resolve_local
from treatments.models import Measurement, Photo
from treatments.rules.measures import SCALES
from treatments.selectors.whose import of_this_patient
from treatments.vocabulary import MeasurementKind

# a photo: view, taken at · a measurement: kind, whether its place is noted, measured at
Views = Iterable[tuple[str, datetime]]
Measures = Iterable[tuple[str, bool, datetime]]


def begins(*, planned_at: datetime, day: date, last_on: date | None, zone: str, gap_days: int) -> datetime:
    """From when on photos, grade and density count for a session on `day`.

    What was recorded since the course was planned, or before it in the consultation: then not older than the gap that asks for
    a new baseline, and after the last needling, for it must show the scalp as it was before this course.
    """
    floor = min(planned_at, resolve_local(day - timedelta(days=gap_days), time.min, zone))
    if last_on is None:
        return floor
    healed = resolve_local(last_on + timedelta(days=1), time.min, zone)
    return max(healed, floor) if (day - last_on).days > gap_days else min(planned_at, healed)


def photos_of(patients: Iterable[int], since: datetime | None = None) -> list[tuple[int, str, datetime]]:
    """Of these patients: who, view, taken at. Pictures that patients sent show no standard view. One query."""
    rows = Photo.objects.filter(of_this_patient(), patient__in=patients, error_at=None).exclude(view="")
    return list((rows.filter(taken_at__gte=since) if since else rows).values_list("patient_id", "view", "taken_at"))


def measures_of(patients: Iterable[int], since: datetime | None = None) -> list[tuple[int, str, bool, datetime]]:
    """Grades and densities of these patients: who, kind, whether its place is noted, measured at. One query."""
    rows = Measurement.objects.filter(of_this_patient(), patient__in=patients, error_at=None, kind__in=[*SCALES, MeasurementKind.HAIR_DENSITY])
    found = (rows.filter(measured_at__gte=since) if since else rows).values_list("patient_id", "kind", "place_id", "measured_at")
    return [(patient, kind, place is not None, at) for patient, kind, place, at in found]


def baseline_input(views: Views, measures: Measures, *, since: datetime, waiver: str = "") -> dict[str, Any]:
    """The `baseline` object of SCHEMA 3.4 from what was recorded since then."""
    rows = [(kind, placed) for kind, placed, at in measures if at >= since]
    given: dict[str, Any] = {
        "photoViews": sorted({view for view, at in views if at >= since}),
        "gradeRecorded": any(kind in SCALES for kind, _placed in rows),
        "densitySiteRecorded": any(kind == MeasurementKind.HAIR_DENSITY and placed for kind, placed in rows),
    }
    return {"baseline": given | ({"waiverReason": waiver.strip()} if waiver.strip() else {})}

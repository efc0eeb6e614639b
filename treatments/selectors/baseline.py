"""What counts as the baseline before session 1, or as the new one after a long gap (S20, decision 0025); what later ones are held against."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast

from clinic.clock import resolve_local
from patients.models import Patient
from treatments.models import EarlierSession, Measurement, Photo, TreatmentSession
from treatments.rules.measures import SCALES
from treatments.rules.measures.anew import Needled
from treatments.selectors.courses import policy
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


def begun_sessions(gap_days: int, **of: Any) -> QuerySet[Any]:
    """Sessions in which needling began and that are no mistake, each with its local `day` and the first day of a baseline of it, `floor_on`."""
    rows: QuerySet[Any] = TreatmentSession.objects.filter(entered_in_error=None, started_at__isnull=False, **of)
    with_days: QuerySet[Any] = rows.annotate(day=local_day("site__zone", "started_at")).annotate(floor_on=gap_before("day", gap_days))
    return with_days


def local_day(zone: str, at: str) -> Cast:
    """The local calendar day of an instant."""
    return Cast(Func(F(zone), F(at), function="timezone", output_field=DateTimeField()), DateField())


def gap_before(day: str, gap_days: int) -> Func:
    """As many days earlier as the gap that asks for a new baseline."""
    return Func(F(day), Value(gap_days), template="(%(expressions)s)", arg_joiner=" - ", output_field=DateField())


def needled(patient: Patient) -> Needled:
    """The days of a patient's sessions. Three queries."""
    gap_days = policy().rescreen_after_days
    here = begun_sessions(gap_days, patient=patient).order_by("started_at", "pk").values_list("day", flat=True)
    elsewhere = patient.earlier_sessions.order_by("on").values_list("on", flat=True)
    return Needled(tuple(here), tuple(elsewhere), gap_days)


def newest_baseline_first(photos: QuerySet[Photo], gap_days: int) -> QuerySet[Photo]:
    """Photos (of one patient and view) in the order in which they are the baseline: those of the newest beginning first, of one after a gap
    the last before the needle, then the oldest first.

    What `Needled.baseline_day` says of days, said of instants to the database: a picture taken after the needling of its day is no baseline of it.
    """
    next_one = begun_sessions(gap_days, patient=OuterRef("patient"), started_at__gte=OuterRef("taken_at")).order_by("started_at", "pk")
    same = begun_sessions(gap_days, patient=OuterRef("patient")).exclude(pk=OuterRef("pk"))
    before = same.filter(Q(started_at__lt=OuterRef("started_at")) | Q(started_at=OuterRef("started_at"), pk__lt=OuterRef("pk")), day__gte=OuterRef("floor_on"))
    elsewhere = EarlierSession.objects.filter(patient=OuterRef("patient"), on__gte=OuterRef("floor_on"), on__lte=OuterRef("day"))
    first = Case(When(~Exists(before) & ~Exists(elsewhere), then=F("floor_on")), default=None, output_field=DateField())
    rows = photos.annotate(taken_on=local_day("patient__site__zone", "taken_at"), floor_on=Subquery(next_one.annotate(first=first).values("first")[:1]))
    anew = Case(When(taken_on__gte=F("floor_on"), then=F("floor_on")), default=None, output_field=DateField())
    needled_here = TreatmentSession.objects.filter(patient=OuterRef("patient"), entered_in_error=None, started_at__lt=OuterRef("taken_at"))
    needled_there = EarlierSession.objects.filter(patient=OuterRef("patient"), on__lt=OuterRef("taken_on"))
    again = Case(When(Q(anew__isnull=False) & (Q(Exists(needled_here)) | Q(Exists(needled_there))), then=F("taken_at")), default=None, output_field=DateTimeField())
    return rows.annotate(anew=anew).order_by(F("anew").desc(nulls_last=True), again.desc(nulls_last=True), "taken_at", "pk")


def baseline_input(views: Views, measures: Measures, *, since: datetime, waiver: str = "") -> dict[str, Any]:
    """The `baseline` object of SCHEMA 3.4 from what was recorded since then."""
    rows = [(kind, placed) for kind, placed, at in measures if at >= since]
    given: dict[str, Any] = {
        "photoViews": sorted({view for view, at in views if at >= since}),
        "gradeRecorded": any(kind in SCALES for kind, _placed in rows),
        "densitySiteRecorded": any(kind == MeasurementKind.HAIR_DENSITY and placed for kind, placed in rows),
    }
    return {"baseline": given | ({"waiverReason": waiver.strip()} if waiver.strip() else {})}

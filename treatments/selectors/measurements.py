"""Reads of what was measured: what the checks must know, and the rows of a patient."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from clinic.clock import local_date
from patients.models import Patient
from treatments.models import Measurement, Photo, TreatmentSession
from treatments.rules.measures import SPECS, About
from treatments.selectors.baseline import needled
from treatments.selectors.whose import counting, of_this_patient
from treatments.vocabulary import MeasurementKind, PhotoSource, PhotoView

# a midline photo of the visit's week shows the part that the Sinclair grade is read from (proposed default)
_PHOTO_DAYS = 7


def about(patient: Patient, kind: MeasurementKind, at: datetime) -> About:
    """What the validity checks of section 5 need to know of the patient at that moment."""
    on = local_date(at, patient.site.zone)
    photos = Photo.objects.filter(of_this_patient(), patient=patient, error_at=None)
    standard = photos.filter(source=PhotoSource.STAFF).exclude(view="")  # a picture that the patient sent shows no baseline
    week = (at - timedelta(days=_PHOTO_DAYS), at + timedelta(days=_PHOTO_DAYS))
    earlier = measured(patient).filter(kind=kind, measured_at__lte=at).exclude(grade="").values_list("grade", "measured_at")
    return About(
        sex=patient.sex, age=patient.age_on(on), on=on,
        has_midline_photo=kind == MeasurementKind.SINCLAIR and photos.filter(view=PhotoView.MIDLINE, taken_at__range=week).exists(),
        has_baseline_photo=kind == MeasurementKind.GLOBAL_GRADE and standard.filter(taken_at__lt=at - timedelta(days=1)).exists(),
        earlier_grades=tuple((grade, local_date(when, patient.site.zone)) for grade, when in earlier) if SPECS[kind].grades else (),
    )  # fmt: skip


def measured(patient: Patient) -> QuerySet[Measurement]:
    """Everything that counts, oldest first: not what was marked as a mistake, nor what a session entered in error left in doubt."""
    rows = Measurement.objects.filter(counting(), patient=patient, error_at=None)
    return rows.select_related("place", "operator", "reading").order_by("measured_at", "pk")


def doubtful(patient: Patient) -> list[tuple[Measurement, TreatmentSession | None]]:
    """What stands and does not count, newest first, with the mistaken session: nobody has said whose it is, or whose the photos are that it was read from."""
    rows = Measurement.objects.filter(patient=patient, error_at=None).exclude(pk__in=measured(patient).order_by().values("pk"))
    sessions = ("session", "reading__baseline__session", "reading__later__session")
    named = rows.select_related("place", *(f"{name}__entered_in_error" for name in sessions)).order_by("-measured_at", "-pk")
    return [(row, _mistaken(row)) for row in named]


def _mistaken(row: Measurement) -> TreatmentSession | None:
    read = [row.reading.baseline.session, row.reading.later.session] if row.reading else []
    return next((session for session in (row.session, *read) if session is not None and hasattr(session, "entered_in_error")), None)


def mistakes(patient: Patient) -> list[Measurement]:
    """What was marked as a mistake, newest first, with its reason."""
    return list(Measurement.objects.filter(patient=patient, error_at__isnull=False).select_related("place").order_by("-error_at", "-pk"))


def baseline_of(patient: Patient, kind: MeasurementKind) -> Measurement | None:
    """The first one that counts, or the first of the baseline that was taken anew after a long gap."""
    rows, zone = list(measured(patient).filter(kind=kind)), patient.site.zone
    day = needled(patient).baseline_day([local_date(row.measured_at, zone) for row in rows]) if rows else None
    return next((row for row in rows if local_date(row.measured_at, zone) == day), None)


def newest_differs(patient: Patient, kind: MeasurementKind) -> list[str]:
    """What of the newest one is not as at the baseline, in words."""
    first, last = baseline_of(patient, kind), measured(patient).filter(kind=kind).order_by("-pk").first()
    if first is None or last is None or SPECS[kind].grades or kind == MeasurementKind.GLOBAL_GRADE:
        return []
    pairs = (("other method than at the baseline", "method"), ("other place than at the baseline", "place_id"), ("clipping differs from the baseline", "clipped"))
    return [words for words, name in pairs if getattr(first, name) != getattr(last, name)]

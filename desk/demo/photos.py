"""A dozen patients with photos over half a year, drawn; consent by level; marks; one blurred photo and one refused file."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from clinic.audit import Actor
from desk.demo import scalps
from patients.models import Patient
from treatments.models import Photo, PhotoUpload, TreatmentSession
from treatments.selectors import photos as selectors
from treatments.services import photos as services
from treatments.vocabulary import MarkShape, PhotoUse, PhotoView, UploadState

WHOLE = 3  # patients with all six views on each day
_SOME = (PhotoView.FRONTAL_HAIRLINE, PhotoView.VERTEX, PhotoView.MIDLINE)
_CAMERA = Actor(kind="staff", name="Nurse Ngozi Okoro")


def give_photos(patients: list[Patient], amount: int, *, by: Actor, at: datetime) -> int:
    """Photos of the patients who have been treated longest. Returns how many."""
    rows: list[Photo] = []
    for number, (patient, days) in enumerate(_treated(patients, amount, at)):
        rows += [row for stage, day in enumerate(days) for row in _of_day(patient, number, stage, day)]
        _consents(patient, number, days[0])
    Photo.objects.bulk_create(rows)
    if rows:
        _details(rows[0].patient, at)
    return len(rows)


def _treated(patients: list[Patient], amount: int, at: datetime) -> Iterator[tuple[Patient, list[datetime]]]:
    """Who agreed to photos and has been here for some months: the first visit, and those about three and six months later."""
    ids = [patient.pk for patient in patients if amount]
    visits: dict[int, list[datetime]] = {}
    for visit in TreatmentSession.objects.filter(patient__in=ids, patient__consents__photos=True, started_at__isnull=False).order_by("started_at"):
        visits.setdefault(visit.patient_id, []).append(visit.started_at or at)
    longest = sorted(visits.items(), key=lambda item: item[1][0] - item[1][-1])[:amount]
    known = {patient.pk: patient for patient in patients}
    for pk, began in longest:
        yield known[pk], sorted({began[0], *(_nearest(began, gap) for gap in (90, 170))})


def _nearest(days: list[datetime], gap: int) -> datetime:
    return min(days, key=lambda day: abs((day - days[0]).days - gap))


def _of_day(patient: Patient, number: int, stage: int, day: datetime) -> Iterator[Photo]:
    whole = number < WHOLE
    if not whole and stage > 1:
        return
    for view in PhotoView if whole else _SOME:
        if number == 1 and stage == 1 and view == PhotoView.OCCIPITAL:
            continue  # a view that was forgotten
        blurred = number == WHOLE and stage == 1 and view == PhotoView.VERTEX
        picture = scalps.drawn(view, stage, number % len(scalps.LOOKS), blurred=blurred, cache=settings.BASE_DIR / "build" / "demo-photos")
        name = secrets.token_hex(16)
        services.keep(patient, name, picture.jpeg, picture.small)
        yield Photo(
            patient=patient, view=view, file_name=name, width=scalps.KEPT[0], height=scalps.KEPT[1], measures=picture.measures,
            sha256=hashlib.sha256(picture.jpeg).hexdigest(), taken_at=day - timedelta(minutes=10), uploaded_by=_CAMERA.name,
        )  # fmt: skip


def _consents(patient: Patient, number: int, day: datetime) -> None:
    uses = (PhotoUse.TEACHING, PhotoUse.PUBLICATION) if number < 2 else (PhotoUse.TEACHING,) if number % 2 else ()
    for use in uses:
        text = selectors.photo_consent_text(use, patient.language)
        services.give_photo_consent(
            patient=patient, use=use, shown_sha256=text.sha256, signed_name=patient.name, on_paper=False, by=_CAMERA, at=day - timedelta(minutes=15)
        )
    if number == 0:
        later = day + timedelta(days=40)
        services.withdraw_photo_consent(patient=patient, use=PhotoUse.PUBLICATION, reason="started a new job", by=_CAMERA, at=later)


def _details(patient: Patient, at: datetime) -> None:
    """Two marks on the newest photo of the crown, and a file that could not be taken."""
    newest = selectors.latest_photos(patient)[PhotoView.VERTEX]
    for shape, place, text in (
        (MarkShape.CIRCLE, (380, 330, 640, 660), "Centre of the whorl: new fine hairs"),
        (MarkShape.ARROW, (760, 220, 600, 380), "Border of the thin area at the baseline"),
    ):
        mark = services.Mark(shape, *place, text)
        services.annotate_photo(photo=newest, mark=mark, by=_CAMERA, at=newest.taken_at + timedelta(hours=1))
    PhotoUpload.objects.create(
        patient=patient, view=PhotoView.OCCIPITAL, file_name=secrets.token_hex(16), bytes=1, sha256="0" * 64, taken_at=at, sent_at=at, sent_by=_CAMERA.name,
        state=UploadState.REFUSED, refusal="The file is broken. Please take the photo again, or send another one.",
    )  # fmt: skip

"""Photos as their pages show them: by day and view, what was noticed, what they may be used for."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from patients.models import Patient
from treatments.models import Photo, PhotoAnnotation, PhotoConsentDecision, PhotoConsentText, PhotoUpload
from treatments.photo_texts import SUPERSEDED, TEXTS, VERSION
from treatments.rules.photos import asks_for_another, checks_of_photo, missing_views
from treatments.rules.policy import SessionPolicy
from treatments.selectors.baseline import newest_baseline_first
from treatments.selectors.courses import policy
from treatments.selectors.whose import of_this_patient
from treatments.vocabulary import MarkShape, PhotoCheck, PhotoUse, PhotoView, UploadState
from treatments.words import CHECK_WORDS, SHAPE_WORDS, USE_WORDS, VIEW_WORDS

MOST_PHOTOS_PER_LINK = 6


@dataclass(frozen=True)
class PhotoUses:
    """What the patient allows now, each with the instant since when it is so (nothing: never decided)."""

    allowed: frozenset[PhotoUse]
    since: dict[PhotoUse, datetime]

    @property
    def record(self) -> bool:
        """Photos may be taken for the record."""
        return PhotoUse.RECORD in self.allowed

    def allows(self, use: PhotoUse) -> bool:
        """Whether photos may be used so."""
        return use in self.allowed


@dataclass(frozen=True)
class ShownPhoto:
    """A photo, and what was noticed: short words, and what to do about it."""

    photo: Photo
    view_words: str
    checks: list[tuple[str, str]]
    take_again: bool


@dataclass(frozen=True)
class PhotoDay:
    """One day's photos: for each of the six views the photos of it, newest first; and views that are missing."""

    on: date
    views: list[tuple[PhotoView, str, list[ShownPhoto]]]
    others: list[ShownPhoto]
    missing: list[str]

    @property
    def has_views(self) -> bool:
        """Whether one of the six was taken, and not only a picture sent by the patient."""
        return any(photos for _view, _words, photos in self.views)


@dataclass(frozen=True)
class TextNow:
    """A wording in force. `proposed` until the clinic has published its own."""

    use: PhotoUse
    version: str
    text: str
    sha256: str
    proposed: bool
    language: str = "en"


def photo_uses(patient: Patient) -> PhotoUses:
    """What holds now. For the record the signature of the general consent counts too, whichever is newer."""
    rows = [(row.at, PhotoUse(row.use), row.given) for row in PhotoConsentDecision.objects.filter(patient=patient).order_by("pk")]
    general = patient.consents.filter(withdrawn_at=None).order_by("-signed_at", "-pk").first()
    rows += [(general.signed_at, PhotoUse.RECORD, general.photos)] if general else []
    newest = {use: (at, given) for at, use, given in sorted(rows, key=lambda row: row[0])}
    allowed = frozenset(use for use, (_at, given) in newest.items() if given)
    return PhotoUses(allowed, {use: at for use, (at, _given) in newest.items()})


def photo_consent_text(use: PhotoUse, language: str = "") -> TextNow:
    """The wording in force in a language (at first the one that is spoken now): the newest published one, or the proposed one.

    Where the clinic's version is not there in that language it is the English one: nobody signs a translation of something else.
    """
    wanted = (language or get_language() or "en").partition("-")[0]
    english = _published(use, "en")
    version = english.version if english is not None else VERSION
    row = english if wanted == "en" else _published(use, wanted, version=version)
    if row is not None:
        return TextNow(use, row.version, row.text, row.sha256, row.version == VERSION, row.language)
    if english is not None and (version != VERSION or wanted not in TEXTS):
        return TextNow(use, english.version, english.text, english.sha256, version == VERSION)
    spoken = wanted if wanted in TEXTS else "en"
    text = TEXTS[spoken][use]
    return TextNow(use, VERSION, text, hashlib.sha256(text.encode()).hexdigest(), True, spoken)


def _published(use: PhotoUse, language: str, **which: str) -> PhotoConsentText | None:
    """The newest one in force. A proposed wording that was signed is a row too; once a newer one is proposed, it is not in force any more."""
    return PhotoConsentText.objects.filter(use=use, language=language, **which).exclude(version__in=SUPERSEDED).order_by("-in_force_from", "-pk").first()


def photo_consent_history(patient: Patient) -> list[PhotoConsentDecision]:
    """Every decision, newest first, with the wording that was signed."""
    return list(PhotoConsentDecision.objects.filter(patient=patient).select_related("text"))


def photo_checks(photo: Photo, numbers: SessionPolicy | None = None) -> list[PhotoCheck]:
    """What is noticed about a photo, by the clinic's numbers."""
    return checks_of_photo(
        sides=(photo.width, photo.height), measures=photo.measures, taken_at=photo.taken_at, camera_at=photo.camera_at, policy=numbers or policy()
    )


def _shown(photo: Photo, numbers: SessionPolicy, *, doubtful: bool = False) -> ShownPhoto:
    checks = photo_checks(photo, numbers)
    words = [(str(short), str(more)) for short, more in (CHECK_WORDS[check] for check in checks)]
    if doubtful:
        words.insert(0, (_("In a record entered in error"), _("It counts for nothing until that record’s page says whose it is.")))
    name = str(VIEW_WORDS[PhotoView(photo.view)]) if photo.view else ""
    return ShownPhoto(photo, name, words, asks_for_another(checks))


def photo_days(patient: Patient, *, doubtful: bool = True) -> list[PhotoDay]:
    """Days with photos, newest first; with those of a session entered in error, of which nobody has said whose they are, or without."""
    numbers, zone = policy(), patient.site.tz
    days: dict[date, list[Photo]] = {}
    theirs = patient.photos.filter(of_this_patient(), error_at=None)
    rows = patient.photos.filter(error_at=None).annotate(doubtful=~Exists(theirs.filter(pk=OuterRef("pk")))) if doubtful else theirs
    for photo in rows.order_by("-taken_at", "-pk"):
        days.setdefault(photo.taken_at.astimezone(zone).date(), []).append(photo)
    return [_day(on, photos, numbers) for on, photos in days.items()]


def _day(on: date, photos: Iterable[Photo], numbers: SessionPolicy) -> PhotoDay:
    shown = [_shown(photo, numbers, doubtful=getattr(photo, "doubtful", False)) for photo in photos]
    by_view = [(view, str(VIEW_WORDS[view]), [row for row in shown if row.photo.view == view]) for view in PhotoView]
    standard = {row.photo.view for row in shown if row.photo.view and not getattr(row.photo, "doubtful", False)}
    missing = missing_views(standard, numbers) if standard else []
    return PhotoDay(on, by_view, [row for row in shown if not row.photo.view], [str(VIEW_WORDS[view]) for view in missing])


def shown_photo(photo: Photo) -> ShownPhoto:
    """One photo for its own page."""
    doubtful = photo.session_id is not None and photo.error_at is None and not Photo.objects.filter(of_this_patient(), pk=photo.pk).exists()
    return _shown(photo, policy(), doubtful=doubtful)


def baseline_photos(patient: Patient) -> dict[str, Photo]:
    """View → the first photo of it, or of the baseline that was taken anew after a long gap: what later ones are held against."""
    found: dict[str, Photo] = {}
    for photo in newest_baseline_first(patient.photos.filter(of_this_patient(), error_at=None).exclude(view=""), policy().rescreen_after_days):
        found.setdefault(photo.view, photo)
    return found


def baseline_days(patient: Patient) -> list[date]:
    """The days of these photos, that of the newest baseline first."""
    return list(dict.fromkeys(photo.taken_at.astimezone(patient.site.tz).date() for photo in baseline_photos(patient).values()))


def latest_photos(patient: Patient) -> dict[str, Photo]:
    """View → the newest photo of it."""
    found: dict[str, Photo] = {}
    for photo in patient.photos.filter(of_this_patient(), error_at=None).exclude(view="").order_by("-taken_at", "-pk"):
        found.setdefault(photo.view, photo)
    return found


def uploads_of(patient: Patient) -> list[PhotoUpload]:
    """Files that are still being checked, and refused ones that nobody has read about yet."""
    rows = PhotoUpload.objects.filter(patient=patient, dismissed_at=None)
    return list(rows.filter(state__in=[UploadState.WAITING, UploadState.REFUSED]).order_by("pk"))


def photos_of_cause(cause_uuid: UUID) -> list[Photo]:
    """What a patient sent with a check-in, oldest first, for clinicians."""
    return list(Photo.objects.filter(cause_uuid=cause_uuid, error_at=None).order_by("pk"))


def patient_photos_left(cause_uuid: UUID) -> int:
    """How many photos may still be sent with this check-in."""
    sent = PhotoUpload.objects.filter(cause_uuid=cause_uuid).exclude(state=UploadState.REFUSED).count()
    return max(0, MOST_PHOTOS_PER_LINK - sent)


@dataclass(frozen=True)
class UseLine:
    """One level of consent as its page shows it."""

    use: PhotoUse
    words: str
    given: bool
    since: datetime | None
    text: TextNow


def use_lines(patient: Patient) -> list[UseLine]:
    """The three levels, what holds and since when, with the wording in force in the patient's language."""
    uses = photo_uses(patient)
    texts = {use: photo_consent_text(use, patient.language) for use in PhotoUse}
    return [UseLine(use, str(USE_WORDS[use]), uses.allows(use), uses.since.get(use), text) for use, text in texts.items()]


@dataclass(frozen=True)
class ShownMark:
    """A mark in points of the picture, ready to be drawn: a circle by centre and radii, an arrow from one place to another."""

    row: PhotoAnnotation
    number: int
    shape_words: str
    x: int
    y: int
    x2: int
    y2: int
    cx: int
    cy: int
    rx: int
    ry: int
    label_x: int
    label_y: int


def marks_of(photo: Photo) -> list[ShownMark]:
    """What is drawn over a photo now, numbered."""
    rows = photo.annotations.filter(removed_at=None)
    return [_mark(photo, row, number) for number, row in enumerate(rows, start=1)]


def _mark(photo: Photo, row: PhotoAnnotation, number: int) -> ShownMark:
    x, x2 = (round(value * photo.width / 1000) for value in (row.x, row.x2))
    y, y2 = (round(value * photo.height / 1000) for value in (row.y, row.y2))
    gap = max(photo.width, photo.height) // 40
    return ShownMark(
        row=row, number=number, shape_words=str(SHAPE_WORDS[MarkShape(row.shape)]), x=x, y=y, x2=x2, y2=y2, cx=(x + x2) // 2, cy=(y + y2) // 2,
        rx=abs(x2 - x) // 2, ry=abs(y2 - y) // 2, label_x=min(x, x2) if row.shape == MarkShape.CIRCLE else x, label_y=max(gap, min(y, y2) - gap // 3),
    )  # fmt: skip


@dataclass(frozen=True)
class ViewToday:
    """One view on the page on which photos are taken: today's newest, whether another is on its way, and the baseline."""

    view: PhotoView
    words: str
    today: ShownPhoto | None
    waiting: bool
    baseline: Photo | None


def views_today(patient: Patient, at: datetime) -> list[ViewToday]:
    """The six views as they stand today."""
    zone, on, numbers = patient.site.tz, patient.site.today(at), policy()
    baseline, newest = baseline_photos(patient), latest_photos(patient)
    waiting = {row.view for row in uploads_of(patient) if row.state == UploadState.WAITING}
    found = []
    for view in PhotoView:
        last, first = newest.get(view), baseline.get(view)
        if first and first.taken_at.astimezone(zone).date() == on:
            first = None  # what is taken today is the baseline itself
        today = _shown(last, numbers) if last and last.taken_at.astimezone(zone).date() == on else None
        found.append(ViewToday(view, str(VIEW_WORDS[view]), today, view in waiting, first))
    return found


@dataclass(frozen=True)
class Compared:
    """Two days and one view of them; the other views with what each day has."""

    first_on: date
    second_on: date
    view: PhotoView
    words: str
    first: ShownPhoto | None
    second: ShownPhoto | None
    views: list[tuple[PhotoView, str, bool]]
    missing_first: list[str]
    missing_second: list[str]


def compared(days: list[PhotoDay], first_on: date, second_on: date, view_or: Callable[[PhotoView], PhotoView]) -> Compared:
    """The pair. Without a wish the first view that both days have."""
    by_day = {day.on: {view: photos[0] for view, _words, photos in day.views if photos} for day in days}
    one, two = by_day[first_on], by_day[second_on]
    both = [view for view in PhotoView if view in one and view in two]
    view = view_or((both or list(PhotoView))[0])
    missing = [[str(VIEW_WORDS[v]) for v in PhotoView if v not in there] for there in (one, two)]
    tabs = [(v, str(VIEW_WORDS[v]), v in one and v in two) for v in PhotoView]
    return Compared(first_on, second_on, view, str(VIEW_WORDS[view]), one.get(view), two.get(view), tabs, missing[0], missing[1])

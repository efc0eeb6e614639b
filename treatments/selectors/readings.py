"""Pairs of photos for readers who know neither name nor date; and how well two readers agree."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from clinic.audit import Actor
from clinic.permissions import scoped
from patients.models import Consent, Patient
from treatments.models import BlindReading, Photo, PhotoConsentDecision, TreatmentSession
from treatments.photo_texts import SUPERSEDED
from treatments.rules.measures.agreement import Agreement, agreement
from treatments.selectors.baseline import begun_sessions, gap_before, local_day, newest_baseline_first
from treatments.selectors.courses import policy
from treatments.selectors.whose import of_this_patient
from treatments.vocabulary import PhotoUse

# results are judged at three and six months (S0); a pair closer together shows shedding rather than response (proposed default)
LEAST_DAYS = 75
READERS_A_PAIR = 2


@dataclass(frozen=True)
class Pair:
    """The baseline and the newest photo of one view of one patient."""

    patient_id: int
    view: str
    baseline_id: int
    later_id: int


def _standing() -> QuerySet[Photo]:
    """Photos that count: a standard view, taken by staff, no mistake."""
    return Photo.objects.filter(of_this_patient(), error_at=None, source="staff").exclude(view="")


def _against() -> QuerySet[Patient]:
    """Patients who said no to photos in their record, or took their yes back, as `photo_uses` says of one: nothing of theirs is shown to a reader.

    Nor of those whose yes was to a wording that promised that only who treats them sees their photos. Whoever was never asked has no
    photos: none is taken without a yes.
    """
    said = PhotoConsentDecision.objects.filter(patient=OuterRef("pk"), use=PhotoUse.RECORD).order_by("-at", "-pk")
    forms = Consent.objects.filter(patient=OuterRef("pk"))
    signed = forms.filter(withdrawn_at=None).order_by("-signed_at", "-pk")
    rows = Patient.objects.filter(pk__in=Photo.objects.filter(error_at=None, source="staff").exclude(view="").values("patient")).annotate(
        said_at=Subquery(said.values("at")[:1]), said_yes=Subquery(said.values("given")[:1]), said_text=Subquery(said.values("text__version")[:1]),
        signed_at=Subquery(signed.values("signed_at")[:1]), signed_yes=Subquery(signed.values("photos")[:1]),
    )  # fmt: skip
    by_form = Q(said_at=None) | Q(signed_at__gte=F("said_at"))
    rows = rows.annotate(agrees=Case(When(by_form, then=F("signed_yes")), When(said_text__in=SUPERSEDED, then=Value(False)), default=F("said_yes"), output_field=BooleanField(null=True)))
    return rows.filter(Q(agrees=False) | Q(Exists(forms), agrees=None)).order_by()


def may_be_read(reading: BlindReading) -> bool:
    """Whether its patient still allows the photos."""
    return not _against().filter(pk=reading.patient_id).exists()


def standing_readings() -> QuerySet[BlindReading]:
    """Readings of two photos that count: neither was entered in error, nor left in doubt by a session that was."""
    return BlindReading.objects.filter(of_this_patient("baseline__"), of_this_patient("later__"), baseline__error_at=None, later__error_at=None)


def waiting_pairs(reader: Actor) -> QuerySet[Photo]:
    """The later photos of pairs that this reader may still read, those read once before first.

    Not of patients whom the reader has treated, nor of those who don't allow photos any more; at most two readers a pair. Each row knows its `baseline_id`.
    """
    gap_days = policy().rescreen_after_days
    same = _standing().filter(patient=OuterRef("patient"), view=OuterRef("view"))
    first = newest_baseline_first(same, gap_days)
    rows = scoped(_standing(), reader).exclude(patient__in=_against().values("pk")).annotate(baseline_id=Subquery(first.values("pk")[:1]), baseline_at=Subquery(first.values("taken_at")[:1]))
    rows = rows.filter(taken_at__gte=F("baseline_at") + timedelta(days=LEAST_DAYS))
    # treated in between, and not so long ago that a new baseline would be asked for (S10): untreated years are no response
    between = begun_sessions(gap_days, patient=OuterRef("patient"), started_at__gte=OuterRef("baseline_at"), started_at__lt=OuterRef("taken_at"))
    rows = rows.annotate(taken_on=local_day("patient__site__zone", "taken_at")).annotate(floor_on=gap_before("taken_on", gap_days))
    rows = rows.filter(Exists(between.filter(day__gte=OuterRef("floor_on"))))
    newer = same.filter(taken_at__gt=OuterRef("taken_at"))
    treated = TreatmentSession.objects.filter(patient=OuterRef("patient"), operator_id=reader.staff_id)
    mine = standing_readings().filter(later=OuterRef("pk"), reader_id=reader.staff_id)
    read = standing_readings().filter(later=OuterRef("pk")).order_by().values("later").annotate(n=Count("pk")).values("n")
    rows = rows.filter(~Exists(newer), ~Exists(treated), ~Exists(mine)).annotate(readers=Subquery(read))
    return rows.filter(Q(readers=None) | Q(readers__lt=READERS_A_PAIR)).order_by(F("readers").desc(nulls_last=True), "file_name")


def _opened(reader: Actor) -> QuerySet[BlindReading]:
    return scoped(standing_readings(), reader).filter(reader_id=reader.staff_id, answered_at=None).exclude(patient__in=_against().values("pk"))


def open_reading(reader: Actor) -> BlindReading | None:
    """What the reader opened and has not answered."""
    return _opened(reader).select_related("baseline", "later").first()


def reading_counts(reader: Actor) -> tuple[int, int]:
    """How many pairs wait for this reader, and how many they have read."""
    return waiting_pairs(reader).count(), BlindReading.objects.filter(reader_id=reader.staff_id, answered_at__isnull=False).count()


def to_do(reader: Actor) -> int:
    """How many pairs this reader can grade: those that wait, and one that was opened and not answered."""
    return waiting_pairs(reader).count() + _opened(reader).count()


def readers_agree(reader: Actor) -> Agreement:
    """Over the pairs that two readers have graded, at the actor's sites: weighted kappa, percent, n."""
    rows = scoped(standing_readings().filter(answer__isnull=False), reader).order_by("later_id", "answered_at", "pk")
    graded: dict[int, list[int]] = {}
    for row in rows.only("later_id", "answer", "baseline_is_left"):
        graded.setdefault(row.later_id, []).append(row.grade or 0)
    return agreement([(grades[0], grades[1]) for grades in graded.values() if len(grades) > 1])

"""Pairs of photos for readers who know neither name nor date; and how well two readers agree."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from clinic.audit import Actor
from clinic.permissions import scoped
from treatments.models import BlindReading, Photo, TreatmentSession
from treatments.rules.measures.agreement import Agreement, agreement
from treatments.selectors.baseline import begun_sessions, gap_before, local_day, newest_baseline_first
from treatments.selectors.courses import policy
from treatments.selectors.whose import of_this_patient

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


def standing_readings() -> QuerySet[BlindReading]:
    """Readings of two photos that count: neither was entered in error, nor left in doubt by a session that was."""
    return BlindReading.objects.filter(of_this_patient("baseline__"), of_this_patient("later__"), baseline__error_at=None, later__error_at=None)


def waiting_pairs(reader: Actor) -> QuerySet[Photo]:
    """The later photos of pairs that this reader may still read, those read once before first.

    Not of patients whom the reader has treated; at most two readers a pair. Each row knows its `baseline_id`.
    """
    gap_days = policy().rescreen_after_days
    same = _standing().filter(patient=OuterRef("patient"), view=OuterRef("view"))
    first = newest_baseline_first(same, gap_days)
    rows = scoped(_standing(), reader).annotate(baseline_id=Subquery(first.values("pk")[:1]), baseline_at=Subquery(first.values("taken_at")[:1]))
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


def open_reading(reader: Actor) -> BlindReading | None:
    """What the reader opened and has not answered."""
    rows = scoped(standing_readings(), reader).filter(reader_id=reader.staff_id, answered_at=None)
    return rows.select_related("baseline", "later").first()


def reading_counts(reader: Actor) -> tuple[int, int]:
    """How many pairs wait for this reader, and how many they have read."""
    return waiting_pairs(reader).count(), BlindReading.objects.filter(reader_id=reader.staff_id, answered_at__isnull=False).count()


def to_do(reader: Actor) -> int:
    """How many pairs this reader can grade: those that wait, and one that was opened and not answered."""
    opened = scoped(standing_readings(), reader).filter(reader_id=reader.staff_id, answered_at=None)
    return waiting_pairs(reader).count() + opened.count()


def readers_agree(reader: Actor) -> Agreement:
    """Over the pairs that two readers have graded, at the actor's sites: weighted kappa, percent, n."""
    rows = scoped(standing_readings().filter(answer__isnull=False), reader).order_by("later_id", "answered_at", "pk")
    graded: dict[int, list[int]] = {}
    for row in rows.only("later_id", "answer", "baseline_is_left"):
        graded.setdefault(row.later_id, []).append(row.grade or 0)
    return agreement([(grades[0], grades[1]) for grades in graded.values() if len(grades) > 1])

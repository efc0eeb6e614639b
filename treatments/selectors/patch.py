"""Reads about patch tests: what was known at an instant, which wait to be read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from clinic.audit import Actor
from clinic.permissions import scoped
from patients.models import Patient
from treatments.models import PatchTest
from treatments.vocabulary import PatchResult

READ_FROM, READ_UNTIL = timedelta(hours=48), timedelta(hours=96)  # P: delayed reactions show late (S13)
EARLIEST = timedelta(hours=24)
_WORST = (PatchResult.NOT_READ, PatchResult.NEGATIVE, PatchResult.DOUBTFUL, PatchResult.POSITIVE)


def reading_at(test: PatchTest, start: datetime) -> tuple[str, datetime | None]:
    """What the test said when a session started: the worst result and the newest instant of the readings until then.

    A reading made later says nothing about that start; a test that was read only later counts as it was read (S13 refuses it).
    """
    rows = [row for row in test.readings.all() if row.at <= start]
    if not rows:
        return test.result, test.read_at
    return max((PatchResult(row.result) for row in rows), key=_WORST.index).value, max(row.at for row in rows)


@dataclass(frozen=True)
class Waiting:
    """A test on the skin. `state`: early (under 24 h), short (24–48 h), due (48–96 h), late."""

    test: PatchTest
    state: str

    @property
    def due_at(self) -> datetime:
        """From when it should be read."""
        return self.test.applied_at + READ_FROM

    @property
    def until(self) -> datetime:
        """Until when a reading tells most."""
        return self.test.applied_at + READ_UNTIL


def state_of(test: PatchTest, at: datetime) -> str:
    """How long the test has been on, in the words of `Waiting`."""
    age = at - test.applied_at
    if age < EARLIEST:
        return "early"
    if age < READ_FROM:
        return "short"
    return "due" if age <= READ_UNTIL else "late"


def _unread() -> QuerySet[PatchTest]:
    """Not given up, and without a reading at 48 hours or later that settles it."""
    return PatchTest.objects.filter(given_up_at=None).exclude(result__in=[PatchResult.POSITIVE])


def waiting(actor: Actor, at: datetime) -> list[Waiting]:
    """Tests of the actor's sites that wait to be read from 48 hours on, longest first; those of the last 30 days."""
    rows = scoped(_unread().select_related("patient__site", "product"), actor)
    rows = rows.filter(applied_at__gte=at - timedelta(days=30)).prefetch_related("readings").order_by("applied_at", "pk")
    return [Waiting(test, state_of(test, at)) for test in rows if not _settled(test)]


def _settled(test: PatchTest) -> bool:
    return any(row.at - test.applied_at >= READ_FROM for row in test.readings.all())


def due_count(actor: Actor, at: datetime) -> int:
    """How many may be read now, or are late."""
    return sum(one.state in ("due", "late") for one in waiting(actor, at))


def of_patient(patient: Patient, at: datetime) -> list[Waiting]:
    """All tests of a patient, newest first, each with how long it has been on."""
    rows = patient.patch_tests.select_related("product").prefetch_related("readings")
    return [Waiting(test, state_of(test, at)) for test in rows]


def to_remind(at: datetime) -> QuerySet[PatchTest]:
    """Tests on the skin whose reading lies ahead or is due, and that no reading has settled: each has one mail."""
    return _unread().filter(applied_at__gt=at - READ_UNTIL, read_at=None).select_related("patient__site").order_by("pk")

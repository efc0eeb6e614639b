"""Sessions that took place before this record began."""

from collections.abc import Iterable
from datetime import date, datetime

from clinic import audit
from clinic.audit import Actor
from patients.models import Patient
from treatments.models import EarlierSession


def note_earlier_sessions(*, rows: Iterable[tuple[Patient, date, str]], by: Actor, at: datetime) -> None:
    """Days with where they are known from; a day that is there already stays as it is."""
    with audit.write(by=by, action="session.earlier"):
        EarlierSession.objects.bulk_create(
            [EarlierSession(patient=patient, on=on, source=source[:200], added_at=at, added_by=by.name[:160]) for patient, on, source in rows],
            batch_size=2000, ignore_conflicts=True,
        )  # fmt: skip

"""What the outbox may ask about patients. The app that knows them registers itself; nothing is imported upward (SETTLED 11)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from clinic.audit import Actor
from clinic.models import Link


@dataclass(frozen=True)
class Contact:
    """Where and in which language a patient is written to now."""

    email: str
    language: str


class People(Protocol):
    """Answers of the app that knows patients."""

    def contacts(self, patients: Collection[UUID]) -> dict[UUID, Contact]:
        """Of those that exist."""

    def preferences_link(self, patient: UUID, by: Actor, at: datetime) -> Link:
        """A new link to the patient's own choices about mail."""


_known: list[People] = []


def register(people: People) -> None:
    """Called from `AppConfig.ready()`."""
    _known[:] = [people]


def contacts(patients: Collection[UUID]) -> dict[UUID, Contact]:
    """Nothing for patients that nobody knows."""
    return _known[0].contacts(patients) if _known and patients else {}


def preferences_link(patient: UUID, by: Actor, at: datetime) -> Link:
    """Raises LookupError when no app knows patients."""
    if not _known:
        raise LookupError("no app knows patients")
    return _known[0].preferences_link(patient, by, at)

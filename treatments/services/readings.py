"""Blinded readings: a pair is dealt in random order, and answered once."""

from datetime import datetime
from decimal import Decimal
from random import SystemRandom
from typing import Any

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from treatments.models import BlindReading, Measurement, Photo
from treatments.rules.measures import Method, Rater, Unit
from treatments.selectors.readings import READERS_A_PAIR, may_be_read, open_reading, standing_readings, waiting_pairs
from treatments.vocabulary import MeasurementKind

_DICE = SystemRandom()


class NothingToRead(Refused):
    """No pair waits for this reader."""


class ReadAlready(Conflict):
    """This pair was answered."""


class NotAPair(Conflict):
    """Since the pair was dealt one of the two photos, or its session, was entered in error, or the patient does not allow photos any more."""


def deal_pair(*, by: Actor, at: datetime) -> BlindReading:
    """The pair that the reader has open, or the next one: left and right by chance. Raises NothingToRead."""
    with audit.write(by=by, action="reading.deal"):
        if (mine := open_reading(by)) is not None:
            return mine
        later: Any  # with the annotation of `waiting_pairs`
        for later in waiting_pairs(by)[:20]:
            Photo.objects.select_for_update().get(pk=later.pk)  # two readers at once: the second one counts the first
            if standing_readings().filter(later=later).count() < READERS_A_PAIR:
                return BlindReading.objects.create(
                    patient_id=later.patient_id, view=later.view, baseline_id=later.baseline_id, later=later, baseline_is_left=_DICE.random() < 0.5,
                    reader_id=by.staff_id or 0, opened_at=at,
                )  # fmt: skip
        raise NothingToRead("No pair waits for you. Patients whom you have treated are read by others.")


def answer_reading(*, reading: BlindReading, answer: int | None, by: Actor, at: datetime) -> Measurement | None:
    """What the right photo shows against the left one, −3…+3; None says that the pair can't be compared.

    The grade becomes a measurement on the day of the later photo. Raises ReadAlready, NotAPair.
    """
    if answer is not None and not -3 <= answer <= 3:
        raise Refused("Choose one of the seven grades.", field="answer")
    with audit.write(by=by, action="reading.answer"):
        list(Photo.objects.select_for_update().filter(pk__in=[reading.baseline_id, reading.later_id]).order_by("pk"))
        row = BlindReading.objects.select_for_update(of=("self",)).select_related("later").get(pk=reading.pk)
        if row.answered_at is not None:
            raise ReadAlready("You have answered this pair already.")
        if not standing_readings().filter(pk=row.pk).exists():
            raise NotAPair("One of these photos, or its session, has been entered in error. This pair is not read any more.")
        if not may_be_read(row):
            raise NotAPair("The patient has not agreed to this use of these photos. This pair is not read.")
        row.answer, row.answered_at, row.unreadable = answer, at, answer is None
        row.save(update_fields=["answer", "answered_at", "unreadable"])
        if row.grade is None:
            return None
        grade = Decimal(row.grade)
        return Measurement.objects.create(
            patient_id=row.patient_id, kind=MeasurementKind.GLOBAL_GRADE, method=Method.PHOTO_REVIEW, rater=Rater.BLINDED, value=grade, unit=Unit.SCORE,
            canonical=grade, reading=row, operator_id=by.staff_id, measured_at=row.later.taken_at, by=by.name[:160],
        )  # fmt: skip

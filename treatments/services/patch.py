"""Patch tests: on the skin, and read, more than once where a reaction may come late (S13)."""

from datetime import datetime, timedelta

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from patients.models import Patient
from treatments import emails
from treatments.models import PatchReading, PatchTest, Product
from treatments.vocabulary import PatchResult

_WORST = (PatchResult.NOT_READ, PatchResult.NEGATIVE, PatchResult.DOUBTFUL, PatchResult.POSITIVE)
_TAP = timedelta(minutes=1)  # the same once more within it is a second tap on the button, not a second act


class PatchTestOver(Refused):
    """The test was given up."""


def apply_patch_test(*, patient: Patient, product: Product, by: Actor, at: datetime, place: str = "") -> PatchTest:
    """The product goes on a small area now. The mail that asks the patient to be seen is queued by the task that looks for it.

    The same product by the same person at the same place within a minute is a second tap: the first test stands, and is given back.
    """
    with audit.write(by=by, action="patch_test.apply"):
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)  # the second tap waits and finds the first
        same = PatchTest.objects.filter(patient=patient, product=product, place=place[:80], by=by.name[:160], given_up_at=None)
        before = same.filter(applied_at__gt=at - _TAP, applied_at__lte=at).first()
        return before or PatchTest.objects.create(patient=patient, product=product, applied_at=at, place=place[:80], by=by.name[:160])


def read_patch_test(*, test: PatchTest, result: str, by: Actor, at: datetime, note: str = "") -> PatchReading:
    """One reading. The test's result is the worst of all; before 24 hours a reading does not count (S13). A second tap gives back the first reading."""
    with audit.write(by=by, action="patch_test.read"):
        locked = PatchTest.objects.select_for_update(of=("self",)).get(pk=test.pk)
        if locked.given_up_at:
            raise PatchTestOver("This test was given up. Apply a new one.")
        same = locked.readings.filter(result=result, note=note[:300], by=by.name[:160])
        if before := same.filter(at__gt=at - _TAP, at__lte=at).first():
            return before
        reading = PatchReading.objects.create(test=locked, at=at, result=PatchResult(result), note=note[:300], by=by.name[:160])
        locked.read_at = at
        locked.result = max(PatchResult(locked.result), PatchResult(result), key=_WORST.index)
        locked.save(update_fields=["read_at", "result"])
    return reading


def give_up_patch_test(*, test: PatchTest, reason: str, by: Actor, at: datetime) -> PatchTest:
    """Washed off, lost, not wanted: it is not waited for any more. Nothing is deleted."""
    with audit.write(by=by, action="patch_test.give_up", reason=reason):
        locked = PatchTest.objects.select_for_update(of=("self",)).get(pk=test.pk)
        locked.given_up_at, locked.given_up_reason = at, reason[:200]
        locked.save(update_fields=["given_up_at", "given_up_reason"])
    return locked


def remind(*, test: PatchTest, by: Actor, at: datetime) -> bool:
    """Queue the one mail that asks the patient to be seen (48–96 h). False when it was queued before."""
    with audit.write(by=by, action="patch_test.remind"):
        return emails.please_come_by(test=test, by=by, at=at)

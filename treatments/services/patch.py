"""Patch tests: on the skin, and read."""

from datetime import datetime

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from patients.models import Patient
from treatments.models import PatchTest, Product


class AlreadyRead(Refused):
    """A patch test is read once."""


def apply_patch_test(*, patient: Patient, product: Product, by: Actor, at: datetime) -> PatchTest:
    """The product goes on a small area now."""
    with audit.write(by=by, action="patch_test.apply"):
        return PatchTest.objects.create(patient=patient, product=product, applied_at=at, by=by.name[:160])


def read_patch_test(*, test: PatchTest, result: str, by: Actor, at: datetime) -> PatchTest:
    """Read it; before 24 hours it does not count (S13)."""
    with audit.write(by=by, action="patch_test.read"):
        test = PatchTest.objects.select_for_update().get(pk=test.pk)
        if test.read_at is not None:
            raise AlreadyRead("This test was read already. Apply a new one if you doubt it.")
        test.read_at, test.result = at, result
        test.save(update_fields=["read_at", "result"])
    return test

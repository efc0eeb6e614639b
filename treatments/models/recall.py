"""How stock came in, and whom a recall concerns."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from treatments.models.stock import CartridgeLot, Product, options
from treatments.vocabulary import ContactWay


class Receipt(models.Model):
    """A box taken into stock: what was scanned, by whom. A serial is taken in once."""

    insert_only: ClassVar[bool] = True

    lot = models.ForeignKey(CartridgeLot, null=True, blank=True, on_delete=models.PROTECT, related_name="receipts")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="receipts")
    units = models.PositiveSmallIntegerField()
    serial = models.CharField(max_length=60, blank=True)
    code = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(lot=None) ^ Q(product=None), name="receipt_of_one_thing"),
            models.UniqueConstraint(fields=["lot", "serial"], condition=~Q(serial=""), name="one_receipt_a_serial"),
        ]

    def __str__(self) -> str:
        return f"receipt of {self.units}"


@pghistory.track()
class RecallContact(models.Model):
    """One patient whom a recalled lot or product concerns: how they are to be told, and that a person told them.

    A mail only asks to call; the patient counts as told when somebody has spoken with them. A contact that a corrected record shows to
    be somebody else's is withdrawn and stays (docs/decisions/0045); `misled` says that something may have reached this patient before,
    which a person sets right.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lot = models.ForeignKey(CartridgeLot, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="recall_contacts")
    way = models.CharField(max_length=5, choices=options(ContactWay))
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    prepared_as = models.CharField(max_length=12)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey("clinic.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(null=True, blank=True)
    told_by = models.CharField(max_length=160, blank=True)
    note = models.CharField(max_length=300, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=160, blank=True)
    withdrawn_because = models.CharField(max_length=300, blank=True)
    misled = models.BooleanField(default=False)
    set_right_at = models.DateTimeField(null=True, blank=True)
    set_right_by = models.CharField(max_length=160, blank=True)
    set_right_note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["told_at", "patient__search_name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(lot=None) ^ Q(product=None), name="contact_about_one_thing"),
            models.UniqueConstraint(fields=["lot", "patient"], condition=~Q(lot=None) & Q(withdrawn_at=None), name="one_contact_a_lot_and_patient"),
            models.UniqueConstraint(fields=["product", "patient"], condition=~Q(product=None) & Q(withdrawn_at=None), name="one_contact_a_product_and_patient"),
            models.CheckConstraint(condition=Q(withdrawn_at=None) | ~Q(withdrawn_because=""), name="withdrawn_contact_says_why"),
            models.CheckConstraint(condition=Q(misled=False) | Q(withdrawn_at__isnull=False), name="misled_by_a_withdrawn_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.way} contact of {self.patient_id}"

    @property
    def thing(self) -> CartridgeLot | Product:
        """What was recalled; the table sees to it that it is one of both."""
        thing = self.lot or self.product
        assert thing is not None
        return thing

    @property
    def is_open(self) -> bool:
        """Whether a person has still to speak with this patient: to tell them, or to set right what reached them by mistake. Not with one who has died."""
        return self.patient.deceased_on is None and (self.misled and self.set_right_at is None if self.withdrawn_at else self.told_at is None)

"""What becomes of mail after it left, what a patient wants of it, and how much may leave in a time."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models.functions import Now

from clinic.models.outbox import OutboxMessage
from clinic.outbox.states import Delivery, Scope, State

__all__ = ["Allowance", "DeliveryEvent", "MailChoice", "came_back"]


class DeliveryEvent(models.Model):
    """What a mail server or provider said of a sent message. The same word about the same message counts once.

    Rows are only added, so the address is never in one: a tag is (`clinic.outbox.tags`).
    """

    insert_only: ClassVar[bool] = True

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="deliveries")
    address_tag = models.CharField(max_length=32)
    event = models.CharField(max_length=12, choices=[(d.value, d.value) for d in Delivery])
    source = models.CharField(max_length=40)
    code = models.CharField(max_length=12, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["message", "address_tag", "event"], name="one_event_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.source}"


def came_back(prefix: str = "") -> models.Q:
    """Messages that a mail server took and whose newest word is that the address does not work. A full mailbox or a delay is not that.

    `prefix` leads to the message from another table, like `outbox__`.
    """
    later = models.Q(at__gt=models.OuterRef("at")) | models.Q(at=models.OuterRef("at"), pk__gt=models.OuterRef("pk"))
    newer = DeliveryEvent.objects.filter(later, message=models.OuterRef("message"))
    bounced = DeliveryEvent.objects.filter(~models.Exists(newer), message=models.OuterRef(f"{prefix}pk"), event=Delivery.BOUNCED)
    return models.Q(**{f"{prefix}state": State.SENT}) & models.Q(models.Exists(bounced))


@pghistory.track()
class MailChoice(models.Model):
    """A patient's yes or no to one scope of mail. Without a row the answer is yes; care is not asked here (SETTLED 20)."""

    patient_uuid = models.UUIDField()
    scope = models.CharField(max_length=20, choices=[(s.value, s.value) for s in Scope])
    wanted = models.BooleanField()
    at = models.DateTimeField()
    by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["patient_uuid", "scope"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient_uuid", "scope"], name="one_choice_a_scope")
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {'yes' if self.wanted else 'no'}"


class Allowance(models.Model):
    """A counter that all senders share: mails of a day, of a domain in a minute, in all. `starts_at` is when the next window starts."""

    name = models.CharField(max_length=120, primary_key=True)
    starts_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.used}"

"""The outbox: every mail is a row here before it is an act. Moves between states are rows that are only added."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from clinic.outbox.states import FINAL, Channel, Doubt, Scope, State, Undeliverable

__all__ = ["Breaker", "OutboxMessage", "OutboxMove", "Suppression"]


class OutboxMessage(models.Model):
    """One message to one address. `key` says what makes it unique; patient and cause are plain references (SETTLED 10).

    Long after it ended, `recipient` gives way to a tag and `context` to the message's name (`thinned_at`); the row stays.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=200)  # its constraint is below: `unique=True` adds an index for LIKE, which every move would write
    kind = models.CharField(max_length=60)
    scope = models.CharField(max_length=20, choices=[(s.value, s.value) for s in Scope])
    doubt = models.CharField(max_length=10, choices=[(d.value, d.value) for d in Doubt], default=Doubt.RETRY)
    urgent = models.BooleanField(default=False)
    patient_uuid = models.UUIDField(null=True)
    cause_kind = models.CharField(max_length=30, blank=True)
    cause_uuid = models.UUIDField(null=True)
    channel = models.CharField(max_length=4, choices=[(c.value, c.value) for c in Channel], default=Channel.MAIL)
    recipient = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=5, default="en")
    zone = models.CharField(max_length=64, blank=True)
    context = models.JSONField(default=dict)
    wording_version = models.CharField(max_length=20, blank=True)
    send_after = models.DateTimeField()
    wished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default=State.PLANNED)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    in_doubt = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    body_sha256 = models.CharField(max_length=64, blank=True)
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    thinned_at = models.DateTimeField(null=True, blank=True)
    recipient_tag = models.CharField(max_length=32, blank=True, db_default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["send_after", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["send_after", "id"], name="outbox_due", condition=Q(state="planned")),
            models.Index(fields=["send_after", "id"], name="outbox_urgent", condition=Q(state="planned", urgent=True)),
            models.Index(fields=["-send_after", "-id"], name="outbox_by_time"),
            models.Index(fields=["state", "-send_after", "-id"], name="outbox_troubled", condition=Q(state__in=["failed", "held"])),
            models.Index(fields=["expires_at"], name="outbox_unsent", condition=Q(state__in=["failed", "skipped"])),
            models.Index(fields=["provider_id"], name="outbox_by_provider", condition=~Q(provider_id="")),
            models.Index(fields=["lease_until"], name="outbox_leases", condition=Q(state__in=["claimed", "sending"])),
            models.Index(fields=["patient_uuid", "send_after"], name="outbox_by_patient"),
            models.Index(fields=["cause_uuid"], name="outbox_by_cause"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key"], name="outbox_key_once"),
            models.CheckConstraint(condition=Q(thinned_at=None) | Q(state__in=[s.value for s in FINAL]), name="thinned_stays_finished")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class OutboxMove(models.Model):
    """One attempt or one change of state, with its reason and who did it: the timeline."""

    insert_only: ClassVar[bool] = True

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="moves")
    at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["at", "state"], name="outbox_moves_by_time")]

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}"


@pghistory.track()
class Suppression(models.Model):
    """An address that mail does not reach. The desk phones instead, and lifts it when the address is mended."""

    address = models.EmailField(unique=True)
    patient_uuid = models.UUIDField(null=True)
    kind = models.CharField(max_length=10, choices=[(u.value, u.value) for u in Undeliverable], default=Undeliverable.REFUSED)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return "suppressed address"


class Breaker(models.Model):
    """One row: sending pauses until then, after the relay went away or refused us."""

    name = models.CharField(max_length=20, primary_key=True, default="smtp")
    open_until = models.DateTimeField(null=True, blank=True)
    strikes = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.open_until or 'closed'}"

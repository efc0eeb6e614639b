"""How mail is doing: lag, rate, failures, and whom mail does not reach. Counts for everybody, names for the actor's sites."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.db.models.functions import Upper

from clinic.audit import Actor
from clinic.models import Breaker, OutboxMessage, OutboxMove, Suppression
from patients.models import Patient

_LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class MailHealth:
    """Counts of now, of the last hour and of the last day. `paused_until` while sending pauses."""

    oldest_due_minutes: int
    due: int
    held: int
    sent_hour: int
    sent_day: int
    failed_day: int
    skipped_day: int
    bounced_day: int
    paused_until: datetime | None
    paused_because: str

    @property
    def is_late(self) -> bool:
        """The alarm that matters: something due has waited too long."""
        return self.oldest_due_minutes >= _LATE.total_seconds() // 60

    @property
    def failed_share(self) -> int:
        """Of what ended within a day, in percent."""
        return round(100 * self.failed_day / max(1, self.failed_day + self.sent_day))


def mail_health(now: datetime) -> MailHealth:
    """Three queries, whatever the amount of mail."""
    waiting = OutboxMessage.objects.filter(state="planned", send_after__lte=now).aggregate(n=Count("pk"), oldest=Min("send_after"))
    day, hour = now - timedelta(days=1), now - timedelta(hours=1)
    moves = OutboxMove.objects.filter(at__gt=day).aggregate(
        sent_hour=Count("pk", filter=Q(state="sent", at__gt=hour)), sent=Count("pk", filter=Q(state="sent")),
        failed=Count("pk", filter=Q(state="failed")), skipped=Count("pk", filter=Q(state="skipped")),
        bounced=Count("pk", filter=Q(state__in=("bounced", "soft"))),
    )  # fmt: skip
    pause = Breaker.objects.filter(pk="smtp", open_until__gt=now).first()
    return MailHealth(
        oldest_due_minutes=int((now - waiting["oldest"]).total_seconds() // 60) if waiting["oldest"] else 0, due=waiting["n"],
        held=OutboxMessage.objects.filter(state="held").count(), sent_hour=moves["sent_hour"], sent_day=moves["sent"],
        failed_day=moves["failed"], skipped_day=moves["skipped"], bounced_day=moves["bounced"],
        paused_until=pause.open_until if pause else None, paused_because=pause.reason if pause else "",
    )  # fmt: skip


def unreached(actor: Actor) -> list[tuple[Suppression, Patient]]:
    """Patients of the actor's sites whom mail does not reach, the newest first: the desk phones them. At most a hundred.

    By the address they have now, whoever's mail showed that it fails: a family may share one.
    """
    rows = list(Suppression.objects.filter(lifted_at=None).exclude(kind="complained").order_by("-at")[:300])
    known = Patient.objects.alias(upper=Upper("email")).filter(upper__in=[row.address.upper() for row in rows], site__in=actor.site_ids)
    by_address: dict[str, list[Patient]] = {}
    for patient in known.select_related("site").order_by("pk"):
        by_address.setdefault(patient.email.upper(), []).append(patient)
    return [(row, patient) for row in rows for patient in by_address.get(row.address.upper(), ())][:100]

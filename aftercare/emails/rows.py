"""Queueing: a row with a unique key in the transaction of its cause. One function per message."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from aftercare.models import CheckIn, Concern, Plan, PlannedMessage, ProtocolStep
from aftercare.rules.escalation import whom_to_alert
from aftercare.selectors.rota import clinicians_of, is_site_open_at, on_call_at
from aftercare.states import Level, Scope
from clinic import audit
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox import rows as outbox
from clinic.outbox import suppress
from clinic.outbox.states import State
from patients.vocabulary import HELD_BY_FLAG

_REMINDER_LIVES = timedelta(hours=12)
_ALERT_LIVES = timedelta(days=3)
_SOON = timedelta(minutes=10)


def step_key(plan: Plan, step: ProtocolStep, occurrence: int) -> str:
    """Plan, step and occurrence; a course step is unique in its course (SETTLED 5, 12)."""
    if step.scope == Scope.COURSE:
        return f"aftercare:course:{plan.session.course.uuid}:{step.code}:{occurrence}"
    return f"aftercare:{plan.session.uuid}:{step.code}:{occurrence}"


def queue_steps(
    plan: Plan, steps: Sequence[tuple[ProtocolStep, datetime, datetime, int]], *, reason: str = "", by: Actor, at: datetime
) -> list[OutboxMessage]:
    """The rows of a plan's steps, each with when it goes, when it is too late, and which occurrence it is; `reason`: why, if not for a new plan.

    Their recipient is looked up again before they leave.
    """
    return outbox.queue_all([_wanted(plan, *step, reason) for step in steps], by=by, at=at)


def _wanted(plan: Plan, step: ProtocolStep, send_after: datetime, expires_at: datetime, occurrence: int, reason: str) -> outbox.Wanted:
    return outbox.Wanted(
        kind=step.purpose,
        key=step_key(plan, step, occurrence),
        patient_uuid=plan.patient.uuid,
        cause_kind="plan",
        cause_uuid=plan.uuid,
        recipient=plan.patient.email or "",
        context=_step_context(step),
        send_after=send_after,
        expires_at=expires_at,
        language=plan.patient.language,
        zone=plan.zone,
        reason=reason,
    )


def _step_context(step: ProtocolStep) -> dict[str, str | int]:
    context: dict[str, str | int] = {"step": step.code, "wording": step.wording_version}
    return {**context, "title": step.title} if step.title else context


def queue_test(step: ProtocolStep, *, staff: Staff, language: str, by: Actor, at: datetime) -> OutboxMessage:
    """One test mail of a step to the staff member who asks; each tap its own."""
    site = Site.objects.filter(pk__in=by.site_ids).order_by("pk").first() or Site.objects.order_by("pk")[0]
    return outbox.queue(
        kind="protocol_test",
        key=f"protocol_test:{step.pk}:{staff.uuid}:{language}:{at:%Y%m%dT%H%M%S}",
        cause_kind="protocol",
        cause_uuid=step.protocol.uuid,
        recipient=staff.email,
        context={"step_pk": step.pk, "site_pk": site.pk},
        send_after=at,
        expires_at=at + _REMINDER_LIVES,
        language=language,
        zone=site.zone,
        by=by,
        at=at,
    )


def queue_reminder(check_in: CheckIn, *, until: datetime | None = None, by: Actor, at: datetime) -> OutboxMessage:
    """The one reminder of a check-in without an answer, of use `until` then. One that was cancelled unsent may be followed by another."""
    before = OutboxMessage.objects.filter(kind="check_in_reminder", cause_uuid=check_in.uuid).count()
    return outbox.queue(
        kind="check_in_reminder",
        key=f"aftercare:reminder:{check_in.uuid}" + (f":{before}" if before else ""),
        patient_uuid=check_in.patient.uuid,
        cause_kind="check_in",
        cause_uuid=check_in.uuid,
        recipient=check_in.patient.email or "",
        context={"step": check_in.code},
        send_after=at,
        expires_at=until or at + _REMINDER_LIVES,
        language=check_in.patient.language,
        zone=check_in.plan.zone,
        by=by,
        at=at,
    )


def queue_concern_alerts(concern: Concern, *, raised: bool = False, by: Actor, at: datetime) -> list[OutboxMessage]:
    """To the first on call, then to the next; to every clinician when the rota is empty or used up. Without any content.

    An urgent one while the site is open reaches all who work there at once. `raised`: it was made more urgent, which who has
    it must hear too.
    """
    on_call = on_call_at(concern.site_id, at)
    on_call_ids = {staff.pk for staff in on_call}
    return [
        outbox.queue(
            kind="concern_alert",
            key=f"concern:{concern.uuid}:{concern.escalations}:{staff.uuid}",
            patient_uuid=concern.patient.uuid,
            cause_kind="concern",
            cause_uuid=concern.uuid,
            recipient=staff.email,
            context={"overdue": concern.escalated_at is not None, "on_call": staff.pk in on_call_ids, "raised": raised},
            send_after=at,
            expires_at=at + _ALERT_LIVES,
            zone=concern.site.zone,
            by=by,
            at=at,
        )
        for staff in _to_alert(concern, on_call, at, also=concern.claimed_by if raised else None)
    ]


def _to_alert(concern: Concern, on_call: list[Staff], at: datetime, *, also: Staff | None) -> list[Staff]:
    everybody = clinicians_of(concern.site_id)
    known = {staff.pk: staff for staff in [*everybody, *on_call]}
    keys = OutboxMessage.objects.filter(kind="concern_alert", cause_uuid=concern.uuid).values_list("key", flat=True)
    told = {key.rpartition(":")[2] for key in keys}  # by the person: an address may change, and goes from old messages
    chosen = whom_to_alert(
        on_call=[staff.pk for staff in on_call],
        alerted=frozenset(pk for pk, staff in known.items() if str(staff.uuid) in told),
        everybody=[staff.pk for staff in everybody],
        all_at_once=concern.level == Level.URGENT and is_site_open_at(concern.site, at),
    )
    if chosen and not suppress.arrives([known[pk].email for pk in chosen]):  # mail to these is known to come back: it goes, but not alone
        chosen = list(known)
    found = {pk: known[pk] for pk in chosen} | ({also.pk: also} if also is not None else {})
    return list(found.values())


def queue_handover(concern: Concern, *, to: Staff, by: Actor, at: datetime) -> OutboxMessage:
    """To the colleague who has it from now on."""
    return outbox.queue(
        kind="concern_alert",
        key=f"concern:{concern.uuid}:{concern.escalations}:{to.uuid}",
        patient_uuid=concern.patient.uuid,
        cause_kind="concern",
        cause_uuid=concern.uuid,
        recipient=to.email,
        context={"overdue": False, "handed_over": True},
        send_after=at,
        expires_at=at + _ALERT_LIVES,
        zone=concern.site.zone,
        by=by,
        at=at,
    )


def queue_taken_over(concern: Concern, *, of: Staff, by: Actor, at: datetime) -> OutboxMessage:
    """To the clinician from whom a colleague has taken it."""
    return outbox.queue(
        kind="concern_alert",
        key=f"concern:{concern.uuid}:{concern.escalations}:{of.uuid}",
        patient_uuid=concern.patient.uuid,
        cause_kind="concern",
        cause_uuid=concern.uuid,
        recipient=of.email,
        context={"overdue": False, "taken_over": True},
        send_after=at,
        expires_at=at + _ALERT_LIVES,
        zone=concern.site.zone,
        by=by,
        at=at,
    )


def cancel_concern_alerts(concern: Concern, *, by: Actor, at: datetime) -> int:
    """Alerts that have not left when the concern closes."""
    return outbox.cancel(
        reason="concern closed",
        by=by,
        at=at,
        kind="concern_alert",
        cause_uuid=concern.uuid,
    )


def cancel_messages(messages: Iterable[PlannedMessage], *, reason: str, by: Actor, at: datetime) -> int:
    """Cancel what has not left of these. Returns how many; 0 says that all had gone."""
    return outbox.cancel(reason=reason, by=by, at=at, pk__in=[message.outbox_id for message in messages])


def cancel_reminders(check_ins: Iterable[CheckIn], *, reason: str, by: Actor, at: datetime) -> int:
    """Reminders that have not left, of check-ins that are not wanted any more."""
    return outbox.cancel(reason=reason, by=by, at=at, kind="check_in_reminder", cause_uuid__in=[check_in.uuid for check_in in check_ins])


def unsent_reminders(check_ins: Iterable[CheckIn]) -> set[UUID]:
    """Of these check-ins those whose reminders were all cancelled before they left."""
    uuids = {check_in.uuid for check_in in check_ins}
    rows = list(OutboxMessage.objects.filter(kind="check_in_reminder", cause_uuid__in=uuids).values_list("cause_uuid", "state"))
    asked, other = {cause for cause, _state in rows}, {cause for cause, state in rows if state != State.CANCELLED}
    return (uuids & asked) - other


def release_held_invitations(patient_uuid: UUID, *, by: Actor, at: datetime) -> int:
    """After a hold is lifted: what was held for it goes back into the plan; it is asked again before it leaves."""
    return outbox.release(
        reason="hold lifted",
        by=by,
        at=at,
        patient_uuid=patient_uuid,
        reason__startswith=HELD_BY_FLAG,
    )


def refresh_addresses(*, by: Actor, at: datetime) -> int:
    """What is soon due follows a changed address or language of the patient. Returns how many rows were mended."""
    mail = PlannedMessage.objects.filter(outbox=OuterRef("pk"))
    soon = OutboxMessage.objects.filter(
        state=State.PLANNED, send_after__lte=at + _SOON, planned_message__isnull=False
    ).exclude(
        recipient=F("planned_message__plan__patient__email"),
        language=F("planned_message__plan__patient__language"),
    )
    with audit.write(by=by, action="aftercare.addresses"):
        return OutboxMessage.objects.filter(pk__in=soon.values("pk"), state=State.PLANNED).update(
            recipient=Subquery(mail.values("plan__patient__email")[:1]),
            language=Subquery(mail.values("plan__patient__language")[:1]),
        )

"""Reads about plans: which ended sessions have none, and what is planned for one."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from aftercare.models import Plan, PlannedMessage
from aftercare.states import PlanState
from treatments.models import TreatmentSession

_LOOK_BACK = timedelta(days=200)


def sessions_without_plan(at: datetime) -> list[UUID]:
    """Ended sessions that have no plan, oldest first. Longer back than the protocol reaches there is nothing to send."""
    rows = TreatmentSession.objects.filter(
        ended_at__isnull=False,
        ended_at__lte=at,
        ended_at__gt=at - _LOOK_BACK,
        aftercare_plan__isnull=True,
    )
    return list(not_in_error(rows).order_by("ended_at", "pk").values_list("uuid", flat=True))


def not_in_error(rows: QuerySet[TreatmentSession]) -> QuerySet[TreatmentSession]:
    """Sessions that no later row marks as entered in error (SETTLED 7)."""
    return rows.filter(entered_in_error__isnull=True)


def plans_in_error() -> list[Plan]:
    """Plans whose session has meanwhile been marked as entered in error."""
    rows = Plan.objects.exclude(state=PlanState.CANCELLED).filter(session__entered_in_error__isnull=False)
    return list(rows.order_by("pk"))


def planned_for(session: TreatmentSession) -> list[PlannedMessage]:
    """The messages of a session's plan, in time order, with their rows in the outbox."""
    rows = PlannedMessage.objects.filter(plan__session=session).select_related("outbox", "step", "plan")
    return list(rows.order_by("send_after", "pk"))


def plan_behind(subject_uuid: UUID) -> Plan | None:
    """The plan that a link names, with what its page needs."""
    return Plan.objects.select_related("session", "site__clinic", "patient").filter(uuid=subject_uuid).first()

"""Messages of running plans that ended for want of an address or consent, are still of use, and could go by now."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from aftercare.models import PlannedMessage
from aftercare.states import PlanState, Scope
from clinic.outbox import suppress
from clinic.outbox.again import still_of_use


def _could_go(at: datetime) -> QuerySet[PlannedMessage]:
    newer = PlannedMessage.objects.filter(plan=OuterRef("plan"), code=OuterRef("code"), occurrence__gt=OuterRef("occurrence"))
    runs = Q(plan__state=PlanState.ACTIVE) | (Q(scope=Scope.COURSE) & ~Q(plan__state=PlanState.CANCELLED))
    reached = Q(plan__patient__deceased_on__isnull=True, plan__patient__do_not_contact=False)
    asked = Q(check_in__isnull=True) | Q(check_in__cancelled_at__isnull=True, check_in__response__isnull=True, check_in__call_task__done_at__isnull=True)
    rows = PlannedMessage.objects.filter(still_of_use(at, "outbox__")).filter(runs & reached & asked)
    return rows.exclude(Exists(newer)).exclude(plan__patient__email="").exclude(plan__patient__mail_mode="none")


def messages_to_plan_again(at: datetime) -> list[PlannedMessage]:
    """In the order in which they were wished. Nothing to an address that is known to send mail back."""
    rows = list(_could_go(at).select_related("plan__patient", "outbox").order_by("send_after", "pk"))
    failing = suppress.failing_of([row.plan.patient.email for row in rows])
    return [row for row in rows if row.plan.patient.email.lower() not in failing]

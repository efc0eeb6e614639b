"""An address, or consent to mail, that came while a message is still of use: another takes the place of the one that could not go."""

from datetime import datetime

from aftercare import emails
from aftercare.models import Plan, PlannedMessage
from aftercare.services.locks import lock_patient
from aftercare.services.plans import plan_again
from clinic import audit
from clinic.audit import Actor

CAN_GO = "an address or consent came"


def plan_unsent_again(*, plan: Plan, by: Actor, at: datetime) -> list[PlannedMessage]:
    """What of this plan could not go and can now. What it takes the place of stays as it ended; called twice it plans once."""
    with audit.write(by=by, action="aftercare.plan_unsent", reason=CAN_GO):
        lock_patient(plan.patient_id)
        locked = Plan.objects.select_for_update(of=("self",)).select_related("patient", "session__course").get(pk=plan.pk)
        rows = [message for message in emails.messages_to_plan_again(at) if message.plan_id == locked.pk]
        return plan_again(locked, rows, reason=CAN_GO, by=by, at=at) if rows else []

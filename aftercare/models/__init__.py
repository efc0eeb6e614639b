"""Tables of aftercare: protocol → plan → messages, check-ins and their answers, concerns and calls."""

from aftercare.models.check_in import CallTask, CheckIn, CheckInResponse
from aftercare.models.concern import Concern, ConcernEvent
from aftercare.models.plan import Plan, PlannedMessage, Replan
from aftercare.models.policy import CheckInPolicy
from aftercare.models.protocol import Protocol, ProtocolStep
from aftercare.models.rota import OnCallShift

__all__ = [
    "CallTask",
    "CheckIn",
    "CheckInPolicy",
    "CheckInResponse",
    "Concern",
    "ConcernEvent",
    "OnCallShift",
    "Plan",
    "PlannedMessage",
    "Protocol",
    "ProtocolStep",
    "Replan",
]

"""T-rules: what does this answer mean, and who must look? Pure."""

from aftercare.rules.checkin import EMERGENCY_RULES, HOLD_RULES, RANK, RULES_VERSION, checkin
from aftercare.rules.policy import DEFAULT, CheckInPolicy
from aftercare.rules.texts import RULES

__all__ = ["DEFAULT", "EMERGENCY_RULES", "HOLD_RULES", "RANK", "RULES", "RULES_VERSION", "CheckInPolicy", "checkin"]

"""Words of the session rules beyond the room's own (SCHEMA part 3)."""

from enum import StrEnum

RULES_VERSION = "S-2026.11"


class Severity(StrEnum):
    """Of a result; later is worse. `OK` is the overall of an empty list."""

    OK = "OK"
    NOTE = "NOTE"
    REASON = "REASON"
    BLOCK_PRODUCT = "BLOCK_PRODUCT"
    BLOCK = "BLOCK"


RANK: dict[str, int] = {severity.value: rank for rank, severity in enumerate(Severity)}


class Stage(StrEnum):
    """How far the session is, and so which absences count (SCHEMA 3.2)."""

    PLAN = "plan"
    START = "start"
    CHECKOUT = "checkout"
    SIGNOFF = "signoff"


ELIGIBILITY = ("CLEAR", "CAUTION", "REVIEW", "INCOMPLETE", "DEFER", "ABSOLUTE")
ELIGIBLE = ("CLEAR", "CAUTION")
OPERATOR_ROLES = (
    "dermatologist", "physician", "nurse", "licensed_practitioner", "trichologist", "aesthetician", "other",
)  # fmt: skip
PROCEDURES = ("scalp_microneedling", "prp", "other")

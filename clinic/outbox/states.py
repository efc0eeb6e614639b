"""States of a message and the moves between them (MESSAGES.md). No Django."""

from enum import StrEnum


class State(StrEnum):
    """Where a message stands. The row is the truth; the broker knows nothing of it."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


OPEN = (State.PLANNED, State.CLAIMED, State.SENDING, State.HELD)
FINAL = (State.SENT, State.FAILED, State.CANCELLED, State.SKIPPED)


class Doubt(StrEnum):
    """What to do when nobody knows whether a mail went: send again (missing is worse) or hold (twice is worse)."""

    RETRY = "retry"
    HOLD = "hold"


class Scope(StrEnum):
    """What a message is about; decides what a red flag holds back."""

    CARE = "care"
    APPOINTMENT = "appointment"
    INVITATION = "invitation"
    ACCOUNT = "account"
    STAFF = "staff"


TO_STAFF = frozenset({Scope.ACCOUNT, Scope.STAFF})
"""Mail to colleagues: never skipped because of an address that bounced once; its address is no patient's."""


NO_ADDRESS, NOT_REACHED = "no e-mail address", "mail does not reach this address"
UNWANTED, UNAGREED = "the patient does not want e-mail; please phone", "no consent to e-mail: the desk phones"
WANTING = (NO_ADDRESS, f"{NO_ADDRESS}; please phone", NOT_REACHED, UNWANTED, UNAGREED)
"""Why a message ended that only lacked an address or consent: when one comes in time, another takes its place."""
REFUSED_ADDRESS = ("the address was refused", "the provider refused the address")


class Channel(StrEnum):
    """How a message travels. Text messages have an interface and a console; no provider is built in."""

    MAIL = "mail"
    TEXT = "text"


class Delivery(StrEnum):
    """What is said of a message after it was handed over. A later word of less weight changes nothing on the timeline."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    SOFT = "soft"
    BOUNCED = "bounced"
    COMPLAINED = "complained"

    @property
    def weight(self) -> int:
        """The higher one stays as the reason on the timeline, whatever the order of arrival."""
        return ("deferred", "delivered", "soft", "bounced", "complained").index(self.value)


class Undeliverable(StrEnum):
    """Why an address is suppressed. A complaint stops invitations alone: care still goes."""

    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"

"""Kinds of message. Each app declares its own in `emails.py` and registers them in `AppConfig.ready()` (SETTLED 11)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from clinic.outbox.states import Doubt, Scope

if TYPE_CHECKING:
    from clinic.models import OutboxMessage


@dataclass(frozen=True)
class Mail:
    """A built mail. Attachments are `(file name, content type, bytes)`; headers never carry user text."""

    subject: str
    text: str
    html: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    reply_to: str = ""


@dataclass(frozen=True)
class Verdict:
    """May this go now? `go`, or a state with its reason; `wait` moves it to a later instant."""

    word: str
    reason: str = ""
    until: datetime | None = None

    @classmethod
    def go(cls) -> Self:
        """Send it."""
        return cls("go")

    @classmethod
    def hold(cls, reason: str) -> Self:
        """Keep it until somebody releases or cancels it."""
        return cls("hold", reason)

    @classmethod
    def cancel(cls, reason: str) -> Self:
        """Its cause is gone."""
        return cls("cancel", reason)

    @classmethod
    def skip(cls, reason: str) -> Self:
        """It is not wanted: opted out, expired, already answered."""
        return cls("skip", reason)

    @classmethod
    def wait(cls, until: datetime, reason: str) -> Self:
        """Not yet."""
        return cls("wait", reason, until)


MaySend = Callable[["OutboxMessage", datetime], Verdict]
Build = Callable[["OutboxMessage", datetime], Mail]


@dataclass(frozen=True)
class Kind:
    """What the drain needs to know of a message: whether it may still go, and how it is built from fresh data."""

    name: str
    may_send: MaySend
    build: Build
    doubt: str = Doubt.RETRY
    urgent: bool = False
    scope: str = Scope.CARE
    wording_version: str = "1"


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. Registering it twice keeps the newer one."""
    Doubt(kind.doubt), Scope(kind.scope)
    KINDS[kind.name] = kind

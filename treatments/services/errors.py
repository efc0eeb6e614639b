"""What the writes about a session refuse, by name."""

from clinic.errors import Conflict, Refused
from clinic.findings import Finding


class Blocked(Refused):
    """Rules stop this step. `findings` say which; `missing` and `owed` what to fill in."""

    def __init__(self, message: str, findings: list[Finding], missing: list[str], owed: list[str]) -> None:
        super().__init__(message)
        self.findings, self.missing, self.owed = findings, missing, owed


class ChangedMeanwhile(Conflict):
    """Somebody else saved this draft after the page was opened."""


class NotTakenOver(Conflict):
    """Nobody signs this record yet: what is written now would count as what its operator had left (docs/decisions/0046)."""


class CartridgeTaken(Conflict):
    """The cartridge belongs to another session: single use (S06)."""


class CartridgeSpent(Conflict):
    """It touched skin: it can't be taken out of the record again (S06)."""


class NotUsable(Refused):
    """It is out of use or past its date: no skin is touched with it (S05, S06)."""


class NotOpen(Refused):
    """The record is past this step."""


class EndBeforeStart(Refused):
    """A session can't end before it starts."""

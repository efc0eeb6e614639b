"""Which baseline the later photos and readings are held against: the one that was taken anew after a long gap (S10, S20, decision 0025)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


def before_a_beginning(*, on: date, begun: date, last: date | None, gap_days: int) -> bool:
    """Whether what was recorded on `on` is the baseline of the session begun on `begun`, the next one after it: `last` is the day of the needling
    before that session, here or elsewhere, more than `gap_days` before it, or there is none; and `on` is at most `gap_days` old by then (0025).
    """
    return 0 <= (begun - on).days <= gap_days and (last is None or (begun - last).days > gap_days)


@dataclass(frozen=True)
class Needled:
    """The days of a patient's sessions here, and of those known from elsewhere, each in order; and the gap that asks for a new baseline."""

    here: Sequence[date] = ()
    elsewhere: Sequence[date] = ()
    gap_days: int = 180

    def begun_after(self, on: date) -> date | None:
        """The day of the beginning that `on` is the baseline of; None for what is no new baseline."""
        before = sum(day < on for day in self.here)
        if before >= len(self.here):
            return None
        begun = self.here[before]
        last = max([*self.here[:before], *(day for day in self.elsewhere if day <= begun)], default=None)
        return begun if before_a_beginning(on=on, begun=begun, last=last, gap_days=self.gap_days) else None

    def baseline_day(self, days: Iterable[date]) -> date | None:
        """Of these days that of the newest baseline; where none was taken anew, the first of all.

        After a gap it is the last one before the needle: what lies between the last course and this one is that course's follow-up. Before
        the first needling of all nothing was treated, and the first day counts.
        """

        def rank(on: date) -> tuple[int, int]:
            begun = self.begun_after(on)
            again = begun is not None and any(day < begun for day in (*self.here, *self.elsewhere))
            return -(begun.toordinal() if begun else 0), -on.toordinal() if again else on.toordinal()

        return min(days, key=rank, default=None)

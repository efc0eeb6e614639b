"""What was planned after which session, and what ended it, recomputed from the sessions and the mistakes among them.

Written from RULES.md section 4 and SETTLED 1, 5, 7 and 12, and from what PRODUCT.md says must always hold. A session entered in error
ends its own messages and takes nothing from the others: the latest session that did take place gets back what a mistake had ended and
is not too late yet ("nothing is lost"), unless it had gone ("nothing happens twice"), and the course keeps its own steps. What is
planned again is another occurrence of its step. The table of steps below is the document's.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.simulate.records import HOUR, local
from treatments.models import TreatmentSession

# step: (kind, days or None, hours or local hour, hours until it is too late, phase, once in a course, reminder)
STEPS: dict[str, tuple[str, int | None, int, int, str, bool, bool]] = {
    "instructions": ("aftercare_instructions", None, 0, 72, "", False, False),
    "check_24h": ("check_in", None, 24, 20, "", False, True),
    "check_48h": ("check_in", None, 48, 20, "", False, False),
    "check_72h": ("check_in", None, 72, 48, "", False, True),
    "check_day7": ("check_in", 7, 9, 96, "", False, False),
    "check_day14": ("check_in", 14, 9, 120, "", False, False),
    "check_day28": ("check_in", 28, 9, 168, "", False, False),
    "invitation": ("follow_up_invitation", 28, 10, 24 * 28, "initial", False, False),
    "check_day57": ("check_in", 57, 9, 168, "", False, False),
    "invitation_maintenance": ("follow_up_invitation", 56, 10, 24 * 36, "maintenance", False, False),
    "results_month3": ("results_review", 91, 10, 24 * 21, "", True, False),
    "results_month6": ("results_review", 182, 10, 24 * 30, "", True, False),
}
OF_A_COURSE = [code for code, step in STEPS.items() if step[5]]

Rest = tuple[datetime, datetime | None]
"""From when a later session ended a session's own steps, until when, if that one was a mistake."""


@dataclass
class Message:
    """One that should have been thought of, and what should have become of it."""

    session: UUID
    course: int
    code: str
    kind: str
    wish: datetime
    expires: datetime
    planned: datetime
    place: int
    state: str = "planned"
    to: str = ""
    sent: datetime | None = None
    look: datetime | None = None
    ends: datetime | None = None  # cancelled from then on
    remind: bool = False
    is_reminder: bool = False
    occurrence: int = 0
    before: list["Message"] = field(default_factory=list)  # of the same step; this one is planned only if they all were cancelled
    rests: list[Rest] = field(default_factory=list)  # of the session
    is_late: bool = False  # to an address that works since, or with a consent given since
    lacking: bool = False  # it ended only because there was no address that works, or no consent
    asked: "Message | None" = None  # of a reminder: the check-in


class Plans:
    """One patient's. `recorded` and `wrong`: the looks at which a session was first seen, and seen to be a mistake."""

    def __init__(self, sessions: Sequence[TreatmentSession], zone: ZoneInfo, recorded: dict[UUID, datetime], wrong: dict[UUID, datetime]) -> None:
        self.sessions, self.zone, self.recorded, self.wrong = sessions, zone, recorded, wrong
        self.made: list[Message] = []
        self.stands: list[TreatmentSession] = []  # planned, and no mistake as far as is known
        self.rests: dict[UUID, list[Rest]] = defaultdict(list)

    def until(self, end: datetime) -> list[Message]:
        """All messages, also those that are planned only if one before them was cancelled. In one look mistakes are seen first."""
        events = []
        for session in self.sessions:
            seen, wrong = self.recorded[session.uuid], self.wrong.get(session.uuid)
            if session.ended_at is None or (wrong is not None and wrong <= seen):
                continue
            events.append((seen, 1, session.ended_at, session.pk, session))
            if wrong is not None:
                events.append((wrong, 0, session.ended_at, session.pk, session))
        for (at, is_new), found in groupby(sorted(events, key=lambda event: event[:4]), key=lambda event: event[:2]):
            if at > end:
                break
            these = [event[4] for event in found]
            if is_new:
                for session in these:
                    self._plan(session, at)
            else:
                self._mistaken(these, at)
        return self.made

    def _plan(self, session: TreatmentSession, at: datetime) -> None:
        """The messages of a session; only the session that ended last keeps its own (SETTLED 5)."""
        for code, step in STEPS.items():
            if step[4] in {"", session.course.phase} and code not in OF_A_COURSE:
                self._add(session, code, at, [])
        self._plan_course(session, at)
        self.stands.append(session)
        for earlier in sorted(self.stands, key=lambda s: (s.ended_at, s.pk))[:-1]:
            if self._runs(earlier):
                self._end(earlier, at, [code for code in STEPS if code not in OF_A_COURSE])

    def _plan_course(self, session: TreatmentSession, at: datetime) -> None:
        """A course's own messages, once: those of a mistake that didn't go were none."""
        for code in OF_A_COURSE:
            before = [message for message in self.made if (message.course, message.code) == (session.course_id, code)]
            if all(message.session in self.wrong and self.wrong[message.session] <= at for message in before):
                self._add(session, code, at, before)

    def _mistaken(self, sessions: list[TreatmentSession], at: datetime) -> None:
        for session in sessions:
            self.stands.remove(session)
            self._end(session, at, list(STEPS))
        standing = sorted(self.stands, key=lambda s: (s.ended_at, s.pk))
        if standing and not self._runs(standing[-1]):
            self._resume(standing[-1], at)
        for course in {session.course_id for session in sessions}:
            first = next((session for session in standing if session.course_id == course), None)
            if first is not None:
                self._plan_course(first, at)

    def _resume(self, session: TreatmentSession, at: datetime) -> None:
        """What a mistake had ended comes again, if it isn't too late."""
        self.rests[session.uuid][-1] = (self.rests[session.uuid][-1][0], at)
        own = [message for message in self.made if message.session == session.uuid and message.code not in OF_A_COURSE]
        for code in dict.fromkeys(message.code for message in own):
            before = [message for message in own if message.code == code]
            if before[-1].expires > at:
                self._add(session, code, at, before)

    def _runs(self, session: TreatmentSession) -> bool:
        rests = self.rests[session.uuid]
        return not rests or rests[-1][1] is not None

    def _end(self, session: TreatmentSession, at: datetime, codes: list[str]) -> None:
        if self._runs(session):
            self.rests[session.uuid].append((at, None))
        for message in self.made:
            if message.session == session.uuid and message.code in codes:
                message.ends = message.ends or at

    def _add(self, session: TreatmentSession, code: str, at: datetime, before: list[Message]) -> None:
        kind, days, hour, late, _phase, _once, remind = STEPS[code]
        assert session.ended_at is not None
        wish = session.ended_at + hour * HOUR if days is None else local(session.ended_at, days, hour, self.zone)
        place = self._place(session) * 100 + list(STEPS).index(code)
        self.made.append(
            Message(
                session.uuid, session.course_id, code, kind, wish, wish + late * HOUR, at, place, state="thought of" if before else "planned",
                remind=remind, occurrence=len(before), before=before, rests=self.rests[session.uuid],
            )
        )  # fmt: skip

    def _place(self, session: TreatmentSession) -> int:
        return sorted(self.sessions, key=lambda s: (self.recorded[s.uuid], s.ended_at)).index(session)

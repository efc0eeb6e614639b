"""Which message each patient should have got and when, recomputed from the records alone.

Written from RULES.md section 4, SETTLED 1, 3, 5, 6, 20 and MESSAGES.md. It imports no planner, no protocol, no outbox: tables
are read, rules are written again here. The table of steps below is the document's.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.models import CheckInResponse
from clinic.models import MailChoice
from patients.models import Hold
from tests.simulate.expected_visits import VisitMail, VisitMails
from tests.simulate.records import HOUR, Records, VisitEvent, local, opens
from treatments.models import EnteredInError, TreatmentSession

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
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)  # cancelled for a mistake, then planned again
    remind: bool = False
    is_reminder: bool = False


class Expectation:
    """The year again, patient by patient."""

    def __init__(self, journal: Any, names: dict[tuple[str, str], str] | None = None) -> None:
        """`names`: the Message-ID of each step of each session, for the one question that only the relay can answer."""
        self.journal, self.names = journal, names or {}
        self._seen = {message_id: (at, place) for place, (at, message_id, _to) in enumerate(journal.sent)}
        self.dead: dict[str, datetime] = {}
        self.of_visits: dict[UUID, list[VisitMail]] = {}
        self._visits_of: dict[UUID, list[VisitEvent]] = defaultdict(list)
        for event in journal.visits:
            self._visits_of[event.patient].append(event)
        for at, address in journal.bounced:
            self.dead[address.lower()] = min(at, self.dead.get(address.lower(), at))

    def tick(self, at: datetime) -> datetime:
        """The first look at or after an instant."""
        steps = -((self.journal.start - at) // self.journal.tick) if at > self.journal.start else 0
        found: datetime = self.journal.start + steps * self.journal.tick
        return found if found >= at else found + self.journal.tick

    def all(self) -> list[Message]:
        """Every message of everybody."""
        sessions = defaultdict(list)
        for session in TreatmentSession.objects.select_related("patient", "site", "course").order_by("ended_at", "pk"):
            if session.uuid in self.journal.recorded_at:
                sessions[session.patient.uuid].append(session)
        found: list[Message] = []
        for patient, own in sessions.items():
            records = self._records(patient, own)
            VisitMails(self, records).all()  # an address is dead from the first mail that it refuses, whichever that is
            found += self._patient(own, records)
            self.of_visits |= VisitMails(self, records).all()
        assert set(self._visits_of) <= set(sessions), "nobody is booked who has no session"
        return found

    def _records(self, patient: UUID, sessions: list[TreatmentSession]) -> Records:
        records = Records(ZoneInfo(sessions[0].site.zone))
        for at, whose, name, value in sorted(self._changes(patient), key=lambda change: change[0]):
            assert whose == patient
            records.changes[name].append((at, value))
        errors = dict(EnteredInError.objects.filter(session__in=sessions).values_list("session__uuid", "at"))
        for session in sessions:
            records.took_place[session.course_id].append((self.journal.recorded_at[session.uuid], errors.get(session.uuid)))
            records.planned_sessions[session.course_id] = session.course.planned_sessions
        for hold in Hold.objects.filter(patient__uuid=patient, blocks__contains=["invitations"]):
            records.holds.append((hold.placed_at, hold.released_at))
        records.visits = self._visits_of[patient]
        no = MailChoice.objects.filter(patient_uuid=patient, wanted=False).first()
        records.stopped = no.at if no else None
        for response in CheckInResponse.objects.filter(check_in__patient__uuid=patient).select_related("check_in__plan__session"):
            key = (response.check_in.plan.session.uuid, response.check_in.code)
            records.answers[key] = response.answered_at
        return records

    def _changes(self, patient: UUID) -> list[tuple[datetime, UUID, str, Any]]:
        if not hasattr(self, "_by_patient"):
            self._by_patient: dict[UUID, list[Any]] = defaultdict(list)
            for change in self.journal.changes:
                self._by_patient[change[1]].append(change)
        return self._by_patient[patient]

    def _plan(self, sessions: list[TreatmentSession], records: Records) -> list[Message]:
        """Each session's messages; a course's own ones once; the latest session ends the earlier ones' (SETTLED 5)."""
        errors = dict(EnteredInError.objects.filter(session__in=sessions).values_list("session__uuid", "at"))
        made: list[Message] = []
        in_course: dict[tuple[int, str], UUID] = {}
        planned = sorted(sessions, key=lambda s: (self.tick(self.journal.recorded_at[s.uuid]), s.ended_at))
        for place, session in enumerate(planned):
            ended, at = session.ended_at, self.tick(self.journal.recorded_at[session.uuid])
            wrong = self.tick(errors[session.uuid]) if session.uuid in errors else None
            if ended is None or at > self.journal.end or (wrong is not None and wrong <= at):
                continue
            before = self.tick(self.journal.recorded_at[planned[place - 1].uuid]) if place else self.journal.start
            self._take_up(planned[:place], made, errors, after=before, until=at)
            for index, (code, (kind, days, hour, late, phase, once, remind)) in enumerate(STEPS.items()):
                made_by = in_course.get((session.course_id, code))
                stands = made_by is not None and not (made_by in errors and self.tick(errors[made_by]) <= at)
                if (phase and phase != session.course.phase) or (once and stands):
                    continue
                if once:
                    in_course[session.course_id, code] = session.uuid
                wish = ended + hour * HOUR if days is None else local(ended, days, hour, records.zone)
                made.append(
                    Message(session.uuid, session.course_id, code, kind, wish, wish + late * HOUR, at, place * 100 + index, ends=wrong, remind=remind)
                )
            self._overtake(planned[: place + 1], made, errors)
        since = self.tick(self.journal.recorded_at[planned[-1].uuid])
        self._take_up(planned, made, errors, after=since, until=self.journal.end)
        return made

    def _take_up(
        self, known: list[TreatmentSession], made: list[Message], errors: dict[UUID, datetime], *, after: datetime, until: datetime
    ) -> None:
        """A mistake ends: of the latest real session, what it had stopped and is not too late goes on (SETTLED 7)."""
        for mistake in sorted({self.tick(at) for at in errors.values()}):
            if not after <= mistake <= until:
                continue
            wrong = {uuid for uuid, at in errors.items() if self.tick(at) <= mistake}
            standing = [s for s in known if s.uuid not in wrong and any(m.session == s.uuid for m in made)]
            last = max(standing, key=lambda s: (s.ended_at, s.pk), default=None)
            for message in made:
                stopped = message.ends is not None and message.ends <= mistake < message.expires
                if last is not None and message.session == last.uuid and stopped and not STEPS[message.code][5]:
                    assert message.ends is not None
                    message.gaps.append((message.ends, mistake))
                    message.ends = self.tick(errors[last.uuid]) if last.uuid in errors else None

    def _overtake(self, known: list[TreatmentSession], made: list[Message], errors: dict[UUID, datetime]) -> None:
        """Only the session that ended last keeps its own steps."""
        at = self.tick(self.journal.recorded_at[known[-1].uuid])
        standing = [s for s in known if any(m.session == s.uuid for m in made) and not (s.uuid in errors and self.tick(errors[s.uuid]) <= at)]
        last = max(standing, key=lambda s: (s.ended_at, s.pk), default=None)
        for message in made:
            if last is not None and message.session in {s.uuid for s in standing} and message.session != last.uuid and not STEPS[message.code][5]:
                message.ends = min(message.ends or at, at)

    def _patient(self, sessions: list[TreatmentSession], records: Records) -> list[Message]:
        messages = self._plan(sessions, records)
        queue: list[tuple[datetime, datetime, int, Message]] = []

        def push(message: Message, at: datetime) -> None:
            message.look = self.tick(max(at, message.planned))
            heapq.heappush(queue, (message.look, max(message.wish, at), message.place, message))

        for message in messages:
            if message.expires <= message.planned:
                message.state = "cancelled"
            else:
                push(message, message.wish)
        while queue:
            tick, _at, _place, message = heapq.heappop(queue)
            if tick > self.journal.end:
                continue
            again = self._judge(message, tick, records, messages)
            if again is not None:
                push(message, again)
            elif message.remind and message.state == "sent":
                reminder = self._reminder(message, records)
                if reminder is not None:
                    messages.append(reminder)
                    push(reminder, reminder.wish)
        for message in messages:
            self._after_the_end(message, records)
        return messages

    def _after_the_end(self, message: Message, records: Records) -> None:
        """What still waits at the end of the year, but was cancelled or refused before it came to it."""
        if message.state not in {"planned", "held"}:
            return
        if message.ends is not None and message.ends <= self.journal.end:
            message.state = "cancelled"
        stopped = records.stopped is not None and message.kind == "follow_up_invitation"
        if stopped and message.planned <= self.tick(records.stopped or self.journal.end) and (message.ends is None or (records.stopped or message.ends) < message.ends):
            message.state = "skipped"

    def _judge(self, message: Message, tick: datetime, records: Records, messages: list[Message]) -> datetime | None:
        """One look. None when it is decided; else when to look again."""
        invitation = message.kind == "follow_up_invitation"
        stopped = invitation and records.stopped is not None and records.stopped <= tick
        for begins, ends in message.gaps:
            if begins <= tick < ends:
                message.planned = ends
                return ends
        if message.ends is not None and message.ends <= tick:
            by_choice = stopped and records.stopped is not None and message.planned <= records.stopped < message.ends
            message.state = "skipped" if by_choice else "cancelled"
            return None
        address = records.value("email", tick) or ""
        dead = self.dead.get(address.lower())
        if message.expires <= tick or not address or (dead is not None and dead <= tick) or stopped:
            message.state = "skipped"
            return None
        if message.kind != "aftercare_instructions" and (until := opens(tick, records.zone)) > tick:
            return until
        if records.value("mail_mode", tick) == "none" or records.value("do_not_contact", tick) or records.value("deceased_on", tick):
            message.state = "skipped"
            return None
        answered = records.answers.get((message.session, message.code))
        if answered is not None and answered <= tick and (message.kind == "check_in" or message.is_reminder):
            message.state = "skipped"
            return None
        if invitation:
            return self._invitation(message, tick, records, messages)
        return self._send(message, tick, address, messages)

    def _invitation(self, message: Message, tick: datetime, records: Records, messages: list[Message]) -> datetime | None:
        for placed, released in records.holds:
            if placed <= tick and (released is None or released > tick):
                message.state = "held"
                free = [r for p, r in records.holds if r is not None and r > tick]
                again = min((r for r in free if not any(p <= r and (q is None or q > r) for p, q in records.holds)), default=None)
                if again is None:
                    return None
                return self.tick(again)
        if records.is_booked(tick) or records.is_through(message.course, tick):
            message.state = "skipped"
            return None
        return self._send(message, tick, str(records.value("email", tick)), messages)

    def _send(self, message: Message, tick: datetime, address: str, messages: list[Message]) -> datetime | None:
        """An earlier one of the same session goes first; a dead address ends it."""
        first = [] if message.is_reminder else [
            other for other in messages
            if other is not message and other.session == message.session and not other.is_reminder
            and (other.state == "planned" or (other.state in {"sent", "failed"} and other.look == tick))
            and (other.wish, other.place) < (message.wish, message.place) and other.wish <= tick and (other.ends is None or other.ends > tick)
        ]  # fmt: skip
        if first and not all(self._went_behind(message, other, tick) for other in first):
            return tick + timedelta(minutes=1)
        message.to = address
        if self.refuses(address, tick):
            message.state = "failed"
            return None
        message.state, message.sent = "sent", tick
        return None

    def _went_behind(self, message: Message, first: Message, tick: datetime) -> bool:
        """Of two that are due in one look the later may go in it too, if the relay saw it behind the other: “waits for an earlier *unsent* one”
        (MESSAGES.md) leaves both open. Whether they met in one lot of ten is chance, so the relay says which it was."""
        one, other = (self._seen.get(self.names.get((str(m.session), m.code), "")) for m in (first, message))
        return first.state == "sent" and one is not None and other is not None and one[0] == other[0] == tick and one[1] < other[1]

    def refuses(self, address: str, tick: datetime) -> bool:
        """Whether the relay answers that there is no such address; from then on it is dead."""
        if address not in self.journal.refusing:
            return False
        self.dead[address.lower()] = min(tick, self.dead.get(address.lower(), tick))
        return True

    def _reminder(self, message: Message, records: Records) -> Message | None:
        """Twelve silent hours after a check-in of the first days that did go (SETTLED 6)."""
        assert message.sent is not None
        at = self.tick(message.sent + 12 * HOUR)
        at = next((ends for begins, ends in message.gaps if begins <= at < ends), at)
        answered = records.answers.get((message.session, message.code))
        closes = max(message.expires, message.wish + timedelta(days=7))
        gone = records.value("do_not_contact", at) or records.value("deceased_on", at)
        if at > self.journal.end or at >= closes or (answered and answered <= at) or (message.ends and message.ends <= at) or gone:
            return None
        return Message(
            message.session, message.course, message.code, "check_in_reminder", at, at + 12 * HOUR, at, message.place, ends=message.ends, is_reminder=True
        )

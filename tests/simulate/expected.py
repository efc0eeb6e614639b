"""Which message each patient should have got and when, recomputed from the records alone.

Written from RULES.md section 4, SETTLED 1, 3, 5, 6, 7, 20 and MESSAGES.md. It imports no planner, no protocol, no outbox: tables
are read, rules are written again here and in the modules beside it.
"""

import heapq
import itertools
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.models import CheckInResponse
from clinic.models import MailChoice
from patients.models import Hold
from tests.simulate.expected_plans import STEPS, Message, Plans
from tests.simulate.expected_visits import VisitMail, VisitMails
from tests.simulate.records import HOUR, Records, VisitEvent, opens
from treatments.models import EnteredInError, TreatmentSession


class Expectation:
    """The year again, patient by patient."""

    def __init__(self, journal: Any, names: dict[tuple[str, str, int], str] | None = None) -> None:
        """`names`: the Message-ID of each occurrence of each step of each session, for the one question that only the relay can answer."""
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
        errors = EnteredInError.objects.filter(session__in=sessions).values_list("session__uuid", "at")
        seen = {session.uuid: self.tick(self.journal.recorded_at[session.uuid]) for session in sessions}
        plans = Plans(sessions, records.zone, seen, {session: self.tick(at) for session, at in errors})
        return plans.until(self.journal.end)

    def _patient(self, sessions: list[TreatmentSession], records: Records) -> list[Message]:
        messages = self._plan(sessions, records)
        queue: list[tuple[datetime, datetime, int, int, Message]] = []
        pushed = itertools.count()

        def push(message: Message, at: datetime) -> None:
            message.look = self.tick(max(at, message.planned))
            heapq.heappush(queue, (message.look, max(message.wish, at), message.place, next(pushed), message))

        def plan(message: Message) -> None:
            if message.expires <= message.planned:
                message.state = "cancelled"
            else:
                message.state = "planned"
                push(message, message.wish)

        for message in messages:
            if message.before:  # thought of before anything else in its look: the sweep comes before the drain
                heapq.heappush(queue, (message.planned, self.journal.start, message.occurrence, next(pushed), message))
            else:
                plan(message)
        while queue:
            tick, _at, _place, _number, message = heapq.heappop(queue)
            if tick > self.journal.end:
                continue
            if message.state == "thought of":
                # what was there by then: one to an address that came later was not, and in one look the sweep resumes a plan first
                before = [one for one in message.before if one.state != "needless" and not (one.is_late and one.planned >= message.planned)]
                if not before or self._was_cancelled(before[-1], records):
                    message.occurrence = len(before)
                    plan(message)
                else:
                    message.state = "needless"
                continue
            again = self._judge(message, tick, records, messages)
            if again is not None:
                push(message, again)
                continue
            for after in self._that_follow(message, tick, records):
                for other in messages:
                    if message in other.before and not after.is_reminder:  # planned again after a mistake: that asks about the newest of its own, and of no reminder
                        other.before.append(after)
                messages.append(after)
                push(after, after.wish)
        for message in messages:
            self._after_the_end(message, records)
        return [message for message in messages if message.state != "needless"]

    def _that_follow(self, message: Message, tick: datetime, records: Records) -> list[Message]:
        """What a decided message brings about: a reminder, the same reminder after a mistake, the same message to an address that came later."""
        if message.is_reminder:
            until = next((until for since, until in message.rests if since == message.ends), None) if message.state == "cancelled" else None
            found = self._reminder(message.asked, records, message, since=until) if until is not None and message.asked is not None else None
        elif message.lacking:
            found = self._to_a_later_address(message, tick + self.journal.tick, records)
        elif (back := self._came_back(message)) is not None:
            found = self._to_a_later_address(message, self.tick(back), records)
        else:
            found = self._reminder(message, records) if message.remind and message.state == "sent" else None
        return [found] if found is not None else []

    def _came_back(self, message: Message) -> datetime | None:
        """When a mail server said that there is no such address, of a mail that it had taken. It reached nobody then (0041)."""
        name = self.names.get((str(message.session), message.code, message.occurrence), "")
        return self.journal.came_back.get(name) if message.state == "sent" and not message.is_reminder else None

    def _to_a_later_address(self, message: Message, since: datetime, records: Records) -> Message | None:
        """The first look of the sweep at which it could go, from `since` on, while it is of use; another occurrence, as a final state is final (MESSAGES.md).
        Not what has been answered all the same."""
        answered = records.answers.get((message.session, message.code))
        once_a_course = STEPS[message.code][5]
        changed = [at for name in ("email", "mail_mode") for at, _value in records.changes[name]] + [until for _since, until in message.rests if until]
        for at in sorted({self.tick(at) for at in changed} | {since}):
            if message.kind == "check_in" and answered is not None and answered <= at:
                return None
            resting = any(since <= at and (until is None or until > at) for since, until in message.rests)
            over = message.ends is not None and message.ends <= at if once_a_course else resting
            if at >= since and at < message.expires and at <= self.journal.end and not over and self._is_reached(records, at):
                ends = message.ends if once_a_course else min((since for since, _until in message.rests if since > at), default=None)
                return Message(
                    message.session, message.course, message.code, message.kind, message.wish, message.expires, at, message.place,
                    ends=ends, remind=message.remind, occurrence=message.occurrence + 1, rests=message.rests, is_late=True,
                )  # fmt: skip
        return None

    def _is_reached(self, records: Records, at: datetime) -> bool:
        address = (records.value("email", at) or "").lower()
        works = bool(address) and not (address in self.dead and self.dead[address] <= at)
        gone = records.value("do_not_contact", at) or records.value("deceased_on", at)
        return works and records.value("mail_mode", at) != "none" and not gone

    def _was_cancelled(self, message: Message, records: Records) -> bool:
        """Whether an earlier occurrence, ended meanwhile, had neither gone nor been decided otherwise: only that comes again."""
        return message.state in {"planned", "held", "cancelled"} and not self._is_declined(message, records)

    @staticmethod
    def _is_declined(message: Message, records: Records) -> bool:
        """An invitation that the patient declined before its plan ended."""
        if message.kind != "follow_up_invitation" or message.ends is None or records.stopped is None:
            return False
        return message.planned <= records.stopped < message.ends

    @staticmethod
    def _is_left(message: Message, records: Records) -> bool:
        """A reminder of a check-in that had its answer when its plan ended: the plan stops open check-ins alone, and this one is skipped as it comes to it."""
        answered = records.answers.get((message.session, message.code))
        return message.is_reminder and message.ends is not None and answered is not None and answered <= message.ends

    def _after_the_end(self, message: Message, records: Records) -> None:
        """What still waits at the end of the year, but was cancelled or refused before it came to it."""
        if message.state not in {"planned", "held"}:
            return
        if message.ends is not None and message.ends <= self.journal.end and not self._is_left(message, records):
            message.state = "cancelled"
        stopped = records.stopped is not None and message.kind == "follow_up_invitation"
        if stopped and message.planned <= self.tick(records.stopped or self.journal.end) and (message.ends is None or (records.stopped or message.ends) < message.ends):
            message.state = "skipped"

    def _judge(self, message: Message, tick: datetime, records: Records, messages: list[Message]) -> datetime | None:
        """One look. None when it is decided; else when to look again."""
        invitation = message.kind == "follow_up_invitation"
        stopped = invitation and records.stopped is not None and records.stopped <= tick
        if message.ends is not None and message.ends <= tick:
            message.state = "skipped" if self._is_declined(message, records) or self._is_left(message, records) else "cancelled"
            return None
        address = records.value("email", tick) or ""
        dead = self.dead.get(address.lower())
        if message.expires <= tick or not address or (dead is not None and dead <= tick) or stopped:
            message.state = "skipped"
            message.lacking = message.expires > tick and (not address or (dead is not None and dead <= tick))
            return None
        if message.kind != "aftercare_instructions" and (until := opens(tick, records.zone)) > tick:
            return until
        if records.value("mail_mode", tick) == "none" or records.value("do_not_contact", tick) or records.value("deceased_on", tick):
            message.state = "skipped"
            message.lacking = not (records.value("do_not_contact", tick) or records.value("deceased_on", tick))
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
            message.state, message.lacking = "failed", True
            return None
        message.state, message.sent = "sent", tick
        return None

    def _went_behind(self, message: Message, first: Message, tick: datetime) -> bool:
        """Of two that are due in one look the later may go in it too, if the relay saw it behind the other: “waits for an earlier *unsent* one”
        (MESSAGES.md) leaves both open. Whether they met in one lot of ten is chance, so the relay says which it was."""
        one, other = (self._seen.get(self.names.get((str(m.session), m.code, m.occurrence), "")) for m in (first, message))
        return first.state == "sent" and one is not None and other is not None and one[0] == other[0] == tick and one[1] < other[1]

    def refuses(self, address: str, tick: datetime) -> bool:
        """Whether the relay answers that there is no such address; from then on it is dead."""
        if address not in self.journal.refusing:
            return False
        self.dead[address.lower()] = min(tick, self.dead.get(address.lower(), tick))
        return True

    def _reminder(self, message: Message, records: Records, first: Message | None = None, *, since: datetime | None = None) -> Message | None:
        """Twelve silent hours after a check-in of the first days that did go (SETTLED 6), or when a mistake that had ended it is seen; of use until
        the desk phones, 24 hours after it went. `first`, one that such a mistake had stopped before it went, comes again as it is seen, at `since`.
        """
        assert message.sent is not None
        at = max(self.tick(message.sent + 12 * HOUR), since or message.sent)
        for began, until in message.rests:
            if began <= at and (until is None or until > at):
                if until is None:
                    return None
                at = until
        answered = records.answers.get((message.session, message.code))
        back = self._came_back(message)
        if back is not None and back <= at:  # the desk phones at once
            return None
        over = min(max(message.expires, message.wish + timedelta(days=7)), message.sent + 24 * HOUR)
        gone = records.value("do_not_contact", at) or records.value("deceased_on", at)
        if at > self.journal.end or at >= over or (answered and answered <= at) or gone:
            return None
        ends = min((began for began, _until in message.rests if began > at), default=None)
        return Message(
            message.session, message.course, message.code, "check_in_reminder", at, message.sent + 24 * HOUR, at, message.place, ends=ends,
            is_reminder=True, occurrence=first.occurrence + 1 if first else 0, rests=message.rests, asked=message,
        )  # fmt: skip

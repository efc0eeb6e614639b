"""The mail about visits, recomputed from what was done with them: written from MESSAGES.md and SETTLED 12, 17, 20.

A booking is confirmed after three minutes; reminders go as many hours before as the kind of visit says, and one at once when it is
booked inside the last of them; a move and a cancellation are told after three minutes, unless the patient never heard of the visit
or it is back where the patient knows it. A moved or cancelled visit never reminds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.simulate.records import HOUR, Records, VisitEvent, opens

GRACE = timedelta(minutes=3)
CONFIRMED, CHANGED, CANCELLED, REMINDER = "appointment_confirmed", "appointment_changed", "appointment_cancelled", "appointment_reminder"


@dataclass
class VisitMail:
    """One that should have been thought of, and what should have become of it."""

    kind: str
    wish: datetime
    look: datetime
    expires: datetime
    state: str = "planned"
    to: str = ""
    sent: datetime | None = None
    known: datetime | None = None  # of a change: the time that the patient still believes in


class VisitMails:
    """A patient's visits again, event by event, with the looks that lie between."""

    def __init__(self, house: Any, records: Records) -> None:
        self.house, self.records = house, records

    def all(self) -> dict[UUID, list[VisitMail]]:
        """By visit, in the order in which they were thought of."""
        visits: dict[UUID, list[VisitEvent]] = {}
        for event in self.records.visits:
            visits.setdefault(event.visit, []).append(event)
        return {visit: self._of(events) for visit, events in visits.items()}

    def _of(self, events: list[VisitEvent]) -> list[VisitMail]:
        mails: list[VisitMail] = []
        before: VisitEvent | None = None
        for event in events:
            self._looks(mails, until=event.at)
            self._do(mails, event, before)
            before = event
        self._looks(mails, until=self.house.journal.end + timedelta(seconds=1))
        return mails

    def _do(self, mails: list[VisitMail], event: VisitEvent, before: VisitEvent | None) -> None:
        """What an event adds and takes away. `before`: the event that left the visit as it was."""
        confirmations = [mail for mail in mails if mail.kind == CONFIRMED]
        untold = [mail for mail in confirmations if mail.state == "planned"]
        waiting = next((mail for mail in mails if mail.kind == CHANGED and mail.state == "planned"), None)
        if event.what == "booked":
            self._add(mails, CONFIRMED, event)
        elif event.what == "moved":
            assert before is not None
            known = waiting.known if waiting is not None else before.starts_at
            self._end(mails, REMINDER, CHANGED)
            for mail in untold:
                mail.expires = event.starts_at
            if not untold and known != event.starts_at:
                self._add(mails, CHANGED, event, known=known)
        elif event.what == "cancelled":
            self._end(mails, CONFIRMED, REMINDER, CHANGED)
            if not untold:
                self._add(mails, CANCELLED, event)
        else:
            self._end(mails, CANCELLED)
            if all(mail.state == "cancelled" for mail in confirmations):
                self._add(mails, CONFIRMED, event)
        if event.what != "cancelled":
            self._remind(mails, event)

    def _remind(self, mails: list[VisitMail], event: VisitEvent) -> None:
        times = [event.starts_at - hours * HOUR for hours in sorted(event.hours, reverse=True)]
        coming = [time for time in times if time > event.at]
        if times and not coming and event.at + GRACE < event.starts_at:
            coming = [event.at + GRACE]
        for time in coming:
            self._add(mails, REMINDER, event, wish=time)

    def _add(self, mails: list[VisitMail], kind: str, event: VisitEvent, *, wish: datetime | None = None, known: datetime | None = None) -> None:
        """Also without an address or consent: that is asked when it is due."""
        wish = wish or event.at + GRACE
        mails.append(VisitMail(kind, wish, self.house.tick(wish), event.starts_at, known=known))

    @staticmethod
    def _end(mails: list[VisitMail], *kinds: str) -> None:
        for mail in mails:
            if mail.kind in kinds and mail.state == "planned":
                mail.state = "cancelled"

    def _looks(self, mails: list[VisitMail], *, until: datetime) -> None:
        """Every look before an instant: what happens at the very instant of a look is done first."""
        for mail in mails:
            while mail.state == "planned" and mail.look < until and mail.look <= self.house.journal.end:
                self._judge(mail, mail.look)

    def _judge(self, mail: VisitMail, tick: datetime) -> None:
        records = self.records
        address = records.value("email", tick) or ""
        dead = self.house.dead.get(address.lower())
        if mail.expires <= tick or not address or (dead is not None and dead < tick):
            mail.state = "skipped"
        elif (later := opens(tick, records.zone)) > tick:
            mail.look = self.house.tick(later)
        elif records.value("do_not_contact", tick) or records.value("deceased_on", tick):
            mail.state = "cancelled"
        elif records.value("mail_mode", tick) == "none":
            mail.state = "skipped"
        else:
            mail.to = address
            mail.state = "failed" if self.house.refuses(address, tick) else "sent"
            mail.sent = tick if mail.state == "sent" else None

"""A clinic's year in minutes: sessions, answers, red flags, pregnancies, bookings, opt-outs, moves, deaths, bounces. Time is
driven forward tick by tick: what happened up to a tick is written first, then the sweeps look, then the drain sends.

Everything that happened is kept in a `Journal`, from which `expected.py` recomputes the mail on its own.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from unittest import mock
from uuid import UUID
from zoneinfo import ZoneInfo

import time_machine

from aftercare import services as aftercare
from aftercare import tasks
from aftercare.models import CheckIn, Concern
from clinic import mail_choices
from clinic.audit import Actor
from clinic.models import Clinic, OutboxMessage, Site, Staff
from clinic.outbox import deliver, events
from clinic.outbox.events import Said
from clinic.outbox.mime import Letter
from clinic.outbox.states import Delivery
from clinic.smtp import Outcome
from patients.models import Patient
from tests.aftercare.make import TASK, make_course, make_patient, make_response, make_session
from tests.simulate.desk import Desk
from tests.simulate.records import VisitEvent
from treatments.models import Course, EnteredInError, TreatmentSession

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_order = itertools.count()


@dataclass
class Journal:
    """What happened, apart from what the database records with its time: changes of patients, late records, dead addresses."""

    start: datetime
    end: datetime
    tick: timedelta
    changes: list[tuple[datetime, UUID, str, Any]] = field(default_factory=list)
    recorded_at: dict[UUID, datetime] = field(default_factory=dict)
    refusing: set[str] = field(default_factory=set)
    bounced: list[tuple[datetime, str]] = field(default_factory=list)
    came_back: dict[str, datetime] = field(default_factory=dict)  # when, by Message-ID
    visits: list[VisitEvent] = field(default_factory=list)
    confirmed: int = 0
    refused_bookings: int = 0
    sent: list[tuple[datetime, str, str]] = field(default_factory=list)  # tick, Message-ID, recipient: as the relay saw it


class _Relay:
    """In the place of a mail server."""

    def __init__(self, year: "Year") -> None:
        self._year = year

    def send(self, letter: Letter) -> Outcome:
        """Refuses the dead addresses."""
        if letter.recipient in self._year.journal.refusing:
            return Outcome("bad_address", 550, "the address was refused with 550")
        self._year.journal.sent.append((self._year.now, dict(letter.headers)["Message-ID"], letter.recipient))
        return Outcome("sent", 250)

    def quit(self) -> None:
        """Nothing to close."""


class Year:
    """The clinic, its patients and what is still to happen."""

    def __init__(
        self, staff: Staff, sites: list[Site], *, patients: int, start: datetime, end: datetime, tick: timedelta, seed: int,
        colleagues: Sequence[Staff] = (),
    ) -> None:  # fmt: skip
        self.staff, self.by, self.sites, self.chance = staff, Actor.of_staff(staff), sites, random.Random(seed)
        self.journal, self.now = Journal(start, end, tick), start
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        Clinic.objects.update(send_from=time(8), send_until=time(20))
        self.desk = Desk(self, [staff, *colleagues])
        self._seen = 0
        for number in range(patients):
            self._new_patient(number)

    def at(self, when: datetime, act: Callable[[], None]) -> None:
        """To be done at an instant of the year."""
        if when <= self.journal.end:
            heapq.heappush(self._due, (when, next(_order), act))

    def _some(self, low: float, high: float) -> timedelta:
        return timedelta(seconds=round(self.chance.uniform(low, high)))

    def _new_patient(self, number: int) -> None:
        chance, site = self.chance, self.chance.choice(self.sites)
        patient = make_patient(
            site, given_name=f"P{number}", email="" if chance.random() < 0.02 else f"p{number}@patient.example",
            mail_mode=chance.choices(["full", "neutral", "none"], [80, 15, 5])[0], language=chance.choice(["en", "es"]),
        )  # fmt: skip
        if patient.email and chance.random() < 0.03:
            self.journal.refusing.add(patient.email)
        for name in ("email", "mail_mode"):
            self.journal.changes.append((self.journal.start, patient.uuid, name, getattr(patient, name)))
        phase, planned = "initial" if chance.random() < 0.8 else "maintenance", chance.choice([3, 6, 12])
        course = make_course(patient, self.staff, phase=phase, planned_sessions=planned)
        first = self.journal.start + self._some(0, (self.journal.end - self.journal.start).total_seconds() * 0.8)
        self.at(first, lambda: self._session(patient, course, 1))
        self._fate(patient, number)

    def _fate(self, patient: Patient, number: int) -> None:
        """What may happen to anybody at any time."""
        span = (self.journal.end - self.journal.start).total_seconds()
        kinds: list[tuple[float, Callable[[], None]]] = [
            (0.10, lambda: mail_choices.choose_invitations(patient_uuid=patient.uuid, wanted=False, by=TASK, at=self.now)),
            (0.06, lambda: self._change(patient, "mail_mode", "none")),
            (0.06, lambda: self._change(patient, "mail_mode", "neutral")),
            (0.08, lambda: self._change(patient, "email", f"moved{number}@patient.example")),
            (0.02, lambda: self._change(patient, "do_not_contact", True)),
            (0.02, lambda: self._change(patient, "deceased_on", self.now.date())),
        ]
        for likely, act in kinds:
            if self.chance.random() < likely:
                self.at(self.journal.start + self._some(0, span), act)

    def _change(self, patient: Patient, name: str, value: Any) -> None:
        Patient.objects.filter(pk=patient.pk).update(**{name: value})
        self.journal.changes.append((self.now, patient.uuid, name, value))

    def _session(self, patient: Patient, course: Course, number: int) -> None:
        """One ends now. Some are written down days later; some are mistakes; most are followed by another."""
        ended, chance = self.now, self.chance
        late = self._some(20 * 3600, 60 * 3600) if chance.random() < 0.05 else timedelta()

        def record() -> None:
            session = make_session(course, self.staff, ended_at=ended, number=number)
            self.journal.recorded_at[session.uuid] = self.now
            if chance.random() < 0.04:
                self.at(self.now + self._some(0, 20 * 86400), lambda: self._mistaken(session))
            if chance.random() < 0.05:
                self.at(self.now + self._some(3600, 9 * 86400), lambda: self._somebody_elses(course, number))
            if chance.random() < 0.35:
                self.desk.plan(patient.uuid)

        record() if not late else self.at(ended + late, record)
        if chance.random() < 0.8:
            gap = self._some(28 * 86400, 42 * 86400) if course.phase == "initial" else self._some(56 * 86400, 92 * 86400)
            self.at(ended + gap, lambda: self._session(patient, course, number + 1))

    def _somebody_elses(self, course: Course, number: int) -> None:
        """Another patient's session is written down here, soon after a real one; it is seen within hours or days."""
        session = make_session(course, self.staff, ended_at=self.now, number=100 + number)
        self.journal.recorded_at[session.uuid] = self.now
        self.at(self.now + self._some(600, self.chance.choice([6, 48, 240]) * 3600), lambda: self._mistaken(session))

    def _mistaken(self, session: TreatmentSession) -> None:
        EnteredInError.objects.create(session=session, reason="wrong patient", by=self.staff, at=self.now)

    def run(self) -> Journal:
        """The whole year. Returns what happened."""
        tick = self.journal.start
        with mock.patch.object(deliver, "open_carrier", lambda channel: _Relay(self)), mock.patch("clinic.outbox.rows.nudge"):
            while tick <= self.journal.end:
                woken = False
                while self._due and self._due[0][0] <= tick:
                    self.now, _number, act = heapq.heappop(self._due)
                    act()
                    woken = True
                self.now = tick
                if woken:  # a sweep that has nothing to look at is left out
                    self._sweep()
                if OutboxMessage.objects.filter(state="planned", send_after__lte=tick).exists():
                    deliver.drain(at=tick)
                self._patients_react()
                self._say_how_far(tick)
                tick += self.journal.tick
        return self.journal

    def _say_how_far(self, tick: datetime) -> None:
        if tick.day in {1, 11, 21} and tick.hour == 0:
            print(f"{tick:%Y-%m-%d}: {len(self.journal.recorded_at)} sessions, {len(self.journal.sent)} mails gone", flush=True)

    def _sweep(self) -> None:
        with time_machine.travel(self.now, tick=False):
            tasks.plan_ended_sessions()
            tasks.remind_missed_check_ins()
            tasks.watch_response_clocks()

    def _patients_react(self) -> None:
        """Whoever has just got a mail may answer it, and an address may fail an hour later."""
        for _at, message_id, recipient in self.journal.sent[self._seen :]:
            row = OutboxMessage.objects.get(uuid=message_id[1:37])  # of the two, what has an index
            if row.kind == "check_in":
                for hours in (12, 24):
                    self.at(self.now + hours * HOUR, lambda: None)  # the silence may be over
            if row.kind in {"check_in", "check_in_reminder"} and self.chance.random() < 0.5:
                self.at(self.now + self._some(600, 30 * 3600), partial(self._answer, row))
            if self.chance.random() < 0.004:
                self.at(self.now + self._some(60, 7200), partial(self._bounce, row, recipient))
        self._seen = len(self.journal.sent)

    def _bounce(self, row: OutboxMessage, recipient: str) -> None:
        if events.record(row, Said(Delivery.BOUNCED, recipient, "simulation", "5.1.1"), at=self.now):
            self.journal.bounced.append((self.now, recipient))
            self.journal.came_back[row.message_id] = self.now

    def _answer(self, row: OutboxMessage) -> None:
        which = {"uuid": row.cause_uuid} if row.kind == "check_in_reminder" else {"message__outbox": row}
        asked = CheckIn.objects.filter(**which, cancelled_at=None).first()
        if asked is None or asked.is_answered or asked.closes_at <= self.now:
            return
        answers: list[dict[str, Any]] = [{}, {"discharge": "pus"}, {"redness": 3, "pain": 7}, {"health_changes": ["pregnancy"]}]
        make_response(asked, at=self.now, **self.chance.choices(answers, [86, 5, 5, 4])[0])
        concern = Concern.objects.filter(check_in=asked).first()
        if concern is not None:
            self._cared_for(concern)

    def _cared_for(self, concern: Concern) -> None:
        """Most are claimed within the morning, one in twenty-five only after days of reminders; some stay open for a fortnight.

        Who has claimed one phones soon, which stops its clock; of one in ten nobody writes down a call, so it is reminded of until it is closed.
        """
        slow = self.chance.random() < 0.04
        claimed = self.now + (self._some(6 * 3600, 3 * 86400) if slow else self._some(300, 4 * 3600))
        self.at(claimed, lambda: self._claim(concern))
        if self.chance.random() < 0.9:
            self.at(claimed + self._some(300, 2 * 3600), lambda: self._phone(concern))
        self.at(claimed + self._some(600, 14 * 86400), lambda: self._close(concern))

    def _claim(self, concern: Concern) -> None:
        aftercare.claim_concern(concern=concern, by=self.by, at=self.now)

    def _phone(self, concern: Concern) -> None:
        """Reached, unless it is closed already."""
        if Concern.objects.filter(pk=concern.pk, closed_at=None).exists():
            aftercare.log_call(concern=concern, words="spoken with", reached=True, by=self.by, at=self.now)

    def _close(self, concern: Concern) -> None:
        aftercare.close_concern(concern=concern, outcome="advice", words="fine", by=self.by, at=self.now)


def zones_of(sites: list[Site]) -> set[ZoneInfo]:
    """For the check that both clock changes lie in the year."""
    return {ZoneInfo(site.zone) for site in sites}


def instant(text: str) -> datetime:
    """`2026-01-01` as midnight UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

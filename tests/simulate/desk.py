"""The desk of the simulated clinic: visits are booked, moved, moved back, cancelled, brought back and confirmed, by the real services.

Some of it happens just before a look of the drain, so that a look falls into the three minutes for which mail about changes waits.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from appointments import services
from appointments.models import Appointment, VisitType
from appointments.rules import OPEN
from appointments.services import Wish
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Patient
from tests.aftercare.make import TASK
from tests.simulate.records import VisitEvent

if TYPE_CHECKING:
    from tests.simulate.year import Year

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
KINDS = {"sim2": ("session", (48, 24)), "sim1": ("session", (48,)), "sim0": ("consultation", ())}  # what it is, hours of the reminders


class Desk:
    """Books for a year. What it did is in the journal."""

    def __init__(self, year: "Year", people: list[Staff]) -> None:
        self.year, self.people, self.chance = year, people, year.chance
        self.types = [
            VisitType.objects.create(
                code=code, name=f"Visit {code}", kind=kind, minutes=45, needs_screening=False, needs_room=False, reminder_hours=list(hours)
            )
            for code, (kind, hours) in KINDS.items()
        ]

    def plan(self, patient: UUID) -> None:
        """Somebody calls in the next month: a visit is booked."""
        when = self.year.now + self._some(0, 30 * 24 * 60) * MINUTE
        self.year.at(self._perhaps_before_a_look(when), lambda: self._book(patient))

    def _some(self, low: float, high: float) -> int:
        return round(self.chance.uniform(low, high))

    def _perhaps_before_a_look(self, when: datetime) -> datetime:
        if self.chance.random() < 0.5:
            return when
        journal = self.year.journal
        looks = (when - journal.start) // journal.tick + 1
        return max(when, journal.start + looks * journal.tick - self._some(5, 300) * timedelta(seconds=1))

    def _wish(self) -> Wish:
        near = self.chance.random() < 0.15  # inside the time of the reminders
        ahead = self._some(60, 30 * 60) if near else self._some(5 * 24 * 60, 40 * 24 * 60)
        return Wish(starts_at=self.year.now + ahead * MINUTE, clinician=self.chance.choice(self.people))

    def _note(self, visit: Appointment, what: str) -> None:
        kind, hours = KINDS[visit.visit_type.code]
        event = VisitEvent(self.year.now, visit.patient.uuid, visit.uuid, what, visit.starts_at, visit.ends_at, hours, kind == "session")
        self.year.journal.visits.append(event)

    def _book(self, who: UUID) -> None:
        patient = Patient.objects.select_related("site").get(uuid=who)
        kind = self.chance.choices(self.types, [25, 65, 10])[0]
        for _try in range(6):
            with suppress(Conflict):
                try:
                    visit = services.book_appointment(patient=patient, visit_type=kind, wish=self._wish(), by=self.year.by, at=self.year.now)
                except Refused:  # a red flag
                    self.year.journal.refused_bookings += 1
                    return
                self._note(visit, "booked")
                self._fate(visit)
                return

    def _fate(self, visit: Appointment) -> None:
        """What becomes of it, once or twice: at once, by a slip of the hand, or on some day before it."""
        known = visit.pk
        for likely in (0.5, 0.25):
            if self.chance.random() < likely:
                ahead = (visit.starts_at - self.year.now) / MINUTE
                when = self.year.now + (self._some(5, 170) * timedelta(seconds=1) if self.chance.random() < 0.3 else self._some(1, ahead) * MINUTE)
                act = self.chance.choices([self._move, self._cancel, self._confirm], [45, 40, 15])[0]
                self.year.at(when, partial(act, known))

    def _open(self, pk: int) -> Appointment | None:
        visit = Appointment.objects.select_related("patient__site", "site", "visit_type", "clinician").get(pk=pk)
        return visit if visit.state in OPEN and visit.starts_at > self.year.now else None

    def _move(self, pk: int) -> None:
        if (visit := self._open(pk)) is None:
            return
        if self._moved(visit, self._wish()) and self.chance.random() < 0.35:
            was = Wish(starts_at=visit.starts_at, clinician=visit.clinician)
            self.year.at(self.year.now + self._some(5, 300) * timedelta(seconds=1), lambda: self._move_back(pk, was))

    def _move_back(self, pk: int, was: Wish) -> None:
        if (visit := self._open(pk)) is not None and was.starts_at > self.year.now:
            self._moved(visit, was)

    def _moved(self, visit: Appointment, wish: Wish) -> bool:
        with suppress(Conflict, Refused):
            moved = services.move_appointment(appointment=visit, wish=wish, by=self.year.by, at=self.year.now)
            self._note(moved, "moved")
            return True
        return False

    def _cancel(self, pk: int) -> None:
        if (visit := self._open(pk)) is None:
            return
        self._note(services.cancel_appointment(appointment=visit, reason="sim", by=self.year.by, at=self.year.now), "cancelled")
        if self.chance.random() < 0.3:
            self.year.at(self.year.now + self._some(5, 175) * timedelta(seconds=1), lambda: self._undo(pk))

    def _undo(self, pk: int) -> None:
        visit = Appointment.objects.select_related("patient__site", "site", "visit_type", "clinician").get(pk=pk)
        with suppress(Conflict, Refused):
            self._note(services.undo_change(appointment=visit, by=self.year.by, at=self.year.now), "undone")

    def _confirm(self, pk: int) -> None:
        if (visit := self._open(pk)) is not None:
            services.confirm_by_patient(appointment=visit, by=TASK, at=self.year.now)
            self.year.journal.confirmed += 1

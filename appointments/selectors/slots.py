"""The slot finder: which days a patient may come for a visit, with the free starts of each or the one reason why not."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from appointments.models import Appointment, VisitType
from appointments.rules import HERE, OPEN, Interval, interval_on
from appointments.selectors.diary import Diary, Slot, days_between, read_diary
from clinic.clock import local_date
from clinic.models import Staff
from patients import selectors as people
from patients.models import Patient
from treatments import selectors as sessions
from treatments.rules import DEFAULT, SessionPolicy, Window


@dataclass(frozen=True)
class DayOffer:
    """One day of the slot finder: its slots, or why it is grey."""

    on: date
    slots: list[Slot]
    grey: str = ""
    word: str = "free"
    by_rule: bool = False  # grey for what the patient's rules say, not for want of time

    @property
    def by_clinician(self) -> list[tuple[str, list[Slot]]]:
        """The same slots, grouped for reading."""
        found: dict[str, list[Slot]] = {}
        for slot in self.slots:
            found.setdefault(slot.clinician_name, []).append(slot)
        return sorted(found.items())

    def one_a_time(self, usual: int | None = None) -> list[Slot]:
        """One slot for each start, with the clinician `usual` where she is free: a patient chooses a time, not a grid."""
        found: dict[datetime, Slot] = {}
        for slot in sorted(self.slots, key=lambda slot: (slot.starts_at, slot.clinician_id != usual, slot.clinician_name)):
            found.setdefault(slot.starts_at, slot)
        return list(found.values())


def window_for(patient: Patient, today: date) -> Window | None:
    """The follow-up window."""
    return sessions.next_window(patient, today=today)


@dataclass(frozen=True)
class Gate:
    """What decides whether a visit of one type may be on a day, read once for all days (SETTLED 3, 4, 15)."""

    patient: Patient
    visit_type: VisitType
    window: Window | None
    dossier: people.Dossier | None
    held: bool
    booked: tuple[date, ...] = ()
    last_on: date | None = None  # the last needling, also when no window follows from it
    policy: SessionPolicy = DEFAULT  # the numbers of S10 as this clinic runs them

    def interval(self, day: date) -> Interval:
        """What S10 says of a day."""
        if not self.visit_type.needs_screening:
            return Interval("free")
        opens_on, closes_on = (self.window.opens_on, self.window.closes_on) if self.window else (None, None)
        return interval_on(day, last_on=self.last_on, opens_on=opens_on, closes_on=closes_on, booked=self.booked, policy=self.policy)

    def why_not(self, day: date) -> str:
        """Why this visit can't be on that day, in words for the desk; empty when it can."""
        if self.patient.deceased_on:
            return _("The patient has died.")
        if self.held:
            return _("On hold: a clinician must release it first.")
        if self.dossier is None:
            return ""
        word = self.dossier.desk_word(day)
        if word.code != "may_book":
            return f"{word.words}."
        if self.interval(day).word == "blocked":
            least = {"least": self.policy.interval_least_days, "day": _said(self._nearest(day))}
            return _("Less than %(least)d days from the session on %(day)s.") % least
        return ""

    def why_early(self, day: date) -> str:
        """Of a day that only a clinician's reason opens: from which day on it needs none, or which session is too near."""
        if any(abs((day - other).days) < self.policy.interval_free_days for other in self.booked) or self.last_on is None:
            near = self._nearest(day)
            return _("Too early: %(days)d days from the session on %(day)s. Only with a clinician's reason.") % {"days": abs((day - near).days), "day": _said(near)}
        soonest = self.last_on + timedelta(days=self.policy.interval_free_days)
        return _("Too early until %(day)s: only with a clinician's reason.") % {"day": _said(soonest)}

    def _nearest(self, day: date) -> date:
        return min((*self.booked, *([self.last_on] if self.last_on else [])), key=lambda other: abs((day - other).days))


def _said(day: date) -> str:
    return date_format(day, "j M Y")


def gate_for(patient: Patient, visit_type: VisitType, *, at: datetime, but: int | None = None) -> Gate:
    """Read what the gate needs, in a constant number of queries."""
    zone = patient.site.zone
    held = bool(people.open_holds(patient, "booking"))
    if not visit_type.needs_screening:
        return Gate(patient, visit_type, None, None, held)
    others = patient.appointments.filter(Q(starts_at__gt=at) | Q(state__in=HERE))
    others = others.filter(state__in=OPEN, visit_type__kind="session").exclude(pk=but or 0)
    booked = tuple(local_date(starts_at, zone) for starts_at in others.values_list("starts_at", flat=True))
    policy = sessions.policy()
    window = sessions.next_window(patient, today=local_date(at, zone), numbers=policy)
    last_on = window.last_on if window else sessions.last_day(patient, sessions.last_session(patient))
    return Gate(patient, visit_type, window, people.dossier(patient), held, booked, last_on, policy)


def offers(
    *, patient: Patient, visit_type: VisitType, from_on: date, days: int, at: datetime, clinician: Staff | None = None,
    may_early: bool = False, but: int | None = None, minutes: int | None = None,
) -> list[DayOffer]:  # fmt: skip
    """Day by day: free slots, or the one reason why the day is grey. Days inside the follow-up window come first.

    `minutes`: another length than the kind of visit has, for a visit that was stretched.
    """
    gate = gate_for(patient, visit_type, at=at, but=but)
    wanted = days_between(from_on, from_on + timedelta(days=days - 1))
    diary = read_diary(
        site=patient.site, visit_type=visit_type, from_on=wanted[0], to_on=wanted[-1], at=at, clinician=clinician, patient=patient, but=but,
        minutes=minutes,
    )  # fmt: skip
    found = [_offer(gate, diary, on, may_early=may_early) for on in wanted]
    return sorted(found, key=lambda offer: (offer.word not in ("in_window", "free"), offer.on))


OWN_DAYS = 21  # so many days a patient chooses from


def own_offers(*, patient: Patient, visit_type: VisitType, at: datetime, moving: Appointment | None = None) -> list[DayOffer]:
    """What a patient may choose by link, from tomorrow or from the day the window opens: the list that is shown, and the one that counts (J7)."""
    today = local_date(at, patient.site.zone)
    window, tomorrow = window_for(patient, today), today + timedelta(days=1)
    first = max(tomorrow, window.opens_on) if window else tomorrow
    own, minutes = (moving.pk, moving.minutes) if moving else (None, None)
    return offers(patient=patient, visit_type=visit_type, from_on=first, days=OWN_DAYS, at=at, but=own, minutes=minutes)


def _offer(gate: Gate, diary: Diary, on: date, *, may_early: bool) -> DayOffer:
    word = gate.interval(on).word
    if reason := gate.why_not(on):
        return DayOffer(on, [], reason, word, by_rule=True)
    if word == "early" and not may_early:
        return DayOffer(on, [], gate.why_early(on), word, by_rule=True)
    slots = diary.slots(on)
    return DayOffer(on, slots, "" if slots else diary.why_none(on), word)

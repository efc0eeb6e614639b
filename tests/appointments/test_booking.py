"""Booking that two people can't win at once (R36; SETTLED 17), states, mails, and slots on the days when clocks change."""

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from icalendar import Calendar

from appointments import emails, selectors, services
from appointments.models import Appointment, Occupation, Room, StatusChange, VisitType, WorkingHours
from appointments.rules import MOVES, AppointmentState, Span, interval_on, is_allowed_move, minus, starts_in
from clinic.audit import Actor
from clinic.models import OpeningHours, OutboxMessage, Site, Staff
from patients.models import Patient
from treatments.models import Device

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DESK = Actor(kind="staff", name="Rosa Lind", staff_id=1)
_numbers = itertools.count(90_000)


def make_patient(site: Site, **fields: object) -> Patient:
    values = {"given_name": "Olivia", "family_name": "Marsh", "search_name": "marsh olivia", "birth_on": date(1985, 3, 27),
              "email": "olivia@patient.example", "created_at": NOW - timedelta(days=3)} | fields  # fmt: skip
    return Patient.objects.create(site=site, number=next(_numbers), **values)


@pytest.fixture
def talk(site: Site, amara: Staff) -> VisitType:
    """A consultation of 30 minutes, an open site, Dr Amara at work, one room."""
    for weekday in range(7):
        OpeningHours.objects.create(site=site, weekday=weekday, opens=time(9), closes=time(17))
        WorkingHours.objects.create(staff=amara, site=site, weekday=weekday, starts=time(0, 30), ends=time(23))
    Room.objects.create(site=site, name="Room 1")
    return VisitType.objects.create(code="talk", name="Consultation", kind="consultation", minutes=30, buffer_minutes=5, needs_screening=False)


def book(site: Site, talk: VisitType, amara: Staff, *, hour: int = 10, patient: Patient | None = None, **more: Any) -> Appointment:
    wish = services.Wish(starts_at=datetime(2026, 11, 25, hour, 0, tzinfo=UTC), clinician=amara)
    return services.book_appointment(patient=patient or make_patient(site), visit_type=talk, wish=wish, by=DESK, at=NOW, **more)


class TestStates:
    """The table of moves."""

    @pytest.mark.parametrize(("was", "now"), [("booked", "confirmed"), ("confirmed", "arrived"), ("arrived", "in_session"), ("in_session", "done")])
    def test_the_way_of_a_visit_is_allowed(self, was: str, now: str) -> None:
        assert is_allowed_move(AppointmentState(was), AppointmentState(now))

    @pytest.mark.parametrize(("was", "now"), [("done", "booked"), ("cancelled", "arrived"), ("in_session", "cancelled"), ("booked", "done")])
    def test_other_moves_are_not(self, was: str, now: str) -> None:
        assert not is_allowed_move(AppointmentState(was), AppointmentState(now))

    def test_every_state_has_a_row(self) -> None:
        assert set(MOVES) == set(AppointmentState)


class TestFreeTime:
    """Spans and starts."""

    def test_a_cut_in_the_middle_leaves_two_pieces(self) -> None:
        def at(hour: int) -> datetime:
            return datetime(2026, 11, 25, hour, tzinfo=UTC)

        assert minus([Span(at(9), at(12))], [Span(at(10), at(11))]) == [Span(at(9), at(10)), Span(at(11), at(12))]
        assert [s.hour for s in starts_in([Span(at(9), at(11))], minutes=60, step=60)] == [9, 10]

    @pytest.mark.parametrize(
        ("days", "word"), [(0, "blocked"), (6, "blocked"), (7, "early"), (27, "early"), (28, "in_window"), (42, "in_window"), (43, "late")]
    )
    def test_the_interval_says_what_a_day_is(self, days: int, word: str) -> None:
        last = date(2026, 10, 1)
        found = interval_on(last + timedelta(days=days), last_on=last, opens_on=last + timedelta(days=28), closes_on=last + timedelta(days=42))
        assert found.word == word

    @pytest.mark.django_db
    @pytest.mark.parametrize("on", [date(2027, 3, 28), date(2027, 10, 31)])
    def test_a_slot_exists_once_on_the_days_when_clocks_change(self, site: Site, talk: VisitType, on: date) -> None:
        OpeningHours.objects.filter(site=site).update(opens=time(0, 15), closes=time(5))
        slots = selectors.free_slots(site=site, visit_type=talk, from_on=on, to_on=on, at=NOW)
        starts = [slot.starts_at for slot in slots]
        assert len(starts) == len(set(starts)) > 0
        assert all(b - a == timedelta(minutes=15) for a, b in itertools.pairwise(starts))


@pytest.mark.django_db
class TestBooking:
    """One slot, one booking."""

    def test_takes_clinician_room_and_patient(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara)
        assert set(Occupation.objects.filter(appointment=booked).values_list("resource_kind", flat=True)) == {"clinician", "room", "patient"}
        assert StatusChange.objects.get(appointment=booked).what == "booked"

    def test_the_same_form_twice_books_once(self, site: Site, talk: VisitType, amara: Staff) -> None:
        patient = make_patient(site)
        assert book(site, talk, amara, patient=patient, form_key="abc") == book(site, talk, amara, patient=patient, form_key="abc")

    def test_a_taken_slot_names_the_nearest_free_ones(self, site: Site, talk: VisitType, amara: Staff) -> None:
        book(site, talk, amara)
        with pytest.raises(services.SlotTaken) as taken:
            book(site, talk, amara)
        assert taken.value.nearest
        assert all(slot.starts_at != datetime(2026, 11, 25, 10, tzinfo=UTC) for slot in taken.value.nearest)

    def test_the_database_itself_refuses_an_overlap(self, site: Site, talk: VisitType, amara: Staff) -> None:
        row = Occupation.objects.filter(appointment=book(site, talk, amara), resource_kind="clinician").get()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()

    def test_a_deliberate_overlap_takes_the_second_lane_with_its_reason(self, site: Site, talk: VisitType, amara: Staff) -> None:
        book(site, talk, amara)
        second = book(site, talk, amara, overlap_reason="the doctor agreed")
        assert second.overlap_reason == "the doctor agreed"
        assert set(Occupation.objects.filter(appointment=second, resource_kind="clinician").values_list("lane", flat=True)) == {2}

    def test_a_second_visit_on_one_day_is_seen(self, site: Site, talk: VisitType, amara: Staff) -> None:
        patient = make_patient(site)
        first, second = book(site, talk, amara, patient=patient), book(site, talk, amara, hour=14, patient=patient)
        assert selectors.same_day(second) == [first]

    def test_a_hold_stops_the_desk(self, site: Site, talk: VisitType, amara: Staff) -> None:
        from patients.services import place_hold

        patient = make_patient(site)
        place_hold(patient=patient, blocks=["booking"], cause_kind="concern", cause_uuid=None, reason="red flag", by=DESK, at=NOW)
        with pytest.raises(services.NotEligible):
            book(site, talk, amara, patient=patient)


@pytest.mark.django_db
class TestMails:
    """Rows before acts; the three minutes; the calendar file."""

    def kinds(self, booked: Appointment) -> dict[str, str]:
        return dict(OutboxMessage.objects.filter(cause_uuid=booked.uuid).values_list("kind", "state"))

    def test_moving_back_within_the_grace_sends_nothing_of_the_move(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara)
        OutboxMessage.objects.filter(kind="appointment_confirmed").update(state="sent")
        there = services.Wish(starts_at=booked.starts_at + timedelta(hours=2), clinician=amara)
        moved = services.move_appointment(appointment=booked, wish=there, by=DESK, at=NOW)
        assert self.kinds(moved)["appointment_changed"] == "planned"
        back = services.Wish(starts_at=booked.starts_at, clinician=amara)
        services.move_appointment(appointment=moved, wish=back, by=DESK, at=NOW + timedelta(minutes=1))
        assert self.kinds(moved)["appointment_changed"] == "cancelled"

    def planned(self, booked: Appointment) -> list[str]:
        return sorted(OutboxMessage.objects.filter(cause_uuid=booked.uuid, state="planned").values_list("kind", flat=True))

    def test_a_confirmation_that_waits_for_the_morning_outlives_the_first_time_of_a_moved_visit(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara, hour=7)
        later = booked.starts_at + timedelta(days=6)
        services.move_appointment(appointment=booked, wish=services.Wish(starts_at=later, clinician=amara), by=DESK, at=NOW + timedelta(minutes=1))
        confirmation = OutboxMessage.objects.get(kind="appointment_confirmed")
        assert (confirmation.state, confirmation.expires_at) == ("planned", later)
        assert not OutboxMessage.objects.filter(kind="appointment_changed").exists()

    def test_a_cancellation_taken_back_brings_confirmation_and_reminder_back(self, site: Site, talk: VisitType, amara: Staff) -> None:
        far = services.Wish(starts_at=datetime(2026, 12, 9, 10, tzinfo=UTC), clinician=amara)
        booked = services.book_appointment(patient=make_patient(site), visit_type=talk, wish=far, by=DESK, at=NOW)
        services.cancel_appointment(appointment=booked, reason="slip", by=DESK, at=NOW)
        assert self.planned(booked) == []
        services.undo_change(appointment=booked, by=DESK, at=NOW + timedelta(minutes=1))
        assert self.planned(booked) == ["appointment_confirmed", "appointment_reminder"]

    def test_moved_away_and_back_still_reminds_once(self, site: Site, talk: VisitType, amara: Staff) -> None:
        far = services.Wish(starts_at=datetime(2026, 12, 9, 10, tzinfo=UTC), clinician=amara)
        booked = services.book_appointment(patient=make_patient(site), visit_type=talk, wish=far, by=DESK, at=NOW)
        OutboxMessage.objects.filter(kind="appointment_confirmed").update(state="sent")
        there = services.Wish(starts_at=far.starts_at + timedelta(hours=2), clinician=amara)
        services.move_appointment(appointment=booked, wish=there, by=DESK, at=NOW)
        services.move_appointment(appointment=booked, wish=far, by=DESK, at=NOW + timedelta(minutes=1))
        assert self.planned(booked) == ["appointment_reminder"]

    @pytest.mark.parametrize(
        ("hours", "ahead", "planned"),
        [([48], 72, [24]), ([168, 48, 2], 72, [24, 70]), ([48], 24, [0.05]), ([], 72, []), ([48], 0.5, [0.05])],
    )  # fmt: skip
    def test_reminders_as_the_visit_type_asks(
        self, site: Site, talk: VisitType, amara: Staff, hours: list[int], ahead: float, planned: list[float]
    ) -> None:
        """So many hours before; booked inside the last one's time, one goes at once, after the three minutes of undo."""
        VisitType.objects.filter(pk=talk.pk).update(reminder_hours=hours)
        talk.refresh_from_db()
        OpeningHours.objects.update(opens=time(0), closes=time(23, 59))
        wish = services.Wish(starts_at=NOW + timedelta(hours=ahead), clinician=amara)
        booked = services.book_appointment(patient=make_patient(site), visit_type=talk, wish=wish, by=DESK, at=NOW)
        rows = OutboxMessage.objects.filter(cause_uuid=booked.uuid, kind="appointment_reminder").order_by("send_after")
        assert [round((row.send_after - NOW).total_seconds() / 3600, 2) for row in rows] == planned
        assert all(row.expires_at and row.send_after < row.expires_at for row in rows)

    def test_a_cancelled_visit_never_reminds(self, site: Site, talk: VisitType, amara: Staff) -> None:
        far = services.Wish(starts_at=datetime(2026, 12, 9, 10, tzinfo=UTC), clinician=amara)
        booked = services.book_appointment(patient=make_patient(site), visit_type=talk, wish=far, by=DESK, at=NOW)
        assert self.kinds(booked)["appointment_reminder"] == "planned"
        services.cancel_appointment(appointment=booked, reason="ill", by=DESK, at=NOW)
        assert self.kinds(booked)["appointment_reminder"] == "cancelled"

    def test_the_calendar_file_is_neutral_in_utc_with_a_stable_uid(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara)
        first = Calendar.from_ical(emails.ics(booked, "REQUEST", NOW)).walk("VEVENT")[0]
        booked.sequence += 1
        second = Calendar.from_ical(emails.ics(booked, "CANCEL", NOW)).walk("VEVENT")[0]
        assert first["UID"] == second["UID"]
        assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)
        assert first.decoded("DTSTART") == datetime(2026, 11, 25, 10, tzinfo=UTC)
        words = emails.ics(booked, "REQUEST", NOW).decode().lower()
        assert "microneedling" not in words and "consultation" not in words


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_bookings_of_one_slot_give_one(site: Site, talk: VisitType, amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    """Real threads on one slot: one wins, nineteen get a kind answer, nobody a crash."""
    patients = [make_patient(site) for _ in range(20)]
    gate, results = threading.Barrier(20), []

    def attempt(patient: Patient) -> None:
        gate.wait()
        try:
            book(site, talk, amara, patient=patient)
            results.append("booked")
        except services.SlotTaken:
            results.append("taken")
        except Exception as error:  # anything else is what this test looks for
            results.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=[patient]) for patient in patients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["booked"] + ["taken"] * 19
    assert Appointment.objects.count() == 1


@pytest.mark.django_db
class TestDevices:
    """A needling visit takes a device too; the second visit of the hour takes the second one, the third is refused."""

    @pytest.fixture
    def needling(self, site: Site, talk: VisitType) -> VisitType:
        Room.objects.bulk_create([Room(site=site, name="Room 2"), Room(site=site, name="Room 3")])
        for name in ("Pen X", "Pen Y"):
            Device.objects.create(site=site, name=name, max_depth_hundredths=150)
        VisitType.objects.filter(pk=talk.pk).update(needs_device=True)
        talk.refresh_from_db()
        return talk

    def others(self, site: Site) -> list[Staff]:
        found = []
        for name in ("Dr Two", "Dr Three"):
            person = Staff.objects.create(email=f"{name[3:]}@demo.example".lower(), name=name, roles=["clinician"])
            person.sites.add(site)
            for weekday in range(7):
                WorkingHours.objects.create(staff=person, site=site, weekday=weekday, starts=time(0, 30), ends=time(23))
            found.append(person)
        return found

    def test_two_devices_serve_two_visits_and_the_third_is_refused(self, site: Site, needling: VisitType, amara: Staff) -> None:
        two, three = self.others(site)
        first, second = book(site, needling, amara), book(site, needling, two)
        assert first.device_id and second.device_id and first.device_id != second.device_id
        with pytest.raises(services.SlotTaken):
            book(site, needling, three)

    def test_the_finder_offers_no_time_without_a_device(self, site: Site, needling: VisitType, amara: Staff) -> None:
        two, three = self.others(site)
        for person in (amara, two):
            book(site, needling, person)
        on = date(2026, 11, 25)
        slots = selectors.free_slots(site=site, visit_type=needling, from_on=on, to_on=on, at=NOW, clinician=three)
        starts = [slot.starts_at.hour * 60 + slot.starts_at.minute for slot in slots]
        assert starts and not [start for start in starts if 10 * 60 - 35 < start < 10 * 60 + 35]


@pytest.mark.django_db
class TestUndo:
    """One step back at a time: a state, a move, the booking itself."""

    def test_a_move_goes_back_to_its_time_and_place(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara)
        OutboxMessage.objects.filter(kind="appointment_confirmed").update(state="sent")
        there = services.Wish(starts_at=booked.starts_at + timedelta(hours=2), clinician=amara)
        services.move_appointment(appointment=booked, wish=there, by=DESK, at=NOW)
        back = services.undo_change(appointment=booked, by=DESK, at=NOW + timedelta(minutes=1))
        assert (back.starts_at, back.ends_at, back.room_id) == (booked.starts_at, booked.ends_at, booked.room_id)
        assert {row.during.lower for row in Occupation.objects.filter(appointment=back)} == {booked.starts_at}
        assert not OutboxMessage.objects.filter(kind="appointment_changed", state="planned").exists()

    def test_steps_are_taken_back_one_after_the_other(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara)
        for to in (AppointmentState.CONFIRMED, AppointmentState.ARRIVED):
            services.change_state(appointment=booked, to=to, by=DESK, at=NOW)
        seen = [services.undo_change(appointment=booked, by=DESK, at=NOW).state for _ in range(3)]
        assert seen == ["confirmed", "booked", "cancelled"]
        with pytest.raises(services.MoveNotAllowed):
            services.undo_change(appointment=booked, by=DESK, at=NOW)

    def test_taking_back_a_booking_sends_nothing_and_frees_the_time(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara)
        services.undo_change(appointment=booked, by=DESK, at=NOW + timedelta(minutes=1))
        assert set(OutboxMessage.objects.filter(cause_uuid=booked.uuid).values_list("state", flat=True)) == {"cancelled"}
        assert not Occupation.objects.filter(appointment=booked).exists()

    def test_a_time_that_somebody_else_took_meanwhile_is_not_taken_back(self, site: Site, talk: VisitType, amara: Staff) -> None:
        booked = book(site, talk, amara)
        services.cancel_appointment(appointment=booked, reason="ill", by=DESK, at=NOW)
        book(site, talk, amara)
        with pytest.raises(services.SlotTaken) as taken:
            services.undo_change(appointment=booked, by=DESK, at=NOW)
        assert "Marsh" in taken.value.winner
        booked.refresh_from_db()
        assert booked.state == "cancelled"

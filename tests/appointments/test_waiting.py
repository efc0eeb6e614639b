"""The waiting list: after three minutes to the best three, held meanwhile, first yes wins, then the next three."""

import threading
from datetime import time, timedelta

import pytest
from django.db import connection

from appointments import selectors, services
from appointments.models import Appointment, FreedSlot, Occupation, Offer, VisitType, WaitingListEntry
from appointments.rules import Wants, suits
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from patients.models import Patient
from patients.services import place_hold
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit

LATER = NOW + timedelta(minutes=4)
TASK = Actor.of_task("appointments.offer_freed_slots")


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


def wait(patient: Patient, visit_type: VisitType, *, wants: Wants | None = None, minutes: int = 0, gives_up: Appointment | None = None) -> WaitingListEntry:
    return services.join_waiting_list(
        patient=patient, visit_type=visit_type, wants=wants or Wants(), clinician=None, gives_up=gives_up, by=DESK,
        at=NOW - timedelta(days=2) + timedelta(minutes=minutes),
    )  # fmt: skip


def freed(site: Site, needling: VisitType, amara: Staff, hour: int = 14) -> FreedSlot:
    """Somebody gives tomorrow's visit back."""
    visit = make_visit(make_clear(site), needling, amara, at_hour(hour))
    services.cancel_appointment(appointment=visit, reason="ill", by=DESK, at=NOW)
    return FreedSlot.objects.get()


class TestSuits:
    """What a patient said against a time, on the site's clock."""

    STARTS = at_hour(14)

    @pytest.mark.parametrize(
        ("wants", "fits"),
        [
            (Wants(), True), (Wants(clinician_id=7), True), (Wants(clinician_id=8), False),
            (Wants(weekdays=frozenset({2})), True), (Wants(weekdays=frozenset({1, 3})), False),
            (Wants(from_time=time(14)), True), (Wants(from_time=time(14, 1)), False),
            (Wants(to_time=time(14, 45)), True), (Wants(to_time=time(14, 44)), False),
            (Wants(not_before_on=STARTS.date()), True), (Wants(not_before_on=STARTS.date() + timedelta(days=1)), False),
        ],
    )  # fmt: skip
    def test_each_wish(self, wants: Wants, fits: bool) -> None:
        ends = self.STARTS + timedelta(minutes=45)
        assert suits(wants, starts_at=self.STARTS, ends_at=ends, clinician_id=7, zone="Europe/London") is fits


@pytest.mark.django_db
class TestOffers:
    """Rounds."""

    def test_nothing_is_offered_within_the_three_minutes_of_undo(self, site: Site, needling: VisitType, amara: Staff) -> None:
        wait(make_clear(site), needling)
        freed(site, needling, amara)
        assert services.offer_freed_slots(by=TASK, at=NOW + timedelta(minutes=2)) == 0
        assert services.offer_freed_slots(by=TASK, at=LATER) == 1

    def test_three_are_asked_longest_waiting_first_and_the_time_is_held(self, site: Site, needling: VisitType, amara: Staff) -> None:
        entries = [wait(make_clear(site), needling, minutes=n) for n in (5, 1, 9, 3)]
        slot = freed(site, needling, amara)
        assert services.offer_freed_slots(by=TASK, at=LATER) == 3
        asked = list(Offer.objects.order_by("pk").values_list("entry", flat=True))
        assert asked == [entries[1].pk, entries[3].pk, entries[0].pk]
        hold = Occupation.objects.get(freed=slot)
        assert (hold.resource_kind, hold.resource_id, hold.expires_at) == ("clinician", amara.pk, LATER + timedelta(minutes=15))
        assert OutboxMessage.objects.filter(kind="waiting_offer", state="planned").count() == 3

    def test_the_desk_can_not_take_a_held_time_and_is_told_why(self, site: Site, needling: VisitType, amara: Staff) -> None:
        wait(make_clear(site), needling)
        freed(site, needling, amara)
        services.offer_freed_slots(by=TASK, at=LATER)
        wish = services.Wish(starts_at=at_hour(14), clinician=amara)
        with pytest.raises(services.SlotTaken) as taken:
            services.book_appointment(patient=make_clear(site), visit_type=needling, wish=wish, by=DESK, at=LATER)
        assert "waiting list" in taken.value.winner

    def test_the_next_three_after_the_first_round_is_over(self, site: Site, needling: VisitType, amara: Staff) -> None:
        entries = [wait(make_clear(site), needling, minutes=n) for n in range(5)]
        freed(site, needling, amara)
        services.offer_freed_slots(by=TASK, at=LATER)
        assert services.offer_freed_slots(by=TASK, at=LATER + timedelta(minutes=14)) == 0
        assert services.offer_freed_slots(by=TASK, at=LATER + timedelta(minutes=16)) == 2
        second = Offer.objects.filter(round=2).order_by("pk")
        assert [offer.entry_id for offer in second] == [entries[3].pk, entries[4].pk]

    def test_all_three_decline_and_the_next_are_asked_at_once(self, site: Site, needling: VisitType, amara: Staff) -> None:
        for n in range(4):
            wait(make_clear(site), needling, minutes=n)
        freed(site, needling, amara)
        services.offer_freed_slots(by=TASK, at=LATER)
        for offer in Offer.objects.all():
            services.decline_offer(offer=offer, by=DESK, at=LATER)
        assert services.offer_freed_slots(by=TASK, at=LATER + timedelta(minutes=1)) == 1

    def test_who_is_on_hold_or_too_early_is_not_asked(self, site: Site, needling: VisitType, amara: Staff) -> None:
        held, near = make_clear(site), make_clear(site)
        place_hold(patient=held, blocks=["booking"], cause_kind="concern", cause_uuid=None, reason="red flag", by=DESK, at=NOW)
        make_visit(near, needling, amara, at_hour(10, days=11))
        wait(held, needling)
        wait(near, needling)
        slot = freed(site, needling, amara)
        assert services.offer_freed_slots(by=TASK, at=LATER) == 0
        slot.refresh_from_db()
        assert slot.outcome == "nobody on the list fits"

    def test_undoing_the_cancellation_takes_the_time_back(self, site: Site, needling: VisitType, amara: Staff) -> None:
        wait(make_clear(site), needling)
        slot = freed(site, needling, amara)
        services.undo_change(appointment=slot.was, by=DESK, at=NOW + timedelta(minutes=1))
        assert services.offer_freed_slots(by=TASK, at=LATER) == 0
        slot.refresh_from_db()
        assert slot.outcome == "taken back"

    def test_nobody_is_woken_for_a_slot(self, site: Site, needling: VisitType, amara: Staff) -> None:
        wait(make_clear(site), needling)
        freed(site, needling, amara)
        assert services.offer_freed_slots(by=TASK, at=NOW.replace(hour=22)) == 0
        assert FreedSlot.objects.get().closed_at is None


@pytest.mark.django_db
class TestYes:
    """First yes is booked."""

    def test_yes_books_and_leaves_the_list(self, site: Site, needling: VisitType, amara: Staff) -> None:
        entry = wait(make_clear(site), needling)
        freed(site, needling, amara)
        services.offer_freed_slots(by=TASK, at=LATER)
        booked = services.take_offer(offer=Offer.objects.get(), by=DESK, at=LATER)
        entry.refresh_from_db()
        assert (booked.patient_id, booked.starts_at, booked.state) == (entry.patient_id, at_hour(14), "booked")
        assert entry.ended_because == "booked from the list"
        assert not Occupation.objects.exclude(freed=None).exists()

    def test_the_later_visit_moves_so_the_calendar_entry_stays_one(self, site: Site, needling: VisitType, amara: Staff) -> None:
        patient = make_clear(site)
        later = make_visit(patient, needling, amara, at_hour(10, days=20))
        wait(patient, needling, gives_up=later)
        freed(site, needling, amara)
        services.offer_freed_slots(by=TASK, at=LATER)
        moved = services.take_offer(offer=Offer.objects.get(), by=DESK, at=LATER)
        assert (moved.pk, moved.starts_at) == (later.pk, at_hour(14))
        assert FreedSlot.objects.filter(closed_at=None).get().starts_at == at_hour(10, days=20)

    def test_too_late_and_second_yes_are_refused_in_words(self, site: Site, needling: VisitType, amara: Staff) -> None:
        for n in range(2):
            wait(make_clear(site), needling, minutes=n)
        freed(site, needling, amara)
        services.offer_freed_slots(by=TASK, at=LATER)
        first, second = Offer.objects.order_by("pk")
        with pytest.raises(services.TooLate):
            services.take_offer(offer=first, by=DESK, at=LATER + timedelta(minutes=15))
        services.take_offer(offer=first, by=DESK, at=LATER)
        with pytest.raises(services.OfferGone):
            services.take_offer(offer=second, by=DESK, at=LATER)
        assert Appointment.objects.filter(state="booked").count() == 1
        assert WaitingListEntry.objects.filter(ended_at=None).count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_three_people_say_yes_at_once_and_one_is_booked(site: Site, amara: Staff) -> None:
    """Real threads on one freed time."""
    needling = make_clinic(site, amara)
    for n in range(3):
        wait(make_clear(site), needling, minutes=n)
    freed(site, needling, amara)
    services.offer_freed_slots(by=TASK, at=LATER)
    gate, results = threading.Barrier(3), []

    def attempt(offer: Offer) -> None:
        gate.wait()
        try:
            services.take_offer(offer=offer, by=DESK, at=LATER)
            results.append("booked")
        except (services.OfferGone, services.SlotTaken):
            results.append("gone")
        except Exception as error:  # anything else is what this test looks for
            results.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=[offer]) for offer in Offer.objects.all()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["booked", "gone", "gone"]
    assert selectors.waiting(site).count() == 2

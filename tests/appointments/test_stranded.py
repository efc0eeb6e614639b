"""A change of working time: whom it strands, new times that fit, and moving the ticked ones, each with its own result."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments import selectors, services
from appointments.models import Appointment, Room, VisitType, WorkingHours
from clinic.models import OutboxMessage, Site, Staff
from patients import services as people
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from treatments.models import Device, EarlierSession


@pytest.fixture
def needling(site: Site, amara: Staff, okoro: Staff) -> VisitType:
    """Dr Amara works every day; Nurse Okoro never, unless a test says so."""
    return make_clinic(site, amara)


def works(person: Staff, site: Site) -> None:
    for weekday in range(7):
        WorkingHours.objects.create(staff=person, site=site, weekday=weekday, starts="09:00", ends="17:00")


def away(person: Staff, day: int, days: int = 1) -> None:
    services.add_absence(staff=person, starts_at=at_hour(0, days=day), ends_at=at_hour(0, days=day + days), reason="", by=DESK)


def ways(site: Site) -> list[selectors.WayOut]:
    return selectors.ways_out(selectors.stranded(site, NOW), site, NOW)


@pytest.mark.django_db
class TestProposals:
    """The nearest time that fits the window, the blocks, a clinician, a room and a device."""

    def test_the_same_clinician_on_the_nearest_day_at_the_same_hour(self, site: Site, amara: Staff, needling: VisitType) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10, days=5))
        away(amara, 5)
        (way,) = ways(site)
        assert way.why == "the clinician is away"
        assert (way.slots[0].starts_at, way.slots[0].clinician_id) == (at_hour(10, days=6), amara.pk)

    def test_another_clinician_at_the_same_hour_when_the_own_is_away_for_long(self, site: Site, amara: Staff, okoro: Staff, needling: VisitType) -> None:
        works(okoro, site)
        make_visit(make_clear(site), needling, amara, at_hour(10, days=12))
        away(amara, 3, days=20)
        (way,) = ways(site)
        assert (way.slots[0].starts_at, way.slots[0].clinician_id) == (at_hour(10, days=12), okoro.pk)

    def test_both_are_offered_the_own_one_first_if_near(self, site: Site, amara: Staff, okoro: Staff, needling: VisitType) -> None:
        works(okoro, site)
        make_visit(make_clear(site), needling, amara, at_hour(10, days=5))
        away(amara, 5)
        (way,) = ways(site)
        assert [slot.clinician_id for slot in way.slots[:2]] == [amara.pk, amara.pk]
        assert okoro.pk in {slot.clinician_id for slot in way.slots}

    def test_no_two_visits_are_offered_the_same_time_first(self, site: Site, amara: Staff, needling: VisitType) -> None:
        for hour in (10, 11, 12):
            make_visit(make_clear(site), needling, amara, at_hour(hour, days=5))
        away(amara, 5)
        spans = sorted((way.slots[0].starts_at, way.slots[0].ends_at + timedelta(minutes=10)) for way in ways(site))
        assert len(spans) == 3
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))

    def test_only_days_that_the_interval_allows(self, site: Site, amara: Staff, needling: VisitType) -> None:
        """Four weeks to the day since the last session: earlier days are nearer, and never proposed."""
        patient = make_clear(site)
        EarlierSession.objects.create(patient=patient, on=NOW.date() - timedelta(days=20), source="letter", added_at=NOW, added_by="desk")
        make_visit(patient, needling, amara, at_hour(10, days=8))
        away(amara, 8)
        (way,) = ways(site)
        assert way.slots[0].starts_at == at_hour(10, days=9)
        assert all(slot.starts_at >= at_hour(0, days=9) for slot in way.slots)

    def test_never_sooner_than_the_patient_could_still_change_it(self, site: Site, amara: Staff, needling: VisitType) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10, days=2))
        away(amara, 2)
        assert all(slot.starts_at >= NOW + timedelta(hours=24) for way in ways(site) for slot in way.slots)

    def test_a_stretched_visit_keeps_its_length(self, site: Site, amara: Staff, needling: VisitType) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(10, days=5))
        wish = services.Wish(starts_at=visit.starts_at, clinician=amara, minutes=120)
        services.move_appointment(appointment=visit, wish=wish, by=DESK, at=NOW)
        away(amara, 5)
        (way,) = ways(site)
        assert all(slot.ends_at - slot.starts_at == timedelta(minutes=120) for slot in way.slots)

    @pytest.mark.parametrize("what", ["held", "no device", "every day away"])
    def test_none_says_why(self, site: Site, amara: Staff, needling: VisitType, what: str) -> None:
        patient = make_clear(site)
        make_visit(patient, needling, amara, at_hour(10, days=5))
        away(amara, 5)
        if what == "held":
            people.place_hold(patient=patient, blocks=["booking"], cause_kind="desk", cause_uuid=None, reason="x", by=DESK, at=NOW)
        elif what == "no device":
            Device.objects.update(out_of_service=True)
        else:
            away(amara, 1, days=90)
        (way,) = ways(site)
        words = {"held": "On hold: a clinician must release it first.", "no device": "No device is in use.", "every day away": "Every clinician who works on this day is away."}
        assert (way.slots, way.none_because) == ([], words[what])

    def test_as_many_queries_for_three_as_three_times_one(self, site: Site, amara: Staff, needling: VisitType, django_assert_max_num_queries: object) -> None:
        for n in range(14):
            make_visit(make_clear(site), needling, amara, at_hour(9 + n % 7, days=5 + n // 7))
        away(amara, 5, days=2)
        with django_assert_max_num_queries(12 * 24 + 12):  # type: ignore[operator]
            assert len(ways(site)) == selectors.MOST_AT_ONCE


@pytest.mark.django_db
class TestMoving:
    """Each by the ordinary move; what can't be moved stays where it is, with the reason."""

    def test_each_reports_its_own_result(self, site: Site, amara: Staff, needling: VisitType) -> None:
        good, late, unchosen = (make_visit(make_clear(site), needling, amara, at_hour(hour, days=5)) for hour in (9, 10, 11))
        away(amara, 5)
        make_visit(make_clear(site), needling, amara, at_hour(13, days=6))
        wishes = [services.Wish(starts_at=at_hour(hour, days=6), clinician=amara) for hour in (9, 13)]
        found = services.move_stranded(moves=[(good, wishes[0]), (late, wishes[1]), (unchosen, None)], by=DESK, at=NOW)
        assert [row.problem for row in found] == ["", "The chosen time is not free any more.", "No new time was chosen."]
        starts = [Appointment.objects.get(pk=visit.pk).starts_at for visit in (good, late, unchosen)]
        assert starts == [at_hour(9, days=6), at_hour(10, days=5), at_hour(11, days=5)]

    def test_two_that_want_the_same_time_get_one_move_and_one_reason(self, site: Site, amara: Staff, needling: VisitType) -> None:
        visits = [make_visit(make_clear(site), needling, amara, at_hour(hour, days=5)) for hour in (9, 10)]
        away(amara, 5)
        wish = services.Wish(starts_at=at_hour(9, days=6), clinician=amara)
        found = services.move_stranded(moves=[(visit, wish) for visit in visits], by=DESK, at=NOW)
        assert [bool(row.problem) for row in found] == [False, True]

    def test_not_outside_hours_and_not_when_it_fits_again(self, site: Site, amara: Staff, needling: VisitType) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(10, days=5))
        night = services.Wish(starts_at=at_hour(22, days=6), clinician=amara)
        assert services.move_stranded(moves=[(visit, night)], by=DESK, at=NOW)[0].problem == "It fits where it is, so it stays."
        away(amara, 5)
        assert services.move_stranded(moves=[(visit, night)], by=DESK, at=NOW)[0].problem == "The chosen time is not free any more."

    def test_a_room_out_of_use_is_left_for_another_one(self, site: Site, amara: Staff, needling: VisitType) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(10, days=5))
        services.set_room(room=Room.objects.get(appointments=visit), out_of_service=True, by=DESK)
        (way,) = ways(site)
        assert (way.why, way.slots[0].starts_at) == ("its room is out of use", visit.starts_at), "the same time, in another room"
        wish = services.Wish(starts_at=way.slots[0].starts_at, clinician=amara)
        (moved,) = services.move_stranded(moves=[(visit, wish)], by=DESK, at=NOW)
        assert moved.problem == "" and not moved.visit.room.out_of_service  # type: ignore[union-attr]
        assert selectors.stranded(site, NOW) == []

    @pytest.mark.parametrize("tell", [True, False])
    def test_the_mail_waits_three_minutes_or_is_not_written(self, site: Site, amara: Staff, needling: VisitType, tell: bool) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(10, days=5))
        OutboxMessage.objects.filter(kind="appointment_confirmed").update(state="sent")
        away(amara, 5)
        wish = services.Wish(starts_at=at_hour(10, days=6), clinician=amara)
        services.move_stranded(moves=[(visit, wish)], by=DESK, at=NOW, tell=tell)
        mails = OutboxMessage.objects.filter(kind="appointment_changed", cause_uuid=visit.uuid, state="planned")
        assert [row.send_after - NOW for row in mails] == ([timedelta(minutes=3)] if tell else [])
        assert visit.changes.filter(what="moved").get().told_patient is tell


@pytest.mark.django_db
class TestPage:
    """Ticked, moved, and what is left is listed."""

    def test_moves_the_ticked_and_lists_the_rest(self, site: Site, amara: Staff, rosa: Staff, needling: VisitType, as_staff: Client) -> None:
        ticked, other = (make_visit(make_clear(site, family_name=name), needling, amara, at_hour(hour, days=5)) for name, hour in (("Tick", 9), ("Left", 11)))
        away(amara, 5)
        url = reverse("appointments:stranded_visits")
        page = as_staff.get(url).content.decode()
        assert "Tick" in page and "Left" in page and page.count('name="visit"') == 2 and page.count("checked") == 3
        slot = f"{at_hour(9, days=6).isoformat()}|{amara.pk}"
        page = as_staff.post(url, {"visit": [str(ticked.uuid), str(uuid4())], f"{ticked.uuid}-slot": slot, "tell": "1"}).content.decode()
        assert "1 visit is moved" in page and page.count('name="visit"') == 1
        ticked.refresh_from_db()
        other.refresh_from_db()
        assert (ticked.starts_at, other.starts_at) == (at_hour(9, days=6), at_hour(11, days=5))
        again = as_staff.post(url, {"visit": [str(ticked.uuid)], f"{ticked.uuid}-slot": slot, "tell": "1"}).content.decode()
        assert "1 visit was not moved" in again and "It fits where it is" in again

    def test_nothing_ticked_changes_nothing_and_says_so(self, site: Site, amara: Staff, needling: VisitType, as_staff: Client) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10, days=5))
        away(amara, 5)
        answer = as_staff.post(reverse("appointments:stranded_visits"), {"tell": "1"})
        assert answer.status_code == 422 and "Tick the visits first" in answer.content.decode()

    def test_a_patient_without_e_mail_is_to_be_phoned(self, site: Site, amara: Staff, needling: VisitType, as_staff: Client) -> None:
        visit = make_visit(make_clear(site, email=""), needling, amara, at_hour(10, days=5))
        away(amara, 5)
        slot = f"{at_hour(10, days=6).isoformat()}|{amara.pk}"
        page = as_staff.post(reverse("appointments:stranded_visits"), {"visit": str(visit.uuid), f"{visit.uuid}-slot": slot, "tell": "1"}).content.decode()
        assert "Not told:" in page and "please phone" in page

    @pytest.fixture
    def as_staff(self, rosa: Staff) -> Iterator[Client]:
        client = Client()
        with time_machine.travel(NOW, tick=False):
            client.force_login(rosa, backend="allauth.account.auth_backends.AuthenticationBackend")
            yield client

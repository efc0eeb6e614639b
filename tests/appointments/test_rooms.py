"""Into a room: the room is taken with the patient, and the step can be taken back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from appointments import selectors, services
from appointments.models import Appointment, Occupation, Room, VisitType
from appointments.rules import AppointmentState
from clinic.models import Site, Staff
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit


@pytest.fixture
def needling(site: Site, amara: Staff, okoro: Staff) -> VisitType:
    return make_clinic(site, amara, okoro)


def arrived(site: Site, needling: VisitType, who: Staff) -> Appointment:
    visit = make_visit(make_clear(site), needling, who, at_hour(10))
    return services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=NOW)


def room_taken(visit: Appointment) -> int:
    return Occupation.objects.get(appointment=visit, resource_kind="room").resource_id


@pytest.mark.django_db
class TestIntoARoom:
    """“Arrived” may carry a room."""

    def test_the_other_room_is_taken_and_the_booked_one_is_free_again(self, site: Site, needling: VisitType, amara: Staff) -> None:
        visit = arrived(site, needling, amara)
        other = Room.objects.exclude(pk=visit.room_id or 0).get()
        visit = services.take_to_room(appointment=visit, room=other, by=DESK, at=NOW + timedelta(minutes=4))
        assert (visit.room, visit.in_room_at, visit.state) == (other, NOW + timedelta(minutes=4), "arrived")
        assert room_taken(visit) == other.pk

    def test_a_room_with_somebody_in_it_is_refused_in_words_and_nothing_changes(self, site: Site, needling: VisitType, amara: Staff, okoro: Staff) -> None:
        first, second = arrived(site, needling, amara), arrived(site, needling, okoro)
        assert first.room is not None
        with pytest.raises(services.RoomTaken, match="Room 1 is taken"):
            services.take_to_room(appointment=second, room=first.room, by=DESK, at=NOW)
        second.refresh_from_db()
        assert second.in_room_at is None
        assert room_taken(second) == second.room_id != first.room_id

    def test_undo_goes_back_to_the_waiting_room_and_the_booked_room(self, site: Site, needling: VisitType, amara: Staff) -> None:
        visit = arrived(site, needling, amara)
        booked, other = visit.room_id, Room.objects.exclude(pk=visit.room_id or 0).get()
        visit = services.take_to_room(appointment=visit, room=other, by=DESK, at=NOW)
        visit = services.undo_change(appointment=visit, by=DESK, at=NOW)
        assert (visit.room_id, visit.in_room_at, visit.state) == (booked, None, "arrived")
        assert room_taken(visit) == booked
        visit = services.undo_change(appointment=visit, by=DESK, at=NOW)
        assert visit.state == "booked"

    def test_arriving_straight_into_a_room_takes_it(self, site: Site, needling: VisitType, amara: Staff) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(10))
        other = Room.objects.exclude(pk=visit.room_id or 0).get()
        visit = services.change_state(appointment=visit, to=AppointmentState.ARRIVED, room=other, by=DESK, at=NOW)
        assert room_taken(visit) == other.pk
        assert [words for _row, words in selectors.change_lines(visit)] == ["Into a room", "Arrived", "Booked"]

    def test_nobody_who_has_not_arrived(self, site: Site, needling: VisitType, amara: Staff) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(10))
        assert visit.room is not None
        with pytest.raises(services.MoveNotAllowed):
            services.take_to_room(appointment=visit, room=visit.room, by=DESK, at=NOW)


@pytest.mark.django_db
class TestStarting:
    """A visit whose patient has no course yet."""

    def test_leads_to_the_page_where_a_course_is_planned(self, site: Site, needling: VisitType, amara: Staff, client: Client) -> None:
        visit = arrived(site, needling, amara)
        client.force_login(amara)
        answer = client.post(reverse("appointments:start", args=[visit.uuid]), {"subject": str(visit.patient.uuid)}, follow=True)
        assert answer.redirect_chain == [(reverse("treatments:course", args=[visit.patient.uuid]), 302)]
        assert "Plan the course first" in answer.content.decode() and 'name="planned_sessions"' in answer.content.decode()
        visit.refresh_from_db()
        assert visit.state == "arrived" and visit.session is None

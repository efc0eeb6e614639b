"""Lane two is for what really overlaps, with a reason; and the desk is told about a second visit on a day."""

import json
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client

from appointments import services
from appointments.models import Occupation, VisitType
from clinic.models import Site, Staff
from tests.appointments.make import at_hour
from tests.appointments.test_booking import DESK, NOW, book, make_patient, talk

__all__ = ["talk"]


@pytest.mark.django_db
class TestOverlapOnPurpose:
    """Lane two is for what really overlaps; what lies alone is taken for everybody."""

    def test_a_reason_without_an_overlap_is_an_ordinary_booking(self, site: Site, talk: VisitType, amara: Staff) -> None:
        visit = book(site, talk, amara, hour=10, overlap_reason="just in case")
        assert visit.overlap_reason == ""
        assert set(Occupation.objects.filter(appointment=visit).values_list("lane", flat=True)) == {1}
        assert visit.room_id is not None

    def test_moved_away_it_overlaps_nothing_any_more_and_undo_brings_the_reason_back(self, site: Site, talk: VisitType, amara: Staff) -> None:
        book(site, talk, amara, hour=10)
        second = book(site, talk, amara, hour=10, overlap_reason="sisters")
        moved = services.move_appointment(appointment=second, wish=services.Wish(starts_at=at_hour(14), clinician=amara), by=DESK, at=NOW)
        assert (moved.overlap_reason, moved.room_id is not None) == ("", True)
        with pytest.raises(services.SlotTaken):
            book(site, talk, amara, hour=14)
        back = services.undo_change(appointment=moved, by=DESK, at=NOW)
        assert (back.overlap_reason, back.starts_at) == ("sisters", at_hour(10))

    def test_the_one_that_is_left_alone_in_lane_two_still_holds_the_time(self, site: Site, talk: VisitType, amara: Staff) -> None:
        first = book(site, talk, amara, hour=10)
        book(site, talk, amara, hour=10, overlap_reason="sisters")
        services.cancel_appointment(appointment=first, reason="ill", by=DESK, at=NOW)
        with pytest.raises(services.SlotTaken):
            book(site, talk, amara, hour=10)

    def test_a_move_onto_a_taken_time_needs_the_reason(self, site: Site, talk: VisitType, amara: Staff) -> None:
        book(site, talk, amara, hour=10)
        other = book(site, talk, amara, hour=14)
        wish = services.Wish(starts_at=at_hour(10), clinician=amara)
        with pytest.raises(services.SlotTaken):
            services.move_appointment(appointment=other, wish=wish, by=DESK, at=NOW)
        assert services.move_appointment(appointment=other, wish=wish, overlap_reason="sisters", by=DESK, at=NOW).overlap_reason == "sisters"


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_the_dialogue_says_that_there_is_another_visit_on_that_day(site: Site, talk: VisitType, amara: Staff, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
    patient = make_patient(site)
    book(site, talk, amara, hour=10, patient=patient)
    fields = {"patient": str(patient.uuid), "visit_type": "talk", "clinician": str(amara.pk), "starts": "2026-11-25T14:00", "form_key": "k1"}
    with time_machine.travel(NOW, tick=False):
        answer = client_as(rosa).post("/appointments/new/", fields, headers={"HX-Request": "true"})
    assert answer.status_code == 204, answer.content.decode()
    assert "another visit on this day: 10:00" in json.loads(answer["HX-Trigger"])["visit-booked"]["message"]

"""A time that somebody else has: the nearest free ones are a press away. A time at which nobody works is offered to nobody."""

from collections.abc import Callable, Iterator
from datetime import time, timedelta

import pytest
import time_machine
from django.test import Client

from appointments import services
from appointments.models import Appointment, FreedSlot, Offer, VisitType
from appointments.rules import Wants
from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from treatments.models import EarlierSession

pytestmark = pytest.mark.django_db
TASK, LATER = Actor.of_task("t"), NOW + timedelta(minutes=4)


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def needling(site: Site, amara: Staff, okoro: Staff) -> VisitType:
    return make_clinic(site, amara, okoro)


class TestTaken:
    """The dialogue after a clash."""

    def test_a_press_on_a_nearest_time_books_it_with_its_clinician(
        self, site: Site, needling: VisitType, amara: Staff, rosa: Staff, client_as: Callable[[Staff], Client]
    ) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10))
        patient, client = make_clear(site), client_as(rosa)
        typed = {"starts": f"{at_hour(10):%Y-%m-%dT%H:%M}", "clinician": str(amara.pk), "visit_type": "session", "patient": str(patient.uuid), "query": "x", "form_key": "k1"}
        refused = client.post("/appointments/new/", typed)
        assert refused.status_code == 409
        taken = refused.context["taken"]
        chosen = next(slot for slot in taken.nearest if slot.clinician_id != amara.pk)
        assert f'name="slot" value="{chosen.value}"'.replace("+", "&#x2B;") in refused.text.replace("+", "&#x2B;")
        assert not Appointment.objects.filter(patient=patient).exists()
        client.post("/appointments/new/", typed | {"slot": chosen.value})
        booked = Appointment.objects.get(patient=patient)
        assert (booked.starts_at, booked.clinician_id) == (chosen.starts_at, chosen.clinician_id)

    def test_enter_is_still_the_ordinary_booking(
        self, site: Site, needling: VisitType, amara: Staff, rosa: Staff, client_as: Callable[[Staff], Client]
    ) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10))
        typed = {"starts": f"{at_hour(10):%Y-%m-%dT%H:%M}", "clinician": str(amara.pk), "visit_type": "session", "patient": str(make_clear(site).uuid), "query": "x"}
        page = client_as(rosa).post("/appointments/new/", typed).text
        first = page[page.index('type="submit"', page.index('class="new-visit"')) - 60:]
        assert 'name="slot"' not in first[:first.index(">")], "the form's default button must not be one of the times"


def test_a_refused_choice_is_still_on_the_page_and_chosen(
    site: Site, needling: VisitType, amara: Staff, client_as: Callable[[Staff], Client]
) -> None:
    patient = make_clear(site)
    EarlierSession.objects.create(patient=patient, on=NOW.date() - timedelta(days=10), source="a card", added_at=NOW, added_by="t")
    address = f"/appointments/of/{patient.uuid}/book/?visit_type=session&from={NOW.date() + timedelta(days=1)}"
    value = f"{at_hour(10).isoformat()}|{amara.pk}"
    page = client_as(amara).post(address, {"slot": value, "visit_type": "session", "subject": str(patient.uuid)})
    assert page.status_code == 422
    assert f'value="{value}" checked' in page.text.replace("&#x2B;", "+")


def freed_for(site: Site, needling: VisitType, amara: Staff) -> FreedSlot:
    services.join_waiting_list(patient=make_clear(site), visit_type=needling, wants=Wants(), clinician=None, gives_up=None, by=DESK, at=NOW)
    visit = make_visit(make_clear(site), needling, amara, at_hour(14))
    services.cancel_appointment(appointment=visit, reason="ill", by=DESK, at=NOW)
    return FreedSlot.objects.get()


def away(site: Site, amara: Staff) -> None:
    services.add_absence(staff=amara, starts_at=at_hour(8), ends_at=at_hour(18), reason="", by=DESK)


def closed(site: Site, amara: Staff) -> None:
    services.close_site(site=site, on=at_hour(8).date(), reason="", by=DESK)


def other_hours(site: Site, amara: Staff) -> None:
    services.set_working_hours(staff=amara, site=site, weekday=at_hour(8).weekday(), spans=[(time(9), time(12))], by=DESK)


def left(site: Site, amara: Staff) -> None:
    Staff.objects.filter(pk=amara.pk).update(is_active=False)


@pytest.mark.parametrize(("change", "words"), [(away, "the clinician is away"), (closed, "the site is closed"), (other_hours, "outside working hours"), (left, "the clinician has left")])
class TestNobodyThere:
    """Working time changes before the offer, or while it stands."""

    def test_it_is_not_offered(self, site: Site, needling: VisitType, amara: Staff, change: Callable[[Site, Staff], None], words: str) -> None:
        slot = freed_for(site, needling, amara)
        change(site, amara)
        assert services.offer_freed_slots(by=TASK, at=LATER) == 0
        slot.refresh_from_db()
        assert (slot.closed_at, slot.outcome) == (LATER, words)

    def test_a_yes_books_nothing(self, site: Site, needling: VisitType, amara: Staff, change: Callable[[Site, Staff], None], words: str) -> None:
        freed_for(site, needling, amara)
        assert services.offer_freed_slots(by=TASK, at=LATER) == 1
        change(site, amara)
        with pytest.raises(services.OfferGone, match="no longer possible"):
            services.take_offer(offer=Offer.objects.get(), by=DESK, at=LATER)
        assert not Appointment.objects.filter(state="booked").exists()

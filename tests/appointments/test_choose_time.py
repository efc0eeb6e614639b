"""A patient picks a time from the mail: whole days, one row a time, the usual clinician where she is free."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from appointments import selectors, services
from appointments.models import Appointment, VisitType
from appointments.rules import AppointmentState
from appointments.selectors import DayOffer, Slot
from clinic import links
from clinic.models import Closure, Site, Staff
from patients.models import Patient
from patients.services import place_hold
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_talk, make_visit

URL = reverse("appointments_link:choose_time")


@pytest.fixture
def needling(site: Site, amara: Staff, okoro: Staff) -> VisitType:
    return make_clinic(site, amara, okoro)


def slot(hour: int, pk: int, name: str) -> Slot:
    return Slot(at_hour(hour), at_hour(hour) + timedelta(minutes=45), pk, name)


class TestOneATime:
    """Each start once."""

    OFFER = DayOffer(NOW.date(), [slot(9, 1, "Dr Amara"), slot(9, 2, "Nurse Okoro"), slot(10, 1, "Dr Amara"), slot(11, 2, "Nurse Okoro")])

    def test_the_usual_clinician_comes_first_where_she_is_free(self) -> None:
        assert [(s.starts_at.hour, s.clinician_id) for s in self.OFFER.one_a_time(2)] == [(9, 2), (10, 1), (11, 2)]

    def test_without_one_the_names_decide(self) -> None:
        assert [(s.starts_at.hour, s.clinician_id) for s in self.OFFER.one_a_time()] == [(9, 1), (10, 1), (11, 2)]


def phone_of(patient: Patient, visit: Appointment | None = None) -> Client:
    """Behind the invitation's link, or a visit's, after the date of birth."""
    client = Client()
    link = links.make_link(
        purpose="appointment" if visit else "choose_time", site=patient.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language="en",
        subject_kind="appointment" if visit else "patient", subject_uuid=(visit or patient).uuid, by=DESK, at=NOW,
    )  # fmt: skip
    born = patient.birth_on
    token = links.mint_token(link, at=NOW)
    client.post(f"/l/{token}/", {"day": born.day, "month": born.month, "year": born.year})
    return client


def starts_in(page: str) -> list[tuple[datetime, int]]:
    """What can be chosen."""
    found = re.findall(r'name="slot" value="([^|"]+)\|(\d+)"', page)
    return [(datetime.fromisoformat(when.replace("&#x2B;", "+")), int(pk)) for when, pk in found]


@pytest.mark.django_db
class TestThePage:
    """The afternoon can be chosen as well as the morning."""

    def test_shows_the_whole_day_once_a_time_and_one_clinician_by_choice(self, site: Site, needling: VisitType, amara: Staff, okoro: Staff) -> None:
        patient = make_clear(site)
        seen = make_visit(patient, needling, okoro, at_hour(10))
        for state in (AppointmentState.ARRIVED, AppointmentState.IN_SESSION, AppointmentState.DONE):
            services.change_state(appointment=seen, to=state, by=DESK, at=NOW)
            seen.refresh_from_db()
        assert selectors.usual_clinician(patient) == okoro.pk
        with time_machine.travel(NOW, tick=False):
            phone = phone_of(patient)
            page = phone.get(URL).content.decode()
            hers = phone.get(URL, {"with": str(amara.pk)}).content.decode()
            odd = phone.get(URL, {"with": "999999"}).content.decode()
        chosen = starts_in(page)
        assert chosen, page[-2000:]
        day = [when for when, _pk in chosen if when.date() == chosen[0][0].date()]
        assert len(day) == len(set(day)) and min(day).hour < 10 and max(day).hour >= 15
        assert {pk for _when, pk in chosen} == {okoro.pk}
        assert {pk for _when, pk in starts_in(hers)} == {amara.pk}
        assert starts_in(odd) == chosen


def post_slot(phone: Client, url: str, starts_at: datetime, person: Staff) -> HttpResponse:
    """What a page sends that is old, or was made by hand."""
    return phone.post(url, {"slot": f"{starts_at.isoformat()}|{person.pk}"})  # type: ignore[return-value]


@pytest.mark.django_db
def test_a_consultation_that_is_booked_leaves_the_choice_of_the_next_session(site: Site, needling: VisitType, amara: Staff) -> None:
    patient = make_clear(site)
    make_visit(patient, make_talk(), amara, at_hour(11, days=4))
    with time_machine.travel(NOW, tick=False):
        phone = phone_of(patient)
        offered = {when for when, _pk in starts_in(phone.get(URL).content.decode())}
        assert at_hour(10, days=7) in offered and at_hour(11, days=4) not in offered
        assert post_slot(phone, URL, at_hour(10, days=7), amara).status_code == 302
        page = phone.get(URL).content.decode()
    assert "You are booked" in page and "Tuesday 1 December" in page


@pytest.mark.django_db
class TestOnlyWhatIsOffered:
    """J7: a real free slot, as it is when the patient presses."""

    SUNDAY_NIGHT = datetime(2026, 12, 6, 3, tzinfo=UTC)

    def test_a_time_outside_the_hours_is_refused_and_the_list_stands_there_again(self, site: Site, needling: VisitType, amara: Staff) -> None:
        patient = make_clear(site)
        with time_machine.travel(NOW, tick=False):
            answer = post_slot(phone_of(patient), URL, self.SUNDAY_NIGHT, amara)
        page = answer.content.decode()
        assert answer.status_code == 409 and "This time is not free any more. Nothing was changed." in page
        assert starts_in(page) and not Appointment.objects.exists()

    def test_a_day_that_was_closed_meanwhile(self, site: Site, needling: VisitType, amara: Staff) -> None:
        patient = make_clear(site)
        with time_machine.travel(NOW, tick=False):
            phone = phone_of(patient)
            assert (at_hour(10, days=7), amara.pk) in starts_in(phone.get(URL, {"with": str(amara.pk)}).content.decode())
            Closure.objects.create(site=site, on=at_hour(10, days=7).date())
            answer = post_slot(phone, URL, at_hour(10, days=7), amara)
        assert answer.status_code == 409 and not Appointment.objects.exists()
        assert at_hour(10, days=7) not in {when for when, _pk in starts_in(answer.content.decode())}

    @pytest.mark.parametrize("days", [0, 60], ids=["today", "beyond the list"])
    def test_a_day_that_the_page_never_shows(self, site: Site, needling: VisitType, amara: Staff, days: int) -> None:
        patient = make_clear(site)
        with time_machine.travel(NOW, tick=False):
            assert post_slot(phone_of(patient), URL, at_hour(14, days=days), amara).status_code == 409
        assert not Appointment.objects.exists()

    def test_a_time_that_the_rules_close_sends_the_patient_to_the_phone(self, site: Site, needling: VisitType, amara: Staff) -> None:
        patient = make_clear(site)
        place_hold(patient=patient, blocks=["booking"], cause_kind="manual", cause_uuid=None, reason="swelling, seen by phone", by=DESK, at=NOW)
        with time_machine.travel(NOW, tick=False):
            answer = post_slot(phone_of(patient), URL, at_hour(10, days=7), amara)
        page = answer.content.decode()
        assert answer.status_code == 422 and "Please call us" in page and "swelling" not in page and "hold" not in page.lower()

    def test_moving_asks_the_same(self, site: Site, needling: VisitType, amara: Staff) -> None:
        patient = make_clear(site)
        visit = make_visit(patient, needling, amara, at_hour(11, days=10))
        with time_machine.travel(NOW, tick=False):
            phone = phone_of(patient, visit)
            answer = post_slot(phone, reverse("appointments_link:move"), self.SUNDAY_NIGHT, amara)
            visit.refresh_from_db()
            assert answer.status_code == 409 and visit.starts_at == at_hour(11, days=10)
            assert post_slot(phone, reverse("appointments_link:move"), at_hour(12, days=10), amara).status_code == 302
        visit.refresh_from_db()
        assert visit.starts_at == at_hour(12, days=10)

    def test_past_the_cut_off_the_service_moves_nothing(self, site: Site, needling: VisitType, amara: Staff) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(11, days=2))
        wish = services.Wish(starts_at=at_hour(12, days=5), clinician=amara)
        with pytest.raises(services.TooLate):
            services.move_by_patient(appointment=visit, wish=wish, by=DESK, at=at_hour(12, days=1))


@pytest.mark.django_db
class TestTheLinkBooksAgain:
    """One visit at a time, for as long as the link lives."""

    def choose(self, phone: Client, number: int) -> HttpResponse:
        times = starts_in(phone.get(URL).content.decode())
        return post_slot(phone, URL, times[number][0], Staff.objects.get(pk=times[number][1]))

    @pytest.mark.parametrize("state", [AppointmentState.CANCELLED, AppointmentState.MISSED])
    def test_after_a_visit_that_did_not_come_about(self, site: Site, needling: VisitType, state: AppointmentState) -> None:
        patient = make_clear(site)
        with time_machine.travel(NOW, tick=False):
            phone = phone_of(patient)
            for _try in range(3):
                assert self.choose(phone, 3).status_code == 302
                visit = Appointment.objects.get(state="booked")
                assert "You are booked" in phone.get(URL).content.decode()
                services.change_state(appointment=visit, to=state, by=DESK, at=NOW, reason="patient")
        assert Appointment.objects.filter(state=state).count() == 3

    def test_the_slower_of_two_presses_at_once_shows_the_booking(self, site: Site, needling: VisitType, monkeypatch: pytest.MonkeyPatch) -> None:
        patient, book = make_clear(site), services.book_by_patient

        def twice(**wanted: Any) -> Appointment:
            book(**wanted)
            return book(**wanted)

        monkeypatch.setattr(services, "book_by_patient", twice)
        with time_machine.travel(NOW, tick=False):
            phone = phone_of(patient)
            answer = self.choose(phone, 3)
            assert answer.status_code == 302 and "You are booked" in phone.get(URL).content.decode()
        assert Appointment.objects.filter(patient=patient).count() == 1

    def test_two_presses_book_once(self, site: Site, needling: VisitType, amara: Staff) -> None:
        patient = make_clear(site)
        wish = services.Wish(starts_at=at_hour(10, days=7), clinician=amara)
        for keyed in ("link:1", "link:2"):
            found = [services.book_appointment(patient=patient, visit_type=needling, wish=wish, by=DESK, at=NOW, form_key=keyed) for _press in range(2)]
            assert found[0] == found[1]
            services.cancel_appointment(appointment=found[0], reason="patient", by=DESK, at=NOW)
            again = [services.book_appointment(patient=patient, visit_type=needling, wish=wish, by=DESK, at=NOW, form_key=keyed) for _press in range(2)]
            assert again[0] == again[1] != found[0] and again[0].state == "booked"
            services.cancel_appointment(appointment=again[0], reason="patient", by=DESK, at=NOW)

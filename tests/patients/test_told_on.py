"""When the patient answered is not when the clinic amended: what asks or counts from a day goes by the first (decision 0047)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import selectors
from patients import services as people
from patients.models import Patient
from tests.patients.test_medicines import NO, SignIn, answer
from tests.treatments.make import DAY, DESK, make_patient

TODAY, EARLIER = DAY.date(), (DAY - timedelta(days=60)).date()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY + timedelta(hours=1), tick=False):
        yield


def blood(patient: Patient, staff: Staff) -> None:
    people.note_laboratory(patient=patient, entry=people.LaboratoryEntry(TODAY, hb_g_dl=13.0), staff=staff, by=Actor.of_staff(staff), at=DAY)


def medicine(patient: Patient, staff: Staff) -> None:
    people.note_medicine(patient=patient, entry=people.MedicineEntry("apixaban"), staff=staff, by=Actor.of_staff(staff), at=DAY)


def elsewhere(patient: Patient, staff: Staff) -> None:
    people.amend_answers(patient=patient, changes={"herpes": "past"}, source="GP", staff=staff, by=Actor.of_staff(staff), at=DAY, today=TODAY)


def twice(patient: Patient, staff: Staff) -> None:
    medicine(patient, staff)
    blood(patient, staff)


def nothing(patient: Patient, staff: Staff) -> None:
    pass


@pytest.mark.parametrize("amend", [blood, medicine, elsewhere, twice, nothing])
class TestAnAmendmentBetween:
    def test_what_has_changed_is_asked_since_the_patient_answered(self, site: Site, amara: Staff, amend: Any) -> None:
        patient = make_patient(site)
        answer(patient, -60)
        amend(patient, amara)
        draft = people.open_draft(patient=patient, by=DESK, at=DAY + timedelta(days=1))
        assert draft.extras["since"]["on"] == EARLIER.isoformat()
        newest = selectors.latest_answers(patient)
        assert newest and draft.extras["since"]["intake"] == str(newest.uuid)  # what is confirmed holds what the clinic added

    def test_a_steroid_injection_of_an_unknown_day_is_over_when_it_was(self, site: Site, amara: Staff, amend: Any) -> None:
        """E43, SCHEMA 2.5: a month from the day, at the latest the day of the answer."""
        patient = make_patient(site)
        answer(patient, -60, local_steroid_injection_on=None)
        amend(patient, amara)
        assert "E43" not in {t["rule"] for t in selectors.eligibility_on(patient, as_of=TODAY, prp=True).triggers}


def test_an_answer_that_the_amendment_brought_has_its_day(site: Site, amara: Staff) -> None:
    patient = make_patient(site)
    answer(patient, -60)
    elsewhere(patient, amara)
    blood(patient, amara)
    newest = selectors.latest_answers(patient)
    assert newest
    assert [selectors.told_on(newest, patient, key) for key in ("herpes", "pregnancy", "")] == [TODAY, EARLIER, EARLIER]


def test_of_paper_the_day_that_stands_on_it(site: Site, amara: Staff) -> None:
    patient = make_patient(site)
    draft = people.open_paper_intake(patient=patient, paper_on=EARLIER, by=DESK, at=DAY - timedelta(days=3))
    draft = people.save_intake_page(intake=draft, page="x", answers=NO, drop=set(), by=DESK, at=DAY - timedelta(days=3))
    people.submit_intake(intake=draft, by=DESK, at=DAY - timedelta(days=3), today=TODAY - timedelta(days=3))
    blood(patient, amara)
    assert people.open_draft(patient=patient, by=DESK, at=DAY).extras["since"]["on"] == EARLIER.isoformat()


def test_the_pages_say_both_days(site: Site, amara: Staff, client_as: SignIn) -> None:
    patient, client = make_patient(site), client_as(amara)
    answer(patient, -60)
    blood(patient, amara)
    said = f"{EARLIER:%-d %b %Y}"
    assert f"Answered {said} · amended 2 Mar 2026 10:00 by Dr Amara Osei: a blood test" in _text(client, "patients:screening", patient)
    assert f"Answers of {said}." in _text(client, "patients:medicines", patient)
    assert "typed by staff" not in _text(client, "patients:screening", patient)
    overview = client.get(reverse("desk:patient_overview", args=[patient.uuid])).content.decode()
    assert "Answers typed by staff" not in overview and "Answers amended by the clinic, 2 Mar 2026; Dr Amara Osei" in overview


def test_the_times_are_those_of_the_clinic(site: Site, amara: Staff, client_as: SignIn) -> None:
    """SCHEMA 1.2: calendar dates in the clinic's zone. Sent on 2 January at 11:30 UTC, in Auckland that is the next day."""
    type(site).objects.filter(pk=site.pk).update(zone="Pacific/Auckland")
    site.refresh_from_db()
    patient, client = make_patient(site), client_as(amara)
    sent = DAY - timedelta(days=59) + timedelta(hours=1, minutes=30)
    draft = people.open_draft(patient=patient, by=DESK, at=sent)
    people.save_intake_page(intake=draft, page="x", answers=NO, drop=set(), by=DESK, at=sent)
    people.submit_intake(intake=draft, by=DESK, at=sent, today=patient.site.today(sent))
    page = _text(client, "patients:screening", patient)
    assert "Sent 3 Jan 2026 00:30" in page and "2 Jan 2026" not in page
    page = client.get(reverse("patients:decision", args=[patient.uuid, patient.screenings.get().uuid])).content.decode()
    assert "Decision of 3 Jan 2026, 00:30" in page and "2 Jan 2026" not in page


def test_answers_that_the_rules_can_t_read_any_more_still_have_a_page(site: Site, amara: Staff, client_as: SignIn) -> None:
    """A birthday is put right, and a day in the answers lies before it (SCHEMA 2.5: an error). The page says that answers are missing; it does not break."""
    patient, client = make_patient(site), client_as(amara)
    answer(patient, -60, isotretinoin="stopped", isotretinoin_stopped_on="1999-05-01")
    type(patient).objects.filter(pk=patient.pk).update(birth_on="2001-03-27")
    assert selectors.eligibility_on(patient.__class__.objects.get(pk=patient.pk), as_of=TODAY).needs_answers
    page = _text(client, "patients:screening", patient)
    assert "The rules can’t read these answers" in page and "No rule has fired" not in page
    assert client.get(reverse("desk:patient_overview", args=[patient.uuid])).status_code == 200


def _text(client: Client, name: str, patient: Patient) -> str:
    return client.get(reverse(name, args=[patient.uuid])).content.decode()


def test_however_often_the_clinic_amended_it_is_one_query(site: Site, amara: Staff, django_assert_num_queries: Any) -> None:
    patient = make_patient(site)
    answer(patient, -60)
    for name in ("apixaban", "finasteride", "methotrexate"):
        people.note_medicine(patient=patient, entry=people.MedicineEntry(name), staff=amara, by=Actor.of_staff(amara), at=DAY)
    newest = selectors.latest_answers(patient)
    assert newest
    with django_assert_num_queries(1):
        rows = selectors.amendments(newest)
    assert len(rows) == 4 and rows[0] == newest and "amended" not in rows[-1].extras

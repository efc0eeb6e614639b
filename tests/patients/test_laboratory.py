"""What E08 and E44 read is entered by a clinician with the day of the test, and stays until another test says otherwise (SCHEMA 2.5)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from patients import selectors, services
from patients.models import Intake, Patient
from patients.selectors.laboratory import blood_tests_in
from patients.services import LaboratoryEntry
from tests.treatments.make import DAY, DESK, make_ready

TODAY = DAY.date()
pytestmark = pytest.mark.django_db


def note(patient: Patient, staff: Staff, on: date = TODAY - timedelta(days=3), **values: float) -> None:
    services.note_laboratory(patient=patient, entry=LaboratoryEntry(on, **values), staff=staff, by=Actor.of_staff(staff), at=DAY)


def fired(patient: Patient, *, prp: bool = False) -> list[tuple[Any, ...]]:
    found = selectors.eligibility_on(patient, as_of=TODAY, prp=prp)
    return [(t["rule"], t["class"], t.get("scope")) for t in found.triggers if t["rule"] in ("E08", "E44")]


@pytest.mark.parametrize(
    ("values", "alone", "with_prp"),
    [
        ({"platelets_10e9_l": 99}, [("E08", "ABSOLUTE", None)], [("E08", "ABSOLUTE", None), ("E44", "ABSOLUTE", "PRP")]),
        ({"platelets_10e9_l": 100, "hb_g_dl": 10.0}, [], []),
        ({"hb_g_dl": 9.9}, [], [("E44", "ABSOLUTE", "PRP")]),
    ],
)
def test_the_rules_read_them(site: Site, amara: Staff, values: dict[str, float], alone: list[Any], with_prp: list[Any]) -> None:
    patient = make_ready(site)
    assert fired(patient, prp=True) == []  # not measured gives no trigger
    note(patient, amara, TODAY - timedelta(days=3), **values)
    assert (fired(patient), fired(patient, prp=True)) == (alone, with_prp)


class TestKept:
    def test_with_day_and_name(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, platelets_10e9_l=80)
        platelets, haemoglobin = selectors.laboratory_of(patient)
        assert (platelets.value, platelets.on, platelets.by, platelets.at) == (80, TODAY - timedelta(days=3), amara.display_name, DAY)
        assert (haemoglobin.value, haemoglobin.on) == (None, None)

    def test_when_the_patient_answers_anew(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, platelets_10e9_l=80)
        draft = services.open_draft(patient=patient, by=DESK, at=DAY + timedelta(hours=1))
        Intake.objects.filter(pk=draft.pk).update(answers={"pregnancy": "no", "fitzpatrick": "II"})
        services.submit_intake(intake=draft, by=DESK, at=DAY + timedelta(hours=2), today=TODAY)
        assert fired(patient) == [("E08", "ABSOLUTE", None)]
        assert selectors.laboratory_of(patient)[0].by == amara.display_name

    def test_when_they_come_while_the_patient_answers(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        draft = services.open_draft(patient=patient, by=DESK, at=DAY - timedelta(hours=1))
        Intake.objects.filter(pk=draft.pk).update(answers={"pregnancy": "no", "fitzpatrick": "II"}, extras={"notes": {"interpreter": "Dari"}})
        note(patient, amara, platelets_10e9_l=80)
        draft.refresh_from_db()
        assert draft.extras == {"notes": {"interpreter": "Dari"}}
        services.submit_intake(intake=draft, by=DESK, at=DAY + timedelta(hours=2), today=TODAY)
        assert fired(patient) == [("E08", "ABSOLUTE", None)]

    def test_one_value_keeps_the_other(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, on=TODAY - timedelta(days=30), platelets_10e9_l=80, hb_g_dl=9)
        note(patient, amara, platelets_10e9_l=240)
        assert [(row.value, row.on) for row in selectors.laboratory_of(patient)] == [(240, TODAY - timedelta(days=3)), (9, TODAY - timedelta(days=30))]

    def test_the_same_value_of_a_later_day_is_a_new_test(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, on=TODAY - timedelta(days=30), hb_g_dl=13)
        note(patient, amara, on=TODAY, hb_g_dl=13)
        assert selectors.laboratory_of(patient)[1].on == TODAY

    def test_until_taken_back_with_a_reason(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, platelets_10e9_l=80)
        with pytest.raises(Refused):
            services.take_back_laboratory(patient=patient, reason=" ", staff=amara, by=Actor.of_staff(amara), at=DAY)
        services.take_back_laboratory(patient=patient, reason="another patient's paper", staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert fired(patient) == [] and [row.value for row in selectors.laboratory_of(patient)] == [None, None]


class TestTakenBack:
    """One entry goes, and what stood before it counts again."""

    def back(self, patient: Patient, staff: Staff, test: str = "", hours: int = 9) -> None:
        services.take_back_laboratory(patient=patient, reason="wrong paper", staff=staff, by=Actor.of_staff(staff), at=DAY + timedelta(hours=hours), test=test)

    def values(self, patient: Patient) -> list[tuple[float | None, date | None]]:
        return [(row.value, row.on) for row in selectors.laboratory_of(patient)]

    def test_the_other_test_stays(self, site: Site, amara: Staff) -> None:
        patient, first = make_ready(site), TODAY - timedelta(days=30)
        note(patient, amara, first, platelets_10e9_l=80)
        note(patient, amara, TODAY, hb_g_dl=9.0)
        assert [str(one) for one in blood_tests_in(selectors.latest_answers(patient))] == ["Haemoglobin 9 g/dL", "Platelets 80 × 10⁹/L"]
        self.back(patient, amara)
        assert fired(patient) == [("E08", "ABSOLUTE", None)] and self.values(patient) == [(80, first), (None, None)]

    def test_the_one_that_was_named_goes(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, TODAY - timedelta(days=30), platelets_10e9_l=80)
        note(patient, amara, TODAY, hb_g_dl=9.0)
        self.back(patient, amara, blood_tests_in(selectors.latest_answers(patient))[1].name)
        assert self.values(patient) == [(None, None), (9.0, TODAY)] and fired(patient) == []

    def test_what_it_replaced_counts_again(self, site: Site, amara: Staff) -> None:
        patient, first = make_ready(site), TODAY - timedelta(days=30)
        note(patient, amara, first, platelets_10e9_l=80, hb_g_dl=9.5)
        note(patient, amara, TODAY, platelets_10e9_l=240)
        assert fired(patient) == []
        self.back(patient, amara)
        assert fired(patient) == [("E08", "ABSOLUTE", None)] and self.values(patient) == [(80, first), (9.5, first)]
        assert selectors.laboratory_of(patient)[0].by == amara.display_name
        self.back(patient, amara, hours=10)
        assert self.values(patient) == [(None, None), (None, None)]

    def test_a_mistake_under_a_newer_test_does_not_come_back(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, TODAY - timedelta(days=30), platelets_10e9_l=80, hb_g_dl=9.5)
        note(patient, amara, TODAY, platelets_10e9_l=240)
        newer, older = blood_tests_in(selectors.latest_answers(patient))
        self.back(patient, amara, older.name)
        assert self.values(patient) == [(240, TODAY), (None, None)]
        self.back(patient, amara, newer.name, hours=10)
        assert self.values(patient) == [(None, None), (None, None)]
        with pytest.raises(Refused):
            self.back(patient, amara, newer.name, hours=11)

    def test_also_after_the_patient_answered_anew(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, TODAY - timedelta(days=30), platelets_10e9_l=80)
        note(patient, amara, TODAY, platelets_10e9_l=240)
        draft = services.open_draft(patient=patient, by=DESK, at=DAY + timedelta(hours=1))
        Intake.objects.filter(pk=draft.pk).update(answers={"pregnancy": "no", "fitzpatrick": "II"})
        services.submit_intake(intake=draft, by=DESK, at=DAY + timedelta(hours=2), today=TODAY)
        self.back(patient, amara)
        assert fired(patient) == [("E08", "ABSOLUTE", None)]

    def test_one_that_is_gone_is_refused(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        note(patient, amara, TODAY, hb_g_dl=9.0)
        with pytest.raises(services.EntryGone):
            self.back(patient, amara, "2026-01-01 2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("on", "values", "field"),
    [(TODAY, {}, "platelets_10e9_l"), (TODAY + timedelta(days=1), {"hb_g_dl": 13}, "on"), (date(1980, 1, 1), {"hb_g_dl": 13}, "on"), (TODAY - timedelta(days=9), {"hb_g_dl": 13}, "on")],
)
def test_what_can_t_be_is_refused(site: Site, amara: Staff, on: date, values: dict[str, float], field: str) -> None:
    patient = make_ready(site)
    note(patient, amara, on=TODAY - timedelta(days=8), hb_g_dl=12)
    with pytest.raises(Refused) as no:
        note(patient, amara, on=on, **values)
    assert no.value.field == field
    assert selectors.laboratory_of(patient)[1].value == 12


@pytest.mark.parametrize("page", ["desk:patient_overview", "patients:screening"])
def test_who_answered_is_said_as_it_was_before(page: str, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    """A blood test is a new set of answers, and the patient is still the one who gave them; so is the paper that they came on."""
    patient = make_ready(site)
    note(patient, amara, hb_g_dl=12.0)
    url, client = reverse(page, args=[patient.uuid]), client_as(amara)
    with time_machine.travel(DAY, tick=False):
        assert "typed by staff" not in client.get(url).content.decode()
        Intake.objects.filter(extras={}).update(answered_by="paper", paper_on=TODAY, typed_by="Rosa Lind")
        shown = client.get(url).content.decode()
    assert "rom paper" in shown and "Rosa Lind" in shown


class TestThePage:
    @pytest.fixture(autouse=True)
    def _clock(self) -> Any:
        with time_machine.travel(DAY + timedelta(minutes=1), tick=False):
            yield

    def test_notes_and_shows_them(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        patient, client = make_ready(site), client_as(amara)
        page, url = (reverse(f"patients:{name}", args=[patient.uuid]) for name in ("screening", "laboratory"))
        assert client.get(page).content.decode().count("not measured") >= 2
        sent = {"subject": str(patient.uuid), "platelets_10e9_l": "80", "tested_on": "2026-02-27"}
        assert client.post(url, sent).status_code == 302
        shown = client.get(page).content.decode()
        assert "80 × 10⁹/L" in shown and "27 Feb 2026" in shown and "E08" in shown
        assert client.post(url, {"subject": str(patient.uuid), "do": "back", "reason": "wrong paper"}).status_code == 302
        assert "80 × 10⁹/L" not in client.get(page).content.decode()

    def test_each_test_is_taken_back_by_itself(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        patient, client = make_ready(site), client_as(amara)
        page, url = (reverse(f"patients:{name}", args=[patient.uuid]) for name in ("screening", "laboratory"))
        note(patient, amara, TODAY - timedelta(days=30), platelets_10e9_l=80)
        note(patient, amara, TODAY, hb_g_dl=9.0)
        older = blood_tests_in(selectors.latest_answers(patient))[1].name
        sent = {"subject": str(patient.uuid), "do": "back", "test": older}
        wrong = client.post(url, sent | {"reason": ""})
        assert wrong.status_code == 422 and "Give a reason" in wrong.content.decode()
        assert client.post(url, sent | {"reason": "wrong paper"}).status_code == 302
        shown = client.get(page).content.decode()
        assert "9 g/dL" in shown and "80 × 10⁹/L" not in shown
        assert "does not count any more" in client.post(url, sent | {"reason": "again"}, follow=True).content.decode()

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [({"hb_g_dl": "130", "tested_on": "2026-02-27"}, "This is not in g/dL"), ({"hb_g_dl": "13"}, "When was the blood taken?"), ({"tested_on": "2026-02-27"}, "Give one value at least"),
         ({"hb_g_dl": "13", "tested_on": "2026-03-09"}, "A day from birth until today")],
    )  # fmt: skip
    def test_says_what_is_wrong_beside_the_field(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client], wrong: dict[str, str], words: str) -> None:
        patient = make_ready(site)
        answer = client_as(amara).post(reverse("patients:laboratory", args=[patient.uuid]), {"subject": str(patient.uuid), **wrong})
        assert answer.status_code == 422 and words in answer.content.decode()
        assert [row.value for row in selectors.laboratory_of(patient)] == [None, None]

"""Answers that staff type for the patient are marked so, also when the patient began them; and what is known of earlier treatments stays."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Site, Staff
from patients import selectors
from patients import services as people
from patients.forms.intake.more import MoreForm
from patients.models import Intake, Patient
from patients.questions import pages_for
from patients.questions import walk as way
from patients.selectors.words import lines_of
from tests.patients.walking import HEALTHY, NONE, phone, walk
from tests.treatments.make import DAY, DESK

SignIn = Callable[[Staff], Client]


@pytest.fixture
def ana(site: Site) -> Any:
    with time_machine.travel(DAY, tick=False):
        data = people.PersonData("Ana", "Ruiz", birth_on=date(1985, 3, 27), sex="female", email="ana@p.example")
        yield people.register_patient(data=data, site=site, by=DESK, at=DAY)


def type_in(client: Client, patient: Patient, *, until: str = "") -> None:
    """Staff go on with the draft, screen by screen; to the end, or until a screen of that name has been typed."""
    overview = client.get(reverse("patients:intake_page", args=[patient.uuid, "hair"])).content.decode()
    subject = dict(re.findall(r'name="(subject)" value="([^"]+)"', overview))
    for _screen in range(40):
        draft = Intake.objects.get(patient=patient)
        left = way.missing(way.steps(pages_for(patient.sex), draft.extras), draft.pages_done)
        if not left:
            client.post(reverse("patients:intake_consent", args=[patient.uuid]), {"then": "talk"} | subject)
            return
        name = left[0].name
        assert client.post(reverse("patients:intake_page", args=[patient.uuid, name]), (HEALTHY.get(name) or NONE) | subject).status_code == 302
        if name == until:
            return


def begin(patient: Patient) -> Client:
    mine = phone(patient)
    mine.get("/l/intake/", follow=True)
    mine.post("/l/intake/about/", HEALTHY["about"], follow=True)
    assert Intake.objects.get(patient=patient).answered_by == "patient"
    return mine


@pytest.mark.django_db
class TestOnBehalf:
    def test_a_draft_that_the_patient_began_and_a_clinician_finished(self, ana: Patient, amara: Staff, client_as: SignIn) -> None:
        begin(ana)
        client = client_as(amara)
        type_in(client, ana)
        intake = Intake.objects.get(patient=ana)
        assert (intake.state, intake.answered_by, intake.typed_by) == ("submitted", "staff", "Dr Amara Osei")
        page = client.get(reverse("patients:screening", args=[ana.uuid])).content.decode()
        overview = client.get(reverse("desk:patient_overview", args=[ana.uuid])).content.decode()
        assert "begun by the patient" in page and "begun by the patient" in overview and "by the patient · " not in page

    def test_a_part_that_a_clinician_typed_before_the_patient_went_on(self, ana: Patient, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
        mine, client = begin(ana), client_as(amara)
        type_in(client, ana, until="hair")
        assert Intake.objects.get(patient=ana).answered_by == "patient"  # the desk may still not read what the patient began
        assert client_as(rosa).get(reverse("patients:intake_page", args=[ana.uuid, "hair"])).status_code >= 400
        walk(mine)
        mine.post("/l/intake/consent/", {"then": "talk"})
        intake = Intake.objects.get(patient=ana)
        assert (intake.state, intake.answered_by, intake.typed_by) == ("submitted", "patient", "Dr Amara Osei")
        assert "typed in part by Dr Amara Osei" in client.get(reverse("patients:screening", args=[ana.uuid])).content.decode()

    def test_the_patient_alone_is_the_patient(self, ana: Patient) -> None:
        mine = begin(ana)
        walk(mine)
        mine.post("/l/intake/consent/", {"then": "talk"})
        intake = Intake.objects.get(patient=ana)
        assert (intake.state, intake.answered_by, intake.typed_by) == ("submitted", "patient", "")


PAGE, ROW = next((page, row) for page in pages_for("female") for row in page.rows if row.kind == "procedures")


def elsewhere(**data: str) -> Any:
    """What the form makes of a needling of 25 February and what is ticked beside it."""
    form = MoreForm(data, page=PAGE, was_done=False, answers={}, extras={"ticked": {PAGE.name: [ROW.key]}}, today=date(2026, 3, 2), born=date(1985, 3, 27))
    assert form.is_valid(), form.errors
    return form.saved()


NEEDLING = {f"{ROW.key}_0_kind": "needling", f"{ROW.key}_0_on_0": "25", f"{ROW.key}_0_on_1": "2", f"{ROW.key}_0_on_2": "2026"}
UNKNOWN = {f"{ROW.key}_unknown": "on"}


class TestTreatmentsElsewhere:
    @pytest.mark.parametrize(
        ("data", "answer"),
        [(NEEDLING, [{"kind": "needling", "on": "2026-02-25"}]), (NEEDLING | UNKNOWN, [{"kind": "needling", "on": "2026-02-25"}]), (UNKNOWN, None)],
    )
    def test_what_is_known_stays(self, data: dict[str, str], answer: Any) -> None:
        saved = elsewhere(**data)
        assert saved.answers[ROW.key] == answer and bool(saved.notes[f"{ROW.key}_unknown"]) is (UNKNOWN.items() <= data.items())

    @pytest.mark.django_db
    def test_it_defers_until_day_28_and_then_the_other_is_still_missing(self, ana: Patient) -> None:
        saved = elsewhere(**NEEDLING, **UNKNOWN)
        draft = people.open_draft(patient=ana, by=DESK, at=DAY)
        draft = people.save_intake_page(
            intake=draft, page="x", answers={"fitzpatrick": "II", "pregnancy": "no"} | saved.answers, drop=set(), extras={"notes": saved.notes}, by=DESK, at=DAY
        )
        people.submit_intake(intake=draft, by=DESK, at=DAY, today=DAY.date())
        said = [self.e27(ana, date(2026, 2, 25) + timedelta(days=days)) for days in (5, 27, 28, 60)]
        assert said == ["DEFER", "DEFER", "INCOMPLETE", "INCOMPLETE"]
        words = " ".join(str(text) for _label, text in lines_of(ROW, selectors.latest_answers(ana)))  # type: ignore[arg-type]
        assert "25 Feb 2026" in words and "I do not know which, or when" in words

    def e27(self, patient: Patient, on: date) -> str:
        return next((t["class"] for t in selectors.eligibility_on(patient, as_of=on).triggers if t["rule"] == "E27"), "")

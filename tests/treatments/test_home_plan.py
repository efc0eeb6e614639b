"""S22 on its page: at its boundary in its words, for a form and a crafted POST alike; approved by name, kept with the numbers of its day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.roles import OperatorRole
from desk.fhir import bundle_of, checked
from tests.treatments.make import DAY, make_patient
from treatments import selectors, services
from treatments.models import HomePlan, SessionPolicy
from treatments.rules.texts import RULES

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
WORDS = RULES["S22"].words
SAID = {"BLOCK": WORDS, "NOTE": "Within 1.00 mm and 1 a week, approved by name."}
GOOD = {"device_type": "roller", "device_name": "Roller B", "length_mm": "0.50", "every_days": "7", "approved": "on"}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def patient(site: Site) -> Any:
    return make_patient(site)


def sent(client: Client, patient: Any, *, typing: bool = False, **changes: Any) -> Any:
    """The form as its page sends it, or (`typing`) as the page asks while it is filled."""
    data = {"subject": str(patient.uuid)} | {name: value for name, value in (GOOD | changes).items() if value is not None}
    headers = {"HX-Request": "true"} if typing else {}
    return client.post(reverse("treatments:home_plan", args=[patient.uuid]), data, headers=headers)


BOUNDARY = [
    pytest.param({"length_mm": "1.00"}, "NOTE", id="1.00 mm"),
    pytest.param({"length_mm": "1.01"}, "BLOCK", id="1.01 mm"),
    pytest.param({"length_mm": "1.50"}, "BLOCK", id="1.50 mm never at home"),
    pytest.param({"every_days": "7"}, "NOTE", id="weekly"),
    pytest.param({"every_days": "8"}, "NOTE", id="less than weekly"),
    pytest.param({"every_days": "6"}, "BLOCK", id="more than weekly"),
    pytest.param({"approved": None}, "BLOCK", id="no approver"),
]


class TestTheBoundary:
    @pytest.mark.parametrize(("changes", "severity"), BOUNDARY)
    def test_while_typing_the_rule_is_shown_and_nothing_is_kept(self, patient: Any, amara: Staff, client_as: SignIn, changes: dict[str, Any], severity: str) -> None:
        answer = sent(client_as(amara), patient, typing=True, **changes)
        page = answer.content.decode()
        assert answer.status_code == 200 and f'data-severity="{severity}"' in page
        assert {words: words in page for words in SAID.values()} == {words: words == SAID[severity] for words in SAID.values()}
        assert not HomePlan.objects.exists()

    @pytest.mark.parametrize(("changes", "severity"), BOUNDARY)
    def test_a_post_records_it_or_is_refused_in_the_same_words(self, patient: Any, amara: Staff, client_as: SignIn, changes: dict[str, Any], severity: str) -> None:
        answer = sent(client_as(amara), patient, **changes)
        if severity == "BLOCK":
            page = answer.content.decode()
            assert answer.status_code == 422 and WORDS in page and 'value="Roller B"' in page
            assert not HomePlan.objects.exists()
            return
        assert answer.status_code == 302
        plan = HomePlan.objects.get()
        assert (plan.approved_by, plan.judged["result"]["results"]) == (amara, [{"rule": "S22", "severity": "NOTE"}])

    @pytest.mark.parametrize("field", ["operator_role", "credential_expires_on"])
    def test_who_may_not_needle_can_not_approve(self, patient: Any, amara: Staff, client_as: SignIn, field: str) -> None:
        value: Any = {"operator_role": OperatorRole.AESTHETICIAN, "credential_expires_on": DAY.date().replace(day=1)}[field]
        Staff.objects.filter(pk=amara.pk).update(**{field: value})
        answer = sent(client_as(amara), patient)
        assert answer.status_code == 422 and "does not allow you to approve" in answer.content.decode() and WORDS in answer.content.decode()
        assert not HomePlan.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [({"length_mm": ""}, "Give the length"), ({"length_mm": "0.505"}, "Two decimals at most"), ({"length_mm": "NaN"}, "Enter a number"), ({"every_days": "0"}, "greater than or equal to 1"), ({"device_name": ""}, "Say which device"), ({"device_type": "radiofrequency"}, "valid choice")],
    )  # fmt: skip
    def test_what_is_no_plan_is_said_beside_its_field(self, patient: Any, amara: Staff, client_as: SignIn, changes: dict[str, Any], words: str) -> None:
        answer = sent(client_as(amara), patient, **changes)
        assert answer.status_code == 422 and words in answer.content.decode()
        assert not HomePlan.objects.exists()


class TestOnePlanRuns:
    def test_another_replaces_it_and_an_end_has_its_reason(self, patient: Any, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        assert sent(client, patient).status_code == 302
        assert sent(client, patient, length_mm="0.25").status_code == 302
        end = reverse("treatments:end_home_plan", args=[patient.uuid])
        assert client.post(end, {"subject": str(patient.uuid), "text": " "}).status_code == 422
        assert client.post(end, {"subject": str(patient.uuid), "text": "irritated"}).status_code == 302
        assert client.post(end, {"subject": str(patient.uuid), "text": "twice"}).status_code == 422
        assert [(plan.length_mm, plan.end_reason) for plan in HomePlan.objects.order_by("pk")] == [("0.50", "replaced by a new plan"), ("0.25", "irritated")]
        page = client.get(reverse("treatments:home_plan", args=[patient.uuid])).content.decode()
        assert "Earlier plans" in page and "irritated" in page and "There is none unless" in page

    def test_the_table_holds_one(self, patient: Any, amara: Staff) -> None:
        by = Actor.of_staff(amara)
        entry = services.home.HomeEntry("roller", "Roller B", 50, 7, True)
        plan = services.home.record_home_plan(patient=patient, entry=entry, staff=amara, by=by, at=DAY)
        plan.pk, plan.uuid = None, "00000000-0000-0000-0000-000000000001"
        with pytest.raises(IntegrityError), transaction.atomic():
            plan.save(force_insert=True)

    def test_not_by_the_desk(self, patient: Any, rosa: Staff, client_as: SignIn) -> None:
        assert sent(client_as(rosa), patient).status_code == 403
        assert client_as(rosa).get(reverse("treatments:home_plan", args=[patient.uuid])).status_code == 403

    def test_not_for_another_patient(self, patient: Any, amara: Staff, client_as: SignIn) -> None:
        assert sent(client_as(amara), patient, subject="00000000-0000-0000-0000-000000000001").status_code == 409
        assert not HomePlan.objects.exists()


class TestTheClinicsOwnNumbers:
    def test_a_plan_keeps_the_numbers_of_its_day(self, patient: Any, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        assert sent(client, patient, length_mm="1.00").status_code == 302
        SessionPolicy.objects.create(version=1, values={"home_most_depth": 50}, proposed_by="Max", approved_by="Amara", at=DAY)
        assert selectors.policy().home_most_depth == 50
        page = client.get(reverse("treatments:home_plan", args=[patient.uuid])).content.decode()
        assert "Within 1.00 mm and 1 a week, approved by name." in page and "Never above 0.50 mm" in page
        assert sent(client, patient, length_mm="0.51").status_code == 422
        assert HomePlan.objects.get(ended_at=None).length_mm == "1.00"


def test_the_overview_the_timeline_and_the_record_as_a_file_have_it(patient: Any, amara: Staff, client_as: SignIn) -> None:
    client = client_as(amara)
    assert sent(client, patient, note="vertex only").status_code == 302
    later = DAY + timedelta(minutes=1)
    with time_machine.travel(later, tick=False):
        page = client.get(reverse("desk:patient_overview", args=[patient.uuid])).content.decode()
        bundle = bundle_of(patient, at=later)
        checked(bundle)
    assert [e["resource"]["title"] for e in bundle["entry"] if e["resource"]["resourceType"] == "CarePlan"] == ["Needling at home"]
    assert "Needling at home" in page and "0.50 mm, every 7 days" in page and "Home plan, 0.50 mm every 7 days" in page

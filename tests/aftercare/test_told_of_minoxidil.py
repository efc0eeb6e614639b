"""T17 and T28 go by what the patient was told about minoxidil: by the plan (decision 0041), not by a record that changed since."""

from datetime import timedelta
from typing import Any

import pytest

from aftercare import selectors, services
from aftercare.models import CheckInResponse, Plan
from aftercare.rules.aftercare import Done
from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Intake
from tests.aftercare.make import ENDED, make_plan, make_response, may_use_minoxidil
from treatments.models import TreatmentSession

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def used_after_three_hours(plan: Plan, **more: Any) -> CheckInResponse:
    """The first check-in: minoxidil three hours after the session."""
    check_in = plan.check_ins.order_by("opens_at")[0]
    return make_response(check_in, at=ENDED + 24 * HOUR, products_used=[{"kind": "minoxidil", "hoursAfter": 3}], **more)


def rules_of(response: CheckInResponse) -> set[str]:
    return {rule["rule"] for rule in response.rules}


def ticked_later(plan: Plan) -> Plan:
    """The record says since that a prescriber allowed it; the patient had been told to wait."""
    TreatmentSession.objects.filter(pk=plan.session_id).update(minoxidil_early_allowed=True)
    return Plan.objects.get(pk=plan.pk)


def test_told_that_it_is_allowed_it_is_no_forbidden_product(site: Site, amara: Staff) -> None:
    plan = may_use_minoxidil(make_plan(site, amara))
    services.replan_aftercare(plan=plan, done=Done(0, (), True), reason="A prescriber allowed it", by=Actor.of_staff(amara), at=ENDED + HOUR)
    plan = Plan.objects.get(pk=plan.pk)
    assert selectors.instructions_of(plan, at=ENDED + 2 * HOUR).minoxidil_by_prescriber
    assert not {"T17", "T28"} & rules_of(used_after_three_hours(plan))


def test_told_to_wait_it_is_one_whatever_the_record_says_since(site: Site, amara: Staff) -> None:
    plan = ticked_later(may_use_minoxidil(make_plan(site, amara)))
    assert not selectors.instructions_of(plan, at=ENDED + HOUR).minoxidil_by_prescriber
    assert "T28" in rules_of(used_after_three_hours(plan))


def test_with_burning_it_is_a_call_on_the_same_day(site: Site, amara: Staff) -> None:
    plan = ticked_later(may_use_minoxidil(make_plan(site, amara)))
    response = used_after_three_hours(plan, burning=True)
    assert (response.triage, "T17" in rules_of(response)) == ("SAME_DAY", True)


def test_told_to_ask_a_prescriber_first_it_is_one_too(site: Site, amara: Staff) -> None:
    """Breastfeeding (E06): “ask your prescriber first. Do not use it before that.”"""
    plan = ticked_later(make_plan(site, amara))
    Plan.objects.filter(pk=plan.pk).update(basis=Done(0, (), True).as_json())
    then = ENDED - timedelta(days=2)
    answers = {"fitzpatrick": "II", "pregnancy": "no", "breastfeeding": "yes"}
    Intake.objects.create(patient=plan.patient, state="submitted", answers=answers, started_at=then, saved_at=then, submitted_at=then)
    plan = Plan.objects.get(pk=plan.pk)
    assert selectors.instructions_of(plan, at=ENDED + HOUR).ask_about_minoxidil
    response = used_after_three_hours(plan, burning=True)
    assert (response.triage, "T17" in rules_of(response)) == ("SAME_DAY", True)

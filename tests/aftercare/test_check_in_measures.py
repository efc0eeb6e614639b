"""Pain and satisfaction of the check-ins are measures of the patient: section 5 of the rules plots them, each by itself."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from aftercare import services
from clinic.audit import Actor
from clinic.models import Site, Staff
from desk import selectors as desk
from tests.aftercare.make import make_draft, make_plan, make_response
from treatments.models import Measurement
from treatments.selectors.results import results_of

pytestmark = pytest.mark.django_db


def test_they_are_on_the_plot_by_the_day_each_in_its_own_panel(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    given: dict[str, dict[str, Any]] = {"check_24h": {"pain": 3}, "check_48h": {"pain": 1}, "check_day7": {"satisfaction": 8}}
    for code, answers in given.items():
        check_in = plan.check_ins.get(code=code)
        make_response(check_in, at=check_in.opens_at + timedelta(hours=1), **answers)
    shown = {str(one.kind): one for one in results_of(plan.patient, at=check_in.opens_at + timedelta(days=1)).shown}
    assert set(shown) == {"pain", "satisfaction"}
    pain = [(line.on, line.value) for line in shown["pain"].lines]
    first = plan.ended_at.date()
    assert pain[:2] == [(first + timedelta(days=1), "3"), (first + timedelta(days=2), "1")]
    assert [line.value for line in shown["satisfaction"].lines] == ["8"]
    assert [len(one.panel.series) for one in shown.values()] == [1, 1]


def test_what_was_not_asked_or_not_said_is_no_nought(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    check_in = plan.check_ins.get(code="check_day14")
    make_response(check_in, at=check_in.opens_at + timedelta(hours=1))
    assert not Measurement.objects.filter(kind="satisfaction").exists()


def test_an_answer_on_the_phone_names_who_typed_it_and_stands_once_on_the_timeline(site: Site, amara: Staff) -> None:
    plan, by = make_plan(site, amara), Actor.of_staff(amara)
    check_in = plan.check_ins.get(code="check_24h")
    at = check_in.opens_at + timedelta(hours=1)
    services.answer_for_patient(check_in=make_draft(check_in, pain=2), by=by, at=at)
    kept = Measurement.objects.get(kind="pain")
    assert (kept.value, kept.measured_at, kept.operator, kept.method) == (Decimal(2), at, amara, "questionnaire")
    assert "measurements" not in {entry.kind for entry in desk.timeline(plan.patient, actor=by, at=at + timedelta(hours=1)).entries}

"""What a patient is told to expect and to wait for follows the clinic's own numbers (J8 “rules as the clinic runs them”)."""

from datetime import timedelta
from typing import Any

import pytest

from aftercare import selectors
from aftercare.models import CheckInPolicy
from clinic.models import Site, Staff
from tests.aftercare.make import ENDED, make_plan, make_response, may_use_minoxidil
from treatments.models import SessionPolicy

pytestmark = pytest.mark.django_db


def _approved(model: Any, **values: float) -> None:
    model.objects.create(version=1, values=values, words={}, reason="x", proposed_by="a", approved_by="b", at=ENDED)


def _normal_until(site: Site, amara: Staff) -> str:
    asked = make_plan(site, amara).check_ins.get(code="check_24h")
    at = ENDED + timedelta(hours=25)
    make_response(asked, at=at, redness=1, redness_trend="better")
    asked.refresh_from_db()
    return selectors.answer_page(asked, at=at).paragraphs[0]


def test_redness_is_normal_until_the_clinic_s_own_hour(site: Site, amara: Staff) -> None:
    _approved(CheckInPolicy, grey_from_hours=30, grey_to_hours=48)
    assert "Wed 4 Mar, 14:30" in _normal_until(site, amara)


def test_without_a_policy_of_its_own_until_anagen_s(site: Site, amara: Staff) -> None:
    assert "Thu 5 Mar, 14:30" in _normal_until(site, amara)


@pytest.mark.parametrize(
    ("model", "values", "code", "hours"),
    [
        (CheckInPolicy, {"topical_hours": 48}, "products", 48), (CheckInPolicy, {"topical_hours": 48}, "minoxidil", 48),
        (SessionPolicy, {"topical_wait_hours": 48}, "products", 48), (CheckInPolicy, {"topical_hours": 12}, "products", 24),
        (CheckInPolicy, {"gentle_hours": 60}, "sun", 60), (CheckInPolicy, {"rest_hours": 96}, "sweat", 96),
    ],
)  # fmt: skip
def test_the_mail_allows_nothing_before_the_rules_do(site: Site, amara: Staff, model: Any, values: dict[str, float], code: str, hours: int) -> None:
    _approved(model, **values)
    found = selectors.instructions_of(may_use_minoxidil(make_plan(site, amara)), at=ENDED)
    assert {wait.code: wait.until for wait in found.waits}[code] == ENDED + timedelta(hours=hours)

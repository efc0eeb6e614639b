"""Pages of an older treatment while the times of a later one run: nothing is allowed too early (RULES section 4, row t+0)."""

from datetime import datetime, timedelta

import time_machine
from django.test import Client
from django.urls import reverse

from aftercare import selectors, services
from aftercare.models import Plan
from clinic.models import Site, Staff
from tests.aftercare.make import ENDED, TASK, make_plan, make_session
from tests.aftercare.test_link_pages import _link, _open

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOURTH = ENDED + 90 * DAY


def _page(plan: Plan, at: datetime) -> str:
    phone: Client = _open(_link("aftercare", plan, "plan", plan, at), at)
    with time_machine.travel(at, tick=False):
        return " ".join(phone.get(reverse("aftercare_links:instructions")).content.decode().split())


def _later(plan: Plan, amara: Staff, *, after: timedelta, number: int = 2) -> Plan:
    session = make_session(plan.session.course, amara, ended_at=ENDED + after, number=number)
    found = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED + after)
    assert found is not None
    return found


def _untils(plan: Plan, at: datetime) -> dict[str, datetime]:
    return {wait.code: wait.until for wait in selectors.instructions_of(plan, at=at).waits}


def test_the_results_link_the_day_after_the_fourth_session_says_what_still_waits(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    fourth = [_later(first, amara, after=days * DAY, number=n) for n, days in ((2, 30), (3, 60), (4, 90))][-1]
    at = FOURTH + 20 * HOUR
    page = _page(first, at)
    assert "The times to wait are over" not in page
    assert _untils(first, at) == _untils(fourth, at)
    assert len(selectors.instructions_of(first, at=at).waiting) == 3
    assert "Your treatment ended Sun 31 May, 15:30. Please wait until these times:" in page  # the treatment that the times come from
    assert "It is time for a review visit" in page, "the results are still asked after the first session's time"
    assert "more than one treatment" not in page


def test_what_only_the_later_instructions_have_is_not_mixed_into_the_older_page(site: Site, amara: Staff) -> None:
    """Its question and its calendar file belong to its own mail: an older answer must not read as one about these times."""
    first = make_plan(site, amara)
    services.note_read(plan=first, taught_back=True, by=TASK, at=ENDED + HOUR)
    _later(first, amara, after=30 * DAY)
    page = _page(first, ENDED + 30 * DAY + HOUR)
    assert "the answer was right" not in page and "from when may you wash" not in page
    assert reverse("aftercare_links:times") not in page


def test_once_the_later_times_are_over_too_the_page_says_so(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    _later(first, amara, after=30 * DAY)
    page = _page(first, ENDED + 30 * DAY + 73 * HOUR)
    assert "Your treatment ended Mon 2 Mar, 14:30. The times to wait are over:" in page


def test_before_the_later_session_nothing_is_known_of_it(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    _later(first, amara, after=30 * DAY)
    assert _untils(first, ENDED + 29 * DAY)["sweat"] == ENDED + 72 * HOUR


def test_a_later_session_that_was_a_mistake_does_not_count(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    services.cancel_plan(plan=_later(first, amara, after=30 * DAY), by=TASK, at=ENDED + 30 * DAY + HOUR)
    assert "The times to wait are over" in _page(first, ENDED + 30 * DAY + 2 * HOUR)


def test_two_treatments_within_days_are_right_on_the_page_of_the_first_as_well(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    at = ENDED + 41 * HOUR
    second = _later(first, amara, after=40 * HOUR)
    assert _untils(first, at) == _untils(second, at)
    page = _page(first, at)
    assert "You had more than one treatment in these days. The times below are right for all of them." in page
    known = selectors.instructions_of(first, at=at)
    assert known.wash_shown == "Thu 5 Mar, 06:30"
    assert f"From {known.wash_shown}" in page, "the right answer to the question is the time on the page"


def test_the_depth_and_the_products_of_the_later_one_stay_its_own(site: Site, amara: Staff) -> None:
    """“On your scalp since the visit”: of this visit, not of another."""
    first = make_plan(site, amara)
    first.basis = {"deepest": 150, "products": [["Panthenol serum", "serum"]], "minoxidil_early": False}
    first.save()
    _later(first, amara, after=30 * DAY)
    at = ENDED + 30 * DAY + HOUR
    assert not selectors.instructions_of(first, at=at).is_deep, "the treatment whose times run was not deep"
    assert "Panthenol serum" not in _page(first, at)
    assert "Panthenol serum" in _page(first, ENDED + HOUR)

"""A red flag ends the questions: whoever ticks it reads whom to call on the very next page, and a clinician knows of it."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from aftercare import pages, selectors, services
from aftercare.models import CheckIn, CheckInResponse, Concern, Plan
from clinic.audit import Actor
from clinic.models import Link, Site, Staff
from tests.aftercare.make import make_hours, make_plan
from tests.aftercare.test_link_pages import DAY1, WELL_TAPS, _done, _link, _open, _page, _tap

DONE = "/l/check-in/done/"


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    make_hours(site)
    return make_plan(site, amara)


@pytest.fixture
def asked(plan: Plan) -> CheckIn:
    return plan.check_ins.get(code="check_24h")


@pytest.fixture
def phone(plan: Plan, asked: CheckIn) -> Client:
    return _open(_link("check_in", plan, "check_in", asked, DAY1), DAY1)


def until_now(**flag: Any) -> list[tuple[str, dict[str, Any]]]:
    """The pages up to the red flags."""
    names = [name for name, _data in WELL_TAPS]
    return [*WELL_TAPS[: names.index("now")], ("now", flag)]


@pytest.mark.parametrize(("flag", "head"), [("breathing_difficulty", "Call 999 now."), ("discharge:pus", "You need to speak to us now.")])
def test_the_next_page_says_whom_to_call_and_the_concern_is_open(phone: Client, asked: CheckIn, flag: str, head: str) -> None:
    answer = _tap(phone, until_now(flag=[flag]))
    assert answer["Location"] == DONE == reverse("aftercare_links:check_in_done")
    concern = Concern.objects.get()
    assert (concern.check_in, concern.level) == (asked, "URGENT")
    body = _done(phone)
    assert head in body and "did not ask the rest" in body


def test_only_what_was_answered_goes_to_the_rules_and_into_the_record(phone: Client) -> None:
    _tap(phone, until_now(flag=["discharge:pus"]))
    response = CheckInResponse.objects.get()
    assert response.asked == [f"Q{n}" for n in range(1, 10)] == response.rule_input["context"]["asked"]
    assert "itch" not in response.answers and response.answers["discharge"] == "pus"


def test_a_swollen_tongue_does_not_wait_for_the_list_of_red_flags(phone: Client, asked: CheckIn) -> None:
    taps = [("redness", {"value": "0"}), ("swelling", {"value": "3"}), ("swelling-site", {"value": "face_lips_tongue"})]
    assert _tap(phone, taps)["Location"] == DONE
    assert "Call 999 now." in _done(phone)
    lines = selectors.answers_in_words(CheckIn.objects.get(pk=asked.pk)).lines
    assert [line.answer for line in lines][-1] == "The questions ended here: what was ticked is urgent."
    assert "None" not in [line.answer for line in lines], "red flags that were not asked are not answered “none”"


def test_a_pain_of_ten_does_not_wait_for_better_or_worse(phone: Client) -> None:
    taps = [("redness", {"value": "0"}), ("swelling", {"value": "0"}), ("pain", {"value": "10"})]
    assert _tap(phone, taps)["Location"] == DONE
    response = CheckInResponse.objects.get()
    assert (response.triage, response.asked, Concern.objects.get().level) == ("URGENT", ["Q1", "Q2", "Q3"], "URGENT")


def test_the_link_is_used_up_and_a_late_tap_lands_on_the_same_page(phone: Client) -> None:
    _tap(phone, until_now(flag=["discharge:pus"]))
    assert Link.objects.get(purpose="check_in").consumed_at is not None
    with time_machine.travel(DAY1, tick=False):
        late = phone.post(_page("itch"), {"value": "0"}, follow=True)
    assert late.redirect_chain[-1][0] == DONE and CheckInResponse.objects.count() == Concern.objects.count() == 1


@pytest.mark.parametrize("data", [{"none": "1"}, {"flag": ["Q7:unsure"]}, {"flag": ["bleeding:spots"]}])
def test_what_is_not_urgent_goes_on(phone: Client, data: dict[str, Any]) -> None:
    assert _tap(phone, until_now(**data))["Location"] == _page("itch")
    assert not CheckInResponse.objects.exists() and not Concern.objects.exists()


def test_pages_missing_are_still_missing_without_a_red_flag(phone: Client, asked: CheckIn) -> None:
    _tap(phone, until_now(none="1"))
    asked.refresh_from_db()
    with pytest.raises(services.PagesMissing):
        services.submit_check_in(check_in=asked, by=Actor.of_task("test"), at=DAY1)


def test_a_clinician_on_the_phone_hears_the_rest(asked: CheckIn, amara: Staff) -> None:
    by = Actor.of_staff(amara)
    saved = asked
    for page in ("redness", "swelling", "pain", "burning", "now"):
        values = {"redness": 0, "swelling": 0, "pain": 0, "burning": False, "discharge": "pus"}
        saved = services.save_page(check_in=saved, page=page, values=values, by=by, at=DAY1)
    assert not CheckInResponse.objects.exists()


class TestAskedSoFar:
    """Which questions have an answer."""

    ASKED = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9", "Q10", "Q13")

    def test_a_follow_up_that_is_open_keeps_nothing_back(self) -> None:
        draft = {"answers": {"redness": 2, "swelling": 0}, "done": ["redness", "swelling"]}
        assert pages.asked_so_far(self.ASKED, draft) == ["Q1", "Q2"]
        assert pages.flags_not_reached(self.ASKED, draft) == [f"Q{n}" for n in range(4, 10)]

    def test_the_red_flags_come_together(self) -> None:
        draft = {"answers": {"redness": 0}, "done": ["redness", "now"]}
        assert pages.asked_so_far(self.ASKED, draft) == ["Q1", *[f"Q{n}" for n in range(4, 10)]]

    def test_nothing_at_first_and_all_at_the_end(self) -> None:
        assert pages.asked_so_far(self.ASKED, {}) == []
        done = [page.name for page in pages.PAGES]
        assert pages.asked_so_far(self.ASKED, {"answers": {}, "done": done}) == list(self.ASKED)

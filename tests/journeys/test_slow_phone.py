"""The intake on a slow phone (processor slowed four times, “Slow 4G”), from the running stack: little weight, few requests, soon there.

Weight and requests are exact. A time depends on the machine: it is compared with an empty page loaded on the same phone in
the same minute, which already costs a connection and a round trip, and is printed (`pytest -s`).
"""

from datetime import date

import pytest
from playwright.sync_api import Browser

from scripts.slow_phone import measured, slowed, times
from tests.journeys.conftest import Clinic, Visitor, link_in

pytestmark = pytest.mark.journey
MOST_BYTES, MOST_REQUESTS = 100_000, 8
MOST_TIMES_AN_EMPTY_PAGE = 4
BORN = date(1990, 2, 3)


def _questions_for(clinic: Clinic, at_desk: Visitor, address: str) -> str:
    """The link that a newly registered patient gets."""
    at_desk.sign_in("rosa").go("/patients/register/")
    fields = {"given_name": "Slow", "family_name": "Connection", "email": address, "birth_on_0": "3", "birth_on_1": "2", "birth_on_2": "1990"}
    for name, value in fields.items():
        at_desk.page.fill(f"input[name={name}]", value)
    at_desk.page.select_option("select[name=sex]", "male")
    at_desk.press("Save and send")
    return link_in(clinic.mail_to(address, "some questions", seconds=90))


def test_the_intake_is_light_and_answers_soon_on_a_slow_phone(clinic: Clinic, chromium: Browser, at_desk: Visitor) -> None:
    link = _questions_for(clinic, at_desk, "slow.phone@patients.example")
    empty = measured(chromium, f"{clinic.base}/healthz")
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    sizes, responses = slowed(context, page)

    page.goto(link, wait_until="load")
    page.wait_for_timeout(500)
    cold = times(page)
    loaded = f"{sum(sizes)} bytes in {len(responses)} requests"
    assert sum(sizes) < MOST_BYTES, (sum(sizes), [response["url"] for response in responses])
    assert len(responses) <= MOST_REQUESTS, [response["url"] for response in responses]
    packed = {response["url"].rsplit("/", 1)[-1]: {k.lower(): v for k, v in response["headers"].items()} for response in responses if "/static/" in response["url"]}
    texts = {name: headers for name, headers in packed.items() if name.endswith((".css", ".js"))}
    assert texts and {name for name, headers in texts.items() if headers.get("content-encoding") not in {"br", "gzip"}} == set()
    assert {name for name, headers in packed.items() if "immutable" not in headers.get("cache-control", "")} == set()

    for name, value in (("day", BORN.day), ("month", BORN.month), ("year", BORN.year)):
        page.fill(f"input[name={name}]", str(value))
    sizes.clear()
    responses.clear()
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").click()
    page.wait_for_timeout(500)
    warm = times(page)
    assert page.get_by_role("heading", name="About you").count() == 1
    assert sum(sizes) < 20_000 and len([size for size in sizes if size]) <= 2, sizes  # the page alone: all else is kept
    context.close()

    print(f"\nempty page {empty}; first page {loaded} {cold}; first question {sum(sizes)} bytes {warm}")
    for found in (cold, warm):
        assert found["answers"] <= MOST_TIMES_AN_EMPTY_PAGE * max(empty["answers"], 500), (found, empty)

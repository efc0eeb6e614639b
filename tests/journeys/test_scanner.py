"""R29 and R27 in a real browser: what a mail scanner or a preview does with a link (GET, HEAD, prefetch, all scripts run, every box looked at) changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, Request

from clinic import links
from clinic.models import Site, Staff
from tests.aftercare.make import TASK, make_plan
from tests.clinic.test_links import _fingerprint

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def addresses(site: Site, amara: Staff) -> list[str]:
    """A link of every purpose, and the one that a mail program posts to when invitations are stopped."""
    plan = make_plan(site, amara, at=timezone.now(), ended_at=timezone.now())
    made = []
    for purpose in sorted(links.PURPOSES):
        link = links.make_link(
            purpose=purpose, site=site, patient_uuid=plan.patient.uuid, birth_on=plan.patient.birth_on, language="en", subject_kind=purpose,
            subject_uuid=plan.uuid, by=TASK, at=timezone.now(),
        )  # fmt: skip
        made.append(f"/l/{links.mint_token(link, at=timezone.now())}/")
        if purpose == "preferences":
            made.append(f"/l/stop/{links.mint_token(link, at=timezone.now())}/")
    return made


@pytest.fixture
def scanner(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(extra_http_headers={"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"})
    yield context.new_page()
    context.close()


def test_r29_a_scanner_that_runs_every_script_changes_nothing(live_server: Any, scanner: Page, addresses: list[str]) -> None:
    asked: list[Request] = []
    scanner.on("request", lambda request: asked.append(request))
    assert len(addresses) == len(links.PURPOSES) + 1
    before = _fingerprint()
    for address in addresses:
        cache.clear()
        scanner.request.head(live_server.url + address)
        scanner.request.get(live_server.url + address)
        answer = scanner.goto(live_server.url + address, wait_until="networkidle")
        assert answer is not None and answer.status == 200, address
        for box in scanner.locator("main input:not([type=hidden]), main button, main a").all():
            box.hover(timeout=2000)
            box.focus()
    scanner.wait_for_timeout(5000)
    assert {request.method for request in asked} == {"GET"}
    assert {request.url.split("/", 3)[2] for request in asked} == {live_server.url.split("/", 3)[2]}, "nobody else is asked for anything"
    assert {cookie.get("name") for cookie in scanner.context.cookies()} <= {settings.CSRF_COOKIE_NAME}, "no visit, no session"
    assert _fingerprint() == before


def test_r29_the_same_links_still_open_for_the_patient(live_server: Any, scanner: Page, addresses: list[str]) -> None:
    for address in addresses:
        cache.clear()
        scanner.goto(live_server.url + address)
    for address in addresses:
        cache.clear()
        person = Client()
        if "/stop/" not in address:
            assert person.post(address, {"day": "27", "month": "3", "year": "1985"}).status_code == 302, address


def test_the_look_at_the_tables_would_notice(live_server: Any, addresses: list[str]) -> None:
    before = _fingerprint()
    cache.clear()
    Client().post(addresses[0], {"day": "27", "month": "3", "year": "1985"})
    assert _fingerprint() != before

"""A session page in real Chromium, in front of the app in this process: states are built with the services, time can be set."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.core.cache import cache
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from clinic.models import Site, Staff
from clinic.roles import OperatorRole, Role
from tests.treatments.make import DAY
from treatments.models import TreatmentSession

NOW = DAY + timedelta(minutes=5)
PASSWORD = "correct horse battery"
SAVED = "() => document.body.dataset.draft !== 'saving' && document.body.dataset.draft !== 'waiting'"


def make_site() -> Site:
    """Harley site, and its clinic."""
    from clinic.models import Clinic

    clinic = Clinic.objects.first() or Clinic.objects.create(
        name="Riverside Dermatology", reference_phrase="Willow and stone", reply_to="care@riverside.example"
    )
    return Site.objects.create(clinic=clinic, name="Harley site", zone="Europe/London", phone="020 7946 0123", emergency_number="999")


def make_clinician(site: Site, name: str) -> Staff:
    """A doctor of the site who may hold the device."""
    staff = Staff(
        email=f"{name.split()[0].lower()}@riverside.example", name=name, title="Dr", roles=[Role.CLINICIAN.value],
        operator_role=OperatorRole.DERMATOLOGIST, credential_valid=True,
    )  # fmt: skip
    staff.set_password(PASSWORD)
    staff.save()
    staff.sites.add(site)
    return staff


NOTE_BUTTONS = {"Close or open zones": "Note closed zones", "Note the response": "Note the response"}


class Chair:
    """One clinician at one tablet."""

    def __init__(self, browser: Browser, base: str, staff: Staff, width: int = 1024, height: int = 768) -> None:
        cache.clear()  # the clock stands still: all sign-ins of a file fall into one minute, and thirty are the most
        self.context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.base, self.staff = base, staff
        self.noise: list[str] = []
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.goto(f"{base}/accounts/login/")
        self.page.fill("input[name=login]", staff.email)
        self.page.fill("input[name=password]", PASSWORD)
        with self.page.expect_navigation():
            self.page.click("main button[type=submit]")

    def open(self, record: TreatmentSession) -> Page:
        """The record's page."""
        self.page.goto(f"{self.base}/treatments/sessions/{record.uuid}/")
        self.page.wait_for_selector(".presets:not([hidden])")
        return self.page

    def set(self, **fields: Any) -> None:
        """Type, choose, tick; and wait until the draft has reached the server."""
        for name, value in fields.items():
            field = self.page.locator(f"#session-form [name={name}]")
            if isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(str(value))
                field.dispatch_event("change")
        self.settle()

    def tap_zone(self, zone: str) -> None:
        """Where its name stands: a zone's middle may lie in another."""
        name = self.page.locator(f'.scalp-map [data-zone="{zone}"] text').first
        name.scroll_into_view_if_needed()
        box = name.bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def settle(self) -> None:
        """Until the page says that everything is on the server, or why not."""
        self.page.wait_for_function(SAVED)

    def refresh(self) -> None:
        """Ctrl+S: the page asks the rules again."""
        self.page.evaluate("document.body.dataset.draft = 'saving'")
        self.page.keyboard.press("Control+s")
        self.settle()

    def finding(self, rule: str, subject: str = "") -> tuple[str, str] | None:
        """Severity and words of a finding that the page shows; None when it shows none."""
        where = f'#findings .finding[data-rule="{rule}"]' + (f'[data-subject="{subject}"]' if subject else "")
        found = self.page.locator(where).first
        if not found.count():
            return None
        return str(found.get_attribute("data-severity")), found.locator(".finding-words").inner_text()

    def note_on_course(self, record: TreatmentSession, what: str, *, chosen: tuple[str, ...], words: str) -> str:
        """On the course's page open the form with these words, choose exactly these, type how it is known, send. Gives what the page then says."""
        page = self.page
        page.goto(f"{self.base}/treatments/of/{record.patient.uuid}/")
        page.locator("summary").get_by_text(what, exact=True).click()
        form = page.locator("details[open] form", has=page.get_by_role("button", name=NOTE_BUTTONS[what], exact=True))
        for box in form.locator("input[type=checkbox], input[type=radio]").all():
            name = str(box.evaluate("box => box.labels[0].textContent.trim()"))
            if box.get_attribute("type") == "checkbox" or name in chosen:
                form.get_by_label(name, exact=True).set_checked(name in chosen)
        form.locator("input[type=text]").fill(words)
        with page.expect_navigation():
            form.get_by_role("button").click()
        return page.locator("main").inner_text()

    def crafted(self, record: TreatmentSession, step: str) -> int:
        """A POST of a step that skips the form: the status of the answer."""
        token = self.page.locator('meta[name="csrf-token"]').get_attribute("content")
        answer = self.page.request.post(
            f"{self.base}/treatments/sessions/{record.uuid}/{step}/", max_redirects=0,
            form={"csrfmiddlewaretoken": str(token), "subject": str(record.patient.uuid)}, headers={"Referer": self.page.url},
        )  # fmt: skip
        return answer.status


@contextmanager
def clinic_in_process(blocker: Any, fresh: Callable[[], None], at: datetime = NOW) -> Iterator[tuple[str, Any]]:
    """The app on a port of its own, in which time stands still; the database is made anew afterwards."""
    with blocker.unblock(), time_machine.travel(at, tick=False) as clock:
        server = LiveServer("127.0.0.1")
        try:
            yield server.url, clock
        finally:
            server.stop()
            fresh()

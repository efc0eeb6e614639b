"""The whole stack for the journeys: real PostgreSQL, broker, worker, beat, SMTP, web; and a real Chromium."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from desk.demo.cast import PASSWORD
from embedded import pg, stack
from embedded.catcher import read
from embedded.services import TEMPLATE, Services
from embedded.supervisor import ROOT, Supervisor

CHROME = os.environ.get("CHROME_BIN") or shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
          "--use-fake-device-for-media-stream"]  # a camera that shows a test picture; each page still has to be allowed to use it


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: the browser's driver leaves a running loop in this thread, and what is forked under it inherits the test's
    database connection. Without a browser they are skipped, loudly; with REQUIRE_BROWSER=1 that is an error."""
    items.sort(key=lambda item: item.get_closest_marker("journey") is not None)
    if CHROME:
        return
    if os.environ.get("REQUIRE_BROWSER") == "1":
        raise pytest.UsageError("No Chromium found, and REQUIRE_BROWSER=1.")
    for item in items:
        if "journey" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="no Chromium; apt-get install chromium"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Clinic:
    """The running app, its mail folder and its database."""

    base: str
    mail: Path
    sockets: Path
    team: Supervisor
    ports: stack.Ports
    read_mails: set[str] = field(default_factory=set)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read (or back-date) rows as the app's role."""
        with psycopg.connect(host=str(self.sockets), user="app_rw", dbname=stack.DATABASE, autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def kill_web(self) -> None:
        """SIGKILL to the web server and to its process that answers: nothing is finished, nothing is said."""
        web = next(child for child in self.team.children if child.name == "web")
        answering = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text().split()
        for pid in [web.process.pid, *map(int, answering)]:
            os.kill(pid, signal.SIGKILL)
        web.process.wait()
        self.team.children.remove(web)

    def start_web(self) -> None:
        """A new one on the same port."""
        stack.start_web(self.team, self.ports)
        stack.wait_for_web(self.team, self.ports.web)

    def ended_session(self, email: str, hours: float, **fields: str) -> dict[str, str]:
        """A patient of this journey alone, whose session ended so many hours ago and is not planned yet: the app finds it by itself."""
        given = json.dumps(fields | {"email": email, "hours": hours})
        said = subprocess.run([sys.executable, "-m", "tests.journeys.ended", given], env=self.team.environment, capture_output=True, text=True, cwd=ROOT)
        assert said.returncode == 0, said.stderr[-2000:]
        return dict(json.loads(said.stdout.splitlines()[-1]))

    def mail_to(self, address: str, subject: str, *, seconds: float = 60) -> str:
        """The text part of the next unread mail to an address whose subject holds the words."""
        body = self.letter_to(address, subject, seconds=seconds).get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def letter_to(self, address: str, subject: str, *, seconds: float = 60) -> EmailMessage:
        """The next unread mail to an address whose subject holds the words, with its headers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for path in sorted(self.mail.glob("*.eml")):
                found = read(path)
                if path.name not in self.read_mails and address in str(found["To"]) and subject in str(found["Subject"]):
                    self.read_mails.add(path.name)
                    return found
            time.sleep(0.3)
        raise AssertionError(f"no mail to {address} with “{subject}” within {seconds} s")


def link_in(text: str) -> str:
    """The first patient link of a mail."""
    found = re.search(r"http://127\.0\.0\.1:\d+/l/\S+/", text)
    assert found, text
    return found.group()


_ASKED = (
    "SELECT c.uuid, p.email, p.birth_on, p.uuid FROM aftercare_checkin c JOIN patients_patient p ON p.id = c.patient_id "
    "LEFT JOIN aftercare_checkinresponse r ON r.check_in_id = c.id JOIN aftercare_plannedmessage m ON m.id = c.message_id "
    "JOIN clinic_outboxmessage o ON o.id = m.outbox_id "
    "WHERE c.code = %s AND r.id IS NULL AND c.cancelled_at IS NULL AND o.state = 'planned' AND p.mail_mode = 'full' AND p.email <> '' "
    "AND NOT EXISTS (SELECT 1 FROM aftercare_concern k WHERE k.patient_id = p.id) ORDER BY c.id"
)


def due_check_in(clinic: Clinic, code: str, hours: int) -> tuple[Any, str, Any, Any]:
    """A check-in that nobody has answered, due now: the session's end is moved so that its hours are true."""
    uuid, email, born, patient = clinic.rows(_ASKED, code)[0]
    clinic.rows(
        "UPDATE aftercare_plan p SET ended_at = now() - make_interval(hours => %s) FROM aftercare_checkin c WHERE c.plan_id = p.id AND c.uuid = %s", hours, uuid
    )
    clinic.rows(
        "UPDATE aftercare_checkin SET opens_at = now() - interval '1 minute', closes_at = now() + interval '6 days' WHERE uuid = %s", uuid
    )
    clinic.rows(
        "UPDATE clinic_outboxmessage o SET send_after = now(), expires_at = now() + interval '20 hours' FROM aftercare_plannedmessage m, "
        "aftercare_checkin c WHERE o.id = m.outbox_id AND m.id = c.message_id AND c.uuid = %s",
        uuid,
    )
    return uuid, email, born, patient


@pytest.fixture(scope="session")
def clinic(services: Services) -> Iterator[Clinic]:
    """One stack for all journeys, with the demo clinic in it."""
    home = Path(tempfile.mkdtemp(prefix="anagen-journeys-"))
    ports = stack.Ports(_free_port(), _free_port(), _free_port())
    pg.run_sql(services.sockets, f'DROP DATABASE IF EXISTS "{stack.DATABASE}" WITH (FORCE);;CREATE DATABASE "{stack.DATABASE}" TEMPLATE "{TEMPLATE}" OWNER app_owner STRATEGY file_copy')
    base = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "BROKER", "CACHE", "MFA"))}
    environment = stack.environment_for(base | {"DRAIN_SECONDS": "4", "SWEEP_SECONDS": "6", "OUTBOX_RATE_PER_SECOND": "200", "PACK_STATIC": "1"}, home, services.sockets, ports)
    environment["BROKER_URL"] = f"redis+socket://{services.sockets}/v.sock?virtual_host=5"
    environment["CACHE_URL"] = f"unix://{services.sockets}/v.sock?db=6"
    team = Supervisor(environment, quiet=True, log=home / "stack.log")
    try:
        stack.manage(team, "collectstatic", "--noinput", "-v0")
        stack.manage(team, "seed_demo", "--patients", "60", "--seed", "7", "--photos", "1")
        stack.start_app(team, home, ports)
        stack.wait_for_web(team, ports.web)
        yield Clinic(f"http://127.0.0.1:{ports.web}", home / "mail", services.sockets, team, ports)
    finally:
        team.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROME, args=_FLAGS)
        yield found
        found.close()


class Visitor:
    """Somebody at a screen. Every page they pass is checked with axe, and its console must stay silent."""

    def __init__(self, clinic: Clinic, context: BrowserContext) -> None:
        self.clinic, self.page = clinic, context.new_page()
        self.page.set_default_timeout(15_000)
        self.noise: list[str] = []
        self.page.on("console", lambda message: self.noise.append(message.text) if message.type == "error" and "status of 4" not in message.text else None)
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))

    def sign_in(self, name: str) -> "Visitor":
        """With the demo's login."""
        self.page.goto(f"{self.clinic.base}/accounts/login/")
        self.page.fill("input[name=login]", f"{name}@demo.example")
        self.page.fill("input[name=password]", PASSWORD)
        self.press("Sign in")
        return self

    def go(self, path: str) -> Page:
        """Open an address of the app."""
        self.page.goto(path if path.startswith("http") else self.clinic.base + path)
        return self.page

    def press(self, words: str) -> None:
        """Press the button with these words and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=words, exact=False).first.click()

    def follow(self, words: str) -> None:
        """Follow a link."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=words, exact=False).first.click()

    def sees(self, words: str) -> None:
        """The words stand on the page, and the page is accessible."""
        assert words in self.page.inner_text("body"), f"“{words}” is not on {self.page.url}:\n{self.page.inner_text('main')[:1500]}"
        self.check()

    def check_but(self, rule: str) -> None:
        """As `check`, but for one rule that the calendar grid itself breaks; the list beside it says the same."""
        self.check(besides=rule)

    def check(self, besides: str = "") -> None:
        """Axe finds nothing, the console is silent, nothing is wider than the screen, every error beside a field can be seen."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        shown = [f"{v['id']}: {n['target']}" for v in found for n in v["nodes"][:3] if v["id"] != besides]
        assert not shown, f"{self.page.url}\n" + "\n".join(shown)
        assert not self.noise, self.noise
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{self.page.url} is {wide} px too wide"
        unseen = self.page.eval_on_selector_all(
            ".invalid-feedback, .field-error, .text-danger", "all => all.filter(e => e.textContent.trim() && !e.checkVisibility()).map(e => e.textContent)"
        )
        assert not unseen, f"{self.page.url} hides {unseen}"

    def gives_birth_date(self, born: Any) -> None:
        """The step before every patient page."""
        assert self.page.locator("input[name=day]").count(), f"{self.page.url}: {self.page.inner_text('main')[:500]}"
        for name, value in (("day", born.day), ("month", born.month), ("year", born.year)):
            self.page.fill(f"input[name={name}]", str(value))
        self.press("Continue")


@pytest.fixture
def at_desk(clinic: Clinic, chromium: Browser) -> Iterator[Visitor]:
    """A wide screen."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield Visitor(clinic, context)
    context.close()


@pytest.fixture
def at_chair(clinic: Clinic, chromium: Browser) -> Iterator[Visitor]:
    """A tablet beside the chair."""
    context = chromium.new_context(viewport={"width": 1024, "height": 768})
    yield Visitor(clinic, context)
    context.close()


@pytest.fixture
def on_phone(clinic: Clinic, chromium: Browser) -> Iterator[Visitor]:
    """A phone, 360 px wide, without JavaScript."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=True)
    yield Visitor(clinic, context)
    context.close()

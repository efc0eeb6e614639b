"""`make shots`: screenshots of every page that links lead to, as each role, at 1280 and 360 px, light and dark.

Starts its own demo in a throw-away folder, or looks at the one named by BASE_URL.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from desk.demo.cast import PASSWORD
from embedded.supervisor import ROOT

ROLES = {"clinician": "amara", "front_desk": "rosa", "manager": "max", "auditor": "iris"}
SIZES = {"1280": (1280, 900), "360": (360, 740)}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"]
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_SKIP = re.compile(r"logout|\.csv|\.ics|/accounts/|download|/l/|\?from=|\?on=|\?after=")


@contextmanager
def browser() -> Iterator[Browser]:
    """The Chromium that CHROME_BIN names."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=os.environ.get("CHROME_BIN", "/usr/bin/chromium"), args=CHROMIUM)
        yield found
        found.close()


def sign_in(page: Page, base: str, name: str) -> None:
    """Through the login form."""
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", f"{name}@demo.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def patterns(page: Page, base: str, most: int) -> list[str]:
    """One address for each shape of address that links lead to."""
    waiting: list[str] = ["/"]
    found: list[str] = []
    seen: set[str] = set()
    while waiting and len(found) < most:
        path = waiting.pop(0)
        shape = _ID.sub("ID", path)
        if shape in seen or _SKIP.search(path):
            continue
        seen.add(shape)
        try:
            answer = page.goto(base + path)
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            continue  # a file, not a page
        status = answer.status if answer else 0
        print(f"{status} {path}", flush=True)
        found.append(page.url.removeprefix(base))
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        waiting += [link.split("#")[0] for link in links if link.startswith("/")]
    return list(dict.fromkeys(found))


def shoot(base: str, folder: Path, most: int = 60) -> None:
    """Every page of every role."""
    with browser() as chromium:
        for role, name in ROLES.items():
            context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
            page = context.new_page()
            sign_in(page, base, name)
            for path in patterns(page, base, most):
                file = re.sub(r"[^a-z0-9]+", "-", _ID.sub("one", path).lower()).strip("-") or "home"
                for size, (width, height) in SIZES.items():
                    for scheme in ("light", "dark"):
                        page.set_viewport_size({"width": width, "height": height})
                        page.emulate_media(color_scheme=scheme)
                        page.goto(base + path)
                        target = folder / role / f"{file}.{size}.{scheme}.png"
                        target.parent.mkdir(parents=True, exist_ok=True)
                        page.screenshot(path=target, full_page=True)
            context.close()


def _shot(page: Page, folder: Path, name: str) -> None:
    """One page at both widths, light and dark, without leaving it."""
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            target = folder / "patient" / f"{name}.{size}.{scheme}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target, full_page=True)


def shoot_patient(links: list[dict[str, str]], folder: Path) -> None:
    """What a patient sees: the step before, the page behind each link, and the first pages of the forms."""
    with browser() as chromium:
        for link in links:
            page = chromium.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce").new_page()
            page.goto(link["url"])
            _shot(page, folder, "landing")
            for name, value in zip(("year", "month", "day"), link["birth"].split("-"), strict=True):
                page.fill(f"input[name={name}]", value)
            with page.expect_navigation():
                page.get_by_role("button", name="Continue").first.click()
            _shot(page, folder, link["purpose"])
            print(f"200 patient {link['purpose']}", flush=True)
            for step in range(1, 12 if link["purpose"] in ("intake", "check_in") else 1):
                if not _next_page(page):
                    break
                _shot(page, folder, f"{link['purpose']}-{step:02d}")


def _next_page(page: Page) -> bool:
    """Answer with the first choice and go on; False at the end."""
    for name in page.eval_on_selector_all("main input[type=radio]", "all => [...new Set(all.filter(i => i.offsetParent).map(i => i.name))]"):
        page.locator(f'main input[type=radio][name="{name}"]').first.check()
    button = page.locator("main form button[name=rows], main form button[type=submit]").first
    if not button.count() or "/review/" in page.url or "/done/" in page.url:
        return False
    before = page.url
    with page.expect_navigation():
        button.click()
    return page.url != before


def main() -> int:
    """Into shots/, which git ignores."""
    folder = ROOT / "shots"
    if base := os.environ.get("BASE_URL"):
        shoot(base.rstrip("/"), folder)
        print("Pages behind patients' links need the database: run `make shots` without BASE_URL for them.")
        return 0
    from embedded import stack
    from embedded.supervisor import Supervisor

    with tempfile.TemporaryDirectory(prefix="anagen-shots-") as home:
        var, ports = Path(home), stack.Ports(8390, 8391, 8392)
        team = Supervisor(stack.environment_for(dict(os.environ), var, var / "run", ports), quiet=True)
        try:
            stack.start_services(team, var, var / "run")
            stack.manage(team, "migrate", "-v0", owner=True)
            stack.manage(team, "collectstatic", "--noinput", "-v0")
            stack.manage(team, "seed_demo")
            stack.start_app(team, var, ports)
            stack.wait_for_web(team, ports.web)
            shoot(f"http://127.0.0.1:{ports.web}", folder)
            said = subprocess.run([sys.executable, "-m", "scripts.patient_links"], env=team.environment, capture_output=True, text=True, check=True, cwd=ROOT)
            shoot_patient(json.loads(said.stdout.splitlines()[-1]), folder)
        finally:
            team.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

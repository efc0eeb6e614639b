"""Every page and mail that a patient may see, opened in Chromium at 360 px in English and Spanish: nothing is cut, headings are in order, each box has a name.

`make shots` runs this with SHOTS=folder: then each is also photographed, light and dark, with and without JavaScript, with
the tree that a screen reader walks beside it. SHOTS_ONLY is a pattern of names, for a look at a few.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route

from clinic.models import Site, Staff
from tests.house.reading import Words
from tests.house.spoken import walked

pytestmark = [pytest.mark.journey, pytest.mark.django_db]
ORIGIN = "http://anagen.test"
SHOTS, ONLY = os.environ.get("SHOTS", ""), os.environ.get("SHOTS_ONLY", "")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png", ".webp": "image/webp"}
_ODD = """() => {
  const found = [], seen = (e) => e.checkVisibility();
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 1) { found.push(`${wide} px too wide`); }
  const heads = [...document.querySelectorAll("h1, h2, h3, h4")].filter((e) => seen(e) && !e.closest(".error-summary")).map((e) => Number(e.tagName[1]));
  if (heads.filter((n) => n === 1).length !== 1) { found.push(`${heads.filter((n) => n === 1).length} main headings`); }
  heads.forEach((n, i) => { if (n > (i ? heads[i - 1] : 0) + 1) { found.push(`a heading of level ${n} after ${i ? heads[i - 1] : "nothing"}`); } });
  document.querySelectorAll("main input:not([type=hidden]), main select, main textarea").forEach((box) => {
    const named = box.labels?.length || box.getAttribute("aria-label") || box.getAttribute("aria-labelledby");
    if (seen(box) && !named) { found.push(`no name: ${box.outerHTML.slice(0, 90)}`); }
  });
  document.querySelectorAll("main a, main button, main label.choice").forEach((target) => {
    const size = target.getBoundingClientRect();
    const inText = target.matches("p a, li a, dd a, summary a") || target.closest(".visually-hidden, .skip-link");
    if (seen(target) && !inText && size.height < 24) { found.push(`${Math.round(size.height)} px high: ${target.textContent.trim().slice(0, 40)}`); }
  });
  document.querySelectorAll("main .btn, main .choice, main h1, main h2, main dd").forEach((e) => {
    if (seen(e) && e.scrollWidth > e.clientWidth + 1) { found.push(`cut: ${e.textContent.trim().slice(0, 40)}`); }
  });
  return found;
}"""


class Shelf:
    """Serves kept pages and the app's static files to one browser page."""

    def __init__(self, browser: Browser, **context: Any) -> None:
        self.html = ""
        usual: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce", "has_touch": True}
        self.context = browser.new_context(**usual | context)
        self.page: Page = self.context.new_page()
        self.page.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        found = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        if isinstance(found, str):
            route.fulfill(body=Path(found).read_bytes(), content_type=_TYPES.get(Path(found).suffix, "application/octet-stream"))
        elif route.request.resource_type == "document":
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=404)

    def show(self, html: str) -> Page:
        """Open it."""
        self.html = html
        self.page.goto(f"{ORIGIN}/", wait_until="load")
        return self.page


def shown(language: str, site: Site, staff: Staff) -> dict[str, Words]:
    """Each different page and mail by a short name; the same page again (only tokens differ) is left out."""
    pages: dict[str, Words] = {}
    known: set[str] = set()
    for words in walked(language, site, staff):
        if not words.html or words.where.endswith("?more=1 "):
            continue
        what = "mail" if words.where.startswith(("mail ", "template ")) else "page"
        looks = " ".join(words.said)
        if looks in known:
            continue
        known.add(looks)
        name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\w-]{30,}", "token", words.where.lower())).strip("-")[:70]
        pages[f"{what}-{len(pages):03d}-{name}"] = words
    return pages


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_of_a_patient_fits_the_phone_and_has_an_order(chromium: Browser, site: Site, amara: Staff, language: str) -> None:
    pages, shelf = shown(language, site, amara), Shelf(chromium)
    assert len(pages) > 150
    wrong = {}
    for name, words in pages.items():
        if name.startswith("page") and (odd := shelf.show(words.html).evaluate(_ODD)):
            wrong[words.where] = odd
    shelf.context.close()
    if SHOTS:
        photograph(chromium, pages, Path(SHOTS) / "patient" / language)
    assert wrong == {}


def test_what_is_odd_is_noticed(chromium: Browser) -> None:
    shelf = Shelf(chromium)
    page = shelf.show("<html><body><main><h1>One</h1><h3>Three</h3><input name=a><button style='height:9px;padding:0'>x</button><p style='width:900px'>wide</p></main></body></html>")
    odd = " | ".join(page.evaluate(_ODD))
    shelf.context.close()
    assert "px too wide" in odd and "level 3 after 1" in odd and "no name" in odd and "9 px high" in odd


def photograph(browser: Browser, pages: dict[str, Words], folder: Path) -> None:
    """PNGs light, dark and without JavaScript, and the tree of a screen reader; a mail also as wide as in a mail program, and its text."""
    folder.mkdir(parents=True, exist_ok=True)
    looks: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "plain": {"java_script_enabled": False}, "wide": {"viewport": {"width": 700, "height": 900}}}
    for look, context in looks.items():
        shelf = Shelf(browser, **context)
        for name, words in pages.items():
            if ONLY and not re.search(ONLY, name):
                continue
            if (look == "plain" and name.startswith("mail")) or (look == "wide" and name.startswith("page")):
                continue
            page = shelf.show(words.html)
            page.screenshot(path=folder / f"{name}.{look}.png", full_page=True)
            if look == "light":
                (folder / f"{name}.tree.txt").write_text(f"{words.where}\n{page.title()}\n{page.locator('body').aria_snapshot()}\n")
        shelf.context.close()

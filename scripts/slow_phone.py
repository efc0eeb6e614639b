"""`python -m scripts.slow_phone URL…`: what pages cost on a slow phone, in a real Chromium: processor slowed four times, “Slow 4G”.

Prints bytes on the wire, requests, first words seen, and when the page answers to a tap. For patient links of a running demo
take the addresses from `scripts.patient_links`. Weight and requests are asserted on the running stack by
`tests/journeys/test_slow_phone.py`; times depend on the machine, so they are compared with an empty page there.
"""

import sys
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from scripts.shots import browser

CPU, LATENCY_MS, BYTES_PER_SECOND = 4, 562.5, 1_600_000 * 0.9 / 8  # the figures of Chromium's own “Slow 4G”
_TIMES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint ? paint.startTime : 0, page.domContentLoadedEventEnd, page.loadEventEnd].map(Math.round);
}"""


def slowed(context: BrowserContext, page: Page) -> tuple[list[int], list[dict[str, Any]]]:
    """Throttle a page for good; the sizes and the responses that it will have loaded."""
    session: Any = context.new_cdp_session(page)
    sizes: list[int] = []
    responses: list[dict[str, Any]] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    session.on("Network.responseReceived", lambda event: responses.append(event["response"]))
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
    limits = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND / 2, "latency": LATENCY_MS, "offline": False}
    session.send("Network.emulateNetworkConditions", limits)
    return sizes, responses


def times(page: Page) -> dict[str, int]:
    """Milliseconds from the start to the first words, to answering a tap, and to everything, of the page that stands open."""
    return dict(zip(("words", "answers", "everything"), page.evaluate(_TIMES), strict=True))


def measured(chromium: Browser, url: str) -> dict[str, int]:
    """One cold visit: bytes, requests, and its times."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    sizes, responses = slowed(context, page)
    page.goto(url, wait_until="load", timeout=60_000)
    page.wait_for_timeout(1000)
    found = {"bytes": sum(sizes), "requests": len(responses)} | times(page)
    context.close()
    return found


def main(urls: list[str]) -> int:
    """One line a page."""
    with browser() as chromium:
        for url in urls:
            found = measured(chromium, url)
            print(f"{found['bytes']:>7} bytes in {found['requests']} requests, words after {found['words']} ms, answers after {found['answers']} ms, all after {found['everything']} ms: {url[:80]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m scripts.slow_phone URL…`: what pages cost on a slow phone, in a real Chromium: processor slowed four times, “Slow 4G”.

Prints bytes on the wire, first words seen, and when the page answers to a tap. For patient links of a running demo take
the addresses from `scripts.patient_links`. Times depend on the machine, so they are printed and never asserted; the
weight is asserted by `tests/house/test_weight.py`.
"""

import sys
from typing import Any

from playwright.sync_api import Browser

from scripts.shots import browser

CPU, LATENCY_MS, BYTES_PER_SECOND = 4, 562.5, 1_600_000 * 0.9 / 8  # the figures of Chromium's own “Slow 4G”
_TIMES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint ? paint.startTime : 0, page.domContentLoadedEventEnd, page.loadEventEnd].map(Math.round);
}"""


def measured(chromium: Browser, url: str) -> dict[str, int]:
    """One cold visit: bytes, and milliseconds from the start to the first words, to answering a tap, and to everything."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page, size = context.new_page(), [0]
    session: Any = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: size.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
    limits = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND / 2, "latency": LATENCY_MS, "offline": False}
    session.send("Network.emulateNetworkConditions", limits)
    page.goto(url, wait_until="load", timeout=60_000)
    page.wait_for_timeout(1000)
    words, answers, everything = page.evaluate(_TIMES)
    context.close()
    return {"bytes": int(sum(size)), "words": words, "answers": answers, "everything": everything}


def main(urls: list[str]) -> int:
    """One line a page."""
    with browser() as chromium:
        for url in urls:
            found = measured(chromium, url)
            print(f"{found['bytes']:>7} bytes, words after {found['words']} ms, answers after {found['answers']} ms, all after {found['everything']} ms: {url[:80]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

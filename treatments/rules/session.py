"""`session(input)`: S01–S26, JSON in, JSON out (SCHEMA part 3). No clock, no state."""

from typing import Any

from treatments.rules import closing, gate, needling, products
from treatments.rules.policy import DEFAULT, SessionPolicy
from treatments.rules.reading import Facts, read
from treatments.rules.results import Results, collected

_CLINIC = (
    gate.screen, gate.consent, gate.operator, gate.device, gate.cartridge, needling.depth, gate.interval, gate.holds,
    gate.course, products.patch_tests, products.topicals, products.before, products.anaesthetic, needling.zones,
    products.prp, gate.baseline, closing.checkout, needling.pain, closing.complete,
)  # fmt: skip


def session(data: Any, policy: SessionPolicy = DEFAULT) -> dict[str, Any]:
    """The result of SCHEMA 3.6, or `{"errors": […]}` that names every bad key.

    `OK` at stage `plan` is no permission to start: only the call at stage `start` is.
    """
    facts = read(data)
    return facts if isinstance(facts, dict) else collected(_all(facts, policy))


def _all(facts: Facts, policy: SessionPolicy) -> Results:
    if facts.get("plan") == "home_device":
        yield from closing.home(facts, policy)
        return
    for rule in _CLINIC:
        yield from rule(facts, policy)

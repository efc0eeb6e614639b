"""S21, S22, S25, S26: leaving, home plans, and a record that is complete."""

from treatments.rules.policy import SessionPolicy
from treatments.rules.reading import Facts
from treatments.rules.results import BLOCK, NOTE, REASON, Result, Results
from treatments.rules.vocabulary import Stage


def checkout(facts: Facts, policy: SessionPolicy) -> Results:
    """S21 written aftercare, S25 sharps and cleaning."""
    if facts.at_checkout:
        if not facts.get("aftercareDelivered", False):
            yield Result("S21", REASON)
        if not facts.get("sharpsAndCleaningConfirmed", False):
            yield Result("S25", REASON)


def complete(facts: Facts, policy: SessionPolicy) -> Results:
    """S26: who, when, with what, where."""
    if facts.stage != Stage.SIGNOFF:
        return
    cartridge = facts.get("cartridge")
    whole = (
        facts.get("patientId")
        and facts.get("sessionEnd") is not None
        and facts.get("operator").get("id")
        and facts.get("device").get("udi")
        and cartridge.get("lot")
        and cartridge.get("expiry") is not None
        and all(product.get("lot") for product in facts.get("products", ()))
        and all("passes" in zone and "endpoint" in zone for zone in facts.get("zones"))
    )
    if not whole:
        yield Result("S26", BLOCK)


def home(facts: Facts, policy: SessionPolicy) -> Results:
    """S22: at most 1.00 mm, at most weekly, with a named approver."""
    plan = facts.get("home")
    bad = (
        plan["lengthMm"] > policy.home_most_depth
        or plan["perWeek"] > policy.home_per_week
        or not plan["professionalApproval"]
    )
    yield Result("S22", BLOCK if bad else NOTE)

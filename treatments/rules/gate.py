"""S01–S06, S11, S12, S20: may this session start at all?"""

from clinic.clock import add_months
from treatments.rules.policy import SessionPolicy
from treatments.rules.reading import Facts
from treatments.rules.results import BLOCK, NOTE, REASON, Result, Results
from treatments.rules.vocabulary import ELIGIBLE


def screen(facts: Facts, policy: SessionPolicy) -> Results:
    """S01 same-day re-screen, S02 eligibility of the day."""
    done = facts.get("sameDayScreenDone")
    other_day = facts.get("screenDate") is not None and facts.get("screenDate") != facts.day
    if done is False or (done is None and facts.from_start) or other_day or facts.get("screenChangeUnreviewed"):
        yield Result("S01", BLOCK)
    eligibility = facts.get("eligibility")
    if eligibility not in ELIGIBLE and (eligibility is not None or facts.from_start):
        yield Result("S02", BLOCK)


def consent(facts: Facts, policy: SessionPolicy) -> Results:
    """S03: signed, in force, for this procedure, with the off-label statement."""
    given = facts.get("consent")
    if given is None:
        if facts.from_start:
            yield Result("S03", BLOCK)
        return
    covered = set(given["procedures"])
    good = (
        given["signed"]
        and given["version"] == given["currentVersion"]
        and "scalp_microneedling" in covered
        and ("prp" in covered or facts.get("prp") is None)
        and given["offLabelStatement"]
    )
    if not good:
        yield Result("S03", BLOCK)


def operator(facts: Facts, policy: SessionPolicy) -> Results:
    """S04: an allowed role with a credential valid through its day."""
    who = facts.get("operator")
    expired = who.get("credentialExpires") is not None and who["credentialExpires"] < facts.day
    if who["role"] not in policy.allowed_roles or not who["credentialValid"] or expired:
        yield Result("S04", BLOCK)


def device(facts: Facts, policy: SessionPolicy) -> Results:
    """S05: on the register, no energy device on the scalp. Its maximum depth is judged with the zones."""
    used = facts.get("device")
    if not used.get("registered", True) or used.get("type", "pen") in ("radiofrequency", "other_energy"):
        yield Result("S05", BLOCK)


def cartridge(facts: Facts, policy: SessionPolicy) -> Results:
    """S06: sealed, unused, known lot, not recalled, usable through the printed day."""
    used = facts.get("cartridge")
    expiry = used.get("expiry")
    bad = (
        used["usedBefore"]
        or not used["sealIntact"]
        or not used.get("lot")
        or used.get("recalled", False)
        or expiry is None
        or expiry < facts.day
    )
    if bad:
        yield Result("S06", BLOCK)


def interval(facts: Facts, policy: SessionPolicy) -> Results:
    """S10: calendar days since the last scalp needling."""
    days = facts.days_since_last
    if days is None:
        return
    if days < policy.interval_least_days:
        yield Result("S10", BLOCK)
    elif days < policy.interval_free_days:
        yield Result("S10", REASON)
    elif days > policy.rescreen_after_days:
        yield Result("S10", NOTE if facts.get("fullRescreenDone", False) else BLOCK)
    else:
        maintenance = facts.get("phase", "initial") == "maintenance"
        opens, closes = policy.maintenance_window if maintenance else policy.initial_window
        if not opens <= days <= closes:
            yield Result("S10", NOTE)


def holds(facts: Facts, policy: SessionPolicy) -> Results:
    """S11: an open adverse event or a hold that no clinician has released."""
    held = facts.get("openAdverseEvent", False) or facts.get("holdNextSession", False)
    if held and facts.get("holdReleasedBy") is None:
        yield Result("S11", BLOCK)


def course(facts: Facts, policy: SessionPolicy) -> Results:
    """S12: more than six sessions, or no response by session 3 or month 6; initial phase only."""
    if facts.get("phase", "initial") != "initial":
        return
    number, began = facts.get("sessionNumber", 1), facts.get("courseStartDate")
    late = began is not None and facts.day >= add_months(began, policy.response_by_months)
    unmoved = facts.get("response") == "none" and (number >= policy.response_by_session or late)
    if number > policy.initial_sessions or unmoved:
        yield Result("S12", REASON)


def baseline(facts: Facts, policy: SessionPolicy) -> Results:
    """S20: views, grade and density site before session 1, and again after a gap of more than 180 days."""
    days = facts.days_since_last
    first = facts.get("phase", "initial") == "initial" and facts.get("sessionNumber", 1) == 1
    if not first and (days is None or days <= policy.rescreen_after_days):
        return
    given = facts.get("baseline")
    if given is None:
        if facts.from_start:
            yield Result("S20", BLOCK)
        return
    whole = set(policy.required_views) <= set(given["photoViews"])
    if not (whole and given["gradeRecorded"] and given["densitySiteRecorded"]):
        yield Result("S20", REASON if given.get("waiverReason") else BLOCK)

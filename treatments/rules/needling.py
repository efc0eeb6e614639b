"""S05, S07–S09, S17, S18, S23, S24: depth, passes, endpoint, pain. Depths are integers of 0.01 mm."""

from treatments.rules.policy import SessionPolicy
from treatments.rules.reading import Facts
from treatments.rules.results import BLOCK, NOTE, REASON, Result, Results
from treatments.vocabulary import Endpoint


def depth(facts: Facts, policy: SessionPolicy) -> Results:
    """S05 the device's own maximum, S07 overall limits, S08 zone limits, S09 darker skin."""
    skin = facts.get("fitzpatrick")
    dark = skin in policy.dark_skin or (skin is None and facts.from_start)
    for entry in facts.get("zones"):
        zone, deep = entry["zone"], entry["depthMm"]
        if deep > facts.get("device")["maxDepthMm"]:
            yield Result("S05", BLOCK, zone)
        if deep < policy.depth_least or deep > policy.depth_most:
            yield Result("S07", BLOCK, zone)
        elif deep > policy.depth_reason_above:
            yield Result("S07", REASON, zone)
        elif deep == policy.depth_reason_above or deep < policy.depth_shallow_below:
            yield Result("S07", NOTE, zone)
        if deep > policy.zone_limits[zone]:
            yield Result("S08", REASON, zone)
        if dark and deep > policy.dark_skin_depth:
            yield Result("S09", REASON, zone)


def zones(facts: Facts, policy: SessionPolicy) -> Results:
    """S17 passes, S18 endpoint, S24 places that are never needled."""
    closed = set(facts.get("excludedZones", ()))
    for entry in facts.get("zones"):
        zone, endpoint = entry["zone"], entry.get("endpoint")
        if entry.get("passes", 0) > policy.passes_reason_above:
            yield Result("S17", REASON, zone)
        if endpoint == Endpoint.FRANK_BLEEDING:
            yield Result("S18", BLOCK, zone)
        elif endpoint == Endpoint.PINPOINT_BLEEDING or (endpoint is None and facts.at_checkout):
            yield Result("S18", NOTE, zone)
        if entry.get("belowHairline", False) or zone in closed:
            yield Result("S24", BLOCK, zone)


def pain(facts: Facts, policy: SessionPolicy) -> Results:
    """S23: one reading of 8 or more pauses, two stop."""
    high = sum(reading >= policy.pain_pause for reading in facts.get("painReadings", ()))
    if high:
        yield Result("S23", BLOCK if high > 1 else NOTE)

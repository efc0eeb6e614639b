"""S17, S18, S23, S24: passes, endpoints, pain, and places never needled (docs/rules/session.md, *During*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, planned, said, whole

ZONES = ["frontal_hairline", "temple_left", "temple_right", "mid_scalp", "vertex", "occipital"]


@pytest.mark.parametrize(("passes", "over"), [(1, False), (6, False), (6.0, False), (7, True), (50, True)])
@pytest.mark.parametrize("stage", STAGES)
def test_s17_more_than_six_passes_owe_a_reason(stage: str, passes: float, over: bool) -> None:
    assert said(whole(stage, **{"zones[0].passes": passes})) == ({"S17 vertex": "REASON"} if over else {})


def test_s17_is_said_of_each_zone() -> None:
    found = said(whole(**{"zones[0].passes": 7, "zones[1].passes": 9}))
    assert found == {"S17 mid_scalp": "REASON", "S17 vertex": "REASON"}


def test_s17_is_silent_where_passes_are_not_recorded() -> None:
    assert said(whole("checkout", **{"zones[0].passes": GONE})) == {}


@pytest.mark.parametrize(
    ("endpoint", "in_a_draft", "at_checkout"),
    [
        ("none", None, None), ("mild_erythema", None, None), ("pinpoint_bleeding", "NOTE", "NOTE"),
        ("frank_bleeding", "BLOCK", "BLOCK"), (GONE, None, "NOTE"),
    ],
    ids=["none", "mild_erythema", "pinpoint_bleeding", "frank_bleeding", "absent"],
)  # fmt: skip
@pytest.mark.parametrize("stage", STAGES)
def test_s18_endpoint(stage: str, endpoint: Any, in_a_draft: str | None, at_checkout: str | None) -> None:
    severity = at_checkout if stage in ("checkout", "signoff") else in_a_draft
    found = said(whole(stage, **{"zones[1].endpoint": endpoint}))
    assert found.get("S18 mid_scalp") == severity
    assert set(found) <= {"S18 mid_scalp", "S26"}


def test_s18_is_said_of_each_zone() -> None:
    found = said(whole(**{"zones[0].endpoint": "frank_bleeding", "zones[1].endpoint": "pinpoint_bleeding"}))
    assert found == {"S18 mid_scalp": "NOTE", "S18 vertex": "BLOCK"}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("readings", "severity"),
    [
        ([], None), (GONE, None), ([7], None), ([7, 7, 7], None), ([8], "NOTE"), ([10], "NOTE"), ([8.0], "NOTE"),
        ([0, 9, 0], "NOTE"), ([8, 7], "NOTE"), ([8, 8], "BLOCK"), ([8, 0, 0, 10], "BLOCK"), ([9, 9, 9], "BLOCK"),
    ],
    ids=str,
)  # fmt: skip
def test_s23_pain(stage: str, readings: Any, severity: str | None) -> None:
    assert said(whole(stage, painReadings=readings)) == ({"S23": severity} if severity else {})


class TestS24:
    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("stage", STAGES)
    def test_excluded_zones(self, stage: str, zone: str) -> None:
        zones = [{"zone": zone, "depthMm": 0.5, "passes": 1, "endpoint": "none"}]
        rest = [other for other in ZONES if other != zone]
        assert said(whole(stage, zones=zones, excludedZones=rest)) == {}
        assert said(whole(stage, zones=zones, excludedZones=[*rest, zone, zone])) == {f"S24 {zone}": "BLOCK"}
        assert said(whole(stage, zones=zones, excludedZones=GONE)) == {}

    @pytest.mark.parametrize("stage", STAGES)
    @pytest.mark.parametrize(("below", "bad"), [(True, True), (False, False), (GONE, False)])
    def test_below_the_hairline(self, stage: str, below: Any, bad: bool) -> None:
        found = said(whole(stage, **{"zones[0].belowHairline": below}))
        assert found == ({"S24 vertex": "BLOCK"} if bad else {})

    def test_both_are_one_entry(self) -> None:
        changes = {"zones[0].belowHairline": True, "excludedZones": ["vertex", "mid_scalp"]}
        assert said(planned(**changes)) == {"S24 mid_scalp": "BLOCK", "S24 vertex": "BLOCK"}

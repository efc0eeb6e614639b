"""S07–S09: how deep, in integers of 0.01 mm (docs/rules/session.md, *Depth*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, planned, said, whole

LIMITS = {
    "frontal_hairline": 1.00, "temple_left": 1.00, "temple_right": 1.00, "mid_scalp": 1.25, "vertex": 1.50,
    "occipital": 1.50,
}  # fmt: skip


def needled(zone: str, deep: float, stage: str = "plan", **changes: Any) -> dict[str, str]:
    """What is said about one zone at one depth, with a device that goes to 10 mm."""
    zones = [{"zone": zone, "depthMm": deep, "endpoint": "none", "passes": 1}]
    fixed = {"zones": zones, "device.maxDepthMm": 10, "excludedZones": []}
    return said(whole(stage, **fixed, **changes))


class TestS07Depth:
    @pytest.mark.parametrize(
        ("deep", "severity"),
        [
            (0.01, "BLOCK"), (0.19, "BLOCK"), (0.20, "NOTE"), (0.21, "NOTE"), (0.49, "NOTE"), (0.50, None),
            (0.51, None), (1, None), (1.49, None), (1.50, "NOTE"), (1.51, "REASON"), (2.49, "REASON"),
            (2.50, "REASON"), (2.51, "BLOCK"), (10, "BLOCK"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("stage", STAGES)
    def test_limits(self, stage: str, deep: float, severity: str | None) -> None:
        assert needled("vertex", deep, stage).get("S07 vertex") == severity

    @pytest.mark.parametrize(
        ("deep", "severity"),
        [(1.5000009, "NOTE"), (1.4999991, "NOTE"), (0.4999995, None), (0.1 + 0.1, "NOTE"), (2.5000001, "REASON")],
    )
    def test_a_float_beside_a_hundredth_is_that_hundredth(self, deep: float, severity: str | None) -> None:
        assert needled("vertex", deep).get("S07 vertex") == severity

    @pytest.mark.parametrize("hundredths", range(20, 251))
    def test_no_hundredth_is_lost_in_a_float(self, hundredths: int) -> None:
        severity = None if 50 <= hundredths < 150 else "REASON" if hundredths > 150 else "NOTE"
        assert needled("occipital", hundredths / 100).get("S07 occipital") == severity


class TestS08Zones:
    @pytest.mark.parametrize(("zone", "limit"), LIMITS.items())
    @pytest.mark.parametrize(("more", "severity"), [(-0.01, None), (0, None), (0.01, "REASON"), (0.5, "REASON")])
    def test_above_the_limit_owes_a_reason(self, zone: str, limit: float, more: float, severity: str | None) -> None:
        assert needled(zone, round(limit + more, 2)).get(f"S08 {zone}") == severity

    @pytest.mark.parametrize("stage", STAGES)
    def test_at_every_stage(self, stage: str) -> None:
        assert needled("mid_scalp", 1.26, stage) == {"S08 mid_scalp": "REASON"}

    def test_each_zone_has_its_own_entry(self) -> None:
        zones = [{"zone": zone, "depthMm": 1.3} for zone in LIMITS]
        assert said(planned(zones=zones)) == {
            f"S08 {zone}": "REASON" for zone in ("frontal_hairline", "temple_left", "temple_right", "mid_scalp")
        }

    def test_stands_beside_s07(self) -> None:
        assert needled("vertex", 1.51) == {"S07 vertex": "REASON", "S08 vertex": "REASON"}
        assert needled("vertex", 2.51) == {"S07 vertex": "BLOCK", "S08 vertex": "REASON"}


class TestS09Skin:
    @pytest.mark.parametrize(
        ("skin", "dark"), [("I", False), ("II", False), ("III", False), ("IV", True), ("V", True), ("VI", True)]
    )
    @pytest.mark.parametrize(("deep", "above"), [(0.99, False), (1.0, False), (1.01, True), (1.25, True)])
    @pytest.mark.parametrize("stage", STAGES)
    def test_iv_to_vi_above_one_millimetre(self, stage: str, skin: str, dark: bool, deep: float, above: bool) -> None:
        found = needled("mid_scalp", deep, stage, fitzpatrick=skin)
        assert found == ({"S09 mid_scalp": "REASON"} if dark and above else {})

    @pytest.mark.parametrize("stage", STAGES)
    @pytest.mark.parametrize(("deep", "above"), [(1.0, False), (1.01, True)])
    def test_not_recorded_counts_as_dark_from_start(self, stage: str, deep: float, above: bool) -> None:
        found = needled("mid_scalp", deep, stage, fitzpatrick=GONE)
        assert found == ({"S09 mid_scalp": "REASON"} if above and stage != "plan" else {})

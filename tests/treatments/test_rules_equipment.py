"""S05, S06: the device and the cartridge (docs/rules/session.md, *May it start at all?*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, day, planned, said, whole


class TestS05Device:
    @pytest.mark.parametrize(
        ("kind", "good"),
        [("pen", True), ("roller", True), ("stamp", True), ("radiofrequency", False), ("other_energy", False)],
    )
    @pytest.mark.parametrize("stage", STAGES)
    def test_no_energy_device(self, stage: str, kind: str, good: bool) -> None:
        assert said(whole(stage, **{"device.type": kind})) == ({} if good else {"S05": "BLOCK"})

    @pytest.mark.parametrize(("registered", "good"), [(True, True), (False, False), (GONE, True)])
    def test_on_the_register(self, registered: Any, good: bool) -> None:
        assert said(whole(**{"device.registered": registered})) == ({} if good else {"S05": "BLOCK"})

    def test_the_type_is_a_pen_unless_said(self) -> None:
        assert said(whole(**{"device.type": GONE})) == {}

    @pytest.mark.parametrize(
        ("most", "deep", "good"),
        [(1.0, 0.99, True), (1.0, 1.0, True), (1.0, 1.01, False), (0.29, 0.29, True), (1.15, 1.16, False)],
    )
    @pytest.mark.parametrize("stage", STAGES)
    def test_its_own_maximum_speaks_of_the_zone(self, stage: str, most: float, deep: float, good: bool) -> None:
        changes = {"device.maxDepthMm": most, "zones[0].depthMm": deep, "zones[1].depthMm": 0.2}
        found = said(whole(stage, **changes))
        assert found.get("S05 vertex") == (None if good else "BLOCK")
        assert "S05 mid_scalp" not in found
        assert "S05" not in found

    def test_the_device_and_each_zone_have_their_own_entry(self) -> None:
        changes = {"device.maxDepthMm": 0.7, "device.registered": False, "device.type": "radiofrequency"}
        assert said(planned(**changes)) == {"S05": "BLOCK", "S05 mid_scalp": "BLOCK", "S05 vertex": "BLOCK"}


class TestS06Cartridge:
    @pytest.mark.parametrize(
        ("changes", "bad"),
        [
            pytest.param({"cartridge.usedBefore": True}, True, id="used"),
            pytest.param({"cartridge.sealIntact": False}, True, id="seal broken"),
            pytest.param({"cartridge.recalled": True}, True, id="recalled"),
            pytest.param({"cartridge.recalled": GONE}, False, id="not recalled unless said"),
            pytest.param({"cartridge.lot": GONE}, True, id="no lot"),
            pytest.param({"cartridge.lot": None}, True, id="lot unknown"),
            pytest.param({"cartridge.lot": ""}, True, id="lot empty"),
            pytest.param({"cartridge.lot": " \t\u2003"}, True, id="lot blank"),
            pytest.param({"cartridge.lot": "0"}, False, id="lot 0"),
            pytest.param({"cartridge.lot": "x" * 500}, False, id="lot of 500"),
            pytest.param({"cartridge.expiry": GONE}, True, id="no expiry"),
            pytest.param({"cartridge.expiry": None}, True, id="expiry unknown"),
            pytest.param({"cartridge.expiry": day(1)}, True, id="expired yesterday"),
            pytest.param({"cartridge.expiry": day(0)}, False, id="through the printed day"),
            pytest.param({"cartridge.expiry": day(-1)}, False, id="tomorrow"),
            pytest.param({"cartridge.expiry": "2026-02"}, True, id="last month"),
            pytest.param({"cartridge.expiry": "2026-03"}, False, id="this month"),
            pytest.param({"cartridge.usedBefore": True, "cartridge.lot": None}, True, id="two faults, one entry"),
        ],
    )
    @pytest.mark.parametrize("stage", STAGES[:3])
    def test_sealed_unused_known_and_usable(self, stage: str, changes: dict[str, Any], bad: bool) -> None:
        assert said(whole(stage, **changes)) == ({"S06": "BLOCK"} if bad else {})

    @pytest.mark.parametrize(
        ("expiry", "start", "bad"),
        [
            ("2026-02", "2026-02-28T23:59:59Z", False),
            ("2026-02", "2026-03-01T00:00:00Z", True),
            ("2028-02", "2028-02-29T12:00:00Z", False),
            ("2028-02", "2028-03-01T00:00:00Z", True),
            ("2027-12", "2027-12-31T23:59:59Z", False),
            ("2027-12", "2028-01-01T00:00:00Z", True),
            ("2026-04", "2026-04-30T08:00:00Z", False),
        ],
    )
    def test_a_month_alone_means_its_last_day(self, expiry: str, start: str, bad: bool) -> None:
        found = said(planned(sessionStart=start, **{"cartridge.expiry": expiry}))
        assert found == ({"S06": "BLOCK"} if bad else {})

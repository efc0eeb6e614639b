"""S21, S22, S25, S26: leaving, home plans, and a complete record (docs/rules/session.md, *Before and after*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, at_home, said, whole

AT_CHECKOUT = ("checkout", "signoff")


@pytest.mark.parametrize(("key", "rule"), [("aftercareDelivered", "S21"), ("sharpsAndCleaningConfirmed", "S25")])
@pytest.mark.parametrize(("value", "bad"), [(True, False), (False, True), (GONE, True)])
@pytest.mark.parametrize("stage", STAGES)
def test_s21_s25_are_owed_at_checkout(stage: str, key: str, rule: str, value: Any, bad: bool) -> None:
    owed = bad and stage in AT_CHECKOUT
    assert said(whole(stage, **{key: value})) == ({rule: "REASON"} if owed else {})


class TestS22Home:
    @pytest.mark.parametrize(
        ("changes", "severity"),
        [
            pytest.param({}, "NOTE", id="good"),
            pytest.param({"home.lengthMm": 0.01}, "NOTE", id="0.01 mm"),
            pytest.param({"home.lengthMm": 1.0}, "NOTE", id="1.00 mm"),
            pytest.param({"home.lengthMm": 1.01}, "BLOCK", id="1.01 mm"),
            pytest.param({"home.lengthMm": 10}, "BLOCK", id="10 mm"),
            pytest.param({"home.perWeek": 0}, "NOTE", id="never"),
            pytest.param({"home.perWeek": 0.5}, "NOTE", id="every other week"),
            pytest.param({"home.perWeek": 1.0}, "NOTE", id="weekly"),
            pytest.param({"home.perWeek": 1.001}, "BLOCK", id="a little more than weekly"),
            pytest.param({"home.perWeek": 14}, "BLOCK", id="twice a day"),
            pytest.param({"home.professionalApproval": False}, "BLOCK", id="nobody approved"),
            pytest.param({"timeZone": GONE}, "NOTE", id="without a zone"),
        ],
    )
    def test_is_never_silent(self, changes: dict[str, Any], severity: str) -> None:
        assert said(at_home(**changes)) == {"S22": severity}

    @pytest.mark.parametrize("stage", STAGES)
    def test_is_not_said_of_a_session(self, stage: str) -> None:
        assert "S22" not in said(whole(stage))
        assert "S22" not in said(whole(stage, plan=GONE))


MISSING = [
    {"patientId": GONE}, {"sessionEnd": GONE}, {"operator.id": GONE}, {"device.udi": GONE},
    {"products[0].lot": GONE}, {"zones[0].passes": GONE}, {"zones[1].passes": GONE},
]  # fmt: skip


class TestS26Complete:
    @pytest.mark.parametrize("missing", MISSING, ids=str)
    @pytest.mark.parametrize("stage", STAGES)
    def test_each_part_is_owed_at_signoff(self, stage: str, missing: dict[str, Any]) -> None:
        assert said(whole(stage, **missing)) == ({"S26": "BLOCK"} if stage == "signoff" else {})

    @pytest.mark.parametrize("key", ["lot", "expiry"])
    @pytest.mark.parametrize("value", [GONE, None], ids=["absent", "null"])
    @pytest.mark.parametrize("stage", STAGES)
    def test_the_cartridge(self, stage: str, key: str, value: Any) -> None:
        found = said(whole(stage, **{f"cartridge.{key}": value}))
        assert found == {"S06": "BLOCK"} | ({"S26": "BLOCK"} if stage == "signoff" else {})

    @pytest.mark.parametrize("value", ["", "  "])
    def test_a_blank_lot_is_none(self, value: str) -> None:
        assert said(whole(**{"cartridge.lot": value})) == {"S06": "BLOCK", "S26": "BLOCK"}

    @pytest.mark.parametrize("zone", [0, 1])
    def test_a_missing_endpoint(self, zone: int) -> None:
        found = said(whole(**{f"zones[{zone}].endpoint": GONE}))
        assert found.get("S26") == "BLOCK"
        assert "S26" not in said(whole("checkout", **{f"zones[{zone}].endpoint": GONE}))

    def test_every_product_needs_its_lot(self) -> None:
        second = whole()["products"][0] | {"id": "Serum-Q"}
        assert said(whole(**{"products[1]": second})) == {}
        del second["lot"]
        assert said(whole(**{"products[1]": second})) == {"S26": "BLOCK"}

    @pytest.mark.parametrize(
        "optional",
        [
            {"products": GONE}, {"products": []}, {"timeZone": GONE}, {"courseStartDate": GONE}, {"anaesthetic": GONE},
            {"prp": GONE}, {"painReadings": GONE}, {"operator.credentialExpires": GONE}, {"preTopicals": GONE},
        ],
        ids=str,
    )  # fmt: skip
    def test_what_is_not_owed(self, optional: dict[str, Any]) -> None:
        assert said(whole(**optional)) == {}

    def test_the_end_at_the_moment_of_the_start(self) -> None:
        assert said(whole(sessionEnd=whole()["sessionStart"])) == {}

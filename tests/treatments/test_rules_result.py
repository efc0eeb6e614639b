"""The result of a session: overall, order, one entry a subject, and a clinic's own numbers (SCHEMA 3.6)."""

import copy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, at_home, before, day, planned, said, whole
from treatments.rules import DEFAULT, RANK, next_window, session

# severity, worst first, and a change that alone gives it
ONE_OF_EACH: list[tuple[str, dict[str, Any]]] = [
    ("BLOCK", {"eligibility": "DEFER"}),
    ("BLOCK_PRODUCT", {"products": [{"kind": "aha"}]}),
    ("REASON", {"zones[0].passes": 7}),
    ("NOTE", {"painReadings": [8]}),
    ("OK", {}),
]


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("second", range(5))
def test_the_worst_is_the_overall(first: int, second: int) -> None:
    data = planned(zones=[{"zone": "vertex", "depthMm": 1}], **ONE_OF_EACH[first][1] | ONE_OF_EACH[second][1])
    result = session(data)
    assert result["overall"] == ONE_OF_EACH[min(first, second)][0]
    assert len(result["results"]) == len({first, second} - {4})


def test_nothing_to_say_is_ok_and_an_empty_list() -> None:
    assert session(whole()) == {"overall": "OK", "results": []}


def test_severities_are_ranked() -> None:
    assert sorted(RANK, key=RANK.__getitem__) == ["OK", "NOTE", "REASON", "BLOCK_PRODUCT", "BLOCK"]


EVERYTHING: dict[str, Any] = {
    "sameDayScreenDone": False, "eligibility": "DEFER", "consent.signed": False, "operator.role": "other",
    "device.registered": False, "device.maxDepthMm": 0.5, "cartridge.usedBefore": True, "lastSessionDate": day(8),
    "zones": [
        {"zone": "vertex", "depthMm": 2.0, "passes": 9, "endpoint": "frank_bleeding", "belowHairline": True},
        {"zone": "mid_scalp", "depthMm": 1.5, "endpoint": "pinpoint_bleeding"},
        {"zone": "frontal_hairline", "depthMm": 3.0},
    ],
    "fitzpatrick": "VI", "openAdverseEvent": True, "holdReleasedBy": GONE, "sessionNumber": 1, "response": "none",
    "courseStartDate": day(300), "products": [{"kind": "exosome", "id": "Zeta"}, {"kind": "exosome", "id": "Alpha"}],
    "preTopicals": [{"kind": "retinoid", "lastUsedAt": before()}, {"kind": "aha", "lastUsedAt": before(hours=70)}],
    "anaesthetic.grams": None, "prp.patientMatch": False, "baseline": GONE, "aftercareDelivered": False,
    "painReadings": [9, 9], "sharpsAndCleaningConfirmed": False, "patientId": GONE,
}  # fmt: skip


def test_order_is_by_rule_then_zone_then_product_absent_first() -> None:
    rows = session(whole(**EVERYTHING))["results"]
    assert [" ".join(row.values()) for row in rows] == [
        "S01 BLOCK", "S02 BLOCK", "S03 BLOCK", "S04 BLOCK",
        "S05 BLOCK", "S05 BLOCK frontal_hairline", "S05 BLOCK mid_scalp", "S05 BLOCK vertex",
        "S06 BLOCK",
        "S07 BLOCK frontal_hairline", "S07 NOTE mid_scalp", "S07 REASON vertex",
        "S08 REASON frontal_hairline", "S08 REASON mid_scalp", "S08 REASON vertex",
        "S09 REASON frontal_hairline", "S09 REASON mid_scalp", "S09 REASON vertex",
        "S10 REASON", "S11 BLOCK", "S12 REASON",
        "S13 BLOCK_PRODUCT Alpha", "S13 BLOCK_PRODUCT Zeta", "S14 REASON Alpha", "S14 REASON Zeta",
        "S15 NOTE aha", "S15 BLOCK retinoid", "S16 BLOCK_PRODUCT LidoCream",
        "S17 REASON vertex",
        "S18 NOTE frontal_hairline", "S18 NOTE mid_scalp", "S18 BLOCK vertex",
        "S19 BLOCK", "S20 BLOCK", "S21 REASON", "S23 BLOCK", "S24 BLOCK vertex", "S25 REASON", "S26 BLOCK",
    ]  # fmt: skip


def test_labels_are_ordered_as_plain_text() -> None:
    products = [{"kind": "aha", "id": name} for name in ("b", "B", "a10", "a2", "Ä")] + [{"kind": "aha"}]
    rows = session(planned(products=products))["results"]
    assert [row["product"] for row in rows] == ["B", "a10", "a2", "aha", "b", "Ä"]


def test_zone_and_product_stand_only_where_the_rule_speaks_of_one() -> None:
    for row in session(whole(**EVERYTHING))["results"]:
        zone = row["rule"] in ("S07", "S08", "S09", "S17", "S18", "S24")
        product = row["rule"] in ("S13", "S14", "S15", "S16")
        assert ("zone" in row) == zone or row["rule"] == "S05"
        assert ("product" in row) == product


def test_products_of_one_label_share_their_entries() -> None:
    tested = whole()["products"][0] | {"formulationChanged": True}
    untested = {"kind": "growth_factor", "id": "Serum-P"}
    for products in ([tested, untested], [untested, tested], [tested, untested, tested]):
        found = said(planned(products=products))
        assert found == {"S13 Serum-P": "BLOCK_PRODUCT", "S14 Serum-P": "REASON"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_input_gives_the_same_output_and_stays_untouched(stage: str) -> None:
    data = whole(stage, **EVERYTHING)
    kept = copy.deepcopy(data)
    assert session(data) == session(data)
    assert data == kept


class TestAClinicsOwnNumbers:
    @pytest.mark.parametrize(
        ("number", "value", "changes", "rule", "severity"),
        [
            ("allowed_roles", ("nurse", "other"), {"operator.role": "other"}, "S04", None),
            ("zone_limits", {"vertex": 80, "mid_scalp": 125}, {}, "S08 vertex", "REASON"),
            ("dark_skin_depth", 90, {"fitzpatrick": "V"}, "S09 vertex", "REASON"),
            ("interval_free_days", 21, {"lastSessionDate": day(21)}, "S10", "NOTE"),
            ("initial_sessions", 4, {"sessionNumber": 5}, "S12", "REASON"),
            ("topical_wait_hours", 12, {"products": [{"kind": "aha", "hoursAfter": 12}]}, "S14 aha", None),
            ("anaesthetic_most_mg", 100, {"anaesthetic": whole()["anaesthetic"]}, "S16 LidoCream", "BLOCK_PRODUCT"),
            ("passes_reason_above", 3, {}, "S17 vertex", "REASON"),
            ("pain_pause", 6, {"painReadings": [6]}, "S23", "NOTE"),
        ],
    )
    def test_move_the_boundary(
        self, number: str, value: Any, changes: dict[str, Any], rule: str, severity: str | None
    ) -> None:
        data = planned(**changes)
        own = replace(DEFAULT, **{number: value})
        rows = {
            " ".join(filter(None, (r["rule"], r.get("zone"), r.get("product")))): r["severity"]
            for r in session(data, own)["results"]
        }
        assert rows.get(rule) == severity
        assert said(data).get(rule) != severity

    def test_move_the_home_plan(self) -> None:
        assert session(at_home(), replace(DEFAULT, home_most_depth=40))["overall"] == "BLOCK"


@pytest.mark.parametrize(
    ("last", "phase", "opens", "closes"),
    [
        ("2026-02-02", "initial", "2026-03-02", "2026-03-16"),
        ("2026-02-02", "maintenance", "2026-03-30", "2026-05-05"),
        ("2028-02-01", "initial", "2028-02-29", "2028-03-14"),
        ("2025-12-20", "initial", "2026-01-17", "2026-01-31"),
    ],
)
def test_the_window_is_days_28_to_42_and_56_to_92(last: str, phase: str, opens: str, closes: str) -> None:
    window = next_window(date.fromisoformat(last), phase)
    assert (window.opens_on, window.closes_on) == (date.fromisoformat(opens), date.fromisoformat(closes))
    for on in (opens, closes):
        start = f"{on}T10:00:00Z"
        assert "S10" not in said(planned(sessionStart=start, lastSessionDate=last, phase=phase))

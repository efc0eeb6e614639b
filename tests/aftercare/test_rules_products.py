"""T17, T28: something used inside its waiting time, with and without symptoms (docs/rules/checkin.md)."""

from typing import Any

import pytest

from tests.aftercare.answered import only, said

WINDOWS = {
    "retinoid": 24, "aha": 24, "exfoliant": 24, "compounded_topical": 24, "minoxidil": 24, "nonsterile_cosmetic": 24,
    "hair_dye": 48, "sun": 48, "heat_styling": 48, "sauna": 72, "swimming": 72, "hard_exercise": 72,
}  # fmt: skip
BURNS = [
    "retinoid", "aha", "exfoliant", "compounded_topical", "minoxidil", "nonsterile_cosmetic", "hair_dye",
]  # fmt: skip
SYMPTOMS: list[tuple[dict[str, Any], bool]] = [
    ({}, False), ({"burning": False}, False), ({"burning": True}, True), ({"pain": 3}, False), ({"pain": 4}, True),
    ({"pain": 6}, True), ({"burning": None, "pain": None}, False), ({"burning": True, "pain": 6}, True),
    ({"redness": 1, "itch": 3}, False),
]  # fmt: skip
R, S = "ROUTINE", "SAME_DAY"


def used(*entries: tuple[str, float], early: bool = False, **answers: Any) -> dict[str, str]:
    """What is said about products, each with its hours after the session, on the first day."""
    products = [{"kind": kind, "hoursAfter": hours} for kind, hours in entries]
    context = {"minoxidilEarlyAllowed": True} if early else {}
    return said({"products_used": products} | answers, context=context)


@pytest.mark.parametrize(("kind", "window"), WINDOWS.items())
def test_t28_inside_its_window(kind: str, window: int) -> None:
    for hours in (0, window - 0.01, window - 0.0001):
        assert used((kind, hours)) == {"T28": R}
    for hours in (window, window + 0.01, 8760):
        assert used((kind, hours)) == {}


@pytest.mark.parametrize("kind", WINDOWS)
@pytest.mark.parametrize(("answers", "hurts"), SYMPTOMS, ids=str)
def test_t17_before_24_hours_with_symptoms(kind: str, answers: dict[str, Any], hurts: bool) -> None:
    inside = {"T17": S} if hurts and kind in BURNS else {"T28": R}
    assert used((kind, 0), **answers) == inside
    assert used((kind, 23.9), **answers) == inside


@pytest.mark.parametrize(("kind", "window"), WINDOWS.items())
@pytest.mark.parametrize("hours", [24, 24.1, 47.9, 48, 71.9, 72])
def test_t17_ends_at_24_hours_for_every_kind(kind: str, window: int, hours: float) -> None:
    assert used((kind, hours), burning=True) == only("T28", R if hours < window else None)


def test_t28_is_silent_where_t17_fires() -> None:
    assert used(("aha", 3), ("sauna", 5), burning=True) == {"T17": S}
    assert used(("sauna", 5), ("aha", 24), burning=True) == {"T28": R}


def test_one_of_several_is_enough_and_one_entry() -> None:
    assert used(("aha", 30), ("sun", 60), ("swimming", 10), ("swimming", 11)) == {"T28": R}
    assert used(("aha", 30), ("sun", 60), ("swimming", 90)) == {}


@pytest.mark.parametrize("products", [[], None])
def test_nothing_used(products: Any) -> None:
    assert said({"products_used": products, "burning": True}) == {}


def test_pain_beside_it_has_its_own_rules() -> None:
    assert used(("aha", 3), pain=7) == {"T12": S, "T17": S}
    assert used(("aha", 3), pain=8) == {"T05": "URGENT", "T17": S}


class TestMinoxidilEarly:
    @pytest.mark.parametrize("hours", [0, 23.9])
    @pytest.mark.parametrize("burning", [True, False])
    def test_is_ignored_where_the_prescriber_allowed_it(self, hours: float, burning: bool) -> None:
        assert used(("minoxidil", hours), early=True, burning=burning) == {}
        assert used(("minoxidil", hours), burning=burning) == ({"T17": S} if burning else {"T28": R})

    @pytest.mark.parametrize("kind", [kind for kind in WINDOWS if kind != "minoxidil"])
    def test_other_kinds_are_not(self, kind: str) -> None:
        assert used((kind, 1), ("minoxidil", 1), early=True) == {"T28": R}

    def test_must_be_said(self) -> None:
        products = [{"kind": "minoxidil", "hoursAfter": 1}]
        assert said({"products_used": products}, context={"minoxidilEarlyAllowed": False}) == {"T28": R}
        assert said({"products_used": products}, context={}) == {"T28": R}


def test_it_may_have_been_used_later_than_the_answer() -> None:
    assert said({"products_used": [{"kind": "sauna", "hoursAfter": 50}]}, 1) == {"T28": R}


@pytest.mark.parametrize("hours", [0, 5000])
def test_when_it_is_told_does_not_matter(hours: float) -> None:
    assert said({"products_used": [{"kind": "aha", "hoursAfter": 2}]}, hours) == {"T28": R}
    assert said({"products_used": [{"kind": "aha", "hoursAfter": 2}], "burning": True}, hours) == {"T17": S}

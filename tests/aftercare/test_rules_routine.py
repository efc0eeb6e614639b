"""T20–T26, T29: what can wait for a working day, and what holds (docs/rules/checkin.md, *Routine*, *Holds*)."""

from typing import Any

import pytest

from tests.aftercare.answered import only, said

DAY_7, DAY_14, DAY_56 = 168, 336, 1344
R = "ROUTINE"


def around(hours: float) -> list[tuple[float, float]]:
    """A second before, the moment, a millisecond after, a second after."""
    return [(hours, -1), (hours, 0), (hours, 0.001), (hours, 1)]


def along(answers: dict[str, Any], hours: float) -> list[dict[str, str]]:
    """What is said around that moment."""
    return [said(answers, *moment) for moment in around(hours)]


class TestT20:
    @pytest.mark.parametrize("grade", [2, 3, 2.0])
    def test_itch_after_day_7(self, grade: float) -> None:
        assert along({"itch": grade}, DAY_7) == [{}, {}, {"T20": R}, {"T20": R}]

    @pytest.mark.parametrize("grade", [0, 1, None])
    @pytest.mark.parametrize("hours", [1, DAY_7 + 1, DAY_14 + 1, 9000])
    def test_a_little_itch_never(self, grade: int | None, hours: float) -> None:
        assert said({"itch": grade}, hours) == {}

    @pytest.mark.parametrize("grade", [1, 2, 3])
    def test_flaking_after_day_14(self, grade: int) -> None:
        assert along({"flaking": grade}, DAY_14) == [{}, {}, {"T20": R}, {"T20": R}]
        assert along({"flaking": grade}, DAY_7) == [{}] * 4

    @pytest.mark.parametrize("grade", [0, None])
    def test_no_flaking(self, grade: int | None) -> None:
        assert said({"flaking": grade}, 9000) == {}

    def test_both_are_one_entry(self) -> None:
        assert said({"flaking": 1, "itch": 2}, 400) == {"T20": R}


class TestT22:
    @pytest.mark.parametrize("hours", [0, 100, 337, 9000])
    @pytest.mark.parametrize(
        "more", [{}, {"temp_c": 37.9}, {"chills": False}, {"temp_c": None, "chills": False}], ids=str
    )
    def test_sore_glands_without_fever(self, more: dict[str, Any], hours: float) -> None:
        assert said({"neck_glands": True} | more, hours) == {"T22": R}

    @pytest.mark.parametrize("fever", [{"temp_c": 38.0}, {"chills": True}], ids=str)
    def test_a_fever_speaks_for_itself(self, fever: dict[str, Any]) -> None:
        assert said({"neck_glands": True} | fever, 100) == {"T03": "URGENT"}
        assert said({"neck_glands": True} | fever, 337) == {"T29": R}

    def test_no_glands(self) -> None:
        assert said({"neck_glands": False}) == {}


@pytest.mark.parametrize("hours", [0, 400, 9000])
@pytest.mark.parametrize("dark", [True, False, None])
@pytest.mark.parametrize("light", [True, False, None])
def test_t23_patches_at_any_time(dark: bool | None, light: bool | None, hours: float) -> None:
    assert said({"dark_spots": dark, "light_patches": light}, hours) == only("T23", R if dark or light else None)


class TestT24:
    @pytest.mark.parametrize("hours", [0, 400, 9000])
    @pytest.mark.parametrize("answer", ["clumps", "patch"])
    def test_clumps_or_a_patch_at_any_time(self, answer: str, hours: float) -> None:
        assert said({"shedding": answer}, hours) == {"T24": R}

    def test_more_after_day_56(self) -> None:
        assert along({"shedding": "more"}, DAY_56) == [{}, {}, {"T24": R}, {"T24": R}]

    @pytest.mark.parametrize("answer", ["less", "usual", None])
    @pytest.mark.parametrize("hours", [0, 1345, 9000])
    def test_less_or_usual_never(self, answer: str | None, hours: float) -> None:
        assert said({"shedding": answer}, hours) == {}


class TestT25:
    @pytest.mark.parametrize("hours", [0, 100, 9000])
    def test_scars_at_any_time(self, hours: float) -> None:
        assert said({"raised_or_pitted_scars": True}, hours) == {"T25": R}
        assert said({"raised_or_pitted_scars": False}, hours) == {}

    def test_bumps_from_day_14(self) -> None:
        assert along({"firm_bumps": True}, DAY_14) == [{}, {"T25": R}, {"T25": R}, {"T25": R}]
        assert along({"firm_bumps": False}, DAY_14) == [{}] * 4
        assert said({"firm_bumps": True}) == {}


def test_t26_numbness_after_72_hours() -> None:
    assert along({"numbness": True}, 72) == [{}, {}, {"T26": R}, {"T26": R}]
    assert said({"numbness": False}, 100) == {}


class TestT29:
    @pytest.mark.parametrize("hours", [0, 9000])
    @pytest.mark.parametrize(
        "changes", [["pregnancy"], ["medicine"], ["illness"], ["illness", "pregnancy", "medicine"]], ids=str
    )
    def test_any_change_in_health(self, changes: list[str], hours: float) -> None:
        assert said({"health_changes": changes}, hours) == {"T29": R}

    @pytest.mark.parametrize("changes", [[], None], ids=str)
    def test_none(self, changes: Any) -> None:
        assert said({"health_changes": changes}) == {}

    def test_fever_alone_after_day_14_is_a_new_illness(self) -> None:
        assert along({"temp_c": 38.0}, DAY_14) == [{"T03": "URGENT"}] * 2 + [{"T29": R}] * 2

    @pytest.mark.parametrize("sign", [{"discharge": "pus"}, {"spreading_redness": True}], ids=str)
    def test_fever_with_infection_is_not(self, sign: dict[str, Any]) -> None:
        assert "T29" not in said({"temp_c": 38.0} | sign, 400)

    def test_both_are_one_entry(self) -> None:
        assert said({"chills": True, "health_changes": ["illness"]}, 400) == {"T29": R}

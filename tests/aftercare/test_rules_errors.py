"""Bad input is named by its path and never judged (SCHEMA parts 1, 4.1, 4.2 and 5)."""

from typing import Any

import pytest

from tests.aftercare.answered import after, answered, bad_paths, judged, said

TRENDS = ["better", "same", "worse"]
LISTED = {
    "redness_trend": TRENDS,
    "pain_trend": TRENDS,
    "swelling_site": ["scalp", "forehead_eyelids", "face_lips_tongue"],
    "bleeding": ["none", "spots", "oozing", "wont_stop"],
    "discharge": ["none", "clear", "pus"],
    "rash": ["none", "local", "blisters", "hives", "widespread"],
    "shedding": ["less", "usual", "more", "clumps", "patch"],
}
BOOLS = [
    "burning", "chills", "breathing_difficulty", "lip_tongue_swelling", "chest_pain_faint_palpitations",
    "spreading_redness", "red_streaks", "hot_skin", "painful_lumps", "neck_glands", "dark_spots", "light_patches",
    "raised_or_pitted_scars", "firm_bumps", "numbness",
]  # fmt: skip
GRADES = {"redness": 3, "swelling": 3, "pain": 10, "itch": 3, "flaking": 3}
OTHER: dict[str, Any] = {"temp_c": 36.6, "products_used": [], "health_changes": [], "free_text": "Fine"}
KEYS = [*LISTED, *BOOLS, *GRADES, *OTHER]
KINDS = [
    "retinoid", "aha", "exfoliant", "compounded_topical", "minoxidil", "nonsterile_cosmetic", "hair_dye", "sun",
    "heat_styling", "sauna", "swimming", "hard_exercise",
]  # fmt: skip
INSTANTS: list[Any] = [
    "2026-03-02T10:00:00", "2026-03-02", "2026-03-02 10:00Z", "2026-03-02T24:00Z", "2026-03-02T10:60Z",
    "2026-03-02T10:00:60Z", "2026-02-29T10:00Z", "2026-03-02T10:00+15:00", "2026-03-02T10:00+0100", "now", "", None,
    1772445600, True, [], {},
]  # fmt: skip


class TestTheWhole:
    @pytest.mark.parametrize("data", [None, [], [{}], "x", 3, True, 1.5], ids=repr)
    def test_must_be_an_object(self, data: object) -> None:
        assert bad_paths(data) == [""]

    def test_names_every_missing_key(self) -> None:
        assert bad_paths({}) == ["answeredAt", "answers", "sessionEnd"]
        assert bad_paths({"context": {}}) == ["answeredAt", "answers", "sessionEnd"]

    def test_needs_at_least_one_answer(self) -> None:
        assert bad_paths(answered({})) == ["answers"]
        assert judged(answered({"redness": None})) == {}

    @pytest.mark.parametrize("value", [None, [], [{"redness": 9}], "x", 3, False], ids=repr)
    def test_answers_and_context_are_objects(self, value: object) -> None:
        assert bad_paths(answered(value)) == ["answers"]
        assert bad_paths(answered({"redness": 1}, context=value)) == ["context"]

    def test_unknown_keys_at_every_level(self) -> None:
        answers = {"rednes": 1, "products_used": [{"kind": "sun", "hoursAfter": 1, "note": "x"}]}
        data = answered(answers, context={"askd": [], "": 1}, plan="clinic", eligibility="CLEAR")
        assert bad_paths(data) == [
            "answers.products_used[0].note", "answers.rednes", "context.", "context.askd", "eligibility", "plan",
        ]  # fmt: skip

    def test_an_unknown_answer_is_the_only_error(self) -> None:
        assert bad_paths(answered({"keloid": "never"})) == ["answers.keloid"]


class TestTime:
    @pytest.mark.parametrize("key", ["sessionEnd", "answeredAt"])
    @pytest.mark.parametrize("value", INSTANTS, ids=repr)
    def test_instants(self, key: str, value: object) -> None:
        assert bad_paths(answered({"redness": 1}) | {key: value}) == [key]

    def test_no_answer_before_the_end(self) -> None:
        assert bad_paths(answered({"redness": 1}, 0, -0.001)) == ["answeredAt"]
        assert judged(answered({"redness": 1}, 0)) == {}

    @pytest.mark.parametrize(
        ("end", "at", "good"),
        [
            ("2026-10-25T01:10:00+00:00", "2026-10-25T01:40:00+01:00", False),
            ("2026-10-25T01:10:00+01:00", "2026-10-25T01:05:00+00:00", True),
            ("2026-03-02T10:00:00-05:00", "2026-03-02T15:00:00Z", True),
            ("2026-03-02T10:00:00-05:00", "2026-03-02T14:59:59Z", False),
        ],
    )
    def test_instants_are_compared_and_not_their_spelling(self, end: str, at: str, good: bool) -> None:
        data = {"sessionEnd": end, "answeredAt": at, "answers": {"redness": 0}}
        assert (judged(data) == {}) if good else (bad_paths(data) == ["answeredAt"])

    def test_order_is_not_checked_against_a_malformed_moment(self) -> None:
        data = answered({"redness": 1}, -9)
        assert bad_paths(data | {"sessionEnd": "then"}) == ["sessionEnd"]
        assert bad_paths(data | {"answeredAt": 3}) == ["answeredAt"]

    def test_all_errors_are_in_one_answer(self) -> None:
        data = answered({"redness": 4, "temp_c": 98.6}, -1, context={"asked": ["Q0"]})
        assert bad_paths(data) == ["answeredAt", "answers.redness", "answers.temp_c", "context.asked[0]"]
        assert bad_paths(answered({}, -1)) == ["answeredAt", "answers"]


class TestAnswers:
    @pytest.mark.parametrize("key", KEYS)
    def test_every_answer_may_be_blank(self, key: str) -> None:
        assert set(said({key: None})) <= {"T16"}

    @pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in LISTED.items() for value in values])
    def test_listed_values(self, key: str, value: str) -> None:
        assert len(said({key: value})) <= 1

    @pytest.mark.parametrize("key", LISTED)
    @pytest.mark.parametrize("value", ["", "None", "NONE", "none ", "unsure", "yes", 0, True, [], {}], ids=repr)
    def test_no_other_value(self, key: str, value: object) -> None:
        assert bad_paths(answered({key: value})) == [f"answers.{key}"]

    @pytest.mark.parametrize("key", BOOLS)
    @pytest.mark.parametrize("value", ["yes", "no", "true", 0, 1, [], {}], ids=repr)
    def test_bools(self, key: str, value: object) -> None:
        assert "T16" not in said({key: True})
        assert said({key: False}) == {}
        assert bad_paths(answered({key: value})) == [f"answers.{key}"]

    @pytest.mark.parametrize(("key", "most"), GRADES.items())
    def test_grades(self, key: str, most: int) -> None:
        for good in (0, most, 0.0, float(most)):
            assert "T16" not in said({key: good})
        no_number: list[Any] = ["1", True, False, [], {}, float("nan"), float("inf")]
        wrong: list[Any] = [-1, most + 1, 0.5, most - 0.5, 10**400, *no_number]
        for bad in wrong:
            assert bad_paths(answered({key: bad})) == [f"answers.{key}"]

    def test_temperature_is_in_degrees_celsius(self) -> None:
        for good in (34, 34.0, 36.55, 43.0, 43):
            assert "errors" not in said({"temp_c": good})
        wrong: tuple[Any, ...] = (33.99, 43.01, 98.6, 100.4, 0, -1, "38", True, [], float("nan"), float("inf"), 10**400)
        for bad in wrong:
            assert bad_paths(answered({"temp_c": bad})) == ["answers.temp_c"]

    def test_free_text(self) -> None:
        for good in ("x", " x ", "x" * 500, "\u2003" + "x" * 500 + "\n", "\U0001f9d1" * 500):
            assert said({"free_text": good}) == {}
        wrong: tuple[Any, ...] = ("", " \t", "x" * 501, 5, True, ["x"], {})
        for bad in wrong:
            assert bad_paths(answered({"free_text": bad})) == ["answers.free_text"]


class TestProductsUsed:
    @pytest.mark.parametrize("kind", KINDS)
    def test_kinds(self, kind: str) -> None:
        assert said({"products_used": [{"kind": kind, "hoursAfter": 8760}]}) == {}

    @pytest.mark.parametrize(
        ("entry", "paths"),
        [
            ({}, ["hoursAfter", "kind"]), ({"kind": "sun"}, ["hoursAfter"]), ({"hoursAfter": 1}, ["kind"]),
            ({"kind": None, "hoursAfter": None}, ["hoursAfter", "kind"]), ({"kind": "Sun", "hoursAfter": 1}, ["kind"]),
            ({"kind": "growth_factor", "hoursAfter": 1}, ["kind"]), ({"kind": "sun", "hoursAfter": "1"}, ["hoursAfter"]),
            ({"kind": "sun", "hoursAfter": -0.01}, ["hoursAfter"]),
            ({"kind": "sun", "hoursAfter": 8760.01}, ["hoursAfter"]),
            ({"kind": "sun", "hoursAfter": True}, ["hoursAfter"]),
        ],
        ids=str,
    )  # fmt: skip
    def test_entries(self, entry: dict[str, Any], paths: list[str]) -> None:
        products = [{"kind": "sun", "hoursAfter": 0}, entry]
        expected = [f"answers.products_used[1].{path}" for path in paths]
        assert bad_paths(answered({"products_used": products})) == expected

    @pytest.mark.parametrize("entry", [None, "sun", 1, [], True], ids=repr)
    def test_an_entry_is_an_object(self, entry: object) -> None:
        assert bad_paths(answered({"products_used": [entry]})) == ["answers.products_used[0]"]

    @pytest.mark.parametrize("key", ["products_used", "health_changes"])
    @pytest.mark.parametrize("value", ["none", {}, 1, False], ids=repr)
    def test_lists(self, key: str, value: object) -> None:
        assert bad_paths(answered({key: value})) == [f"answers.{key}"]

    def test_the_same_product_may_stand_twice(self) -> None:
        assert said({"products_used": [{"kind": "sun", "hoursAfter": 1}] * 2}) == {"T28": "ROUTINE"}


def test_health_changes_stand_once() -> None:
    changes = ["illness", "medicine", "illness", "illness"]
    expected = ["answers.health_changes[2]", "answers.health_changes[3]"]
    assert bad_paths(answered({"health_changes": changes})) == expected
    changes = ["none", None, 1]  # type: ignore[list-item]
    assert bad_paths(answered({"health_changes": changes})) == [f"answers.health_changes[{n}]" for n in range(3)]


class TestContext:
    @pytest.mark.parametrize(
        ("key", "good", "bad"),
        [
            ("fitzpatrick", ["I", "VI"], ["iv", "VII", "", None, 4]),
            ("minoxidilStartedOn", ["2026-03-02", "2030-01-01"], ["2026-02-29", "soon", None, after(0), 1]),
            ("minoxidilEarlyAllowed", [True, False], ["yes", None, 1]),
            ("asked", [[], ["Q1"], ["Q14", "Q14"]], [None, "Q4", {}]),
        ],
    )
    def test_keys(self, key: str, good: list[Any], bad: list[Any]) -> None:
        for value in good:
            assert said({"redness": 1}, context={key: value}) == {}
        for value in bad:
            assert bad_paths(answered({"redness": 1}, context={key: value})) == [f"context.{key}"]

    @pytest.mark.parametrize("name", ["Q0", "Q15", "q4", "4", "Q04", "", None, 4], ids=repr)
    def test_questions(self, name: object) -> None:
        data = answered({"redness": 1}, context={"asked": ["Q1", name]})
        assert bad_paths(data) == ["context.asked[1]"]

"""S16, S19: numbing cream and platelet-rich plasma (docs/rules/session.md, *Products*, *During*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, before, planned, said, whole

CREAM = "S16 LidoCream"
DETAILS = ["strengthPercent", "areaCm2", "grams", "onAt", "offAt", "weightKg"]


def numbed(stage: str = "plan", **cream: Any) -> dict[str, str]:
    """What is said with these details of the cream changed."""
    return said(whole(stage, **{f"anaesthetic.{key}": value for key, value in cream.items()}))


class TestS16Record:
    @pytest.mark.parametrize(("wiped", "bad"), [(True, False), (False, True), (GONE, True)])
    @pytest.mark.parametrize("stage", STAGES)
    def test_it_is_wiped_off(self, stage: str, wiped: Any, bad: bool) -> None:
        assert numbed(stage, wipedOff=wiped) == ({CREAM: "BLOCK"} if bad else {})

    @pytest.mark.parametrize("stage", STAGES)
    @pytest.mark.parametrize("detail", DETAILS)
    @pytest.mark.parametrize("value", [GONE, None], ids=["absent", "null"])
    def test_each_detail_is_owed(self, stage: str, detail: str, value: Any) -> None:
        assert numbed(stage, **{detail: value}) == {CREAM: "BLOCK_PRODUCT"}

    @pytest.mark.parametrize("value", [GONE, None], ids=["absent", "null"])
    def test_without_a_product_it_is_called_anaesthetic(self, value: Any) -> None:
        assert numbed(product=value) == {"S16 anaesthetic": "BLOCK_PRODUCT"}
        assert numbed(product=value, wipedOff=False) == {"S16 anaesthetic": "BLOCK"}

    def test_not_wiped_off_is_worse_than_a_missing_detail(self) -> None:
        assert numbed(wipedOff=False, grams=None) == {CREAM: "BLOCK"}

    def test_an_empty_record_is_no_silence(self) -> None:
        assert said(planned(anaesthetic={})) == {"S16 anaesthetic": "BLOCK"}
        assert said(planned(anaesthetic={"wipedOff": True})) == {"S16 anaesthetic": "BLOCK_PRODUCT"}

    @pytest.mark.parametrize("stage", STAGES)
    def test_none_was_used(self, stage: str) -> None:
        assert said(whole(stage, anaesthetic=GONE)) == {}

    @pytest.mark.parametrize("key", ["otherMg12h", "ingredients"])
    def test_what_is_not_owed(self, key: str) -> None:
        assert numbed(**{key: GONE}) == {}

    def test_off_at_the_moment_of_on(self) -> None:
        assert numbed(onAt=before(hours=1), offAt=before(hours=1)) == {}


class TestS16Allergy:
    @pytest.mark.parametrize(
        ("allergy", "hit"),
        [
            ("LidoCream", True), (" lidocream ", True), ("lidocaine", True), ("LIDOCAINE", True),
            ("anaesthetic", True), ("Anaesthetic ", True), ("anesthetic", False), ("lido", False), ("latex", False),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("stage", STAGES)
    def test_name_ingredient_or_the_word(self, stage: str, allergy: str, hit: bool) -> None:
        found = said(whole(stage, allergies=["latex", allergy]))
        assert found == ({CREAM: "BLOCK_PRODUCT"} if hit else {})

    def test_without_ingredients(self) -> None:
        changes = {"anaesthetic.ingredients": GONE, "anaesthetic.product": "Emla"}
        assert said(whole(allergies=["lidocaine"], **changes)) == {}
        assert said(whole(allergies=["emla"], **changes)) == {"S16 Emla": "BLOCK_PRODUCT"}


class TestS16Dose:
    """Milligrams are grams × percent × 10 + other; at most 600, and at most 4.5 for each kilogram."""

    @pytest.mark.parametrize(
        ("grams", "percent", "kilograms", "other", "over"),
        [
            pytest.param(15, 4, 300, 0, False, id="600 mg"),
            pytest.param(15.01, 4, 300, 0, True, id="600.4 mg"),
            pytest.param(14.99, 4, 300, 0.4, False, id="600 mg with other"),
            pytest.param(14.99, 4, 300, 0.401, True, id="600.001 mg with other"),
            pytest.param(14.99, 4, 300, 0.4004, False, id="600.0004 mg rounds to 600"),
            pytest.param(14.99, 4, 300, 0.4006, True, id="600.0006 mg rounds above"),
            pytest.param(1, 4, 300, 560, False, id="other up to 600"),
            pytest.param(1, 4, 300, 560.001, True, id="other above 600"),
            pytest.param(0.01, 0.1, 350, 5000, True, id="other alone"),
            pytest.param(7.875, 4, 70, 0, False, id="315 mg at 70 kg"),
            pytest.param(7.9, 4, 70, 0, True, id="316 mg at 70 kg"),
            pytest.param(7.875, 4, 69.99, 0, True, id="315 mg at 69.99 kg"),
            pytest.param(2.25, 4, 20, 0, False, id="90 mg at 20 kg"),
            pytest.param(2.26, 4, 20, 0, True, id="90.4 mg at 20 kg"),
            pytest.param(15, 4, 133.3334, 0, False, id="600 mg at 600.0003"),
            pytest.param(15, 4, 133.3333, 0, False, id="599.99985 rounds to 600"),
            pytest.param(15, 4, 133.333, 0, True, id="600 mg at 599.9985"),
            pytest.param(0.01, 0.1, 20, 0, False, id="least of all"),
            pytest.param(500, 40, 350, 0, True, id="most of all"),
            pytest.param(0.07, 15, 20, 79.5, False, id="floats that do not add up exactly"),
            pytest.param(2.3, 3.9, 20, 0.3, False, id="90 mg of floats"),
        ],
    )
    @pytest.mark.parametrize("stage", STAGES[:2])
    def test_limits(
        self, stage: str, grams: float, percent: float, kilograms: float, other: float, over: bool
    ) -> None:
        found = numbed(stage, grams=grams, strengthPercent=percent, weightKg=kilograms, otherMg12h=other)
        assert found == ({CREAM: "BLOCK_PRODUCT"} if over else {})

    def test_nothing_else_was_given_unless_said(self) -> None:
        assert numbed(grams=15, strengthPercent=4, weightKg=300, otherMg12h=GONE) == {}


class TestS19Prp:
    @pytest.mark.parametrize(
        ("overall", "bad"),
        [
            ("CLEAR", False), ("CAUTION", False), ("REVIEW", True), ("INCOMPLETE", True), ("DEFER", True),
            ("ABSOLUTE", True),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("stage", STAGES)
    def test_eligible(self, stage: str, overall: str, bad: bool) -> None:
        assert said(whole(stage, **{"prp.eligibility": overall})) == ({"S19": "BLOCK"} if bad else {})

    @pytest.mark.parametrize(
        ("changes", "bad"),
        [
            pytest.param({"patientMatch": False}, True, id="another's tube"),
            pytest.param({"tubeCheckBy": []}, True, id="nobody checked"),
            pytest.param({"tubeCheckBy": ["Ann"]}, True, id="one checked"),
            pytest.param({"tubeCheckBy": ["Ann", "Ann"]}, True, id="one twice"),
            pytest.param({"tubeCheckBy": ["Ann", " aNN\t"]}, True, id="one spelled twice"),
            pytest.param({"tubeCheckBy": ["Ann", "ann", "Ben"]}, False, id="two of three"),
            pytest.param({"tubeCheckBy": ["Ann", "Ben", "Cem"]}, False, id="three"),
            pytest.param({"drawnAt": None}, True, id="drawn null"),
            pytest.param({"drawnAt": GONE}, True, id="drawn absent"),
            pytest.param({"usedAt": None}, True, id="used null"),
            pytest.param({"usedAt": GONE}, True, id="used absent"),
            pytest.param({"volumeMl": None}, True, id="volume null"),
            pytest.param({"volumeMl": GONE}, True, id="volume absent"),
            pytest.param({"volumeMl": 0.1}, False, id="least volume"),
            pytest.param({"usedAt": before(hours=1)}, False, id="used as drawn"),
        ],
    )
    @pytest.mark.parametrize("stage", STAGES)
    def test_the_tube(self, stage: str, changes: dict[str, Any], bad: bool) -> None:
        found = said(whole(stage, **{f"prp.{key}": value for key, value in changes.items()}))
        assert found == ({"S19": "BLOCK"} if bad else {})

    @pytest.mark.parametrize("stage", STAGES)
    def test_no_prp(self, stage: str) -> None:
        assert said(whole(stage, prp=GONE)) == {}

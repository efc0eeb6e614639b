"""S13: patch tests and allergens of products, in exact instants (docs/rules/session.md, *Products*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, before, planned, said, whole

KINDS = {
    "serum_sterile": True, "growth_factor": True, "exosome": True, "other": True, "minoxidil": False,
    "compounded_topical": False, "retinoid": False, "aha": False, "exfoliant": False, "nonsterile_cosmetic": False,
}  # fmt: skip
HOURS_180_DAYS = 180 * 24


def with_test(applied: str, read: Any, stage: str = "plan", result: Any = "negative", **product: Any) -> str | None:
    """What S13 says about one serum with a test."""
    test = {"patchTestAppliedAt": applied, "patchTestReadAt": read, "patchTestResult": result, "kind": "serum_sterile"}
    given = {key: value for key, value in (test | product).items() if value is not GONE}
    return said(whole(stage, products=[given | {"id": "Serum", "lot": "1"}])).get("S13 Serum")


@pytest.mark.parametrize(("kind", "needs"), KINDS.items())
@pytest.mark.parametrize("stage", STAGES)
def test_which_kinds_need_a_test(stage: str, kind: str, needs: bool) -> None:
    found = said(whole(stage, products=[{"kind": kind, "hoursAfter": 500, "lot": "1"}]))
    assert found.get(f"S13 {kind}") == ("BLOCK_PRODUCT" if needs else None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_that_is_given_is_judged_for_every_kind(kind: str) -> None:
    product = {
        "kind": kind, "id": "X", "hoursAfter": 500,
        "patchTestAppliedAt": before(hours=96), "patchTestReadAt": before(hours=48),
    }  # fmt: skip
    for result, severity in (("negative", None), ("positive", "BLOCK_PRODUCT"), ("doubtful", "BLOCK_PRODUCT")):
        assert said(planned(products=[product | {"patchTestResult": result}])).get("S13 X") == severity


@pytest.mark.parametrize(
    ("result", "severity"),
    [
        ("negative", None), ("positive", "BLOCK_PRODUCT"), ("doubtful", "BLOCK_PRODUCT"),
        ("not_read", "BLOCK_PRODUCT"), (GONE, "BLOCK_PRODUCT"),
    ],
    ids=["negative", "positive", "doubtful", "not_read", "absent"],
)  # fmt: skip
@pytest.mark.parametrize("stage", STAGES)
def test_only_negative_is_good(stage: str, result: Any, severity: str | None) -> None:
    assert with_test(before(hours=96), before(hours=48), stage, result) == severity


def test_a_test_without_a_reading_is_none() -> None:
    assert with_test(before(hours=96), GONE) == "BLOCK_PRODUCT"


@pytest.mark.parametrize(
    ("hours", "seconds", "severity"),
    [
        pytest.param(24, -1, "BLOCK_PRODUCT", id="23:59:59"),
        pytest.param(24, -0.001, "BLOCK_PRODUCT", id="a millisecond short"),
        pytest.param(24, 0, "NOTE", id="24:00:00"),
        pytest.param(24, 1, "NOTE", id="24:00:01"),
        pytest.param(48, -1, "NOTE", id="47:59:59"),
        pytest.param(48, 0, None, id="48:00:00"),
        pytest.param(HOURS_180_DAYS, -1, None, id="a second under 180 days"),
        pytest.param(HOURS_180_DAYS, 0, None, id="180 days"),
        pytest.param(HOURS_180_DAYS, 1, "REASON", id="a second over 180 days"),
        pytest.param(3 * HOURS_180_DAYS, 0, "REASON", id="540 days"),
    ],
)
def test_time_from_the_test_to_the_session(hours: float, seconds: float, severity: str | None) -> None:
    assert with_test(before(hours=hours, seconds=seconds), before()) == severity


@pytest.mark.parametrize(
    ("applied", "read", "severity"),
    [
        pytest.param(before(hours=96), before(hours=72), None, id="read after 24:00:00"),
        pytest.param(before(hours=96), before(hours=72, seconds=1), "BLOCK_PRODUCT", id="read after 23:59:59"),
        pytest.param(before(hours=96), before(hours=96), "BLOCK_PRODUCT", id="read at once"),
        pytest.param(before(hours=96), before(), None, id="read at the start"),
        pytest.param(before(hours=96), before(seconds=-1), "BLOCK_PRODUCT", id="read after the start"),
        pytest.param(before(hours=-1), before(hours=-30), "BLOCK_PRODUCT", id="applied after the start"),
        pytest.param(before(), before(), "BLOCK_PRODUCT", id="applied at the start"),
    ],
)
def test_when_it_was_read(applied: str, read: str, severity: str | None) -> None:
    assert with_test(applied, read) == severity


@pytest.mark.parametrize(
    ("applied", "start", "severity"),
    [
        ("2026-03-28T10:30:00+00:00", "2026-03-29T11:00:00+01:00", "BLOCK_PRODUCT"),
        ("2026-03-28T10:30:00+00:00", "2026-03-29T11:30:00+01:00", "NOTE"),
        ("2026-10-24T10:30:00+01:00", "2026-10-25T09:29:59+00:00", "BLOCK_PRODUCT"),
        ("2026-10-24T10:30:00+01:00", "2026-10-25T09:30:00+00:00", "NOTE"),
        ("2026-03-01T18:00:00+09:00", "2026-03-01T23:59:00-10:00", "NOTE"),
    ],
)
def test_hours_are_exact_when_clocks_change_and_between_zones(applied: str, start: str, severity: str) -> None:
    test = {"patchTestAppliedAt": applied, "patchTestReadAt": start, "patchTestResult": "negative"}
    products = [{"kind": "serum_sterile", **test}]
    assert said(planned(sessionStart=start, products=products)) == {"S13 serum_sterile": severity}


@pytest.mark.parametrize(
    ("hours", "changed", "severity"),
    [
        (96, False, None), (96, GONE, None), (96, True, "REASON"), (24, True, "REASON"), (23, True, "BLOCK_PRODUCT"),
        (HOURS_180_DAYS + 1, True, "REASON"),
    ],
)  # fmt: skip
def test_a_changed_formula_owes_a_reason(hours: float, changed: Any, severity: str | None) -> None:
    assert with_test(before(hours=hours), before(), formulationChanged=changed) == severity


def test_a_changed_formula_owes_a_reason_without_a_test_too() -> None:
    """SCHEMA 3.5, S13: “else: … or `formulationChanged`”, whatever the kind."""
    assert said(planned(products=[{"kind": "aha", "hoursAfter": 24, "formulationChanged": True}])) == {"S13 aha": "REASON"}
    assert said(planned(products=[{"kind": "aha", "hoursAfter": 24, "formulationChanged": False}])) == {}
    found = said(planned(products=[{"kind": "other", "formulationChanged": True}]))
    assert found == {"S13 other": "BLOCK_PRODUCT"}


class TestAllergens:
    GOOD = whole()["products"][0]

    @pytest.mark.parametrize(
        ("allergy", "hit"),
        [
            ("serum_sterile", True), ("Serum-P", True), ("hyaluronic acid", True), (" HYALURONIC Acid\t", True),
            ("SERUM_STERILE", True), ("serum-p ", True), ("hyaluronic", False), ("serum", False), ("P-1", False),
            ("negative", False), ("hyaluronic  acid", False),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("stage", STAGES)
    def test_kind_id_or_ingredient_exactly(self, stage: str, allergy: str, hit: bool) -> None:
        found = said(whole(stage, allergies=["latex", allergy], anaesthetic=GONE))
        assert found == ({"S13 Serum-P": "BLOCK_PRODUCT"} if hit else {})

    def test_the_texts_of_the_product_are_compared_alike(self) -> None:
        product = self.GOOD | {"id": " Serum-P ", "ingredients": ["Aqua", " Vitamin C "]}
        assert said(planned(products=[product], allergies=["vitamin c"])) == {"S13 Serum-P": "BLOCK_PRODUCT"}

    def test_a_kind_without_a_test_is_refused_too(self) -> None:
        found = said(planned(products=[{"kind": "minoxidil", "hoursAfter": 24}], allergies=["Minoxidil"]))
        assert found == {"S13 minoxidil": "BLOCK_PRODUCT"}

    def test_a_product_without_ingredients(self) -> None:
        assert said(whole(**{"products[0].ingredients": GONE}, allergies=["latex"])) == {}
        assert said(whole(**{"products[0].ingredients": []}, allergies=GONE)) == {}

    def test_products_are_judged_apart(self) -> None:
        other = self.GOOD | {"id": "Serum-Q", "ingredients": ["zinc"]}
        found = said(planned(products=[self.GOOD, other], allergies=["zinc"]))
        assert found == {"S13 Serum-Q": "BLOCK_PRODUCT"}

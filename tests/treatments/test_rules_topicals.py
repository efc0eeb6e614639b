"""S14, S15: what goes on the scalp after the needling, and what was on it (docs/rules/session.md, *Products*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, before, planned, said, whole

HOURS = [0, 12, 23.99, 24, 24.01, 8760]
EARLY = {0, 12, 23.99}
# kind → severity before 24 h, and from then on
TABLE: dict[str, tuple[str | None, str | None]] = {
    "compounded_topical": ("BLOCK_PRODUCT", "REASON"),
    "retinoid": ("BLOCK_PRODUCT", None),
    "aha": ("BLOCK_PRODUCT", None),
    "exfoliant": ("BLOCK_PRODUCT", None),
    "nonsterile_cosmetic": ("BLOCK_PRODUCT", None),
    "minoxidil": ("REASON", None),
    "growth_factor": ("REASON", "REASON"),
    "exosome": ("REASON", "REASON"),
    "serum_sterile": (None, None),
    "other": (None, None),
}


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize(("kind", "severities"), TABLE.items())
@pytest.mark.parametrize("stage", STAGES)
def test_s14_what_waits_24_hours(
    stage: str, kind: str, severities: tuple[str | None, str | None], hours: float
) -> None:
    expected = severities[0] if hours in EARLY else severities[1]
    found = said(whole(stage, products=[{"kind": kind, "hoursAfter": hours, "lot": "1", "id": "X"}]))
    assert found.get("S14 X") == expected


@pytest.mark.parametrize(("kind", "severities"), TABLE.items())
def test_s14_at_once_unless_said(kind: str, severities: tuple[str | None, str | None]) -> None:
    assert said(planned(products=[{"kind": kind}])).get(f"S14 {kind}") == severities[0]


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize(("held", "late"), [(True, "BLOCK_PRODUCT"), (False, None), (GONE, None)])
def test_s14_minoxidil_is_held_at_any_hour(held: Any, late: str | None, hours: float) -> None:
    product = {"kind": "minoxidil", "hoursAfter": hours, "lot": "1"}
    expected = late or ("REASON" if hours in EARLY else None)
    found = said(whole(products=[product], minoxidilHold=held))
    assert found == ({"S14 minoxidil": expected} if expected else {})


@pytest.mark.parametrize("kind", sorted(TABLE.keys() - {"minoxidil"}))
def test_s14_the_hold_speaks_of_minoxidil_alone(kind: str) -> None:
    products = [{"kind": kind, "hoursAfter": 24}]
    held = said(planned(products=products, minoxidilHold=True))
    assert held == said(planned(products=products))


def test_s14_stands_beside_s13() -> None:
    assert said(planned(products=[{"kind": "exosome"}])) == {"S13 exosome": "BLOCK_PRODUCT", "S14 exosome": "REASON"}


def test_s14_two_products_of_one_label_share_an_entry_with_the_worst() -> None:
    two = [{"kind": "compounded_topical", "hoursAfter": 24}, {"kind": "compounded_topical", "hoursAfter": 1}]
    for products in (two, two[::-1]):
        assert said(planned(products=products)) == {"S14 compounded_topical": "BLOCK_PRODUCT"}
    named = [{"kind": "minoxidil", "id": "aha"}, {"kind": "aha"}]
    assert said(planned(products=named)) == {"S14 aha": "BLOCK_PRODUCT"}


class TestS15Before:
    @pytest.mark.parametrize(
        ("hours", "seconds", "severity"),
        [
            pytest.param(0, 0, "BLOCK", id="at the start"),
            pytest.param(1, 0, "BLOCK", id="an hour"),
            pytest.param(24, -1, "BLOCK", id="23:59:59"),
            pytest.param(24, 0, "NOTE", id="24:00:00"),
            pytest.param(72, -1, "NOTE", id="71:59:59"),
            pytest.param(72, 0, None, id="72:00:00"),
            pytest.param(9999, 0, None, id="long ago"),
        ],
    )
    @pytest.mark.parametrize("kind", ["retinoid", "aha", "exfoliant"])
    @pytest.mark.parametrize("stage", STAGES)
    def test_acids(self, stage: str, kind: str, hours: float, seconds: float, severity: str | None) -> None:
        topicals = [{"kind": kind, "lastUsedAt": before(hours=hours, seconds=seconds)}]
        assert said(whole(stage, preTopicals=topicals)) == ({f"S15 {kind}": severity} if severity else {})

    @pytest.mark.parametrize("kind", sorted(TABLE.keys() - {"retinoid", "aha", "exfoliant"}))
    def test_other_kinds_are_not_judged(self, kind: str) -> None:
        assert said(planned(preTopicals=[{"kind": kind, "lastUsedAt": before()}])) == {}

    def test_each_kind_has_one_entry_with_its_worst(self) -> None:
        used = [("aha", 30), ("aha", 3), ("retinoid", 71), ("aha", 50), ("exfoliant", 80)]
        topicals = [{"kind": kind, "lastUsedAt": before(hours=hours)} for kind, hours in used]
        assert said(planned(preTopicals=topicals)) == {"S15 aha": "BLOCK", "S15 retinoid": "NOTE"}

    @pytest.mark.parametrize(
        ("used", "start", "severity"),
        [
            ("2026-03-28T10:30:00+00:00", "2026-03-29T11:29:59+01:00", "BLOCK"),
            ("2026-03-28T10:30:00+00:00", "2026-03-29T11:30:00+01:00", "NOTE"),
            ("2026-10-24T10:30:00+01:00", "2026-10-27T09:29:59+00:00", "NOTE"),
            ("2026-10-24T10:30:00+01:00", "2026-10-27T09:30:00+00:00", None),
        ],
    )
    def test_hours_are_exact_when_clocks_change(self, used: str, start: str, severity: str | None) -> None:
        found = said(
            planned(sessionStart=start, timeZone="Europe/London", preTopicals=[{"kind": "aha", "lastUsedAt": used}])
        )
        assert found.get("S15 aha") == severity

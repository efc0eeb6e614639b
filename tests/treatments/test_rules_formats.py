"""Bad input, continued: listed values, dates, instants, zones, order, repeats, home plans (SCHEMA parts 1, 3, 5)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, at_home, bad_paths, before, day, planned, said, whole
from tests.treatments.test_rules_errors import DATES, INSTANTS

ELIGIBILITY = ["CLEAR", "CAUTION", "REVIEW", "INCOMPLETE", "DEFER", "ABSOLUTE"]
ZONES = ["frontal_hairline", "temple_left", "temple_right", "mid_scalp", "vertex", "occipital"]
KINDS = [
    "serum_sterile", "growth_factor", "exosome", "minoxidil", "compounded_topical", "retinoid", "aha", "exfoliant",
    "nonsterile_cosmetic", "other",
]  # fmt: skip
LISTED: dict[str, list[str]] = {
    "stage": ["plan", "start", "checkout", "signoff"],
    "phase": ["initial", "maintenance"],
    "response": ["seen", "none", "not_assessed"],
    "eligibility": ELIGIBILITY,
    "prp.eligibility": ELIGIBILITY,
    "fitzpatrick": ["I", "II", "III", "IV", "V", "VI"],
    "consent.procedures[0]": ["scalp_microneedling", "prp", "other"],
    "operator.role": [
        "dermatologist", "physician", "nurse", "licensed_practitioner", "trichologist", "aesthetician", "other",
    ],
    "device.type": ["pen", "roller", "stamp", "radiofrequency", "other_energy"],
    "zones[0].zone": [zone for zone in ZONES if zone != "mid_scalp"],
    "zones[0].endpoint": ["none", "mild_erythema", "pinpoint_bleeding", "frank_bleeding"],
    "excludedZones[0]": ZONES,
    "products[0].kind": KINDS,
    "products[0].patchTestResult": ["negative", "positive", "doubtful", "not_read"],
    "preTopicals[0].kind": KINDS,
    "baseline.photoViews[0]": ["frontal_hairline", "vertex", "midline", "temporal_left", "temporal_right", "occipital"],
}  # fmt: skip
BAD_DATES = [
    "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "20260101", "2026-01-01T00:00Z", "01-02-2026", "today", "",
    " 2026-01-01", "2026-01-01\n", "1899-12-31", "2101-01-01", 20260101, True, [], {},
]  # fmt: skip
BAD_INSTANTS = [
    "2026-03-02T10:00:00", "2026-03-02T10:00", "2026-03-02", "2026-03-02 10:00Z", "2026-03-02T24:00Z",
    "2026-03-02T10:60Z", "2026-03-02T10:00:60Z", "2026-03-02T10Z", "2026-02-29T10:00Z", "2026-03-02T10:00+15:00",
    "2026-03-02T10:00+01:60", "2026-03-02T10:00+0100", "2026-03-02T10:00Z ", "", 1772445600, False, [], {},
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in LISTED.items() for value in values])
def test_every_listed_value_is_accepted(path: str, value: str) -> None:
    assert "errors" not in said(whole(**{path: value}))


@pytest.mark.parametrize("path", [*LISTED, "plan"])
@pytest.mark.parametrize("value", ["", "Nurse", "CLEARED", "iv", "initial ", "Plan", None, 1, True, [], {}], ids=repr)
def test_no_other_value_is_accepted(path: str, value: object) -> None:
    assert bad_paths(whole(**{path: value})) == [path]


def test_views_of_photographs_are_no_zones() -> None:
    assert bad_paths(whole(**{"zones[0].zone": "temporal_left"})) == ["zones[0].zone"]
    assert bad_paths(whole(**{"baseline.photoViews[0]": "temple_left"})) == ["baseline.photoViews[0]"]


@pytest.mark.parametrize("path", DATES)
@pytest.mark.parametrize("value", BAD_DATES, ids=repr)
def test_dates(path: str, value: object) -> None:
    assert bad_paths(whole(**{path: value})) == [path]


@pytest.mark.parametrize("value", [*BAD_DATES, "2031-13", "2031-00", "1899-12", "2101-01", "05/31"], ids=repr)
def test_an_expiry(value: object) -> None:
    assert bad_paths(whole(**{"cartridge.expiry": value})) == ["cartridge.expiry"]


@pytest.mark.parametrize("path", INSTANTS)
@pytest.mark.parametrize("value", BAD_INSTANTS, ids=repr)
def test_instants(path: str, value: object) -> None:
    assert bad_paths(whole(**{path: value})) == [path]


@pytest.mark.parametrize(
    "start",
    ["2026-03-02T10:00Z", "2026-03-02T10:00:00.123456789Z", "2026-03-02T23:59:59+14:59", "2100-12-31T00:00-14:59"],
)
def test_good_instants(start: str) -> None:
    usable = {"cartridge.expiry": "2100-12", "operator.credentialExpires": GONE}
    assert said(planned(sessionStart=start, **usable)) == {}


@pytest.mark.parametrize(
    "zone", ["Europe/Londom", "europe/paris", "GMT+1", "+01:00", "", "localtime", "Europe/", None, 1, [], {}], ids=repr
)
def test_time_zones(zone: object) -> None:
    assert bad_paths(whole(timeZone=zone)) == ["timeZone"]
    assert bad_paths(at_home(timeZone=zone)) == ["timeZone"]


class TestOrder:
    @pytest.mark.parametrize("key", ["courseStartDate", "lastSessionDate"])
    def test_no_date_after_the_session_day(self, key: str) -> None:
        assert bad_paths(whole(**{key: day(-1)})) == [key]
        assert "errors" not in said(whole(**{key: day(0)}))

    @pytest.mark.parametrize("key", ["courseStartDate", "lastSessionDate"])
    def test_the_day_is_that_of_the_zone(self, key: str) -> None:
        late = {"sessionStart": "2026-03-02T23:30:00Z", key: "2026-03-03"}
        assert bad_paths(planned(**late)) == [key]
        assert "errors" not in said(planned(**late, timeZone="Europe/Paris"))
        early = {"sessionStart": "2026-03-02T03:00:00Z", key: "2026-03-02"}
        assert "errors" not in said(planned(**early))
        assert bad_paths(planned(**early, timeZone="America/New_York")) == [key]

    @pytest.mark.parametrize(
        ("path", "bound", "bad"),
        [
            ("sessionEnd", before(), before(seconds=1)),
            ("products[0].patchTestReadAt", before(hours=96), before(hours=96, seconds=1)),
            ("anaesthetic.offAt", before(hours=1), before(hours=1, seconds=1)),
            ("prp.usedAt", before(hours=1), before(hours=1, seconds=1)),
            ("preTopicals[0].lastUsedAt", before(), before(seconds=-1)),
        ],
    )
    def test_instants_in_order(self, path: str, bound: str, bad: str) -> None:
        assert "errors" not in said(whole(**{path: bound}))
        assert bad_paths(whole(**{path: bad})) == [path]

    def test_instants_are_compared_and_not_their_spelling(self) -> None:
        assert "errors" not in said(whole(sessionEnd="2026-03-02T05:30:00-05:00"))
        assert bad_paths(whole(sessionEnd="2026-03-02T10:30:00+01:00")) == ["sessionEnd"]

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"sessionStart": "now", "sessionEnd": before(hours=9)}, ["sessionStart"]),
            ({"sessionStart": "now", "preTopicals[0].lastUsedAt": before(hours=-9)}, ["sessionStart"]),
            ({"sessionStart": GONE, "lastSessionDate": day(-9)}, ["sessionStart"]),
            ({"timeZone": "Moon/Base", "lastSessionDate": day(-9)}, ["timeZone"]),
            ({"anaesthetic.onAt": "now", "anaesthetic.offAt": before(hours=9)}, ["anaesthetic.onAt"]),
            ({"prp.drawnAt": 3, "prp.usedAt": before(hours=9)}, ["prp.drawnAt"]),
            ({"products[0].patchTestAppliedAt": "x"}, ["products[0].patchTestAppliedAt"]),
        ],
        ids=str,
    )
    def test_is_not_checked_against_a_malformed_value(self, changes: dict[str, Any], expected: list[str]) -> None:
        assert bad_paths(whole(**changes)) == expected

    def test_is_checked_beside_other_errors_of_the_entry(self) -> None:
        changes = {"prp.volumeMl": 0, "prp.usedAt": before(hours=2), "zones[0].depthMm": 0}
        expected = ["prp.usedAt", "prp.volumeMl", "sessionEnd", "zones[0].depthMm"]
        assert bad_paths(whole(sessionEnd=before(hours=1), **changes)) == expected

    def test_the_day_of_the_screen_is_judged_and_no_error(self) -> None:
        assert said(whole(screenDate=day(-400))) == {"S01": "BLOCK"}


class TestPatchTest:
    @pytest.mark.parametrize("keys", [["patchTestReadAt"], ["patchTestResult"], ["patchTestReadAt", "patchTestResult"]])
    def test_a_reading_without_a_test(self, keys: list[str]) -> None:
        product = {key: value for key, value in whole()["products"][0].items() if key in (*keys, "kind")}
        data = planned(products=[{"kind": "aha"}, product])
        assert bad_paths(data) == [f"products[1].{key}" for key in keys]

    def test_a_malformed_reading_without_a_test_is_named_once(self) -> None:
        product = {"kind": "aha", "patchTestReadAt": "x", "patchTestResult": "good"}
        assert bad_paths(planned(products=[product])) == ["products[0].patchTestReadAt", "products[0].patchTestResult"]


class TestZonesAndRepeats:
    def test_at_least_one(self) -> None:
        assert bad_paths(whole(zones=[])) == ["zones"]

    def test_each_at_most_once(self) -> None:
        zone = {"zone": "vertex", "depthMm": 1}
        zones = [zone, {"zone": "occipital", "depthMm": 1}, zone, zone | {"depthMm": "x"}]
        assert bad_paths(planned(zones=zones)) == ["zones[2].zone", "zones[3].depthMm", "zones[3].zone"]

    def test_two_unknown_zones_are_unknown_and_not_repeated(self) -> None:
        zones = [{"zone": "crown", "depthMm": 1}] * 2
        assert bad_paths(planned(zones=zones)) == ["zones[0].zone", "zones[1].zone"]

    @pytest.mark.parametrize("path", ["consent.procedures", "baseline.photoViews", "prp.tubeCheckBy", "allergies",
                                      "excludedZones", "products", "preTopicals", "painReadings"])  # fmt: skip
    def test_repeats_elsewhere_are_accepted(self, path: str) -> None:
        outer, _, inner = path.partition(".")
        values = whole()[outer][inner] if inner else whole()[outer]
        assert "errors" not in said(whole(**{path: [*values, values[0]]}))


class TestHomePlan:
    @pytest.mark.parametrize("key", sorted(whole().keys() - {"plan", "sessionStart", "timeZone"}))
    def test_takes_no_key_of_a_session(self, key: str) -> None:
        assert bad_paths(at_home(**{key: whole()[key]})) == [key]
        assert bad_paths(at_home(**{key: None})) == [key]

    @pytest.mark.parametrize(
        "path", ["sessionStart", "home", "home.lengthMm", "home.perWeek", "home.professionalApproval"]
    )
    def test_needs_its_keys(self, path: str) -> None:
        assert bad_paths(at_home(**{path: GONE})) == [path]
        assert bad_paths(at_home(**{path: None})) == [path]

    @pytest.mark.parametrize(
        ("path", "good", "bad"),
        [
            ("home.lengthMm", [0.01, 10], [0, 0.001, 10.01, 1.001, "1", True]),
            ("home.perWeek", [0, 14, 0.25], [-0.01, 14.01, "1", True, float("inf")]),
            ("home.professionalApproval", [True, False], ["yes", 1, 0]),
        ],
    )
    def test_ranges(self, path: str, good: list[Any], bad: list[Any]) -> None:
        for value in good:
            assert set(said(at_home(**{path: value}))) == {"S22"}
        for value in bad:
            assert bad_paths(at_home(**{path: value})) == [path]

    def test_unknown_keys_and_wrong_types(self) -> None:
        assert bad_paths(at_home(**{"home.by": "Dr Osei"})) == ["home.by"]
        assert bad_paths(at_home(home=[])) == ["home"]

    @pytest.mark.parametrize("plan", ["Clinic", "home", None, 1, ["home_device"], {}], ids=repr)
    def test_with_an_invalid_plan_the_rest_is_a_clinic_plan(self, plan: object) -> None:
        assert bad_paths(whole(plan=plan)) == ["plan"]
        found = bad_paths(at_home(plan=plan))
        assert found == ["cartridge", "device", "home", "operator", "plan", "zones"]

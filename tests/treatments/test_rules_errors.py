"""Bad input is named by its path and never judged: keys, types, values, ranges (SCHEMA parts 1, 3.3, 3.4 and 5)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, at_home, bad_paths, planned, said, whole

OBJECTS = [
    "consent", "operator", "device", "cartridge", "anaesthetic", "prp", "baseline", "zones[0]", "products[0]",
    "preTopicals[0]",
]  # fmt: skip
REQUIRED = [
    "sessionStart", "operator", "device", "cartridge", "zones", "consent.signed", "consent.version",
    "consent.currentVersion", "consent.procedures", "consent.offLabelStatement", "operator.role",
    "operator.credentialValid", "device.maxDepthMm", "cartridge.usedBefore", "cartridge.sealIntact", "zones[0].zone",
    "zones[0].depthMm", "zones[1].zone", "zones[1].depthMm", "products[0].kind",
    "preTopicals[0].kind", "preTopicals[0].lastUsedAt", "prp.eligibility",
    "prp.patientMatch", "prp.tubeCheckBy", "baseline.photoViews", "baseline.gradeRecorded",
    "baseline.densitySiteRecorded",
]  # fmt: skip
NULL_ALLOWED = {
    "cartridge.lot", "cartridge.expiry", "anaesthetic.product", "anaesthetic.strengthPercent", "anaesthetic.areaCm2",
    "anaesthetic.grams", "anaesthetic.onAt", "anaesthetic.offAt", "anaesthetic.weightKg", "prp.drawnAt", "prp.usedAt",
    "prp.volumeMl",
}  # fmt: skip
OWED = {"S01", "S02", "S03", "S06", "S13", "S16", "S18", "S19", "S20", "S21", "S25", "S26"}
BOOLS = [
    "fullRescreenDone", "sameDayScreenDone", "screenChangeUnreviewed", "openAdverseEvent", "holdNextSession",
    "minoxidilHold", "aftercareDelivered", "sharpsAndCleaningConfirmed", "consent.signed", "consent.offLabelStatement",
    "operator.credentialValid", "device.registered", "cartridge.usedBefore", "cartridge.sealIntact",
    "cartridge.recalled", "zones[0].belowHairline", "products[0].formulationChanged", "anaesthetic.wipedOff",
    "prp.patientMatch", "baseline.gradeRecorded", "baseline.densitySiteRecorded",
]  # fmt: skip
INSTANTS = [
    "sessionStart", "sessionEnd", "products[0].patchTestAppliedAt", "products[0].patchTestReadAt",
    "preTopicals[0].lastUsedAt", "anaesthetic.onAt", "anaesthetic.offAt", "prp.drawnAt", "prp.usedAt",
]  # fmt: skip
DATES = ["courseStartDate", "lastSessionDate", "screenDate", "operator.credentialExpires"]
TEXTS = [
    "holdReleasedBy", "patientId", "consent.version", "consent.currentVersion", "operator.id", "device.udi",
    "products[0].id", "products[0].lot", "products[0].ingredients[0]", "allergies[0]", "anaesthetic.product",
    "anaesthetic.ingredients[0]", "prp.tubeCheckBy[0]", "baseline.waiverReason",
]  # fmt: skip
LISTS = [
    "zones", "excludedZones", "products", "allergies", "preTopicals", "painReadings", "consent.procedures",
    "products[0].ingredients", "anaesthetic.ingredients", "prp.tubeCheckBy", "baseline.photoViews",
]  # fmt: skip
RANGES: list[tuple[str, float, float]] = [
    ("anaesthetic.strengthPercent", 0.1, 40), ("anaesthetic.areaCm2", 1, 1500), ("anaesthetic.grams", 0.01, 500),
    ("anaesthetic.weightKg", 20, 350), ("anaesthetic.otherMg12h", 0, 5000), ("prp.volumeMl", 0.1, 60),
    ("products[0].hoursAfter", 0, 8760),
]  # fmt: skip
INTS: list[tuple[str, float, float]] = [
    ("sessionNumber", 1, 100), ("zones[0].passes", 1, 50), ("painReadings[0]", 0, 10),
]  # fmt: skip
DEPTHS = ["device.maxDepthMm", "zones[0].depthMm"]


def paths_of(value: Any, path: str = "") -> list[str]:
    """Every key and every entry in a value, as error paths."""
    if isinstance(value, dict):
        pairs = [(f"{path}.{key}".lstrip("."), inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return []
    return [found for where, inner in pairs for found in (where, *paths_of(inner, where))]


PATHS = paths_of(whole())


def test_the_whole_record_holds_every_kind_of_value() -> None:
    assert set(BOOLS) | set(INSTANTS) | set(DATES) | set(TEXTS) | set(LISTS) | set(DEPTHS) | NULL_ALLOWED <= set(PATHS)


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_required_key(path: str) -> None:
    assert bad_paths(whole(**{path: GONE})) == [path]


@pytest.mark.parametrize("path", sorted(set(PATHS) - set(REQUIRED)))
def test_any_other_key_may_be_absent(path: str) -> None:
    gone = {"products[0].patchTestAppliedAt": ["products[0].patchTestReadAt", "products[0].patchTestResult"]}
    found = said(whole(**dict.fromkeys([*gone.get(path, []), path], GONE)))
    assert {rule.split()[0] for rule in found} <= OWED


@pytest.mark.parametrize("path", sorted(set(PATHS) - NULL_ALLOWED))
def test_null_is_an_error(path: str) -> None:
    assert bad_paths(whole(**{path: None})) == [path]


@pytest.mark.parametrize("path", sorted(NULL_ALLOWED))
def test_null_is_allowed(path: str) -> None:
    assert set(said(whole(**{path: None})).values()) <= {"BLOCK", "BLOCK_PRODUCT"}


@pytest.mark.parametrize("stage", ["plan", "start", "checkout", "signoff"])
def test_errors_do_not_depend_on_the_stage(stage: str) -> None:
    assert bad_paths(whole(stage, eligibility="clear", **{"cartridge.lot": 4})) == ["cartridge.lot", "eligibility"]


class TestWrongTypes:
    @pytest.mark.parametrize("path", BOOLS)
    @pytest.mark.parametrize("value", ["yes", "true", 0, 1, 1.0, [], {}], ids=repr)
    def test_bools(self, path: str, value: object) -> None:
        assert bad_paths(whole(**{path: value})) == [path]

    @pytest.mark.parametrize("path", TEXTS)
    @pytest.mark.parametrize("value", ["", "  \t", "\u2003", "x" * 501, 5, True, ["x"], {}], ids=lambda v: repr(v)[:9])
    def test_texts(self, path: str, value: object) -> None:
        assert bad_paths(whole(**{path: value})) == [path]

    @pytest.mark.parametrize("path", [*TEXTS, "cartridge.lot"])
    def test_texts_of_500_after_trimming(self, path: str) -> None:
        said(whole(**{path: "  " + "x" * 500 + "\n"}))

    @pytest.mark.parametrize("value", ["x" * 501, 7, True, [], {}], ids=lambda v: repr(v)[:9])
    def test_a_lot_is_text(self, value: object) -> None:
        assert bad_paths(whole(**{"cartridge.lot": value})) == ["cartridge.lot"]

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize("value", ["none", 3, True, {}, {"0": "vertex"}], ids=repr)
    def test_lists(self, path: str, value: object) -> None:
        assert bad_paths(whole(**{path: value})) == [path]

    @pytest.mark.parametrize("path", OBJECTS)
    @pytest.mark.parametrize("value", ["none", 3, True, [], [{"role": "Nurse"}]], ids=repr)
    def test_objects_are_not_looked_into(self, path: str, value: object) -> None:
        assert bad_paths(whole(**{path: value})) == [path]

    @pytest.mark.parametrize("data", [None, [], [{}], "x", 3, True, 1.5], ids=repr)
    def test_the_whole(self, data: object) -> None:
        assert bad_paths(data) == [""]

    def test_nothing_at_all(self) -> None:
        assert bad_paths({}) == ["cartridge", "device", "operator", "sessionStart", "zones"]


class TestNumbers:
    @pytest.mark.parametrize(("path", "least", "most"), RANGES + INTS)
    def test_both_ends_are_inside(self, path: str, least: float, most: float) -> None:
        for inside in (least, most):
            said(whole(**{path: inside}))
        for outside in (least - 0.001, most + 0.001, least - 1, most + 1, -1, 10**400, float("nan"), float("inf")):
            assert bad_paths(whole(**{path: outside})) == [path]

    @pytest.mark.parametrize("path", [path for path, _, _ in RANGES + INTS] + DEPTHS)
    @pytest.mark.parametrize("value", ["2", "2.0", True, False, [2], {}], ids=repr)
    def test_are_numbers(self, path: str, value: object) -> None:
        assert bad_paths(whole(**{path: value})) == [path]

    @pytest.mark.parametrize(("path", "least", "_"), INTS)
    def test_whole_numbers(self, path: str, least: int, _: int) -> None:
        said(whole(**{path: least + 2.0}))
        assert bad_paths(whole(**{path: least + 2.5})) == [path]

    @pytest.mark.parametrize("path", DEPTHS)
    def test_depths(self, path: str) -> None:
        for good in (0.01, 1, 1.5, 1.50, 2.49, 10, 10.0, 0.1 + 0.2):
            said(whole(**{path: good}))
        for bad in (0, 0.005, -1, 10.01, 10.001, 1.505, 1.001, 0.011, 11, 150, 10**400, float("nan"), float("-inf")):
            assert bad_paths(whole(**{path: bad})) == [path]


class TestUnknownKeys:
    @pytest.mark.parametrize("path", ["", *(f"{path}." for path in OBJECTS)])
    @pytest.mark.parametrize("name", ["keloyd", "Kind", "mm", ""])
    def test_at_every_level(self, path: str, name: str) -> None:
        data = whole()
        inner: Any = data
        if path:
            name_of, _, index = path.rstrip(".").partition("[")
            inner = data[name_of][int(index.rstrip("]"))] if index else data[name_of]
        inner[name] = 1
        assert bad_paths(data) == [f"{path}{name}"]

    def test_all_are_named_in_one_answer(self) -> None:
        changes = {"zones[1].depthMm": "1", "prp.when": 1, "patientId": "", "eligibility": "clear"}
        expected = ["eligibility", "patientId", "prp.when", "sessionStart", "zones[1].depthMm"]
        assert bad_paths(whole(sessionStart="now", **changes)) == expected

    def test_home_is_no_part_of_a_session(self) -> None:
        for home in (at_home()["home"], {}, None, {"lengthMm": "x"}):
            assert bad_paths(planned(home=home)) == ["home"]

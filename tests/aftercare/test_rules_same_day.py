"""T10–T15: redness, swelling, pain, rash, bleeding, lumps, in exact hours (docs/rules/checkin.md, *Same day*)."""

from typing import Any

import pytest

from tests.aftercare.answered import judged, only, said

R, S = "ROUTINE", "SAME_DAY"
# (hours, seconds): the edges of the bands, each just below, at and just above
EDGES = [(0, 0), (24, -1), (24, 0), (24, 1), (48, -1), (48, 0), (48, 1), (72, -1), (72, 0), (72, 1), (168, 0), (2000, 0)]
EDGE_IDS = [f"{hours} h {seconds:+} s" for hours, seconds in EDGES]
BANDS: dict[str, dict[int, list[str | None]]] = {
    #            0     24-   24    24+   48-   48    48+   72-   72    72+   day 7 later
    "redness": {
        0: [None, None, None, None, None, None, None, None, None, None, None, None],
        1: [None, None, None, None, None, None, None, None, None, R, R, R],
        2: [None, None, None, None, None, None, R, R, R, S, S, S],
        3: [R, R, S, S, S, S, S, S, S, S, S, S],
    },
    "swelling": {
        0: [None, None, None, None, None, None, None, None, None, None, None, None],
        1: [None, None, None, None, None, None, None, None, None, R, R, R],
        2: [None, None, None, None, None, None, R, R, R, S, S, S],
        3: [S, S, S, S, S, S, S, S, S, S, S, S],
    },
}
LATER_THAN_48 = [None, None, None, None, None, None, S, S, S, S, S, S]
LATER_THAN_72 = [None, None, None, None, None, None, None, None, None, S, S, S]
RULE = {"redness": "T10", "swelling": "T11"}


def along(answers: dict[str, Any], rule: str) -> list[str | None]:
    """What that rule, and no other, says at each edge."""
    found = [said(answers, hours, seconds) for hours, seconds in EDGES]
    assert all(set(levels) <= {rule} for levels in found)
    return [levels.get(rule) for levels in found]


@pytest.mark.parametrize("key", ["redness", "swelling"])
@pytest.mark.parametrize("grade", range(4))
def test_t10_t11_grades_over_time(key: str, grade: int) -> None:
    assert along({key: grade}, RULE[key]) == BANDS[key][grade]
    assert along({key: float(grade)}, RULE[key]) == BANDS[key][grade]


@pytest.mark.parametrize("trend", ["better", "same"])
@pytest.mark.parametrize("grade", range(4))
def test_t10_a_trend_that_is_not_worse_changes_nothing(trend: str, grade: int) -> None:
    assert along({"redness": grade, "redness_trend": trend}, "T10") == BANDS["redness"][grade]


def worse_of(one: str | None, two: str | None) -> str | None:
    """SAME_DAY before ROUTINE before nothing."""
    return max(one, two, key=[None, R, S].index)


@pytest.mark.parametrize("grade", [*range(4), None, "absent"])
def test_t10_worse_after_48_hours_whatever_the_grade(grade: Any) -> None:
    answers = {"redness_trend": "worse"} | ({} if grade == "absent" else {"redness": grade})
    bands = BANDS["redness"][grade if isinstance(grade, int) else 0]
    assert along(answers, "T10") == [worse_of(*pair) for pair in zip(bands, LATER_THAN_48, strict=True)]


@pytest.mark.parametrize("grade", [*range(4), None, "absent"])
def test_t11_forehead_or_eyelids_at_any_time(grade: Any) -> None:
    answers = {"swelling_site": "forehead_eyelids"} | ({} if grade == "absent" else {"swelling": grade})
    assert along(answers, "T11") == [S] * len(EDGES)


@pytest.mark.parametrize("grade", range(4))
def test_t11_on_the_scalp_is_the_grade_alone(grade: int) -> None:
    assert along({"swelling": grade, "swelling_site": "scalp"}, "T11") == BANDS["swelling"][grade]


class TestT12Pain:
    @pytest.mark.parametrize("pain", [0, 3])
    def test_little(self, pain: int) -> None:
        assert along({"pain": pain}, "T12") == [None] * len(EDGES)

    @pytest.mark.parametrize("pain", [4, 5, 6])
    def test_from_4_after_72_hours(self, pain: int) -> None:
        assert along({"pain": pain}, "T12") == LATER_THAN_72

    def test_7_at_any_time(self) -> None:
        assert along({"pain": 7}, "T12") == [S] * len(EDGES)

    @pytest.mark.parametrize("pain", [0, 3, 6, None, "absent"])
    def test_worse_after_48_hours_whatever_the_grade(self, pain: Any) -> None:
        answers = {"pain_trend": "worse"} | ({} if pain == "absent" else {"pain": pain})
        assert along(answers, "T12") == LATER_THAN_48

    @pytest.mark.parametrize("trend", ["better", "same"])
    def test_not_worse(self, trend: str) -> None:
        assert along({"pain": 6, "pain_trend": trend}, "T12") == LATER_THAN_72

    def test_burning_alone_is_nothing(self) -> None:
        assert along({"burning": True}, "T12") == [None] * len(EDGES)


class TestT13T15:
    @pytest.mark.parametrize("hours", [0, 50, 2000])
    @pytest.mark.parametrize(
        ("answers", "rule"),
        [
            ({"rash": "local"}, "T13"),
            ({"painful_lumps": True}, "T15"),
            ({"hot_skin": True}, "T15"),
            ({"hot_skin": True, "painful_lumps": True}, "T15"),
        ],
        ids=str,
    )
    def test_at_any_time(self, answers: dict[str, Any], rule: str, hours: float) -> None:
        assert said(answers, hours) == {rule: S}

    @pytest.mark.parametrize("answers", [{"painful_lumps": False}, {"hot_skin": False}, {"rash": "none"}], ids=str)
    def test_silent(self, answers: dict[str, Any]) -> None:
        assert said(answers) == {}


class TestT14Bleeding:
    def test_oozing_from_24_hours(self) -> None:
        assert along({"bleeding": "oozing"}, "T14") == [None, None, *[S] * 10]

    def test_spots_after_48_hours(self) -> None:
        assert along({"bleeding": "spots"}, "T14") == LATER_THAN_48

    def test_none(self) -> None:
        assert along({"bleeding": "none"}, "T14") == [None] * len(EDGES)

    def test_what_does_not_stop_is_another_rule(self) -> None:
        assert said({"bleeding": "wont_stop"}, 100) == {"T06": "URGENT"}


@pytest.mark.parametrize(
    ("end", "at", "level"),
    [
        pytest.param("2026-03-28T18:00:00+00:00", "2026-03-31T19:00:00+01:00", R, id="72 h over a lost hour"),
        pytest.param("2026-03-28T18:00:00+00:00", "2026-03-31T19:00:01+01:00", S, id="72 h and a second"),
        pytest.param("2026-03-28T18:00:00+00:00", "2026-03-30T19:00:00+01:00", None, id="48 h over a lost hour"),
        pytest.param("2026-03-28T18:00:00+00:00", "2026-03-30T19:00:01+01:00", R, id="48 h and a second"),
        pytest.param("2026-10-24T10:00:00+01:00", "2026-10-27T09:00:00+00:00", R, id="72 h over a won hour"),
        pytest.param("2026-10-24T10:00:00+01:00", "2026-10-27T09:00:01+00:00", S, id="72 h won and a second"),
        pytest.param("2026-03-02T23:00:00+13:45", "2026-03-04T23:15:01-10:00", S, id="between far zones"),
        pytest.param("2026-03-01T12:00Z", "2026-03-04T12:00:00.001Z", S, id="a millisecond over 72 h"),
    ],
)
def test_hours_are_exact_when_clocks_change_and_between_zones(end: str, at: str, level: str | None) -> None:
    assert judged({"sessionEnd": end, "answeredAt": at, "answers": {"redness": 2}}) == only("T10", level)

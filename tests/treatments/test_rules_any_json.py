"""Any JSON gets an answer: a result of the right shape, or errors of the right shape, and never an exception."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.treatments.judged import GONE, STAGES, WORST, at_home, day, put, said, whole
from tests.treatments.test_rules_errors import PATHS
from treatments.rules import findings_for, session

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
# A value that stands somewhere else in the record is the likeliest wrong one.
BORROWED = st.sampled_from([whole()[key] for key in sorted(whole())])
CHANGES = st.lists(st.tuples(st.sampled_from(PATHS), JSON | BORROWED | st.just(GONE)), max_size=3)
OPTIONAL = ["eligibility", "consent", "baseline", "fitzpatrick", "products", "prp", "anaesthetic", "lastSessionDate"]


def check_shape(answer: dict[str, Any]) -> None:
    """Of SCHEMA 3.6 or part 5."""
    if "errors" in answer:
        assert set(answer) == {"errors"}
        paths = [error["path"] for error in answer["errors"]]
        assert paths
        assert len(set(paths)) == len(paths)
        return
    assert set(answer) == {"overall", "results"}
    worst = max((row["severity"] for row in answer["results"]), key=WORST.index, default="OK")
    assert answer["overall"] == worst
    subjects = [(row["rule"], row.get("zone", ""), row.get("product", "")) for row in answer["results"]]
    assert subjects == sorted(set(subjects))


@settings(max_examples=300, deadline=None)
@given(JSON, CHANGES)
def test_any_json_gets_an_answer(data: Any, changes: list[tuple[str, Any]]) -> None:
    check_shape(session(data))
    record = whole()
    for path, value in changes:
        try:
            record = put(record, path, value)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue
    check_shape(session(record))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["home", "timeZone", "sessionStart", "zones"]), JSON))
def test_any_home_plan_gets_an_answer(changes: dict[str, Any]) -> None:
    check_shape(session(at_home() | changes))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(STAGES),
    st.sets(st.sampled_from(OPTIONAL)),
    st.integers(20, 250),
    st.integers(0, 400),
    st.sampled_from(["initial", "maintenance"]),
)
def test_a_later_stage_never_forgives(stage: str, gone: set[str], deep: int, days: int, phase: str) -> None:
    changes: dict[str, Any] = {"zones[0].depthMm": deep / 100, "phase": phase, "lastSessionDate": day(days)}
    data = whole(stage, **changes | dict.fromkeys(gone, GONE))
    found = said(data)
    for later in STAGES[STAGES.index(stage) :]:
        after = said(data | {"stage": later})
        assert found.items() <= after.items()
    assert len(findings_for(session(data))) == len(found)

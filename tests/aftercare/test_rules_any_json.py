"""Any JSON gets an answer: a result of the right shape, or errors of the right shape, and never an exception."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.rules import checkin
from tests.aftercare.answered import answered, bad_paths, judged
from tests.aftercare.test_rules_errors import BOOLS, GRADES, KEYS, KINDS, LISTED

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
MOMENTS = st.sampled_from(["2026-03-02T10:00Z", "2026-03-05T10:00+01:00", "2026-03-01T23:00-10:00", "soon"])
ANY = st.dictionaries(st.sampled_from(KEYS), JSON | st.sampled_from(["none", "worse", 1, 2, 38.5]), max_size=5)
INPUTS = st.fixed_dictionaries(
    {"sessionEnd": MOMENTS, "answeredAt": MOMENTS, "answers": ANY | JSON},
    optional={"context": st.dictionaries(st.sampled_from(["asked", "fitzpatrick"]), JSON), "x": JSON},
)
PRODUCT = st.fixed_dictionaries({"kind": st.sampled_from(KINDS), "hoursAfter": st.floats(0, 100)})
ANSWERS = st.fixed_dictionaries(
    {"redness": st.integers(0, 3)},
    optional={key: st.none() | st.sampled_from(values) for key, values in LISTED.items()}
    | {key: st.none() | st.booleans() for key in BOOLS}
    | {key: st.none() | st.integers(0, most) for key, most in GRADES.items() if key != "redness"}
    | {"temp_c": st.none() | st.floats(34, 43), "products_used": st.none() | st.lists(PRODUCT, max_size=3)},
)
ASKED = st.lists(st.sampled_from([f"Q{number}" for number in range(1, 15)]), max_size=14)


@settings(max_examples=300, deadline=None)
@given(JSON | INPUTS)
def test_any_json_gets_an_answer(data: Any) -> None:
    if "errors" in checkin(data):
        assert bad_paths(data)
    else:
        assert isinstance(judged(data), dict)


@settings(max_examples=300, deadline=None)
@given(ANSWERS, st.floats(0, 2000), ASKED)
def test_well_formed_answers_are_always_judged(answers: dict[str, Any], hours: float, asked: list[str]) -> None:
    found = judged(answered(answers, hours, context={"asked": asked}))
    assert not {"T09", "T18", "T19", "T21", "T27", "T30"} & found.keys()
    assert found.items() >= judged(answered(answers, hours)).items() - {("T16", "SAME_DAY")}


@settings(max_examples=200, deadline=None)
@given(ANSWERS, st.floats(0, 2000), st.sampled_from(["pus", "clear", "none"]))
def test_a_blank_answer_never_raises_what_the_rest_says(answers: dict[str, Any], hours: float, fluid: str) -> None:
    """Taking an answer back leaves the other rules as they are, but for T16."""
    told = judged(answered(answers | {"discharge": fluid}, hours))
    silent = judged(answered(answers | {"discharge": None}, hours))
    assert silent.pop("T16") == "SAME_DAY"
    about_pus = {"T02", "T03", "T04", "T16", "T29"}
    assert {rule: level for rule, level in told.items() if rule not in about_pus} == {
        rule: level for rule, level in silent.items() if rule not in about_pus
    }

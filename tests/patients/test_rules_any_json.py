"""Any JSON gets an answer: a result of the right shape, or errors of the right shape, and never an exception."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from patients.rules import RANK, RULE_IDS, desk_word_for, eligibility, findings_for
from patients.rules.reading import ANSWER_KEYS
from patients.rules.vocabulary import LEADS, QUESTIONS
from tests.patients.screened import asked

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
DATES = st.dates(date(1980, 1, 1), date(2030, 1, 1)).map(date.isoformat)
WORDS = st.sampled_from(sorted({word for words in QUESTIONS.values() for word in words}))
ENTRIES = st.fixed_dictionaries(
    {}, optional={"kind": WORDS, "on": DATES, "substance": st.sampled_from(["latex", "anaesthetic"]), "x": JSON}
)
VALUES = WORDS | DATES | st.none() | st.floats(0, 300) | st.integers(0, 300) | st.lists(ENTRIES, max_size=3) | JSON
ANSWERS = st.dictionaries(st.sampled_from(sorted(ANSWER_KEYS)), VALUES, max_size=8)
CLEARANCES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"rule": st.sampled_from(RULE_IDS), "by": st.text(max_size=5), "date": DATES, "x": JSON}
    ),
    max_size=2,
)
INPUTS = st.fixed_dictionaries(
    {"asOf": DATES, "birthDate": DATES, "sex": st.sampled_from(["male", "female"]), "answers": ANSWERS},
    optional={"clearances": CLEARANCES, "planned": st.dictionaries(st.sampled_from(["prp"]), st.booleans()), "x": JSON},
)


@st.composite
def well_formed(draw: st.DrawFn) -> dict[str, Any]:
    """Answers that fit their questions, with each detail under its lead."""
    answers: dict[str, Any] = {}
    for question in draw(st.lists(st.sampled_from(sorted(QUESTIONS)), unique=True, max_size=12)):
        answers[question] = draw(st.none() | st.sampled_from(QUESTIONS[question]))
    past = st.dates(date(1990, 1, 1), date(2026, 3, 2)).map(date.isoformat)
    for detail, lead in LEADS.items():
        if answers.get(lead) not in ("no", "none", "never") and lead in answers and detail.endswith(("_on", "_since")):
            answers[detail] = draw(st.none() | past)
    cleared = draw(st.lists(st.sampled_from(RULE_IDS), max_size=4))
    clearances = [{"rule": rule, "by": "Dr Osei", "date": "2026-01-01"} for rule in cleared]
    return asked(
        answers,
        clearances=clearances,
        planned={"prp": draw(st.booleans())},
        sex=draw(st.sampled_from(["male", "other"])),
    )


def check_shape(answer: dict[str, Any]) -> None:
    """Of SCHEMA 2.6 or part 5."""
    if "errors" in answer:
        assert set(answer) == {"errors"}
        paths = [error["path"] for error in answer["errors"]]
        assert paths
        assert len(set(paths)) == len(paths)
        return
    assert set(answer) == {"overall", "triggers"}
    keys = [(row["rule"], row.get("scope", "")) for row in answer["triggers"]]
    assert keys == sorted(set(keys))
    counted = ["CAUTION" if "scope" in row else row["class"] for row in answer["triggers"]]
    assert answer["overall"] == max(counted, key=lambda name: RANK[name], default="CLEAR")
    for row in answer["triggers"]:
        assert set(row) in ({"rule", "class", "lifts_on"}, {"rule", "class", "lifts_on", "scope"})
        assert row["rule"] in RULE_IDS
        assert row["class"] in set(RANK) - {"CLEAR"}
        assert row.get("scope", "PRP") == "PRP"
        assert row["lifts_on"] is None or row["class"] == "DEFER" or row["rule"] == "E30"


@settings(max_examples=300, deadline=None)
@given(JSON | INPUTS)
def test_any_json_gets_an_answer(data: Any) -> None:
    check_shape(eligibility(data))


@settings(max_examples=300, deadline=None)
@given(well_formed())
def test_well_formed_answers_are_always_judged(data: dict[str, Any]) -> None:
    answer = eligibility(data)
    assert "errors" not in answer, answer
    check_shape(answer)
    assert [finding.rule for finding in findings_for(answer)] == [row["rule"] for row in answer["triggers"]]
    assert (desk_word_for(answer).code == "may_book") == (answer["overall"] in ("CLEAR", "CAUTION"))


@settings(max_examples=150, deadline=None)
@given(well_formed())
def test_a_deferral_with_a_date_is_over_on_that_date(data: dict[str, Any]) -> None:
    for row in eligibility(data)["triggers"]:
        if row["class"] == "DEFER" and row["lifts_on"]:
            later = eligibility(data | {"asOf": row["lifts_on"]})
            classes = {(r["rule"], r.get("scope")): r["class"] for r in later["triggers"]}
            assert classes.get((row["rule"], row.get("scope"))) != "DEFER"


@settings(max_examples=150, deadline=None)
@given(well_formed(), st.sampled_from(RULE_IDS))
def test_a_clearance_never_makes_it_worse(data: dict[str, Any], rule: str) -> None:
    with_one = data | {"clearances": [*data["clearances"], {"rule": rule, "by": "Dr Osei", "date": "2026-03-02"}]}
    assert RANK[eligibility(with_one)["overall"]] <= RANK[eligibility(data)["overall"]]

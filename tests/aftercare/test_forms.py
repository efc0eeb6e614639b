"""What the pages' forms make of what was typed; no database."""

from typing import Any
from urllib.parse import quote

import pytest
from django.http import QueryDict

from aftercare import pages
from aftercare.forms import PageForm, form_for
from aftercare.forms.check_in_flags import FlagsForm


def _sent(page: str, query: str) -> PageForm:
    return form_for(pages.BY_NAME[page], QueryDict(query))


def _values(page: str, query: str) -> dict[str, Any]:
    form = _sent(page, query)
    assert form.is_valid(), form.errors
    return form.values()


@pytest.mark.parametrize(
    ("page", "query", "values"),
    [
        ("redness", "value=2", {"redness": 2}),
        ("redness", "value=unsure", {"redness": None}),
        ("redness-trend", "value=worse", {"redness_trend": "worse"}),
        ("pain", "value=10", {"pain": 10}),
        ("burning", "value=yes", {"burning": True}),
        ("burning", "value=no", {"burning": False}),
        ("skin", "flag=dark_spots", {"dark_spots": True, "light_patches": False, "raised_or_pitted_scars": False,
                                     "firm_bumps": False, "numbness": False}),
        ("used", "minoxidil=day1&sun=unsure", {"products_used": [{"kind": "minoxidil", "hoursAfter": 12},
                                                               {"kind": "sun", "hoursAfter": 12}]}),
        ("used", "none=1", {"products_used": []}),
        ("changed", "flag=medicine&health_words=ibuprofen", {"health_changes": ["medicine"], "health_words": "ibuprofen"}),
        ("changed", "none=1", {"health_changes": [], "health_words": ""}),
    ],
)  # fmt: skip
def test_a_tap_becomes_the_answer_of_the_schema(page: str, query: str, values: dict[str, Any]) -> None:
    assert _values(page, query) == values


def test_none_of_these_answers_every_red_flag_question_with_no() -> None:
    values = _values("now", "none=1")
    assert values["bleeding"] == values["discharge"] == values["rash"] == "none"
    assert not any(v for v in values.values() if isinstance(v, bool))
    assert "temp_c" not in values
    assert None not in values.values()


def test_what_is_ticked_is_yes_and_the_worst_of_a_group_counts() -> None:
    values = _values("now", "flag=discharge:clear&flag=discharge:pus&flag=red_streaks")
    assert (values["discharge"], values["red_streaks"], values["rash"], values["chills"]) == ("pus", True, "none", False)


def test_not_sure_blanks_only_its_own_group() -> None:
    values = _values("now", "flag=Q7:unsure&flag=hot_skin")
    assert (values["rash"], values["hot_skin"], values["bleeding"]) == (None, True, "none")


def _now(typed: str, unit: str) -> FlagsForm:
    form = form_for(pages.BY_NAME["now"], QueryDict(f"temperature={quote(typed)}&unit={unit}&none=1"))
    assert isinstance(form, FlagsForm)
    return form


@pytest.mark.parametrize(
    ("typed", "unit", "celsius"),
    [("38.2", "C", 38.2), ("38,2", "C", 38.2), ("38.2 °C", "C", 38.2), ("100.4", "F", 38.0), ("98.6", "F", 37.0)],
)
def test_a_temperature_is_kept_in_celsius(typed: str, unit: str, celsius: float) -> None:
    form = _now(typed, unit)
    assert form.is_valid(), form.errors
    assert form.values()["temp_c"] == celsius


@pytest.mark.parametrize(("typed", "unit"), [("101", "C"), ("20", "C"), ("60", "F"), ("warm", "C"), ("nan", "C")])
def test_an_impossible_temperature_is_refused_beside_the_field(typed: str, unit: str) -> None:
    form = _now(typed, unit)
    assert not form.is_valid()
    assert "temperature" in form.errors
    assert form.typed_temperature() == typed


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("now", ""), ("now", "none=1&flag=red_streaks"), ("now", "temperature=36.8"), ("redness", ""), ("redness", "value=7"),
        ("skin", ""), ("skin", "none=1&flag=numbness"), ("used", ""), ("used", "none=1&sun=day1"), ("changed", ""),
    ],
)  # fmt: skip
def test_silence_and_contradiction_are_refused(page: str, query: str) -> None:
    assert not _sent(page, query).is_valid()


def test_a_draft_is_shown_again() -> None:
    draft = {"answers": {"rash": None, "red_streaks": True, "discharge": "pus", "temp_c": 37.2}, "done": ["now"]}
    form = form_for(pages.BY_NAME["now"], draft=draft)
    assert isinstance(form, FlagsForm) and form.chosen() == {"Q7:unsure", "red_streaks", "discharge:pus"}
    assert form.typed_temperature() == "37.2"

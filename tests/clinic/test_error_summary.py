"""The box above a form names each field once, in words that can be read aloud."""

import pytest
from django import forms
from django.template.loader import render_to_string


class Sample(forms.Form):
    name = forms.CharField(label="Type your full name to sign", error_messages={"required": "Type your full name to sign."})
    agree = forms.BooleanField(label="I have read the text and I agree.", error_messages={"required": "Tick this to agree."})
    often = forms.CharField(label="How often?", error_messages={"required": "Choose an answer."})
    depth = forms.DecimalField(label="Depth", max_value=3)


@pytest.mark.parametrize(
    ("field", "line"),
    [("name", "Type your full name to sign."), ("agree", "Tick this to agree."), ("often", "Choose an answer."), ("depth", "Depth: Enter a number.")],
)
def test_a_line_of_the_box(field: str, line: str) -> None:
    form = Sample({"depth": "deep"})
    box = render_to_string("components/_error_summary.html", {"form": form})
    assert f'<a href="#id_{field}">{line}</a>' in box


def test_nothing_that_was_typed_is_markup_in_the_box() -> None:
    form = Sample({"depth": "1"})
    form.add_error("depth", "<b>1</b>")
    assert "&lt;b&gt;1" in render_to_string("components/_error_summary.html", {"form": form})

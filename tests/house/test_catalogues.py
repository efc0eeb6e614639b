"""Every translation holds the same values as its text, each as often, and says nothing twice: a catalogue that was merged badly is noticed."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

pytestmark = pytest.mark.house
FOUND = sorted(Path(settings.BASE_DIR).glob("locale/*/LC_MESSAGES/django*.po"))
VALUE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
WORDS = 24  # so many letters at its beginning that come again tell of a bad merge


def faults(source: str, said: str) -> list[str]:
    """What is wrong with one translation."""
    values = VALUE.findall(source)
    found = [f"values {values} became {VALUE.findall(said)}"] if Counter(values) != Counter(VALUE.findall(said)) else []
    begin = said[:WORDS]
    return found + (["begins twice"] if len(begin) == WORDS and said.count(begin) > source.count(source[:WORDS]) else [])


def test_there_are_catalogues() -> None:
    assert FOUND


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.parts[-3])
def test_translations_hold_what_their_texts_hold(path: Path) -> None:
    with path.open("rb") as file:
        rows = [row for row in read_po(file) if row.id and isinstance(row.id, str) and row.string]
    wrong = {row.id: bad for row in rows if (bad := faults(row.id, str(row.string)))}
    assert len(rows) > 500 and wrong == {}


def test_a_bad_merge_would_be_noticed() -> None:
    text, said = "Call %(phone)s now, and do not wait until somebody calls you.", "Llame ahora al %(phone)s y no espere a que alguien le llame a usted."
    assert faults(text, said) == [] and len(faults(text, said + said)) == 2 and faults(text, said.replace("%(phone)s", "nos")) != []

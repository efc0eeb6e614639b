"""Nothing that patients read is left untranslated: the catalogues are whole, up to date, and keep their placeholders."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from scripts import messages

pytestmark = pytest.mark.house
LANGUAGES = messages.catalogues()
PLACES = re.compile(r"%\((\w+)\)[sd]|%%|\{(\w*)\}|%[sd]")

MACHINE_READ = ["appointments/emails/offers.py: {at:%Y", "appointments/emails/visits.py: .astimezone(UTC):%Y", "aftercare/emails/rows.py: {at:%Y"]  # keys of rows


def twice(text: str, said: str, letters: int = 24) -> bool:
    """Whether a translation comes back to its own beginning, which its text does not."""
    begin = said[:letters]
    return len(begin) == letters and said.count(begin) > text.count(text[:letters])


def shapes(text: str) -> list[str]:
    """Placeholders of a text."""
    return sorted(match.group() for match in PLACES.finditer(text))


@pytest.mark.parametrize("language", LANGUAGES)
class TestEachCatalogue:
    """One language."""

    def test_has_words_for_every_text_or_names_it_as_waiting(self, language: str) -> None:
        path = LANGUAGES[language]
        missing = messages.untranslated(messages.stored(path), messages.collected())
        assert sorted(set(missing) - set(messages.waiting(path))) == []

    def test_names_nothing_as_waiting_that_has_words(self, language: str) -> None:
        path = LANGUAGES[language]
        missing = messages.untranslated(messages.stored(path), messages.collected())
        assert sorted(set(messages.waiting(path)) - set(missing)) == []

    def test_is_compiled_as_it_stands(self, language: str) -> None:
        path = LANGUAGES[language]
        assert path.with_suffix(".mo").read_bytes() == messages.written(messages.stored(path))[1], "run make messages"

    def test_keeps_every_placeholder(self, language: str) -> None:
        wrong = []
        for message in messages.stored(LANGUAGES[language]):
            if message.id and message.string and any(message.string):
                ids = message.id if isinstance(message.id, tuple) else (message.id,)
                words = message.string if isinstance(message.string, tuple) else (message.string,)
                wrong += [ids[0] for text in words if shapes(str(text)) != shapes(str(ids[-1]))]
        assert wrong == []

    def test_says_nothing_twice(self, language: str) -> None:
        """A catalogue that was merged badly holds its words two or more times in one text."""
        rows = [(row.id, row.string) for row in messages.stored(LANGUAGES[language]) if isinstance(row.id, str) and isinstance(row.string, str)]
        assert len(rows) > 500 and [text for text, said in rows if twice(text, said)] == []

    def test_a_bad_merge_would_be_noticed(self, language: str) -> None:
        text, said = "Call us now, and do not wait until somebody calls you.", "Llame ahora y no espere a que alguien le llame a usted."
        assert not twice(text, said) and twice(text, said + said)


class TestTheCollector:
    """It sees what patients see."""

    def test_reaches_pages_parts_mails_and_questions(self) -> None:
        found = {str(path.relative_to(messages.TEMPLATES)) for path in messages.patient_templates()}
        assert {"clinic/link_landing.html", "layouts/patient.html", "components/_patient_foot.html", "patients/intake_page.html",
                "aftercare/_page_flags.html", "emails/_foot.txt", "emails/appointment_confirmed/subject.txt"} <= found  # fmt: skip
        assert not {name for name in found if "staff" in name}
        assert {"pages.py", "questions.py", "link_forms.py"} <= {path.name for path in messages.patient_modules()}

    @pytest.mark.parametrize("pattern", messages.MODULES)
    def test_every_pattern_of_modules_finds_a_file(self, pattern: str) -> None:
        assert list(messages.ROOT.glob(pattern)), "moved or split: its texts would be collected no more"

    def test_days_and_times_for_patients_are_said_by_the_catalogue(self) -> None:
        own = re.compile(r"\|(?:date|time):|\bdate_format\(|\btime_format\(|strftime\(|[{.]\w[\w()]*:%[aAbBdHIjmMyY]")
        files = [path for path in [*messages.patient_templates(), *messages.patient_modules()] if path.name != "dates.py"]
        found = [f"{path.relative_to(messages.ROOT)}: {hit}" for path in files for hit in own.findall(path.read_text())]
        assert sorted(found) == sorted(MACHINE_READ)

    @pytest.mark.parametrize(
        ("source", "texts"),
        [
            ("{% load i18n %}<p>{% translate 'Your day' %}</p>", ["Your day"]),
            ("{% blocktranslate with n=a.b %}Hello {{ n }},\nyou{% endblocktranslate %}", ["Hello %(n)s,\nyou"]),
            ("   <b>\n  {% translate \"It's here\" %}\n </b> isn't x", ["It's here"]),
            ("{% blocktranslate count n=days %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}", ["%(n)s day"]),
        ],
    )
    def test_reads_a_template(self, tmp_path: Path, source: str, texts: list[str]) -> None:
        file = tmp_path / "a.html"
        file.write_text(source)
        assert [given[0] if isinstance(given, tuple) else given for _line, _name, given in messages._calls(file)] == texts

    def test_a_text_without_words_is_noticed(self, tmp_path: Path) -> None:
        wanted = Catalog(locale="es")
        wanted.add("A new text")
        assert messages.untranslated(Catalog(locale="es"), wanted) == ["A new text"]

"""Nothing that a patient is shown or sent is left in English: seen on every page, mail and calendar file, not in the sources.

The first test speaks an invented language whose catalogue puts each text in brackets: what stands outside of brackets was
never collected for translation. The second speaks Spanish and looks for English texts and English words.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.core.cache import cache
from django.test import override_settings
from django.test.signals import template_rendered
from django.utils.translation import trans_real

from clinic import env
from clinic.models import Site, Staff
from scripts import messages
from tests.appointments.make import NOW
from tests.house.reading import Words
from tests.house.spoken import Cast, everything, walked

pytestmark = [pytest.mark.house, pytest.mark.django_db]
INVENTED = "eo"  # Django knows its days and months, and nothing here speaks it
DATA = [
    "Riverside Dermatology", "Harley site", "Olivia Marsh", "Olivia", "Marsh", "Ana Ruiz", "Ana", "Ruiz", "Dr Amara Osei", "Amara Osei", "1 Riverside", "Willow and stone", "Anagen",
    "Español", "English", "Esperanto", "The serum_sterile", "The minoxidil", "°C", "°F", "mm", "kHz", "PRP", "INR", "SHA", "JPEG", "PNG", "WebP",
]  # fmt: skip
"""What is not ours to translate: names of people, places, products and languages; units."""
SPANISH_TOO = frozenset({"no", "normal", "general", "legal", "me", "error", "son", "sea", "come", "once", "sin", "a", "an", "as", "his", "he", "has", "pus", "use", "pace"})
ENGLISH = frozenset(
    ["the", "your", "you", "and", "with", "please", "of", "not", "is", "are", "we", "it", "this", "that", "for", "from", "if", "or", "what", "when", "which", "how", "any", "please", "day", "days", "week", "visit", "call", "clinic", "questions", "answer", "answers", "none", "these", "hair", "skin", "treatment", "scalp", "next", "time", "times", "date", "birth", "error", "choose", "mail", "photo", "yes"]
)


@contextmanager
def _speaking_brackets(folder: Path) -> Iterator[None]:
    catalog = Catalog(locale=INVENTED)
    for message in messages.collected():
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            said = tuple(f"⟦{text}⟧" for text in ids)
            catalog.add(message.id, said if len(said) > 1 else said[0], context=message.context)
    there = folder / INVENTED / "LC_MESSAGES"
    there.mkdir(parents=True)
    with (there / "django.mo").open("wb") as file:
        write_mo(file, catalog)
    with override_settings(LANGUAGES=env.languages(folder), LOCALE_PATHS=[folder]):
        yield
    trans_real._translations.pop(INVENTED, None)  # type: ignore[attr-defined]


def outside(text: str) -> str:
    """What stands outside of all brackets and is no data: letters only count."""
    depth, left = 0, []
    for sign in text:
        depth += sign == "⟦"
        if depth <= 0:
            left.append(sign)
        depth -= sign == "⟧"
    rest = re.sub(r"\S+@\S+|https?://\S+|/l/\S*|\b[0-9a-f]{8,}\b", " ", "".join(left))
    for name in sorted(DATA, key=len, reverse=True):
        rest = rest.replace(name, " ")
    return " ".join(re.findall(r"[^\W\d_]{2,}", rest))


@contextmanager
def _templates() -> Iterator[set[str]]:
    seen: set[str] = set()

    def note(template: object = None, **_more: object) -> None:
        seen.add(str(getattr(template, "name", "")))

    template_rendered.connect(note)
    yield seen
    template_rendered.disconnect(note)


def _walked(language: str, site: Site, amara: Staff) -> tuple[list[Words], set[str]]:
    cache.clear()
    with time_machine.travel(NOW, tick=False), _templates() as seen:
        return list(everything(Cast(language, site, amara))), seen


def test_every_text_of_every_page_and_mail_comes_from_the_catalogue(site: Site, amara: Staff, tmp_path: Path) -> None:
    with _speaking_brackets(tmp_path):
        pages, seen = _walked(INVENTED, site, amara)
    assert len(pages) > 300
    kinds = {words.where.split()[1] for words in pages if words.where.startswith("mail ")}
    astray = sorted({f"{words.where.split()[0]} {one}" for words in pages for one in words.missing})
    assert astray == [], "pointed at and not on the page, or twice:\n" + "\n".join(astray)
    assert sorted(kinds) == sorted(KINDS_SENT), kinds ^ KINDS_SENT
    wrong = sorted({(rest, text[:120]) for words in pages for text in words.said if (rest := outside(text))})
    assert wrong == [], "\n".join(f"{rest} | {text}" for rest, text in wrong)
    wanted = {str(path.relative_to(messages.TEMPLATES)) for path in messages.patient_templates()}
    assert sorted(wanted - seen - NOT_SHOWN) == [], "the walk does not come by here"


KINDS_SENT = {
    "aftercare_instructions", "appointment_cancelled", "appointment_changed", "appointment_confirmed", "appointment_reminder", "auto_reply", "check_in",
    "check_in_reminder", "consent_link", "follow_up_invitation", "intake_invitation", "results_review", "waiting_offer",
}  # fmt: skip
"""Built as the outbox builds them; the others are rendered from their templates."""
NOT_SHOWN = {
    "components/_patient_header.html", "components/_subject.html",  # only where staff fill in the intake for a patient
}  # fmt: skip


def test_no_english_is_left_on_any_page_or_mail_in_spanish(site: Site, amara: Staff) -> None:
    same = {messages.key(m)[1] for m in messages.stored(messages.catalogues()["es"]) if m.id and messages.key(m)[1] != (m.string if isinstance(m.string, str) else (m.string or ("",))[0])}
    wrong = set()
    for words in walked("es", site, amara):
        for text in words.said:
            own = re.sub(r"\S+@\S+|https?://\S+|⟦.*?⟧", " ", text)
            for name in DATA:
                own = own.replace(name, " ")
            english = ENGLISH & {word.lower() for word in re.findall(r"[^\W\d_]+", own)} - SPANISH_TOO
            if text in same or english:
                wrong.add((words.where.split(" ")[0], text[:160], " ".join(sorted(english))))
    assert sorted(wrong) == [], "\n".join(map(str, sorted(wrong)))


def test_what_is_not_in_the_catalogue_is_noticed() -> None:
    assert outside("⟦Hello ⟦you⟧ there⟧, Olivia: 020 7946 0100") == ""
    assert outside("⟦Hello⟧ dear Olivia") == "dear"

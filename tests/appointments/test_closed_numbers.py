"""Mail about visits names the number for closed hours as all other mail does: in the text and in the HTML, in both languages."""

import re
from html import unescape

import pytest

from clinic import mailkit
from clinic.models import Site

pytestmark = pytest.mark.django_db
MAILS = (
    "appointment_confirmed", "appointment_reminder", "appointment_changed", "appointment_cancelled", "waiting_offer", "recall_invitation",
    "intake_invitation", "consent_link", "link_again",
)  # fmt: skip
SAID = {"en": "While we are closed: +44 115.", "es": "Mientras estamos cerrados: +44 115."}


def parts(site: Site, mail: str, language: str) -> tuple[str, str, str]:
    """Text and HTML as words, and the HTML."""
    values = {
        "first_name": "Olivia", "site": site, "clinic": site.clinic, "when": "w", "clinician": "Dr Amara Osei", "cut_off_hours": 24,
        "url": "https://x.example/l/1/", "until": "u", "days": 14,
    }  # fmt: skip
    _subject, text, html = mailkit.render(mail, values, language)
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<style.*?</style>", "", html))).split()).replace(" .", ".")
    return " ".join(text.split()), words, html


@pytest.mark.parametrize("mail", MAILS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_both_parts_name_it_and_a_tap_calls_it(site: Site, mail: str, language: str) -> None:
    site.out_of_hours_phone = "+44 115"
    text, words, html = parts(site, mail, language)
    assert SAID[language] in text and SAID[language] in words
    assert 'href="tel:+44115"' in html


@pytest.mark.parametrize("mail", MAILS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_without_one_nothing_is_said_of_it(site: Site, mail: str, language: str) -> None:
    for said in parts(site, mail, language):
        assert not re.search("while we are closed|mientras estamos cerrados", said, re.I) and "tel:" not in said

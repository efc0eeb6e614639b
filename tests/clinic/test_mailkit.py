"""Rendering: the text part is plain, the HTML part escapes and fetches nothing."""

from types import SimpleNamespace

import pytest

from clinic import mailkit

CONTEXT = {
    "first_name": "Zoë <b>O'Neil</b>",
    "clinic": SimpleNamespace(name="St John's Clinic", reference_phrase="willow & stone"),
    "site": SimpleNamespace(name="Harley", phone="020 7946 0123", emergency_number="999"),
    "url": "http://127.0.0.1/l/x/",
    "days": 14,
}


def test_text_is_plain_and_html_is_escaped() -> None:
    subject, text, html = mailkit.render("intake_invitation", CONTEXT, "en")
    assert subject == "St John's Clinic: some questions before your visit"
    assert "Zoë <b>O'Neil</b>" in text and "&#x27;" not in text
    assert "<b>O'Neil" not in html and "&lt;b&gt;" in html


def test_html_fetches_nothing_from_elsewhere() -> None:
    assert "fonts." not in mailkit.render("intake_invitation", CONTEXT, "en")[2]


def test_a_picture_from_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailkit, "render_to_string", lambda name, context: '<mjml><mj-body><mj-section><mj-column><mj-image src="https://elsewhere.example/x.png"/></mj-column></mj-section></mj-body></mjml>')
    with pytest.raises(mailkit.ForeignAddress):
        mailkit.render("intake_invitation", CONTEXT, "en")

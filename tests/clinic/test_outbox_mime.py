"""Mails put together by hand, read back by Python's own parser: what goes in comes out, and no header is added."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from clinic.models import Clinic, OutboxMessage
from clinic.outbox import verp
from clinic.outbox.kinds import Mail
from clinic.outbox.mime import compose

AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
TEXT = strategies.text(strategies.characters(exclude_categories=["Cs", "Cc"]) | strategies.sampled_from("\n=.é—🙂"), max_size=400)


def row(**fields: Any) -> OutboxMessage:
    """A row that may be composed, without a database."""
    values = {"uuid": UUID(int=7), "recipient": "ana@patient.example", "message_id": "<7@riverside.example>", "first_attempt_at": AT, "scope": "care"}
    return OutboxMessage(**values | fields)


def parsed(mail: Mail, **fields: Any) -> Any:
    return message_from_bytes(compose(row(**fields), mail, None).raw, policy=policy.default)


@hypothesis_settings(max_examples=150, deadline=None)
@given(text=TEXT, html=TEXT, subject=strategies.text(strategies.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200))
def test_any_text_comes_back(text: str, html: str, subject: str) -> None:
    found = parsed(Mail(subject=subject, text=text, html=f"<p>{html}</p>"))
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    plain, rich = (part.get_content().replace("\r\n", "\n") for part in found.iter_parts())
    assert plain.rstrip("\n") == text.rstrip("\n") and rich.rstrip("\n") == f"<p>{html}</p>".rstrip("\n")
    assert not found.defects and found["From"] and found["To"] == "ana@patient.example"


@pytest.mark.parametrize("subject", ["Riverside: something waits", "Días ocupados — ¿cómo va?", "é" * 150, "x" * 500])
def test_a_subject_comes_back(subject: str) -> None:
    assert parsed(Mail(subject=subject, text="x\n", html=""))["Subject"] == subject


def test_every_line_is_ascii_and_short_enough() -> None:
    """RFC 5322 2.1.1: at most 998 characters."""
    raw = compose(row(), Mail(subject="é" * 200, text="ä" * 5000, html="<p>" + "x" * 5000 + "</p>"), None).raw
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998 and b"\n" not in raw.replace(b"\r\n", b"")


def test_a_calendar_keeps_its_method_and_bytes() -> None:
    ics = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" * 20
    found = parsed(Mail("Hello", "x\n", "<p>x</p>", (("appointment.ics", 'text/calendar; charset="utf-8"; method="REQUEST"', ics),)))
    [file] = found.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_param("method"), file.get_payload(decode=True)) == (
        "appointment.ics", "text/calendar", "REQUEST", ics,
    )  # fmt: skip
    assert found.get_body(("html",)).get_content().strip() == "<p>x</p>"


@pytest.mark.parametrize(
    ("mail", "fields"),
    [
        (Mail("a\r\nBcc: all@elsewhere.example", "x", ""), {}),
        (Mail("a\x00b", "x", ""), {}),
        (Mail("a", "x", "", headers={"X-A": "b\nBcc: all@elsewhere.example"}), {}),
        (Mail("a", "x", "", headers={"X-A\r\nBcc": "all@elsewhere.example"}), {}),
        (Mail("a", "x", "", reply_to="a@b.example\nBcc: all@elsewhere.example"), {}),
        (Mail("a", "x", "", (('a"\r\nBcc: x', "text/plain", b""),)), {}),
        (Mail("a", "x", "", (("a.txt", "text/plain\r\nBcc: x", b""),)), {}),
        (Mail("a", "x", ""), {"recipient": "ana@patient.example, all@elsewhere.example"}),
        (Mail("a", "x", ""), {"recipient": "ana@patient.example\nRCPT TO:<all@elsewhere.example>"}),
        (Mail("a", "x", ""), {"recipient": "zoë@patient.example"}),
        (Mail("a", "x", ""), {"recipient": ""}),
    ],
)
def test_what_could_add_a_header_or_a_reader_is_refused(mail: Mail, fields: dict[str, str]) -> None:
    """R34."""
    with pytest.raises(ValueError):
        _ = compose(row(**fields), mail, None).raw


def test_the_same_row_gives_the_same_bytes() -> None:
    mail = Mail("Hello", "x\n", "<p>x</p>")
    assert compose(row(), mail, None).raw == compose(row(), mail, None).raw


class TestReplies:
    """SETTLED 21."""

    def test_go_to_the_watched_mailbox(self) -> None:
        letter = compose(row(), Mail("a", "x", ""), Clinic(name="Riverside", reply_to="care@riverside.example"))
        assert dict(letter.headers)["Reply-To"] == "care@riverside.example"

    def test_go_to_the_address_that_answers_by_itself_without_one(self, settings: Any) -> None:
        settings.MAIL_REPLIES = "answers@clinic.example"
        assert dict(compose(row(), Mail("a", "x", ""), Clinic(name="Riverside")).headers)["Reply-To"] == "answers@clinic.example"


class TestReturnPath:
    """VERP."""

    def test_names_the_message_and_is_known_again(self, settings: Any) -> None:
        settings.MAIL_BOUNCES = "bounces@clinic.example"
        letter = compose(row(), Mail("a", "x", ""), None)
        assert letter.envelope_from.startswith("bounces+") and letter.envelope_from.endswith("@clinic.example")
        assert verp.message_of(letter.envelope_from) == UUID(int=7) == verp.message_of(f"<{letter.envelope_from.upper()}>")
        assert len(letter.envelope_from.partition("@")[0]) <= 64, "RFC 5321 4.5.3.1.1"

    @pytest.mark.parametrize("how", ["tag", "uuid", "name", "domain", "none"])
    def test_a_forged_one_is_not(self, how: str, settings: Any) -> None:
        settings.MAIL_BOUNCES = "bounces@clinic.example"
        right = verp.address_for(row())
        local = right.partition("@")[0]
        forged = {
            "tag": right.replace(local[-3:], "000" if local[-3:] != "000" else "111"), "uuid": right.replace("+0", "+1"),
            "name": right.replace("bounces", "other"), "domain": right.replace("clinic", "elsewhere"), "none": "ana@patient.example",
        }[how]  # fmt: skip
        assert verp.message_of(forged) is None

    def test_without_a_mailbox_for_bounces_mail_comes_from_the_sender(self) -> None:
        assert settings.MAIL_BOUNCES == ""
        assert compose(row(), Mail("a", "x", ""), None).envelope_from in settings.MAIL_FROM

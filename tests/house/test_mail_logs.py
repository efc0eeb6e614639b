"""R33 while mail leaves: every kind that patients get goes through the real sender to relays that accept, refuse and repeat what they
were told, with all loggers at their most talkative. No record, and no reason on the timeline, says who or what it was about.
"""

import email
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn
from unittest import mock

import pytest
from django.conf import settings
from django.db.models import F

from clinic.models import Breaker, OutboxMessage, OutboxMove, Site, Staff, Suppression
from clinic.outbox import deliver
from clinic.outbox.kinds import KINDS, Verdict
from patients.models import Patient
from tests.appointments.make import NOW
from tests.clinic.scripted_relay import CLOSE, ScriptedRelay, scripted
from tests.house.test_mails import SAID, built, clinical, kinds_of_patients

pytestmark = [pytest.mark.house, pytest.mark.django_db]
LATER = NOW + timedelta(minutes=5)
ECHO = "5.7.1 <olivia@patient.example> Olivia Marsh, born 1985-03-27, needling of the scalp, http://clinic.example/l/" + "Ab3-_" * 9 + "/"
SCRIPTS = {
    "accepted": {},
    "refused": {"rcpt": f"554 {ECHO}"},
    "no such address": {"rcpt": f"550 {ECHO.replace('5.7.1', '5.1.1')}"},
    "later": {"dot": f"451 {ECHO.replace('5.7.1', '4.3.0')}"},
    "refused after the dot": {"dot": f"554 {ECHO}"},
    "ours to mend": {"mail": f"550 {ECHO}"},
    "nobody knows": {"dot": CLOSE},
}


class Everything(logging.Handler):
    """Each record as it was written, before any filter, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        self.said.append(f"{record.name} {record.getMessage()} {trace}")


@contextmanager
def listening() -> Iterator[Everything]:
    """All loggers that the settings do not silence at DEBUG. Statements aside: `test_leaks` holds that they are not logged."""
    heard, root = Everything(), logging.getLogger()
    loggers = [root, *(one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger) and not one.name.startswith("django.db"))]
    before = {one: (one.level, one.disabled) for one in loggers}
    pinned = {name: getattr(logging, rule["level"]) for name, rule in settings.LOGGING["loggers"].items()}
    for one in loggers:
        one.setLevel(next((level for name, level in pinned.items() if one.name.startswith(name)), logging.DEBUG))
        one.disabled = False
    root.handlers.insert(0, heard)  # before the one whose filter scrubs
    try:
        yield heard
    finally:
        root.removeHandler(heard)
        for one, (level, disabled) in before.items():
            one.setLevel(level)
            one.disabled = disabled


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Every kind may go, so that none is left out."""
    for name, kind in list(KINDS.items()):
        monkeypatch.setitem(KINDS, name, replace(kind, may_send=lambda row, at: Verdict.go()))
    settings.OUTBOX_RATE_PER_SECOND, settings.SMTP_TLS, settings.SMTP_HOST, settings.OUTBOX_CONNECTIONS = 0, "none", "127.0.0.1", 1


def queue_again(language: str) -> list[int]:
    """One of each kind due once more, of the patient whose mails say most; all else is over. Order within a plan is not the matter here."""
    Suppression.objects.all().delete()
    Breaker.objects.all().delete()
    all_rows = OutboxMessage.objects.filter(language=language, kind__in=kinds_of_patients())
    newest = all_rows.order_by("kind", "-pk").distinct("kind").values_list("pk", flat=True)
    OutboxMessage.objects.update(state="cancelled")
    rows = OutboxMessage.objects.filter(pk__in=list(newest))
    rows.update(state="planned", send_after=NOW, wished_at=NOW, expires_at=None, attempts=0, in_doubt=False, lease_token=None, lease_until=None)
    rows.update(cause_kind="", reason="", zone=F("zone"))
    return list(rows.values_list("pk", flat=True))


def send(relay: ScriptedRelay, settings: Any) -> None:
    settings.SMTP_PORT = relay.port
    deliver.drain(at=LATER)


def secrets_in(raws: list[bytes]) -> set[str]:
    """The tokens of the links that left, and those of one-click unsubscribe."""
    found: set[str] = set()
    for raw in raws:
        mail = email.message_from_bytes(raw)
        texts = [str(mail["List-Unsubscribe"] or "")] + [part.get_payload(decode=True).decode() for part in mail.walk() if part.get_content_maintype() == "text"]  # type: ignore[union-attr]
        found |= {token for text in texts for token in re.findall(r"/l/(?:stop/)?([\w-]{40,})/", text)}
    return found


def canaries(language: str) -> list[str]:
    """Of every patient who is written to: family name, address, telephone, date of birth as people and machines write it."""
    people = Patient.objects.filter(uuid__in=OutboxMessage.objects.filter(language=language).values("patient_uuid"))
    found = {"Marsh", "olivia@patient.example", "o@patient.example", "1985-03-27", "Ab3-_Ab3-_", SAID}
    for one in people:
        found |= {one.family_name, one.email, one.phone, f"{one.birth_on}", f"{one.birth_on:%d/%m/%Y}", f"{one.birth_on:%d.%m.%Y}"}
    return sorted(word for word in found if word)


def leaks(texts: list[str], words: list[str]) -> list[str]:
    """The texts that say one of the words, or anything clinical; names of loggers and modules are not words."""
    plain = [(text, re.sub(r"\b(?:treatments|patients|aftercare|appointments|clinic|django)(?:\.\w+)+", "", text)) for text in texts]
    return [text for text, bare in plain if clinical(bare) or any(word.lower() in bare.lower() for word in words)]


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("language", ["en", "es"])
def test_r33_no_log_line_says_whom_a_mail_is_for_or_what_it_says(language: str, site: Site, amara: Staff, settings: Any, capfd: pytest.CaptureFixture[str]) -> None:
    built(language, site, amara)
    moves_before = set(OutboxMove.objects.values_list("pk", flat=True))
    words, raws = canaries(language), []
    with listening() as heard:
        for name, script in SCRIPTS.items():
            pks = queue_again(language)
            with scripted(script) as relay:
                send(relay, settings)
            states = set(OutboxMessage.objects.filter(pk__in=pks).values_list("state", flat=True))
            assert (states == {"sent"}) == (name == "accepted"), (name, states)
            assert any(line.startswith("MAIL") for line in [one.upper() for one in relay.heard]), f"{name}: nobody spoke to the relay"
            raws += relay.accepted if name == "accepted" else []
    assert len(raws) == len(pks) and {row.kind for row in OutboxMessage.objects.filter(pk__in=pks)} == kinds_of_patients()
    words += secrets_in(raws)
    assert len(words) > 20 and any("clinic.outbox" in line for line in heard.said), "somebody said something, and there was something to say"
    assert leaks(heard.said, words) == []
    printed = capfd.readouterr()
    assert leaks([printed.out, printed.err], words) == []
    reasons = OutboxMove.objects.exclude(pk__in=moves_before).values_list("reason", flat=True).distinct()
    kept = [*reasons, *OutboxMessage.objects.values_list("reason", flat=True), *Suppression.objects.values_list("reason", flat=True), *Breaker.objects.values_list("reason", flat=True)]
    assert len(set(kept)) > 4 and leaks(kept, words) == []


@pytest.mark.usefixtures("always")
def test_r33_a_mail_that_can_t_be_written_says_what_kind_of_error_it_was_and_no_more(site: Site, amara: Staff, settings: Any) -> None:
    built("en", site, amara)
    queue_again("en")

    def broken(row: OutboxMessage, at: object) -> NoReturn:
        raise LookupError(f"no wording for {row.recipient}, Olivia Marsh, needling")

    kinds = {name: replace(kind, build=broken) for name, kind in KINDS.items()}
    with listening() as heard, scripted() as relay, mock.patch.dict(KINDS, kinds):
        send(relay, settings)
    assert OutboxMessage.objects.filter(state="failed").count() == len(kinds_of_patients()) > 15 and relay.accepted == []
    assert any("can't be built: LookupError" in line for line in heard.said)
    assert leaks(heard.said, canaries("en")) == []


def test_the_search_for_leaks_would_notice() -> None:
    """Guards the guard."""
    with listening() as heard:
        logging.getLogger("clinic.outbox").debug("mail to %s went", "olivia@patient.example")
        logging.getLogger("smtplib.any").info("the scalp")
        logging.getLogger("clinic.outbox").info("message 4 sent")
    assert len(leaks(heard.said, ["olivia@patient.example"])) == 2, "raw, as it was written"
    assert leaks(["treatments.emails took 3 ms"], ["Marsh"]) == [] != leaks(["MARSH"], ["Marsh"])

"""The SMTP dialogue, answer by answer (MESSAGES.md, the table of answers): a real socket, a relay that says what it is told."""

import time
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from clinic.smtp import Connection, Outcome, Relay
from tests.clinic.scripted_relay import CLOSE, DRIP, SILENT, scripted, took


def _mail(text: str = "Hello.\n") -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["Message-ID"] = "Hello", "ana@patient.example", "<1@riverside.example>"
    mail.set_content(text)
    return mail.as_bytes(policy=policy.SMTP)


def _send(connection: Connection, text: str = "Hello.\n") -> Outcome:
    return connection.send(_mail(text), sender="no-reply@riverside.example", recipient="ana@patient.example")


@pytest.mark.parametrize(
    ("step", "answer", "word", "code"),
    [
        # closed, or 421, before the dot
        ("banner", CLOSE, "closed", 0), ("ehlo", CLOSE, "closed", 0), ("mail", CLOSE, "closed", 0), ("rcpt", CLOSE, "closed", 0),
        ("data", CLOSE, "closed", 0), ("banner", "421 busy", "closed", 421), ("mail", "421 busy", "closed", 421),
        ("rcpt", "421 busy", "closed", 421), ("data", "421 busy", "closed", 421), ("dot", "421 busy", "closed", 421),
        # 4xx
        ("mail", "450 later", "later", 450), ("mail", "452 4.3.1 full", "later", 452), ("rcpt", "450 4.2.0 greylisted", "later", 450),
        ("rcpt", "452 4.5.3 too many", "later", 452), ("data", "451 4.7.1 later", "later", 451), ("dot", "451 4.3.0 later", "later", 451),
        # 5xx at RCPT
        ("rcpt", "550 5.1.1 no such user", "bad_address", 550), ("rcpt", "550 5.1.10 null MX", "bad_address", 550),
        ("rcpt", "553 5.1.3 bad syntax", "bad_address", 553), ("rcpt", "550 no such user", "refused", 550),
        ("rcpt", "550 5.7.1 refused", "refused", 550), ("rcpt", "550 5.7.26 unsigned", "refused", 550),
        ("rcpt", "552 5.2.2 mailbox full", "refused", 552), ("rcpt", "554 5.4.4 no route", "refused", 554),
        # 5xx after data
        ("data", "554 5.5.1 no valid recipients", "refused", 554), ("dot", "554 5.7.1 looks like spam", "refused", 554),
        ("dot", "552 5.3.4 too big", "refused", 552),
        # ours to mend
        ("mail", "550 5.7.1 sender refused", "ours", 550), ("mail", "530 5.7.0 sign in first", "ours", 530),
        ("rcpt", "530 5.7.0 sign in first", "ours", 530), ("banner", "554 not you", "ours", 554),
        # nobody knows
        ("dot", CLOSE, "doubt", 0), ("dot", SILENT, "doubt", 0),
    ],
)  # fmt: skip
def test_an_answer_becomes_an_outcome(step: str, answer: str, word: str, code: int) -> None:
    with scripted({step: answer}) as relay:
        outcome = _send(Connection(Relay("127.0.0.1", relay.port, timeout=1.0)))
        assert (outcome.word, outcome.code) == (word, code)
        assert relay.accepted == []
        assert relay.connections == (2 if word == "closed" else 1)


def test_the_words_of_an_outcome_hold_no_address_and_nothing_the_relay_said() -> None:
    with scripted({"rcpt": "550 5.1.1 <ana@patient.example> unknown"}) as relay:
        assert _send(Connection(Relay("127.0.0.1", relay.port))).text == "the address was refused with 550"


def test_a_connection_that_closes_before_the_dot_is_opened_once_more() -> None:
    with scripted(limit=1) as relay:
        connection = Connection(Relay("127.0.0.1", relay.port, timeout=2))
        assert [_send(connection).word for _ in range(5)] == ["sent"] * 5
        assert len(relay.accepted) == 5 == relay.connections


def test_a_new_connection_after_a_hundred_mails() -> None:
    with scripted() as relay:
        connection = Connection(Relay("127.0.0.1", relay.port))
        assert {_send(connection).word for _ in range(101)} == {"sent"}
        connection.quit()
        assert relay.connections == 2 and len(relay.accepted) == 101


def test_after_a_refusal_the_next_mail_goes_over_the_same_connection() -> None:
    with scripted({"rcpt": "450 later"}) as relay:
        connection = Connection(Relay("127.0.0.1", relay.port))
        assert _send(connection).word == "later"
        relay.script["rcpt"] = "250 OK"
        assert _send(connection).word == "sent" and relay.connections == 1


@pytest.mark.parametrize(("step", "word"), [("banner", "closed"), ("mail", "closed"), ("data", "closed"), ("dot", "doubt")])
@pytest.mark.parametrize("how", [SILENT, DRIP])
def test_a_relay_that_says_nothing_or_a_byte_now_and_then_is_left_within_twice_the_timeout(step: str, word: str, how: str) -> None:
    with scripted({step: how}) as relay:
        began = time.monotonic()
        assert _send(Connection(Relay("127.0.0.1", relay.port, timeout=0.4))).word == word
        assert took(began) < 2 * 0.4 + 0.5


@pytest.mark.parametrize(
    ("script", "tls", "user"),
    [
        ({}, "starttls", ""),  # not offered
        ({"ehlo": "250-relay\r\n250 STARTTLS", "starttls": "454 not now"}, "starttls", ""),
        ({"ehlo": "250-relay\r\n250 AUTH PLAIN", "auth": "535 5.7.8 wrong"}, "none", "clinic"),
        ({}, "implicit", ""),  # no TLS at all on that port
    ],
)
def test_without_a_safe_connection_nothing_is_sent_and_it_is_ours_to_mend(script: dict[str, str], tls: str, user: str) -> None:
    with scripted(script) as relay:
        connection = Connection(Relay("127.0.0.1", relay.port, tls, user, "secret", timeout=1))
        assert _send(connection).word in ({"ours"} if tls != "implicit" else {"ours", "closed"})
        assert relay.accepted == [] and not any(line.startswith("MAIL") for line in (h.upper() for h in relay.heard))


def test_a_certificate_that_is_not_trusted_is_ours_to_mend(tmp_path: Path) -> None:
    import socket
    import ssl
    import threading

    from tests.clinic.certificate import self_signed

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            sock, _address = server.accept()
            try:
                context.wrap_socket(sock, server_side=True).close()
            except (OSError, ssl.SSLError):
                sock.close()

        threading.Thread(target=serve, daemon=True).start()
        outcome = _send(Connection(Relay("127.0.0.1", server.getsockname()[1], "implicit", timeout=2)))
    assert outcome.word == "ours"


def test_outside_loopback_nothing_goes_in_clear() -> None:
    assert _send(Connection(Relay("192.0.2.1", 25, "none", timeout=1))).word == "ours"


def test_dots_long_lines_and_umlauts_arrive_as_they_were() -> None:
    text = ".\n..\n.hidden\nzoë\n" + "x" * 900 + "\n"
    with scripted() as relay:
        assert _send(Connection(Relay("127.0.0.1", relay.port)), text).word == "sent"
    raw = relay.accepted[0]
    unstuffed = b"".join(line.removeprefix(b".") if line.startswith(b".") else line for line in raw.splitlines(keepends=True))
    from email import message_from_bytes, policy

    assert message_from_bytes(unstuffed, policy=policy.default).get_content().replace("\r\n", "\n") == text


def test_closed_in_the_body_is_not_in_doubt() -> None:
    """The dot never left, so the relay can't have taken it for whole."""
    with scripted({"data": "354 go on"}) as relay:
        real, connection = relay._body, Connection(Relay("127.0.0.1", relay.port, timeout=2))

        def close(sock: object, lines: object) -> bool:
            return False

        relay._body = close  # type: ignore[method-assign]
        outcome = _send(connection, "long\n" * 2_000_000)
        assert outcome.word == "closed"
        relay._body = real  # type: ignore[method-assign]
        assert _send(connection).word == "sent"

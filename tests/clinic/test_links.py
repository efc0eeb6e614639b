"""Patient links: one purpose, hashed tokens, a date-of-birth step, and a GET that changes nothing (R27–R32, R37, R38)."""

import hashlib
import itertools
import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinic import links
from clinic.audit import Actor
from clinic.models import Link, LinkToken, LinkVisit, Site
from patients import services as people
from patients.models import Patient

BORN = date(1985, 3, 27)
_numbers = itertools.count(70_000)
DESK = Actor(kind="command", name="test")
RIGHT = {"day": "27", "month": "3", "year": "1985"}
WRONG = {"day": "28", "month": "3", "year": "1985"}


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    cache.clear()


def _link(site: Site, *, purpose: str = "intake", at: datetime | None = None, days: int = 7) -> tuple[Link, str]:
    at = at or timezone.now()
    patient = Patient.objects.create(
        site=site, number=next(_numbers), given_name="Olivia", family_name="Marsh", search_name="marsh olivia", birth_on=BORN, created_at=at
    )
    link = links.make_link(
        purpose=purpose,
        site=site,
        patient_uuid=patient.uuid,
        birth_on=BORN,
        language="en",
        subject_kind="patient",
        subject_uuid=uuid.uuid4(),
        by=DESK,
        at=at,
        expires_at=at + timedelta(days=days),
    )
    return link, links.mint_token(link, at=at)


def _body(response: Any) -> bytes:
    return bytes(response.content).replace(response.headers.get("X-Request-Id", "-").encode(), b"")


@pytest.mark.django_db
class TestToken:
    """R31."""

    def test_has_256_bits_and_only_its_hash_is_stored(self, site: Site) -> None:
        _, token = _link(site)
        assert len(token) >= 43
        assert LinkToken.objects.get().sha256 == hashlib.sha256(token.encode()).hexdigest()
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(t::text, ' ') FROM clinic_linktoken t")
            assert token not in cursor.fetchone()[0]

    def test_each_mail_has_its_own_and_all_open_the_link(self, site: Site) -> None:
        link, first = _link(site)
        second = links.mint_token(link, at=timezone.now())
        assert first != second
        assert links.find(first, at=timezone.now()) == links.find(second, at=timezone.now()) == link


@pytest.mark.django_db
class TestLanding:
    """The neutral page before the date of birth."""

    def test_says_nothing_about_the_patient(self, client: Client, site: Site) -> None:
        _, token = _link(site)
        page = client.get(f"/l/{token}/")
        assert page.status_code == 200
        assert b"1985" not in page.content.replace(b"27 3 1985", b"")
        assert token.encode() not in page.content
        assert page["Referrer-Policy"] == "strict-origin"
        assert "no-store" in page["Cache-Control"]

    def test_the_right_date_opens_and_the_token_leaves_the_address(self, client: Client, site: Site) -> None:
        _, token = _link(site)
        answer = client.post(f"/l/{token}/", RIGHT)
        assert answer.status_code == 302
        assert token not in answer["Location"]
        cookie = answer.cookies[settings.LINK_COOKIE_NAME]
        assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["max-age"] <= 1800
        assert LinkVisit.objects.get().cookie_sha256 == hashlib.sha256(cookie.value.encode()).hexdigest()

    def test_a_wrong_date_keeps_what_was_typed(self, client: Client, site: Site) -> None:
        link, token = _link(site)
        answer = client.post(f"/l/{token}/", WRONG)
        assert answer.status_code == 422
        assert b'value="28"' in answer.content and b"does not match" in answer.content
        link.refresh_from_db()
        assert link.wrong_birth_dates == 1 and not LinkVisit.objects.exists()

    def test_five_wrong_dates_lock_this_link_alone(self, client: Client, site: Site) -> None:
        _, token = _link(site)
        _, other = _link(site)
        for _ in range(5):
            client.post(f"/l/{token}/", WRONG)
        assert client.post(f"/l/{token}/", RIGHT).status_code == 404
        assert client.post(f"/l/{other}/", RIGHT).status_code == 302

    def test_a_date_that_is_none_is_said_beside_the_boxes(self, client: Client, site: Site) -> None:
        _, token = _link(site)
        answer = client.post(f"/l/{token}/", {"day": "31", "month": "2", "year": "1985"})
        assert answer.status_code == 422 and b"not a real date" in answer.content


@pytest.mark.django_db
class TestDeadLinks:
    """R32, R37: unknown = expired = revoked = used."""

    def test_all_look_the_same(self, client: Client, site: Site) -> None:
        now = timezone.now()
        _expired, expired_token = _link(site, at=now - timedelta(days=9))
        revoked, revoked_token = _link(site)
        used, used_token = _link(site)
        links.revoke(by=DESK, at=now, reason="e-mail changed", pk=revoked.pk)
        assert links.consume(link=used, by=DESK, at=now)
        answers = [client.get(f"/l/{t}/") for t in ("A" * 43, expired_token, revoked_token, used_token)]
        assert {a.status_code for a in answers} == {404}
        assert len({_body(a) for a in answers}) == 1

    def test_the_minute_of_expiry_ends_it(self, site: Site) -> None:
        now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        _, token = _link(site, at=now, days=1)
        assert links.find(token, at=now + timedelta(hours=23, minutes=59))
        assert links.find(token, at=now + timedelta(days=1)) is None

    def test_a_visit_does_not_open_another_purpose(self, client: Client, site: Site) -> None:
        _, token = _link(site, purpose="intake")
        client.post(f"/l/{token}/", RIGHT)
        assert client.get("/l/check-in/").status_code == 404

    @pytest.mark.parametrize(("act", "opens"), [("address", False), ("first address", True), ("name", True), ("death", False), ("sent again", False)])
    def test_what_revokes_a_patient_s_links(self, client: Client, site: Site, act: str, opens: bool) -> None:
        """R37: a new address, a death, the same link sent again. Another name does not, nor a first address: nobody else has the link."""
        link, token = _link(site)
        patient, at = Patient.objects.get(uuid=link.patient_uuid), timezone.now()
        patient.email = "" if act == "first address" else "old@patient.example"
        patient.save()
        email = "new@patient.example" if "address" in act else patient.email
        data = people.PersonData(given_name="Olive", family_name="Marsh", birth_on=BORN, email=email, language="en")
        if act == "death":
            people.record_death(patient=patient, on=at.date(), by=DESK, at=at)
        elif act == "sent again":
            people.invite_to_intake(patient=patient, by=DESK, at=at)
        else:
            people.change_patient(patient=patient, data=data, by=DESK, at=at)
        assert client.get(f"/l/{token}/").status_code == (200 if opens else 404)


@pytest.mark.django_db
class TestLimits:
    """R38."""

    def test_thirty_a_minute_and_then_no_more(self, client: Client, site: Site) -> None:
        _, token = _link(site)
        assert [client.get(f"/l/{token}/").status_code for _ in range(32)] == [200] * 30 + [429] * 2
        assert client.post(f"/l/{token}/", RIGHT).status_code == 429 and not LinkVisit.objects.exists()

    def test_with_the_limiter_away_nothing_opens(self, client: Client, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        _, token = _link(site)

        def away(*_: object, **__: object) -> None:
            raise ConnectionError("no cache")

        monkeypatch.setattr(cache, "incr", away)
        answers = [client.get(f"/l/{token}/"), client.post(f"/l/{token}/", RIGHT)]
        assert [answer.status_code for answer in answers] == [503, 503] and not LinkVisit.objects.exists()
        assert b"no cache" not in answers[0].content


@pytest.mark.django_db(transaction=True)
class TestNothingBeforeAPost:
    """R27, R28: GET and HEAD leave every table as it was; other methods are refused."""

    def test_get_changes_no_table(self, client: Client, site: Site) -> None:
        _, token = _link(site)
        before = _fingerprint()
        for method in ("get", "head", "options", "put", "patch", "delete", "trace"):
            getattr(client, method)(f"/l/{token}/")
        client.get(f"/l/{token}/?_method=POST&day=27&month=3&year=1985", headers={"X-HTTP-Method-Override": "POST"})
        assert _fingerprint() == before

    def test_other_methods_are_refused(self, client: Client, site: Site) -> None:
        _, token = _link(site)
        assert {getattr(client, m)(f"/l/{token}/").status_code for m in ("put", "patch", "delete", "options")} == {405}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_submissions_consume_a_link_once(site: Site) -> None:
    """R30."""
    link, _ = _link(site)
    gate, wins = threading.Barrier(20), []

    def submit() -> None:
        gate.wait()
        try:
            wins.append(links.consume(link=link, by=DESK, at=timezone.now()))
        finally:
            connection.close()

    threads = [threading.Thread(target=submit) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wins) == [False] * 19 + [True]


def _fingerprint() -> dict[str, str]:
    """Content and row versions of every table but Django's own sessions."""
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if not t.startswith("django_")]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT md5(coalesce(string_agg(t::text || t.xmin::text, \'|\' ORDER BY t::text), \'\')) FROM "{table}" t')
            found[table] = cursor.fetchone()[0]
    return found

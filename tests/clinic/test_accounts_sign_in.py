"""Signing in (R23, R25, R26): passwords, limits that hold, and answers that do not say who has an account."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings as house
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic import invitations, limits
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff, StaffInvitation
from clinic.outbox.kinds import KINDS
from clinic.staffing import Duties, invite_staff
from tests.clinic.account_steps import NEW_PASSWORD, PASSWORD, body, built, is_in, sign_in

BY = Actor.of_command("test")


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    cache.clear()


def _invited(email: str = "nia@riverside.example") -> tuple[StaffInvitation, str]:
    at = timezone.now()
    invitation = invite_staff(email=email, duties=Duties("Nia Okafor", "", ("front_desk",), ()), by=BY, at=at)
    return invitation, invitations.mint_url(invitation).removeprefix(house.PUBLIC_URL)


@pytest.mark.django_db
class TestPasswords:
    """R25: 12 to 128 of any characters, no composition rule, common and context words refused, never trimmed, Argon2."""

    @pytest.mark.parametrize("good", ["aaabbbcccddd", "kqzwxvjhgfds", "  spaces at both ends  ", "пароль з ключа", "🐎🔋🧷🚲🌵🧊🪁🎈🥑🧵🛶🪜", "".join(chr(97 + i * i % 26) for i in range(128)), "four words without order"])
    def test_are_accepted_and_open_exactly_as_typed(self, client: Client, good: str) -> None:
        invitation, path = _invited()
        assert client.post(path, {"new_password1": good, "new_password2": good}).status_code == 302
        assert not is_in(client)
        if good != good.strip():
            sign_in(client, invitation.staff, good.strip())
            assert not is_in(client)
        sign_in(client, invitation.staff, good)
        assert is_in(client)

    @pytest.mark.parametrize(
        ("bad", "words"),
        [
            ("elevenchars", "at least 12"), ("y" * 129, "at most 128"), ("passwordpassword", "too common"), ("123456789012", "too common"),
            ("qwertyuiopas", "too common"), ("210987654321", "too common"), ("aaaaaaaaaaaa", "too common"), ("willow willow ", "too common"),
            ("microneedling1", "does not name this app"), ("Anagen Anagen", "does not name this app"), ("riverside 2026!", "does not name this app"),
            ("nia@riverside.example", "too similar"),
        ],
    )  # fmt: skip
    def test_are_refused_with_the_reason_beside_the_field(self, client: Client, site: Site, bad: str, words: str) -> None:
        invitation, path = _invited()
        answer = client.post(path, {"new_password1": bad, "new_password2": bad})
        assert answer.status_code == 422 and words in str(answer.context["form"].errors["new_password2"])
        assert bad not in answer.content.decode(), "a password is not sent back"
        invitation.staff.refresh_from_db()
        assert not invitation.staff.has_joined

    def test_typed_twice_differently_is_refused(self, client: Client) -> None:
        _, path = _invited()
        answer = client.post(path, {"new_password1": NEW_PASSWORD, "new_password2": PASSWORD})
        assert answer.status_code == 422 and answer.context["form"].errors["new_password2"]

    def test_the_same_rules_hold_when_one_is_changed(self, client: Client, rosa: Staff) -> None:
        sign_in(client, rosa)
        answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "elevenchars", "password2": "elevenchars"})
        assert "at least 12" in str(answer.context["form"].errors["password1"])

    def test_are_hashed_with_argon2_outside_the_tests(self) -> None:
        code = "from django.conf import settings; import json; print(json.dumps(settings.PASSWORD_HASHERS))"
        environment = os.environ | {"ANAGEN_ENV": "dev", "DJANGO_SETTINGS_MODULE": "clinic.settings"}
        out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=house.BASE_DIR)
        assert json.loads(out.stdout) == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.mark.django_db
class TestNobodyLearnsWhoHasAnAccount:
    """R26: login, reset and invitation answer alike, after the same work (SETTLED 26)."""

    @staticmethod
    def _try(email: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes, int]:
        calls: list[str] = []
        with monkeypatch.context() as patch:
            original = MD5PasswordHasher.encode

            def counted(self: Any, *args: Any) -> str:
                calls.append("hash")
                return original(self, *args)

            patch.setattr(MD5PasswordHasher, "encode", counted)
            answer = Client().post("/accounts/login/", {"login": email, "password": "wrong horse battery"})
        return answer.status_code, body(answer).replace(email.encode(), b"ADDRESS"), len(calls)

    def test_by_signing_in(self, rosa: Staff, amara: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
        Staff.objects.filter(pk=amara.pk).update(is_active=False)
        invited, _ = _invited()
        known = self._try(rosa.email, monkeypatch)
        unknown = self._try("nobody@riverside.example", monkeypatch)
        disabled = self._try(amara.email, monkeypatch)
        not_joined = self._try(invited.staff.email, monkeypatch)
        assert known[0] == 200 and known[2] == 1
        assert known == unknown == disabled
        assert known[:2] == not_joined[:2]

    def test_a_disabled_account_is_refused_with_the_right_password_too(self, client: Client, rosa: Staff) -> None:
        Staff.objects.filter(pk=rosa.pk).update(is_active=False)
        sign_in(client, rosa)
        assert not is_in(client)

    def test_by_asking_for_a_new_password(self, rosa: Staff) -> None:
        found = []
        for email in (rosa.email, "nobody@riverside.example"):
            with CaptureQueriesContext(connection) as queries:
                answer = Client().post("/accounts/password/reset/", {"email": email})
            row = OutboxMessage.objects.get(recipient=email)
            found.append((answer.status_code, answer["Location"], len(queries), row.kind, row.state, row.context))
        assert found[0] == found[1]
        assert found[0][:2] == (302, "/accounts/password/reset/done/") and found[0][3] == "staff_password_reset"

    def test_the_drain_writes_to_those_alone_who_have_an_account(self, rosa: Staff, amara: Staff) -> None:
        invited, _ = _invited()
        Staff.objects.filter(pk=amara.pk).update(is_active=False)
        verdicts = {}
        for email in (rosa.email, "nobody@riverside.example", amara.email, invited.staff.email):
            Client().post("/accounts/password/reset/", {"email": email.upper()})
            row = OutboxMessage.objects.get(recipient=email, kind="staff_password_reset")
            verdicts[email] = KINDS[row.kind].may_send(row, timezone.now()).word
        assert list(verdicts.values()) == ["go", "skip", "skip", "skip"]

    def test_by_opening_an_invitation(self) -> None:
        """Unknown, expired, revoked, used and disabled: the same status and the same bytes."""
        at, paths = timezone.now(), ["/join/" + "A" * 43 + "/"]
        for number, fields in enumerate(({"expires_at": at}, {"revoked_at": at}, {"used_at": at}, {})):
            invitation, path = _invited(f"n{number}@riverside.example")
            StaffInvitation.objects.filter(pk=invitation.pk).update(**fields)
            Staff.objects.filter(pk=invitation.staff_id).update(is_active=bool(fields))
            paths.append(path)
        for method in ("get", "post"):
            answers = [getattr(Client(), method)(path, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}) for path in paths]
            assert {answer.status_code for answer in answers} == {404}
            assert len({body(answer) for answer in answers}) == 1


@pytest.mark.django_db
class TestNewPassword:
    """The link of “Forgot your password?”: made while the mail is written, used once, told to nobody else."""

    def test_works_once_and_ends_all_sessions(self, rosa: Staff, client: Client) -> None:
        other = Client()
        sign_in(other, rosa)
        client.post("/accounts/password/reset/", {"email": rosa.email})
        row = OutboxMessage.objects.get(kind="staff_password_reset")
        mail = built(row, timezone.now())
        path = next(line for line in mail.text.splitlines() if line.startswith(house.PUBLIC_URL)).removeprefix(house.PUBLIC_URL)
        assert path not in str(OutboxMessage.objects.filter(pk=row.pk).values()[0]), "the token is in no row"
        form = client.get(path)["Location"]
        assert client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}).status_code == 302
        assert not is_in(other) and not is_in(client), "nobody is signed in by a mail alone"
        sign_in(client, rosa, NEW_PASSWORD)
        assert is_in(client)
        again = Client().get(path)
        assert again.status_code == 200 and again.context.get("token_fail")

    def test_the_mail_names_no_password_and_no_other_host(self, rosa: Staff, client: Client) -> None:
        client.post("/accounts/password/reset/", {"email": rosa.email}, headers={"host": "127.0.0.1"})
        mail = built(OutboxMessage.objects.get(kind="staff_password_reset"), timezone.now())
        assert house.PUBLIC_URL in mail.text and "Rosa Lind" in mail.text and PASSWORD not in mail.text


@pytest.mark.django_db
class TestTheInvitation:
    """Opening changes nothing; the person alone chooses the password; once."""

    def test_opening_it_changes_nothing(self, client: Client) -> None:
        invitation, path = _invited()
        before = StaffInvitation.objects.values().get(pk=invitation.pk)
        for method in ("get", "head", "get"):
            assert getattr(client, method)(path).status_code == 200
        assert client.put(path).status_code == 405 and client.options(path).status_code == 405
        assert StaffInvitation.objects.values().get(pk=invitation.pk) == before

    def test_each_mail_has_its_own_link_and_one_use_ends_all(self, client: Client) -> None:
        invitation, first = _invited()
        second = invitations.mint_url(invitation).removeprefix(house.PUBLIC_URL)
        assert first != second and client.get(second).status_code == 200
        client.post(first, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
        assert client.get(second).status_code == 404

    def test_a_newer_one_ends_the_earlier(self, client: Client) -> None:
        invitation, path = _invited()
        invitations.make(staff=invitation.staff, by=BY, at=timezone.now())
        assert client.get(path).status_code == 404

    def test_the_minute_of_its_end_closes_it(self) -> None:
        invitation, path = _invited()
        token = path.split("/")[2]
        assert invitations.find(token, at=invitation.expires_at - timedelta(seconds=1))
        assert invitations.find(token, at=invitation.expires_at) is None
        assert invitation.expires_at - invitation.made_at == timedelta(days=7)

    def test_its_page_keeps_the_token_to_itself(self, client: Client) -> None:
        _, path = _invited()
        page = client.get(path)
        assert path.split("/")[2] not in page.content.decode()
        assert page["Referrer-Policy"] == "strict-origin" and "no-store" in page["Cache-Control"]


@pytest.mark.django_db
class TestLimits:
    """R26: wrong tries are counted by address and by person."""

    def test_the_sixth_try_is_refused_even_with_the_right_password(self, client: Client, rosa: Staff) -> None:
        for _ in range(5):
            sign_in(client, rosa, "wrong horse battery")
        sign_in(client, rosa)
        assert not is_in(client)

    def test_it_is_said_kindly_and_what_was_typed_stays(self, client: Client, rosa: Staff) -> None:
        for _ in range(5):
            sign_in(client, rosa, "wrong horse battery")
        answer = sign_in(client, rosa)
        assert "Too many failed login attempts" in answer.content.decode() and rosa.email in answer.content.decode()

    def test_another_address_and_person_is_not_locked_out(self, rosa: Staff, amara: Staff) -> None:
        attacker, client = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="198.51.100.4")
        for _ in range(6):
            sign_in(attacker, rosa, "wrong horse battery")
        sign_in(client, amara)
        assert is_in(client)

    def test_an_invitation_page_is_limited_by_address(self) -> None:
        client = Client(REMOTE_ADDR="203.0.113.9")
        found = [client.get("/join/" + "B" * 43 + "/").status_code for _ in range(32)]
        assert found[:30] == [404] * 30 and found[30:] == [429, 429]
        assert Client(REMOTE_ADDR="203.0.113.10").get("/join/" + "B" * 43 + "/").status_code == 404


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_fifty_wrong_tries_at_once_do_not_pass_the_limit(rosa: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """R26: how many passwords were really compared, and whether the right one still opens afterwards."""
    compared: list[str] = []
    original = Staff.check_password

    def counted(self: Staff, raw: str | None) -> bool:
        compared.append(str(raw))
        return bool(original(self, raw or ""))

    monkeypatch.setattr(Staff, "check_password", counted)
    gate = threading.Barrier(50)

    def post() -> None:
        gate.wait()
        try:
            sign_in(Client(), rosa, "wrong horse battery")
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compared) <= 5
    client = Client()
    sign_in(client, rosa)
    assert not is_in(client)


_SPOOFED = [
    {"HTTP_X_FORWARDED_FOR": "6.6.6.6"}, {"HTTP_FORWARDED": "for=6.6.6.6"}, {"HTTP_X_REAL_IP": "6.6.6.6"}, {"HTTP_CLIENT_IP": "6.6.6.6"},
    {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 6.6.6.6, 6.6.6.6"}, {"HTTP_X_FORWARDED_FOR": "not an address"},
]  # fmt: skip


class TestClientAddress:
    """R23: only what the trusted hop saw, for our limits and for allauth's."""

    @staticmethod
    def _both(settings: Any, proxies: int, **meta: Any) -> set[str]:
        settings.PROXY_COUNT, settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies, proxies
        request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.7", **meta)
        return {limits.client_ip(request), get_adapter().get_client_ip(request)}

    @pytest.mark.parametrize("spoofed", _SPOOFED)
    def test_without_a_proxy_no_header_counts(self, settings: Any, spoofed: dict[str, str]) -> None:
        assert self._both(settings, 0, **spoofed) == {"10.0.0.7"}

    @pytest.mark.parametrize(("proxies", "chain"), [(1, "6.6.6.6, 198.51.100.4"), (2, "6.6.6.6, 198.51.100.4, 10.0.0.1")])
    def test_behind_proxies_the_last_trusted_hop_counts(self, settings: Any, proxies: int, chain: str) -> None:
        assert self._both(settings, proxies, HTTP_X_FORWARDED_FOR=chain, HTTP_FORWARDED="for=6.6.6.6") == {"198.51.100.4"}

    def test_a_header_with_underscores_never_reaches_the_app(self) -> None:
        from gunicorn.config import Config

        assert Config().settings["header_map"].get() in {"drop", "refuse"}

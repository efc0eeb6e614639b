"""The second factor (R15–R17, R20, R21): enforced, enrolled, used once in any spelling, sealed in the database."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinic.models import Staff
from tests.clinic.account_steps import Answer, Enrolled, confirm, enrol, is_in, sign_in
from tests.house.walker import METHODS, pages

AT = datetime(2026, 11, 24, 9, 0, 12, tzinfo=UTC)  # twelve seconds into the half minute of a code


@pytest.fixture(autouse=True)
def _frozen(settings: Any) -> Any:
    cache.clear()
    settings.MFA_REQUIRED = True
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def enrolled(rosa: Staff) -> Enrolled:
    """Rosa, who has scanned the picture in a session that she then left."""
    client = Client()
    sign_in(client, rosa)
    found = enrol(client, rosa)
    client.post("/accounts/logout/")
    return found


def _second_step(client: Client, code: str) -> Answer:
    return client.post("/accounts/2fa/authenticate/", {"code": code})


@pytest.mark.django_db(transaction=True)
class TestEnforced:
    """R15: without a second factor, only setting one up and signing out."""

    def test_every_staff_page_and_method_sends_to_the_set_up(self, rosa: Staff) -> None:
        client, wrong = Client(), []
        assert sign_in(client, rosa).status_code == 302
        for page in (p for p in pages() if p.mark and p.mark.kind == "staff"):
            url = reverse(page.name, kwargs={name: _dummy(name) for name in page.arguments})
            for method in METHODS:
                answer = client.generic(method, url)
                if answer.status_code != 302 or answer["Location"] != reverse("mfa_activate_totp"):
                    wrong.append(f"{method} {page.name}: {answer.status_code}")
        assert wrong == []

    def test_the_other_account_pages_do_too(self, rosa: Staff) -> None:
        client = Client()
        sign_in(client, rosa)
        for name in ("account_change_password", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "usersessions_list"):
            answer = client.get(reverse(name))
            assert (answer.status_code, answer.get("Location")) == (302, reverse("mfa_activate_totp")), name

    def test_set_up_and_sign_out_are_reachable(self, rosa: Staff) -> None:
        client = Client()
        sign_in(client, rosa)
        assert client.get(reverse("mfa_activate_totp")).status_code == 200
        assert client.post(reverse("account_logout")).status_code == 302
        assert client.get("/rules/")["Location"].startswith("/accounts/login/")

    def test_pages_open_once_it_is_set_up(self, rosa: Staff) -> None:
        client = Client()
        sign_in(client, rosa)
        assert not is_in(client)
        enrol(client, rosa)
        assert is_in(client)


def _dummy(name: str) -> str:
    return {"page": "scalp", "to": "confirmed", "absence": "1", "closure": "1", "room": "1"}.get(name, str(uuid4()))


@pytest.mark.django_db(transaction=True)
class TestEnrolling:
    """By QR code or typed secret; asked for the password again unless the sign-in is fresh."""

    def test_a_wrong_code_sets_nothing_up_and_keeps_the_same_secret(self, rosa: Staff) -> None:
        client = Client()
        sign_in(client, rosa)
        secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
        answer = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
        assert answer.context["form"].errors["code"] and answer.context["form"].secret == secret
        assert not Authenticator.objects.exists()

    def test_six_minutes_after_sign_in_the_password_is_asked_first(self, rosa: Staff, _frozen: Any) -> None:
        client = Client()
        sign_in(client, rosa)
        _frozen.shift(301)
        answer = client.get("/accounts/2fa/totp/activate/")
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/reauthenticate/")
        confirm(client, "/accounts/2fa/totp/activate/")
        assert client.get("/accounts/2fa/totp/activate/").status_code == 200

    def test_gives_ten_different_recovery_codes(self, enrolled: Enrolled) -> None:
        assert len(set(enrolled.recovery)) == 10

    def test_is_told_by_mail(self, enrolled: Enrolled) -> None:
        """R21: to the address that she signs in with."""
        assert [sent.to for sent in mail.outbox] == [[enrolled.staff.email]]
        assert "Authenticator App Activated" in mail.outbox[0].subject and enrolled.secret not in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
class TestSignIn:
    """Password, then a code."""

    def test_the_password_alone_opens_nothing(self, enrolled: Enrolled) -> None:
        client = Client()
        answer = sign_in(client, enrolled.staff)
        assert answer["Location"] == reverse("mfa_authenticate") and not is_in(client)

    def test_the_code_opens_and_a_wrong_one_does_not(self, enrolled: Enrolled) -> None:
        client = Client()
        sign_in(client, enrolled.staff)
        wrong = _second_step(client, "000000")
        assert wrong.status_code == 200 and wrong.context["form"].errors["code"] and not is_in(client)
        assert _second_step(client, enrolled.code(windows=0)).status_code == 200, "the code of the enrolment is used up"

    def test_the_next_code_opens(self, enrolled: Enrolled, _frozen: Any) -> None:
        _frozen.shift(30)
        client = Client()
        sign_in(client, enrolled.staff)
        assert _second_step(client, enrolled.code()).status_code == 302 and is_in(client)

    @pytest.mark.parametrize("first", [0, 1, 2])
    def test_a_code_works_once_in_any_spelling(self, enrolled: Enrolled, _frozen: Any, first: int) -> None:
        """R16: whichever spelling comes first, plain, with a blank or in full-width digits, one of them opens."""
        _frozen.shift(60)
        code = enrolled.code()
        spellings = [code, f" {code[:3]} {code[3:]} ", "".join(chr(ord(digit) + 0xFEE0) for digit in code)]
        opened = []
        for spelling in spellings[first:] + spellings[:first]:
            client = Client()
            sign_in(client, enrolled.staff)
            opened += [spelling] if _second_step(client, spelling).status_code == 302 and is_in(client) else []
        assert len(opened) == 1

    def test_a_code_is_dead_once_its_half_minute_is_long_over(self, enrolled: Enrolled, _frozen: Any) -> None:
        code = enrolled.code(windows=1)
        _frozen.shift(120)
        client = Client()
        sign_in(client, enrolled.staff)
        assert _second_step(client, code).status_code == 200 and not is_in(client)

    def test_a_recovery_code_opens_once(self, enrolled: Enrolled) -> None:
        for code in (enrolled.recovery[0], enrolled.recovery[1]):
            client = Client()
            sign_in(client, enrolled.staff)
            assert _second_step(client, code).status_code == 302 and is_in(client)
        again = Client()
        sign_in(again, enrolled.staff)
        assert _second_step(again, enrolled.recovery[0]).status_code == 200 and not is_in(again)

    def test_six_wrong_codes_close_the_step_even_for_a_right_one(self, enrolled: Enrolled, _frozen: Any) -> None:
        """R26."""
        _frozen.shift(60)
        client = Client()
        sign_in(client, enrolled.staff)
        for _ in range(6):
            _second_step(client, "000000")
        _second_step(client, enrolled.code())
        assert not is_in(client)


@pytest.mark.django_db(transaction=True)
class TestNothingCarriesOver:
    """R17: the state of one person's sign-in never serves another's. Passkeys are not offered, so there is no third way."""

    def test_a_half_done_sign_in_is_not_finished_by_the_next_person(self, enrolled: Enrolled, amara: Staff) -> None:
        client = Client()
        sign_in(client, enrolled.staff)
        assert sign_in(client, amara)["Location"] == reverse("mfa_authenticate") and not is_in(client)
        _second_step(client, enrolled.recovery[2])
        assert client.get("/rules/").context["actor"].staff_id == enrolled.staff.pk

    def test_the_secret_of_an_aborted_enrolment_is_not_the_next_persons(self, rosa: Staff, amara: Staff) -> None:
        client = Client()
        sign_in(client, rosa)
        hers = client.get("/accounts/2fa/totp/activate/").context["form"].secret
        client.post("/accounts/logout/")
        sign_in(client, amara)
        assert client.get("/accounts/2fa/totp/activate/").context["form"].secret != hers

    def test_a_password_confirmed_by_one_person_does_not_count_for_another(self, rosa: Staff, max_: Staff, settings: Any) -> None:
        settings.MFA_REQUIRED = False
        client = Client()
        sign_in(client, rosa)
        confirm(client)
        client.post("/accounts/logout/")
        sign_in(client, max_)
        answer = client.post(f"/staff/{rosa.uuid}/end-sessions/", {"reason": "left her phone on a train"})
        assert answer["Location"].startswith("/accounts/reauthenticate/")

    def test_there_is_no_way_in_without_the_second_step(self, enrolled: Enrolled) -> None:
        client = Client()
        sign_in(client, enrolled.staff)
        for path in ("/", "/today/", "/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/sessions/", "/accounts/reauthenticate/"):
            assert client.get(path)["Location"].startswith("/accounts/login/"), path


@pytest.mark.django_db(transaction=True)
def test_the_seed_is_not_in_plain_text_in_the_database(enrolled: Enrolled) -> None:
    """R20: every column of every table of the authenticators, and of the sessions, read raw."""
    seen = ""
    with connection.cursor() as cursor:
        for table in ("mfa_authenticator", "django_session"):
            cursor.execute(f'SELECT string_agg(t::text, \' \') FROM "{table}" t')
            seen += cursor.fetchone()[0] or ""
    assert len(enrolled.secret) >= 32 and enrolled.secret not in seen
    for code in enrolled.recovery:
        assert code not in seen
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert stored != enrolled.secret and len(stored) > len(enrolled.secret)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_twenty_at_once_use_a_code_once(rosa: Staff, _frozen: Any, kind: str, settings: Any) -> None:
    """R16, under a race."""
    settings.ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip", "login_failed": "1000/m/ip,1000/m/key"}
    client = Client()
    sign_in(client, rosa)
    person = enrol(client, rosa)
    client.post("/accounts/logout/")
    _frozen.shift(60)
    code = person.code() if kind == "totp" else person.recovery[0]
    clients = [Client() for _ in range(20)]
    for each in clients:
        sign_in(each, rosa)
    gate, inside = threading.Barrier(20), []

    def post(each: Client) -> None:
        gate.wait()
        try:
            inside.append(_second_step(each, code).status_code == 302)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(each,)) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside.count(True) == 1 and sum(is_in(each) for each in clients) == 1

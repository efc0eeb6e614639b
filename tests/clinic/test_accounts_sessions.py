"""Sessions of staff (R14, R18, R19, R21, R22, R62): locked when idle without loss, over after twelve hours, ended at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from clinic import idle, staffing
from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.roles import StaffAct
from patients.models import Patient
from patients.services import PersonData, register_patient
from tests.clinic.account_steps import NEW_PASSWORD, PASSWORD, Answer, confirm, enrol, is_in, sign_in

AT = datetime(2026, 11, 24, 9, 0, 12, tzinfo=UTC)
FORM = {
    "given_name": "Zoë", "family_name": "O'Neil <b>", "birth_on_0": "1", "birth_on_1": "2", "birth_on_2": "1980", "sex": "female",
    "email": "zoe@patients.example", "language": "en", "mail_mode": "full",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Any:
    cache.clear()
    with time_machine.travel(AT, tick=False) as found:
        yield found


@pytest.fixture
def rosas(rosa: Staff) -> Client:
    """Rosa's browser, signed in."""
    client = Client()
    assert sign_in(client, rosa)["Location"] == "/"
    assert is_in(client)
    return client


def _asks_again(answer: Answer) -> bool:
    return answer.status_code == 302 and str(answer["Location"]).startswith("/accounts/reauthenticate/")


@pytest.mark.django_db
class TestIdle:
    """R18: after fifteen minutes the password or a code is asked; the typed form is not lost."""

    def test_a_quarter_of_an_hour_is_still_open_and_a_second_more_is_not(self, rosas: Client, clock: Any) -> None:
        clock.shift(15 * 60)
        assert is_in(rosas)
        clock.shift(15 * 60 + 1)
        answer = rosas.get("/patients/?q=ma")
        assert _asks_again(answer) and answer["Location"].endswith("next=%2Fpatients%2F%3Fq%3Dma")

    def test_a_locked_session_shows_nothing_but_the_question(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        rosas.get("/today/")
        for path in ("/", "/today/", "/patients/", "/kept-form/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/password/change/"):
            assert _asks_again(rosas.get(path)), path
        page = rosas.get("/accounts/reauthenticate/?next=/today/").content.decode()
        assert "Rosa Lind" in page and "Sign out" in page and "Back to work" not in page

    def test_the_password_opens_the_page_that_was_wanted(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        rosas.get("/patients/")
        assert confirm(rosas, "/patients/")["Location"] == "/patients/"
        assert rosas.get("/patients/").status_code == 200

    def test_a_wrong_password_keeps_it_locked(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        rosas.get("/patients/")
        assert confirm(rosas, "/patients/", password="wrong horse battery").status_code == 200
        assert _asks_again(rosas.get("/patients/"))

    def test_a_password_confirmed_before_the_lock_does_not_open_it(self, rosas: Client, clock: Any) -> None:
        confirm(rosas)
        clock.shift(901)
        assert _asks_again(rosas.get("/patients/"))
        assert _asks_again(rosas.get("/patients/"))

    def test_a_sent_form_is_kept_and_sent_after_the_password(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        answer = rosas.post("/patients/register/", FORM)
        assert _asks_again(answer) and answer["Location"].endswith("next=%2Fkept-form%2F") and not Patient.objects.exists()
        assert confirm(rosas, "/kept-form/")["Location"] == "/kept-form/"
        page = rosas.get("/kept-form/")
        kept = page.context["kept"]
        assert kept.path == "/patients/register/" and dict(kept.fields) == FORM
        assert 'value="O&#x27;Neil &lt;b&gt;"' in page.content.decode() and not Patient.objects.exists()
        assert rosas.post(kept.path, dict(kept.fields)).status_code == 302
        assert Patient.objects.get().given_name == "Zoë"
        assert rosas.get("/kept-form/")["Location"] == "/", "it was sent, so it is not kept any more"

    def test_fields_with_several_values_and_the_query_are_kept(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        rosas.post("/patients/register/?name=x", {"anyway": ["1", "2"], "given_name": "Ann"})
        confirm(rosas, "/kept-form/")
        kept = rosas.get("/kept-form/").context["kept"]
        assert kept.path == "/patients/register/?name=x" and kept.fields == [("anyway", "1"), ("anyway", "2"), ("given_name", "Ann")]

    def test_a_kept_form_can_be_thrown_away(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        rosas.post("/patients/register/", FORM)
        confirm(rosas, "/kept-form/")
        assert rosas.post("/kept-form/")["Location"] == "/"
        assert rosas.get("/kept-form/").status_code == 302 and not Patient.objects.exists()

    def test_a_kept_form_is_sealed_in_the_session(self, rosas: Client, clock: Any) -> None:
        """Clinical words do not lie in plain text in the session's row."""
        clock.shift(901)
        rosas.post("/patients/register/", FORM)
        stored = Session.objects.get(session_key=rosas.session.session_key).get_decoded()
        assert "kept_form" in stored and "Zoë" not in str(stored) and "patients.example" not in str(stored)

    def test_a_form_beyond_all_measure_is_not_kept(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        answer = rosas.post("/patients/register/", {"given_name": "x" * (idle.MOST_CHARACTERS + 1)})
        assert _asks_again(answer) and answer["Location"].endswith("next=%2F")

    def test_a_form_from_another_site_is_refused_before_it_is_kept(self, rosa: Staff, clock: Any) -> None:
        """A locked session keeps nothing that a strange page sends."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(rosa, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.get("/rules/")
        clock.shift(901)
        assert client.post("/patients/register/", FORM).status_code == 403
        assert "kept_form" not in client.session

    def test_htmx_is_led_to_the_question_and_its_form_is_kept(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        answer = rosas.post("/patients/register/", FORM, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/today/"})
        assert answer.status_code == 401 and answer["HX-Redirect"] == "/accounts/reauthenticate/?next=%2Fkept-form%2F"
        fetched = rosas.get("/today/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/patients/"})
        assert fetched["HX-Redirect"] == "/accounts/reauthenticate/?next=%2Fpatients%2F"

    def test_signing_out_of_a_locked_session_ends_it(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        rosas.post("/patients/register/", FORM)
        rosas.post("/accounts/logout/")
        assert "kept_form" not in rosas.session and rosas.get("/today/")["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
class TestTwelveHours:
    """R18: the absolute end."""

    def test_a_busy_session_ends_after_twelve_hours(self, rosas: Client, clock: Any) -> None:
        for _ in range(72):
            clock.shift(600)
            assert is_in(rosas)
        clock.shift(1)
        assert rosas.get("/rules/")["Location"] == "/accounts/login/?next=/rules/"

    def test_signing_in_again_at_the_question_does_not_lengthen_it(self, rosas: Client, clock: Any) -> None:
        clock.shift(11 * 3600)
        rosas.get("/rules/")
        confirm(rosas)
        assert is_in(rosas)
        clock.shift(3601)
        assert rosas.get("/rules/")["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
class TestBackground:
    """R19: polling neither extends nor skips expiry, and no parameter changes that."""

    @pytest.mark.parametrize("query", ["", "?skip=1", "?no_expiry=1", "?X-Background=0", "?keepalive=true", "?last_activity=9999999999"])
    def test_a_poll_does_not_extend_a_session(self, rosas: Client, clock: Any, query: str) -> None:
        for _ in range(10):
            clock.shift(85)
            assert rosas.get(f"/rules/{query}", headers={"X-Background": "1"}).status_code == 200
        clock.shift(60)
        assert _asks_again(rosas.get("/rules/"))

    def test_a_poll_of_a_locked_session_gets_nothing_and_unlocks_nothing(self, rosas: Client, clock: Any) -> None:
        clock.shift(901)
        answer = rosas.get("/today/", headers={"X-Background": "1", "HX-Request": "true"})
        assert answer.status_code == 401 and answer.content == b"" and "HX-Redirect" not in answer
        assert _asks_again(rosas.get("/rules/"))

    def test_health_pages_do_not_extend_a_session(self, rosas: Client, clock: Any) -> None:
        for _ in range(3):
            clock.shift(301)
            rosas.get("/healthz")
        assert _asks_again(rosas.get("/rules/"))


@pytest.mark.django_db(transaction=True)
class TestChangesEndOtherSessions:
    """R21: password and second factor. E-mail addresses can't be changed by anybody."""

    def test_a_new_password_ends_the_others_and_is_told(self, rosa: Staff, rosas: Client) -> None:
        other = Client()
        sign_in(other, rosa)
        answer = rosas.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
        assert answer.status_code == 302 and is_in(rosas) and not is_in(other)
        assert [sent.to for sent in mail.outbox] == [[rosa.email]] and "Password Changed" in mail.outbox[0].subject
        rosa.refresh_from_db()
        assert rosa.password_changed_at == AT

    def test_a_new_password_needs_the_old_one(self, rosas: Client) -> None:
        answer = rosas.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
        assert answer.context["form"].errors["oldpassword"] and is_in(rosas)

    @pytest.mark.parametrize("change", ["add", "remove", "renew_codes"])
    def test_a_change_of_the_second_factor_ends_the_others_and_is_told(self, rosa: Staff, rosas: Client, clock: Any, change: str) -> None:
        if change != "add":
            enrol(rosas, rosa)
            mail.outbox.clear()
        other = Client()
        other.force_login(Staff.objects.get(pk=rosa.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
        assert is_in(other)
        confirm(rosas)
        if change == "add":
            enrol(rosas, rosa)
        else:
            rosas.post({"remove": "/accounts/2fa/totp/deactivate/", "renew_codes": "/accounts/2fa/recovery-codes/generate/"}[change])
        assert is_in(rosas) and not is_in(other)
        assert {sent.to[0] for sent in mail.outbox} == {rosa.email}

    @pytest.mark.parametrize("path", ["/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/generate/"])
    def test_a_change_of_the_second_factor_asks_for_the_password_after_five_minutes(self, rosa: Staff, rosas: Client, clock: Any, path: str) -> None:
        enrol(rosas, rosa)
        clock.shift(301)
        assert _asks_again(rosas.post(path))
        confirm(rosas)
        clock.shift(299)
        assert not _asks_again(rosas.post(path))

    def test_the_history_says_who_changed_the_password(self, rosa: Staff, rosas: Client) -> None:
        rosas.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
        with connection.cursor() as cursor:
            cursor.execute("SELECT pgh_context->>'action', pgh_context->>'name' FROM clinic_staffevent WHERE pgh_obj_id = %s ORDER BY pgh_id DESC LIMIT 1", [rosa.pk])
            assert cursor.fetchone() == ("staff.password", "Rosa Lind")


@pytest.mark.django_db
class TestOwnSessions:
    """R22: see them and end them."""

    def test_lists_them_and_ends_the_others(self, rosa: Staff, rosas: Client) -> None:
        other = Client(headers={"User-Agent": "Another browser"})
        sign_in(other, rosa)
        page = rosas.get("/accounts/sessions/")
        assert page.status_code == 200 and b"Another browser" in page.content and page.context["session_count"] == 2
        rosas.post("/accounts/sessions/")
        assert is_in(rosas) and not is_in(other)
        assert UserSession.objects.filter(user=rosa).count() == 1

    def test_shows_nobody_elses(self, rosas: Client, amara: Staff) -> None:
        hers = Client(headers={"User-Agent": "Browser of Amara"})
        sign_in(hers, amara)
        assert b"Browser of Amara" not in rosas.get("/accounts/sessions/").content
        rosas.post("/accounts/sessions/")
        assert is_in(hers)


@pytest.mark.django_db
class TestAtOnce:
    """R14, R22: what a manager takes away is gone at the next request."""

    def test_a_disabled_accounts_cookie_dies_for_good(self, rosa: Staff, rosas: Client, max_: Staff) -> None:
        for act in (StaffAct.DISABLE, StaffAct.ENABLE):
            staffing.act_on(act=act, staff=rosa, reason="left, and came back", by=Actor.of_staff(max_), at=AT)
            assert rosas.get("/rules/")["Location"].startswith("/accounts/login/")

    def test_an_account_disabled_in_the_database_is_out_too(self, rosa: Staff, rosas: Client) -> None:
        Staff.objects.filter(pk=rosa.pk).update(is_active=False)
        assert rosas.get("/rules/")["Location"].startswith("/accounts/login/")

    def test_a_role_that_is_taken_away_takes_its_pages(self, rosa: Staff, rosas: Client) -> None:
        assert rosas.get("/patients/register/").status_code == 200
        Staff.objects.filter(pk=rosa.pk).update(roles=["auditor"])
        assert rosas.get("/patients/register/").status_code == 403

    def test_a_site_that_is_taken_away_takes_its_patients(self, rosa: Staff, rosas: Client, site: Site, other_site: Site) -> None:
        patient = register_patient(
            data=PersonData(given_name="Mia", family_name="Marsh", birth_on=datetime(1980, 2, 1).date()), site=site,
            by=Actor.of_staff(rosa), at=AT, form_key=str(uuid4()),
        )  # fmt: skip
        assert rosas.get(f"/patients/{patient.uuid}/").status_code == 200
        rosa.sites.set([other_site])
        assert rosas.get(f"/patients/{patient.uuid}/").status_code == 404


@pytest.mark.django_db
class TestSigningOut:
    """R62: the browser forgets."""

    def test_sends_clear_site_data_and_ends_the_session(self, rosas: Client) -> None:
        key = rosas.session.session_key
        answer = rosas.post("/accounts/logout/")
        assert answer.status_code == 302 and answer["Clear-Site-Data"] == '"cache","cookies","storage"'
        assert not Session.objects.filter(session_key=key).exists() and not is_in(rosas)

    def test_a_get_signs_nobody_out(self, rosas: Client) -> None:
        answer = rosas.get("/accounts/logout/")
        assert "Clear-Site-Data" not in answer and is_in(rosas)

    def test_no_page_stays_in_the_browser(self, rosas: Client) -> None:
        assert "no-store" in rosas.get("/rules/")["Cache-Control"]

    def test_the_cookie_lives_no_longer_than_twelve_hours_and_is_out_of_reach_of_scripts(self, rosas: Client) -> None:
        cookie = rosas.cookies["anagen_session"]
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
        assert timedelta(seconds=int(cookie["max-age"] or 0)) <= timedelta(hours=12)

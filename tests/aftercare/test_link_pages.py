"""What a patient meets behind a link: the questions, the answer page, the instructions (R27, R30, R32, R38)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from aftercare import services
from aftercare.emails import build
from aftercare.models import CheckIn, CheckInResponse, Concern, Plan
from clinic import links
from clinic.models import Link, Site, Staff
from tests.aftercare.make import ENDED, TASK, make_hours, make_plan

DAY1 = ENDED + timedelta(hours=25)
WELL_TAPS: list[tuple[str, dict[str, Any]]] = [
    ("redness", {"value": "1"}), ("redness-trend", {"value": "better"}), ("swelling", {"value": "0"}),
    ("pain", {"value": "0"}), ("burning", {"value": "no"}), ("now", {"none": "1"}), ("itch", {"value": "0"}),
    ("flaking", {"value": "0"}), ("used", {"none": "1"}), ("words", {"free_text": ""}),
]  # fmt: skip


def _open(link: Link, at: datetime) -> Client:
    """A phone that has passed the date-of-birth step."""
    client = Client()
    with time_machine.travel(at, tick=False):
        token = links.mint_token(link, at=at)
        answer = client.post(f"/l/{token}/", {"day": "27", "month": "3", "year": "1985"})
    assert answer.status_code == 302, answer.content
    return client


def _link(purpose: str, plan: Plan, subject_kind: str, subject: Any, at: datetime) -> Link:
    return links.make_link(
        purpose=purpose, site=plan.site, patient_uuid=plan.patient.uuid, birth_on=plan.patient.birth_on, language="en",
        subject_kind=subject_kind, subject_uuid=subject.uuid, by=TASK, at=at,
    )  # fmt: skip


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's plan."""
    make_hours(site)
    return make_plan(site, amara)


@pytest.fixture
def asked(plan: Plan) -> CheckIn:
    """The 24-hour check-in."""
    return plan.check_ins.get(code="check_24h")


@pytest.fixture
def phone(plan: Plan, asked: CheckIn) -> Client:
    """Olivia's phone behind the link of that check-in."""
    return _open(_link("check_in", plan, "check_in", asked, DAY1), DAY1)


def _page(name: str) -> str:
    return reverse("aftercare_links:check_in_page", args=[name])


def _tap(phone: Client, taps: list[tuple[str, dict[str, Any]]], at: datetime = DAY1) -> Any:
    answer = None
    with time_machine.travel(at, tick=False):
        for page, data in taps:
            answer = phone.post(_page(page), data)
            assert answer.status_code == 302, (page, answer.content.decode()[-1500:])
    return answer


def _done(phone: Client, at: datetime = DAY1) -> str:
    with time_machine.travel(at, tick=False):
        return phone.get(reverse("aftercare_links:check_in_done")).content.decode()


def _with(changed: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(page, changed.get(page, data)) for page, data in WELL_TAPS]


def test_a_well_patient_taps_through_and_reads_what_it_means(phone: Client, asked: CheckIn) -> None:
    answer = _tap(phone, WELL_TAPS)
    assert answer["Location"] == reverse("aftercare_links:check_in_done")
    body = _done(phone)
    assert "What you describe is expected at this time." in body
    assert "Thu 5 Mar, 14:30" in body
    assert "Nobody watches them round the clock" in body
    assert asked.response.triage == "REASSURE"
    assert asked.response.link_id == Link.objects.get().pk


def test_each_tap_leads_to_the_next_page_that_is_needed(phone: Client) -> None:
    assert _tap(phone, [("redness", {"value": "0"})])["Location"] == _page("swelling")
    assert _tap(phone, [("redness", {"value": "2"})])["Location"] == _page("redness-trend")


def test_a_page_is_saved_when_it_is_left_and_the_link_resumes_there(phone: Client, asked: CheckIn) -> None:
    _tap(phone, [("redness", {"value": "2"})])
    asked.refresh_from_db()
    assert asked.draft["answers"] == {"redness": 2}
    with time_machine.travel(DAY1, tick=False):
        assert phone.get(reverse("aftercare_links:check_in"))["Location"] == _page("redness-trend")
        assert "your answer before" in phone.get(_page("redness")).content.decode()


def test_a_page_says_where_it_stands_and_leads_back(phone: Client) -> None:
    _tap(phone, [("redness", {"value": "0"})])
    with time_machine.travel(DAY1, tick=False):
        body = phone.get(_page("swelling")).content.decode()
    assert "2 of 7" in body
    assert f'href="{_page("redness")}"' in body


def test_pages_can_not_be_skipped(phone: Client) -> None:
    with time_machine.travel(DAY1, tick=False):
        assert phone.get(_page("words"))["Location"] == reverse("aftercare_links:check_in")
        assert phone.post(_page("words"), {"free_text": "x"})["Location"] == reverse("aftercare_links:check_in")
        assert phone.get(_page("no-such-page"))["Location"] == reverse("aftercare_links:check_in")
    assert not CheckInResponse.objects.exists()


def test_an_error_stands_on_the_page_and_keeps_what_was_typed(phone: Client) -> None:
    _tap(phone, WELL_TAPS[:5])
    with time_machine.travel(DAY1, tick=False):
        answer = phone.post(_page("now"), {"temperature": "101", "unit": "C", "flag": ["hot_skin"]})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "That looks like °F" in body
    assert 'value="101"' in body
    assert 'value="hot_skin" checked' in body


def test_the_emergency_number_comes_first_exactly_when_the_rules_say_so(phone: Client) -> None:
    _tap(phone, _with({"now": {"flag": ["breathing_difficulty"]}}))
    body = _done(phone)
    assert "Call 999 now." in body
    assert body.index("Call 999 now.") < body.index("020 7946 0123")


def test_pus_is_urgent_without_the_emergency_number_first(phone: Client) -> None:
    _tap(phone, _with({"now": {"flag": ["discharge:pus"]}}))
    body = _done(phone)
    assert "You need to speak to us now." in body
    assert "Call 999 now." not in body
    assert "Call 020 7946 0123 now." in body


def test_at_night_the_page_says_that_the_clinic_is_closed(plan: Plan, asked: CheckIn) -> None:
    night = datetime.fromisoformat("2026-03-03T22:40:00+00:00")
    phone = _open(_link("check_in", plan, "check_in", asked, night), night)
    _tap(phone, _with({"now": {"flag": ["discharge:pus"]}}), night)
    body = _done(phone, night)
    assert "We are closed now." in body
    assert "Please do not wait for a call" in body


def test_the_answer_is_taken_once_and_the_link_is_used_up(phone: Client, plan: Plan) -> None:
    _tap(phone, _with({"now": {"flag": ["discharge:pus"]}}))
    with time_machine.travel(DAY1, tick=False):
        again = phone.post(_page("words"), {"free_text": "again"}, follow=True)
        token = links.mint_token(Link.objects.get(), at=DAY1)
        later = Client().get(f"/l/{token}/")
    assert "You need to speak to us now." in again.content.decode()
    assert CheckInResponse.objects.count() == Concern.objects.count() == 1
    assert later.status_code == 404


def test_a_cancelled_check_in_says_that_it_is_not_needed(phone: Client, plan: Plan) -> None:
    services.cancel_plan(plan=plan, by=TASK, at=DAY1)
    with time_machine.travel(DAY1, tick=False):
        body = phone.get(reverse("aftercare_links:check_in")).content.decode()
        assert phone.post(_page("redness"), {"value": "1"}).status_code == 302
    assert "not needed any more" in body
    assert not CheckInResponse.objects.exists()


def test_without_the_visit_there_is_nothing_and_a_staff_login_does_not_help(
    client_as: Callable[[Staff], Client], amara: Staff, asked: CheckIn
) -> None:
    for client in (Client(), client_as(amara)):
        assert client.get(_page("redness")).status_code == 404
        assert client.post(_page("redness"), {"value": "1"}).status_code == 404


def test_a_link_for_reading_does_not_open_the_questions(plan: Plan) -> None:
    phone = _open(_link("aftercare", plan, "plan", plan, ENDED), ENDED)
    with time_machine.travel(ENDED, tick=False):
        assert phone.get(_page("redness")).status_code == 404
        assert phone.get(reverse("aftercare_links:instructions")).status_code == 200


class TestInstructions:
    """The web copy of the first mail, with its read receipt."""

    def test_it_shows_the_same_times_and_what_has_passed(self, plan: Plan) -> None:
        phone = _open(_link("aftercare", plan, "plan", plan, DAY1), DAY1)
        with time_machine.travel(DAY1, tick=False):
            body = phone.get(reverse("aftercare_links:instructions")).content.decode()
        assert "since Tue 3 Mar, 14:30" in body
        assert "from Thu 5 Mar, 14:30" in body
        assert "Call 999 at once if" in body

    def test_months_later_it_asks_to_a_review(self, plan: Plan) -> None:
        at = ENDED + timedelta(days=91)
        phone = _open(_link("aftercare", plan, "plan", plan, at), at)
        with time_machine.travel(at, tick=False):
            body = phone.get(reverse("aftercare_links:instructions")).content.decode()
        assert "It is time for a review visit" in body

    @pytest.mark.parametrize(("chosen", "right"), [("right", True), ("wrong", False)])
    def test_reading_is_a_tap_and_the_answer_is_kept(self, plan: Plan, chosen: str, right: bool) -> None:
        phone = _open(_link("aftercare", plan, "plan", plan, ENDED), ENDED)
        url = reverse("aftercare_links:instructions")
        with time_machine.travel(ENDED + timedelta(minutes=9), tick=False):
            phone.get(url)
            plan.refresh_from_db()
            assert plan.read_at is None
            phone.post(url, {"wash": chosen})
        plan.refresh_from_db()
        assert (plan.read_at, plan.taught_back) == (ENDED + timedelta(minutes=9), right)


@pytest.mark.django_db(transaction=True)
def test_get_and_head_change_no_row_of_any_table(site: Site, amara: Staff) -> None:
    make_hours(site)
    plan = make_plan(site, amara)
    asked = plan.check_ins.get(code="check_24h")
    phone = _open(_link("check_in", plan, "check_in", asked, DAY1), DAY1)
    other = _open(_link("aftercare", plan, "plan", plan, DAY1), DAY1)
    before = _fingerprint()
    with time_machine.travel(DAY1, tick=False):
        for client, url in (
            (phone, reverse("aftercare_links:check_in")), (phone, _page("redness") + "?value=3&none=1"),
            (phone, reverse("aftercare_links:check_in_done")), (other, reverse("aftercare_links:instructions") + "?wash=right"),
        ):  # fmt: skip
            assert client.get(url).status_code in {200, 302}
            client.head(url)
    assert _fingerprint() == before


def _fingerprint() -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            table = connection.ops.quote_name(name)
            cursor.execute(f"SELECT count(*), max(xmin::text::bigint) FROM {table}")
            found[table] = str(cursor.fetchone())
    return found


def test_the_mail_s_own_link_opens_the_questions(plan: Plan, asked: CheckIn) -> None:
    mail = build.check_in(asked.message.outbox, DAY1)
    address = next(line for line in mail.text.splitlines() if "/l/" in line)
    client = Client()
    with time_machine.travel(DAY1, tick=False):
        path = "/" + address.split("/", 3)[3]
        assert "Olivia" not in client.get(path).content.decode()
        answer = client.post(path, {"day": "27", "month": "3", "year": "1985"}, follow=True)
    assert "How red is your scalp now?" in answer.content.decode()


def test_the_times_are_a_calendar_file_behind_the_same_link(plan: Plan) -> None:
    link = _link("aftercare", plan, "plan", plan, DAY1)
    with time_machine.travel(DAY1, tick=False):
        phone = _open(link, DAY1)
        page = phone.get(reverse("aftercare_links:instructions")).content.decode()
        assert reverse("aftercare_links:times") in page
        assert "since Tue 3 Mar, 14:30" in page
        assert "from Wed 4 Mar, 14:30" in page
        file = phone.get(reverse("aftercare_links:times"))
    assert file["Content-Type"] == "text/calendar; charset=utf-8"
    assert file["Content-Disposition"] == 'attachment; filename="times.ics"'
    assert file.content.count(b"BEGIN:VEVENT") == 3
    assert b"scalp" not in file.content.lower()


def test_a_check_in_s_link_does_not_open_the_times(phone: Client) -> None:
    with time_machine.travel(DAY1, tick=False):
        assert phone.get(reverse("aftercare_links:times")).status_code in {403, 404}


class TestRefusedByTheRules:
    """Answers that the rules can't read: plain words and a number for the patient, the keys for whoever mends it, nothing lost."""

    @pytest.fixture
    def refused(self, phone: Client, asked: CheckIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Any:
        """The page after the last one, when the rules say no."""
        _tap(phone, WELL_TAPS[:-1])
        errors = {"errors": [{"path": "answers.temp_c", "message": "must be a number, is 'SECRETWORDS'"}]}
        monkeypatch.setattr("aftercare.services.check_ins.checkin", lambda *_given: errors)
        with time_machine.travel(DAY1, tick=False):
            return phone.post(_page("words"), {"free_text": "It is hot."})

    def test_the_patient_reads_whom_to_call_and_nothing_of_the_inside(self, refused: Any, asked: CheckIn) -> None:
        page = " ".join(refused.content.decode().split())
        assert refused.status_code == 422
        assert f"We could not read your answers. What you typed is kept. Please call us now: {asked.site.phone}." in page
        assert f"In an emergency call {asked.site.emergency_number}." in page
        assert not [inside for inside in ("temp_c", "answers.t", "path", "SECRETWORDS", "must be") if inside in page]

    def test_what_was_answered_is_kept_and_the_link_still_works(self, refused: Any, asked: CheckIn, phone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        asked.refresh_from_db()
        assert asked.draft and not CheckInResponse.objects.exists()
        monkeypatch.undo()
        _tap(phone, WELL_TAPS[-1:])
        assert CheckInResponse.objects.get().triage == "REASSURE"

    def test_the_log_names_the_key_and_never_an_answer(self, refused: Any, caplog: pytest.LogCaptureFixture) -> None:
        said = "\n".join(record.getMessage() for record in caplog.get_records("setup"))
        assert "could not read answers.temp_c" in said and "SECRETWORDS" not in said


class TestTheVisitRanOut:
    """Half an hour after the date of birth an open page can send nothing any more, and is told so."""

    @pytest.fixture
    def late(self) -> datetime:
        return DAY1 + timedelta(minutes=31)

    def test_what_is_sent_then_is_said_not_to_have_arrived(self, phone: Client, asked: CheckIn, late: datetime) -> None:
        _tap(phone, WELL_TAPS[:5])
        with time_machine.travel(late, tick=False):
            answer = phone.post(_page("now"), {"flag": ["breathing_difficulty"]})
        page = " ".join(answer.content.decode().split())
        assert answer.status_code == 404
        assert "Nothing was sent. Open the link in our mail again: what you sent before is kept." in page
        assert "we have it" not in page
        assert asked.site.phone in page and f"In an emergency call {asked.site.emergency_number}." in page
        assert not [word for word in ("Olivia", "red", "scalp") if f" {word} " in page]
        asked.refresh_from_db()
        assert asked.draft["answers"].keys() == {"redness", "redness_trend", "swelling", "pain", "burning"}

    def test_a_browser_has_let_go_of_the_cookie_by_then(self, late: datetime, site: Site) -> None:
        """SECURITY: the cookie lives 30 minutes. Its language is the browser's."""
        with time_machine.travel(late, tick=False):
            page = Client().post(_page("redness"), {"value": "1"}, headers={"Accept-Language": "es"}).content.decode()
        assert "No se envió nada." in page and site.phone in page

    def test_with_several_places_no_phone_is_guessed(self, site: Site, phone: Client, late: datetime) -> None:
        Site.objects.create(clinic=site.clinic, name="North", phone="020 0000 0000", zone=site.zone, emergency_number=site.emergency_number)
        with time_machine.travel(late, tick=False):
            page = " ".join(phone.post(_page("redness"), {"value": "1"}).content.decode().split())
        assert site.phone not in page and "020 0000 0000" not in page
        assert f"In an emergency call {site.emergency_number}." in page and "The number is in the mail you got." in page

    def test_everybody_without_a_visit_reads_the_same(self, phone: Client, plan: Plan, late: datetime) -> None:
        """R32: ran out, revoked, of another purpose, none at all; and looking is as ever."""
        revoked = _open(_link("check_in", plan, "check_in", plan.check_ins.get(code="check_48h"), DAY1), DAY1)
        Link.objects.filter(pk=Link.objects.latest("pk").pk).update(revoked_at=DAY1)
        other = _open(_link("aftercare", plan, "plan", plan, DAY1), DAY1)
        with time_machine.travel(DAY1, tick=False):
            posts = [client.post(_page("redness"), {"value": "1"}) for client in (revoked, other, Client())]
        with time_machine.travel(late, tick=False):
            posts.append(phone.post(_page("redness"), {"value": "1"}))
            looked = phone.get(_page("redness"))
        assert len({re.sub(rb'nonce="[^"]+"|Request [^<]+', b"", answer.content) for answer in posts}) == 1
        assert {answer.status_code for answer in posts} == {404} and "This link does not work" in looked.content.decode()

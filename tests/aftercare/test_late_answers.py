"""Answers that come after the answers are in: “already received”, no old reassurance, and a person hears of what is new."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from aftercare import selectors, services
from aftercare.models import CheckIn, CheckInResponse, Concern, ConcernEvent, Plan
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from patients.models import Hold
from tests.aftercare.make import make_hours, make_plan
from tests.aftercare.test_link_pages import DAY1, WELL_TAPS, _done, _link, _open, _page, _tap, _with

pytestmark = pytest.mark.django_db
LATER = DAY1 + timedelta(minutes=3)
REASSURED = "What you describe is expected at this time."
NOT_ADDED = "We have had your answers since Tue 3 Mar, 15:30. What you sent just now was not added to them."


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    make_hours(site)
    return make_plan(site, amara)


@pytest.fixture
def asked(plan: Plan) -> CheckIn:
    return plan.check_ins.get(code="check_24h")


@pytest.fixture
def phone(plan: Plan, asked: CheckIn) -> Client:
    return _open(_link("check_in", plan, "check_in", asked, DAY1), DAY1)


def _send(phone: Client, page: str, data: dict[str, Any]) -> Any:
    with time_machine.travel(LATER, tick=False):
        return phone.post(_page(page), data, follow=True)


def _said(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_trouble_breathing_from_a_second_tab_reaches_a_person_and_the_emergency_number_comes_first(phone: Client, asked: CheckIn, amara: Staff) -> None:
    _tap(phone, WELL_TAPS)
    answer = _send(phone, "now", {"flag": ["breathing_difficulty"]})
    body = _said(answer)
    assert answer.status_code == 409 and REASSURED not in body
    assert body.index("Call 999 now.") < body.index(NOT_ADDED) < body.index("Call the clinic: 020 7946 0123")
    concern = Concern.objects.get()
    assert (concern.check_in, concern.level, concern.emergency_shown_at) == (asked, "URGENT", LATER)
    assert OutboxMessage.objects.filter(kind="concern_alert").exists() and set(Hold.objects.values_list("released_at", flat=True)) == {None}
    note = ConcernEvent.objects.get(concern=concern, kind="noted").words
    assert "Trouble breathing" in note and "Sent after the answers of Tue 3 Mar, 15:30" in note
    why = selectors.concern_detail(selectors.concern_for_page().get(), by=Actor.of_staff(amara), at=LATER).asked_why
    assert any("Other answers came after these" in words for words in why)
    assert any(words.startswith("Sent later: ") and words.endswith("(T01)") for words in why), "beside answers that say nothing of it"
    assert CheckInResponse.objects.get().triage == "REASSURE", "the first answer stays as it was"
    assert "Call 999 now." in _done(phone, LATER), "nor does the answer page reassure afterwards"


def test_words_on_the_last_page_again_are_read_by_a_person(phone: Client) -> None:
    _tap(phone, WELL_TAPS)
    body = _said(_send(phone, "words", {"free_text": "my lips are swelling"}))
    assert NOT_ADDED in body and "We have passed it on to a clinician." in body and REASSURED not in body
    concern = Concern.objects.get()
    assert concern.level == "ROUTINE" and {"free_text": True} in concern.reasons
    assert "my lips are swelling" in concern.events.get(kind="noted").words


@pytest.mark.parametrize("page", [name for name, _data in WELL_TAPS])
def test_a_double_tap_leads_to_the_answer_page(phone: Client, page: str) -> None:
    _tap(phone, WELL_TAPS)
    answer = _send(phone, page, dict(WELL_TAPS)[page])
    assert answer.status_code == 200 and REASSURED in _said(answer)
    assert not Concern.objects.exists()


def test_other_answers_that_are_well_too_are_not_added_and_trouble_nobody(phone: Client) -> None:
    _tap(phone, WELL_TAPS)
    body = _said(_send(phone, "itch", {"value": "1"}))
    assert "We had your answers already" in body and NOT_ADDED in body and "If something has changed, please call us." in body
    assert REASSURED not in body and not Concern.objects.exists()


def test_the_same_late_answers_twice_are_told_once(phone: Client) -> None:
    _tap(phone, WELL_TAPS)
    for _time in range(2):
        assert "Call 999 now." in _said(_send(phone, "now", {"flag": ["breathing_difficulty"]}))
    assert ConcernEvent.objects.filter(kind="noted").count() == Concern.objects.count() == 1


def test_an_open_concern_is_raised_and_never_lowered(phone: Client) -> None:
    _tap(phone, _with({"now": {"none": "1"}, "words": {"free_text": "A question about shampoo"}}))
    assert Concern.objects.get().level == "ROUTINE"
    _send(phone, "now", {"flag": ["discharge:pus"]})
    concern = Concern.objects.get()
    assert concern.level == "URGENT" and "Pus" in concern.events.get(kind="raised").words
    _send(phone, "words", {"free_text": "It is nothing"})
    concern = Concern.objects.get()
    assert concern.level == "URGENT" and "It is nothing" in concern.events.get(kind="noted").words


def test_a_closed_concern_is_not_written_to(phone: Client, amara: Staff) -> None:
    _tap(phone, _with({"words": {"free_text": "A question about shampoo"}}))
    by, first = Actor.of_staff(amara), Concern.objects.get()
    services.claim_concern(concern=first, by=by, at=DAY1)
    services.close_concern(concern=first, outcome="advice", words="Any mild one.", by=by, at=DAY1)
    body = _said(_send(phone, "now", {"flag": ["breathing_difficulty"]}))
    own = Concern.objects.exclude(pk=first.pk).get()
    assert "Call 999 now." in body and (own.level, own.state) == ("URGENT", "open")


def test_emergency_after_urgent_is_told_too(phone: Client) -> None:
    """Pus was urgent; trouble breathing is urgent as well, and more than that."""
    _tap(phone, _with({"now": {"flag": ["discharge:pus"]}})[:6])
    body = _said(_send(phone, "now", {"flag": ["discharge:pus", "breathing_difficulty"]}))
    assert "Call 999 now." in body and "Trouble breathing" in Concern.objects.get().events.get(kind="noted").words


def test_what_comes_later_never_makes_it_less(phone: Client, amara: Staff) -> None:
    """A clinician has the urgent concern already, so words that came later have their own; the page still says what the pus means."""
    _tap(phone, _with({"now": {"flag": ["discharge:pus"]}})[:6])
    services.claim_concern(concern=Concern.objects.get(), by=Actor.of_staff(amara), at=DAY1)
    body = _said(_send(phone, "words", {"free_text": "It looks better now"}))
    assert sorted(Concern.objects.values_list("level", flat=True)) == ["ROUTINE", "URGENT"]
    assert NOT_ADDED in body and "You need to speak to us now." in body and "It is not urgent" not in body


def test_an_emergency_that_was_told_later_is_not_forgotten(phone: Client, amara: Staff) -> None:
    _tap(phone, _with({"now": {"flag": ["discharge:pus"]}})[:6])
    services.claim_concern(concern=Concern.objects.get(), by=Actor.of_staff(amara), at=DAY1)
    assert "Call 999 now." in _said(_send(phone, "now", {"flag": ["discharge:pus", "breathing_difficulty"]}))
    assert Concern.objects.count() == 2
    assert "Call 999 now." in _done(phone, LATER)
    told = selectors.concern_detail(selectors.concern_for_page().get(check_in=None), by=Actor.of_staff(amara), at=LATER).told
    assert "The emergency number was shown" in told


def test_what_the_first_answers_meant_is_not_said_of_later_ones(phone: Client) -> None:
    """A little redness is normal; redness that nobody expects came later, and is not called normal."""
    _tap(phone, WELL_TAPS)
    assert "redness is normal now" in _done(phone, DAY1)
    body = _said(_send(phone, "words", {"free_text": "and now it is much worse"}))
    assert NOT_ADDED in body and "is normal now" not in body


def test_a_page_of_another_one_s_questions_writes_nothing(phone: Client) -> None:
    """Two people share a phone: one's page is open while the other's link is opened."""
    _tap(phone, WELL_TAPS)
    answer = _send(phone, "now", {"flag": ["breathing_difficulty"], "check_in": str(uuid4())})
    assert answer.status_code == 404 and "Nothing was sent" in _said(answer)
    assert not Concern.objects.exists()


def test_each_page_names_its_questions(phone: Client, asked: CheckIn) -> None:
    with time_machine.travel(DAY1, tick=False):
        assert f'name="check_in" value="{asked.uuid}"' in phone.get(_page("redness")).content.decode()


def test_late_answers_that_the_rules_can_not_read_are_a_call_today(phone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _tap(phone, WELL_TAPS)
    monkeypatch.setattr("aftercare.services.check_ins.checkin", lambda *_given: {"errors": [{"path": "answers.x", "message": "bad"}]})
    assert REASSURED not in _said(_send(phone, "now", {"flag": ["hot_skin"]}))
    concern = Concern.objects.get()
    assert concern.level == "SAME_DAY" and "could not read" in concern.events.get(kind="noted").words


def test_what_is_wrong_on_a_late_page_is_said_beside_it(phone: Client) -> None:
    _tap(phone, WELL_TAPS)
    answer = _send(phone, "now", {"temperature": "101", "unit": "C", "flag": ["hot_skin"]})
    assert answer.status_code == 422 and "That looks like °F" in answer.content.decode()


def test_a_page_of_another_set_changes_nothing(phone: Client) -> None:
    _tap(phone, WELL_TAPS)
    assert REASSURED in _said(_send(phone, "shedding", {"value": "worse"})) and not Concern.objects.exists()


def test_a_tap_that_was_read_before_the_first_one_was_stored_is_told_too(phone: Client, asked: CheckIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two devices at once: the slower one finds the answers in only when it writes."""
    _tap(phone, WELL_TAPS[:5])
    other = Client()
    other.cookies = phone.cookies

    def faster(**given: Any) -> Any:
        monkeypatch.undo()
        _tap(other, WELL_TAPS[5:], LATER)
        return services.keep_page(**given)

    monkeypatch.setattr("aftercare.views.patient.services.keep_page", faster)
    assert "Call 999 now." in _said(_send(phone, "now", {"flag": ["breathing_difficulty"]}))
    assert Concern.objects.get().level == "URGENT"

"""Staff pages: roles, rights, and that the desk receives no clinical word (R03, R10, R12)."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from aftercare import services
from aftercare.models import CallTask, Concern, Plan
from aftercare.selectors import protocol_hash
from aftercare.states import CallReason
from clinic.audit import Actor
from clinic.models import AccessEvent, LinkToken, OutboxMessage, Site, Staff
from patients.models import Hold
from tests.aftercare.make import ENDED, TASK, make_plan, make_response

SignIn = Callable[[Staff], Client]
DAY1 = ENDED + timedelta(hours=25)
CANARY = "CANARYFREETEXT"


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's plan; pus after a day, and something written."""
    plan = make_plan(site, amara)
    make_response(plan.check_ins.get(code="check_24h"), at=DAY1, discharge="pus", free_text=CANARY)
    return plan


@pytest.fixture
def concern(plan: Plan) -> Concern:
    """The concern it opened."""
    return Concern.objects.get()


def _body(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def _url(name: str, *args: object) -> str:
    return reverse(f"aftercare:{name}", args=args)


def test_a_clinician_sees_the_concern_with_its_clock(client_as: SignIn, amara: Staff, concern: Concern) -> None:
    with time_machine.travel(DAY1 + timedelta(minutes=12), tick=False):
        body = _body(client_as(amara), _url("concerns"))
    assert "O. Marsh" in body
    assert "answer due in 18 min" in body
    assert "day 1 after session 1" in body


def test_the_desk_sees_a_count_and_whom_and_no_content(client_as: SignIn, rosa: Staff, concern: Concern) -> None:
    body = _body(client_as(rosa), _url("concerns"))
    assert "Olivia Marsh" in body
    assert "call patient" in body
    for word in (CANARY, "Urgent", "URGENT", "pus", "T04", str(concern.uuid)):
        assert word not in body


@pytest.mark.parametrize("who", ["max_", "iris"])
def test_a_concern_s_page_is_for_clinicians_alone(
    client_as: SignIn, concern: Concern, who: str, request: pytest.FixtureRequest
) -> None:
    response = client_as(request.getfixturevalue(who)).get(_url("concern", concern.uuid))
    assert response.status_code == 403
    assert CANARY not in response.content.decode()
    assert "Marsh" not in response.content.decode()


def test_the_desk_is_told_on_it_that_a_clinician_will_call(client_as: SignIn, rosa: Staff, concern: Concern) -> None:
    response = client_as(rosa).get(_url("concern", concern.uuid))
    body = response.content.decode()
    assert response.status_code == 200
    assert "A clinician will call this patient" in body
    assert "Nobody has it yet" in body
    for word in (CANARY, "Urgent", "URGENT", "Pus", "T04"):
        assert word not in body


def test_another_site_s_concern_is_as_if_it_did_not_exist(client_as: SignIn, concern: Concern, stranger: Staff) -> None:
    client = client_as(stranger)
    assert client.get(_url("concern", concern.uuid)).status_code == 404
    assert client.get(_url("concern", uuid4())).status_code == 404


def test_the_page_shows_what_fired_what_was_written_and_what_is_held(
    client_as: SignIn, amara: Staff, concern: Concern
) -> None:
    body = _body(client_as(amara), _url("concern", concern.uuid))
    for words in ("T04", "Pus from the treated skin.", CANARY, "booking", "I take this", "07700 900123"):
        assert words in body
    assert AccessEvent.objects.filter(action="concern.view", patient_uuid=concern.patient.uuid).exists()


def test_claim_call_and_close(client_as: SignIn, amara: Staff, concern: Concern) -> None:
    client, subject = client_as(amara), {"subject": str(concern.patient.uuid)}
    client.post(_url("claim_concern", concern.uuid), subject)
    assert client.post(_url("log_call", concern.uuid), {**subject, "reached": "yes", "words": "Comes in"}).status_code == 302
    answer = client.post(
        _url("close_concern", concern.uuid), {**subject, "outcome": "seen_today", "words": "Swab taken"}
    )
    assert answer.status_code == 302
    concern.refresh_from_db()
    assert (concern.state, concern.outcome, concern.closed_by) == ("closed", "seen_today", amara)
    assert not Hold.objects.filter(released_at=None).exists()


def test_closing_without_an_outcome_keeps_what_was_typed(client_as: SignIn, amara: Staff, concern: Concern) -> None:
    client, subject = client_as(amara), {"subject": str(concern.patient.uuid)}
    client.post(_url("claim_concern", concern.uuid), subject)
    answer = client.post(_url("close_concern", concern.uuid), {**subject, "words": "Typed and kept"})
    assert answer.status_code == 422
    assert "Typed and kept" in answer.content.decode()
    assert "Choose what came of it." in answer.content.decode()


def test_the_second_clinician_is_told_kindly(client_as: SignIn, amara: Staff, okoro: Staff, concern: Concern) -> None:
    subject = {"subject": str(concern.patient.uuid)}
    client_as(amara).post(_url("claim_concern", concern.uuid), subject)
    answer = client_as(okoro).post(_url("claim_concern", concern.uuid), subject, follow=True)
    assert "Dr Amara Osei has taken this already" in answer.content.decode()


def test_a_routine_concern_is_made_urgent_from_its_page(client_as: SignIn, amara: Staff, plan: Plan) -> None:
    make_response(plan.check_ins.get(code="check_48h"), at=DAY1, neck_glands=True)
    concern, client = Concern.objects.get(level="ROUTINE"), client_as(amara)
    data = {"subject": str(plan.patient.uuid), "level": "URGENT"}
    assert client.post(_url("raise_concern", concern.uuid), data).status_code == 422
    assert client.post(_url("raise_concern", concern.uuid), {**data, "words": "Fever on the phone"}).status_code == 302
    concern.refresh_from_db()
    assert concern.level == "URGENT"


@pytest.mark.parametrize("name", ["claim_concern", "log_call", "close_concern", "hand_back_concern", "release_holds", "raise_concern"])
def test_a_form_filled_for_another_patient_is_refused(
    client_as: SignIn, amara: Staff, concern: Concern, name: str
) -> None:
    assert client_as(amara).post(_url(name, concern.uuid), {"subject": str(uuid4())}).status_code == 409
    assert client_as(amara).get(_url(name, concern.uuid)).status_code == 405


def test_the_desk_s_call(client_as: SignIn, site: Site, amara: Staff, rosa: Staff) -> None:
    asked = make_plan(site, amara).check_ins.get(code="check_24h")
    task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
    assert task is not None
    client, subject = client_as(rosa), {"subject": str(task.patient.uuid)}
    assert "07700 900123" in _body(client, _url("call_task", task.uuid))
    client.post(_url("call_tried", task.uuid), subject)
    assert client.post(_url("call_task", task.uuid), {**subject, "result": "use ice"}).status_code == 422
    client.post(_url("call_task", task.uuid), {**subject, "result": "clinician_calls_now"})
    stored = CallTask.objects.get()
    assert (stored.tries, stored.result, Concern.objects.count()) == (1, "clinician_calls_now", 1)


def test_the_desk_s_call_when_the_answers_come_meanwhile(client_as: SignIn, site: Site, amara: Staff, rosa: Staff) -> None:
    asked = make_plan(site, amara).check_ins.get(code="check_24h")
    task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
    assert task is not None
    client, subject, url = client_as(rosa), {"subject": str(task.patient.uuid)}, _url("call_task", task.uuid)
    make_response(asked, at=DAY1)
    fine = client.post(url, {**subject, "result": "fine"})
    body = fine.content.decode()
    assert fine.status_code == 409 and "The answers came meanwhile. Nothing was changed." in body and "This call has been made." not in body
    assert 'value="clinician_calls_now"' in body and 'value="fine"' not in body
    answer = client.post(url, {**subject, "result": "clinician_calls_now"}, follow=True)
    assert "A clinician has been told." in answer.content.decode() and Concern.objects.get().level == "SAME_DAY"
    assert "This call has been made." in _body(client, url)


def test_a_call_to_make_stands_on_the_day_page(client_as: SignIn, site: Site, amara: Staff, rosa: Staff, max_: Staff) -> None:
    """Nobody answered and the desk phones (SETTLED 6): whoever opens the day sees that somebody is to be called, not only who looks among the concerns."""
    asked = make_plan(site, amara).check_ins.get(code="check_24h")
    assert "to make</a>" not in _body(client_as(rosa), "/today/")
    task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
    assert task is not None
    words = f'<a href="{_url("concerns")}">1 call to make</a>'
    assert words in _body(client_as(rosa), "/today/") and words in _body(client_as(amara), "/today/")
    assert "call to make" not in _body(client_as(max_), "/today/")
    services.finish_call(task=task, result="fine", by=Actor.of_staff(rosa), at=DAY1)
    assert "call to make" not in _body(client_as(rosa), "/today/")


def test_who_has_no_phone_is_said_to_have_none(client_as: SignIn, site: Site, amara: Staff, rosa: Staff, concern: Concern) -> None:
    """No link that dials nothing, and none without words."""
    type(concern.patient).objects.update(phone="")
    task = services.open_call_task(check_in=make_plan(site, amara).check_ins.get(code="check_24h"), reason=CallReason.MISSED, by=TASK, at=DAY1)
    assert task is not None
    type(concern.patient).objects.update(phone="")
    for client, url in ((client_as(rosa), _url("call_task", task.uuid)), (client_as(rosa), _url("concerns")), (client_as(amara), _url("concern", concern.uuid))):
        body = _body(client, url)
        assert "no phone number" in body and 'href="tel:"' not in body, url


class TestCheckInPages:
    """What staff see of a check-in."""

    def test_a_clinician_reads_the_answers(self, client_as: SignIn, amara: Staff, plan: Plan) -> None:
        body = _body(client_as(amara), _url("staff_check_in", plan.check_ins.get(code="check_24h").uuid))
        assert CANARY in body
        assert "Pus" in body

    def test_the_desk_reads_that_it_was_answered(self, client_as: SignIn, rosa: Staff, plan: Plan) -> None:
        body = _body(client_as(rosa), _url("staff_check_in", plan.check_ins.get(code="check_24h").uuid))
        assert "answered" in body
        assert "a clinician was told" in body
        assert CANARY not in body
        assert "T04" not in body

    def test_a_clinician_answers_on_the_phone(self, client_as: SignIn, amara: Staff, plan: Plan) -> None:
        asked = plan.check_ins.get(code="check_day57")
        client, subject = client_as(amara), {"subject": str(plan.patient.uuid)}
        for page, data in (
            ("now", {"none": "1"}), ("shedding", {"value": "usual"}), ("skin", {"none": "1"}), ("changed", {"none": "1"}),
            ("words", {"free_text": ""}),
        ):  # fmt: skip
            answer = client.post(_url("answer_for", asked.uuid, page), {**subject, **data})
            assert answer.status_code == 302, page
        asked.refresh_from_db()
        assert asked.response.on_behalf_by == amara


class TestMessages:
    """The timeline and what may be done from it."""

    def test_states_and_reasons_are_in_words(self, client_as: SignIn, amara: Staff, plan: Plan) -> None:
        row = plan.messages.get(code="instructions").outbox
        OutboxMessage.objects.filter(pk=row.pk).update(state="sent", sent_at=ENDED)
        held = plan.messages.get(code="invitation").outbox
        OutboxMessage.objects.filter(pk=held.pk).update(state="held", reason="a red flag is open")
        with time_machine.travel(DAY1, tick=False):
            body = _body(client_as(amara), _url("messages", plan.patient.uuid))
        assert "sent Mon 2 Mar, 14:30" in body
        assert "will go Mon 9 Mar, 09:00" in body
        assert "red flag is open" in body

    def test_a_manager_sees_states_and_no_text(self, client_as: SignIn, max_: Staff, plan: Plan) -> None:
        client = client_as(max_)
        row = plan.messages.get(code="instructions").outbox
        assert "Aftercare instructions" in _body(client, _url("messages", plan.patient.uuid))
        assert client.get(_url("message", row.uuid)).status_code == 403

    def test_the_desk_reads_the_neutral_ones_alone(self, client_as: SignIn, rosa: Staff, plan: Plan) -> None:
        client = client_as(rosa)
        care = _body(client, _url("message", plan.messages.get(code="instructions").outbox.uuid))
        assert "You may see what became of it, not its text." in care
        assert "minoxidil" not in care.lower()
        invitation = _body(client, _url("message", plan.messages.get(code="invitation").outbox.uuid))
        assert "Pick a time that suits you" in invitation

    def test_a_preview_mints_nothing_and_hides_the_token(self, client_as: SignIn, amara: Staff, plan: Plan) -> None:
        before = LinkToken.objects.count()
        body = _body(client_as(amara), _url("message", plan.messages.get(code="check_48h").outbox.uuid))
        assert "/l/…" in body
        assert LinkToken.objects.count() == before

    def test_hold_release_send_now(self, client_as: SignIn, amara: Staff, plan: Plan) -> None:
        row = plan.messages.get(code="check_day14").outbox
        client, subject = client_as(amara), {"subject": str(plan.patient.uuid)}
        assert client.post(_url("hold_message", row.uuid), subject).status_code == 422
        client.post(_url("hold_message", row.uuid), {**subject, "reason": "abroad"})
        row.refresh_from_db()
        assert (row.state, row.reason) == ("held", "abroad")
        client.post(_url("release_message", row.uuid), subject)
        with time_machine.travel(DAY1, tick=False):
            client.post(_url("send_message_now", row.uuid), subject)
        row.refresh_from_db()
        assert (row.state, row.send_after) == ("planned", DAY1)

    @pytest.mark.parametrize("name", ["hold_message", "release_message", "send_message_now"])
    def test_the_desk_moves_no_care_mail(self, client_as: SignIn, rosa: Staff, plan: Plan, name: str) -> None:
        row = plan.messages.get(code="check_day14").outbox
        data = {"subject": str(plan.patient.uuid), "reason": "x"}
        assert client_as(rosa).post(_url(name, row.uuid), data).status_code == 403
        row.refresh_from_db()
        assert row.state == "planned"

    def test_a_message_that_had_gone_is_said_to_have_gone(self, client_as: SignIn, amara: Staff, plan: Plan) -> None:
        row = plan.messages.get(code="check_day14").outbox
        OutboxMessage.objects.filter(pk=row.pk).update(state="sent")
        data = {"subject": str(plan.patient.uuid), "reason": "x"}
        answer = client_as(amara).post(_url("hold_message", row.uuid), data, follow=True)
        assert "It had gone" in answer.content.decode()

    def test_the_list_of_the_clinic_stays_in_the_site(
        self, client_as: SignIn, rosa: Staff, stranger: Staff, plan: Plan
    ) -> None:
        assert "O. Marsh" in _body(client_as(rosa), _url("all_messages") + "?state=planned")
        assert "O. Marsh" not in _body(client_as(stranger), _url("all_messages"))
        assert client_as(stranger).get(_url("messages", plan.patient.uuid)).status_code == 404

    def test_alerts_to_staff_are_not_offered_for_reading(self, client_as: SignIn, amara: Staff, plan: Plan) -> None:
        row = OutboxMessage.objects.get(kind="concern_alert")
        assert "You may see what became of it, not its text." in _body(client_as(amara), _url("message", row.uuid))


def test_a_clinician_approves_the_protocol_and_the_manager_may_not(
    client_as: SignIn, amara: Staff, max_: Staff, plan: Plan
) -> None:
    assert "proposed default" in _body(client_as(max_), _url("protocol"))
    assert client_as(max_).post(_url("protocol")).status_code == 403
    client = client_as(amara)
    client.post(_url("protocol"))  # without what was read
    plan.protocol.refresh_from_db()
    assert plan.protocol.approved_by is None
    read = protocol_hash(plan.protocol)
    assert f'name="sha256" value="{read}"' in _body(client, _url("protocol"))
    client.post(_url("protocol"), {"sha256": read})
    plan.protocol.refresh_from_db()
    assert plan.protocol.approved_by == amara


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_many(
    client_as: SignIn, amara: Staff, plan: Plan, django_assert_num_queries: Callable[[int], object]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_as(amara)
    client.get(_url("concerns"))
    with CaptureQueriesContext(connection) as one:
        client.get(_url("concerns"))
    for code in ("check_48h", "check_72h", "check_day7"):
        make_response(plan.check_ins.get(code=code), at=DAY1, discharge="pus")
    with CaptureQueriesContext(connection) as many:
        client.get(_url("concerns"))
    assert len(many) == len(one)
    assert Actor.of_staff(amara).staff_id == amara.pk

"""Answers whose last page was never sent reach a person: the sweep sends them in once nobody goes on (T15, T16, “nothing is lost”)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from aftercare import pages, selectors, services, tasks
from aftercare.models import CallTask, CheckIn, CheckInResponse, Concern, Plan
from aftercare.states import CallReason
from clinic.audit import Actor
from clinic.models import Link, OutboxMessage, Site, Staff
from tests.aftercare.make import TASK, WELL, make_hours, make_plan
from tests.aftercare.test_link_pages import _link, _open
from tests.aftercare.test_views import SignIn

pytestmark = pytest.mark.django_db
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    make_hours(site)
    return make_plan(site, amara)


def _asked(plan: Plan, code: str) -> tuple[CheckIn, datetime]:
    check_in = plan.check_ins.get(code=code)
    return check_in, check_in.opens_at + timedelta(hours=1)


def _answer(check_in: CheckIn, at: datetime, *, until: str, by: Actor = TASK, **answers: Any) -> None:
    """Page by page, up to the page of that name; then its author leaves."""
    given = {**WELL, **answers}
    for page in pages.pages_for(check_in.asked, given):
        values = {key: given[key] for key in page.keys if key in given}
        services.save_page(check_in=check_in, page=page.name, values=values, by=by, at=at)
        if page.name == until:
            return


def _sweep(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        tasks.remind_missed_check_ins()


@pytest.mark.parametrize(("code", "last"), [("check_48h", "used"), ("check_day7", "satisfaction"), ("check_day14", "changed"), ("check_day28", "now")])
def test_lumps_and_hot_skin_reach_a_clinician_half_an_hour_after_the_patient_left(plan: Plan, code: str, last: str) -> None:
    check_in, at = _asked(plan, code)
    _answer(check_in, at, until=last, painful_lumps=True, hot_skin=True)
    _sweep(at + HALF_HOUR - timedelta(seconds=1))
    assert not Concern.objects.exists()
    _sweep(at + HALF_HOUR)
    response, concern = CheckInResponse.objects.get(), Concern.objects.get()
    assert (concern.level, concern.opened_at, response.answered_at) == ("SAME_DAY", at + HALF_HOUR, at)
    assert [rule["rule"] for rule in response.rules] == ["T15"]


def test_what_was_not_reached_is_not_answered_for_the_patient(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_day14")
    _answer(check_in, at, until="now", painful_lumps=True)
    _sweep(at + HALF_HOUR)
    response = CheckInResponse.objects.get()
    assert response.asked == [f"Q{n}" for n in range(4, 10)] and response.left_early
    assert "itch" not in response.answers and {"unfinished": True} in Concern.objects.get().reasons
    words = selectors.answers_in_words(CheckIn.objects.get(pk=check_in.pk))
    assert words.lines[-1].answer == "The patient left here. The questions that follow have no answer."


def test_red_flags_that_were_not_reached_are_a_call_on_the_same_day(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="redness", redness=None)
    _sweep(at + HALF_HOUR)
    response = CheckInResponse.objects.get()
    assert response.asked == ["Q1"] and [rule["rule"] for rule in response.rules] == ["T16"]
    assert Concern.objects.get().level == "SAME_DAY"


def test_a_draft_without_anything_for_a_person_waits_for_its_patient(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_24h")
    _answer(check_in, at, until="pain")
    _sweep(at + timedelta(hours=9))
    assert not CheckInResponse.objects.exists()
    _sweep(at + timedelta(hours=25))
    assert CallTask.objects.filter(check_in=check_in).exists()


def test_answers_that_are_complete_are_an_answer_without_the_last_page(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="used")
    _sweep(at + HALF_HOUR)
    response = CheckInResponse.objects.get()
    assert (response.triage, response.ended_early, Concern.objects.exists()) == ("REASSURE", False, False)


def test_the_sweep_waits_while_the_pages_are_open(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="used", painful_lumps=True)
    link = _link("check_in", plan, "check_in", check_in, at)
    phone = _open(link, at + timedelta(minutes=20))
    _sweep(at + timedelta(minutes=40))
    assert not CheckInResponse.objects.exists()
    with time_machine.travel(at + timedelta(minutes=41), tick=False):
        phone.post(reverse("aftercare_links:check_in_page", kwargs={"page": "words"}), {"free_text": "On the left"})
    assert CheckInResponse.objects.get().answers["free_text"] == "On the left"


def test_who_comes_back_reads_what_became_of_it(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    link = _link("check_in", plan, "check_in", check_in, at)
    _answer(check_in, at, until="now", by=Actor.of_link(link), hot_skin=True)
    _sweep(at + HALF_HOUR)
    assert CheckInResponse.objects.get().link_id == link.pk and Link.objects.get(pk=link.pk).consumed_at is None
    later = at + timedelta(hours=1)
    phone: Client = _open(link, later)
    with time_machine.travel(later, tick=False):
        body = phone.get(reverse("aftercare_links:check_in"), follow=True).content.decode()
    assert "A clinician will look at this today." in body and "You had not finished the questions" in body


def test_twice_is_once_and_the_sent_are_left_alone(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="now", hot_skin=True)
    for minutes in (30, 31, 600):
        _sweep(at + timedelta(minutes=minutes))
    assert CheckInResponse.objects.count() == Concern.objects.count() == 1
    assert services.send_unfinished(check_in=check_in, by=TASK, at=at + timedelta(hours=1)) is None


def test_what_a_clinician_typed_on_the_phone_is_marked_so(plan: Plan, amara: Staff, client_as: SignIn) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="now", by=Actor.of_staff(amara), breathing_difficulty=True)
    _sweep(at + HALF_HOUR)
    response, concern = CheckInResponse.objects.get(), Concern.objects.get()
    assert (response.on_behalf_by, concern.level, concern.emergency_shown_at) == (amara, "URGENT", None)


def test_what_was_written_since_the_rules_gave_up_is_read(plan: Plan) -> None:
    """The patient comes back in the moment between the rules' refusal and its note: the new page is not taken for the old one."""
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="now")
    refused = CheckIn.objects.get(pk=check_in.pk)
    _answer(check_in, at + timedelta(seconds=1), until="now", painful_lumps=True)
    services.ask_about_refused(check_in=refused, by=TASK, at=at + HALF_HOUR)
    _sweep(at + timedelta(hours=1))
    assert Concern.objects.get().level == "SAME_DAY"


def test_answers_that_the_rules_can_not_read_are_asked_about_by_phone(plan: Plan, rosa: Staff, client_as: SignIn) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="now", bleeding="a lot")
    _sweep(at + HALF_HOUR)
    _sweep(at + timedelta(hours=1))
    assert not CheckInResponse.objects.exists() and CallTask.objects.filter(check_in=check_in).count() == 1
    page = client_as(rosa).get(reverse("aftercare:call_task", args=[CallTask.objects.get(check_in=check_in).uuid])).content.decode()
    assert "We could not read what you answered" in page and "We had no answer" not in page


def test_answers_that_can_not_be_read_are_seen_also_of_who_is_not_to_be_contacted(plan: Plan, rosa: Staff, client_as: SignIn) -> None:
    """They wrote of themselves: what nobody could read must not go under. The desk sees it, marked; no mail goes."""
    check_in, at = _asked(plan, "check_48h")
    plan.patient.do_not_contact = True
    plan.patient.save(update_fields=["do_not_contact"])
    _answer(check_in, at, until="now", bleeding="a lot")
    _sweep(at + HALF_HOUR)
    client = client_as(rosa)
    listed = client.get(reverse("aftercare:concerns")).content.decode()
    assert plan.patient.short_name in listed and "asked not to be contacted" in listed
    task = CallTask.objects.get()
    page = client.get(reverse("aftercare:call_task", args=[task.uuid])).content.decode()
    assert "asked not to be contacted" in page and "could not be read" in page


def test_a_call_for_want_of_an_answer_is_not_made_to_who_is_not_to_be_contacted(plan: Plan, rosa: Staff) -> None:
    check_in, at = _asked(plan, "check_48h")
    services.open_call_task(check_in=check_in, reason=CallReason.MISSED, by=TASK, at=at)
    assert selectors.open_call_tasks(Actor.of_staff(rosa)).exists()
    plan.patient.do_not_contact = True
    plan.patient.save(update_fields=["do_not_contact"])
    assert not selectors.open_call_tasks(Actor.of_staff(rosa)).exists()


def test_a_check_in_that_is_not_wanted_any_more_is_left(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="redness")
    services.cancel_plan(plan=plan, by=TASK, at=at)
    check_in.refresh_from_db()
    assert check_in.cancelled_at == at
    assert services.send_unfinished(check_in=check_in, by=TASK, at=at + HALF_HOUR) is None


def test_what_waits_for_a_person_outlives_the_end_of_its_plan(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="now", hot_skin=True)
    services.cancel_plan(plan=plan, by=TASK, at=at)
    _sweep(at + HALF_HOUR)
    assert Concern.objects.get().check_in == check_in


def test_words_on_the_last_page_after_the_sweep_are_read_too(plan: Plan) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="used", hot_skin=True)
    assert services.send_unfinished(check_in=check_in, by=TASK, at=at + HALF_HOUR)
    later = at + timedelta(minutes=31)
    phone = _open(_link("check_in", plan, "check_in", check_in, later), later)
    with time_machine.travel(later, tick=False):
        phone.post(reverse("aftercare_links:check_in_page", kwargs={"page": "words"}), {"free_text": "Now it is warm too"})
    concern = Concern.objects.get()
    assert {"free_text": True} in concern.reasons
    assert concern.events.get(kind="noted").words == "Now it is warm too"
    assert CheckInResponse.objects.count() == 1


def test_a_clinician_who_types_on_after_the_sweep_is_told(plan: Plan, amara: Staff, client_as: SignIn) -> None:
    check_in, at = _asked(plan, "check_48h")
    _answer(check_in, at, until="now", by=Actor.of_staff(amara), hot_skin=True)
    _sweep(at + HALF_HOUR)
    with time_machine.travel(at + timedelta(minutes=40), tick=False):
        address = reverse("aftercare:answer_for", kwargs={"check_in_uuid": check_in.uuid, "page": "used"})
        answer = client_as(amara).post(address, {"none": "1", "subject": str(plan.patient.uuid)}, follow=True)
    assert "This page was not kept" in answer.content.decode()


def _mailed(plan: Plan, code: str) -> tuple[CheckIn, datetime]:
    """A check-in whose mail went, and when the desk is asked to phone about it."""
    check_in = plan.check_ins.get(code=code)
    OutboxMessage.objects.filter(pk=check_in.message.outbox_id).update(state="sent", sent_at=check_in.opens_at)
    hours = check_in.message.step.call_hours
    assert hours is not None
    return plan.check_ins.get(code=code), check_in.opens_at + timedelta(hours=hours)


@pytest.mark.parametrize("minutes_before", [1, 10, 29, 31])
def test_red_flags_left_around_the_hour_of_the_call_reach_a_clinician(plan: Plan, minutes_before: int) -> None:
    check_in, due = _mailed(plan, "check_24h")
    left = due - timedelta(minutes=minutes_before)
    _answer(check_in, left, until="pain", pain=7)
    _sweep(due)
    _sweep(left + HALF_HOUR)
    assert Concern.objects.get(check_in=check_in).level == "SAME_DAY"
    assert not CallTask.objects.filter(done_at=None).exists(), "the clinician calls, not the desk"


def test_a_call_that_was_due_anyway_keeps_nothing_back(plan: Plan, rosa: Staff) -> None:
    """The desk phones, hears that all is well, and the patient answers something else after it."""
    check_in, due = _mailed(plan, "check_24h")
    _sweep(due)
    services.finish_call(task=CallTask.objects.get(), result="fine", by=Actor.of_staff(rosa), at=due + HALF_HOUR)
    after = due + timedelta(hours=2)
    _answer(check_in, after, until="pain", pain=7)
    _sweep(after + HALF_HOUR)
    assert Concern.objects.get(check_in=check_in).level == "SAME_DAY"


def test_what_the_rules_can_not_read_is_asked_about_again_after_a_call(plan: Plan, rosa: Staff) -> None:
    check_in, due = _mailed(plan, "check_24h")
    _sweep(due)
    services.finish_call(task=CallTask.objects.get(), result="fine", by=Actor.of_staff(rosa), at=due + HALF_HOUR)
    after = due + timedelta(hours=2)
    _answer(check_in, after, until="now", bleeding="a lot")
    for minutes in (30, 31, 120):
        _sweep(after + timedelta(minutes=minutes))
    task = CallTask.objects.get()
    assert (task.done_at, task.result, task.opened_at) == (None, "", after + HALF_HOUR)
    services.save_page(check_in=check_in, page="now", values={"bleeding": "none", "hot_skin": True}, by=TASK, at=after + timedelta(hours=3))
    _sweep(after + timedelta(hours=3, minutes=30))
    assert Concern.objects.get(check_in=check_in).level == "SAME_DAY", "what is written later is read again"


def test_a_draft_that_can_not_be_sent_does_not_hold_the_call_for_ever(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    check_in, due = _mailed(plan, "check_24h")
    left = due - timedelta(minutes=10)
    _answer(check_in, left, until="pain", pain=7)

    def broken(**_given: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(services, "send_unfinished", broken)
    _sweep(left + timedelta(hours=2) - timedelta(seconds=1))
    assert not CallTask.objects.exists()
    _sweep(left + timedelta(hours=2))
    assert CallTask.objects.filter(check_in=check_in, done_at=None).exists()

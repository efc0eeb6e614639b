"""Answering: page by page, once, triaged; what needs a person opens a concern with its holds (SETTLED 3, 8)."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from aftercare import pages, services
from aftercare.models import CheckIn, CheckInResponse, Concern
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from patients.models import Hold
from tests.aftercare.make import ENDED, TASK, make_draft, make_plan, make_response

DAY1 = ENDED + timedelta(hours=25)


@pytest.fixture
def asked(site: Site, amara: Staff) -> CheckIn:
    """Olivia's 24-hour check-in."""
    return make_plan(site, amara).check_ins.get(code="check_24h")


def _blocks() -> set[str]:
    return {block for hold in Hold.objects.filter(released_at=None) for block in hold.blocks}


def test_a_well_patient_is_reassured_and_nobody_is_called(asked: CheckIn) -> None:
    response = make_response(asked, at=DAY1)
    assert (response.triage, response.rules, response.call_emergency) == ("REASSURE", [], False)
    assert not Concern.objects.exists()
    assert not Hold.objects.exists()


def test_the_answer_keeps_what_the_rules_read_and_its_hash(asked: CheckIn) -> None:
    response = make_response(asked, at=DAY1, redness=1, redness_trend="better")
    assert response.rule_input["context"]["asked"] == asked.asked
    assert response.rule_input["sessionEnd"] == ENDED.isoformat()
    exact = json.dumps(response.rule_input, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert response.sha256 == hashlib.sha256(exact.encode()).hexdigest()
    assert response.rules_version


@pytest.mark.parametrize(
    ("answers", "level", "emergency", "blocks"),
    [
        ({"discharge": "pus"}, "URGENT", False, {"booking", "session", "invitations"}),
        ({"breathing_difficulty": True}, "URGENT", True, {"booking", "session", "invitations"}),
        ({"rash": "local"}, "SAME_DAY", False, {"session", "invitations"}),
        ({"dark_spots": True}, "ROUTINE", False, {"session"}),
        ({"health_changes": ["medicine"]}, "ROUTINE", False, {"session"}),
        ({"neck_glands": True}, "ROUTINE", False, set()),
    ],
)
def test_a_result_opens_a_concern_and_holds_by_the_table(
    site: Site, amara: Staff, answers: dict[str, Any], level: str, emergency: bool, blocks: set[str]
) -> None:
    asked = make_plan(site, amara).check_ins.get(code="check_day7")
    make_response(asked, at=ENDED + timedelta(days=7), **answers)
    concern = Concern.objects.get()
    assert concern.level == level
    assert (concern.emergency_shown_at is not None) is emergency
    assert _blocks() == blocks


@pytest.mark.parametrize("key", ["redness", "swelling", "pain", "burning"])
def test_not_sure_on_the_first_three_questions_opens_a_routine_concern(asked: CheckIn, key: str) -> None:
    unsure: dict[str, Any] = {key: None}
    response = make_response(asked, at=DAY1, **unsure)
    concern = Concern.objects.get()
    assert response.triage == "REASSURE"
    assert concern.level == "ROUTINE"
    assert [list(reason) for reason in concern.reasons] == [["not_sure"]]
    assert _blocks() == set()


def test_not_sure_on_a_red_flag_is_a_same_day_call(asked: CheckIn) -> None:
    response = make_response(asked, at=DAY1, rash=None)
    assert response.rules == [{"rule": "T16", "triage": "SAME_DAY"}]
    assert Concern.objects.get().level == "SAME_DAY"


def test_words_of_any_length_never_keep_a_red_flag_from_a_person(site: Site, amara: Staff) -> None:
    """SCHEMA 4.2: `free_text` is stored and read by no rule; more than its 500 characters must not refuse the answer."""
    plan, words = make_plan(site, amara), "I can hardly breathe. " * 90
    make_response(plan.check_ins.get(code="check_24h"), at=DAY1, free_text=words, breathing_difficulty=True)
    response = CheckInResponse.objects.get()
    assert (response.triage, response.call_emergency) == ("URGENT", True)
    assert response.answers["free_text"] == words.strip()


def test_free_text_goes_to_a_person_and_never_lowers(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    make_response(plan.check_ins.get(code="check_24h"), at=DAY1, free_text="It feels odd behind the ear")
    assert Concern.objects.get().level == "ROUTINE"
    response = make_response(
        plan.check_ins.get(code="check_48h"), at=DAY1 + timedelta(days=1), free_text="I feel fine", discharge="pus"
    )
    assert response.triage == "URGENT"
    assert Concern.objects.filter(level="URGENT").count() == 1


def test_the_clinicians_of_the_site_are_mailed_and_nobody_else(
    asked: CheckIn, okoro: Staff, rosa: Staff, stranger: Staff
) -> None:
    make_response(asked, at=DAY1, discharge="pus")
    rows = OutboxMessage.objects.filter(kind="concern_alert")
    assert {row.recipient for row in rows} == {"amara@riverside.example", "okoro@riverside.example"}
    assert all(row.urgent and row.scope == "staff" and row.send_after == DAY1 for row in rows)


def test_a_second_submission_is_refused_and_changes_nothing(asked: CheckIn) -> None:
    make_response(asked, at=DAY1, discharge="pus")
    with pytest.raises(services.AlreadySubmitted):
        services.submit_check_in(check_in=asked, by=TASK, at=DAY1)
    with pytest.raises(services.AlreadySubmitted):
        services.save_page(check_in=asked, page="redness", values={"redness": 3}, by=TASK, at=DAY1)
    assert CheckInResponse.objects.count() == Concern.objects.count() == 1


def test_a_page_without_an_answer_is_named(asked: CheckIn) -> None:
    draft = make_draft(asked).draft
    asked.draft = {**draft, "done": [name for name in draft["done"] if name != "now"]}
    asked.save()
    with pytest.raises(services.PagesMissing) as refusal:
        services.submit_check_in(check_in=asked, by=TASK, at=DAY1)
    assert refusal.value.field == "now"


def test_a_check_in_of_a_cancelled_plan_is_not_wanted(asked: CheckIn) -> None:
    services.cancel_plan(plan=asked.plan, by=TASK, at=DAY1)
    with pytest.raises(services.NotWanted):
        services.submit_check_in(check_in=make_draft(CheckIn.objects.get(pk=asked.pk)), by=TASK, at=DAY1)


def test_a_clinician_answers_for_the_patient_and_it_is_marked(asked: CheckIn, amara: Staff) -> None:
    response = services.answer_for_patient(check_in=make_draft(asked), by=Actor.of_staff(amara), at=DAY1)
    assert response.on_behalf_by == amara


def test_the_desk_may_not_answer_for_the_patient(asked: CheckIn, rosa: Staff) -> None:
    from django.core.exceptions import PermissionDenied

    with pytest.raises(PermissionDenied):
        services.answer_for_patient(check_in=make_draft(asked), by=Actor.of_staff(rosa), at=DAY1)


def test_the_answer_itself_can_not_be_changed_by_the_app(asked: CheckIn) -> None:
    from django.db import DatabaseError, transaction

    response = make_response(asked, at=DAY1)
    with pytest.raises(DatabaseError), transaction.atomic():
        CheckInResponse.objects.filter(pk=response.pk).update(triage="URGENT")
    response.refresh_from_db()
    assert response.triage == "REASSURE"


class TestPages:
    """Which pages are shown, and what becomes of a draft. No database."""

    def test_a_follow_up_is_asked_only_when_needed(self) -> None:
        asked = ["Q1", "Q4"]
        assert [p.name for p in pages.pages_for(asked, {"redness": 0})] == ["redness", "now", "words"]
        assert [p.name for p in pages.pages_for(asked, {"redness": 2})][:2] == ["redness", "redness-trend"]
        assert [p.name for p in pages.pages_for(asked, {"redness": None})][:2] == ["redness", "redness-trend"]

    def test_a_follow_up_that_is_no_longer_shown_is_not_sent(self) -> None:
        draft = pages.with_page({}, "redness", {"redness": 2})
        draft = pages.with_page(draft, "redness-trend", {"redness_trend": "worse"})
        draft = pages.with_page(draft, "redness", {"redness": 0})
        assert pages.answers_of(["Q1"], draft) == {"redness": 0}

    def test_progress_counts_questions_not_follow_ups(self) -> None:
        asked = ["Q1", "Q2", "Q3", "Q4"]
        assert pages.progress(asked, {}, "redness-trend") == (1, 5)
        assert pages.progress(asked, {}, "burning") == (3, 5)
        assert pages.progress(asked, {}, "words") == (5, 5)

    def test_a_page_ahead_of_an_unanswered_one_is_not_shown(self) -> None:
        assert pages.page_to_show(["Q1", "Q4"], {}, "words") is None
        assert pages.page_to_show(["Q1", "Q4"], {}, "redness") is not None
        assert pages.page_to_show(["Q4"], {}, "redness") is None

    def test_words_about_a_change_and_free_text_reach_the_same_person(self) -> None:
        draft = pages.with_page({}, "changed", {"health_changes": ["illness"], "health_words": "flu"})
        draft = pages.with_page(draft, "words", {"free_text": "and tired"})
        assert pages.answers_of(["Q14"], draft) == {"health_changes": ["illness"], "free_text": "flu\nand tired"}

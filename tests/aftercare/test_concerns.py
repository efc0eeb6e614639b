"""Concerns: one clinician, a clock, a call log, an outcome; holds lift when it closes (SETTLED 3, 6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.translation import override

from aftercare import selectors, services
from aftercare.models import CallTask, CheckIn, Concern, ConcernEvent, OnCallShift
from aftercare.states import CallReason, Level
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Closure, OutboxMessage, Site, Staff
from patients.models import Hold
from patients.services import record_death
from tests.aftercare.make import ENDED, TASK, make_draft, make_hours, make_patient, make_plan, make_response
from tests.clinic.outbox_make import FakeRelay, drain

DAY1 = ENDED + timedelta(hours=25)


@pytest.fixture
def concern(site: Site, amara: Staff, okoro: Staff) -> Concern:
    """Pus after a day: urgent."""
    make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=DAY1, discharge="pus")
    return Concern.objects.get()


def _mine(concern: Concern, staff: Staff) -> Actor:
    by = Actor.of_staff(staff)
    services.claim_concern(concern=concern, by=by, at=DAY1)
    return by


def test_one_clinician_takes_it_and_the_second_is_told_by_whom(concern: Concern, amara: Staff, okoro: Staff) -> None:
    _mine(concern, amara)
    with pytest.raises(services.TakenByColleague, match="Dr Amara Osei"):
        services.claim_concern(concern=concern, by=Actor.of_staff(okoro), at=DAY1)
    services.claim_concern(concern=concern, by=Actor.of_staff(amara), at=DAY1)
    assert ConcernEvent.objects.filter(concern=concern, kind="claimed").count() == 1


def test_the_desk_may_neither_take_nor_close(concern: Concern, rosa: Staff) -> None:
    with pytest.raises(PermissionDenied):
        services.claim_concern(concern=concern, by=Actor.of_staff(rosa), at=DAY1)
    with pytest.raises(PermissionDenied):
        services.close_concern(concern=concern, outcome="advice", words="x", by=Actor.of_staff(rosa), at=DAY1)


def test_reaching_nobody_asks_for_the_next_try(concern: Concern, amara: Staff) -> None:
    by = _mine(concern, amara)
    with pytest.raises(Refused) as refusal:
        services.log_call(concern=concern, words="", reached=False, by=by, at=DAY1)
    assert refusal.value.field == "next_try_at"
    later = DAY1 + timedelta(minutes=20)
    services.log_call(concern=concern, words="", reached=False, next_try_at=later, by=by, at=DAY1)
    concern.refresh_from_db()
    assert (concern.next_try_at, concern.answered_at) == (later, None)


@pytest.mark.parametrize(
    ("level", "latest"), [(Level.URGENT, timedelta(minutes=30)), (Level.SAME_DAY, timedelta(hours=2, minutes=30)), (Level.ROUTINE, timedelta(days=3, hours=2, minutes=30))]
)
def test_a_next_try_keeps_reminders_away_no_longer_than_the_level_s_clock(site: Site, amara: Staff, level: Level, latest: timedelta) -> None:
    make_hours(site)
    by = Actor.of_staff(amara)
    opened = services.open_concern(patient=make_patient(site), level=level, reasons=[], by=TASK, at=DAY1)
    services.claim_concern(concern=opened, by=by, at=DAY1)
    with pytest.raises(Refused) as refusal:
        services.log_call(concern=opened, words="", reached=False, next_try_at=DAY1 + latest + timedelta(minutes=1), by=by, at=DAY1)
    assert refusal.value.field == "next_try_at" and "hand the concern to a colleague" in refusal.value.message
    services.log_call(concern=opened, words="", reached=False, next_try_at=DAY1 + latest, by=by, at=DAY1)


def test_who_has_it_hears_that_it_became_urgent(site: Site, amara: Staff, okoro: Staff) -> None:
    make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=DAY1, free_text="My lip feels thick")
    concern = Concern.objects.get()
    _mine(concern, amara)
    drain(FakeRelay(), at=DAY1)
    at = DAY1 + timedelta(hours=1)
    services.raise_concern(concern=concern, level="URGENT", words="Sounds like swelling", by=Actor.of_staff(okoro), at=at)
    relay = FakeRelay()
    drain(relay, at=at)
    assert amara.email in relay.asked
    assert all("has made a check-in more urgent" in letter.mail.text for letter in relay.letters)


def test_who_has_it_hears_it_though_another_is_on_call(site: Site, amara: Staff, okoro: Staff) -> None:
    OnCallShift.objects.create(site=site, staff=okoro, starts_at=DAY1 - timedelta(days=1), ends_at=DAY1 + timedelta(days=1))
    opened = services.open_concern(patient=make_patient(site), level=Level.ROUTINE, reasons=[], by=TASK, at=DAY1 - timedelta(hours=20))
    _mine(opened, amara)
    services.raise_concern(concern=opened, level="SAME_DAY", words="x", by=Actor.of_staff(okoro), at=DAY1)
    assert OutboxMessage.objects.filter(kind="concern_alert", recipient=amara.email, context__raised=True).count() == 1


def test_reaching_the_patient_stops_the_clock(concern: Concern, amara: Staff) -> None:
    by = _mine(concern, amara)
    services.log_call(concern=concern, words="Comes in at once", reached=True, by=by, at=DAY1)
    concern.refresh_from_db()
    assert concern.answered_at == DAY1
    assert not selectors.concerns_past_due(DAY1 + timedelta(days=1)).exists()


@pytest.mark.parametrize(("outcome", "words"), [("", "seen"), ("reached_nobody", "x"), ("advice", "  ")])
def test_it_closes_only_with_an_outcome_and_words(concern: Concern, amara: Staff, outcome: str, words: str) -> None:
    by = _mine(concern, amara)
    with pytest.raises(services.OutcomeMissing):
        services.close_concern(concern=concern, outcome=outcome, words=words, by=by, at=DAY1)
    concern.refresh_from_db()
    assert concern.state == "claimed"


def test_closing_lifts_what_it_held(concern: Concern, amara: Staff) -> None:
    by = _mine(concern, amara)
    assert Hold.objects.filter(released_at=None).count() == 1
    services.close_concern(concern=concern, outcome="seen_today", words="Cleaned, fine", by=by, at=DAY1)
    assert not Hold.objects.filter(released_at=None).exists()
    with pytest.raises(services.AlreadyClosed):
        services.close_concern(concern=concern, outcome="advice", words="again", by=by, at=DAY1)


def test_holds_may_be_kept_and_lifted_later_with_a_reason(concern: Concern, amara: Staff) -> None:
    by = _mine(concern, amara)
    services.close_concern(concern=concern, outcome="advice", words="Look again", by=by, at=DAY1, keep_holds=True)
    assert Hold.objects.filter(released_at=None).count() == 1
    with pytest.raises(Refused):
        services.release_concern_holds(concern=concern, reason=" ", by=by, at=DAY1)
    assert services.release_concern_holds(concern=concern, reason="healed", by=by, at=DAY1) == 1
    assert not Hold.objects.filter(released_at=None).exists()


def test_only_the_one_who_has_it_writes_to_it(concern: Concern, amara: Staff, okoro: Staff) -> None:
    _mine(concern, amara)
    with pytest.raises(services.NotYours):
        services.close_concern(concern=concern, outcome="advice", words="x", by=Actor.of_staff(okoro), at=DAY1)


def test_handing_back_opens_it_again_and_mails_again(concern: Concern, amara: Staff, okoro: Staff) -> None:
    by = _mine(concern, amara)
    services.hand_back_concern(concern=concern, words="off shift", by=by, at=DAY1)
    concern.refresh_from_db()
    assert (concern.state, concern.claimed_by) == ("open", None)
    assert OutboxMessage.objects.filter(kind="concern_alert").count() == 4
    services.claim_concern(concern=concern, by=Actor.of_staff(okoro), at=DAY1)


def test_a_person_may_raise_a_level_and_nobody_lowers_it(site: Site, amara: Staff) -> None:
    asked = make_plan(site, amara).check_ins.get(code="check_24h")
    make_response(asked, at=DAY1, free_text="My lip feels thick")
    concern, by, later = Concern.objects.get(), Actor.of_staff(amara), DAY1 + timedelta(minutes=9)
    assert concern.level == "ROUTINE"
    services.raise_concern(concern=concern, level="URGENT", words="Sounds like swelling", by=by, at=later)
    concern.refresh_from_db()
    assert (concern.level, concern.due_at) == ("URGENT", later + timedelta(minutes=30))
    assert set(Hold.objects.get().blocks) == {"booking", "session", "invitations"}
    assert OutboxMessage.objects.filter(kind="concern_alert").count() == 2
    for level in ("URGENT", "SAME_DAY", "ROUTINE", "REASSURE", "nonsense"):
        with pytest.raises(services.NotHigher):
            services.raise_concern(concern=concern, level=level, words="x", by=by, at=later)


def test_why_something_is_held_is_written_in_the_language_of_the_clinic(site: Site, amara: Staff) -> None:
    with override("es"):
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=DAY1, discharge="pus")
    assert Hold.objects.get().reason == "Check-in: URGENT"


def test_the_log_is_rows_only_added(concern: Concern) -> None:
    from django.db import DatabaseError, transaction

    event = ConcernEvent.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        ConcernEvent.objects.filter(pk=event.pk).delete()
    assert ConcernEvent.objects.filter(pk=event.pk).exists()


MON_10 = datetime(2026, 3, 2, 10, tzinfo=UTC)
MON_17 = datetime(2026, 3, 2, 17, tzinfo=UTC)
FRI_22 = datetime(2026, 3, 6, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "opened", "due"),
    [
        (Level.URGENT, MON_10, MON_10 + timedelta(minutes=30)),
        (Level.URGENT, FRI_22, FRI_22 + timedelta(minutes=30)),
        (Level.SAME_DAY, MON_10, datetime(2026, 3, 2, 18, tzinfo=UTC)),
        (Level.SAME_DAY, MON_17, datetime(2026, 3, 2, 18, tzinfo=UTC)),
        (Level.SAME_DAY, FRI_22, datetime(2026, 3, 9, 17, tzinfo=UTC)),
        (Level.ROUTINE, MON_10, datetime(2026, 3, 5, 18, tzinfo=UTC)),
        (Level.ROUTINE, FRI_22, datetime(2026, 3, 11, 18, tzinfo=UTC)),
    ],
)
def test_the_clock_knows_the_opening_hours(site: Site, level: Level, opened: datetime, due: datetime) -> None:
    make_hours(site)
    assert selectors.response_due(level, opened_at=opened, site=site) == due


def test_a_closed_day_is_no_working_day(site: Site) -> None:
    make_hours(site)
    Closure.objects.create(site=site, on=datetime(2026, 3, 4, tzinfo=UTC).date())
    assert selectors.response_due(Level.ROUTINE, opened_at=MON_10, site=site) == datetime(2026, 3, 6, 18, tzinfo=UTC)


def test_a_site_without_hours_still_has_a_clock(site: Site) -> None:
    assert selectors.response_due(Level.SAME_DAY, opened_at=MON_10, site=site) == MON_10 + timedelta(hours=8)
    assert selectors.response_due(Level.ROUTINE, opened_at=MON_10, site=site).date().isoformat() == "2026-03-05"


class TestCallsToMake:
    """Nobody is phoned who has died or asked not to be, nor about a check-in that is not wanted any more."""

    @pytest.fixture
    def asked(self, site: Site, amara: Staff) -> CheckIn:
        asked: CheckIn = make_plan(site, amara).check_ins.get(code="check_24h")
        services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        return asked

    def test_it_is_listed(self, asked: CheckIn, rosa: Staff) -> None:
        assert [row.task.check_in for row in selectors.call_rows(Actor.of_staff(rosa))] == [asked]

    def test_not_of_the_dead(self, asked: CheckIn, rosa: Staff) -> None:
        record_death(patient=asked.patient, on=DAY1.date(), by=TASK, at=DAY1)
        assert selectors.call_rows(Actor.of_staff(rosa)) == []

    def test_not_of_who_asked_not_to_be_called(self, asked: CheckIn, rosa: Staff) -> None:
        type(asked.patient).objects.update(do_not_contact=True)
        assert selectors.call_rows(Actor.of_staff(rosa)) == []

    def test_not_of_a_plan_that_ended(self, asked: CheckIn, rosa: Staff) -> None:
        services.cancel_plan(plan=asked.plan, by=TASK, at=DAY1)
        assert selectors.call_rows(Actor.of_staff(rosa)) == []


class TestDeskScript:
    """The desk's call has two results, and no third (SETTLED 6)."""

    def test_fine_ends_the_call(self, site: Site, amara: Staff, rosa: Staff) -> None:
        asked = make_plan(site, amara).check_ins.get(code="check_24h")
        task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        assert task is not None
        services.finish_call(task=task, result="fine", by=Actor.of_staff(rosa), at=DAY1)
        assert not Concern.objects.exists()
        with pytest.raises(services.CallDone):
            services.finish_call(task=task, result="fine", by=Actor.of_staff(rosa), at=DAY1)

    def test_a_clinician_calls_now_opens_a_same_day_concern(self, site: Site, amara: Staff, rosa: Staff) -> None:
        asked = make_plan(site, amara).check_ins.get(code="check_24h")
        task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        assert task is not None
        services.finish_call(task=task, result="clinician_calls_now", by=Actor.of_staff(rosa), at=DAY1)
        assert Concern.objects.get().level == "SAME_DAY"

    def test_anything_else_is_refused(self, site: Site, amara: Staff, rosa: Staff) -> None:
        asked = make_plan(site, amara).check_ins.get(code="check_24h")
        task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        assert task is not None
        with pytest.raises(Refused):
            services.finish_call(task=task, result="told him to use ice", by=Actor.of_staff(rosa), at=DAY1)

    def test_an_answer_by_the_patient_ends_the_call(self, site: Site, amara: Staff) -> None:
        asked = make_plan(site, amara).check_ins.get(code="check_24h")
        task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        assert task is not None
        make_response(asked, at=DAY1)
        task.refresh_from_db()
        assert task.result == "answered_meanwhile"
        assert services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1) is None

    @pytest.fixture
    def answered(self, site: Site, amara: Staff) -> CallTask:
        """The desk has the script open when the answers arrive."""
        asked = make_plan(site, amara).check_ins.get(code="check_24h")
        task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        assert task is not None and make_response(asked, at=DAY1).triage == "REASSURE"
        return task

    def test_a_clinician_calls_now_counts_though_the_answers_came_during_the_call_and_once(self, answered: CallTask, rosa: Staff) -> None:
        services.finish_call(task=answered, result="clinician_calls_now", by=Actor.of_staff(rosa), at=DAY1)
        answered.refresh_from_db()
        assert (Concern.objects.get().level, answered.result, answered.done_by_id) == ("SAME_DAY", "clinician_calls_now", rosa.pk)
        with pytest.raises(services.CallDone, match="This call has been made"):
            services.finish_call(task=answered, result="clinician_calls_now", by=Actor.of_staff(rosa), at=DAY1)
        assert Concern.objects.count() == 1

    def test_fine_then_changes_nothing_and_says_why(self, answered: CallTask, rosa: Staff) -> None:
        with pytest.raises(services.CallDone, match="answers came meanwhile"):
            services.finish_call(task=answered, result="fine", by=Actor.of_staff(rosa), at=DAY1)
        with pytest.raises(services.CallDone, match="answers came meanwhile"):
            services.note_try(task=answered, by=Actor.of_staff(rosa), at=DAY1)
        answered.refresh_from_db()
        assert (answered.result, answered.done_by_id, answered.tries, Concern.objects.count()) == ("answered_meanwhile", None, 0, 0)

    def test_what_a_colleague_ended_stays_so(self, site: Site, amara: Staff, rosa: Staff) -> None:
        asked = make_plan(site, amara).check_ins.get(code="check_24h")
        task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        assert task is not None
        services.finish_call(task=task, result="fine", by=Actor.of_staff(amara), at=DAY1)
        with pytest.raises(services.CallDone):
            services.finish_call(task=task, result="clinician_calls_now", by=Actor.of_staff(rosa), at=DAY1)
        assert not Concern.objects.exists()


def test_the_list_is_by_urgency_then_clock_and_by_site(site: Site, amara: Staff, stranger: Staff) -> None:
    patient = make_patient(site)
    for level, minutes in ((Level.ROUTINE, 0), (Level.URGENT, 5), (Level.SAME_DAY, 1), (Level.URGENT, 2)):
        services.open_concern(patient=patient, level=level, reasons=[], by=TASK, at=DAY1 + timedelta(minutes=minutes))
    levels = [c.level for c in selectors.open_concerns(Actor.of_staff(amara))]
    assert levels == ["URGENT", "URGENT", "SAME_DAY", "ROUTINE"]
    first, second = selectors.open_concerns(Actor.of_staff(amara))[:2]
    assert first.due_at < second.due_at
    assert list(selectors.open_concerns(Actor.of_staff(stranger))) == []


def test_the_desk_is_given_a_count_and_names_but_no_row(concern: Concern, rosa: Staff, max_: Staff) -> None:
    by = Actor.of_staff(rosa)
    assert list(selectors.open_concerns(by)) == []
    assert selectors.concern_count(by) == 1
    assert [row.patient.name for row in selectors.desk_concerns(by)] == ["Olivia Marsh"]
    assert selectors.concern_count(Actor.of_staff(max_)) == 0


class TestWhatThePatientWasTold:
    """SCREENS, Concern, “what she was told”: by the page that she saw, whatever has become of the concern since."""

    def _told(self, concern: Concern, amara: Staff) -> str:
        found = selectors.concern_for_page().get(pk=concern.pk)
        return selectors.concern_detail(found, by=Actor.of_staff(amara), at=DAY1).told

    def test_a_level_that_a_clinician_raised_is_not_what_the_page_said(self, site: Site, amara: Staff) -> None:
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=DAY1, free_text="please look")
        concern = Concern.objects.get()
        said = "The answer page said that it is not urgent and that you will get back."
        assert self._told(concern, amara) == said
        services.raise_concern(concern=concern, level="URGENT", words="looks infected", by=_mine(concern, amara), at=DAY1)
        assert self._told(concern, amara) == said

    def test_urgent_answers_asked_for_a_call(self, concern: Concern, amara: Staff) -> None:
        assert self._told(concern, amara) == "The answer page asked for a call at once."

    def test_answers_typed_on_the_phone_were_shown_on_no_page(self, site: Site, amara: Staff) -> None:
        asked = make_draft(make_plan(site, amara).check_ins.get(code="check_24h"), discharge="pus")
        services.answer_for_patient(check_in=asked, by=Actor.of_staff(amara), at=DAY1)
        assert self._told(Concern.objects.get(), amara) == "The answers were given on the phone, so no answer page was shown."

    def test_a_call_of_the_desk_showed_no_page(self, site: Site, amara: Staff, rosa: Staff) -> None:
        asked = make_plan(site, amara).check_ins.get(code="check_24h")
        task = services.open_call_task(check_in=asked, reason=CallReason.MISSED, by=TASK, at=DAY1)
        assert task is not None
        services.finish_call(task=task, result="clinician_calls_now", by=Actor.of_staff(rosa), at=DAY1)
        assert self._told(Concern.objects.get(), amara) == ""

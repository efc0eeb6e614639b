"""What happens by itself, on frozen clocks: planning, reminders, calls, overdue concerns. Twice is as once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from aftercare import services, tasks
from aftercare.models import CallTask, CheckIn, Concern, ConcernEvent, Plan
from clinic.models import OutboxMessage, Site, Staff
from patients.models import Patient
from tests.aftercare.make import (
    ENDED,
    TASK,
    make_course,
    make_hours,
    make_patient,
    make_plan,
    make_response,
    make_session,
)
from treatments.models import EnteredInError


def _sent(plan: Plan, code: str, at: datetime) -> CheckIn:
    """The mail of a check-in as having left at `at`."""
    check_in = plan.check_ins.get(code=code)
    OutboxMessage.objects.filter(pk=check_in.message.outbox_id).update(state="sent", sent_at=at)
    return check_in


class TestPlanEndedSessions:
    """`aftercare.plan_ended_sessions`."""

    def test_plans_what_ended_once(self, site: Site, amara: Staff) -> None:
        make_session(make_course(make_patient(site), amara), amara)
        with time_machine.travel(ENDED + timedelta(minutes=1), tick=False):
            assert tasks.plan_ended_sessions() == 1
            assert tasks.plan_ended_sessions() == 0
        assert Plan.objects.get().messages.get(code="instructions").outbox.send_after == ENDED

    def test_leaves_what_has_not_ended_yet(self, site: Site, amara: Staff) -> None:
        make_session(make_course(make_patient(site), amara), amara)
        with time_machine.travel(ENDED - timedelta(minutes=1), tick=False):
            assert tasks.plan_ended_sessions() == 0

    def test_one_broken_session_does_not_stop_the_next(
        self, site: Site, amara: Staff, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = make_session(make_course(make_patient(site), amara), amara)
        make_session(make_course(make_patient(site), amara), amara, ended_at=ENDED + timedelta(minutes=2))
        real = services.plan_aftercare

        def stumble(**values: object) -> object:
            if values["session_uuid"] == broken.uuid:
                raise RuntimeError("broken")
            return real(**values)  # type: ignore[arg-type]

        monkeypatch.setattr(services, "plan_aftercare", stumble)
        with time_machine.travel(ENDED + timedelta(minutes=5), tick=False):
            assert tasks.plan_ended_sessions() == 1

    def test_stops_what_was_entered_in_error(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        EnteredInError.objects.create(session=plan.session, reason="wrong patient", by=amara, at=ENDED)
        with time_machine.travel(ENDED + timedelta(hours=1), tick=False):
            tasks.plan_ended_sessions()
        plan.refresh_from_db()
        assert plan.state == "cancelled"

    def test_what_is_soon_due_follows_a_new_address(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara, email="")
        plan.patient.email = "new@patient.example"
        plan.patient.save()
        with time_machine.travel(ENDED + timedelta(hours=23, minutes=55), tick=False):
            tasks.plan_ended_sessions()
        assert plan.messages.get(code="check_24h").outbox.recipient == "new@patient.example"


class TestRemindMissedCheckIns:
    """`aftercare.remind_missed_check_ins` (SETTLED 6)."""

    def _at(self, at: datetime) -> int:
        with time_machine.travel(at, tick=False):
            return tasks.remind_missed_check_ins()

    def test_a_reminder_after_twelve_hours_once(self, site: Site, amara: Staff) -> None:
        sent = ENDED + timedelta(hours=24)
        check_in = _sent(make_plan(site, amara), "check_24h", sent)
        assert self._at(sent + timedelta(hours=11, minutes=59)) == 0
        assert self._at(sent + timedelta(hours=12)) == 1
        assert self._at(sent + timedelta(hours=13)) == 0
        row = OutboxMessage.objects.get(kind="check_in_reminder")
        assert row.cause_uuid == check_in.uuid

    def test_a_reminder_that_waits_is_cancelled_with_its_plan_and_says_why(self, site: Site, amara: Staff) -> None:
        sent = ENDED + timedelta(hours=24)
        plan = make_plan(site, amara)
        _sent(plan, "check_24h", sent)
        assert self._at(sent + timedelta(hours=12)) == 1
        EnteredInError.objects.create(session=plan.session, reason="wrong patient", by=amara, at=sent + timedelta(hours=13))
        with time_machine.travel(sent + timedelta(hours=13), tick=False):
            tasks.plan_ended_sessions()
        row = OutboxMessage.objects.get(kind="check_in_reminder")
        assert (row.state, row.reason) == ("cancelled", "session entered in error")

    def test_a_call_task_after_a_day_once(self, site: Site, amara: Staff) -> None:
        sent = ENDED + timedelta(hours=24)
        _sent(make_plan(site, amara), "check_24h", sent)
        self._at(sent + timedelta(hours=24))
        self._at(sent + timedelta(hours=25))
        assert [task.reason for task in CallTask.objects.all()] == ["missed_check_in"]

    def test_the_48_hour_check_in_is_not_chased(self, site: Site, amara: Staff) -> None:
        sent = ENDED + timedelta(hours=48)
        _sent(make_plan(site, amara), "check_48h", sent)
        with time_machine.travel(sent + timedelta(hours=30), tick=False):
            tasks.remind_missed_check_ins()
        assert not CallTask.objects.filter(check_in__code="check_48h").exists()
        assert not OutboxMessage.objects.filter(kind="check_in_reminder").exists()

    def test_an_answer_ends_the_chase(self, site: Site, amara: Staff) -> None:
        sent = ENDED + timedelta(hours=24)
        check_in = _sent(make_plan(site, amara), "check_24h", sent)
        make_response(check_in, at=sent + timedelta(hours=1))
        assert self._at(sent + timedelta(hours=25)) == 0

    def test_without_mail_the_desk_phones_at_once(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara, mail_mode="none")
        due = ENDED + timedelta(hours=24)
        OutboxMessage.objects.filter(planned_message__plan=plan, planned_message__code="check_24h").update(
            state="skipped", reason="no consent to e-mail: the desk phones"
        )
        self._at(due + timedelta(minutes=1))
        assert [task.reason for task in CallTask.objects.all()] == ["no_mail"]


class TestWatchResponseClocks:
    """`aftercare.watch_response_clocks`."""

    def _at(self, at: datetime) -> int:
        with time_machine.travel(at, tick=False):
            return tasks.watch_response_clocks()

    def test_an_urgent_concern_is_mailed_again_every_half_hour(self, site: Site, amara: Staff) -> None:
        opened = ENDED + timedelta(hours=25)
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=opened, discharge="pus")
        assert self._at(opened + timedelta(minutes=29)) == 0
        assert self._at(opened + timedelta(minutes=30)) == 1
        assert self._at(opened + timedelta(minutes=31)) == 0
        assert self._at(opened + timedelta(minutes=60)) == 1
        assert ConcernEvent.objects.filter(kind="overdue").count() == 2
        assert OutboxMessage.objects.filter(kind="concern_alert", context__overdue=True).count() == 2

    def _mailed(self, since: datetime, hours: int) -> list[datetime]:
        times = [since + timedelta(minutes=5 * number) for number in range(hours * 12)]
        return [at for at in times if self._at(at)]

    def test_reminders_slow_down_and_never_end(self, site: Site, amara: Staff) -> None:
        opened = ENDED + timedelta(hours=25)
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=opened, discharge="pus")
        mailed = self._mailed(opened, 12)
        assert mailed[:8] == [opened + timedelta(minutes=30 * number) for number in range(1, 9)]
        assert mailed[8:] == [opened + timedelta(hours=hours) for hours in (6, 8, 10)]
        assert self._at(opened + timedelta(days=40)) == 1

    def test_whoever_opens_the_site_is_reminded(self, site: Site, amara: Staff) -> None:
        make_hours(site)
        night = datetime(2026, 3, 3, 22, tzinfo=UTC)
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=night, discharge="pus")
        assert [f"{at:%H:%M}" for at in self._mailed(night, 12)[7:]] == ["02:00", "04:00", "06:00", "08:00", "09:00"]

    def test_what_people_did_with_it_uses_up_no_reminder(self, site: Site, amara: Staff, okoro: Staff) -> None:
        from clinic.audit import Actor

        opened = ENDED + timedelta(hours=25)
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=opened, discharge="pus")
        concern, by = Concern.objects.get(), Actor.of_staff(amara)
        for minute in range(9):
            at = opened + timedelta(minutes=minute)
            services.claim_concern(concern=concern, by=by, at=at)
            services.hand_back_concern(concern=concern, words="off", by=by, at=at)
        assert self._at(opened + timedelta(minutes=30)) == 1

    def test_a_planned_next_try_is_waited_for(self, site: Site, amara: Staff) -> None:
        from clinic.audit import Actor

        opened = ENDED + timedelta(hours=25)
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=opened, discharge="pus")
        concern, by = Concern.objects.get(), Actor.of_staff(amara)
        services.claim_concern(concern=concern, by=by, at=opened)
        called, again = opened + timedelta(minutes=20), opened + timedelta(minutes=50)
        services.log_call(concern=concern, words="", reached=False, next_try_at=again, by=by, at=called)
        assert self._at(opened + timedelta(minutes=45)) == 0
        assert self._at(again) == 1

    def test_nobody_is_reminded_of_a_concern_of_one_who_has_died(self, site: Site, amara: Staff) -> None:
        """A death stops everything quietly (SETTLED). The concern stays open for a clinician to close; taken back, its reminders go on."""
        plan = make_plan(site, amara)
        make_response(plan.check_ins.get(code="check_24h"), at=ENDED + timedelta(hours=24), discharge="pus")
        Patient.objects.update(deceased_on=ENDED.date())
        assert self._at(ENDED + timedelta(hours=25)) == 0
        assert Concern.objects.get().state == "open"
        Patient.objects.update(deceased_on=None)
        assert self._at(ENDED + timedelta(hours=26)) == 1

    def test_a_closed_concern_is_left_alone(self, site: Site, amara: Staff) -> None:
        from clinic.audit import Actor

        opened = ENDED + timedelta(hours=25)
        make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=opened, discharge="pus")
        concern, by = Concern.objects.get(), Actor.of_staff(amara)
        services.claim_concern(concern=concern, by=by, at=opened)
        services.close_concern(concern=concern, outcome="advice", words="Seen", by=by, at=opened)
        assert self._at(opened + timedelta(days=1)) == 0
        assert not OutboxMessage.objects.filter(kind="concern_alert", state="planned").exists()


def test_an_invitation_goes_back_into_the_plan_when_its_hold_is_lifted_elsewhere(site: Site, amara: Staff) -> None:
    from clinic.audit import Actor
    from patients.models import Hold
    from patients.services import release_hold

    at = ENDED + timedelta(hours=25)
    plan = make_plan(site, amara)
    make_response(plan.check_ins.get(code="check_24h"), at=at, discharge="pus")
    row = plan.messages.get(code="invitation").outbox
    OutboxMessage.objects.filter(pk=row.pk).update(state="held", reason="a red flag is open")
    with time_machine.travel(at, tick=False):
        tasks.watch_response_clocks()
        row.refresh_from_db()
        assert row.state == "held"
        release_hold(hold=Hold.objects.get(), reason="seen", by=Actor.of_staff(amara), at=at)
        tasks.watch_response_clocks()
    row.refresh_from_db()
    assert row.state == "planned"


def test_no_task_takes_an_argument() -> None:
    import inspect

    for task in (tasks.plan_ended_sessions, tasks.remind_missed_check_ins, tasks.watch_response_clocks):
        assert not inspect.signature(task.run).parameters
    assert TASK.kind == "task"

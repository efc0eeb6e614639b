"""Recalls: due when the window opens, contacted, booked by themselves, dismissed with a reason, done."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
import time_machine

from aftercare.tasks import watch_response_clocks
from appointments import selectors, services
from appointments.emails.offers import may_send_invitation
from appointments.models import Appointment, Recall, RecallAttempt, VisitType
from appointments.rules import AppointmentState
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox import deliver
from patients.services import place_hold, record_rescreen, release_hold
from tests.appointments.make import DESK, NOW, at_hour, make_clinic, make_talk, make_visit
from tests.clinic.outbox_make import FakeRelay
from tests.treatments.make import make_draft, make_ended, make_entry
from treatments import services as sessions
from treatments.models import Device, TreatmentSession

TASK = Actor.of_task("appointments.open_recalls")
TODAY = NOW.date()


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


def treated(site: Site, amara: Staff, days_ago: int) -> Recall | None:
    """A patient whose last session was so many days ago; the sweep has run."""
    session = make_ended(site, amara, at=NOW - timedelta(days=days_ago))
    services.open_recalls(by=TASK, at=NOW)
    return Recall.objects.filter(after=session).first()


@pytest.mark.django_db
class TestOpening:
    """When a recall begins."""

    @pytest.mark.parametrize(("days_ago", "there"), [(27, False), (28, True), (43, True)])
    def test_on_the_day_the_window_opens(self, site: Site, amara: Staff, days_ago: int, there: bool) -> None:
        assert (treated(site, amara, days_ago) is not None) is there

    def test_twice_adds_nothing(self, site: Site, amara: Staff) -> None:
        treated(site, amara, 30)
        assert services.open_recalls(by=TASK, at=NOW) == 0
        assert Recall.objects.count() == 1

    def test_who_is_booked_already_is_not_due(self, site: Site, amara: Staff, needling: VisitType) -> None:
        session = make_ended(site, amara, at=NOW - timedelta(days=30))
        make_visit(session.patient, needling, amara, at_hour(14))
        services.open_recalls(by=TASK, at=NOW)
        assert Recall.objects.get().state == "booked"

    def test_the_next_session_ends_it(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 35)
        assert recall is not None
        at, by = NOW - timedelta(days=1), Actor.of_staff(amara)
        record_rescreen(patient=recall.patient, on=at.date(), changed=False, words="", by=DESK, at=at)
        entry = make_entry(site, device=Device.objects.first())
        started = sessions.start_session(record=make_draft(site, amara, entry, at, patient=recall.patient), by=by, at=at)
        sessions.end_session(record=started, ended_at=at + timedelta(minutes=40), by=by, at=at + timedelta(minutes=40))
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db()
        assert recall.state == "done"


@pytest.mark.django_db
class TestAfterAnError:
    """A session entered in error did not take place for this patient (SETTLED 7): nobody falls off the list by it, and nobody is invited after it."""

    def again(self, recall: Recall, amara: Staff, at: datetime) -> TreatmentSession:
        """Another session of the same patient, which has ended."""
        record_rescreen(patient=recall.patient, on=at.date(), changed=False, words="", by=DESK, at=at)
        by, entry = Actor.of_staff(amara), make_entry(site=recall.site, device=Device.objects.first())
        started = sessions.start_session(record=make_draft(recall.site, amara, entry, at, patient=recall.patient), by=by, at=at)
        return sessions.end_session(record=started, ended_at=at + timedelta(minutes=40), by=by, at=at + timedelta(minutes=40))

    def in_error(self, session: TreatmentSession, amara: Staff) -> None:
        sessions.mark_entered_in_error(record=session, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=NOW)
        services.open_recalls(by=TASK, at=NOW)

    @pytest.mark.parametrize("tried", [True, False])
    def test_the_one_that_it_ended_is_open_again(self, tried: bool, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 35)
        assert recall is not None
        if tried:
            services.note_recall(recall=recall, channel="phone", result="no_answer", note="", by=DESK, at=NOW)
        session = self.again(recall, amara, NOW - timedelta(days=1))
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db()
        assert recall.state == "done"
        self.in_error(session, amara)
        assert selectors.recalls(site, TODAY).get() == recall
        recall.refresh_from_db()
        assert recall.state == ("contacted" if tried else "due")

    def test_the_one_that_follows_it_is_closed_and_its_invitation_stays_here(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        services.invite_recalls(recalls=[recall], by=DESK, at=NOW)
        row = OutboxMessage.objects.get(kind="recall_invitation")
        sessions.mark_entered_in_error(record=recall.after, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=NOW)
        assert may_send_invitation(row, NOW).word == "cancel"  # before the sweep, too
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db()
        assert (recall.state, recall.dismissed_because) == ("dismissed", "The record of its session was entered in error.")
        assert not selectors.recalls(site, TODAY).exists()

    def test_the_session_before_it_counts_again_and_the_patient_is_listed_once(self, site: Site, amara: Staff) -> None:
        first = treated(site, amara, 70)
        assert first is not None
        wrong = self.again(first, amara, NOW - timedelta(days=30))
        services.open_recalls(by=TASK, at=NOW)
        assert selectors.recalls(site, TODAY).get().after == wrong
        self.in_error(wrong, amara)
        assert selectors.recalls(site, TODAY).get() == first

    def test_a_visit_put_back_keeps_it_booked_until_somebody_says_what_is_true(self, site: Site, amara: Staff, needling: VisitType) -> None:
        recall = treated(site, amara, 35)
        assert recall is not None
        visit = make_visit(recall.patient, needling, amara, at_hour(9))
        session = self.again(recall, amara, NOW - timedelta(days=1))
        Appointment.objects.filter(pk=visit.pk).update(session=session, state="done")
        services.open_recalls(by=TASK, at=NOW)
        sessions.mark_entered_in_error(record=session, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=NOW)
        services.sweep_states(by=TASK, at=NOW)
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db(), visit.refresh_from_db()
        assert (visit.state, recall.state, recall.appointment) == ("arrived", "booked", visit)
        services.change_state(appointment=visit, to=AppointmentState.DONE, by=DESK, at=NOW)  # here, but not treated
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db()
        assert (recall.state, recall.appointment) == ("due", None)


@pytest.mark.django_db
class TestCourse:
    """The course decides: over, through, or another one with its own window (docs/decisions/0021)."""

    def plan(self, recall: Recall, amara: Staff, phase: str) -> None:
        sessions.plan_course(patient=recall.patient, planned_sessions=4, phase=phase, indication="AGA", staff=amara, by=Actor.of_staff(amara), at=NOW)

    def test_of_maintenance_waits_for_its_window(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        self.plan(recall, amara, "maintenance")
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db()
        assert (recall.opens_on - TODAY).days == 56 - 30 and (recall.closes_on - TODAY).days == 92 - 30
        assert not selectors.recalls(site, TODAY).exists() and selectors.recall_counts(site, TODAY) == {}
        assert selectors.recalls(site, recall.opens_on).get() == recall and selectors.recall_counts(site, recall.opens_on) == {"due": 1}

    def test_planned_before_the_window_is_recalled_in_its_own(self, site: Site, amara: Staff) -> None:
        session = make_ended(site, amara, at=NOW - timedelta(days=56))
        sessions.plan_course(patient=session.patient, planned_sessions=4, phase="maintenance", indication="AGA", staff=amara, by=Actor.of_staff(amara), at=NOW - timedelta(days=50))
        services.open_recalls(by=TASK, at=NOW - timedelta(days=1))
        assert not Recall.objects.exists()
        services.open_recalls(by=TASK, at=NOW)
        assert Recall.objects.get().opens_on == TODAY

    def test_a_stopped_course_calls_nobody(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        sessions.end_course(course=recall.after.course, reason="pleased", by=Actor.of_staff(amara), at=NOW)
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db()
        assert (recall.state, recall.dismissed_because) == ("dismissed", "The course is over.")

    def test_a_course_that_is_through_is_for_a_clinician_first(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        recall.after.course.__class__.objects.update(planned_sessions=1)
        for row in (selectors.recalls(site, TODAY).get(), Recall.objects.get()):
            assert selectors.why_not_invited(row) == "all planned sessions took place: a clinician decides first"
        assert services.invite_recalls(recalls=[recall], by=DESK, at=NOW) == 0


@pytest.mark.django_db
class TestWorking:
    """What the desk does."""

    def test_every_try_is_a_row_and_says_contacted(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        for result in ("no_answer", "message"):
            services.note_recall(recall=recall, channel="phone", result=result, note="", by=DESK, at=NOW)
        recall.refresh_from_db()
        assert (recall.state, RecallAttempt.objects.count()) == ("contacted", 2)

    def test_leaving_out_needs_a_reason_and_can_be_taken_back(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        with pytest.raises(Refused):
            services.note_recall(recall=recall, channel="phone", result="dismissed", note="  ", by=DESK, at=NOW)
        services.note_recall(recall=recall, channel="phone", result="dismissed", note="moved abroad", by=DESK, at=NOW)
        assert not selectors.recalls(site, TODAY).exists()
        services.reopen_recall(recall=recall, by=DESK, at=NOW)
        assert selectors.recalls(site, TODAY).get().state == "contacted"

    def test_a_booking_links_itself_and_a_cancellation_opens_it_again(self, site: Site, amara: Staff, needling: VisitType) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        visit = make_visit(recall.patient, needling, amara, at_hour(14))
        recall.refresh_from_db()
        assert (recall.state, recall.appointment_id) == ("booked", visit.pk)
        services.cancel_appointment(appointment=visit, reason="ill", by=DESK, at=NOW)
        services.open_recalls(by=TASK, at=NOW)
        recall.refresh_from_db()
        assert (recall.state, recall.appointment_id) == ("due", None)

    def test_invitations_go_to_whom_they_may_and_are_logged(self, site: Site, amara: Staff) -> None:
        going, held, silent = (treated(site, amara, days) for days in (30, 31, 32))
        assert going and held and silent
        place_hold(patient=held.patient, blocks=["invitations"], cause_kind="concern", cause_uuid=None, reason="red flag", by=DESK, at=NOW)
        silent.patient.email = ""
        silent.patient.save()
        rows = list(selectors.recalls(site, TODAY))
        assert services.invite_recalls(recalls=rows, by=DESK, at=NOW) == 1
        mail = OutboxMessage.objects.get(kind="recall_invitation")
        assert mail.patient_uuid == going.patient.uuid
        assert RecallAttempt.objects.get().result == "invited"

    def test_a_consultation_stops_no_invitation(self, site: Site, amara: Staff, needling: VisitType) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        make_visit(recall.patient, make_talk(), amara, at_hour(11, days=9))
        assert services.invite_recalls(recalls=[recall], by=DESK, at=NOW) == 1
        assert may_send_invitation(OutboxMessage.objects.get(kind="recall_invitation"), NOW).word == "go"

    def test_who_has_a_session_booked_is_not_invited_and_nothing_is_logged(self, site: Site, amara: Staff, needling: VisitType) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        make_visit(recall.patient, needling, amara, at_hour(11, days=9))
        Recall.objects.update(state="due", appointment=None)
        recall.refresh_from_db()
        assert services.invite_recalls(recalls=[recall], by=DESK, at=NOW) == 0
        assert not RecallAttempt.objects.exists() and not OutboxMessage.objects.filter(kind="recall_invitation").exists()

    def test_an_invitation_held_by_a_flag_goes_when_it_is_lifted(self, site: Site, amara: Staff) -> None:
        recall = treated(site, amara, 30)
        assert recall is not None
        services.invite_recalls(recalls=[recall], by=DESK, at=NOW)
        hold = place_hold(patient=recall.patient, blocks=["invitations"], cause_kind="concern", cause_uuid=None, reason="red flag", by=DESK, at=NOW)
        with mock.patch.object(deliver, "open_carrier", FakeRelay()):
            deliver.drain(at=NOW)
            assert OutboxMessage.objects.get(kind="recall_invitation").state == "held"
            later = NOW + timedelta(hours=1)
            release_hold(hold=hold, reason="seen", by=Actor.of_staff(amara), at=later)
            with time_machine.travel(later, tick=False):
                watch_response_clocks()
            deliver.drain(at=later)
        assert OutboxMessage.objects.get(kind="recall_invitation").state == "sent"

    def test_the_list_filters(self, site: Site, amara: Staff) -> None:
        for days in (30, 60):
            treated(site, amara, days)
        assert [row.closes_on < TODAY for row in selectors.recalls(site, TODAY)] == [True, False]
        assert selectors.recalls(site, TODAY, overdue=True).count() == 1
        assert selectors.recalls(site, TODAY, query="MARSH").count() == 2
        assert selectors.recalls(site, TODAY, query="nobody").count() == 0

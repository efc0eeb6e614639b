"""How the clinic runs (PRODUCT J9): follow-up, waiting times, mail. Expectations counted by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from appointments.models import Appointment, StatusChange, VisitType
from appointments.selectors import PUT_BACK
from clinic.audit import Actor
from clinic.models import DeliveryEvent, OutboxMessage, Site, Staff
from clinic.outbox.tags import tag
from desk.selectors.running import clinic_running
from desk.selectors.tables import Row, Table
from patients.models import Patient
from tests.appointments.make import make_clinic
from tests.clinic.outbox_make import make_row, probe
from tests.treatments.make import make_course, make_patient
from treatments.models import Course, TreatmentSession

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def table(staff: Staff, code: str) -> Table:
    found = clinic_running(Actor.of_staff(staff), at=NOW).table(code)
    assert found is not None
    return found


def row(staff: Staff, code: str, label: str) -> Row:
    return next(row for row in table(staff, code).rows if row.label.startswith(label))


def came(course: Course, staff: Staff, *days: int, state: str = "signed") -> None:
    """Sessions so many days after the first of June."""
    for number, day in enumerate(days, start=1):
        at = FIRST + timedelta(days=day)
        TreatmentSession.objects.create(
            patient=course.patient, course=course, site=course.patient.site, number=number, operator=staff, state=state, opened_at=at, planned_start_at=at,
            started_at=at, ended_at=at + timedelta(minutes=30), saved_at=at, saved_by="t",
        )  # fmt: skip


class TestFollowUp:
    """In time: before the window closes (42 days in the first course, 92 in maintenance; S10)."""

    def planned(self, site: Site, amara: Staff, sessions: int = 4, **fields: Any) -> Course:
        return make_course(make_patient(site), amara, planned_sessions=sessions, **fields)

    @pytest.mark.parametrize(("gap", "in_time"), [(28, 6), (42, 6), (43, 0)])
    def test_the_day_on_which_the_window_closes_counts(self, gap: int, in_time: int, site: Site, amara: Staff, max_: Staff) -> None:
        for _number in range(6):
            came(self.planned(site, amara, 2), amara, 0, gap)
        found = row(max_, "follow-up-phase", "First course")
        assert (found.total, found.count) == (6, in_time)

    @pytest.mark.parametrize(("gap", "in_time"), [(92, 6), (93, 0)])
    def test_maintenance_has_its_own_window(self, gap: int, in_time: int, site: Site, amara: Staff, max_: Staff) -> None:
        for _number in range(6):
            came(self.planned(site, amara, 2, phase="maintenance"), amara, 0, gap)
        assert row(max_, "follow-up-phase", "Maintenance").count == in_time

    def test_the_last_of_a_course_and_a_window_still_open_are_not_asked(self, site: Site, amara: Staff, max_: Staff) -> None:
        for _number in range(6):
            came(self.planned(site, amara, 1), amara, 0)  # complete
            came(self.planned(site, amara, 4), amara, 110)  # 19 September: closes on 31 October, the day before this month
            came(self.planned(site, amara, 4), amara, 111)  # closes on 1 November
        found = row(max_, "follow-up-phase", "First course")
        assert (found.total, found.count) == (6, 0)

    def test_what_was_a_mistake_or_a_draft_is_no_next_session(self, site: Site, amara: Staff, max_: Staff) -> None:
        for _number in range(6):
            course = self.planned(site, amara, 3)
            came(course, amara, 0)
            at = FIRST + timedelta(days=30)
            TreatmentSession.objects.create(patient=course.patient, course=course, site=site, number=2, operator=amara, state="draft", opened_at=at, planned_start_at=at, saved_at=at, saved_by="t")
        assert row(max_, "follow-up-phase", "First course").count == 0

    def test_under_five_is_hidden_and_other_sites_do_not_count(self, site: Site, amara: Staff, max_: Staff) -> None:
        for _number in range(4):
            came(self.planned(site, amara, 2), amara, 0, 30)
        assert all(found.is_hidden for found in table(max_, "follow-up-phase").rows)
        other = Site.objects.create(clinic=site.clinic, name="Leeds", zone="Europe/London", phone="0113 496 0000")
        Patient.objects.update(site=other)
        assert all(found.total == 0 or found.is_hidden for found in table(max_, "follow-up-phase").rows)

    def test_invitations_and_the_bookings_that_follow(self, site: Site, amara: Staff, max_: Staff) -> None:
        kind = make_clinic(site, amara)
        sent = datetime(2026, 9, 1, 9, tzinfo=UTC)
        for days, by in ((1, "patient by choose_time link"), (13, "Rosa Delgado"), (15, "patient by choose_time link"), (None, "")):
            patient = make_patient(site)
            with probe():
                message = make_row(patient_uuid=patient.uuid)
            OutboxMessage.objects.filter(pk=message.pk).update(kind="follow_up_invitation", state="sent", sent_at=sent, send_after=sent)
            if days is not None:
                at = sent + timedelta(days=days)
                Appointment.objects.create(patient=patient, site=site, visit_type=kind, clinician=amara, starts_at=at + timedelta(days=5), ends_at=at + timedelta(days=5, hours=1),
                                           state_since=at, booked_at=at, booked_by=by)  # fmt: skip
        found = table(max_, "follow-up-invitations")
        assert [(line.total, line.count) for line in found.rows] == [(4, 1), (4, 2)]


class TestTimes:
    """Arrived 09:00; into a room after so many minutes; done half an hour later."""

    def visit(self, site: Site, amara: Staff, kind: VisitType, minutes: int, *, undone: bool = False) -> None:
        at = datetime(2026, 10, 5, 9, tzinfo=UTC)
        inside = at + timedelta(minutes=minutes)
        visit = Appointment.objects.create(patient=make_patient(site), site=site, visit_type=kind, clinician=amara, starts_at=at, ends_at=at + timedelta(hours=1),
                                           state="done", state_since=at, booked_at=at, booked_by="t", in_room_at=inside)  # fmt: skip
        if undone:
            wrong = StatusChange.objects.create(appointment=visit, at=inside - timedelta(minutes=1), was="booked", now="arrived", by="t")
            StatusChange.objects.create(appointment=visit, at=inside, was="arrived", now="booked", by="t", what="undo", undoes=wrong)
        StatusChange.objects.create(appointment=visit, at=at, was="booked", now="arrived", by="t")
        StatusChange.objects.create(appointment=visit, at=inside + timedelta(minutes=30), was="in_session", now="done", by="t")

    def test_the_median_its_middle_half_and_who_waited_too_long(self, site: Site, amara: Staff, max_: Staff) -> None:
        kind = make_clinic(site, amara)
        VisitType.objects.filter(pk=kind.pk).update(waiting_limit_minutes=15)
        for minutes in (2, 4, 6, 15, 16):
            self.visit(site, amara, kind, minutes, undone=minutes == 6)
        (waiting,), (inside,) = table(max_, "waiting").rows, table(max_, "in-room").rows
        assert (waiting.total, waiting.value, waiting.low, waiting.high) == (5, 6, 4, 15)
        assert (inside.value, inside.low, inside.high) == (30, 30, 30)
        (long,) = table(max_, "waiting-long").rows
        assert (long.total, long.count) == (5, 1)

    def test_a_visit_whose_record_was_a_mistake_has_no_time_that_is_known(self, site: Site, amara: Staff, max_: Staff) -> None:
        """It was put back, and said anew three days later: that is not how long its patient was in the room (0046)."""
        kind = make_clinic(site, amara)
        for minutes in (2, 4, 6, 15, 16):
            self.visit(site, amara, kind, minutes)
        self.visit(site, amara, kind, 5)
        visit = Appointment.objects.latest("pk")
        done = visit.changes.get(now="done")
        later = done.at + timedelta(days=3)
        StatusChange.objects.create(appointment=visit, at=later, was="done", now="in_session", by="t", what="undone", undoes=done, reason=PUT_BACK)
        StatusChange.objects.create(appointment=visit, at=later, was="in_session", now="done", by="t")
        (waiting,), (inside,) = table(max_, "waiting").rows, table(max_, "in-room").rows
        assert (waiting.total, inside.total, inside.value, inside.high) == (5, 5, 30, 30)

    def test_few_visits_have_no_median(self, site: Site, amara: Staff, max_: Staff) -> None:
        self.visit(site, amara, make_clinic(site, amara), 5)
        (waiting,) = table(max_, "waiting").rows
        assert waiting.total == 1 and waiting.value is None


class TestMail:
    """By kind: due, sent, came back, and how late."""

    def test_counts_and_seconds(self, site: Site, max_: Staff) -> None:
        patient, due = make_patient(site), datetime(2026, 10, 5, 9, tzinfo=UTC)
        for state, seconds in (("sent", 1), ("sent", 3), ("sent", 5), ("failed", None), ("skipped", None), ("planned", None)):
            with probe():
                message = make_row(patient_uuid=patient.uuid)
            sent = due + timedelta(seconds=seconds) if seconds else None
            OutboxMessage.objects.filter(pk=message.pk).update(kind="check_in", state=state, send_after=due, sent_at=sent)
            if seconds == 5:
                for word in ("bounced", "complained", "delivered"):
                    DeliveryEvent.objects.create(message=message, address_tag=tag("a@b.example"), event=word, source="t")
        (sent_row,), (back,), (lag,) = (table(max_, code).rows for code in ("mail-sent", "mail-back", "mail-lag"))
        assert (sent_row.total, sent_row.count) == (5, 3) and (back.total, back.count) == (3, 1)
        assert (lag.total, lag.value, lag.low, lag.high) == (3, 3, 2, 4)

    def test_this_month_and_more_than_a_year_ago_do_not_count(self, site: Site, max_: Staff) -> None:
        patient = make_patient(site)
        for due in (datetime(2026, 11, 1, 0, tzinfo=UTC), datetime(2025, 10, 31, 23, 59, tzinfo=UTC)):
            with probe():
                message = make_row(patient_uuid=patient.uuid)
            OutboxMessage.objects.filter(pk=message.pk).update(kind="check_in", state="sent", send_after=due, sent_at=due)
        assert table(max_, "mail-sent").rows == ()


def test_who_sees_the_page_and_its_files(site: Site, amara: Staff, rosa: Staff, max_: Staff, client_as: Any) -> None:
    def asked(staff: Staff, url: str) -> int:
        client: Client = client_as(staff)
        return client.get(url).status_code

    assert [asked(who, "/reports/results/running/") for who in (amara, max_, rosa)] == [200, 200, 403]
    assert [asked(who, "/reports/results/waiting.csv") for who in (amara, max_)] == [403, 200]

"""A visit that was done only by a session entered in error is put back, with its history, and waits for a word (decision 0046)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments import selectors, services
from appointments.models import Appointment
from appointments.rules import AppointmentState
from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Patient
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from tests.treatments.make import make_course
from treatments import services as sessions
from treatments.models import TreatmentSession

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
LATER = at_hour(12)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def done(site: Site, amara: Staff, *, state: str = "ended") -> Appointment:
    """Booked, arrived, in session; and done where the session has ended."""
    patient = make_clear(site)
    make_course(patient, amara, NOW)
    visit, by = make_visit(patient, make_clinic(site, amara), amara, at_hour(10)), Actor.of_staff(amara)
    services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=at_hour(10))
    visit.refresh_from_db()
    visit = services.start_visit(appointment=visit, operator=amara, by=by, at=at_hour(10))
    if state != "draft":
        ended = {"state": "ended", "started_at": at_hour(10), "ended_at": at_hour(11)} if state == "ended" else {"state": "started", "started_at": at_hour(10)}
        TreatmentSession.objects.update(**ended)
    sweep()
    return Appointment.objects.get(pk=visit.pk)


def sweep() -> int:
    return services.sweep_states(by=Actor.of_task("test"), at=LATER)


def in_error(visit: Appointment, staff: Staff) -> TreatmentSession:
    assert visit.session is not None
    sessions.mark_entered_in_error(record=visit.session, reason="Wrong patient.", staff=staff, by=Actor.of_staff(staff), at=LATER)
    return TreatmentSession.objects.get(pk=visit.session.pk)


def history(visit: Appointment) -> list[tuple[str, str, str]]:
    return list(visit.changes.order_by("pk").values_list("what", "was", "now"))


def test_done_is_taken_back_step_by_step_to_where_people_had_left_it(site: Site, amara: Staff) -> None:
    visit = done(site, amara)
    assert visit.state == "done"
    in_error(visit, amara)
    assert sweep() == 1 and sweep() == 0
    visit.refresh_from_db()
    assert (visit.state, visit.session, visit.state_since) == ("arrived", None, LATER)
    assert history(visit)[-2:] == [("undone", "done", "in_session"), ("undone", "in_session", "arrived")]
    assert [row.reason for row in visit.changes.filter(what="undone")] == [selectors.PUT_BACK] * 2
    assert visit.occupations.exists()


@pytest.mark.parametrize("state", ["draft", "started"])
def test_a_visit_that_was_only_begun_too(state: str, site: Site, amara: Staff) -> None:
    visit = done(site, amara, state=state)
    assert visit.state == "in_session"
    in_error(visit, amara)
    sweep()
    visit.refresh_from_db()
    assert (visit.state, visit.session) == ("arrived", None)


def test_who_was_not_here_is_noted_as_missed(site: Site, amara: Staff) -> None:
    """The desk had pressed *arrived* on the wrong line: it is undone as ever."""
    visit = done(site, amara)
    in_error(visit, amara)
    sweep()
    visit.refresh_from_db()
    services.undo_change(appointment=visit, by=DESK, at=LATER)
    visit.refresh_from_db()
    assert visit.state == "booked"
    services.change_state(appointment=visit, to=AppointmentState.MISSED, by=DESK, at=LATER)
    assert not selectors.visits_put_back(Actor.of_staff(amara)).exists()


def test_who_comes_on_another_day_is_not_asked_about_again(site: Site, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
    """Not here that day: the arrival is undone and the visit moved. When the patient does come, nothing is wrong with it."""
    visit = done(site, amara)
    in_error(visit, amara)
    sweep()
    visit.refresh_from_db()
    services.undo_change(appointment=visit, by=DESK, at=LATER)
    services.move_appointment(appointment=visit, wish=services.Wish(at_hour(10, days=8), amara), by=DESK, at=LATER)
    visit.refresh_from_db()
    services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=at_hour(10, days=8))
    visit.refresh_from_db()
    assert not selectors.visits_put_back(Actor.of_staff(rosa)).exists() and not selectors.is_put_back(visit)


def test_a_word_that_is_taken_back_is_none(site: Site, amara: Staff) -> None:
    visit = done(site, amara)
    in_error(visit, amara)
    sweep()
    services.change_state(appointment=visit, to=AppointmentState.DONE, by=DESK, at=LATER)
    assert not selectors.visits_put_back(Actor.of_staff(amara)).exists()
    services.undo_change(appointment=visit, by=DESK, at=LATER)
    visit.refresh_from_db()
    assert selectors.visits_put_back(Actor.of_staff(amara)).get() == visit and selectors.is_put_back(visit)


def test_it_waits_on_the_board_until_somebody_says_what_is_true(site: Site, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
    visit = done(site, amara)
    in_error(visit, amara)
    sweep()
    client = client_as(rosa)
    assert f'<a href="{reverse("appointments:put_back")}">1 visit to put right</a>' in client.get("/today/").content.decode()
    listed = client.get(reverse("appointments:put_back")).content.decode()
    page = client.get(reverse("appointments:appointment", args=[visit.uuid])).content.decode()
    assert visit.patient.name in listed and "Wrong patient." not in listed + page
    assert "The record of this visit’s session was entered in error." in page and "Taken back" in page
    sent = {"subject": str(visit.patient.uuid)}
    assert client.post(reverse("appointments:change", args=[visit.uuid, "done"]), sent).status_code == 302
    assert "No visit waits" in client.get(reverse("appointments:put_back")).content.decode()
    assert "visit to put right" not in client.get("/today/").content.decode()


def test_a_new_session_can_be_started_from_it(site: Site, amara: Staff) -> None:
    visit = done(site, amara, state="draft")
    wrong = in_error(visit, amara)
    sweep()
    visit.refresh_from_db()
    services.start_visit(appointment=visit, operator=amara, by=Actor.of_staff(amara), at=LATER)
    visit.refresh_from_db()
    assert visit.state == "in_session" and visit.session not in (None, wrong)


@pytest.mark.parametrize("swept_between", [True, False])
def test_written_anew_for_the_same_patient_it_is_done_again(swept_between: bool, site: Site, amara: Staff) -> None:
    """The record was wrong, not the patient: the treatment took place, in this visit."""
    visit = done(site, amara)
    wrong = in_error(visit, amara)
    if swept_between:
        sweep()
    right = sessions.write_right_record(mistaken=wrong, patient=visit.patient, reason="Wrong day.", by=Actor.of_staff(amara), at=LATER)
    sweep(), sweep()
    visit.refresh_from_db()
    assert (visit.state, visit.session) == ("done", right)


def test_a_session_that_was_begun_from_it_meanwhile_keeps_it(site: Site, amara: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep has looked, and before it writes the clinician presses *Start*."""
    visit = done(site, amara)
    wrong = in_error(visit, amara)
    sweep()
    sessions.write_right_record(mistaken=wrong, patient=visit.patient, reason="Wrong day.", by=Actor.of_staff(amara), at=LATER)
    seen = selectors.visits_recorded_anew()
    assert len(seen) == 1
    visit.refresh_from_db()
    services.start_visit(appointment=visit, operator=amara, by=Actor.of_staff(amara), at=LATER)
    visit.refresh_from_db()
    begun = visit.session
    monkeypatch.setattr(selectors, "visits_recorded_anew", lambda: seen)
    sweep()
    visit.refresh_from_db()
    assert (visit.state, visit.session) == ("in_session", begun)


def test_written_for_another_patient_the_visit_stays_put_back(site: Site, amara: Staff) -> None:
    visit = done(site, amara)
    other: Patient = make_clear(site)
    make_course(other, amara, NOW)
    wrong = in_error(visit, amara)
    sessions.write_right_record(mistaken=wrong, patient=other, reason="Chair list.", by=Actor.of_staff(amara), at=LATER + timedelta(minutes=1))
    sweep(), sweep()
    visit.refresh_from_db()
    assert (visit.state, visit.session) == ("arrived", None)


def test_a_visit_is_not_started_while_an_earlier_one_s_session_is_not_finished(site: Site, amara: Staff, client_as: SignIn) -> None:
    """Opened and not begun, for the patient had a fever; now they come again. The page says what is open and leads there; nothing breaks (PRODUCT, bad input)."""
    first = done(site, amara, state="draft")
    visit = make_visit(first.patient, first.visit_type, amara, at_hour(10, days=9), early_reason="as agreed")
    services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=at_hour(10, days=9))
    with time_machine.travel(at_hour(10, days=9), tick=False):
        answer = client_as(amara).post(reverse("appointments:start", args=[visit.uuid]), {"subject": str(visit.patient.uuid)}, follow=True)
    assert first.session is not None
    assert answer.status_code == 200 and answer.redirect_chain[-1][0] == reverse("treatments:session", args=[first.session.uuid])
    assert "is not finished" in answer.content.decode()
    visit.refresh_from_db()
    assert (visit.state, visit.session) == ("arrived", None)

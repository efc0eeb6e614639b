"""The slot finder says of each grey day one precise reason; and the least distance holds when a course is over (S10)."""

from datetime import timedelta

import pytest

from appointments import selectors, services
from appointments.models import Appointment, Room, VisitType, WorkingHours
from appointments.rules import AppointmentState, interval_on
from clinic.models import OpeningHours, Site, Staff
from patients import services as people
from patients.models import Patient
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from tests.treatments.make import make_signed
from treatments.models import Course, Device, EarlierSession, SessionPolicy
from treatments.rules.policy import policy_from


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


def grey(patient: Patient, needling: VisitType, *, days: int = 1, clinician: Staff | None = None, may_early: bool = False) -> str:
    """What the finder says of the day so many days from now."""
    on = NOW.date() + timedelta(days=days)
    rows = selectors.offers(patient=patient, visit_type=needling, from_on=on, days=1, at=NOW, clinician=clinician, may_early=may_early)
    assert bool(rows[0].slots) != bool(rows[0].grey), "free, or grey with a reason"
    return rows[0].grey


@pytest.mark.django_db
class TestGrey:
    """Closed, away, full, no room, no device, too early, deferred: each in its own words."""

    def test_a_free_day_is_not_grey(self, site: Site, needling: VisitType) -> None:
        assert grey(make_clear(site), needling) == ""

    def test_a_closure_with_its_reason_or_without(self, site: Site, needling: VisitType) -> None:
        services.close_site(site=site, on=NOW.date() + timedelta(days=1), reason="bank holiday", by=DESK)
        services.close_site(site=site, on=NOW.date() + timedelta(days=2), reason="", by=DESK)
        patient = make_clear(site)
        assert grey(patient, needling) == "Closed: bank holiday."
        assert grey(patient, needling, days=2) == "The site is closed on this day."

    def test_a_weekday_on_which_the_site_never_opens(self, site: Site, needling: VisitType) -> None:
        OpeningHours.objects.filter(weekday=at_hour(10).weekday()).delete()
        assert grey(make_clear(site), needling) == "Closed on this weekday."

    def test_nobody_works_or_the_one_asked_for_does_not(self, site: Site, amara: Staff, needling: VisitType) -> None:
        WorkingHours.objects.filter(weekday=at_hour(10).weekday()).delete()
        patient = make_clear(site)
        assert grey(patient, needling) == "No clinician works on this day."
        assert grey(patient, needling, clinician=amara) == f"{amara.display_name} does not work on this day."

    def test_away(self, site: Site, amara: Staff, needling: VisitType) -> None:
        services.add_absence(staff=amara, starts_at=at_hour(0), ends_at=at_hour(23), reason="course", by=DESK)
        patient = make_clear(site)
        assert grey(patient, needling) == "Every clinician who works on this day is away."
        assert grey(patient, needling, clinician=amara) == f"{amara.display_name} is away."

    def test_full_by_the_clinician(self, site: Site, amara: Staff, needling: VisitType) -> None:
        WorkingHours.objects.filter(staff=amara).update(ends="10:00")
        make_visit(make_clear(site), needling, amara, at_hour(9))
        patient = make_clear(site)
        assert grey(patient, needling) == "Full: every clinician is booked."
        assert grey(patient, needling, clinician=amara) == f"Full: {amara.display_name} is booked."

    def test_no_time_is_left_today(self, site: Site, amara: Staff, needling: VisitType) -> None:
        WorkingHours.objects.filter(staff=amara).update(starts="09:00", ends="09:30")
        assert grey(make_clear(site), needling) == "Too little time is left for this visit."

    def test_no_room_and_no_device(self, site: Site, needling: VisitType) -> None:
        patient = make_clear(site)
        Device.objects.update(out_of_service=True)
        assert grey(patient, needling) == "No device is in use."
        Room.objects.update(out_of_service=True)
        assert grey(patient, needling) == "No room is in use."

    def test_rooms_or_devices_are_full_though_a_clinician_is_free(self, site: Site, amara: Staff, okoro: Staff, needling: VisitType) -> None:
        for person in (okoro, Staff.objects.create(email="third@clinic.example", name="Third", roles=["clinician"])):
            person.sites.add(site)
            for weekday in range(7):
                WorkingHours.objects.create(staff=person, site=site, weekday=weekday, starts="09:00", ends="10:00")
        WorkingHours.objects.update(ends="10:00")
        Room.objects.create(site=site, name="Room 3")
        for person in (amara, okoro):
            make_visit(make_clear(site), needling, person, at_hour(9))
        assert grey(make_clear(site), needling) == "Full: no device is free."
        Device.objects.create(site=site, name="Pen 3", max_depth_hundredths=250, udi="UDI-3")
        Room.objects.filter(name="Room 3").update(out_of_service=True)
        assert grey(make_clear(site), needling) == "Full: no room is free."

    def test_the_patient_is_elsewhere_at_the_only_free_time(self, site: Site, amara: Staff, okoro: Staff, needling: VisitType) -> None:
        WorkingHours.objects.filter(staff=amara).update(ends="10:00")
        for weekday in range(7):
            WorkingHours.objects.create(staff=okoro, site=site, weekday=weekday, starts="09:00", ends="10:00")
        talk = VisitType.objects.create(code="talk", name="Talk", kind="consultation", minutes=60, needs_screening=False)
        patient = make_clear(site)
        make_visit(patient, talk, okoro, at_hour(9))
        assert grey(patient, needling) == "The patient has another visit at the times that are free."

    def test_a_deferral_says_until_when(self, site: Site, needling: VisitType) -> None:
        until = NOW.date() + timedelta(days=20)
        patient = make_clear(site, birth_on=until.replace(year=until.year - 18))
        assert grey(patient, needling) == f"Not before {until:%-d %B %Y}."
        assert grey(patient, needling, days=19) != ""
        assert grey(patient, needling, days=20) == ""

    def test_a_hold(self, site: Site, needling: VisitType) -> None:
        patient = make_clear(site)
        people.place_hold(patient=patient, blocks=["booking"], cause_kind="desk", cause_uuid=None, reason="x", by=DESK, at=NOW)
        assert grey(patient, needling) == "On hold: a clinician must release it first."

    def test_too_early_says_from_which_day_on_it_is_not(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site)
        EarlierSession.objects.create(patient=patient, on=NOW.date() - timedelta(days=10), source="letter", added_at=NOW, added_by="desk")
        first = NOW.date() + timedelta(days=18)
        assert grey(patient, needling) == f"Too early until {first:%-d %b %Y}: only with a clinician's reason."
        assert grey(patient, needling, may_early=True) == ""
        assert grey(patient, needling, days=18) == ""

    def test_too_near_a_booked_session_names_it(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site)
        other = make_visit(patient, needling, amara, at_hour(10, days=40)).starts_at.date()
        assert grey(patient, needling, days=30) == f"Too early: 10 days from the session on {other:%-d %b %Y}. Only with a clinician's reason."
        assert grey(patient, needling, days=37) == f"Less than 7 days from the session on {other:%-d %b %Y}."

    def test_a_visit_that_runs_now_counts_like_a_booked_one(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site)
        visit = make_visit(patient, needling, amara, at_hour(10))
        Appointment.objects.filter(pk=visit.pk).update(
            state=AppointmentState.IN_SESSION, starts_at=NOW - timedelta(minutes=20), ends_at=NOW + timedelta(minutes=25)
        )
        assert grey(patient, needling, days=3) == f"Less than 7 days from the session on {NOW.date():%-d %b %Y}."


class TestCourseIsOver:
    """No window is proposed any more; the least distance from the last needling stands."""

    @pytest.mark.parametrize(("days", "word"), [(0, "blocked"), (6, "blocked"), (7, "early"), (27, "early"), (28, "free"), (300, "free")])
    def test_the_rule(self, days: int, word: str) -> None:
        last = NOW.date()
        assert interval_on(last + timedelta(days=days), last_on=last, opens_on=None, closes_on=None).word == word

    @pytest.mark.parametrize(("days", "word"), [(9, "blocked"), (10, "early"), (34, "early"), (35, "free")])
    def test_the_rule_with_a_clinic_s_own_numbers(self, days: int, word: str) -> None:
        last, own = NOW.date(), policy_from({"interval_least_days": 10, "interval_free_days": 35})
        assert interval_on(last + timedelta(days=days), last_on=last, opens_on=None, closes_on=None, policy=own).word == word
        assert interval_on(last + timedelta(days=days), last_on=None, opens_on=None, closes_on=None, booked=[last], policy=own).word == word

    @pytest.mark.django_db
    def test_booking_asks_it(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = with_ended_course(site, amara)
        assert selectors.window_for(patient, NOW.date()) is None
        with pytest.raises(services.NotEligible, match="Less than 7 days"):
            make_visit(patient, needling, amara, at_hour(10, days=3))
        with pytest.raises(services.TooEarly):
            make_visit(patient, needling, amara, at_hour(10, days=14))
        assert make_visit(patient, needling, amara, at_hour(10, days=29)).pk


def with_ended_course(site: Site, amara: Staff) -> Patient:
    """A patient whose last session was yesterday, and whose course ended with it."""
    patient = make_signed(site, amara, at=NOW - timedelta(days=1)).session.patient
    Course.objects.filter(patient=patient).update(ended_at=NOW - timedelta(hours=20))
    return patient


@pytest.mark.django_db
class TestTheClinicsNumbers:
    """S10 at booking is S10 at the session: the same approved numbers (J3, SETTLED 4 and 15)."""

    @pytest.fixture(autouse=True)
    def own(self, site: Site) -> None:
        values = {"interval_least_days": 10, "interval_free_days": 35, "initial_opens_days": 28}
        SessionPolicy.objects.create(version=1, values=values, proposed_by="Max", approved_by="Amara", at=NOW)

    def needled(self, site: Site, days_ago: int) -> Patient:
        patient = make_clear(site)
        EarlierSession.objects.create(patient=patient, on=NOW.date() - timedelta(days=days_ago), source="letter", added_at=NOW, added_by="desk")
        return patient

    def test_a_grey_day_and_its_words(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient, last = self.needled(site, 1), NOW.date() - timedelta(days=1)
        assert grey(patient, needling, days=8) == f"Less than 10 days from the session on {last:%-d %b %Y}."
        assert grey(patient, needling, days=8, may_early=True) != ""
        assert grey(patient, needling, days=9) == f"Too early until {last + timedelta(days=35):%-d %b %Y}: only with a clinician's reason."
        assert grey(patient, needling, days=33) != "" and grey(patient, needling, days=34) == ""

    def test_the_booking(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = self.needled(site, 1)
        with pytest.raises(services.NotEligible, match="Less than 10 days"):
            make_visit(patient, needling, amara, at_hour(10, days=8))
        with pytest.raises(services.TooEarly, match="less than 35 days"):
            make_visit(patient, needling, amara, at_hour(10, days=30))
        assert make_visit(patient, needling, amara, at_hour(10, days=30), early_reason="travels").pk

    def test_two_booked_ones(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site)
        make_visit(patient, needling, amara, at_hour(10, days=60))
        with pytest.raises(services.TooEarly):
            make_visit(patient, needling, amara, at_hour(10, days=30))
        assert make_visit(patient, needling, amara, at_hour(10, days=25)).pk

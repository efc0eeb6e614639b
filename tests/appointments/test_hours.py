"""Working time: what a change strands, and hours as people write them."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as some

from appointments import selectors, services
from appointments.forms import HoursForm
from appointments.models import Absence, Appointment, Room, VisitType, WorkingHours
from appointments.rules import Span, minus, shared, starts_in
from clinic.errors import Refused
from clinic.models import Site, Staff
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


@pytest.mark.django_db
class TestStranded:
    """A change never moves a visit by itself; it is shown, with the reason."""

    def why(self, site: Site) -> list[str]:
        return [row.why for row in selectors.stranded(site, NOW)]

    def test_nothing_is_stranded_inside_the_hours(self, site: Site, amara: Staff, needling: VisitType) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10))
        assert self.why(site) == []

    def test_hours_that_shrink(self, site: Site, amara: Staff, needling: VisitType) -> None:
        visit = make_visit(make_clear(site), needling, amara, at_hour(15))
        services.set_working_hours(staff=amara, site=site, weekday=visit.starts_at.weekday(), spans=[(time(9), time(12))], by=DESK)
        assert self.why(site) == ["outside working hours"]

    def test_an_absence_a_closure_and_a_room(self, site: Site, amara: Staff, needling: VisitType) -> None:
        visits = [make_visit(make_clear(site), needling, amara, at_hour(10, days=day)) for day in (1, 2, 3)]
        services.add_absence(staff=amara, starts_at=at_hour(8), ends_at=at_hour(12), reason="course", by=DESK)
        services.close_site(site=site, on=visits[1].starts_at.date(), reason="holiday", by=DESK)
        Appointment.objects.filter(pk=visits[2].pk).update(room=Room.objects.create(site=site, name="Room 9", out_of_service=True))
        assert self.why(site) == ["the clinician is away", "the site is closed", "its room is out of use"]

    def test_what_is_taken_back_strands_nobody(self, site: Site, amara: Staff, needling: VisitType) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10))
        away = services.add_absence(staff=amara, starts_at=at_hour(8), ends_at=at_hour(12), reason="", by=DESK)
        services.remove_absence(absence=away, by=DESK)
        assert (self.why(site), Absence.objects.count()) == ([], 0)

    def test_whole_days_away_are_said_as_days_the_last_one_included(self, site: Site, amara: Staff, needling: VisitType, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        first = at_hour(0).astimezone(site.tz).replace(hour=0)
        services.add_absence(staff=amara, starts_at=first, ends_at=first + timedelta(days=3), reason="course", by=DESK)
        services.add_absence(staff=amara, starts_at=at_hour(8, days=9), ends_at=at_hour(12, days=9), reason="dentist", by=DESK)
        with time_machine.travel(NOW, tick=False):
            page = client_as(rosa).get("/appointments/working-time/").content.decode()
        last = first + timedelta(days=2)
        assert f"<span>{first:%a %-d %b %Y} – {last:%a %-d %b %Y} · course</span>" in page
        assert f"{at_hour(8, days=9).astimezone(site.tz):%a %-d %b %Y, %H:%M} – " in page

    def test_an_end_before_its_start_changes_nothing(self, site: Site, amara: Staff, needling: VisitType) -> None:
        with pytest.raises(Refused):
            services.set_working_hours(staff=amara, site=site, weekday=0, spans=[(time(12), time(9))], by=DESK)
        assert WorkingHours.objects.filter(staff=amara, weekday=0).count() == 1


class TestWriting:
    """Hours as people write them."""

    @pytest.mark.parametrize(
        ("text", "spans"),
        [
            ("9:00-12:30, 14-18", [(time(9), time(12, 30)), (time(14), time(18))]), ("9 - 17", [(time(9), time(17))]),
            ("09.30–12.00", [(time(9, 30), time(12))]), ("", []), ("8 to 16", [(time(8), time(16))]),
        ],
    )  # fmt: skip
    @pytest.mark.django_db
    def test_is_understood(self, text: str, spans: list[tuple[time, time]]) -> None:
        form = HoursForm({"weekday": "0", "hours": text}, clinicians=Staff.objects.none())
        assert form.is_valid(), form.errors
        assert form.cleaned_data["hours"] == spans

    @pytest.mark.parametrize("text", ["nine to five", "25-26", "9:75-12", "9-", "9:00 12:00"])
    @pytest.mark.django_db
    def test_is_refused_in_words(self, text: str) -> None:
        form = HoursForm({"weekday": "0", "hours": text}, clinicians=Staff.objects.none())
        assert "is not a stretch of time" in str(form.errors)


_SPANS = some.lists(some.tuples(some.integers(0, 95), some.integers(1, 40)), max_size=6).map(
    lambda pairs: [Span(NOW + timedelta(minutes=15 * a), NOW + timedelta(minutes=15 * (a + n))) for a, n in pairs]
)


class TestSpansForAnything:
    """Pure arithmetic of time, for any hours."""

    @given(_SPANS, _SPANS)
    def test_what_is_left_never_touches_what_was_cut(self, spans: list[Span], cuts: list[Span]) -> None:
        left = minus(spans, cuts)
        assert not any(piece.overlaps(cut) for piece in left for cut in cuts)
        assert all(any(span.starts_at <= piece.starts_at and piece.ends_at <= span.ends_at for span in spans) for piece in left)

    @given(_SPANS, _SPANS, some.sampled_from([15, 20, 45, 60]))
    def test_every_start_fits_into_hours_and_outside_of_what_is_taken(self, hours: list[Span], taken: list[Span], minutes: int) -> None:
        free = minus(hours, taken)
        for start in starts_in(free, minutes=minutes):
            visit = Span(start, start + timedelta(minutes=minutes))
            assert any(span.starts_at <= visit.starts_at and visit.ends_at <= span.ends_at for span in free)
            assert start.minute % 15 == 0

    @given(_SPANS, _SPANS)
    def test_what_is_shared_lies_in_both(self, first: list[Span], second: list[Span]) -> None:
        for piece in shared(first, second):
            assert any(s.starts_at <= piece.starts_at and piece.ends_at <= s.ends_at for s in first)
            assert any(s.starts_at <= piece.starts_at and piece.ends_at <= s.ends_at for s in second)

"""Booking settings: what a manager changes holds from then on; wall screens are read-only and end at once."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from appointments import selectors, services
from appointments.forms import VisitTypeForm
from appointments.models import Appointment, BookingRules, Offer, Room, VisitType, WallScreen
from appointments.rules import Wants
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import OutboxMessage, Site, Staff
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


class TestVisitTypes:
    """Lengths, limits, reminders."""

    def post(self, client: Client, kind: VisitType, **fields: str) -> int:
        data = {
            "name": "Needling", "minutes": "60", "buffer_minutes": "15", "waiting_limit_minutes": "20", "in_room_limit_minutes": "45",
            "reminder_hours": "24, 168", "needs_room": "on", "needs_device": "on",
        } | fields  # fmt: skip
        return client.post("/appointments/settings/visit-types/", data | {"visit_type": kind.code}).status_code

    def test_new_visits_follow_and_booked_ones_keep_what_they_have(
        self, site: Site, needling: VisitType, amara: Staff, max_: Staff, client_as: Callable[[Staff], Client]
    ) -> None:
        before = make_visit(make_clear(site), needling, amara, at_hour(10, days=20))
        assert self.post(client_as(max_), needling) == 302
        needling.refresh_from_db()
        after = make_visit(make_clear(site), needling, amara, at_hour(14, days=20))
        before.refresh_from_db()
        assert (before.ends_at - before.starts_at, after.ends_at - after.starts_at) == (timedelta(minutes=45), timedelta(minutes=60))
        sent = OutboxMessage.objects.filter(cause_uuid=after.uuid, kind="appointment_reminder").order_by("send_after")
        assert [row.send_after for row in sent] == [after.starts_at - timedelta(hours=168), after.starts_at - timedelta(hours=24)]
        assert OutboxMessage.objects.filter(cause_uuid=before.uuid, kind="appointment_reminder").count() == 1

    @pytest.mark.parametrize(("typed", "words"), [("two days", "Write hours as numbers"), ("1,2,3,4,5", "Four reminders at most"), ("0", "from 1 hour"), ("700", "from 1 hour")])
    def test_reminders_that_make_no_sense_are_refused_in_words(self, needling: VisitType, typed: str, words: str) -> None:
        form = VisitTypeForm({"reminder_hours": typed}, visit_type=needling)
        assert words in str(form.errors["reminder_hours"])

    def test_what_was_typed_stays(self, site: Site, needling: VisitType, max_: Staff, client_as: Callable[[Staff], Client]) -> None:
        answer = client_as(max_).post("/appointments/settings/visit-types/", {"visit_type": needling.code, "name": "X", "minutes": "1000", "reminder_hours": "soon"})
        assert answer.status_code == 422
        assert 'value="soon"' in answer.content.decode()
        assert 'value="1000"' in answer.content.decode()

    def test_the_desk_looks_and_does_not_change(self, site: Site, needling: VisitType, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        client = client_as(rosa)
        assert client.get("/appointments/settings/").status_code == 200
        assert self.post(client, needling) == 403


class TestTheSitesNumbers:
    """Cut-off, offers."""

    def test_a_longer_cut_off_stops_the_patient_earlier(self, site: Site, needling: VisitType, amara: Staff) -> None:
        visit, by = make_visit(make_clear(site), needling, amara, at_hour(10, days=2)), Actor(kind="link", name="patient by appointment link")
        services.set_booking_rules(site=site, cut_off_hours=72, offer_minutes=15, offers_a_round=3, by=DESK)
        with pytest.raises(services.TooLate):
            services.cancel_by_patient(appointment=visit, by=by, at=NOW)
        services.set_booking_rules(site=site, cut_off_hours=24, offer_minutes=15, offers_a_round=3, by=DESK)
        assert services.cancel_by_patient(appointment=visit, by=by, at=NOW).state == "cancelled"

    def test_offers_go_to_as_many_for_as_long_as_the_site_says(self, site: Site, needling: VisitType, amara: Staff) -> None:
        services.set_booking_rules(site=site, cut_off_hours=24, offer_minutes=40, offers_a_round=2, by=DESK)
        for n in range(3):
            services.join_waiting_list(
                patient=make_clear(site), visit_type=needling, wants=Wants(), clinician=None, gives_up=None, by=DESK, at=NOW - timedelta(days=n + 1)
            )
        visit = make_visit(make_clear(site), needling, amara, at_hour(14))
        services.cancel_appointment(appointment=visit, reason="ill", by=DESK, at=NOW)
        later = NOW + timedelta(minutes=4)
        services.offer_freed_slots(by=Actor.of_task("t"), at=later)
        assert [offer.expires_at - later for offer in Offer.objects.all()] == [timedelta(minutes=40)] * 2

    def test_numbers_outside_of_reason_are_refused_by_the_database_too(self, site: Site) -> None:
        with pytest.raises(Refused):
            services.set_booking_rules(site=site, cut_off_hours=24, offer_minutes=0, offers_a_round=3, by=DESK)
        assert BookingRules.objects.count() == 0

    def test_a_room_twice_is_refused(self, site: Site, needling: VisitType) -> None:
        services.add_room(site=site, name=" Room  3 ", by=DESK)
        with pytest.raises(Refused, match="already"):
            services.add_room(site=site, name="room 3", by=DESK)
        assert Room.objects.filter(name="Room 3").count() == 1


class TestWallScreen:
    """A login for a screen, not for a person."""

    def paired(self, site: Site, *, shows_names: bool = False) -> tuple[WallScreen, Client]:
        screen, code = services.make_screen(site=site, name="Staff room", shows_names=shows_names, by=DESK, at=NOW)
        WallScreen.objects.update(code_expires_at="2100-01-01T00:00Z")
        client = Client()
        assert client.post("/wall/", {"code": f"{code[:4].lower()} {code[4:]}"}).status_code == 302
        return screen, client

    def test_a_code_typed_once_shows_the_board_of_its_site(self, site: Site) -> None:
        _screen, client = self.paired(site)
        assert "Harley site" in client.get("/wall/").content.decode()

    def test_nobody_can_scroll_it_so_who_comes_later_is_counted(self, site: Site, needling: VisitType, amara: Staff) -> None:
        for n in range(10):
            starts = NOW + timedelta(hours=1, minutes=30 * n)
            Appointment.objects.create(
                patient=make_clear(site), site=site, visit_type=needling, clinician=amara, starts_at=starts, ends_at=starts + timedelta(minutes=25),
                state="booked", state_since=NOW, booked_at=NOW, booked_by=DESK.name,
            )  # fmt: skip
        with time_machine.travel(NOW, tick=False):
            _screen, client = self.paired(site)
            page = client.get("/wall/").text
        assert (page.count("wall-who"), "and 2 later" in page) == (8, True)

    def test_it_opens_nothing_else(self, site: Site, needling: VisitType) -> None:
        _screen, client = self.paired(site)
        for path in ("/today/", "/appointments/", "/patients/", "/search/?q=ann", "/appointments/settings/", "/today/list/"):
            assert client.get(path).status_code == 302, path
            assert client.post(path).status_code in (302, 403), path

    def test_without_a_code_there_is_only_the_question_for_one(self, site: Site) -> None:
        page = Client().get("/wall/").content.decode()
        assert 'name="code"' in page
        assert "Harley site" not in page

    def test_a_code_works_once_and_for_ten_minutes(self, site: Site) -> None:
        _screen, code = services.make_screen(site=site, name="Staff room", shows_names=False, by=DESK, at=NOW)
        with pytest.raises(services.CodeWrong):
            services.pair_screen(code=code, at=NOW + timedelta(minutes=11))
        services.pair_screen(code=code, at=NOW + timedelta(minutes=9))
        with pytest.raises(services.CodeWrong):
            services.pair_screen(code=code, at=NOW + timedelta(minutes=9))
        with pytest.raises(services.CodeWrong):
            services.pair_screen(code="", at=NOW)

    def test_signed_out_it_goes_dark_at_the_next_look(self, site: Site) -> None:
        screen, client = self.paired(site)
        services.revoke_screen(screen=screen, by=DESK, at=NOW)
        assert client.get("/wall/", headers={"HX-Request": "true"}).status_code == 403
        assert "Harley site" not in client.get("/wall/").content.decode()

    def test_only_hashes_are_kept(self, site: Site) -> None:
        _screen, client = self.paired(site)
        cookie = client.cookies[settings.SCREEN_COOKIE_NAME]
        row = WallScreen.objects.values().get()
        assert cookie.value not in str(row)
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")

    @pytest.mark.parametrize(("shows_names", "seen"), [(False, False), (True, True)])
    def test_initials_unless_surnames_are_allowed(self, site: Site, needling: VisitType, amara: Staff, shows_names: bool, seen: bool) -> None:
        from django.utils import timezone

        visit = make_visit(make_clear(site, given_name="Olivia", family_name="Marshmallow"), needling, amara, at_hour(10))
        type(visit).objects.update(starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=45))
        _screen, client = self.paired(site, shows_names=shows_names)
        page = client.get("/wall/").content.decode()
        assert ("Marshmallow" in page) is seen
        assert seen or "O. M." in page

    def test_trying_codes_is_slowed_down(self, site: Site) -> None:
        client = Client(REMOTE_ADDR="203.0.113.77")
        assert [client.post("/wall/", {"code": "X"}).status_code for _ in range(12)][-1] == 429


def test_the_day_list_holds_who_comes_and_how_to_reach_them(site: Site, needling: VisitType, amara: Staff, rosa: Staff, max_: Staff, client_as: Callable[[Staff], Client]) -> None:
    patient = make_clear(site, family_name="Paperlist", phone="020 7946 1234")
    visit = make_visit(patient, needling, amara, at_hour(10))
    other = make_visit(make_clear(site, family_name="Goneaway"), needling, amara, at_hour(12))
    services.cancel_appointment(appointment=other, reason="ill", by=DESK, at=NOW)
    page = client_as(rosa).get(f"/today/list/?on={visit.starts_at:%Y-%m-%d}").content.decode()
    assert re.search(r"10:00–10:45.*Paperlist.*020 7946 1234", page, re.S)
    assert "Goneaway" not in page
    assert client_as(max_).get("/today/list/").status_code == 403
    assert selectors.screens(site) == []

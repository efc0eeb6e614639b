"""Who really treats is named, judged and signs: a colleague's session is taken over with one press (decision 0029)."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from tests.treatments.make import DAY, END, make_draft, make_ended, make_entry, make_started
from treatments import selectors, services
from treatments.models import SignedRecord, TreatmentSession
from treatments.services import Blocked, ChangedMeanwhile, NotOpen, NotYours

DURING = DAY + timedelta(minutes=12)
pytestmark = pytest.mark.django_db


def taken(record: TreatmentSession, staff: Staff, at: datetime = DAY) -> TreatmentSession:
    return services.take_over_session(record=record, staff=staff, by=Actor.of_staff(staff), at=at)


def without_licence(staff: Staff) -> Staff:
    staff.credential_valid, staff.credential_expires_on = False, DAY.date() - timedelta(days=400)
    staff.save()
    return staff


class TestBeforeTheStart:
    def test_opening_the_page_makes_nobody_the_operator(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        opened = services.open_session(patient=record.patient, operator=okoro, by=Actor.of_staff(okoro), at=DAY)
        assert (opened.pk, opened.operator) == (record.pk, amara)

    def test_a_colleague_can_t_start_it_in_the_operator_s_name(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        with pytest.raises(Blocked, match="Take it over first"):
            services.start_session(record=record, by=Actor.of_staff(okoro), at=DAY)
        record.refresh_from_db()
        assert record.state == "draft"

    def test_who_takes_over_is_judged(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = taken(make_draft(site, amara), without_licence(okoro))
        with pytest.raises(Blocked) as stop:
            services.start_session(record=record, by=Actor.of_staff(okoro), at=DAY)
        assert [f.rule for f in stop.value.findings] == ["S04"]

    def test_who_takes_over_starts_ends_and_signs_and_the_record_says_so(self, site: Site, amara: Staff, okoro: Staff) -> None:
        by = Actor.of_staff(okoro)
        record = services.start_session(record=taken(make_draft(site, amara), okoro), by=by, at=DAY)
        record = services.end_session(record=record, ended_at=END, by=by, at=END)
        assert record.operator == okoro
        with pytest.raises(NotYours):
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END)
        services.sign_session(record=record, signer=okoro, by=by, at=END + timedelta(hours=1))
        content = json.loads(SignedRecord.objects.get().content)
        assert content["operator"]["name"] == okoro.display_name and content["input"][0]["operator"]["id"] == str(okoro.uuid)
        assert content["handovers"] == [{"from": amara.display_name, "to": okoro.display_name, "at": DAY.isoformat(), "running": False}]

    def test_the_page_left_open_elsewhere_is_told(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        entry = make_entry(site, tab="a", seq=1)
        record = services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(amara), at=DAY)
        taken(record, okoro)
        with pytest.raises(ChangedMeanwhile, match=okoro.display_name):
            services.save_session(record=record, version=record.version, entry=make_entry(site, tab="a", seq=2), by=Actor.of_staff(amara), at=DAY)

    def test_the_operator_has_nothing_to_take_over(self, site: Site, amara: Staff) -> None:
        with pytest.raises(Refused, match="yours already"):
            taken(make_draft(site, amara), amara)


class TestAfterTheStart:
    def test_both_are_in_the_record_and_the_second_signs(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = taken(make_started(site, amara), okoro, DURING)
        shown = selectors.handovers(record)
        assert [(row.before, row.after, row.at, row.running) for row in shown] == [(amara.display_name, okoro.display_name, DURING, True)]
        record = services.end_session(record=record, ended_at=END, by=Actor.of_staff(okoro), at=END)
        services.sign_session(record=record, signer=okoro, by=Actor.of_staff(okoro), at=END)
        assert json.loads(SignedRecord.objects.get().content)["handovers"][0]["running"] is True

    def test_a_colleague_without_a_licence_does_not_go_on_with_it(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_started(site, amara)
        with pytest.raises(Blocked) as stop:
            taken(record, without_licence(okoro), DURING)
        assert [f.rule for f in stop.value.findings] == ["S04"]
        record.refresh_from_db()
        assert record.operator == amara and selectors.handovers(record) == []

    def test_after_the_end_the_operator_stays(self, site: Site, amara: Staff, okoro: Staff) -> None:
        with pytest.raises(NotOpen):
            taken(make_ended(site, amara), okoro, END)


class TestThePage:
    @pytest.fixture(autouse=True)
    def _clock(self) -> Iterator[None]:
        with time_machine.travel(DAY + timedelta(minutes=1), tick=False):
            yield

    def test_says_whose_it_is_and_offers_one_press_instead_of_the_start(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_draft(site, amara)
        url, start, take = (reverse(f"treatments:{name}", args=[record.uuid]) for name in ("session", "start", "take_over"))
        client = client_as(okoro)
        page = client.get(url).content.decode()
        assert f"This is {amara.display_name}’s session." in page and take in page and start not in page
        own = client_as(amara).get(url).content.decode()
        assert take not in own and start in own
        subject = {"subject": str(record.patient.uuid)}
        assert client.post(start, subject).status_code == 422
        assert client.post(take, subject).status_code == 302
        page = client.get(url).content.decode()
        assert start in page and take not in page and f"{okoro.display_name} took over from {amara.display_name}" in page
        assert client.post(start, subject).status_code == 302
        record.refresh_from_db()
        assert (record.state, record.operator) == ("started", okoro)

    def test_what_was_typed_goes_along(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_draft(site, amara)
        sent = {"subject": str(record.patient.uuid), "version": record.version, "notes": "Left temple is tender."}
        assert client_as(okoro).post(reverse("treatments:take_over", args=[record.uuid]), sent).status_code == 302
        record.refresh_from_db()
        assert (record.operator, record.notes) == (okoro, "Left temple is tender.")

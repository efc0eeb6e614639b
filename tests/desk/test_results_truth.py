"""What the clinic's results must not count: events that never were, days of another zone, a handful of people."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.fhir import bundle_of
from desk.selectors import results
from tests.treatments.make import END, make_ended
from treatments import services
from treatments.models import TreatmentSession
from treatments.services import EventEntry

pytestmark = pytest.mark.django_db


class TestRecordedByMistake:
    @pytest.mark.parametrize(("kind", "there"), [("no_event", False), ("recovered", True)])
    def test_an_event_that_never_was_is_in_no_rate_and_no_copy(self, site: Site, amara: Staff, kind: str, there: bool) -> None:
        record, by = make_ended(site, amara), Actor.of_staff(amara)
        event = services.record_adverse_event(patient=record.patient, record=record, entry=EventEntry(what="Typed on the wrong record", onset_at=END), by=by, at=END)
        services.close_adverse_event(event=event, kind=kind, outcome="looked at again", ended_on=END.date() if there else None, by=by, at=END)
        done, before = TreatmentSession.objects.all(), END + timedelta(days=1)
        _tables, total = results._events(by, done, before)
        assert total == 1
        assert done.annotate(had=results._with_event()).get().had is there
        assert results._by_block(by, before, "device__name")[0][2] == int(there)
        kinds = [entry["resource"]["resourceType"] for entry in bundle_of(record.patient, at=END)["entry"]]
        assert ("AdverseEvent" in kinds) is there


class TestDaysOfTheClinic:
    def test_a_session_of_a_sydney_morning_is_on_its_own_day(self, site: Site, amara: Staff) -> None:
        Site.objects.filter(pk=site.pk).update(zone="Australia/Sydney")
        morning = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # 2 March, 09:30 there
        record = make_ended(site, amara)
        TreatmentSession.objects.filter(pk=record.pk).update(started_at=morning, ended_at=morning + timedelta(minutes=40))
        own = results._protocols(Actor.of_staff(amara), TreatmentSession.objects.all(), timezone.now())[record.patient_id]
        assert own.began.isoformat() == "2026-03-02" and own.days == [own.began]


class TestFewResponders:
    @pytest.mark.parametrize(("responders", "shown"), [(0, True), (1, False), (4, False), (5, True)])
    def test_one_to_four_are_hidden_also_among_many(self, monkeypatch: pytest.MonkeyPatch, amara: Staff, responders: int, shown: bool) -> None:
        waits = [(60 + n, True) for n in range(responders)] + [(400, False)] * 40
        monkeypatch.setattr(results, "_waits", lambda *_given: waits)
        row = results._waiting(Actor.of_staff(amara), {}, timezone.now()).rows[0]
        assert (row.total is not None) is shown and (row.value is not None) is shown

"""What the clinic's results must not count: events that never were, days of another zone, a handful of people."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.fhir import bundle_of
from desk.selectors import results
from tests.treatments.make import DAY, DESK, END, make_course, make_device, make_ended, make_patient, make_product
from treatments import services
from treatments.models import Course, ProductUse, TreatmentSession
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


class TestFewBetweenTwoLines:
    """Two lines of the curve, subtracted, tell who responded between them."""

    @pytest.mark.parametrize(("between", "shown"), [(0, True), (1, False), (4, False), (5, True)])
    def test_one_to_four_more_than_at_the_line_before_are_hidden(self, monkeypatch: pytest.MonkeyPatch, amara: Staff, between: int, shown: bool) -> None:
        waits = [(60, True)] * 6 + [(120, True)] * between + [(400, False)] * 40
        monkeypatch.setattr(results, "_waits", lambda *_given: waits)
        first, second, *_later = results._waiting(Actor.of_staff(amara), {}, timezone.now()).rows
        assert not first.is_hidden
        assert second.is_hidden is not shown

    def test_those_of_a_hidden_line_are_counted_with_the_next(self, monkeypatch: pytest.MonkeyPatch, amara: Staff) -> None:
        waits = [(60, True)] * 6 + [(120, True)] * 3 + [(200, True)] * 2 + [(300, True)] * 2 + [(400, False)] * 40
        monkeypatch.setattr(results, "_waits", lambda *_given: waits)
        rows = results._waiting(Actor.of_staff(amara), {}, timezone.now()).rows
        assert [row.is_hidden for row in rows] == [False, True, False, True], "6; 6 and 3; 6 and 5; then 2 more"


class TestWhatLedToIt:
    def took_place(self, site: Site, amara: Staff, number: int, days_ago: int, course: Course) -> TreatmentSession:
        at = END - timedelta(days=days_ago)
        return TreatmentSession.objects.create(
            patient=course.patient, course=course, site=site, number=number, operator=amara, state="ended", opened_at=at, planned_start_at=at,
            started_at=at, ended_at=at + timedelta(minutes=30), saved_at=at, saved_by="x",
        )  # fmt: skip

    def test_a_product_first_used_after_the_half_year_is_none_of_it(self, site: Site, amara: Staff) -> None:
        """The six-month response is labelled by what came before it, like depth and interval."""
        course = make_course(make_patient(site), amara, END - timedelta(days=400))
        early, late = make_product(site, kind="serum_sterile", name="S"), make_product(site, kind="growth_factor", name="GF")
        ProductUse.objects.create(session=self.took_place(site, amara, 1, 390, course), product=early, hours_after=0)
        ProductUse.objects.create(session=self.took_place(site, amara, 2, 120, course), product=late, hours_after=0)
        by = Actor.of_staff(amara)
        found = results._protocols(by, TreatmentSession.objects.filter(results._took_place(by, END)), END)[course.patient_id]
        assert (len(found.days), found.topicals) == (1, frozenset({"serum sterile"}))

    def test_a_lot_is_its_maker_s(self, site: Site, other_site: Site, amara: Staff) -> None:
        """A17 of two makers is two lines that name them; the same article at two sites is one, and a number of its own needs no name."""
        amara.sites.add(other_site)
        lots = [(site, "One", "04012345678901", "A17"), (site, "Two", "04098765432109", "A17"), (other_site, "One", "04012345678901", "A17"), (site, "One", "04012345678901", "B2")]
        for at, name, gtin, number in lots:
            lot = services.register_lot(site=at, name=name, lot=number, gtin=gtin, expires_on=date(2027, 3, 31), month_only=False, units=1, by=DESK, at=DAY - timedelta(days=60))
            record = self.took_place(at, amara, 1, 45, make_course(make_patient(at), amara, END - timedelta(days=50)))
            record.blocks.create(device=make_device(at, name="Pen"), cartridge=lot.cartridges.get(), seal_intact=True)
        rows = results._by_block(Actor.of_staff(Staff.objects.get(pk=amara.pk)), END, "cartridge__lot__lot")
        assert rows == [("A17, One", 2, 0), ("A17, Two", 1, 0), ("B2", 1, 0)]

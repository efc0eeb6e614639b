"""What the clinic's results must not count: events that never were, days of another zone, a handful of people."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.fhir import bundle_of
from desk.selectors import results
from desk.selectors.tables import Table
from patients.models import Patient
from tests.treatments.make import DAY, DESK, END, make_course, make_device, make_ended, make_patient, make_product
from treatments import services
from treatments.models import Course, Measurement, MeasurementSite, ProductUse, TreatmentSession
from treatments.rules.measures.vocabulary import Method, Unit
from treatments.services import EventEntry
from treatments.vocabulary import MeasurementKind

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


class TestPlacesAndPeople:
    """RULES 5: same site and method as the baseline; cells under five are suppressed. 0009: a count is of patients, and a patient measured twice is one."""

    BEGAN = DAY - timedelta(days=400)

    def treated(self, site: Site, amara: Staff, **places: tuple[int, int]) -> Patient:
        """A patient whose density is known at the start and after half a year: place → (before, after)."""
        patient = make_patient(site)
        course = make_course(patient, amara, self.BEGAN)
        TreatmentSession.objects.create(
            patient=patient, course=course, site=site, number=1, operator=amara, state="ended", opened_at=self.BEGAN, planned_start_at=self.BEGAN,
            started_at=self.BEGAN, ended_at=self.BEGAN + timedelta(minutes=30), saved_at=self.BEGAN, saved_by="x",
        )  # fmt: skip
        for label, numbers in places.items():
            self.measured(patient, amara, label.replace("_", " "), *numbers)
        return patient

    def measured(self, patient: Patient, amara: Staff, label: str, before: int, after: int, **also: Any) -> None:
        for days, number in ((0, before), (180, after)):
            moment = self.BEGAN + timedelta(days=days, hours=-1 if days == 0 else 0)
            entry = services.MeasureEntry(MeasurementKind.HAIR_DENSITY, method=Method.TRICHOSCOPY, values=(Decimal(number),), unit=Unit.PER_CM2, area_cm2=Decimal(1), place=label, measured_at=moment, **also)
            services.record_measurement(patient=patient, entry=entry, by=Actor.of_staff(amara), at=DAY, confirmed=True)

    def tables(self, amara: Staff) -> dict[str, Table]:
        return {table.title: table for table in results.clinic_results(Actor.of_staff(amara), at=DAY).sections[1][2]}

    def test_three_people_measured_at_two_places_are_three_and_hidden(self, site: Site, amara: Staff) -> None:
        for _n in range(3):
            self.treated(site, amara, vertex=(100, 140), occiput=(150, 150))
        found = self.tables(amara)
        assert found and all(table.shows_nothing for table in found.values())
        assert not [title for title in found if "ertex" in title or "cciput" in title], "of fewer than five nothing is told, the words for the place neither"

    def test_the_donor_area_is_not_averaged_into_the_treated_one(self, site: Site, amara: Staff) -> None:
        """Five at the vertex, their occiput unchanged: +40 there, and 0 in a table of its own."""
        for _n in range(5):
            self.treated(site, amara, Vertex=(100, 140), occiput=(150, 150))
        whole = {title: table.rows[-1] for title, table in self.tables(amara).items() if title.endswith("by deepest zone")}
        assert {title: (row.total, row.value) for title, row in whole.items()} == {"Trichoscopy, vertex: by deepest zone": (5, 40.0), "Trichoscopy, occiput: by deepest zone": (5, 0.0)}

    def test_the_same_words_are_the_same_place_and_each_patient_is_counted_once(self, site: Site, amara: Staff) -> None:
        """An old record may hold “vertex” and “Vertex”: two rows of one place of one patient."""
        people = [self.treated(site, amara, vertex=(100, 110 + n)) for n in range(5)]
        twice = MeasurementSite.objects.create(patient=people[0], label="VERTEX", made_at=DAY, made_by="x")
        Measurement.objects.filter(patient=people[0], measured_at__gt=self.BEGAN).update(place=twice)
        row = self.tables(amara)["Trichoscopy, vertex: by deepest zone"].rows[-1]
        assert (row.total, row.value) == (5, 12.0)

    def test_clipped_and_unclipped_hair_are_not_put_together(self, site: Site, amara: Staff) -> None:
        for n in range(6):
            patient = self.treated(site, amara)
            self.measured(patient, amara, "vertex", 100, 120, clipped=n < 3)
        assert all(table.shows_nothing for table in self.tables(amara).values())

    def test_the_csv_has_the_same_numbers_and_its_name_tells_no_place(self, site: Site, amara: Staff, max_: Staff, client_as: Callable[[Staff], Client]) -> None:
        for _n in range(5):
            self.treated(site, amara, vertex=(100, 140), occiput=(150, 150))
        found = self.tables(amara)
        assert len({table.code for table in found.values()}) == len(found) and not [table.code for table in found.values() if "vertex" in table.code]
        with time_machine.travel(DAY, tick=False):
            client = client_as(max_)
            for place, mean in (("vertex", "40"), ("occiput", "0")):
                table = found[f"Trichoscopy, {place}: by deepest zone"]
                last = client.get(f"/reports/results/{table.code}.csv").content.decode().strip().splitlines()[-1]
                assert [cell.split(".")[0] for cell in last.split(",")[:3]] == ["All", "5", mean]

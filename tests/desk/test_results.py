"""The clinic's results: intervals, small cells, methods apart, nothing named, constant queries; and what each role may see."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from clinic.audit import Actor
from clinic.csvs import inert
from clinic.models import Site, Staff
from desk.selectors.results import clinic_results
from desk.selectors.tables import chart, lines, means, rates, without_totals
from patients.models import Patient
from treatments.models import AdverseEvent, Measurement, TreatmentSession
from treatments.rules.measures.suppression import LEAST

WORDS = ("sessions", "with an adverse event", "% of sessions")
GROUPS = st.lists(st.integers(0, 60).flatmap(lambda n: st.tuples(st.just("g"), st.just(n), st.integers(0, n))), max_size=8)


class TestTables:
    """Denominators shown, cells under five hidden, also against subtraction."""

    @given(GROUPS)
    def test_no_small_number_is_shown(self, groups: list[tuple[str, int, int]]) -> None:
        whole = (sum(n for _l, n, _e in groups), sum(e for _l, _n, e in groups))
        table = rates("x", "X", groups, whole, WORDS)
        for row in table.rows:
            assert row.total is None or row.total == 0 or row.total >= LEAST
            assert row.count is None or row.count == 0 or row.count >= LEAST
            if row.value is not None and row.low is not None and row.high is not None:
                assert 0 <= row.low <= row.value + 1e-9 and row.value <= row.high + 1e-9 <= 100 + 1e-6

    @given(GROUPS)
    def test_what_is_hidden_does_not_follow_from_the_rest(self, groups: list[tuple[str, int, int]]) -> None:
        whole = (sum(n for _l, n, _e in groups), sum(e for _l, _n, e in groups))
        table = rates("x", "X", groups, whole, WORDS)
        *rows, total = table.rows
        gone = [group for group, row in zip(groups, rows, strict=True) if row.count is None and group[1] > 0]
        if total.count is not None and gone:
            left = total.count - sum(row.count or 0 for row in rows)
            assert left == sum(e for _l, _n, e in gone)
            assert len(gone) > 1 or left == 0 or left >= LEAST

    def test_one_table_without_its_whole_takes_it_from_all(self) -> None:
        one = rates("a", "A", [("x", 100, 3)], (100, 3), WORDS)
        other = rates("b", "B", [("x", 100, 30)], (100, 30), WORDS)
        assert all(table.rows[-1].count is None for table in without_totals([one, other]))

    def test_means_of_few_are_hidden(self) -> None:
        table = means("m", "M", [("four", [1.0] * 4), ("ten", [2.0, 3.0] * 5), ("twenty", [5.0, 6.0] * 10)], ("patients", "mean"))
        assert [row.is_hidden for row in table.rows] == [True, True, False, False]

    def test_a_table_of_small_groups_alone_says_so_in_one_line(self) -> None:
        assert means("x", "X", [("a", [1.0, 2.0]), ("b", [3.0])], ("patients", "mean")).shows_nothing
        assert not means("x", "X", [("a", [1.0] * 6), ("b", [3.0] * 7)], ("patients", "mean")).shows_nothing

    def test_the_csv_has_the_same_cells(self) -> None:
        table = rates("a", "A", [("=1+1", 100, 3), ("b", 100, 30), ("c", 90, 20)], (290, 53), WORDS)
        found = lines(table)
        assert found[0][:3] == ["group", "sessions", "with an adverse event"]
        assert found[1][2] == found[3][2] == "hidden (under 5)" and found[2][1:3] == [100, 30]
        assert inert(found[1][0]) == "'=1+1" and inert(-3.2) == "-3.2" and inert("-3.2") == "'-3.2"

    @given(GROUPS)
    def test_a_chart_draws_every_row_inside_its_frame(self, groups: list[tuple[str, int, int]]) -> None:
        table = rates("x", "X", groups, (sum(n for _l, n, _e in groups), sum(e for _l, _n, e in groups)), WORDS)
        drawn = chart(table)
        assert len(drawn.marks) == len(table.rows)
        assert all(200 < mark.low <= mark.middle <= mark.high < 620 for mark in drawn.marks if mark.middle is not None)


@pytest.fixture
def clinic_of_90(db: None) -> Actor:
    """A demo clinic, and its manager."""
    call_command("seed_demo", patients=90, seed=4, verbosity=0, stdout=io.StringIO())
    return Actor.of_staff(Staff.objects.get(email="max@demo.example"))


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(email=f"{name}@demo.example"), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


class TestResults:
    """Over a real clinic's rows."""

    def test_each_section_counts_what_the_database_holds(self, clinic_of_90: Actor) -> None:
        at = timezone.now()
        found = clinic_results(clinic_of_90, at=at)
        done = TreatmentSession.objects.filter(state__in=["ended", "signed"], started_at__lt=datetime.combine(found.until, datetime.min.time(), UTC))
        assert found.sessions == done.count() > 50
        whole = found.sections[0][2][1].rows[-1]
        with_event = done.filter(pk__in=AdverseEvent.objects.values("session")).count()
        assert whole.count in (None, with_event)
        assert {title for title, _words, _tables in found.sections} == {"Adverse events", "Response by protocol", "Courses", "Time to visible response"}

    def test_methods_have_tables_of_their_own_and_inches_count_as_centimetres(self, clinic_of_90: Actor) -> None:
        at = timezone.now()
        tables = {t.code: t for _t, _w, tables in clinic_results(clinic_of_90, at=at).sections for t in tables if t.code.startswith("response-depth")}
        Measurement.objects.filter(method="phototrichogram", kind="hair_density").update(value=1, unit="{hairs}/cm2", canonical=1)
        after = {t.code: t for _t, _w, tables in clinic_results(clinic_of_90, at=at).sections for t in tables if t.code.startswith("response-depth")}
        (own,) = [code for code in tables if code.startswith("response-depth-trichoscopy-")]
        assert tables[own] == after[own]

    def test_what_was_entered_in_error_or_marked_as_a_mistake_does_not_count(self, clinic_of_90: Actor) -> None:
        at = timezone.now()
        Measurement.objects.update(error_at=at, error_reason="all wrong")
        responses = clinic_results(clinic_of_90, at=at).sections[1][2]
        assert responses == []

    def test_other_sites_are_not_counted(self, clinic_of_90: Actor) -> None:
        site = Site.objects.get()
        other = Site.objects.create(clinic=site.clinic, name="Leeds site", zone="Europe/London", phone="0113 496 0000")
        before = clinic_results(clinic_of_90, at=timezone.now()).sessions
        moved = TreatmentSession.objects.filter(state="signed").order_by("pk")[0]
        Patient.objects.filter(pk=moved.patient_id).update(site=other)
        assert clinic_results(clinic_of_90, at=timezone.now()).sessions < before

    def test_who_sees_what(self, clinic_of_90: Actor) -> None:
        codes = {name: (signed_in(name).get("/reports/results/").status_code, signed_in(name).get("/reports/results/events-grade.csv").status_code) for name in ("amara", "rosa", "max", "iris")}
        assert codes == {"amara": (200, 403), "rosa": (403, 403), "max": (200, 200), "iris": (200, 200)}
        assert signed_in("max").get("/reports/results/nothing.csv").status_code == 404

    def test_no_patient_is_named(self, clinic_of_90: Actor) -> None:
        text = signed_in("max").get("/reports/results/").content.decode()
        assert not [p.number for p in Patient.objects.all() if p.name in text or re.search(rf"\b{p.number}\b", text)]

    def test_the_number_of_queries_is_constant(self, clinic_of_90: Actor) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as seen:
                clinic_results(clinic_of_90, at=timezone.now())
            return len(seen.captured_queries)

        before = asked()
        AdverseEvent.objects.bulk_create(
            AdverseEvent(patient=s.patient, session=s, what="x", onset_at=s.ended_at or timezone.now(), recorded_at=timezone.now(), recorded_by="t")
            for s in TreatmentSession.objects.filter(state="signed").select_related("patient")
        )
        assert asked() == before <= 12


@pytest.mark.django_db
def test_an_empty_clinic_has_an_empty_page(max_: Staff, client_as: Callable[[Staff], Client]) -> None:
    found = clinic_results(Actor.of_staff(max_), at=datetime(2026, 3, 2, tzinfo=UTC))
    assert found.sessions == 0
    assert client_as(max_).get("/reports/results/").status_code == 200

"""What the pages and the neighbours read."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.treatments.make import (
    DAY,
    DESK,
    END,
    make_baseline,
    make_cartridge,
    make_course,
    make_draft,
    make_ended,
    make_entry,
    make_product,
    make_ready,
    make_signed,
    make_started,
)
from treatments import selectors, services
from treatments.models import EarlierSession, PatchTest, SessionPolicy, TreatmentSession
from treatments.rules import session as assess
from treatments.rules.vocabulary import Stage
from treatments.selectors import upcoming
from treatments.services import ZoneEntry

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize("stage", ["plan", "start", "checkout", "signoff"])
def test_the_rules_take_the_input_without_a_complaint(stage: str, site: Site, amara: Staff) -> None:
    record = make_ended(site, amara)
    given = selectors.session_input(record, stage, record.blocks.get())
    assert "errors" not in assess(given)
    assert given["zones"] == [
        {"zone": "mid_scalp", "depthMm": 0.5, "belowHairline": False, "passes": 4, "endpoint": "mild_erythema"},
        {"zone": "vertex", "depthMm": 0.75, "belowHairline": False, "passes": 4, "endpoint": "mild_erythema"},
    ]


def test_findings_speak_before_a_cartridge_is_chosen(site: Site, amara: Staff) -> None:
    entry = make_entry(site, cartridge=None, zones=(ZoneEntry("frontal_hairline", 125, 4, ""),))
    found = selectors.evaluate(make_draft(site, amara, entry), "start")
    assert [(f.rule, f.subject) for f in found.findings if f.severity == "REASON"] == [("S08", "frontal_hairline")]
    assert found.missing == ["Choose a cartridge."]


def test_a_bad_cartridge_speaks_before_a_zone_is_entered(site: Site, amara: Staff) -> None:
    entry = make_entry(site, seal_intact=False, zones=())
    assert [f.rule for f in selectors.evaluate(make_draft(site, amara, entry), "start").blocks()] == ["S06"]


def test_each_finding_has_words_and_a_source(site: Site, amara: Staff) -> None:
    entry = make_entry(site, zones=(ZoneEntry("frontal_hairline", 125, 4, "none"),))
    found = selectors.evaluate(make_draft(site, amara, entry), "start")
    assert found.findings and all(f.words and f.source for f in found.findings)


def test_the_clinics_own_numbers_count(site: Site, amara: Staff) -> None:
    record = make_draft(site, amara)
    SessionPolicy.objects.create(version=1, values={"passes_reason_above": 3}, proposed_by="Max", approved_by="Amara", at=DAY)
    assert "S17" in [f.rule for f in selectors.evaluate(record, "start").findings]


def test_the_next_window_is_day_28_to_42_at_first(site: Site, amara: Staff) -> None:
    patient = make_signed(site, amara).session.patient
    window = selectors.next_window(patient, today=date(2026, 3, 10))
    assert window is not None and (window.opens_on, window.closes_on) == (date(2026, 3, 30), date(2026, 4, 13))


def test_the_next_window_is_day_56_to_92_in_maintenance(site: Site, amara: Staff) -> None:
    patient = make_signed(site, amara).session.patient
    make_course(patient, amara, at=END, phase="maintenance")
    window = selectors.next_window(patient, today=date(2026, 3, 10))
    assert window is not None and (window.opens_on, window.closes_on) == (date(2026, 4, 27), date(2026, 6, 2))


def test_there_is_no_window_without_an_earlier_session(site: Site, amara: Staff) -> None:
    patient = make_ready(site)
    make_course(patient, amara)
    assert selectors.next_window(patient, today=date(2026, 3, 10)) is None


def test_a_session_entered_in_error_does_not_count(site: Site, amara: Staff) -> None:
    record = make_signed(site, amara).session
    services.mark_entered_in_error(record=record, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=END)
    assert selectors.last_session(record.patient) is None
    assert not selectors.sessions_ended_since(DAY).exists()


def test_a_session_entered_in_error_is_no_treatment_of_its_course(site: Site, amara: Staff) -> None:
    """S12 and S20 count what took place; the record keeps the number by which people know it (SETTLED 7, decision 0036)."""
    wrong = make_ended(site, amara)
    services.mark_entered_in_error(record=wrong, reason="another patient", staff=amara, by=DESK, at=END)
    record = services.open_session(patient=wrong.patient, operator=amara, by=DESK, at=END)
    assert (record.number, selectors.place_in_course(record)) == (2, 1)
    assert selectors.session_input(record, Stage.START, None)["sessionNumber"] == 1
    assert upcoming.next_sessions(END, most=5, gap_days=180)[0].number == 1
    TreatmentSession.objects.filter(pk=record.pk).update(started_at=END, ended_at=END, state="ended")
    assert TreatmentSession.objects.filter(pk=record.pk).annotate(place=selectors.place_of_begun()).get().place == 1


def test_ended_sessions_are_found_by_their_end(site: Site, amara: Staff) -> None:
    record = make_ended(site, amara)
    make_started(site, amara)
    assert list(selectors.sessions_ended_since(END)) == [record]
    assert not selectors.sessions_ended_since(END + timedelta(seconds=1)).exists()


def test_free_cartridges_leave_out_used_expired_and_recalled_ones(site: Site, other_site: Site, amara: Staff) -> None:
    used = make_started(site, amara).blocks.get().cartridge
    old = make_cartridge(site, lot="OLD", expires_on=date(2026, 3, 1))
    last_day = make_cartridge(site, lot="LAST", expires_on=date(2026, 3, 2))
    recalled, far = make_cartridge(site, lot="REC", recalled=True), make_cartridge(other_site, lot="FAR")
    free = set(selectors.free_cartridges(site, date(2026, 3, 2)))
    assert last_day in free and not free & {used, old, recalled, far}


def test_the_checklist_names_each_gap_and_where_to_mend_it(site: Site, amara: Staff) -> None:
    entry = make_entry(site, zones=(ZoneEntry("vertex", 75),))
    entry.fields.update(no_adverse_event=False, aftercare_delivered=False, sharps_and_cleaning_confirmed=False)
    rows = selectors.checklist(make_started(site, amara, entry))
    assert [gap.part for gap in rows if not gap.done] == ["scalp", "reactions", "aftercare", "aftercare", "actions", "findings"]


def test_the_checklist_of_a_good_record_is_all_done(site: Site, amara: Staff) -> None:
    assert all(gap.done for gap in selectors.checklist(make_ended(site, amara)))


def test_a_page_asks_the_same_number_of_queries_however_many_sessions_there_are(site: Site, amara: Staff, client_as, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    from django.urls import reverse

    patient = make_signed(site, amara, at=DAY - timedelta(days=60)).session.patient
    client = client_as(amara)
    page = reverse("treatments:course", args=[patient.uuid])
    client.get(page)
    with django_assert_max_num_queries(60) as first:
        client.get(page)
    make_draft(site, amara, patient=patient)
    with django_assert_max_num_queries(len(first.captured_queries)):
        client.get(page)


def _views_after(site: Site, amara: Staff, days: int, *, again: bool = False) -> list[str]:
    """The baseline views that count for a session that many days after the first, in the same course."""
    patient = make_ended(site, amara).patient
    at = DAY + timedelta(days=days)
    if again:
        make_baseline(patient, amara, at)
    record = make_draft(site, amara, patient=patient, at=at)
    given = selectors.session_input(record, "start", record.blocks.get())
    baseline = given["baseline"]
    assert baseline["gradeRecorded"] == baseline["densitySiteRecorded"] == bool(baseline["photoViews"])
    return list(baseline["photoViews"])


@pytest.mark.parametrize(("days", "again", "views"), [(28, False, 6), (180, False, 6), (181, False, 0), (181, True, 6)])
def test_more_than_180_days_without_needling_ask_for_a_new_baseline(
    site: Site, amara: Staff, days: int, again: bool, views: int
) -> None:
    """RULES S10: “> 180 days: full re-screen, new baseline”; SCHEMA 6, 17: S20 is due again."""
    assert len(_views_after(site, amara, days, again=again)) == views


def _baseline_counts(site: Site, amara: Staff, taken: datetime, *, planned: datetime = DAY - timedelta(days=1), earlier: date | None = None) -> bool:
    """Whether a baseline of that moment suffices for session 1 on the 2nd of March; `earlier`: needled elsewhere on that day."""
    patient = make_ready(site)
    make_course(patient, amara, planned)
    make_baseline(patient, amara, taken)
    if earlier:
        EarlierSession.objects.create(patient=patient, on=earlier, source="a letter", added_at=planned, added_by="x")
    record = make_draft(site, amara, patient=patient)
    found = selectors.evaluate(record, "start")
    given = selectors.session_input(record, "start", record.blocks.get())["baseline"]
    assert given["gradeRecorded"] == given["densitySiteRecorded"] == (len(given["photoViews"]) == 6) == ("S20" not in {f.rule for f in found.findings})
    return bool(given["photoViews"])


@pytest.mark.parametrize(
    ("taken", "counts"),
    [
        (DAY - timedelta(days=1, hours=2), True), (DAY - timedelta(days=12), True),
        (datetime(2025, 9, 3, 0, 0, tzinfo=NEW_YORK), True), (datetime(2025, 9, 2, 23, 59, tzinfo=NEW_YORK), False),
    ],
)  # fmt: skip
def test_a_baseline_of_the_consultation_counts_though_the_course_was_planned_later(site: Site, amara: Staff, taken: datetime, counts: bool) -> None:
    """RULES S20 asks for it before session 1, not after the planning; older than 180 days it would be due again (S10). 3 September is day 180."""
    site.zone = "America/New_York"
    site.save()
    assert _baseline_counts(site, amara, taken) is counts


def test_a_course_planned_long_ago_keeps_the_baseline_of_its_planning(site: Site, amara: Staff) -> None:
    planned = DAY - timedelta(days=200)
    assert _baseline_counts(site, amara, planned + timedelta(hours=1), planned=planned)


@pytest.mark.parametrize(("taken", "counts"), [(datetime(2026, 1, 20, 23, 59, tzinfo=UTC), False), (datetime(2026, 1, 21, 0, 0, tzinfo=UTC), True)])
def test_a_baseline_from_before_another_needling_shows_another_scalp(site: Site, amara: Staff, taken: datetime, counts: bool) -> None:
    """Needled elsewhere on 20 January, the course planned after it."""
    assert _baseline_counts(site, amara, taken, earlier=date(2026, 1, 20)) is counts


@pytest.mark.parametrize(("taken", "counts"), [(DAY - timedelta(days=181), False), (DAY - timedelta(days=180), True)])
def test_after_a_long_gap_too_a_new_course_takes_the_baseline_of_its_consultation(site: Site, amara: Staff, taken: datetime, counts: bool) -> None:
    assert _baseline_counts(site, amara, taken, earlier=date(2025, 3, 2)) is counts


@pytest.mark.parametrize(
    ("changed_on", "changed"), [(date(2026, 2, 27), False), (date(2026, 2, 28), True), (date(2026, 3, 1), True)]
)
def test_a_formula_changed_since_the_test_by_the_clinics_calendar(
    site: Site, amara: Staff, changed_on: date, changed: bool
) -> None:
    """The test was applied on the evening of the 28th in New York, when it was the 1st of March in Greenwich."""
    site.zone = "America/New_York"
    site.save()
    product = make_product(site, formula_changed_on=changed_on)
    record = make_draft(site, amara)
    test = PatchTest.objects.create(
        patient=record.patient, product=product, applied_at=datetime(2026, 3, 1, 2, tzinfo=UTC)
    )
    record.product_uses.create(product=product, patch_test=test, hours_after=0)
    (given,) = selectors.session_input(record, "start", record.blocks.get())["products"]
    assert given["formulationChanged"] is changed

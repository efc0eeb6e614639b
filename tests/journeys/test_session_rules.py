"""Every S-rule at its boundary, in the browser, at its moment and in its words; a POST that skips the page is refused alike.

The table names each rule with the severities that the rules' document gives it. S22 speaks about needling at home, which has a page of its own.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser

from clinic.models import Staff
from clinic.roles import OperatorRole
from tests.conftest import _copy_template
from tests.journeys.chair import Chair, clinic_in_process, make_clinician, make_site
from tests.journeys.session_rules import closing, gate, needling, products, prp
from tests.journeys.session_rules.model import World
from tests.journeys.session_rules.sessions import draft
from tests.treatments.make import make_draft, make_ready
from tests.treatments.test_prp import ready_for_prp
from treatments.models import HomePlan, PrpUse, TreatmentSession, ZoneRecord
from treatments.rules.texts import RULES

pytestmark = pytest.mark.journey
# PRP last: a wording that covers it is in force from there on
CASES = gate.CASES | needling.CASES | products.CASES | closing.CASES | prp.CASES


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[World]:
    """One app, one browser, one page; each case brings its own patient."""
    with clinic_in_process(django_db_blocker, _copy_template) as (base, _clock):
        site = make_site()
        amara = make_clinician(site, "Amara Osei")
        chair = Chair(chromium, base, amara)
        yield World(site, amara, chair)
        chair.context.close()
        for connection in connections.all():
            connection.close()


NEXT_STEP = {"draft": "start", "started": "end", "ended": "sign"}
# What already happened is recorded and does not stop the end; a product that may not be used does not stop the needle, but the cream that is on does.
_RECORDED = {("started", "S18"), ("started", "S23")}


def refused_at_once(state: str, severity: str | None, rule: str) -> bool:
    """Whether the next step of a record in this state is refused because of the rule."""
    if (state, rule) in _RECORDED or severity is None:
        return False
    if state == "draft":
        return severity in ("BLOCK", "REASON") or (rule, severity) == ("S16", "BLOCK_PRODUCT")
    return severity in ("BLOCK", "BLOCK_PRODUCT") or (state == "ended" and severity == "REASON")


@pytest.mark.parametrize("name", CASES)
def test_the_rule_speaks_at_its_boundary_in_its_words_and_a_crafted_step_is_refused_alike(world: World, name: str) -> None:
    case, chair = CASES[name], world.chair
    Staff.objects.filter(pk=world.amara.pk).update(operator_role=OperatorRole.DERMATOLOGIST, credential_expires_on=None)
    record = case.build(world)
    chair.open(record)
    for number, step in enumerate(case.steps, 1):
        if step.elsewhere:
            step.elsewhere(chair, record)
            chair.open(record)
        if step.change:
            step.change(record)
        if step.typed:
            chair.set(**step.typed)
        if step.change:
            chair.refresh()
        shown = chair.finding(case.rule, case.subject)
        assert (shown[0] if shown else None) == step.severity, f"{name}, step {number}: {shown}"
        if shown:
            assert RULES[case.rule].words in shown[1]
        if refused_at_once(record.state, step.severity, case.rule):
            state = record.state
            assert chair.crafted(record, NEXT_STEP[state]) == 422, f"{name}, step {number}"
            record.refresh_from_db()
            assert record.state == state
    assert not chair.noise, chair.noise


def test_a_zone_s_finding_stands_beside_the_zone_and_marks_the_map(world: World) -> None:
    record = draft()(world)
    page = world.chair.open(record)
    page.click('.scalp-map [data-zone="frontal_hairline"]')
    page.click('.presets [data-kind="depth"][data-value="1.25"]')
    world.chair.settle()
    assert "Depth in this zone" in page.locator(".zone-findings").inner_text()
    assert "has-reason" in str(page.locator('.scalp-map [data-zone="frontal_hairline"]').get_attribute("class"))
    assert ZoneRecord.objects.get(block__session=record, zone="frontal_hairline").depth_hundredths == 125


# What the page shows while the form of a home plan is filled: typed, then the severity of S22. Never silent once it can be judged.
HOME_STEPS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"device_name": "Roller B", "length_mm": "1.00", "every_days": "7", "approved": True}, "NOTE"),
    ({"length_mm": "1.01"}, "BLOCK"), ({"length_mm": "1.00"}, "NOTE"),
    ({"every_days": "6"}, "BLOCK"), ({"every_days": "7"}, "NOTE"),
    ({"approved": False}, "BLOCK"),
)  # fmt: skip


def test_a_home_plan_is_judged_while_it_is_typed_and_a_crafted_post_is_refused_alike(world: World) -> None:
    Staff.objects.filter(pk=world.amara.pk).update(operator_role=OperatorRole.DERMATOLOGIST, credential_expires_on=None)
    patient, chair = make_ready(world.site), world.chair
    page, url = chair.page, f"{chair.base}/treatments/of/{patient.uuid}/home-plan/"
    page.goto(url)
    page.click("#record summary")
    typed: dict[str, Any] = {"subject": str(patient.uuid), "device_type": "roller"}
    for fields, severity in HOME_STEPS:
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            for name, value in fields.items():
                field = page.locator(f"#home-form [name={name}]")
                field.set_checked(value) if isinstance(value, bool) else field.fill(value)
            page.locator("#home-form [name=note]").press("Tab")
            page.locator("#home-form [name=approved]").dispatch_event("change")
        shown = page.locator(f'#home-findings .finding[data-rule="S22"][data-severity="{severity}"]')
        shown.wait_for()
        assert (RULES["S22"].words if severity == "BLOCK" else "Within 1.00 mm and 1 a week, approved by name.") in shown.inner_text()
        typed |= {name: "on" if value is True else value for name, value in fields.items()}
        typed = {name: value for name, value in typed.items() if value is not False}
        if severity == "BLOCK":
            token = str(page.locator('meta[name="csrf-token"]').get_attribute("content"))
            answer = page.request.post(url, max_redirects=0, form=typed | {"csrfmiddlewaretoken": token}, headers={"Referer": page.url})
            assert answer.status == 422 and RULES["S22"].words in answer.text()
            assert not HomePlan.objects.filter(patient=patient).exists()
    page.check("#home-form [name=approved]")
    page.locator('#home-findings .finding[data-severity="NOTE"]').wait_for()
    page.get_by_role("button", name="Record the plan").click()
    page.locator("#running").wait_for()
    assert "Approved by Dr Amara Osei" in page.locator("#running").inner_text()
    assert Axe().run(page).response["violations"] == []
    assert not chair.noise, chair.noise


def test_a_zone_is_not_closed_without_a_reason_and_what_was_ticked_stays(world: World) -> None:
    record, page = draft()(world), world.chair.page
    said = world.chair.note_on_course(record, "Close or open zones", chosen=("Vertex",), words="  ")
    assert "Say why." in said and "Closed zones\nnone" in said
    assert page.get_by_label("Vertex", exact=True).is_checked()
    assert Axe().run(page).response["violations"] == []
    page.locator("details[open]").get_by_label("Why").fill("tattoo")
    with page.expect_navigation():
        page.get_by_role("button", name="Note closed zones").click()
    assert "Closed zones\nVertex\ntattoo · Dr Amara Osei" in page.locator("main").inner_text()


# Typed into the blood test's form; then what the rules say of the needling (E08 on the page *Screening*, S02 in the session) and of plasma (E08, E44).
BLOOD_STEPS: tuple[tuple[dict[str, str], bool, list[str]], ...] = (
    ({"Platelets, × 10⁹/L": "100", "Haemoglobin, g/dL": "10"}, False, []),
    ({"Platelets, × 10⁹/L": "99.9"}, True, ["E08: ABSOLUTE", "E44: ABSOLUTE"]),
    ({"Platelets, × 10⁹/L": "100"}, False, []),
    ({"Haemoglobin, g/dL": "9,9"}, False, ["E44: ABSOLUTE"]),
)


def blood_noted(chair: Chair, record: TreatmentSession, values: dict[str, str], on: str = "2026-02-27") -> str:
    """A blood test is typed into its form on the page *Screening*; gives what the page then says."""
    page = chair.page
    page.goto(f"{chair.base}/patients/{record.patient.uuid}/screening/")
    page.locator("#laboratory summary").get_by_text("Enter a blood test", exact=True).click()
    for label, value in values.items():
        page.locator("#laboratory").get_by_label(label).fill(value)
    page.get_by_label("Day of the blood test").fill(on)
    with page.expect_navigation():
        page.get_by_role("button", name="Note the values").click()
    return page.locator("main").inner_text()


def test_blood_values_close_what_the_rules_say_at_their_boundary(world: World) -> None:
    record, chair = make_draft(world.site, world.amara, patient=ready_for_prp(world.site)), world.chair
    page, plasma = chair.page, f"{chair.base}/treatments/sessions/{record.uuid}/prp/"
    for values, closed, of_plasma in BLOOD_STEPS:
        said = blood_noted(chair, record, values)
        assert "The blood values are noted." in said
        assert ("A bleeding disorder is diagnosed, or platelets are low." in said) is closed, values
        chair.open(record)
        assert (chair.finding("S02") is not None) is closed, values
        if closed:
            assert chair.crafted(record, "start") == 422
        page.goto(plasma)
        assert page.locator(".prp-steps > li >> nth=0").locator("ul > li").all_inner_texts() == of_plasma, values
    page.get_by_role("button", name="Plan PRP in this session").click()
    page.get_by_role("alert").get_by_text("PRP is not possible today: E44 is ABSOLUTE.").wait_for()
    record.refresh_from_db()
    assert record.state == "draft" and not PrpUse.objects.filter(session=record).exists()
    assert not chair.noise, chair.noise


def test_a_blood_test_says_what_is_wrong_beside_the_field_and_is_taken_back_with_a_reason(world: World) -> None:
    record, chair = draft()(world), world.chair
    page, laboratory = chair.page, chair.page.locator("#laboratory")
    assert "This is not in g/dL. 130 g/L are 13.0 g/dL." in blood_noted(chair, record, {"Haemoglobin, g/dL": "130", "Platelets, × 10⁹/L": "80"})
    assert laboratory.get_by_label("Platelets").input_value() == "80"
    assert Axe().run(page).response["violations"] == []
    assert "not measured" in laboratory.locator("dl").inner_text()
    blood_noted(chair, record, {"Platelets, × 10⁹/L": "80"})
    shown = laboratory.locator("dl").inner_text()
    assert "80 × 10⁹/L" in shown and "blood of 27 Feb 2026, entered by Dr Amara Osei" in shown
    laboratory.locator("summary").filter(has_text="Entered by mistake: Platelets 80 × 10⁹/L").click()
    laboratory.locator("form", has=page.get_by_role("button", name="Take this test back")).locator("[name=reason]").fill("another patient's paper")
    with page.expect_navigation():
        page.get_by_role("button", name="Take this test back").click()
    assert "This blood test is taken back. What it replaced counts again." in page.locator("main").inner_text()
    assert laboratory.locator("dl").inner_text().count("not measured") == 2
    assert not chair.noise, chair.noise


# Rule → the severities that the table of the rules' document gives it.
SEVERITIES: dict[str, set[str]] = {
    "S01": {"BLOCK"}, "S02": {"BLOCK"}, "S03": {"BLOCK"}, "S04": {"BLOCK"}, "S05": {"BLOCK"}, "S06": {"BLOCK"},
    "S07": {"BLOCK", "REASON", "NOTE"}, "S08": {"REASON"}, "S09": {"REASON"}, "S10": {"BLOCK", "REASON", "NOTE"}, "S11": {"BLOCK"},
    "S12": {"REASON"}, "S13": {"BLOCK_PRODUCT", "REASON", "NOTE"}, "S14": {"BLOCK_PRODUCT", "REASON"}, "S15": {"BLOCK", "NOTE"},
    "S16": {"BLOCK", "BLOCK_PRODUCT"}, "S17": {"REASON"}, "S18": {"BLOCK", "NOTE"}, "S19": {"BLOCK"}, "S20": {"BLOCK", "REASON"},
    "S21": {"REASON"}, "S22": {"BLOCK", "NOTE"}, "S23": {"NOTE", "BLOCK"}, "S24": {"BLOCK"}, "S25": {"REASON"}, "S26": {"BLOCK"},
}  # fmt: skip


def test_every_rule_is_shown_with_each_of_its_severities() -> None:
    """A new rule, or a severity that no case brings about, can't be forgotten."""
    shown: dict[str, set[str]] = {"S22": {severity for _typed, severity in HOME_STEPS}}
    for case in CASES.values():
        shown.setdefault(case.rule, set()).update(step.severity for step in case.steps if step.severity)
    assert set(SEVERITIES) == set(RULES)
    assert shown == SEVERITIES


def test_every_rule_is_also_silent_on_the_other_side_of_its_boundary() -> None:
    """S22 is never silent: a home plan is always noted."""
    silent = {case.rule for case in CASES.values() for step in case.steps if step.severity is None}
    assert silent == set(RULES) - {"S22"}

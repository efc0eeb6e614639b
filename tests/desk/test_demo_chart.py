"""What the demo holds for a clinician and a manager; its records stay whole."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command

from clinic.audit import Actor
from clinic.models import PolicyProposal, Staff
from desk.demo import cast
from desk.selectors import policies
from patients import selectors as people
from patients.models import Patient
from treatments import selectors
from treatments.models import CartridgeLot, HomePlan, Product, PrpUse, SignedRecord, TreatmentSession
from treatments.rules import session
from treatments.rules.vocabulary import Stage
from treatments.selectors import reason_key
from treatments.selectors.results import results_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)


@pytest.fixture
def loaded() -> Iterator[datetime]:
    with time_machine.travel(AT, tick=False):
        call_command("seed_demo", patients=60, seed=7, verbosity=0, stdout=io.StringIO())
        yield AT


def test_everything_that_a_clinician_would_look_for_is_there(loaded: datetime) -> None:
    unnamed = [patient for patient in Patient.objects.exclude(allergies=None) if people.allergies_to_ask(patient)]
    assert len(unnamed) == 1
    assert unnamed[0].intakes.get(state="submitted").answers["allergies"] == [{"substance": "serum_ingredient", "anaphylaxis": False}]

    serum = Product.objects.exclude(formula_changed_on=None).get()
    test = serum.patch_tests.get()
    assert serum.formula_changed_on is not None
    assert test.result == "negative" and test.applied_at.date() < serum.formula_changed_on
    assert test.patient.courses.filter(ended_at=None).exists()

    lot = CartridgeLot.objects.get(lot=cast.WITHDRAWN_LOT)
    assert lot.recalled and len(selectors.received(lot, Actor.of_staff(Staff.objects.get(email="max@demo.example")))) >= 2
    assert CartridgeLot.objects.filter(recalled=True).count() == 1

    plan = HomePlan.objects.get()
    assert plan.ended_at is None and plan.judged["result"]["overall"] == "NOTE" and plan.approved_by.email == "amara@demo.example"

    proposal = PolicyProposal.objects.get(state="open")
    page = policies.proposal_page(proposal, loaded, actor=Actor.of_staff(Staff.objects.get(email="amara@demo.example")))
    assert proposal.book == "S" and 1 <= page["touched"] == len(page["effects"])
    (past,) = page["preview"].past
    assert past.judged >= 20 and past.unread == 0, "every signed record holds the input that the rules take"


def test_what_waits_for_a_signature_can_be_signed_once_its_gaps_are_mended(loaded: datetime) -> None:
    """Nothing stops for good what the first visitor will try: a reason or a tick is all that is missing."""
    waiting = TreatmentSession.objects.filter(state="ended", operator__is_active=True)
    stops = {(record.patient.name, f.rule) for record in waiting for f in selectors.evaluate(record, Stage.SIGNOFF).findings if f.severity in ("BLOCK", "BLOCK_PRODUCT")}
    assert waiting.count() >= 4 and {rule for _name, rule in stops} <= {"S20"}, stops


def test_the_signed_records_say_what_the_rules_say_of_their_own_input(loaded: datetime) -> None:
    for record in SignedRecord.objects.all():
        content = json.loads(record.content)
        results = session(content["input"][0])["results"]
        assert content["findings"] == results and not [row for row in results if row["severity"].startswith("BLOCK")], (content["session"], results)
        assert all(reason_key(row["rule"], row.get("zone", row.get("product", ""))) in content["reasons"] for row in results if row["severity"] == "REASON")


def test_plasma_stands_in_the_records_and_on_the_time_axis(loaded: datetime) -> None:
    rows = PrpUse.objects.select_related("session__patient")
    (patient,) = {row.session.patient for row in rows}
    assert len(rows) >= 2
    for row in rows:
        assert row.session.state == "signed" and row.session.tube_checks.values("by").distinct().count() == 2
        assert row.session.signed_record.content.count("volume_ml") == 1
    for row in rows:
        consent = row.session.patient.consents.get()
        assert "prp" in consent.procedures == consent.text.procedures and "plasma" in consent.text.text
    labels = [label for _on, label in results_of(patient, at=loaded).sessions]
    assert labels[:2] == ["1", "2 PRP"]
    call_command("verify_records", stdout=io.StringIO())
    assert TreatmentSession.objects.filter(patient=patient, prp=None).exists(), "the first one went without"

"""A change of formula is noted where the product stands, with its history, and S13 asks for a reason; an allergy without a name is said where products are chosen."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Allergy
from patients.rules.exchange.codes import SUBSTANCE_WORDS
from tests.treatments.make import DAY, make_draft, make_entry, make_patient, make_product
from treatments import selectors, services
from treatments.models import Product

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


def sent(product: Product, client: Client, on: str, text: str = "the maker's letter") -> Any:
    return client.post(reverse("treatments:formula", args=[product.uuid]), {"on": on, "text": text})


class TestTheFormula:
    def test_noted_by_a_clinician_with_its_history(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        product, client = make_product(site), client_as(amara)
        assert sent(product, client, "2026-02-01", "first letter").status_code == 302
        assert sent(product, client, "2026-02-20", "second letter").status_code == 302
        product.refresh_from_db()
        assert product.formula_changed_on == date(2026, 2, 20)
        assert [(one.on.day, one.reason, one.by) for one in selectors.formula_days(product)] == [(20, "second letter", "Dr Amara Osei"), (1, "first letter", "Dr Amara Osei")]
        page = client.get(reverse("treatments:product", args=[product.uuid])).content.decode()
        assert "20 Feb 2026" in page and "1 Feb 2026" in page and "second letter" in page

    @pytest.mark.parametrize(("on", "text", "words"), [("", "x", "Give the day"), ("2026-03-03", "x", "has not come yet"), ("2026-03-02", " ", "Say where it is known from"), ("nonsense", "kept", "valid date")])
    def test_what_is_wrong_is_said_beside_the_field(self, site: Site, amara: Staff, client_as: SignIn, on: str, text: str, words: str) -> None:
        product = make_product(site)
        answer = sent(product, client_as(amara), on, text)
        page = answer.content.decode()
        assert answer.status_code == 422 and words in page and f'value="{on}"' in page
        product.refresh_from_db()
        assert product.formula_changed_on is None

    def test_not_by_the_desk(self, site: Site, rosa: Staff, client_as: SignIn) -> None:
        assert sent(make_product(site), client_as(rosa), "2026-03-01").status_code == 403

    @pytest.mark.parametrize(("days", "severity"), [(6, None), (5, "REASON"), (4, "REASON")])
    def test_an_older_patch_test_needs_a_reason_then(self, site: Site, amara: Staff, days: int, severity: str | None) -> None:
        product, by = make_product(site), Actor.of_staff(amara)
        record = make_draft(site, amara)
        test = services.apply_patch_test(patient=record.patient, product=product, by=by, at=DAY - timedelta(days=5))
        services.read_patch_test(test=test, result="negative", by=by, at=DAY - timedelta(days=2))
        entry = make_entry(site, products=((product, 24.0),))
        record = services.save_session(record=record, version=record.version, entry=entry, by=by, at=DAY)
        services.note_formula_change(product=product, on=DAY.date() - timedelta(days=days), reason="letter", by=by, at=DAY)
        found = {f.rule: f.severity for f in selectors.evaluate(record, "start").findings}
        assert found.get("S13") == severity


class TestAnAllergyWithoutAName:
    @pytest.mark.parametrize(("substance", "name", "asked"), [("antiseptic", "antiseptic", True), ("serum_ingredient", "serum_ingredient", True), ("other", "", True), ("antiseptic", "chlorhexidine", False), ("latex", "latex", False), ("anaesthetic", "anaesthetic", False)])
    def test_is_said_where_products_are_chosen(self, site: Site, amara: Staff, client_as: SignIn, substance: str, name: str, asked: bool) -> None:
        record, client = make_draft(site, amara), client_as(amara)
        Allergy.objects.create(patient=record.patient, substance=substance, name=name)
        for where in (reverse("treatments:session", args=[record.uuid]), reverse("treatments:patch_tests", args=[record.patient.uuid])):
            page = client.get(where).content.decode()
            assert ("An allergy without a name" in page) is asked
            assert (f"An allergy without a name: {SUBSTANCE_WORDS[substance].lower()}." in re.sub(r"<[^>]+>", "", page)) is asked

    def test_one_that_ended_is_not_asked_for(self, site: Site) -> None:
        from patients import selectors as people

        patient = make_patient(site)
        Allergy.objects.create(patient=patient, substance="other", name="other", ended_at=DAY)
        assert people.allergies_to_ask(patient) == []

    def test_the_rules_answer_stays_as_the_documents_fix_it(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        Allergy.objects.create(patient=record.patient, substance="antiseptic", name="antiseptic")
        assert not selectors.evaluate(record, "start").blocks()

"""What does not go as planned stands in the demo, whole, at whatever hour it is loaded."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from clinic.models import PolicyProposal, Staff
from desk.demo import cast
from patients import selectors as people
from patients.models import EligibilityPolicy, Patient
from treatments import selectors
from treatments.models import CartridgeLot, Course, Product, RecallContact, TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.services import broken_records

pytestmark = pytest.mark.django_db

BY_DAY, AT_NIGHT = datetime(2026, 11, 24, 10, 20, tzinfo=UTC), datetime(2026, 11, 29, 23, 40, tzinfo=UTC)


def of(family: str, given: str) -> Patient:
    return Patient.objects.get(family_name=family, given_name=given)


@pytest.mark.parametrize("at", [BY_DAY, AT_NIGHT], ids=["tuesday morning", "sunday night"])
def test_each_is_there_and_says_so_on_its_page(at: datetime, client_as: Callable[[Staff], Client]) -> None:
    with time_machine.travel(at, tick=False):
        call_command("seed_demo", patients=60, seed=7, verbosity=0, stdout=io.StringIO())
        client = client_as(Staff.objects.get(email="amara@demo.example"))

        def page(path: str) -> str:
            answer = client.get(path)
            assert answer.status_code == 200
            return answer.text

        wrong, right = (TreatmentSession.objects.get(patient=of("Holm", given)) for given in ("Anna", "Hanna"))
        assert right.replaces == wrong and wrong.entered_in_error.at > wrong.signed_record.signed_at and right.state == "signed"
        assert wrong.blocks.get().cartridge_id == right.blocks.get().cartridge_id
        assert "entered in error" in page(f"/treatments/sessions/{wrong.uuid}/").lower()
        assert right.aftercare_plan.state == "active" and not hasattr(wrong, "aftercare_plan")

        taken = TreatmentSession.objects.get(patient=of("Calloway", "Ines"))
        (handover,) = selectors.handovers(taken)
        assert (handover.before, handover.after, handover.running) == ("Nurse Ngozi Okoro", "Dr Henrik Lind", True)
        assert json.loads(taken.signed_record.content)["handovers"][0]["to"] == taken.signed_record.signed_name == "Dr Henrik Lind"

        signed, waiting = (TreatmentSession.objects.get(patient=of(family, given)) for family, given in (("Solis", "Marek"), ("Amsel", "Judith")))
        assert signed.state == "signed" and signed.signed_record.signed_name == "Dr Amara Osei" and signed.operator.name == "Priya Nair" and not signed.operator.is_active
        assert waiting.state == "ended" and selectors.signer_of(waiting).has_left
        assert "Take over the signature" in page(f"/treatments/sessions/{waiting.uuid}/") and "Amsel" in page("/unsigned/")
        serum = Product.objects.get(recalled=True)
        assert {row.patient for row in RecallContact.objects.filter(product=serum)} == {signed.patient, waiting.patient}
        assert RecallContact.objects.filter(product=serum).exclude(told_at=None).count() == 1
        recalled = page(f"/treatments/inventory/products/{serum.uuid}/")
        assert "Marek Solis" in recalled and "Judith Amsel" in recalled and "mail waits for the second role" in recalled

        draft = TreatmentSession.objects.get(patient=of("Pryce", "Gideon"))
        stops = [(f.rule, f.subject) for f in selectors.evaluate(draft, Stage.START).findings if f.severity == "BLOCK"]
        assert draft.state == "draft" and stops == [("S24", "vertex")], "nothing else stands in its way"
        assert f'/treatments/of/{draft.patient.uuid}/#for-this-patient">Which zones are closed, and why' in page(f"/treatments/sessions/{draft.uuid}/")
        assert "Mole at the crown" in page(f"/treatments/of/{draft.patient.uuid}/")

        unmoved = Course.objects.get(response="none")
        assert unmoved.ended_at is None and unmoved.sessions.filter(state="signed").count() >= 2
        assert "no response" in page(f"/treatments/of/{unmoved.patient.uuid}/")

        for given, family, scope in (("Tobias", "Wren", {("E44", "ABSOLUTE", "PRP")}), ("Selma", "Winters", {("E08", "ABSOLUTE", None), ("E44", "ABSOLUTE", "PRP")})):
            found = people.eligibility_on(of(family, given), as_of=at.date(), prp=True)
            assert {(t["rule"], t["class"], t.get("scope")) for t in found.triggers if t["rule"] in ("E08", "E44")} == scope
            assert "For platelet-rich plasma" in page(f"/patients/{of(family, given).uuid}/screening/"), "said although it is not planned"
            assert "entered by Dr Henrik Lind" in page(f"/patients/{of(family, given).uuid}/screening/")

        assert Patient.objects.get(deceased_on__isnull=False) == of("Farrow", "Edmund")
        dead = of("Farrow", "Edmund")
        for path in (f"/patients/{dead.uuid}/", f"/treatments/of/{dead.uuid}/", f"/appointments/of/{dead.uuid}/"):
            shown = page(path)
            assert f"Died {dead.deceased_on:%-d %b %Y}" in shown and "Window" not in shown
            assert not [word for word in (f"/appointments/of/{dead.uuid}/book/", "Open a session", "Plan and sign") if word in shown], path

        stopped = [c for c in Course.objects.exclude(ended_at=None).exclude(sessions=None) if c.sessions.count() < c.planned_sessions and c.end_reason != "another course was planned"]
        assert stopped and all(c.end_reason and c.ended_by == "Dr Amara Osei" for c in stopped)
        assert not [c for c in stopped if c.ended_at is None or c.ended_at > at or c.ended_at < max(s.started_at or at for s in c.sessions.all())]

        approved = PolicyProposal.objects.get(state="approved")
        assert approved.decided_by != approved.proposed_by and EligibilityPolicy.objects.get().values == approved.values
        assert "approved by Dr Amara Osei" in page("/rules/")

        contacts = RecallContact.objects.filter(lot=CartridgeLot.objects.get(lot=cast.WITHDRAWN_LOT))
        assert contacts.exclude(told_at=None).count() == 1 and contacts.filter(told_at=None, released_at=None).exists()
        assert broken_records() == []

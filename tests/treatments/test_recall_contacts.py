"""Telling the patients of a recalled lot: the list, two roles for the mail, a mail that names nothing, and an export without formulas."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox import kinds
from patients.models import Patient
from tests.house.test_mails import CLINICAL
from tests.treatments.make import DAY, make_patient, make_started
from treatments import services
from treatments.models import CartridgeLot, RecallContact

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
REASON = "not sterile, infection reported"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def lot(site: Site, amara: Staff) -> CartridgeLot:
    """Recalled after it was used on Olivia Marsh, who takes mail."""
    record = make_started(site, amara)
    Patient.objects.filter(pk=record.patient_id).update(mail_mode="neutral")
    found = record.blocks.get().cartridge
    assert found is not None
    services.recall_lot(lot=found.lot, reason=REASON, by=Actor.of_staff(amara), at=DAY)
    return CartridgeLot.objects.get(pk=found.lot_id)


def of(client: Client, name: str, lot: CartridgeLot) -> int:
    return client.post(reverse(f"treatments:{name}", args=[lot.uuid])).status_code


class TestTheList:
    def test_has_each_patient_once_and_sends_nothing(self, lot: CartridgeLot, max_: Staff, site: Site, client_as: SignIn) -> None:
        make_patient(site, given_name="Somebody", family_name="Else")
        client = client_as(max_)
        assert of(client, "prepare_lot", lot) == 302 and of(client, "prepare_lot", lot) == 302
        contact = RecallContact.objects.get()
        assert (contact.patient.family_name, contact.way) == ("Marsh", "mail") and not OutboxMessage.objects.filter(kind="please_call").exists()
        page = client.get(reverse("treatments:lot", args=[lot.uuid])).content.decode()
        assert "not told yet" in page and "Somebody" not in page

    def test_who_takes_no_mail_is_phoned(self, lot: CartridgeLot, max_: Staff, client_as: SignIn) -> None:
        Patient.objects.update(email="")
        of(client_as(max_), "prepare_lot", lot)
        assert RecallContact.objects.get().way == "phone"

    def test_of_a_lot_that_is_not_recalled_there_is_none(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        unit = make_started(site, amara).blocks.get().cartridge
        assert unit is not None
        of(client_as(amara), "prepare_lot", unit.lot)
        assert not RecallContact.objects.exists()


class TestTheMail:
    def released(self, lot: CartridgeLot, max_: Staff, amara: Staff, client_as: SignIn) -> OutboxMessage:
        of(client_as(max_), "prepare_lot", lot)
        of(client_as(amara), "mail_lot", lot)
        return OutboxMessage.objects.get(kind="please_call")

    def test_one_role_alone_lets_nothing_go(self, lot: CartridgeLot, max_: Staff, client_as: SignIn) -> None:
        client = client_as(max_)
        of(client, "prepare_lot", lot), of(client, "mail_lot", lot)
        assert not OutboxMessage.objects.filter(kind="please_call").exists()

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_asks_to_call_and_names_nothing(self, lot: CartridgeLot, max_: Staff, amara: Staff, client_as: SignIn, language: str) -> None:
        Patient.objects.update(language=language)
        row = self.released(lot, max_, amara, client_as)
        mail = kinds.KINDS["please_call"].build(row, DAY)
        for text in (mail.subject, mail.text, re.sub(r"<style.*?</style>", "", mail.html, flags=re.DOTALL)):
            assert not CLINICAL.search(text), CLINICAL.search(text)
            for word in (lot.lot, REASON, "recall", "cartridge", "session", "Marsh"):
                assert word not in text, word
        assert "020 7946 0123" in mail.text

    def test_goes_once_a_patient(self, lot: CartridgeLot, max_: Staff, amara: Staff, client_as: SignIn) -> None:
        self.released(lot, max_, amara, client_as)
        of(client_as(max_), "prepare_lot", lot), of(client_as(amara), "mail_lot", lot)
        assert OutboxMessage.objects.filter(kind="please_call").count() == 1

    def test_is_not_needed_once_somebody_spoke_with_the_patient(self, lot: CartridgeLot, max_: Staff, amara: Staff, client_as: SignIn) -> None:
        row = self.released(lot, max_, amara, client_as)
        contact = RecallContact.objects.get()
        sent = {"subject": str(contact.patient.uuid), "note": "will come on Monday"}
        assert client_as(amara).post(reverse("treatments:told", args=[contact.uuid]), sent).status_code == 302
        row.refresh_from_db()
        contact.refresh_from_db()
        assert row.state == "cancelled" and contact.told_by == "Dr Amara Osei"


class TestTheExport:
    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "＝"])
    def test_holds_no_formula(self, lot: CartridgeLot, amara: Staff, client_as: SignIn, sign: str) -> None:
        Patient.objects.update(given_name=f"{sign}cmd|' /C calc'!A0")
        answer = client_as(amara).get(reverse("treatments:received_lot_csv", args=[lot.uuid]))
        assert "attachment" in answer["Content-Disposition"] and "text/csv" in answer["Content-Type"]
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == 2 and "cmd" in rows[1][1] and rows[1][1].startswith("'")
        assert not [cell for cell in rows[1] if cell.lstrip()[:1] in tuple("=+-@＝")]

    def test_is_not_for_the_desk(self, lot: CartridgeLot, rosa: Staff, client_as: SignIn) -> None:
        assert client_as(rosa).get(reverse("treatments:received_lot_csv", args=[lot.uuid])).status_code == 403

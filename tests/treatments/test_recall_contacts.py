"""Telling the patients of a recalled lot or product (decision 0045): the list, two roles for the mail, a mail that names nothing, and an export without formulas."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import AccessEvent, OutboxMessage, Site, Staff
from clinic.outbox import kinds
from patients.models import Patient
from tests.house.test_mails import CLINICAL
from tests.treatments.make import DAY, make_cartridge, make_course, make_entry, make_patient, make_product, make_started
from tests.treatments.test_signed import refused
from treatments import selectors, services
from treatments.models import CartridgeLot, Product, RecallContact, TreatmentSession
from treatments.selectors import Thing

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
REASON = "not sterile, infection reported"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


def recalled_lot(site: Site, amara: Staff) -> CartridgeLot:
    """Recalled after it was used on Olivia Marsh, who takes mail."""
    record = make_started(site, amara)
    Patient.objects.filter(pk=record.patient_id).update(mail_mode="neutral")
    found = record.blocks.get().cartridge
    assert found is not None
    services.recall_lot(lot=found.lot, reason=REASON, by=Actor.of_staff(amara), at=DAY)
    return CartridgeLot.objects.get(pk=found.lot_id)


def used_product(site: Site, amara: Staff, **fields: Any) -> Product:
    """A serum that was put on Olivia Marsh, who takes mail."""
    product = make_product(site, kind="other", **fields)
    record = make_started(site, amara, make_entry(site, products=((product, 0.0),)))
    Patient.objects.filter(pk=record.patient_id).update(mail_mode="neutral")
    return product


def recalled_product(site: Site, amara: Staff, **fields: Any) -> Product:
    product = used_product(site, amara, **fields)
    services.recall_product(product=product, reason=REASON, by=Actor.of_staff(amara), at=DAY)
    return Product.objects.get(pk=product.pk)


def list_of_another_site(site: Site, other_site: Site, amara: Staff, manager: Staff) -> Product:
    """Recalled where the manager of both works, who prepared the list: Olivia Marsh of `site` is on it, and nothing of it lies there."""
    used_product(site, amara, lot="")
    manager.sites.add(other_site)
    far = make_product(other_site)
    services.recall_product(product=far, reason=REASON, by=Actor.of_staff(manager), at=DAY)
    services.recalls.prepare_contacts(thing=Product.objects.get(pk=far.pk), staff=manager, by=Actor.of_staff(manager), at=DAY)
    return far


@pytest.fixture(params=["lot", "product"])
def thing(request: pytest.FixtureRequest, site: Site, amara: Staff) -> Thing:
    """Both kinds are told of in one way: each test runs for both."""
    return recalled_lot(site, amara) if request.param == "lot" else recalled_product(site, amara)


def kind(thing: Thing) -> str:
    return "lot" if isinstance(thing, CartridgeLot) else "product"


def of(client: Client, name: str, thing: Thing) -> int:
    return client.post(reverse(f"treatments:{name}_{kind(thing)}", args=[thing.uuid])).status_code


def page_of(client: Client, thing: Thing) -> str:
    return client.get(reverse(f"treatments:{kind(thing)}", args=[thing.uuid])).content.decode()


class TestTheList:
    def test_has_each_patient_once_and_sends_nothing(self, thing: Thing, max_: Staff, site: Site, client_as: SignIn) -> None:
        make_patient(site, given_name="Somebody", family_name="Else")
        client = client_as(max_)
        assert of(client, "prepare", thing) == 302 and of(client, "prepare", thing) == 302
        contact = RecallContact.objects.get()
        assert (contact.patient.family_name, contact.way) == ("Marsh", "mail") and not OutboxMessage.objects.filter(kind="please_call").exists()
        page = page_of(client, thing)
        assert "not told yet" in page and "Somebody" not in page

    def test_who_takes_no_mail_is_phoned(self, thing: Thing, max_: Staff, client_as: SignIn) -> None:
        Patient.objects.update(email="")
        of(client_as(max_), "prepare", thing)
        assert RecallContact.objects.get().way == "phone"

    def test_who_asked_not_to_be_contacted_is_on_it_and_marked(self, thing: Thing, max_: Staff, client_as: SignIn) -> None:
        """A person decides whether to ring; it is neither silent nor a surprise."""
        Patient.objects.update(do_not_contact=True)
        client = client_as(max_)
        of(client, "prepare", thing)
        assert RecallContact.objects.get().way == "phone" and "asked not to be contacted" in page_of(client, thing)

    def test_of_a_lot_that_is_not_recalled_there_is_none(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        unit = make_started(site, amara).blocks.get().cartridge
        assert unit is not None
        of(client_as(amara), "prepare", unit.lot)
        assert not RecallContact.objects.exists()

    def test_of_a_product_that_is_only_withdrawn_there_is_none(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        """Used up or spoiled is no reason to ring anybody."""
        product, client = used_product(site, amara), client_as(amara)
        services.withdraw_product(product=product, reason="used up", by=Actor.of_staff(amara), at=DAY)
        of(client, "prepare", product)
        assert not RecallContact.objects.exists() and "Telling the patients" not in page_of(client, product)

    def test_who_is_dead_is_not_on_it(self, thing: Thing, amara: Staff, client_as: SignIn) -> None:
        Patient.objects.update(deceased_on=DAY.date())
        of(client_as(amara), "prepare", thing)
        assert not RecallContact.objects.exists()


    def test_who_died_since_is_not_called_and_no_mail_waits_for_them(self, thing: Thing, max_: Staff, amara: Staff, client_as: SignIn) -> None:
        """A death stops everything quietly (SETTLED): the line stays, says so, and asks for nothing."""
        of(client_as(max_), "prepare", thing)
        Patient.objects.update(deceased_on=DAY.date())
        client = client_as(amara)
        page = page_of(client, thing)
        assert "has died" in page and "not told yet" not in page and "I have told them" not in page and "Let the neutral mails go" not in page
        of(client, "mail", thing)
        assert not OutboxMessage.objects.filter(kind="please_call").exists()

    def test_one_recall_tells_each_patient_once_whatever_the_number_of_sites(self, site: Site, other_site: Site, max_: Staff, amara: Staff) -> None:
        """Both sites have the recalled lot; a tube without a lot stands on the list of either. One recall, one mail (PRODUCT, nothing happens twice)."""
        max_.sites.add(other_site), amara.sites.add(other_site)
        used_product(site, amara, lot="")
        here, there = make_product(site), make_product(other_site)
        services.recall_product(product=here, reason=REASON, by=Actor.of_staff(max_), at=DAY)
        for product in Product.objects.filter(pk__in=[here.pk, there.pk]):
            services.recalls.prepare_contacts(thing=product, staff=max_, by=Actor.of_staff(max_), at=DAY)
        contact = RecallContact.objects.get()
        for product in Product.objects.filter(pk__in=[here.pk, there.pk]):
            assert list(selectors.contacts_of(product, Actor.of_staff(max_))) == [contact]
        assert services.recalls.release_mails(thing=Product.objects.get(pk=there.pk), staff=amara, by=Actor.of_staff(amara), at=DAY) == 1
        assert OutboxMessage.objects.filter(kind="please_call").count() == 1

    def test_nobody_is_sent_to_a_list_of_another_site(self, site: Site, other_site: Site, max_: Staff, okoro: Staff, amara: Staff, client_as: SignIn) -> None:
        """A patient of this site stands on a list that was prepared at another one: who does not work there can't open it, and is not sent there."""
        list_of_another_site(site, other_site, amara, max_)
        assert selectors.calls_waiting(Actor.of_staff(max_)) == 1
        for thing in [row.thing for row in selectors.all_calls(Actor.of_staff(okoro)) if row.is_here]:
            assert client_as(okoro).get(reverse("treatments:product", args=[thing.uuid])).status_code == 200

    def test_two_rows_of_one_lot_are_one_list(self, site: Site, max_: Staff, amara: Staff, client_as: SignIn) -> None:
        """One box was scanned and the other typed: it is one lot (0045). Who prepares the list on the page of one misses nobody of the other."""
        records = [make_started(site, amara) for _ in range(2)]
        lots = [unit.lot for record in records if (unit := record.blocks.get().cartridge)]
        CartridgeLot.objects.filter(pk=lots[0].pk).update(lot="A17", gtin="05012345678900")
        CartridgeLot.objects.filter(pk=lots[1].pk).update(lot="a17")
        by, patients = Actor.of_staff(max_), {record.patient_id for record in records}
        services.recall_lot(lot=CartridgeLot.objects.get(pk=lots[0].pk), reason=REASON, by=by, at=DAY)
        for lot in CartridgeLot.objects.all():
            assert {row.patient.pk for row in selectors.received(lot, by)} == patients
        services.recalls.prepare_contacts(thing=CartridgeLot.objects.get(pk=lots[0].pk), staff=max_, by=by, at=DAY)
        assert {row.patient_id for row in RecallContact.objects.all()} == patients

    def test_who_works_at_both_sites_misses_nobody_of_the_other(self, site: Site, other_site: Site, max_: Staff, amara: Staff) -> None:
        """The list of one page is that of the other: with those of one site on it, nobody would look whether it is whole."""
        max_.sites.add(other_site), amara.sites.add(other_site)
        uses = [used_product(one, amara) for one in (site, other_site)]
        unknown = used_product(other_site, amara, lot="")
        by = Actor.of_staff(max_)
        services.recall_product(product=uses[0], reason=REASON, by=by, at=DAY)
        rows = selectors.received(Product.objects.get(pk=uses[0].pk), by)
        assert sorted(row.unit for row in rows) == ["", "S1", "S1"] and unknown.uses.get().session in [row.session for row in rows]
        services.recalls.prepare_contacts(thing=Product.objects.get(pk=uses[0].pk), staff=max_, by=by, at=DAY)
        assert RecallContact.objects.count() == 3

    def test_a_list_of_another_site_is_not_kept_silent_here(self, site: Site, other_site: Site, max_: Staff, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        """Okoro can't open it; that a patient of this site waits for a word is said all the same, and where the list is."""
        far = list_of_another_site(site, other_site, amara, max_)
        client = client_as(okoro)
        assert "1 patient to speak with about a recall of stock" in client.get("/today/").content.decode()
        page = client.get(reverse("treatments:inventory")).content.decode()
        assert "1 patient to tell" in page and f"The list is kept at {other_site.name}" in page
        assert reverse("treatments:product", args=[far.uuid]) not in page
        row = RecallContact.objects.get()
        assert row.patient.name in page and row.patient.phone in page and AccessEvent.objects.filter(action="stock.received", staff_id=okoro.pk, subject=f"product {far.pk}").count() == 1
        answer = client.post(reverse("treatments:told", args=[row.uuid]), {"subject": str(row.patient.uuid), "note": "by phone"}, follow=True)
        assert "Noted as told." in answer.content.decode() and "about a recall" not in answer.content.decode()
        assert RecallContact.objects.get().told_by == okoro.display_name and selectors.calls_waiting(Actor.of_staff(okoro)) == 0

    def test_one_typed_at_one_site_is_the_lot_that_two_others_scanned(self, site: Site, other_site: Site, amara: Staff, max_: Staff) -> None:
        """Typed by the name of one; the other site calls the same article otherwise. The maker's word holds for all three (S06)."""
        third = Site.objects.create(clinic=site.clinic, name="Third", zone="Europe/London")
        typed = make_cartridge(site, lot="Q9").lot
        scanned, renamed = (make_cartridge(one, lot="Q9").lot for one in (other_site, third))
        CartridgeLot.objects.filter(pk__in=[scanned.pk, renamed.pk]).update(gtin="05012345678900")
        CartridgeLot.objects.filter(pk=renamed.pk).update(name="Needle head 16")
        CartridgeLot.objects.filter(pk=typed.pk).update(name="16-needle")
        for lot in (typed, scanned, renamed):
            lot.refresh_from_db()
            assert set(CartridgeLot.objects.filter(selectors.same_lot(lot))) == {typed, scanned, renamed}, lot
        assert services.recall_lot(lot=typed, reason=REASON, by=Actor.of_staff(max_), at=DAY) == 3


class TestARecalledProduct:
    """What the lots have: at every site, for good, by the manager; and what is special of a product, the lot that nobody noted."""

    def test_is_out_of_use_at_every_site_and_stays_so(self, site: Site, other_site: Site, max_: Staff) -> None:
        here, there, other = make_product(site), make_product(other_site), make_product(site, lot="S2")
        assert services.recall_product(product=here, reason=REASON, by=Actor.of_staff(max_), at=DAY) == 2
        rows = {row.pk: row for row in Product.objects.all()}
        assert all((rows[one.pk].recalled, rows[one.pk].withdrawn, rows[one.pk].recall_reason) == (True, True, REASON) for one in (here, there))
        assert (rows[here.pk].recalled_at, rows[here.pk].withdrawn_at, rows[other.pk].recalled) == (DAY, DAY, False)
        assert list(selectors.usable_products(site, DAY.date())) == [other]

    def test_what_was_used_up_before_can_be_recalled_and_keeps_its_first_reason(self, site: Site, amara: Staff, max_: Staff) -> None:
        product, by = used_product(site, amara), Actor.of_staff(max_)
        services.withdraw_product(product=product, reason="used up", by=by, at=DAY - timedelta(days=2))
        services.recall_product(product=product, reason=REASON, by=by, at=DAY)
        product.refresh_from_db()
        assert (product.withdraw_reason, product.withdrawn_at, product.recall_reason) == ("used up", DAY - timedelta(days=2), REASON)
        assert len(services.recalls.prepare_contacts(thing=product, staff=max_, by=by, at=DAY)) == 1

    def test_who_had_it_in_a_patch_test_or_as_numbing_is_told_once(self, site: Site, amara: Staff) -> None:
        product, by = make_product(site, kind="other", is_anaesthetic=True, strength_percent=4), Actor.of_staff(amara)
        tested = make_patient(site, family_name="Tested")
        for day in (5, 4):
            services.apply_patch_test(patient=tested, product=product, by=by, at=DAY - timedelta(days=day))
        services.recall_product(product=product, reason=REASON, by=by, at=DAY)
        product.refresh_from_db()
        assert [row.patient for row in services.recalls.prepare_contacts(thing=product, staff=amara, by=by, at=DAY)] == [tested]

    def test_what_has_no_lot_may_be_of_the_recalled_one(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        """“HA serum” was taken in once with lot S1 and once without: who received either is told, and the page says why."""
        unknown = used_product(site, amara, lot="", name="ha serum")
        product = make_product(site)
        used_product(site, amara, lot="S9")
        services.recall_product(product=product, reason=REASON, by=Actor.of_staff(amara), at=DAY)
        product.refresh_from_db()
        rows = selectors.received(product, Actor.of_staff(amara))
        assert [(row.session.product_uses.get().product, row.unit) for row in rows if row.session] == [(unknown, "")]
        page = page_of(client_as(amara), product)
        assert "with no lot noted" in page and reverse("treatments:product", args=[unknown.uuid]) in page

    def test_without_a_lot_of_its_own_it_is_all_of_the_product(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        product = recalled_product(site, amara, lot="")
        used_product(site, amara, lot="S9")
        assert len(selectors.received(product, Actor.of_staff(amara))) == 1
        assert "everybody who received this product is listed" in page_of(client_as(amara), product)

    @pytest.mark.parametrize(("who", "status"), [("max_", 302), ("amara", 403), ("rosa", 403)])
    def test_is_the_manager_s_word_with_a_reason(self, who: str, status: int, site: Site, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        product, client = make_product(site), client_as(request.getfixturevalue(who))
        url = reverse("treatments:recall_product", args=[product.uuid])
        assert client.post(url, {"text": REASON}).status_code == status
        assert Product.objects.get().recalled is (status == 302)

    def test_without_a_reason_it_is_not_recalled(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        product = make_product(site)
        answer = client_as(max_).post(reverse("treatments:recall_product", args=[product.uuid]), {"text": " "})
        assert answer.status_code == 422 and "Give the reason" in answer.content.decode() and not Product.objects.get().recalled

    def test_the_database_keeps_it_out_of_use(self, site: Site, amara: Staff) -> None:
        product = recalled_product(site, amara)
        refused(lambda: Product.objects.filter(pk=product.pk).update(withdrawn=False))


class TestTheMail:
    def released(self, thing: Thing, max_: Staff, amara: Staff, client_as: SignIn) -> OutboxMessage:
        of(client_as(max_), "prepare", thing)
        of(client_as(amara), "mail", thing)
        return OutboxMessage.objects.get(kind="please_call")

    def test_one_role_alone_lets_nothing_go(self, thing: Thing, max_: Staff, client_as: SignIn) -> None:
        client = client_as(max_)
        of(client, "prepare", thing), of(client, "mail", thing)
        assert not OutboxMessage.objects.filter(kind="please_call").exists()

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_asks_to_call_and_names_nothing(self, thing: Thing, max_: Staff, amara: Staff, client_as: SignIn, language: str) -> None:
        Patient.objects.update(language=language)
        row = self.released(thing, max_, amara, client_as)
        mail = kinds.KINDS["please_call"].build(row, DAY)
        for text in (mail.subject, mail.text, re.sub(r"<style.*?</style>", "", mail.html, flags=re.DOTALL)):
            assert not CLINICAL.search(text), CLINICAL.search(text)
            for word in (thing.lot, thing.name, REASON, "recall", "cartridge", "serum", "session", "Marsh"):
                assert word not in text, word
        assert "020 7946 0123" in mail.text

    def test_goes_once_a_patient(self, thing: Thing, max_: Staff, amara: Staff, client_as: SignIn) -> None:
        self.released(thing, max_, amara, client_as)
        of(client_as(max_), "prepare", thing), of(client_as(amara), "mail", thing)
        assert OutboxMessage.objects.filter(kind="please_call").count() == 1

    def test_is_not_needed_once_somebody_spoke_with_the_patient(self, thing: Thing, max_: Staff, amara: Staff, client_as: SignIn) -> None:
        row = self.released(thing, max_, amara, client_as)
        contact = RecallContact.objects.get()
        sent = {"subject": str(contact.patient.uuid), "note": "will come on Monday"}
        assert client_as(amara).post(reverse("treatments:told", args=[contact.uuid]), sent).status_code == 302
        row.refresh_from_db()
        contact.refresh_from_db()
        assert row.state == "cancelled" and contact.told_by == "Dr Amara Osei"

    def test_none_waits_when_everybody_was_told_on_the_phone(self, thing: Thing, max_: Staff, amara: Staff, client_as: SignIn) -> None:
        services.recalls.prepare_contacts(thing=thing, staff=max_, by=Actor.of_staff(max_), at=DAY)
        by = Actor.of_staff(amara)
        assert services.recalls.may_release(thing, by) and "mail waits for the second role" in page_of(client_as(amara), thing)
        for contact in RecallContact.objects.all():
            services.recalls.note_told(contact=contact, note="", by=by, at=DAY)
        assert not services.recalls.may_release(thing, by)
        page = page_of(client_as(amara), thing)
        assert "no mail was needed" in page and "mail waits for the second role" not in page


class TestTheRecordIsPutRight:
    """The wrong patient's contact is withdrawn and stays, the right patient joins the list; who heard of it by mistake is called (decision 0045)."""

    @pytest.fixture
    def ada(self, site: Site, amara: Staff) -> Patient:
        person = make_patient(site, given_name="Ada", family_name="Wren", mail_mode="neutral")
        make_course(person, amara)
        return person

    def prepared(self, thing: Thing, max_: Staff) -> RecallContact:
        (contact,) = services.recalls.prepare_contacts(thing=thing, staff=max_, by=Actor.of_staff(max_), at=DAY)
        return contact

    def put_right(self, ada: Patient, amara: Staff) -> TreatmentSession:
        by, wrong = Actor.of_staff(amara), TreatmentSession.objects.get(replaces=None)
        services.mark_entered_in_error(record=wrong, reason="Wrong patient.", staff=amara, by=by, at=DAY)
        return services.write_right_record(mistaken=TreatmentSession.objects.get(pk=wrong.pk), patient=ada, reason="Chair list.", by=by, at=DAY)

    def of(self, patient: Patient) -> RecallContact:
        return RecallContact.objects.get(patient=patient)

    def test_the_wrong_one_leaves_with_a_reason_and_the_right_one_joins(self, thing: Thing, max_: Staff, amara: Staff, ada: Patient, client_as: SignIn) -> None:
        wrong = self.prepared(thing, max_)
        self.put_right(ada, amara)
        wrong.refresh_from_db()
        assert (wrong.withdrawn_at, wrong.withdrawn_by, wrong.misled, wrong.is_open) == (DAY, amara.display_name, False, False)
        assert "entered in error" in wrong.withdrawn_because and "Wren" not in wrong.withdrawn_because
        right = self.of(ada)
        assert (right.thing, right.way, right.prepared_by, right.prepared_as, right.is_open) == (thing, "mail", amara, "clinician", True)
        page = page_of(client_as(max_), thing)
        assert "does not concern them" in page and "call them: it was a mistake" not in page and "Ada Wren" in page

    def test_marked_in_error_alone_it_still_concerns_its_patient(self, thing: Thing, max_: Staff, amara: Staff) -> None:
        """Who had it is not known until the treatment is written into the right record (decision 0027)."""
        contact, record = self.prepared(thing, max_), TreatmentSession.objects.get()
        services.mark_entered_in_error(record=record, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=DAY)
        contact.refresh_from_db()
        assert contact.withdrawn_at is None

    def test_a_mail_that_waits_does_not_go(self, thing: Thing, max_: Staff, amara: Staff, ada: Patient) -> None:
        contact = self.prepared(thing, max_)
        services.recalls.release_mails(thing=thing, staff=amara, by=Actor.of_staff(amara), at=DAY)
        self.put_right(ada, amara)
        row = OutboxMessage.objects.get(kind="please_call")
        contact.refresh_from_db()
        assert row.state == "cancelled" and not contact.misled
        assert kinds.KINDS["please_call"].may_send(row, DAY).word == "cancel"

    @pytest.mark.parametrize("how", ["sent", "sending", "tried", "told"])
    def test_who_heard_of_it_by_mistake_is_a_call_that_waits(
        self, how: str, thing: Thing, site: Site, max_: Staff, amara: Staff, ada: Patient, client_as: SignIn
    ) -> None:
        contact, by = self.prepared(thing, max_), Actor.of_staff(amara)
        if how == "told":
            services.recalls.note_told(contact=contact, note="comes on Monday", by=by, at=DAY)
        else:
            services.recalls.release_mails(thing=thing, staff=amara, by=by, at=DAY)
            OutboxMessage.objects.update(**({"first_attempt_at": DAY} if how == "tried" else {"state": how}))
        self.put_right(ada, amara)
        contact.refresh_from_db()
        assert contact.misled and contact.is_open and contact.told_at == (DAY if how == "told" else None)
        client = client_as(amara)
        today = client.get("/today/").content.decode()
        assert "2 patients to speak with about a recall of stock" in today
        inventory = client.get(reverse("treatments:inventory")).content.decode()
        assert "1 patient to tell" in inventory and "1 to call back: it does not concern them" in inventory
        assert "call them: it was a mistake" in page_of(client, thing)
        url, sent = reverse("treatments:set_right", args=[contact.uuid]), {"subject": str(contact.patient.uuid), "note": "apologised"}
        assert client.post(url, sent).status_code == 302
        contact.refresh_from_db()
        assert (contact.set_right_at, contact.set_right_by, contact.set_right_note, contact.is_open) == (DAY, amara.display_name, "apologised", False)
        page = page_of(client, thing)
        assert "apologised" in page and "call them: it was a mistake" not in page
        assert "1 patient to speak with" in client.get("/today/").content.decode()

    def test_nobody_is_told_of_what_does_not_concern_them(self, thing: Thing, max_: Staff, amara: Staff, ada: Patient, client_as: SignIn) -> None:
        contact = self.prepared(thing, max_)
        self.put_right(ada, amara)
        sent = {"subject": str(contact.patient.uuid)}
        client = client_as(amara)
        for name in ("told", "set_right"):
            client.post(reverse(f"treatments:{name}", args=[contact.uuid]), sent)
        contact.refresh_from_db()
        assert contact.told_at is None and contact.set_right_at is None

    def test_who_received_it_another_time_stays_on_the_list(self, site: Site, max_: Staff, amara: Staff, ada: Patient) -> None:
        product = recalled_product(site, amara)
        contact = self.prepared(product, max_)
        services.apply_patch_test(patient=contact.patient, product=product, by=Actor.of_staff(amara), at=DAY - timedelta(days=3))
        self.put_right(ada, amara)
        contact.refresh_from_db()
        assert contact.withdrawn_at is None and self.of(ada).is_open

    def test_before_the_list_is_prepared_nobody_joins_it(self, thing: Thing, amara: Staff, max_: Staff, ada: Patient) -> None:
        self.put_right(ada, amara)
        assert not RecallContact.objects.exists()
        assert self.prepared(thing, max_).patient == ada

    def test_the_right_one_joins_a_list_that_had_nobody_to_tell(self, thing: Thing, max_: Staff, amara: Staff, ada: Patient) -> None:
        """The record named somebody who has died: the list was prepared and empty. It was Ada who had it."""
        Patient.objects.exclude(pk=ada.pk).update(deceased_on=DAY.date())
        assert services.recalls.prepare_contacts(thing=thing, staff=max_, by=Actor.of_staff(max_), at=DAY) == []
        self.put_right(ada, amara)
        assert self.of(ada).is_open

    def test_put_right_twice_the_first_patient_is_on_the_list_again(self, thing: Thing, max_: Staff, amara: Staff, ada: Patient) -> None:
        """Olivia → Ada → Olivia after all: a new contact, and the old ones stay as they were."""
        first, by = self.prepared(thing, max_), Actor.of_staff(amara)
        second = self.put_right(ada, amara)
        services.mark_entered_in_error(record=second, reason="No, it was Olivia.", staff=amara, by=by, at=DAY)
        services.write_right_record(mistaken=TreatmentSession.objects.get(pk=second.pk), patient=first.patient, reason="x", by=by, at=DAY)
        rows = RecallContact.objects.order_by("pk").values_list("patient", "withdrawn_at")
        assert list(rows) == [(first.patient.pk, DAY), (ada.pk, DAY), (first.patient.pk, None)]

    def test_who_was_told_and_is_concerned_after_all_is_not_told_that_it_was_a_mistake(self, thing: Thing, max_: Staff, amara: Staff, ada: Patient, client_as: SignIn) -> None:
        first, by = self.prepared(thing, max_), Actor.of_staff(amara)
        services.recalls.note_told(contact=first, note="", by=by, at=DAY)
        second = self.put_right(ada, amara)
        services.mark_entered_in_error(record=second, reason="No, it was Olivia.", staff=amara, by=by, at=DAY)
        services.write_right_record(mistaken=TreatmentSession.objects.get(pk=second.pk), patient=first.patient, reason="x", by=by, at=DAY)
        (calls,) = selectors.all_calls(by)
        assert (calls.to_tell, calls.to_set_right) == (1, 0)
        assert "call them: it was a mistake" not in page_of(client_as(amara), thing)

    def test_the_product_without_a_lot_follows_too(self, site: Site, max_: Staff, amara: Staff, ada: Patient) -> None:
        used_product(site, amara, lot="")
        product = make_product(site)
        services.recall_product(product=product, reason=REASON, by=Actor.of_staff(max_), at=DAY)
        product.refresh_from_db()
        contact = self.prepared(product, max_)
        self.put_right(ada, amara)
        contact.refresh_from_db()
        assert contact.withdrawn_at == DAY and self.of(ada).product == product


class TestTheExport:
    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "＝"])
    def test_holds_no_formula(self, thing: Thing, amara: Staff, client_as: SignIn, sign: str) -> None:
        Patient.objects.update(given_name=f"{sign}cmd|' /C calc'!A0")
        answer = client_as(amara).get(reverse(f"treatments:received_{kind(thing)}_csv", args=[thing.uuid]))
        assert "attachment" in answer["Content-Disposition"] and "text/csv" in answer["Content-Type"]
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == 2 and "cmd" in rows[1][1] and rows[1][1].startswith("'")
        assert not [cell for cell in rows[1] if cell.lstrip()[:1] in tuple("=+-@＝")]

    def test_is_not_for_the_desk(self, thing: Thing, rosa: Staff, client_as: SignIn) -> None:
        assert client_as(rosa).get(reverse(f"treatments:received_{kind(thing)}_csv", args=[thing.uuid])).status_code == 403

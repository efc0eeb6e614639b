"""Who really treats is named, judged and signs: a colleague's session is taken over with one press (decision 0029)."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from tests.treatments.make import DAY, END, make_draft, make_ended, make_entry, make_started
from tests.treatments.test_signed import refused, sql
from treatments import selectors, services
from treatments.models import PrpUse, SignatureHandover, SignedRecord, TreatmentSession
from treatments.services import Blocked, ChangedMeanwhile, NotOpen, NotTakenOver, NotYours

DURING = DAY + timedelta(minutes=12)
pytestmark = pytest.mark.django_db


def taken(record: TreatmentSession, staff: Staff, at: datetime = DAY) -> TreatmentSession:
    return services.take_over_session(record=record, staff=staff, by=Actor.of_staff(staff), at=at)


def without_licence(staff: Staff) -> Staff:
    staff.credential_valid, staff.credential_expires_on = False, DAY.date() - timedelta(days=400)
    staff.save()
    return staff


class TestBeforeTheStart:
    def test_opening_the_page_makes_nobody_the_operator(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        opened = services.open_session(patient=record.patient, operator=okoro, by=Actor.of_staff(okoro), at=DAY)
        assert (opened.pk, opened.operator) == (record.pk, amara)

    def test_a_colleague_can_t_start_it_in_the_operator_s_name(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        with pytest.raises(Blocked, match="Take it over first"):
            services.start_session(record=record, by=Actor.of_staff(okoro), at=DAY)
        record.refresh_from_db()
        assert record.state == "draft"

    def test_who_takes_over_is_judged(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = taken(make_draft(site, amara), without_licence(okoro))
        with pytest.raises(Blocked) as stop:
            services.start_session(record=record, by=Actor.of_staff(okoro), at=DAY)
        assert [f.rule for f in stop.value.findings] == ["S04"]

    def test_who_takes_over_starts_ends_and_signs_and_the_record_says_so(self, site: Site, amara: Staff, okoro: Staff) -> None:
        by = Actor.of_staff(okoro)
        record = services.start_session(record=taken(make_draft(site, amara), okoro), by=by, at=DAY)
        record = services.end_session(record=record, ended_at=END, by=by, at=END)
        assert record.operator == okoro
        with pytest.raises(NotYours):
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END)
        services.sign_session(record=record, signer=okoro, by=by, at=END + timedelta(hours=1))
        content = json.loads(SignedRecord.objects.get().content)
        assert content["operator"]["name"] == okoro.display_name and content["input"][0]["operator"]["id"] == str(okoro.uuid)
        assert content["handovers"] == [{"from": amara.display_name, "to": okoro.display_name, "at": DAY.isoformat(), "running": False}]

    def test_the_page_left_open_elsewhere_is_told(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        entry = make_entry(site, tab="a", seq=1)
        record = services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(amara), at=DAY)
        taken(record, okoro)
        with pytest.raises(ChangedMeanwhile, match=okoro.display_name):
            services.save_session(record=record, version=record.version, entry=make_entry(site, tab="a", seq=2), by=Actor.of_staff(amara), at=DAY)

    def test_the_operator_has_nothing_to_take_over(self, site: Site, amara: Staff) -> None:
        with pytest.raises(Refused, match="yours already"):
            taken(make_draft(site, amara), amara)


class TestAfterTheStart:
    def test_both_are_in_the_record_and_the_second_signs(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = taken(make_started(site, amara), okoro, DURING)
        shown = selectors.handovers(record)
        assert [(row.before, row.after, row.at, row.running) for row in shown] == [(amara.display_name, okoro.display_name, DURING, True)]
        record = services.end_session(record=record, ended_at=END, by=Actor.of_staff(okoro), at=END)
        services.sign_session(record=record, signer=okoro, by=Actor.of_staff(okoro), at=END)
        assert json.loads(SignedRecord.objects.get().content)["handovers"][0]["running"] is True

    def test_a_colleague_without_a_licence_does_not_go_on_with_it(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_started(site, amara)
        with pytest.raises(Blocked) as stop:
            taken(record, without_licence(okoro), DURING)
        assert [f.rule for f in stop.value.findings] == ["S04"]
        record.refresh_from_db()
        assert record.operator == amara and selectors.handovers(record) == []

    def test_after_the_end_the_operator_stays(self, site: Site, amara: Staff, okoro: Staff) -> None:
        with pytest.raises(NotOpen):
            taken(make_ended(site, amara), okoro, END)


class TestTheSignatureOfOneWhoLeft:
    """Decision 0046: another clinician signs in their place, by name and with a reason. Who treated stays who treated."""

    LATER = END + timedelta(days=3)
    WHY = "Dr Osei left the clinic; I was in the room."

    def left(self, staff: Staff, how: str = "inactive") -> None:
        if how == "inactive":
            Staff.objects.filter(pk=staff.pk).update(is_active=False)
        elif how == "no clinician":
            Staff.objects.filter(pk=staff.pk).update(roles=["front_desk"])
        else:
            staff.sites.clear()

    def over(self, record: TreatmentSession, staff: Staff, reason: str = WHY) -> SignatureHandover:
        return services.take_over_signature(record=record, staff=staff, reason=reason, by=Actor.of_staff(staff), at=self.LATER)

    def sign(self, record: TreatmentSession, staff: Staff) -> dict[str, Any]:
        found = TreatmentSession.objects.get(pk=record.pk)
        services.sign_session(record=found, signer=staff, by=Actor.of_staff(staff), at=self.LATER)
        content: dict[str, Any] = json.loads(SignedRecord.objects.get().content)
        return content

    @pytest.mark.parametrize("how", ["inactive", "no clinician", "elsewhere"])
    def test_the_record_names_both_and_why(self, how: str, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_ended(site, amara)
        self.left(amara, how)
        row = self.over(record, okoro)
        assert (row.before, row.to, row.reason, row.at) == (amara, okoro, self.WHY, self.LATER)
        content = self.sign(record, okoro)
        assert content["operator"]["name"] == amara.display_name and content["input"][0]["operator"]["id"] == str(amara.uuid)
        assert content["signed_by"] == okoro.display_name
        told = content["signature"]
        assert told["in_place_of"] == amara.display_name and told["completed_since"] == [] and len(told["left_sha256"]) == 64
        assert told["handovers"] == [{"from": amara.display_name, "to": okoro.display_name, "reason": self.WHY, "at": self.LATER.isoformat()}]
        record.refresh_from_db()
        assert record.operator == amara and services.broken_records() == []

    def test_what_the_successor_completes_is_told_apart(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        row = self.over(record, okoro)
        entry = make_entry(site, device=record.blocks.get().device, cartridge=record.blocks.get().cartridge)
        entry.fields.update(notes="Vertex tender, as she told me.", pain_readings=[3, 5])
        services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(okoro), at=self.LATER)
        assert self.sign(record, okoro)["signature"]["completed_since"] == ["notes", "pain"]
        assert json.loads(row.content)["notes"] == "" and json.loads(row.content)["input"][0]["painReadings"] == [3]

    def test_nothing_is_written_in_it_before_it_is_taken_over(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        """What a colleague typed first would be kept as what the operator had left: nobody's work becomes another's."""
        record = make_ended(site, amara)
        self.left(amara)
        entry = make_entry(site, device=record.blocks.get().device, cartridge=record.blocks.get().cartridge)
        entry.fields.update(notes="Vertex tender, as she told me.")
        with pytest.raises(NotTakenOver, match="Take the signature over first"):
            services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(okoro), at=self.LATER)
        with time_machine.travel(self.LATER, tick=False):
            client, url = client_as(okoro), reverse("treatments:session", args=[record.uuid])
            answer = client.post(url, {"subject": str(record.patient.uuid), "version": record.version, "notes": "Vertex tender"})
            assert answer.status_code == 409 and "Take the signature over first" in answer.content.decode()
        self.over(record, okoro)
        services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(okoro), at=self.LATER)
        assert self.sign(record, okoro)["signature"]["completed_since"] == ["notes"]

    def test_what_was_typed_before_goes_along_as_the_successor_s(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        """Nothing typed is lost: neither when the reason is missing, nor when the signature is taken over. What was left stays as it was left."""
        record = make_ended(site, amara)
        self.left(amara)
        with time_machine.travel(self.LATER, tick=False):
            client, url = client_as(okoro), reverse("treatments:take_over_signature", args=[record.uuid])
            block = record.blocks.get()
            sent = {
                "subject": str(record.patient.uuid), "version": record.version, "notes": "Vertex tender, as she told me.", "handover_reason": "",
                "device": block.device_id, "cartridge": block.cartridge_id,
            }  # fmt: skip
            without = client.post(url, sent)
            assert without.status_code == 422 and "Vertex tender, as she told me." in without.content.decode()
            assert not SignatureHandover.objects.exists()
            entered = client.post(reverse("treatments:session", args=[record.uuid]), sent | {"handover_reason": self.WHY})  # the Enter key saves
            assert entered.status_code == 409 and self.WHY in entered.content.decode()
            assert client.post(url, sent | {"handover_reason": self.WHY}).status_code == 302
        record.refresh_from_db()
        assert record.notes == "Vertex tender, as she told me." and json.loads(SignatureHandover.objects.get().content)["notes"] == ""

    def test_the_form_of_the_record_is_sent_with_it(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        with time_machine.travel(self.LATER, tick=False):
            page = client_as(okoro).get(reverse("treatments:session", args=[record.uuid])).content.decode()
        reason = re.search(r'<input[^>]*name="handover_reason"[^>]*>', page)
        assert reason is not None and 'form="session-form"' in reason[0]

    def test_nor_is_plasma_said_to_be_given_up_before(self, site: Site, amara: Staff, okoro: Staff) -> None:
        """A colleague's word on the plasma would be kept as what the operator had left (0046: until it is taken over nobody writes in it)."""
        record = make_ended(site, amara)
        PrpUse.objects.create(session=record, planned_at=DAY, planned_by=amara.display_name)
        self.left(amara)
        by = Actor.of_staff(okoro)
        with pytest.raises(NotTakenOver, match="Take the signature over first"):
            services.prp.give_up_prp(record=record, reason="not enough plasma", by=by, at=self.LATER)
        self.over(record, okoro)
        services.prp.give_up_prp(record=record, reason="not enough plasma", by=by, at=self.LATER)
        assert self.sign(record, okoro)["signature"]["completed_since"] == ["PRP"]

    def test_not_while_the_operator_can_sign(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_ended(site, amara)
        with pytest.raises(Refused, match="can still sign"):
            self.over(record, okoro)
        with pytest.raises(NotYours):
            self.sign(record, okoro)

    def test_nobody_signs_for_another_without_taking_it_over(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        with pytest.raises(NotYours, match="Take the signature over first"):
            self.sign(record, okoro)

    def test_needs_a_reason_and_a_clinician(self, site: Site, amara: Staff, okoro: Staff, rosa: Staff) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        with pytest.raises(Refused) as stop:
            self.over(record, okoro, " ")
        assert stop.value.field == "handover_reason"
        with pytest.raises(Refused, match="Only a clinician"):
            self.over(record, rosa)
        assert not SignatureHandover.objects.exists()

    def test_neither_before_the_end_nor_after_the_signature(self, site: Site, amara: Staff, okoro: Staff) -> None:
        running, done = make_started(site, amara), make_ended(site, amara)
        services.sign_session(record=done, signer=amara, by=Actor.of_staff(amara), at=END)
        self.left(amara)
        for record in (running, done):
            with pytest.raises(NotOpen):
                self.over(record, okoro)

    def test_once_the_operator_is_there_again_they_sign(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        self.over(record, okoro)
        Staff.objects.filter(pk=amara.pk).update(is_active=True)
        with pytest.raises(NotYours):
            self.sign(record, okoro)
        assert self.sign(record, amara)["signature"] is None

    def test_what_was_completed_while_they_were_away_is_told_in_the_operator_s_record_too(
        self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]
    ) -> None:
        """The operator comes back and signs: what the successor wrote meanwhile does not become theirs without a word (0046)."""
        record = make_ended(site, amara)
        self.left(amara)
        self.over(record, okoro)
        entry = make_entry(site, device=record.blocks.get().device, cartridge=record.blocks.get().cartridge)
        entry.fields.update(notes="Vertex tender, as she told me.")
        services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(okoro), at=self.LATER)
        Staff.objects.filter(pk=amara.pk).update(is_active=True)
        told = self.sign(record, amara)["signature"]
        assert (told["in_place_of"], told["completed_since"], len(told["left_sha256"])) == ("", ["notes"], 64)
        assert [(row["from"], row["to"]) for row in told["handovers"]] == [(amara.display_name, okoro.display_name)]
        with time_machine.travel(self.LATER, tick=False):
            client = client_as(amara)
            for name in ("session", "record_print"):
                page = client.get(reverse(f"treatments:{name}", args=[record.uuid])).content.decode()
                assert "in place of" not in page and f"{okoro.display_name} took the signature over from {amara.display_name}" in page
                assert "Changed since then: notes" in " ".join(page.split())

    def test_who_took_over_and_left_as_well_is_followed(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        self.over(record, okoro)
        third = make_clinician(site)
        with pytest.raises(Refused, match="can still sign"):
            self.over(record, third)
        self.left(okoro)
        self.over(record, third, "Both have left; from the paper notes.")
        told = self.sign(record, third)["signature"]
        assert [(row["from"], row["to"]) for row in told["handovers"]] == [(amara.display_name, okoro.display_name), (okoro.display_name, third.display_name)]

    def test_a_licence_that_was_struck_off_since_is_explained_not_hidden(self, site: Site, amara: Staff, okoro: Staff) -> None:
        """S04 was judged at the start. What it says today stays in the record, beside what the one who signs says of it."""
        record = make_ended(site, amara)
        self.left(amara)
        Staff.objects.filter(pk=amara.pk).update(credential_valid=False)
        self.over(record, okoro)
        with pytest.raises(Blocked) as stop:
            self.sign(record, okoro)
        assert [f.rule for f in stop.value.findings] == ["S04"]
        TreatmentSession.objects.filter(pk=record.pk).update(reasons={"S04": "Valid on that day; ended when she left."})
        content = self.sign(record, okoro)
        assert {"rule": "S04", "severity": "BLOCK"} in content["findings"] and content["reasons"]["S04"].startswith("Valid on that day")

    def test_for_the_operator_s_own_signature_s04_is_never_explained(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        Staff.objects.filter(pk=amara.pk).update(credential_valid=False)
        TreatmentSession.objects.filter(pk=record.pk).update(reasons={"S04": "x"})
        with pytest.raises(Blocked):
            self.sign(record, amara)

    def test_nor_after_they_came_back(self, site: Site, amara: Staff, okoro: Staff) -> None:
        """It was handed over once, and the operator is there again: what is said beside S04 is for another one's signature."""
        record = make_ended(site, amara)
        self.left(amara)
        self.over(record, okoro)
        Staff.objects.filter(pk=amara.pk).update(is_active=True, credential_valid=False)
        TreatmentSession.objects.filter(pk=record.pk).update(reasons={"S04": "x"})
        with pytest.raises(Blocked) as stop:
            self.sign(record, amara)
        assert [f.rule for f in stop.value.findings] == ["S04"]

    @pytest.mark.parametrize("text", ["UPDATE treatments_signaturehandover SET reason = 'x'", "DELETE FROM treatments_signaturehandover"])
    def test_its_rows_are_only_ever_added(self, text: str, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        self.over(record, okoro)
        refused(lambda: sql(text))

    def test_from_the_list_over_the_page_to_the_signature(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        with time_machine.travel(self.LATER, tick=False):
            client = client_as(okoro)
            page = client.get("/unsigned/").content.decode()
            assert "Of people who left" in page and "nobody signs it yet" in page
            url, take, sign = (reverse(f"treatments:{name}", args=[record.uuid]) for name in ("session", "take_over_signature", "sign"))
            page = client.get(url).content.decode()
            assert "can’t sign this record any more" in page and take in page and sign not in page
            subject = {"subject": str(record.patient.uuid)}
            answer = client.post(take, subject | {"handover_reason": ""})
            assert answer.status_code == 422 and "Say why, and how you know what was done." in answer.content.decode()
            assert client.post(take, subject | {"handover_reason": self.WHY}).status_code == 302
            assert "in place of Dr Amara Osei" in client.get("/unsigned/").content.decode()
            page = client.get(url).content.decode()
            assert self.WHY in page and sign in page and take not in page
            assert client.post(sign, subject).status_code == 302
            signed, printed = (client.get(reverse(f"treatments:{name}", args=[record.uuid])).content.decode() for name in ("session", "record_print"))
            assert all("in place of Dr Amara Osei" in text and self.WHY in text for text in (signed, printed))
            other = client_as(make_clinician(site))
            assert "Of people who left" not in other.get("/unsigned/").content.decode()

    def test_others_see_on_the_list_who_signs(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        self.over(record, okoro)
        client = client_as(make_clinician(site))
        assert f"{okoro.display_name} signs" in client.get("/unsigned/").content.decode()
        assert "of somebody who left" not in client.get("/today/").content.decode()
        assert "1 unsigned record" in client_as(okoro).get("/today/").content.decode()


    def test_the_overview_offers_it_to_who_took_it_over_and_names_them_to_others(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_ended(site, amara)
        self.left(amara)
        url = reverse("desk:patient_overview", args=[record.patient.uuid])
        page = client_as(okoro).get(url).content.decode()
        assert "Only Dr Amara Osei can sign it" not in page and "Nobody can sign it yet" in page
        self.over(record, okoro)
        page = client_as(okoro).get(url).content.decode()
        assert f"Sign session {record.number}" in page and "can sign it" not in page
        assert f"Only {okoro.display_name} can sign it" in client_as(make_clinician(site)).get(url).content.decode()

    def test_sign_and_lock_is_offered_to_who_signs_alone(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        """SECURITY: a record is signed by its author only."""
        record = make_ended(site, amara)
        url, sign = (reverse(f"treatments:{name}", args=[record.uuid]) for name in ("session", "sign"))
        assert sign in client_as(amara).get(url).content.decode() and sign not in client_as(okoro).get(url).content.decode()
        self.left(amara)
        self.over(record, okoro)
        assert sign in client_as(okoro).get(url).content.decode() and sign not in client_as(make_clinician(site)).get(url).content.decode()


def make_clinician(site: Site) -> Staff:
    """A third one."""
    third = Staff.objects.create(email="third@example.org", name="Third Person", title="Dr", roles=["clinician"], operator_role="dermatologist", credential_valid=True)
    third.sites.add(site)
    return third


class TestThePage:
    @pytest.fixture(autouse=True)
    def _clock(self) -> Iterator[None]:
        with time_machine.travel(DAY + timedelta(minutes=1), tick=False):
            yield

    def test_says_whose_it_is_and_offers_one_press_instead_of_the_start(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_draft(site, amara)
        url, start, take = (reverse(f"treatments:{name}", args=[record.uuid]) for name in ("session", "start", "take_over"))
        client = client_as(okoro)
        page = client.get(url).content.decode()
        assert f"This is {amara.display_name}’s session." in page and take in page and start not in page
        own = client_as(amara).get(url).content.decode()
        assert take not in own and start in own
        subject = {"subject": str(record.patient.uuid)}
        assert client.post(start, subject).status_code == 422
        assert client.post(take, subject).status_code == 302
        page = client.get(url).content.decode()
        assert start in page and take not in page and f"{okoro.display_name} took over from {amara.display_name}" in page
        assert client.post(start, subject).status_code == 302
        record.refresh_from_db()
        assert (record.state, record.operator) == ("started", okoro)

    def test_what_was_typed_goes_along(self, site: Site, amara: Staff, okoro: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_draft(site, amara)
        sent = {"subject": str(record.patient.uuid), "version": record.version, "notes": "Left temple is tender."}
        assert client_as(okoro).post(reverse("treatments:take_over", args=[record.uuid]), sent).status_code == 302
        record.refresh_from_db()
        assert (record.operator, record.notes) == (okoro, "Left temple is tender.")

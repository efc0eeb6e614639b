"""What is signed stays as it is (R47, R51, R52): every way to change it is tried as the app's own role."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.treatments.make import DAY, END, make_device, make_draft, make_ended, make_entry, make_signed
from treatments import services
from treatments.models import (
    Addendum,
    DeviceBlock,
    EnteredInError,
    PreTopical,
    SignedRecord,
    TreatmentSession,
    ZoneRecord,
)
from treatments.services import Blocked, NotReady, NotYours, broken_records


def refused(act: Callable[[], object]) -> None:
    """The database says no."""
    with pytest.raises(DatabaseError), transaction.atomic():
        act()


def sql(text: str, *values: Any) -> None:
    """Run it, with the deferred foreign keys looked at before the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class TestTheRecord:
    def test_holds_what_was_done_with_its_hash(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara)
        content = json.loads(record.content)
        assert content["operator"]["name"] == "Dr Amara Osei" and content["rules_version"]
        assert {z["zone"]: z["depth_mm"] for z in content["blocks"][0]["zones"]} == {"vertex": "0.75", "mid_scalp": "0.50"}
        assert content["started_at"] == DAY.isoformat() and content["ended_at"] == END.isoformat()
        assert len(record.sha256) == 64 and record.session.state == "signed"

    def test_the_same_content_is_the_same_text(self) -> None:
        assert services.signing.canonical({"b": 1, "a": "é"}) == services.signing.canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'

    def test_each_names_the_one_before(self, site: Site, amara: Staff) -> None:
        first = make_signed(site, amara)
        second = make_signed(site, amara, at=DAY + timedelta(days=1))
        assert second.previous_sha256 == first.sha256 and broken_records() == []


class TestHowItReads:
    """What a record does not hold is not said to be “none” or “no”."""

    def test_a_record_shows_its_own_pain_and_leaving(self, site: Site, amara: Staff) -> None:
        content = json.loads(make_signed(site, amara).content)
        page = render_to_string("treatments/_signed_content.html", {"content": content})
        assert content["input"] and "Aftercare given" in page and "Not in this record" not in page

    def test_a_record_without_them_says_so(self, site: Site, amara: Staff) -> None:
        content = json.loads(make_signed(site, amara).content) | {"input": []}
        page = render_to_string("treatments/_signed_content.html", {"content": content})
        assert "Not in this record." in page and "Aftercare given" not in page

    def test_a_waiver_its_reason_and_the_seal_can_be_read(self, site: Site, amara: Staff) -> None:
        content = json.loads(make_signed(site, amara).content)
        content["input"][0]["baseline"] |= {"waiverReason": "camera broken", "photoViews": [], "gradeRecorded": False}
        page = render_to_string("treatments/_signed_content.html", {"content": content})
        assert "photos: none" in page and "incomplete, because camera broken" in page
        assert "<dt>Seal was intact</dt><dd>yes</dd>" in page and "1 of 4, initial, Harley site" in page

    def test_no_code_is_printed_where_there_is_a_word(self, site: Site, amara: Staff) -> None:
        content = json.loads(make_signed(site, amara).content)
        given = content["input"][0]
        given["allergies"] = ["serum_ingredient", "hair product", "anaesthetic", "Ana's own balm"]
        given["baseline"]["photoViews"] = ["temporal_left"]
        given["products"] = [{"kind": "growth_factor", "id": "GF 1", "lot": "S1", "hoursAfter": 0.0, "patchTestResult": "not_read"},
                             {"kind": "minoxidil", "id": "Minoxidil 5 %", "lot": "M1", "hoursAfter": 24.0}]  # fmt: skip
        given["preTopicals"] = [{"kind": "aha", "lastUsedAt": "2026-02-27T08:00:00+00:00"}]
        given["eligibility"] = "CAUTION"
        content["words"] = [{"rule": "S15", "severity": "BLOCK_PRODUCT", "subject": "nonsterile_cosmetic", "words": "Words."}]
        content["reasons"] = {"S08:frontal_hairline": "Agreed.", "S14:compounded_topical": "Asked for."}
        page = " ".join(render_to_string("treatments/_signed_content.html", {"content": content}).split())
        for words in (
            "something in a serum, hair product, numbing cream or injection, Ana&#x27;s own balm", "photos: Left temporal;", "GF 1, lot S1, in the session, patch test not read",
            "Minoxidil 5 %, lot M1, 24 h after the needling, patch test –", "Fruit acid (AHA), last used 27 Feb 2026, 08:00", "S15, stops this product, Cosmetic, not sterile: Words.",
            "S08 Frontal hairline: Agreed.", "S14 Compounded topical: Asked for.", "usable through 31 Mar 2027", "Vertex: 0.75 mm × 4, Mild erythema", "born 27 Mar 1985",
        ):  # fmt: skip
            assert words in page, words
        for code in ("_ingredient", "temporal_left", "not_read", "BLOCK", "CAUTION", "mild_erythema", "nonsterile", "2027-03", "1985-03"):
            assert code not in page, code

    def test_what_was_numbed_when_and_the_plasma_can_be_read(self, site: Site, amara: Staff) -> None:
        content = json.loads(make_signed(site, amara).content)
        content["input"][0]["anaesthetic"] = {
            "product": "Lidocaine cream", "strengthPercent": 4.0, "areaCm2": 80.0, "grams": 6.0, "onAt": "2026-03-02T09:10:00+00:00", "offAt": "2026-03-02T09:50:00+00:00",
            "weightKg": 70.0, "otherMg12h": 20.0, "wipedOff": True,
        }  # fmt: skip
        content["prp"] = {"drawn_at": "2026-03-02T09:30:00+00:00", "used_at": "2026-03-02T10:20:00+00:00", "volume_ml": "4.0", "given_up": "",
                          "checks": [{"name": "Dr Amara Osei", "matches": True, "label": "T-1", "how": "own_login", "at": "2026-03-02T10:10:00+00:00"}]}  # fmt: skip
        page = " ".join(render_to_string("treatments/_signed_content.html", {"content": content}).split())
        assert "on at 2 Mar 2026, 09:10, off at 2 Mar 2026, 09:50; wiped off: yes; body weight 70.0 kg; other local anaesthetic in the last 12 h: 20.0 mg" in page
        assert "4.0 mL, drawn 2 Mar 2026, 09:30, used 2 Mar 2026, 10:20" in page and "Tube T-1: this patient’s, Dr Amara Osei" in page

    def test_each_device_shows_its_own_seal(self, site: Site, amara: Staff) -> None:
        content = json.loads(make_signed(site, amara).content)
        content["blocks"].append(content["blocks"][0])
        second = json.loads(json.dumps(content["input"][0]))
        second["cartridge"]["sealIntact"] = False
        content["input"].append(second)
        page = render_to_string("treatments/_signed_content.html", {"content": content})
        assert page.count("<dt>Seal was intact</dt>") == 2 and "<dt>Seal was intact</dt><dd>no</dd>" in page

    def test_what_an_older_record_was_not_asked_is_not_answered_no(self, site: Site, amara: Staff) -> None:
        content = json.loads(make_signed(site, amara).content)
        for key in ("cartridge", "allergies", "aftercareDelivered", "fitzpatrick"):
            del content["input"][0][key]
        page = render_to_string("treatments/_signed_content.html", {"content": content})
        for label in ("Seal was intact", "Allergies", "Aftercare given", "Skin type (Fitzpatrick)"):
            assert f"<dt>{label}</dt><dd>not recorded</dd>" in page

    def test_a_reason_box_left_empty_is_not_signed(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara, make_entry(site, reasons={"S20": "no camera", "S21": "", "S25": ""}))
        assert record.reasons == {"S20": "no camera"}
        block = record.blocks.get()
        emptied = make_entry(site, device=block.device, cartridge=block.cartridge, reasons={"S20": ""})
        saved = services.save_session(record=record, version=record.version, entry=emptied, by=Actor.of_staff(amara), at=END)
        assert saved.reasons == {}


class TestWhoAndWhen:
    def test_only_the_author(self, site: Site, amara: Staff, okoro: Staff) -> None:
        with pytest.raises(NotYours):
            services.sign_session(record=make_ended(site, amara), signer=okoro, by=Actor.of_staff(okoro), at=END)

    def test_only_what_has_ended(self, site: Site, amara: Staff) -> None:
        with pytest.raises(NotReady):
            services.sign_session(record=make_draft(site, amara), signer=amara, by=Actor.of_staff(amara), at=END)

    def test_only_once(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara).session
        with pytest.raises(NotReady):
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END)

    def test_none_must_be_said(self, site: Site, amara: Staff) -> None:
        entry = make_entry(site)
        entry.fields["no_adverse_event"] = False
        with pytest.raises(NotReady, match="no adverse event"):
            services.sign_session(record=make_ended(site, amara, entry), signer=amara, by=Actor.of_staff(amara), at=END)

    def test_a_missing_udi_stops_it(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara, make_entry(site, device=make_device(site, udi="")))
        with pytest.raises(Blocked) as stop:
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END)
        assert [f.rule for f in stop.value.findings] == ["S26"]

    def test_an_owed_reason_stops_it_and_a_given_one_is_signed(self, site: Site, amara: Staff) -> None:
        entry = make_entry(site)
        entry.fields["aftercare_delivered"] = False
        record, by = make_ended(site, amara, entry), Actor.of_staff(amara)
        with pytest.raises(Blocked) as stop:
            services.sign_session(record=record, signer=amara, by=by, at=END)
        assert stop.value.owed == ["S21"]
        block = record.blocks.get()
        again = make_entry(site, device=block.device, cartridge=block.cartridge, reasons={"S21": "Sent by e-mail."})
        again.fields["aftercare_delivered"] = False
        record.refresh_from_db()
        record = services.save_session(record=record, version=record.version, entry=again, by=by, at=END)
        signed = services.sign_session(record=record, signer=amara, by=by, at=END)
        assert json.loads(signed.content)["reasons"] == {"S21": "Sent by e-mail."}


class TestNobodyChangesIt:
    def test_we_are_the_apps_own_role(self, db: None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)")
            assert cursor.fetchone() == ("app_rw", False)

    @pytest.mark.parametrize("table", ["signedrecord", "addendum", "enteredinerror"])
    def test_the_role_lacks_the_privileges(self, table: str, db: None) -> None:
        with connection.cursor() as cursor:
            for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [f"treatments_{table}", privilege])
                assert cursor.fetchone() == (False,)

    def test_by_the_orm(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara)
        record.content = "{}"
        refused(record.save)
        refused(record.delete)

    def test_by_update_and_bulk(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara)
        refused(lambda: SignedRecord.objects.update(content="{}"))
        refused(lambda: SignedRecord.objects.bulk_update([record], ["content"]))
        refused(lambda: SignedRecord.objects.all().delete())

    @pytest.mark.parametrize(
        "text",
        [
            "UPDATE treatments_signedrecord SET content = ''",
            "DELETE FROM treatments_signedrecord",
            "TRUNCATE treatments_signedrecord CASCADE",
            "TRUNCATE treatments_treatmentsession CASCADE",
            "ALTER TABLE treatments_signedrecord DISABLE TRIGGER ALL",
            "DROP TRIGGER only_added ON treatments_signedrecord",
            "SET session_replication_role = replica",
            "SET ROLE app_owner",
            "INSERT INTO treatments_signedrecord SELECT * FROM treatments_signedrecord ON CONFLICT (id) DO UPDATE SET content = ''",
        ],
    )
    def test_by_raw_sql(self, text: str, site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        refused(lambda: sql(text))

    def test_by_cascade(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara)
        pk, patient = record.session.pk, record.session.patient.pk
        refused(lambda: sql("DELETE FROM treatments_treatmentsession WHERE id = %s", pk))
        refused(lambda: sql("DELETE FROM patients_patient WHERE id = %s", patient))
        refused(lambda: sql("DELETE FROM treatments_course"))

    def test_by_switching_the_history_triggers_off(self, site: Site, amara: Staff) -> None:
        import pgtrigger

        record = make_signed(site, amara)

        def act() -> None:
            with pgtrigger.ignore():
                TreatmentSession.objects.filter(pk=record.session.pk).update(notes="changed")

        refused(act)

    def test_the_rows_of_the_session_are_frozen(self, site: Site, amara: Staff) -> None:
        session = make_signed(site, amara).session
        block = session.blocks.get()
        refused(lambda: TreatmentSession.objects.filter(pk=session.pk).update(notes="x"))
        refused(lambda: ZoneRecord.objects.filter(block=block).update(depth_hundredths=50))
        refused(lambda: ZoneRecord.objects.filter(block=block).delete())
        refused(lambda: ZoneRecord.objects.create(block=block, zone="occipital", depth_hundredths=50))
        refused(lambda: DeviceBlock.objects.filter(pk=block.pk).update(cartridge=None))
        refused(lambda: PreTopical.objects.create(session=session, kind="aha", last_used_at=DAY))

    def test_no_row_is_moved_into_it(self, site: Site, amara: Staff) -> None:
        signed = make_signed(site, amara).session
        draft = make_draft(site, amara, at=DAY + timedelta(days=1))
        row = PreTopical.objects.create(session=draft, kind="aha", last_used_at=DAY)
        refused(lambda: PreTopical.objects.filter(pk=row.pk).update(session=signed))
        zone = draft.blocks.get().zones.first()
        assert zone is not None
        refused(lambda: ZoneRecord.objects.filter(pk=zone.pk).update(block=signed.blocks.get(), zone="occipital"))


class TestCorrections:
    def test_two_taps_sign_one_addendum(self, site: Site, amara: Staff, client_as: Any) -> None:
        """It is for ever. The same words from a new page are meant; other words from the same page too."""
        signed = make_signed(site, amara)
        client, uuid = client_as(amara), signed.session.uuid
        page = client.get(reverse("treatments:session", args=[uuid])).content.decode()
        found = re.search(r'name="form_key" value="([0-9a-f]{32})"', page)
        assert found is not None
        sent = {"subject": str(signed.session.patient.uuid), "form_key": found[1], "text": "Left temple: 2 passes."}
        for _tap in (1, 2):
            assert client.post(reverse("treatments:addendum", args=[uuid]), sent).status_code == 302
        assert signed.addenda.count() == 1
        client.post(reverse("treatments:addendum", args=[uuid]), sent | {"text": "Right temple: 3 passes."})
        client.post(reverse("treatments:addendum", args=[uuid]), sent | {"form_key": "0" * 32})
        assert signed.addenda.count() == 3 and services.broken_records() == []
        with pytest.raises(IntegrityError), transaction.atomic():
            Addendum.objects.create(record=signed, text="x", sha256="x", by=amara, at=END, form_key=found[1])

    def test_an_addendum_is_its_own_row_with_its_own_signature(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_signed(site, amara)
        note = services.add_addendum(record=record, text=" Lot was B7. ", staff=okoro, by=Actor.of_staff(okoro), at=END)
        assert (note.text, note.by) == ("Lot was B7.", okoro) and len(note.sha256) == 64
        refused(lambda: Addendum.objects.update(text="x"))
        refused(lambda: Addendum.objects.all().delete())

    def test_entered_in_error_is_a_new_row_with_its_reason(self, site: Site, amara: Staff) -> None:
        session = make_signed(site, amara).session
        row = services.mark_entered_in_error(record=session, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=END)
        assert row.reason == "Wrong patient." and SignedRecord.objects.filter(session=session).exists()
        refused(lambda: EnteredInError.objects.all().delete())

    def test_what_was_entered_in_error_is_not_written_on(self, site: Site, amara: Staff) -> None:
        draft, by = make_draft(site, amara), Actor.of_staff(amara)
        services.mark_entered_in_error(record=draft, reason="Wrong patient.", staff=amara, by=by, at=END)
        with pytest.raises(services.NotOpen):
            services.save_session(record=draft, version=draft.version, entry=make_entry(site), by=by, at=END)


class TestVerify:
    def test_says_that_all_is_well(self, site: Site, amara: Staff) -> None:
        services.add_addendum(record=make_signed(site, amara), text="Note.", staff=amara, by=Actor.of_staff(amara), at=END)
        out = StringIO()
        call_command("verify_records", stdout=out)
        assert "as they were signed" in out.getvalue()

    def test_names_a_record_that_does_not_fit(self, site: Site, amara: Staff) -> None:
        first = make_signed(site, amara)
        draft = make_draft(site, amara, at=DAY + timedelta(days=1))
        SignedRecord.objects.create(
            session=draft, content="{}", sha256="0" * 64, previous_sha256=first.sha256, signed_by=amara, signed_name="x", signed_at=END
        )
        with pytest.raises(CommandError, match="signed record"):
            call_command("verify_records")

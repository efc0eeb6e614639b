"""A record as a FHIR R4 bundle (RULES 9): the same numbers, nobody else's, nothing invalid, nothing unasked."""

import hashlib
import io
import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st

from clinic.audit import Actor
from clinic.models import AccessEvent, Site, Staff
from desk.fhir import NotValid, bundle_of, checked
from desk.fhir.measures import _value
from desk.fhir.parts import quantity, stripped
from desk.views import records as record_views
from patients import services as people
from patients.models import Allergy, Medication, Patient
from tests.clinic.account_steps import confirm
from tests.treatments.make import (
    DAY,
    make_course,
    make_draft,
    make_ended,
    make_entry,
    make_patient,
    make_product,
    make_ready,
    make_signed,
)
from treatments import services
from treatments.models import AdverseEvent, Measurement, Photo
from treatments.rules.measures import Unit
from treatments.rules.measures.specs import SPECS
from treatments.services import photos
from treatments.vocabulary import PhotoUse

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
NOW = DAY + timedelta(hours=3)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def read(patient: Patient) -> dict[str, list[Any]]:
    """The export as the library reads it back, by type."""
    found: dict[str, list[Any]] = {}
    for entry in Bundle.model_validate_json(checked(bundle_of(patient, at=NOW))).entry or []:
        found.setdefault(type(entry.resource).__name__, []).append(entry.resource)
    return found


def local(resource: Any) -> str:
    return next((str(code.code) for code in resource.code.coding or [] if str(code.system).startswith("urn:uuid:")), "")


class TestWhoSaidIt:
    """R4: `asserter` and `informationSource` are who said so; the patient only where the patient did."""

    def test_what_a_clinician_noted_is_not_said_to_be_the_patient_s(self, site: Site, amara: Staff) -> None:
        patient, by = make_ready(site, hair_medicines=["finasteride"], psoriasis="active_elsewhere"), Actor.of_staff(amara)
        Medication.objects.create(patient=patient, name="finasteride")
        Allergy.objects.create(patient=patient, substance="latex", name="latex")
        people.note_medicine(patient=patient, entry=people.MedicineEntry("Apixaban"), staff=amara, by=by, at=NOW)
        people.note_allergy(patient=patient, entry=people.AllergyEntry("anaesthetic", "lidocaine"), staff=amara, by=by, at=NOW)
        people.amend_answers(patient=patient, changes={"keloid": "personal"}, source="Northside Clinic", staff=amara, by=by, at=NOW, today=site.today(NOW))
        found = read(patient)
        medicines = {row.medicationCodeableConcept.text: row.informationSource for row in found["MedicationStatement"]}
        assert medicines["finasteride"] and not medicines["Apixaban"]
        allergies = {row.code.text: row.asserter for row in found["AllergyIntolerance"]}
        assert allergies["Latex"] and not allergies["lidocaine"]
        conditions = {local(row): row.asserter for row in found["Condition"]}
        assert conditions["psoriasis.active_elsewhere"] and not conditions["keloid.personal"]


class TestNumbers:
    def test_depth_passes_and_endpoint_of_each_zone(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara).session
        found = read(record.patient)
        zones = {part.bodySite[0].text: part for part in found["Procedure"] if part.partOf}
        assert set(zones) == {"Vertex", "Mid-scalp"}
        told = {}
        for row in found["Observation"]:
            for part in row.partOf or []:
                for zone, child in zones.items():
                    if part.reference == f"urn:uuid:{child.id}":
                        told[zone, local(row)] = row.valueQuantity or row.valueInteger or row.valueCodeableConcept.text
        assert (told["Vertex", "needling.depth"].value, told["Vertex", "needling.depth"].code) == (Decimal("0.75"), "mm")
        assert (told["Mid-scalp", "needling.depth"].value, told["Vertex", "needling.passes"]) == (Decimal("0.5"), 4)
        assert told["Vertex", "needling.endpoint"] == "Mild erythema"

    def test_devices_and_the_one_cartridge(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara).session
        unit = record.blocks.get().cartridge
        assert unit is not None
        found = {str(row.id): row for row in read(record.patient)["Device"]}
        assert found[str(unit.uuid)].lotNumber == unit.lot.lot
        assert str(found[str(unit.uuid)].expirationDate) == "2027-03-31"

    def test_the_session_names_its_signature_and_its_times_with_their_offset(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara)
        text = checked(bundle_of(record.session.patient, at=NOW))
        parent = next(row for row in read(record.session.patient)["Procedure"] if not row.partOf)
        assert any(record.sha256 in note.text for note in parent.note)
        assert '"start":"2026-03-02T10:00:00Z"' in text

    def test_a_summer_session_has_the_offset_of_summer(self, site: Site, amara: Staff) -> None:
        july = DAY.replace(month=7)
        with time_machine.travel(july + timedelta(hours=3), tick=False):
            record = make_signed(site, amara, at=july).session
            assert '"start":"2026-07-02T11:00:00+01:00"' in checked(bundle_of(record.patient, at=NOW))

    @given(st.decimals(min_value="0.01", max_value="400", places=2), st.sampled_from([Unit.PER_CM2, Unit.PER_IN2, Unit.MICROMETRE, Unit.MILLIMETRE, Unit.PERCENT]))
    def test_a_number_keeps_its_unit_and_every_digit(self, value: Decimal, unit: Unit) -> None:
        kind = next(kind for kind, spec in SPECS.items() if unit in spec.units)
        row = Measurement(kind=kind, value=value, unit=unit, canonical=value, patient=Patient())
        found = _value(row)["valueQuantity"]
        assert (found["value"], found["code"], found["system"]) == (value, unit.value, "http://unitsofmeasure.org")
        from fhir.resources.R4B.quantity import Quantity

        again = Quantity.model_validate_json(Quantity.model_validate(found).model_dump_json())
        assert again.value == value

    def test_measures_have_method_place_and_unit(self, site: Site, amara: Staff) -> None:
        patient = make_draft(site, amara).patient
        rows = {local(row): row for row in read(patient)["Observation"] if local(row).startswith("measure.")}
        density = rows["measure.hair_density"]
        assert (density.valueQuantity.value, density.valueQuantity.code) == (92, "{hairs}/cm2")
        assert (density.method.text, density.bodySite.text) == ("Trichoscopy", "midline")
        assert rows["measure.sinclair"].valueCodeableConcept.text == "2"

    def test_nothing_empty_and_no_zero_lost(self) -> None:
        assert stripped({"a": None, "b": "", "c": [], "d": {"e": None}, "f": 0, "g": False, "h": [{"i": ""}, 1]}) == {"f": 0, "g": False, "h": [1]}
        assert quantity(0, "mm")["value"] == 0


class TestWhatIsSaid:
    def test_answers_as_conditions_unconfirmed_by_the_patient(self, site: Site) -> None:
        patient = make_ready(site, psoriasis="scalp_cleared", psoriasis_scalp_clear_since="2025-11-01", diabetes="unsure")
        found = read(patient)
        (row,) = found["Condition"]
        assert (row.code.coding[0].code, row.clinicalStatus.coding[0].code, str(row.abatementDateTime)) == ("238608008", "remission", "2025-11-01")
        assert row.verificationStatus.coding[0].code == "unconfirmed"
        items = {item.linkId: item.answer[0] for item in found["QuestionnaireResponse"][0].item}
        assert items["diabetes"].valueString == "unsure" and items["psoriasis_scalp_clear_since"].valueString == "2025-11-01"

    def test_what_the_clinic_amended_since_dates_nothing_that_the_patient_said(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site, psoriasis="active_scalp", pregnancy="yes")
        people.amend_answers(patient=patient, changes={"diabetes": "yes", "herpes": "active"}, source="GP", staff=amara, by=Actor.of_staff(amara), at=NOW, today=NOW.date())
        found = read(patient)
        said, added = DAY - timedelta(days=2), NOW
        days = {local(row): row.recordedDate for row in found["Condition"]}
        assert len(days) == 3 and sorted(days.values()) == [said, added, added]
        assert [row.effectiveDateTime for row in found["Observation"] if row.code.coding[0].code == "82810-3"] == [said]
        assert found["QuestionnaireResponse"][0].authored == added  # when these answers were last changed

    def test_every_answer_is_in_the_response(self, site: Site) -> None:
        given_: dict[str, Any] = {"allergies": [{"substance": "latex", "name": "gloves", "anaphylaxis": True}], "hair_medicines": ["finasteride", "other"], "temp_today_c": 36.8}
        patient = make_ready(site, **given_)
        items = {item.linkId: item.answer for item in read(patient)["QuestionnaireResponse"][0].item}
        assert set(items) == {"pregnancy", "fitzpatrick", *given_}
        assert [answer.valueString for answer in items["hair_medicines"]] == ["finasteride", "other"]
        assert "gloves" in items["allergies"][0].valueString and items["temp_today_c"][0].valueDecimal == Decimal("36.8")

    def test_allergies_and_medicines_with_what_has_ended(self, site: Site) -> None:
        patient = make_ready(site, isotretinoin="stopped", isotretinoin_stopped_on="2025-10-01")
        Allergy.objects.create(patient=patient, substance="anaesthetic", name="Lidocaine", anaphylaxis=True)
        Allergy.objects.create(patient=patient, substance="latex", name="latex", ended_at=NOW)
        Medication.objects.create(patient=patient, name="Finasteride", dose="1 mg", started_on=DAY.date())
        Medication.objects.create(patient=patient, name="Dutasteride", ended_on=DAY.date(), ended_reason="another patient's", in_error=True)
        found = read(patient)
        rows = {row.code.text: row for row in found["AllergyIntolerance"]}
        assert rows["Lidocaine"].criticality == "high" and rows["Lidocaine"].code.coding[0].code == "387480006"
        assert rows["Latex"].clinicalStatus.coding[0].code == "inactive"
        medicines = {row.medicationCodeableConcept.text: row for row in found["MedicationStatement"]}
        assert (medicines["Finasteride"].status, medicines["Finasteride"].dosage[0].text) == ("active", "1 mg")
        assert medicines["Dutasteride"].status == "entered-in-error"
        assert (medicines["Isotretinoin"].status, str(medicines["Isotretinoin"].effectivePeriod.end)) == ("completed", "2025-10-01")

    @pytest.mark.parametrize(
        ("because", "clinical", "verified"), [("refuted", "inactive", "refuted"), ("entered_in_error", None, "entered-in-error"), ("resolved", "resolved", "unconfirmed")]
    )
    def test_an_allergy_that_was_wrong_or_is_over_says_so_and_why(self, site: Site, because: str, clinical: str | None, verified: str) -> None:
        """R4, AllergyIntolerance: a clinical status unless it was entered in error (ait-1), and none then (ait-2)."""
        patient = make_patient(site)
        Allergy.objects.create(patient=patient, substance="other", name="lanolin", ended_at=NOW, ended_because=because, ended_reason="Patch test negative.", ended_by="x")
        (row,) = read(patient)["AllergyIntolerance"]
        assert (row.clinicalStatus.coding[0].code if row.clinicalStatus else None) == clinical
        assert row.verificationStatus.coding[0].code == verified
        assert row.note[0].text == "Patch test negative."

    def test_a_finding_with_its_clearance(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site, heart_disease="heart_disease", keloid="personal")
        people.clear_finding(patient=patient, rule="E32", evidence="Letter of Dr Kay", staff=amara, by=Actor.of_staff(amara), at=NOW)
        found = read(patient)
        issues = {row.code.text.split(":")[0]: row for row in found["DetectedIssue"]}
        assert "Letter of Dr Kay" in issues["E32"].mitigation[0].action.text
        assert not issues["E04"].mitigation and issues["E04"].severity == "high"
        assert [row.code.coding[0].code for row in found["Flag"]] == ["finding.E04.ABSOLUTE"]

    def test_an_adverse_event_with_its_grade_beside_it(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        event = AdverseEvent.objects.create(
            patient=record.patient, session=record, what="Folliculitis", grade=2, serious=False, onset_at=NOW, recorded_at=NOW, recorded_by="t"
        )
        found = read(record.patient)
        (row,) = found["AdverseEvent"]
        assert (row.severity.coding[0].code, row.outcome.coding[0].code, row.seriousness.coding[0].code) == ("moderate", "ongoing", "Non-serious")
        grade = next(item for item in found["Observation"] if local(item) == "ctcae-grade")
        assert grade.valueInteger == 2 and grade.focus[0].reference == f"urn:uuid:{event.uuid}"


class TestProducts:
    """What goes on hours later is dated by its own hour, and not claimed to be done before it (RULES 9)."""

    @staticmethod
    def applied(site: Site, amara: Staff, hours: float) -> tuple[Any, Any]:
        minoxidil = make_product(site, name="Minoxidil 5 %", kind="minoxidil", lot="M1")
        entry = make_entry(site, products=((minoxidil, hours),), reasons={"S14": "x", "S14:Minoxidil 5 %": "The prescriber asks for it."})
        record = make_ended(site, amara, entry)
        return record, next(row for row in read(record.patient)["MedicationAdministration"])

    def test_hours_after_the_end_of_needling(self, site: Site, amara: Staff) -> None:
        record, row = self.applied(site, amara, 2)
        assert row.effectiveDateTime == record.ended_at + timedelta(hours=2) and row.effectivePeriod is None
        assert row.status == "completed" and [note.text for note in row.note] == ["Applied 2 hours after the needling.", "Lot M1."]

    def test_an_hour_that_lies_ahead_is_not_done_yet(self, site: Site, amara: Staff) -> None:
        record, row = self.applied(site, amara, 24)
        assert row.effectiveDateTime == record.ended_at + timedelta(hours=24)
        assert row.status == "unknown" and row.note[0].text == "To be applied 24 hours after the needling."

    def test_in_the_session_it_has_the_session_s_time(self, site: Site, amara: Staff) -> None:
        record, row = self.applied(site, amara, 0)
        assert (row.effectivePeriod.start, row.effectivePeriod.end) == (record.started_at, record.ended_at)
        assert row.status == "completed" and row.note[0].text == "Applied during the session."

    def test_in_error_stays_in_error_whenever_it_was(self, site: Site, amara: Staff) -> None:
        record, _row = self.applied(site, amara, 24)
        services.mark_entered_in_error(record=record, reason="Wrong patient", staff=amara, by=Actor.of_staff(amara), at=NOW)
        assert {row.status for row in read(record.patient)["MedicationAdministration"]} == {"entered-in-error"}


class TestErrorsAndConsent:
    def test_entered_in_error_is_kept_on_all_of_it(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara).session
        services.mark_entered_in_error(record=record, reason="Wrong patient", staff=amara, by=Actor.of_staff(amara), at=NOW)
        found = read(record.patient)
        assert {row.status for row in found["Procedure"]} == {"entered-in-error"}
        assert {row.status for row in found["Observation"] if local(row).startswith("needling.")} == {"entered-in-error"}

    def test_the_right_record_and_the_mistaken_one_point_to_each_other_without_a_name(self, site: Site, amara: Staff) -> None:
        wrong, ada = make_signed(site, amara).session, make_ready(site)
        make_course(ada, amara)
        by = Actor.of_staff(amara)
        services.mark_entered_in_error(record=wrong, reason="Wrong patient", staff=amara, by=by, at=NOW)
        record = services.write_right_record(mistaken=wrong, patient=ada, reason="The chair list says so.", by=by, at=NOW)
        right, mistaken = (next(row for row in read(person)["Procedure"] if not row.partOf) for person in (ada, wrong.patient))
        assert right.status == "completed" and any("Replaces a record of the same treatment" in note.text for note in right.note)
        assert mistaken.status == "entered-in-error" and any("in the record it belongs to" in note.text for note in mistaken.note)
        unit = record.blocks.get().cartridge
        assert unit is not None and str(unit.uuid) in {str(row.id) for row in read(ada)["Device"]}
        for text, other in ((checked(bundle_of(ada, at=NOW)), wrong.patient), (checked(bundle_of(wrong.patient, at=NOW)), ada)):
            assert str(other.uuid) not in text and str(other.number) not in text

    def test_a_mistaken_measurement_stays_marked(self, site: Site, amara: Staff) -> None:
        patient = make_draft(site, amara).patient
        Measurement.objects.filter(patient=patient, kind="hair_density").update(error_at=NOW, error_reason="Other eye")
        row = next(row for row in read(patient)["Observation"] if local(row) == "measure.hair_density")
        assert row.status == "entered-in-error" and any("Other eye" in note.text for note in row.note)

    def test_photos_by_view_never_the_picture_and_none_after_withdrawal(self, site: Site, amara: Staff) -> None:
        patient = make_draft(site, amara).patient
        rows = photos_in(patient)  # the general consent allows the record
        assert len(rows) == Photo.objects.filter(patient=patient).count() == 6
        assert all(row.content.data is None and row.content.url is None for row in rows)
        photos.withdraw_photo_consent(patient=patient, use=PhotoUse.RECORD, reason="", by=Actor.of_staff(amara), at=NOW + timedelta(minutes=1))
        assert not photos_in(patient)

    def test_a_draft_is_no_record(self, site: Site, amara: Staff) -> None:
        assert "Procedure" not in read(make_draft(site, amara).patient)


def photos_in(patient: Patient) -> list[Any]:
    return read(patient).get("Media", [])


class TestTheBundle:
    def test_ids_are_the_same_each_time_and_every_reference_resolves(self, site: Site, amara: Staff) -> None:
        patient = make_signed(site, amara).session.patient
        first, second = bundle_of(patient, at=NOW), bundle_of(patient, at=NOW + timedelta(days=1))
        assert [entry["fullUrl"] for entry in first["entry"]] == [entry["fullUrl"] for entry in second["entry"]]
        assert first["type"] == "collection" and first["id"] != second["id"]
        checked(first)

    def test_of_every_demo_patient_valid_and_nobody_else_s(self) -> None:
        call_command("seed_demo", patients=30, seed=5, verbosity=0, stdout=io.StringIO())
        everybody = list(Patient.objects.select_related("site__clinic"))
        assert len(everybody) >= 30
        for patient in everybody:
            text = checked(bundle_of(patient, at=NOW))
            others = {str(value) for other in everybody if other != patient for value in (other.uuid, other.email) if value}
            found = [value for value in others if re.search(rf"(?<![\w.]){re.escape(value)}", text)]  # anna.holm@… is no part of hanna.holm@…
            assert found == [], patient.pk
            assert json.loads(text)["entry"][0]["resource"]["resourceType"] in {"Organization", "Patient"}

    def test_a_neighbour_s_words_are_not_in_it(self, site: Site, amara: Staff, okoro: Staff) -> None:
        mine, theirs = make_signed(site, amara).session, make_ended(site, okoro)
        type(theirs).objects.filter(pk=theirs.pk).update(notes="CANARYQZX-notes")
        Allergy.objects.create(patient=theirs.patient, substance="other", name="CANARYQZX-allergy")
        Patient.objects.filter(pk=theirs.patient.pk).update(family_name="CANARYQZX", phone="CANARYQZX")
        AdverseEvent.objects.create(patient=theirs.patient, session=theirs, what="CANARYQZX", onset_at=NOW, recorded_at=NOW, recorded_by="t")
        text = checked(bundle_of(mine.patient, at=NOW))
        assert "CANARYQZX" not in text and str(theirs.uuid) not in text and okoro.name not in text
        theirs.patient.refresh_from_db()
        assert checked(bundle_of(theirs.patient, at=NOW)).count("CANARYQZX") >= 4

    def test_as_many_queries_for_many_sessions(self, site: Site, amara: Staff) -> None:
        patient = make_signed(site, amara).session.patient

        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                bundle_of(Patient.objects.select_related("site__clinic").get(pk=patient.pk), at=NOW)
            return len(queries)

        before = asked()
        Allergy.objects.bulk_create(Allergy(patient=patient, substance="other", name=f"a{n}") for n in range(9))
        Measurement.objects.bulk_create(
            Measurement(patient=patient, kind="wash_test", method="count", value=n, unit="{hairs}/d", canonical=n, measured_at=NOW, by="t", operator=amara) for n in range(1, 20)
        )
        assert asked() == before

    @pytest.mark.parametrize(
        ("change", "where"),
        [
            (lambda b: b["entry"][0].update(fullUrl=b["entry"][1]["fullUrl"]), "twice"),
            (lambda b: next(e for e in b["entry"] if e["resource"]["resourceType"] == "Patient")["resource"].update(gender="f"), "gender"),
            (lambda b: next(e for e in b["entry"] if e["resource"]["resourceType"] == "Observation")["resource"].update(status="wrong"), "status"),
            (lambda b: next(e for e in b["entry"] if e["resource"]["resourceType"] == "Observation")["resource"].update(madeUp=1), "madeUp"),
            (lambda b: b["entry"].remove(next(e for e in b["entry"] if e["resource"]["resourceType"] == "Patient")), "leads nowhere"),
            (lambda b: next(e for e in b["entry"] if e["resource"]["resourceType"] == "Consent")["resource"].update(dateTime="2 March"), "dateTime"),
        ],
    )
    def test_what_is_not_valid_is_told_by_its_place_never_by_its_content(self, site: Site, amara: Staff, change: Any, where: str) -> None:
        bundle = bundle_of(make_draft(site, amara).patient, at=NOW)
        checked(bundle)
        change(bundle)
        with pytest.raises(NotValid, match=where) as caught:
            checked(bundle)
        assert "Marsh" not in str(caught.value)


class TestThePage:
    def test_what_would_be_in_it(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_signed(site, amara).session.patient
        shown = client_as(amara).get(url(patient)).content.decode()
        assert "Record as a file" in shown and "Depths, measurements" in shown
        assert AccessEvent.objects.filter(action="record.look", patient_uuid=patient.uuid).count() == 1

    def test_the_file_the_log_and_its_hash(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_signed(site, amara).session.patient
        answer = fresh(client_as(amara)).post(url(patient), sent(patient))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/fhir+json; fhirVersion=4.0"
        assert answer["Content-Disposition"] == f'attachment; filename="record-{patient.number}.json"' and "no-store" in answer["Cache-Control"]
        event = AccessEvent.objects.get(action="record.export")
        assert event.subject == f"file {hashlib.sha256(answer.content).hexdigest()}" and event.patient_uuid == patient.uuid
        assert event.reason == "care, for Dr Ruiz, Northside"
        Bundle.model_validate_json(answer.content)

    def test_a_fresh_sign_in_is_asked_for(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        answer = client_as(amara).post(url(patient), sent(patient))
        assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
        assert not AccessEvent.objects.filter(action="record.export").exists()

    @pytest.mark.parametrize(("field", "words"), [("recipient", "Say who gets the file."), ("reason", "Choose a reason.")])
    def test_without_a_name_or_a_reason_nothing_leaves_and_nothing_typed_is_lost(self, site: Site, amara: Staff, client_as: SignIn, field: str, words: str) -> None:
        patient = make_ready(site)
        answer = fresh(client_as(amara)).post(url(patient), sent(patient) | {field: "", "more": "kept words"})
        assert answer.status_code == 422 and "attachment" not in answer.get("Content-Disposition", "")
        assert words in answer.content.decode() and "kept words" in answer.content.decode()

    def test_another_reason_needs_words(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        answer = fresh(client_as(amara)).post(url(patient), sent(patient) | {"reason": "other"})
        assert answer.status_code == 422 and "Say what the reason is." in answer.content.decode()

    def test_an_invalid_bundle_never_leaves_and_the_log_names_no_content(
        self, site: Site, amara: Staff, client_as: SignIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        patient = make_ready(site)

        def broken(found: Patient, *, at: Any, by: Any = None) -> Any:
            bundle = bundle_of(found, at=at, by=by)
            bundle["entry"][1]["resource"]["gender"] = "Marsh"
            return bundle

        monkeypatch.setattr(record_views, "bundle_of", broken)
        with caplog.at_level(logging.DEBUG):
            answer = fresh(client_as(amara)).post(url(patient), sent(patient))
        assert answer.status_code == 422 and "Nothing has left" in answer.content.decode()
        assert not AccessEvent.objects.filter(action="record.export").exists()
        assert any("could not be exported" in line.message for line in caplog.records)
        assert not any(word in line.getMessage() for line in caplog.records for word in ("Marsh", "Olivia", "1985-03-27"))

    def test_only_clinicians_of_the_site(self, site: Site, rosa: Staff, max_: Staff, iris: Staff, stranger: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        for staff in (rosa, max_, iris):
            assert fresh(client_as(staff)).post(url(patient), sent(patient)).status_code == 403
        assert fresh(client_as(stranger)).post(url(patient), sent(patient)).status_code == 404

    def test_a_form_of_another_patient_is_refused(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        mine, other = make_patient(site), make_patient(site)
        assert fresh(client_as(amara)).post(url(mine), sent(other)).status_code == 409


def url(patient: Patient) -> str:
    return reverse("desk:export_record", kwargs={"patient": patient.uuid})


def sent(patient: Patient) -> dict[str, str]:
    return {"subject": str(patient.uuid), "recipient": "Dr Ruiz, Northside", "reason": "care", "more": ""}


def fresh(client: Client) -> Client:
    """Somebody who typed the password just now."""
    confirm(client)
    return client

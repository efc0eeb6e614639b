"""A record that another clinic sent: read, and waiting for somebody to decide."""

import json
from datetime import datetime, timedelta
from typing import Any

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import services
from patients.models import Intake, Patient
from patients.vocabulary import IntakeState

_SNOMED, _HL7 = "http://snomed.info/sct", "http://terminology.hl7.org/CodeSystem/"


def bring_record(site: Site, at: datetime) -> Patient | None:
    """For one patient who has answered and has nothing begun: an allergy, two medicines, two conditions, a laboratory value."""
    sent = Intake.objects.exclude(state=IntakeState.DRAFT).filter(patient__site=site, patient__allergies=None).exclude(patient__intakes__state=IntakeState.DRAFT)
    intake = sent.select_related("patient").order_by("-patient__number").first()
    amara = Staff.objects.filter(email="amara@demo.example").first()
    if intake is None or amara is None:
        return None
    content = json.dumps(_bundle(intake.patient, at)).encode()
    services.read_record(
        patient=intake.patient, content=content, source="Dr Ruiz, Northside Clinic", staff=amara, by=Actor.of_staff(amara), at=at - timedelta(hours=2)
    )
    return intake.patient


def _status(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": _HL7 + system, "code": code}]}


def _bundle(patient: Patient, at: datetime) -> dict[str, Any]:
    me = f"urn:uuid:{patient.uuid}"
    person = {
        "resourceType": "Patient", "name": [{"family": patient.family_name, "given": [patient.given_name]}], "birthDate": patient.birth_on.isoformat(), "gender": patient.sex,
        "telecom": [{"system": "phone", "value": "020 7946 0842"}],
    }  # fmt: skip
    allergy = {
        "resourceType": "AllergyIntolerance", "patient": {"reference": me}, "code": {"text": "Lidocaine", "coding": [{"system": _SNOMED, "code": "387480006"}]},
        "clinicalStatus": _status("allergyintolerance-clinical", "active"), "verificationStatus": _status("allergyintolerance-verification", "confirmed"),
        "criticality": "high", "reaction": [{"manifestation": [{"text": "Swelling of the face"}]}],
    }  # fmt: skip
    conditions = [
        {
            "resourceType": "Condition", "subject": {"reference": me}, "code": {"text": text, "coding": [{"system": _SNOMED, "code": code}]}, "onsetDateTime": since,
            "clinicalStatus": _status("condition-clinical", "active"), "verificationStatus": _status("condition-ver-status", "confirmed"),
        }
        for text, code, since in (("Psoriasis", "9014002", "2019"), ("Gout", "90560007", f"{at.year - 3}-05"))
    ]  # fmt: skip
    medicines = [
        {"resourceType": "MedicationStatement", "subject": {"reference": me}, "status": "active", "medicationCodeableConcept": {"text": text}, "dosage": [{"text": dose}]}
        for text, dose in (("Warfarin", "3 mg in the evening"), ("Allopurinol", "100 mg a day"))
    ]
    value = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": me}, "code": {"text": "Ferritin"},
        "valueQuantity": {"value": 41, "unit": "ug/L", "system": "http://unitsofmeasure.org", "code": "ug/L"},
    }  # fmt: skip
    rows = [person, allergy, *medicines, *conditions, value]
    return {
        "resourceType": "Bundle", "type": "collection", "timestamp": at.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": me if row is person else f"urn:uuid:00000000-0000-4000-8000-{number:012d}", "resource": row} for number, row in enumerate(rows)],
    }  # fmt: skip

"""A bundle as another clinic's system would send it about Olivia Marsh."""

import json
from typing import Any

URN = "urn:uuid:11111111-1111-4111-8111-111111111111"
SNOMED = "http://snomed.info/sct"


def status(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def person(**fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient", "name": [{"use": "official", "family": "Marsh", "given": ["Olivia", "Jane"]}], "birthDate": "1985-03-27", "gender": "female",
        "telecom": [{"system": "phone", "value": "07700 900123"}],
    } | fields  # fmt: skip


def allergy(text: str, **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance", "patient": {"reference": URN}, "code": {"text": text},
        "clinicalStatus": status("allergyintolerance-clinical", "active"), "verificationStatus": status("allergyintolerance-verification", "confirmed"),
    } | fields  # fmt: skip


def condition(text: str, code: str = "", clinical: str = "active", **fields: Any) -> dict[str, Any]:
    coding = [{"system": SNOMED, "code": code}] if code else []
    found = {"coding": coding, "text": text} if coding else {"text": text}
    return {
        "resourceType": "Condition", "subject": {"reference": URN}, "code": found, "clinicalStatus": status("condition-clinical", clinical),
        "verificationStatus": status("condition-ver-status", "confirmed"),
    } | fields  # fmt: skip


def medicine(text: str, state: str = "active", **fields: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationStatement", "subject": {"reference": URN}, "status": state, "medicationCodeableConcept": {"text": text}} | fields


def bundle(*resources: dict[str, Any], patient: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    entries = [{"fullUrl": URN, "resource": patient or person()}, *({"resource": resource} for resource in resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries} | top


def raw(*resources: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(bundle(*resources, **more)).encode()

"""The bundle itself: whether it is one, and everything in it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from patients.rules.exchange.reading.allergies import allergy
from patients.rules.exchange.reading.conditions import condition
from patients.rules.exchange.reading.medicines import medicine
from patients.rules.exchange.reading.parts import Json, Proposal, Reading, Unreadable, details_of, text_of
from patients.rules.exchange.reading.people import contact, death, person_of

TAKEN = ("AllergyIntolerance", "MedicationStatement", "MedicationRequest", "Condition")
READ = ("Patient", *TAKEN)
MOST_LINES = 100


def resources(bundle: Any) -> list[tuple[str, Json]]:
    """Each resource with its address in the bundle. Raises Unreadable when this is no R4 bundle of one patient."""
    if not isinstance(bundle, dict) or not isinstance(kind := bundle.get("resourceType"), str):
        raise Unreadable("not_fhir")
    if kind != "Bundle":
        raise Unreadable("not_bundle", kind[:40])
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not entries:
        raise Unreadable("empty")
    found = []
    for number, entry in enumerate(entries, start=1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            raise Unreadable("no_resource", f"entry {number}")
        found.append((str(entry.get("fullUrl") or ""), resource))
    if sum(resource["resourceType"] == "Patient" for _url, resource in found) != 1:
        raise Unreadable("patients")
    for number, (_url, resource) in enumerate(found, start=1):
        if version := _other_version(resource):
            raise Unreadable(version, f"entry {number}: {resource['resourceType'][:40]}")
    return found


def _other_version(resource: Json) -> str:
    """R5 and STU3 by what R4 has never had in the resources that we read."""
    kind = resource["resourceType"]
    r5 = {"MedicationStatement": ("medication", "adherence"), "MedicationRequest": ("medication",), "AllergyIntolerance": ("participant",), "Condition": ("participant",)}
    if any(key in resource for key in r5.get(kind, ())) or (kind == "AllergyIntolerance" and isinstance(resource.get("type"), dict)):
        return "r5"
    stu3 = {"MedicationStatement": ("taken",), "AllergyIntolerance": ("assertedDate",), "Condition": ("assertedDate",)}
    if any(key in resource for key in stu3.get(kind, ())) or (kind in {"AllergyIntolerance", "Condition"} and isinstance(resource.get("clinicalStatus"), str)):
        return "stu3"
    return ""


def reading(found: list[tuple[str, Json]], *, on: str, unread: dict[str, int] | None = None) -> Reading:
    """Proposals of checked resources, in the order of the file; last what is not taken.

    `on`: today's date, which says whether an end has come. `unread`: how many of a kind are no valid R4.
    """
    url, patient = next((url, resource) for url, resource in found if resource["resourceType"] == "Patient")
    medicines = {name: resource for url_, resource in found if resource["resourceType"] == "Medication" for name in _names(url_, resource)}
    mine = _names(url, patient)
    proposals: list[Proposal] = []
    for number, (_url, resource) in enumerate(found, start=1):
        kind = resource["resourceType"]
        if kind in TAKEN:
            subject = (resource.get("subject") or resource.get("patient") or {}).get("reference", "")
            if subject not in mine:
                raise Unreadable("other_person", f"entry {number}: {kind}")
            proposals.append(allergy(resource) if kind == "AllergyIntolerance" else condition(resource) if kind == "Condition" else medicine(resource, medicines, on))
    person = person_of(patient)
    return Reading(person, (*death(patient), *contact(person), *proposals, *_left(found, unread or {})))


def _names(url: str, resource: Json) -> set[str]:
    """Every way in which another entry may refer to this one."""
    own = str(resource.get("id") or "")
    return {name for name in (url, f"{resource['resourceType']}/{own}" if own else "") if name}

def _left(found: list[tuple[str, Json]], unread: dict[str, int]) -> Iterator[Proposal]:
    """What is in the file and is not taken: a kind a line, with what each says of itself; how many are not shown is said."""
    kinds = Counter(resource["resourceType"] for _url, resource in found if resource["resourceType"] not in (*READ, "Medication"))
    for kind, amount in kinds.items():
        lines = [_said(resource) for _url, resource in found if resource["resourceType"] == kind]
        named = [("about", line) for line in lines if line]
        more = str(len(named) - MOST_LINES) if len(named) > MOST_LINES else ""
        yield Proposal("other", f"{kind} ({amount})"[:300], details_of(*named[:MOST_LINES], ("more", more), ("unread", str(unread.get(kind) or ""))), {}, "other_kind")


def _said(resource: Json) -> str:
    """A resource of another kind in one line: what, its value, when. It may be no valid R4, so every step is looked at."""
    named = resource.get("code") or resource.get("vaccineCode") or resource.get("type")
    what = text_of(named) if isinstance(named, dict) and isinstance(named.get("coding") or [], list) and all(isinstance(c, dict) for c in named.get("coding") or []) else ""
    number = resource.get("valueQuantity")
    value = f"{number.get('value', '')} {number.get('unit') or number.get('code') or ''}".strip() if isinstance(number, dict) else ""
    coded = resource.get("valueCodeableConcept")
    value = value or (str(coded.get("text") or "") if isinstance(coded, dict) else "")
    value = value or next((str(resource[key]) for key in ("valueString", "valueInteger", "valueBoolean", "status") if key in resource), "")
    when = next((str(resource[key])[:10] for key in ("effectiveDateTime", "performedDateTime", "occurrenceDateTime", "date") if resource.get(key)), "")
    return ", ".join(part for part in (f"{what}: {value}" if what and value else what, when) if part) if what else ""

"""Who and where: the patient, staff, the clinic, its sites."""

from clinic.models import Site, Staff
from desk.fhir.parts import Draft, Json, day, listed

_ROLE_WORDS = {
    "dermatologist": "Dermatologist", "physician": "Physician", "nurse": "Nurse", "licensed_practitioner": "Licensed practitioner",
    "trichologist": "Trichologist", "aesthetician": "Aesthetician", "other": "Other",
}  # fmt: skip


def organization(draft: Draft, site: Site) -> Json:
    """The clinic, named as its patients know it."""
    return draft.add("Organization", draft.id_of(site, "organization"), active=True, name=site.clinic.name)


def location(draft: Draft, site: Site) -> Json:
    """A site."""
    return draft.add(
        "Location", draft.id_of(site), status="active", name=site.name, telecom=[{"system": "phone", "value": site.phone, "use": "work"}],
        address={"text": site.address}, managingOrganization=organization(draft, site),
    )  # fmt: skip


def practitioner(draft: Draft, staff: Staff | None) -> Json | None:
    """A member of staff by name and role; never an address or a login."""
    if staff is None:
        return None
    found = draft.add("Practitioner", draft.id_of(staff), active=staff.is_active, name=[{"use": "official", "text": staff.display_name, "prefix": [staff.title]}])
    if staff.operator_role:
        period = {"end": day(staff.credential_expires_on)} if staff.credential_expires_on else None
        draft.add(
            "PractitionerRole", draft.id_of(staff, "role"), practitioner=found, organization=organization(draft, draft.patient.site),
            code=[{"text": _ROLE_WORDS.get(staff.operator_role, staff.operator_role)}], period=period,
        )  # fmt: skip
    return found


def patient(draft: Draft) -> Json:
    """The person: name, birth, how to reach them, and how they want to be called."""
    row = draft.patient
    names = [{"use": "official", "family": row.family_name, "given": [row.given_name], "text": row.name}]
    names += [{"use": "usual", "text": row.preferred_name}] if row.preferred_name else []
    return draft.add(
        "Patient", draft.id_of(row), active=row.deceased_on is None, name=names, gender=row.sex, birthDate=day(row.birth_on),
        identifier=[{"use": "usual", "type": listed("v2-0203", "MR", "Medical record number"), "system": f"urn:uuid:{row.site.uuid}", "value": str(row.number)}],
        telecom=[
            {"system": name, "value": value} for name, value in (("phone", row.phone), ("email", row.email)) if value
        ],
        communication=[{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": row.language}]}, "preferred": True}],
        deceasedDateTime=day(row.deceased_on), managingOrganization=organization(draft, row.site),
    )  # fmt: skip

"""A record from elsewhere is read: whole or not at all. The patient's own record stays as it is."""

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Patient, RecordImport, RecordProposal
from patients.names import digits
from patients.rules.exchange.reading import READ, Person, Proposal, Reading, Unreadable, differences, reading, resources

MOST_BYTES = 5 * 1024 * 1024
MOST_PROPOSALS = 500
_WORDS: dict[str, str | Promise] = {
    "large": _("The file is larger than 5 MB."),
    "many": _("The file has more than 500 things to decide on. Ask the sender for less."),
    "not_json": _("This is not a JSON file. A FHIR bundle ends in .json and begins with a curly bracket."),
    "not_fhir": _("This is not a FHIR file: it does not say what it is (resourceType)."),
    "not_bundle": _("This is not a bundle, but: %(place)s. Ask the sender for a FHIR R4 bundle."),
    "empty": _("The bundle is empty."),
    "no_resource": _("Something in the bundle can’t be read (%(place)s)."),
    "patients": _("The bundle must be about one patient. It has none, or several."),
    "r5": _("This file is FHIR R5 (%(place)s). Ask the sender for FHIR R4."),
    "stu3": _("This file is FHIR STU3 (%(place)s). Ask the sender for FHIR R4."),
    "other_person": _("Something in the bundle is not about its patient (%(place)s). Nothing was read."),
    "invalid": _("The file is not valid FHIR R4: %(place)s. Ask the sender for a valid one."),
    "someone_else": _("The file is about somebody else: another name, and another date of birth than here. Nothing was read."),
}


class BundleWrong(Refused):
    """The file can't be used; nothing of it was kept."""


class ReadBefore(Conflict):
    """The same file was read for this patient already."""

    def __init__(self, record: RecordImport) -> None:
        super().__init__(gettext("This very file was read before."), field="file")
        self.record = record


def _wrong(code: str, place: str = "") -> BundleWrong:
    return BundleWrong(str(_WORDS[code]) % {"place": place}, field="file")


def read_record(*, patient: Patient, content: bytes, source: str, staff: Staff, by: Actor, at: datetime) -> RecordImport:
    """Read a bundle whole, and keep what it says as proposals; the patient's record stays as it is. Raises BundleWrong, ReadBefore."""
    found = _read(content, patient.site.today(at).isoformat())
    differs = differences(found.person, family=patient.family_name, given=patient.given_name, preferred=patient.preferred_name, born=patient.birth_on.isoformat())
    if {"name", "born"} <= set(differs):
        raise _wrong("someone_else")
    sha256 = hashlib.sha256(content).hexdigest()
    with audit.write(by=by, action="record.import"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        if there := RecordImport.objects.filter(patient=patient, sha256=sha256).first():
            raise ReadBefore(there)
        record = RecordImport.objects.create(
            patient=patient, source=_bare(source)[:200], sha256=sha256, bytes=len(content), person_name=_bare(found.person.name), person_born=found.person.born[:10],
            differs=differs, at=at, by=staff,
        )  # fmt: skip
        rows = [*_identity(found.person, differs), *(row for row in found.proposals if not _same_contact(patient, row))]
        RecordProposal.objects.bulk_create(
            RecordProposal(
                record=record, position=number, kind=row.kind, title=_bare(row.title)[:300], details=_bare(list(map(list, row.details))),
                suggestion=_bare(row.suggestion), cannot=row.cannot or _unusable(row),
            )
            for number, row in enumerate(rows)
        )  # fmt: skip
    return record


def _read(content: bytes, on: str) -> Reading:
    if len(content) > MOST_BYTES:
        raise _wrong("large")
    try:
        given = json.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise _wrong("not_json") from error
    try:
        found = resources(given)
        read = reading(found, on=on, unread=_checked(found))
    except Unreadable as error:
        raise _wrong(error.code, error.place) from error
    if len(read.proposals) > MOST_PROPOSALS:
        raise _wrong("many")
    return read


def _checked(found: list[tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """Every resource against R4. What we read must be valid; of the rest it is counted how much is not."""
    from fhir.resources.R4B import get_fhir_model_class  # a third of a second to import, and only an import needs it
    from pydantic import ValidationError as Invalid

    unread: dict[str, int] = {}
    for number, (_url, resource) in enumerate(found, start=1):
        kind = resource["resourceType"]
        try:
            model = get_fhir_model_class(kind)
        except (LookupError, ValueError, ImportError, AttributeError):  # a kind that R4 does not know
            unread[kind] = unread.get(kind, 0) + 1
            continue
        try:
            model.model_validate(resource)
        except Invalid as error:
            if kind in READ:
                where = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
                raise Unreadable("invalid", f"entry {number}, {kind}, {where}"[:120]) from error
            unread[kind] = unread.get(kind, 0) + 1
    return unread


def _bare(value: Any) -> Any:
    """Without what no database and no page should hold: control and direction marks, halves of characters."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() else " " for c in value).strip()
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _identity(person: Person, differs: list[str]) -> list[Proposal]:
    return [Proposal("identity", person.name or "?", (("born", person.born),), {"differs": differs})] if differs else []


def _same_contact(patient: Patient, row: Proposal) -> bool:
    if row.kind != "contact":
        return False
    value, key = str(row.suggestion["value"]), row.suggestion["field"]
    return digits(value) == digits(patient.phone) if key == "phone" else value.casefold() == str(getattr(patient, key)).casefold()


def _unusable(row: Proposal) -> str:
    """A contact that our own register would refuse."""
    if row.suggestion.get("field") == "email":
        try:
            validate_email(row.suggestion["value"])
        except ValidationError:
            return "unusable"
    return "unusable" if row.suggestion.get("field") == "phone" and (not digits(row.suggestion["value"]) or len(row.suggestion["value"]) > 40) else ""

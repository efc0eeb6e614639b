"""A bundle while it is made: entries with stable ids, and the small shapes that every resource is built of."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from patients.models import Patient
from patients.rules.exchange.codes import LOCAL, LOINC, SNOMED, UCUM

Json = dict[str, Any]
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


def stripped(value: Any) -> Any:
    """Without what is empty: FHIR forbids null, empty text and empty lists. False and 0 stay."""
    if isinstance(value, Mapping):
        found = {key: stripped(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item not in (None, "", [], {})}
    if isinstance(value, (list, tuple)):
        return [item for item in map(stripped, value) if item not in (None, "", [], {})]
    return value


class Draft:
    """The entries of one patient's bundle. The same row has the same id in every export: `urn:uuid:` of the row's own uuid,
    or one made from the patient's uuid and the row's name (RFC 9562, version 5)."""

    def __init__(self, patient: Patient, at: datetime) -> None:
        self.patient, self.at, self.zone = patient, at, patient.site.tz
        self.entries: dict[str, Json] = {}
        self.people: dict[str, str] = {}

    def id_of(self, row: Any, part: str = "") -> str:
        """The stable id of a row, or of a part of it."""
        own: UUID | None = getattr(row, "uuid", None)
        if own is not None and not part:
            return str(own)
        return str(uuid5(self.patient.uuid, f"{row._meta.label}/{row.pk}/{part}"))

    def add(self, kind: str, key: str, **fields: Any) -> Json:
        """One resource, once; what refers to it gets the answer of this call."""
        if key not in self.entries:
            self.entries[key] = {"fullUrl": f"urn:uuid:{key}", "resource": {"resourceType": kind, "id": key, **stripped(fields)}}
        return {"reference": f"urn:uuid:{key}", "type": kind}

    def has(self, row: Any, part: str = "") -> bool:
        """Whether the row is in already."""
        return self.id_of(row, part) in self.entries

    @property
    def subject(self) -> Json:
        """The patient, as everything refers to it."""
        return {"reference": f"urn:uuid:{self.patient.uuid}", "type": "Patient"}

    def moment(self, at: datetime | None, zone: ZoneInfo | None = None) -> str | None:
        """An instant with the offset of the site's clock on that day."""
        return at.astimezone(zone or self.zone).isoformat(timespec="seconds") if at else None


def day(on: date | None) -> str | None:
    """A calendar date."""
    return on.isoformat() if on else None


def coding(system: str, code: str, display: str = "") -> Json:
    """One code of one system."""
    return {"system": system, "code": code, "display": display}


def concept(text: str, *, local: str = "", snomed: str = "", loinc: str = "", more: Iterable[Json] = ()) -> Json:
    """Words, with the codes that mean them. The displays of SNOMED and LOINC are left to their own releases."""
    codes = [coding(SNOMED, snomed)] if snomed else []
    codes += [coding(LOINC, loinc)] if loinc else []
    codes += [*more, *([coding(LOCAL, local, text)] if local else [])]
    return {"coding": codes, "text": text}


def listed(system: str, code: str, display: str = "") -> Json:
    """A code out of one of HL7's own lists."""
    return {"coding": [coding(TERMINOLOGY + system, code, display)]}


def quantity(value: Decimal | int | float, unit: str) -> Json:
    """A number with its UCUM unit."""
    return {"value": Decimal(str(value)), "unit": unit, "system": UCUM, "code": unit}


def note(*texts: str) -> list[Json]:
    """Remarks; empty ones are left out."""
    return [{"text": text} for text in texts if text.strip()]

"""Nothing leaves before it was checked: by the library against R4, and here for what the library leaves open.

The library reads R4B; for every resource that we write R4B has the same elements as R4 (docs/decisions). It does not look at closed
lists of codes nor at references, so both are checked here.
"""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from desk.fhir.parts import Json

# lists that the library cuts short with “+” (HL7, FHIR R4, required bindings)
_LONGER = {
    "Observation.status": {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"},
}
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class NotValid(Exception):
    """The bundle is not FHIR R4; `where` names places, never contents."""

    def __init__(self, where: list[str]) -> None:
        super().__init__("; ".join(where[:20]))
        self.where = where


def checked(bundle: Json) -> str:
    """The bundle as JSON text. Raises NotValid: an invalid bundle never leaves."""
    from fhir.resources.R4B.bundle import Bundle  # a third of a second to import, and only an export needs it

    try:
        found = Bundle.model_validate(bundle)
    except ValidationError as error:
        raise NotValid([".".join(map(str, line["loc"])) + f" ({line['type']})" for line in error.errors(include_input=False, include_url=False)]) from error
    problems = [*_outside_lists(found, "Bundle"), *_dangling(bundle)]
    if problems:
        raise NotValid(problems)
    return str(found.model_dump_json())


def _outside_lists(model: BaseModel, path: str) -> Iterator[str]:
    """Codes that are not in their closed list."""
    kind = type(model).__name__
    for name, field in type(model).model_fields.items():
        value = getattr(model, name, None)
        if value is None:
            continue
        extra: Any = field.json_schema_extra or {}
        allowed = _LONGER.get(f"{kind}.{name}") or set(extra.get("enum_values") or ())
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            here = f"{path}.{name}[{index}]"
            if isinstance(item, BaseModel):
                yield from _outside_lists(item, here)
            elif allowed and "+" not in allowed and isinstance(item, str) and item not in allowed:
                yield f"{here} (not in its list)"


def _dangling(bundle: Json) -> Iterator[str]:
    """References that lead to nothing in the bundle, and ids that stand twice."""
    known = [entry["fullUrl"] for entry in bundle["entry"]]
    kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in bundle["entry"]}
    if len(set(known)) != len(known):
        yield "entry.fullUrl (twice)"
    for entry in bundle["entry"]:
        if not _URN.fullmatch(entry["fullUrl"]):
            yield "entry.fullUrl (no urn:uuid)"
        for reference in references(entry["resource"]):
            kind = kinds.get(reference["reference"])
            if kind is None or kind != reference.get("type", kind):
                yield f"{entry['resource']['resourceType']} (a reference that leads nowhere)"


def references(value: Any) -> Iterator[Json]:
    """Every reference in a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)

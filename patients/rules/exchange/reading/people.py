"""Who a bundle is about."""

from collections.abc import Iterator

from patients.rules.exchange.reading.parts import Json, Person, Proposal, details_of, plain


def person_of(patient: Json) -> Person:
    """The Patient resource, without old names and numbers."""
    names = [name for name in patient.get("name") or [] if name.get("use") not in {"old", "temp"}]
    telecom = [(point.get("system"), str(point.get("value") or "")) for point in patient.get("telecom") or [] if point.get("use") != "old"]
    family = tuple(dict.fromkeys(str(name["family"]) for name in names if name.get("family")))
    given = tuple(dict.fromkeys(str(part) for name in names for part in name.get("given") or []))
    text = next((str(name.get("text") or " ".join([*map(str, name.get("given") or []), str(name.get("family") or "")])) for name in names), "")
    return Person(
        family, given, text.strip()[:200], str(patient.get("birthDate") or ""), str(patient.get("gender") or ""),
        tuple(value for system, value in telecom if system == "phone" and value), tuple(value for system, value in telecom if system == "email" and value),
    )  # fmt: skip


def differences(person: Person, *, family: str, given: str, preferred: str, born: str) -> list[str]:
    """`name` and `born`, where the file says otherwise than the record, or does not say."""
    found = []
    ours = {plain(given).split(" ")[0], *([plain(preferred)] if preferred else [])} - {""}
    theirs = {plain(name).split(" ")[0] for name in person.given} - {""}
    same_family = plain(family) in {plain(name) for name in person.family} if family else not person.family
    if not same_family or not (ours & theirs if ours else not theirs):
        found.append("name")
    return found + (["born"] if person.born != born else [])


def contact(person: Person) -> Iterator[Proposal]:
    """How to reach the person, as the file has it; the service leaves out what is the same here."""
    for key, values in (("phone", person.phones), ("email", person.emails)):
        if values:
            yield Proposal("contact", values[0], (("also", ", ".join(values[1:])),) if values[1:] else (), {"field": key, "value": values[0]})
    if person.sex in {"female", "male", "other"}:
        yield Proposal("contact", person.sex, (), {"field": "sex", "value": person.sex})


def death(patient: Json) -> Iterator[Proposal]:
    """What the file says of a death. It can only be read: it is first of all a question of who this is, so it stands with those."""
    when = str(patient.get("deceasedDateTime") or "")
    if when or patient.get("deceasedBoolean") is True:
        yield Proposal("identity", "This person has died, says the file", details_of(("died", when)), {}, "deceased")

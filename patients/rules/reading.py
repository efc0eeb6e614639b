"""Reads and checks the input of `eligibility` (SCHEMA 2.1–2.5 and part 5)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from clinic.inputs import (
    BAD,
    Key,
    Reader,
    a_bool,
    a_date,
    a_list,
    a_num,
    a_text,
    an_enum,
    an_object,
    read_object,
)
from patients.rules import vocabulary as words

_DATE_DETAILS = tuple(key for key in words.LEADS if key.endswith(("_on", "_since")))
_TEXT_DETAILS = ("infection_type", "psoriasis_treatment", "eczema_treatment", "keloid_site", "blood_thinner_name")
_NUMBER_DETAILS = {
    "aspirin_mg_per_day": (1, 4000),
    "inr": (0.5, 20),
    "systemic_steroid_mg_per_day": (0.1, 200),
    "systemic_steroid_weeks": (0, 2000),
    "hba1c_percent": (3.0, 20.0),
    "home_roller_mm": (0.1, 3.0),
}
_ALONE_DATES = ("nsaid_last_taken_on", "last_fever_on", "local_steroid_injection_on")
_ALONE_NUMBERS = {"temp_today_c": (34.0, 43.0), "platelets_10e9_l": (1, 2000), "hb_g_dl": (3.0, 25.0)}

_ALLERGY = {
    "substance": Key(an_enum(words.SUBSTANCES), required=True),
    "name": Key(a_text),
    "anaphylaxis": Key(a_bool),
}
_PROCEDURE = {"kind": Key(an_enum(words.PROCEDURES), required=True), "on": Key(a_date, required=True)}


def _answer_keys() -> dict[str, Key]:
    keys = {name: Key(an_enum(values), null=True) for name, values in words.QUESTIONS.items()}
    keys |= {name: Key(a_date, null=True) for name in (*words.QUESTION_DATES, *_DATE_DETAILS, *_ALONE_DATES)}
    keys |= {name: Key(a_text, null=True) for name in (*_TEXT_DETAILS, "free_text")}
    keys |= {name: Key(a_num(*bounds), null=True) for name, bounds in (_NUMBER_DETAILS | _ALONE_NUMBERS).items()}
    keys["diabetes_slow_healing"] = Key(an_enum(words.YN), null=True)
    keys["allergies"] = Key(a_list(an_object(_ALLERGY)), null=True)
    keys["other_scalp_procedures"] = Key(a_list(an_object(_PROCEDURE)), null=True)
    keys["hair_medicines"] = Key(a_list(an_enum(words.HAIR_MEDICINES), no_repeats=True), null=True)
    return keys


ANSWER_KEYS = _answer_keys()
_CLEARANCE = {
    "rule": Key(an_enum(words.RULE_IDS), required=True),
    "by": Key(a_text, required=True),
    "date": Key(a_date, required=True),
}
_TOP = {
    "asOf": Key(a_date, required=True),
    "birthDate": Key(a_date, required=True),
    "sex": Key(an_enum(("male", "female", "other", "unknown")), required=True),
    "answers": Key(an_object(ANSWER_KEYS), required=True),
    "clearances": Key(a_list(an_object(_CLEARANCE))),
    "planned": Key(an_object({"prp": Key(a_bool), "radiofrequency": Key(a_bool)})),
}


@dataclass(frozen=True)
class Facts:
    """A checked input. `answers` holds the keys that were given; a blank one is None."""

    as_of: date
    birth_on: date
    sex: str
    answers: dict[str, Any]
    clearances: tuple[dict[str, Any], ...] = ()
    prp: bool = False
    radiofrequency: bool = False

    def get(self, key: str) -> Any:
        """The answer, or None when it is absent or blank."""
        return self.answers.get(key)

    def is_blank(self, key: str) -> bool:
        """Asked and left blank."""
        return key in self.answers and self.answers[key] is None

    @property
    def age(self) -> int:
        """Whole years on `as_of` (SCHEMA 1.2, 7)."""
        return age_on(self.birth_on, self.as_of)


def age_on(birth_on: date, day: date) -> int:
    """Years by comparing month and day: a person born on 29 February turns on 1 March in common years."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def read(data: Any) -> Facts | dict[str, Any]:
    """Facts, or the error object that names every bad key."""
    reader = Reader()
    top = read_object(reader, "", data, _TOP)
    if top is not BAD:
        _check_orders(reader, data, top)
    if reader.errors or top is BAD:
        return reader.result()
    planned = top.get("planned", {})
    return Facts(
        as_of=top["asOf"],
        birth_on=top["birthDate"],
        sex=top["sex"],
        answers=top["answers"],
        clearances=tuple(top.get("clearances", ())),
        prp=planned.get("prp", False),
        radiofrequency=planned.get("radiofrequency", False),
    )


def _check_orders(reader: Reader, data: dict[str, Any], top: dict[str, Any]) -> None:
    as_of, birth_on = top.get("asOf"), top.get("birthDate")
    if as_of and birth_on:
        if birth_on > as_of:
            reader.fail("birthDate", "lies after asOf")
        elif age_on(birth_on, as_of) > 120:
            reader.fail("birthDate", "gives an age over 120")
    if "answers" in top:
        _check_leads(reader, data["answers"], top["answers"])
        _check_dates(reader, data["answers"], top["answers"], as_of, birth_on)
    if as_of and isinstance(data.get("clearances"), list):
        for index, entry in enumerate(data["clearances"]):
            given = entry.get("date") if isinstance(entry, dict) else None
            parsed = a_date(Reader(), "", given)
            if parsed is not BAD and parsed > as_of:
                reader.fail(f"clearances[{index}].date", "lies after asOf")


def _check_leads(reader: Reader, raw: dict[str, Any], answers: dict[str, Any]) -> None:
    for detail, lead in words.LEADS.items():
        if answers.get(detail) is None:
            continue
        if lead not in raw:
            reader.fail(f"answers.{detail}", f"given without {lead}")
        elif answers.get(lead) in words.DENIALS:
            reader.fail(f"answers.{detail}", f"contradicts {lead} = {answers[lead]}")


def _check_dates(
    reader: Reader, raw: dict[str, Any], answers: dict[str, Any], as_of: date | None, birth_on: date | None
) -> None:
    dated = [
        (f"answers.{key}", value)
        for key, value in answers.items()
        if isinstance(value, date) and key != "pregnancy_due_on"
    ]
    entries = raw.get("other_scalp_procedures")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        on = a_date(Reader(), "", entry.get("on")) if isinstance(entry, dict) else BAD
        if on is not BAD:
            dated.append((f"answers.other_scalp_procedures[{index}].on", on))
    for path, on in dated:
        if as_of and on > as_of:
            reader.fail(path, "lies after asOf")
        elif birth_on and on < birth_on:
            reader.fail(path, "lies before birthDate")

"""What the answers must say of the medicines that stand in the list: never milder than they do (decision 0047)."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from patients.rules.changes import amended
from patients.rules.exchange.reading import medicine_meaning, words_known
from patients.rules.exchange.tables import CHOSEN, Meaning

THINNER, STEROID = "blood_thinner", "systemic_steroid"
_NAME, _MG, _TWO = "blood_thinner_name", "aspirin_mg_per_day", "two_or_more"
_INR, _READS_INR = ("inr", "inr_on"), ("warfarin", _TWO)  # SCHEMA 2.5
_NOT_ONE = (None, "none", "unsure")
_KINDS = {
    "aspirin_low_dose_only": "low-dose aspirin", "aspirin_high_dose": "aspirin above 100 mg a day", "warfarin": "warfarin", "heparin": "heparin",
    "doac": "blood thinner (DOAC)", "antiplatelet": "antiplatelet", "other": "another blood thinner",
}  # fmt: skip
_SUBSTANCES = ("warfarin", "heparin", "aspirin")
_LOW_MG, _HIGHEST_INR = 100, 3.0  # RULES 2, E07b and E07
_MG_IN = re.compile(r"(\d+(?:[.,]\d+)?)\s*mg\b(?!\s*/\s*(?:kg|(?:\d+(?:[.,]\d+)?\s*)?ml))", re.IGNORECASE)
_WEEKLY = re.compile(r"(?:\ba|\bper|\beach|\bevery|/)\s*week\b|\bweekly\b|\b(?:por|a la|cada) semana\b|\bsemanal", re.IGNORECASE)
_OFTEN = tuple(
    (re.compile(rf"(?:\b(?:{words}|{n} ?(?:x|times|veces)|x ?{n}|(?:every|cada) {24 // n} ?h(?:ours|oras)?)|/\s*{24 // n}\s*h(?:ours|oras|rs?|s)?)\b", re.IGNORECASE), n)
    for n, words in ((2, "twice|two times|dos veces|bid|bd"), (3, "thrice|three times|tres veces|tid|tds"), (4, "four times|cuatro veces|qid|qds"))
)
_STEROID_MG, _MOST_STEROID_MG = "systemic_steroid_mg_per_day", 200.0  # SCHEMA 2.5: prednisolone equivalent
# mg of prednisolone for one mg: 5 mg are 4 mg of methylprednisolone, 0.75 mg of dexamethasone, 6 mg of deflazacort (R: pharmacology, in no source of RULES)
_AS_PREDNISOLONE = {
    **dict.fromkeys(("prednisolone", "prednisolona", "prednisone", "prednisona", "dacortin", "deltasone"), 1.0),
    **dict.fromkeys(("methylprednisolone", "metilprednisolona", "medrol", "urbason"), 5 / 4), **dict.fromkeys(("dexamethasone", "dexametasona"), 5 / 0.75),
    **dict.fromkeys(("deflazacort", "zamene"), 5 / 6),
}  # fmt: skip
_LONGEST = 500  # SCHEMA 1.1, text


def named_as(name: str, kind: str) -> str:
    """The name with what a clinician said it is: “Zynotrel (blood thinner)”. `kind`: a key of CHOSEN; any other adds nothing."""
    return f"{name} ({CHOSEN[kind][0]})" if kind in CHOSEN else name


def meaning_of(name: str, dose: str = "") -> Meaning | None:
    """The answer that a medicine stands for: by the tables, else by what a clinician said behind its name. None does not depend on the dose."""
    return medicine_meaning(name, dose)


def mg_per_day(words: str) -> float | None:
    """The highest number of milligrams that name and dose say, by how often a day; None where they say none. Of what is not taken every day: at a time."""
    found = [float(mg.replace(",", ".")) for mg in _MG_IN.findall(words)]
    times = 1 if _WEEKLY.search(words) else max((n for often, n in _OFTEN if often.search(words)), default=1)
    return max(found) * times if found else None


def substances(name: str) -> set[str]:
    """What a name says that is taken: the words that the tables know; of one that a clinician placed, the whole name."""
    return words_known(name) or ({name.casefold()} if meaning_of(name) else set())


@dataclass(frozen=True)
class Taken:
    """A medicine of the list by the answer that it stands for; `words`: its name and dose."""

    meaning: Meaning
    words: str


def stopped_on(told: Mapping[str, Any], meaning: Meaning, ended: Iterable[date]) -> dict[str, Any]:
    """That it was stopped, on the latest of these days and of the one that the answers have; empty where the answers say that or something stricter,
    where no day is known, and of what no answer says “stopped”.
    """
    days = sorted(day.isoformat() for day in ended)
    if not meaning.over or not meaning.since_key or not days or told.get(meaning.key, "") in (meaning.answer, None):  # what is not known stays so (INCOMPLETE)
        return {}
    said = told.get(meaning.since_key) if told.get(meaning.key) == meaning.over else ""
    return {} if said is None or said >= days[-1] else {meaning.key: meaning.over, meaning.since_key: days[-1]}


def changes_for(
    answers: Mapping[str, Any], taken: Iterable[Taken], *, listed: Collection[str] = (), earlier: Mapping[str, Any] | None = None, earlier_on: str = ""
) -> dict[str, Any]:
    """Answer by key that must change so that the answers say what is taken; empty when they say it, or something stricter.

    `listed`: every hair medicine that is open in the list. `earlier`: the answers before these; the INR of somebody who goes on taking warfarin
    is read there when these say nothing of it; `earlier_on` (ISO), the day on which it was told, counts where it has none. A list that is “not known” stays so: it is INCOMPLETE, and a name more would make it look whole.
    """
    changes: dict[str, Any] = {}
    for one in sorted(taken, key=lambda one: one.meaning.answer == "unsure"):  # aspirin last: beside another one it makes two
        changes |= _change(amended(answers, changes), one, listed, _Known(earlier or {}, earlier_on))
    return changes


@dataclass(frozen=True)
class _Known:
    """Answers of before, and the day on which their INR was told."""

    answers: Mapping[str, Any]
    on: str


def _change(told: Mapping[str, Any], one: Taken, listed: Collection[str], earlier: _Known) -> dict[str, Any]:
    key, answer = one.meaning.key, one.meaning.answer
    if one.meaning.many:
        return _added(told, key, answer, listed)
    if key == THINNER:
        return _thinner(told, one, earlier)
    if told.get(key) == answer:
        return _stronger(told, one) if key == STEROID else {}
    return {key: answer}


def _stronger(told: Mapping[str, Any], one: Taken) -> dict[str, Any]:
    """A higher dose than was told; one that was not told stays missing, and E12 INCOMPLETE. So does one beside more milligrams of a steroid that no table knows."""
    said, mg = told.get(_STEROID_MG), mg_per_day(one.words)
    times = max((_AS_PREDNISOLONE[word] for word in words_known(one.words) & _AS_PREDNISOLONE.keys()), default=None)
    if said is None or mg is None:
        return {}
    if times is None:
        return {_STEROID_MG: None} if mg > said else {}
    listed = min(round(mg * times, 1), _MOST_STEROID_MG)
    return {_STEROID_MG: listed} if listed > said else {}


def _added(told: Mapping[str, Any], key: str, answer: str, listed: Collection[str]) -> dict[str, Any]:
    """Where nobody asked, what else is in the list is named too: an answer that leaves it out would end it."""
    if key in told and told[key] is None:
        return {}
    there = list(told.get(key, sorted(listed)))
    return {} if key in told and answer in there else {key: list(dict.fromkeys([*there, answer]))}


def _thinner(told: Mapping[str, Any], one: Taken, earlier: _Known) -> dict[str, Any]:
    """A second one beside another makes two; a second row of the same kind changes nothing. Low-dose aspirin is told by the patient, not guessed
    from a name; a dose above it that stands in the list is none.

    With two, the INR still counts and both names stay.
    """
    said, answer = told.get(THINNER), one.meaning.answer
    aspirin = answer == "unsure" and medicine_meaning(one.words) == one.meaning
    if said in _NOT_ONE:
        named = {} if aspirin else {_NAME: one.words[:_LONGEST]}
        return {} if said == answer else {THINNER: answer} | named | _inr(answer, told, earlier)
    if aspirin and said == "aspirin_low_dose_only" and (mg_per_day(one.words) or 0) > _LOW_MG:
        return {THINNER: "aspirin_high_dose"}
    if said in (answer, _TWO) or (aspirin and str(said).startswith("aspirin")):
        known = _inr(answer, told, earlier)
        return known if any(told.get(name) != value for name, value in known.items()) else {}
    return {THINNER: _TWO, _NAME: f"{_named(said, told)}; {one.words}"[:_LONGEST]} | _inr(_TWO, told, earlier)


def _named(said: Any, told: Mapping[str, Any]) -> str:
    """The one that was there: its name as it was written, with the substance where the answer alone says it."""
    name, kind = told.get(_NAME) or "", _KINDS[said]
    substance = next((word for word in _SUBSTANCES if word in kind), "")
    dose = f", {told[_MG]:g} mg a day" if substance == "aspirin" and told.get(_MG) else ""
    whole = name if name and substance in name.casefold() else ": ".join(filter(None, (kind, name)))
    return whole + dose


def _inr(answer: str, told: Mapping[str, Any], earlier: _Known) -> dict[str, Any]:
    if answer not in _READS_INR:
        return {}
    known = earlier.answers if earlier.answers.get(THINNER) in _READS_INR and earlier.answers.get("inr") is not None else {}
    source = known if known and not _takes_its_place(told, known, earlier.on) else told
    return {key: source[key] for key in _INR if source.get(key) is not None}


def _takes_its_place(told: Mapping[str, Any], known: Mapping[str, Any], known_on: str) -> bool:
    """A value of the same day corrects the one before; one of no day is not known to be newer, and a known one of no day is of the day on which it was told. Only a known one above 3.0 is kept against what is told."""
    if told.get("inr") is None or known["inr"] <= _HIGHEST_INR or told["inr"] > _HIGHEST_INR:
        return told.get("inr") is not None
    day = known.get("inr_on") or known_on
    return bool(told.get("inr_on")) and bool(day) and told["inr_on"] >= day

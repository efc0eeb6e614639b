"""Blood values that E08 and E44 read: entered by a clinician with the day of the test, kept until another test says otherwise."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Patient, Screening
from patients.selectors import eligible
from patients.selectors.laboratory import LABORATORY, blood_tests_in, entry_of, kept_laboratory
from patients.services.answers import NoAnswers, amend_answers


class EntryGone(Conflict):
    """Somebody has taken it back, or entered a newer one."""


@dataclass(frozen=True)
class LaboratoryEntry:
    """Platelets in 10⁹/L (1–2000), haemoglobin in g/dL (3.0–25.0; SCHEMA 2.5), the day of the test. None: not measured in this test."""

    on: date
    platelets_10e9_l: float | None = None
    hb_g_dl: float | None = None


def note_laboratory(*, patient: Patient, entry: LaboratoryEntry, staff: Staff, by: Actor, at: datetime) -> Screening | None:
    """A new set of answers with these values, screened at once. What this test did not measure keeps its earlier value, and
    what it replaces is kept in case this one is taken back.

    Raises NoAnswers, and Refused for a day that can't be, for no value at all, and for a test that is older than the one known.
    """
    today = patient.site.today(at)
    with audit.write(by=by, action="laboratory.note"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        values = {key: value for key in LABORATORY if (value := getattr(entry, key)) is not None}
        if not values:
            raise Refused(gettext("Give one value at least."), field="platelets_10e9_l")
        if not patient.birth_on <= entry.on <= today:
            raise Refused(gettext("A day from birth until today."), field="on")
        before = eligible.latest_answers(patient)
        known = kept_laboratory(before)
        for key in values:
            if key in known and date.fromisoformat(known[key]["on"]) > entry.on:
                raise Refused(gettext("A newer test is known already."), field="on")
        noted = {"on": entry.on.isoformat(), "by": by.name[:160], "at": at.isoformat()}
        told = before.answers if before else {}
        kept = known | {key: _stacked([noted, *_standing(known.get(key), told.get(key))]) for key in values}
        return amend_answers(
            patient=patient, changes=values, source="a blood test", staff=staff, by=by, at=at, today=today, laboratory=kept,
        )  # fmt: skip


def take_back_laboratory(*, patient: Patient, reason: str, staff: Staff, by: Actor, at: datetime, test: str = "") -> Screening | None:
    """One test was entered by mistake: what it replaced counts again, and what stood on nothing is “not measured”. Other tests stay.

    `test`: the name of the entry (`LaboratoryTest`); without one the entry that was made last. Who and why stay in the history.
    Raises Refused, NoAnswers, EntryGone.
    """
    with audit.write(by=by, action="laboratory.take_back", reason=reason):
        Patient.objects.select_for_update().get(pk=patient.pk)
        if not reason.strip():
            raise Refused(gettext("Say why."), field="reason")
        before = eligible.latest_answers(patient)
        tests = blood_tests_in(before)
        if before is None or not tests:
            raise NoAnswers(gettext("There is no blood test here."))
        gone = test or tests[0].name
        if gone not in {one.name for one in tests}:
            raise EntryGone(gettext("This test does not count any more. Look at the values."))
        known = kept_laboratory(before)
        kept: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for key, noted in known.items():
            stack = [one for one in _standing(noted, before.answers.get(key)) if entry_of(one) != gone]
            values[key] = stack[0]["value"] if stack else None
            if stack:
                kept[key] = _stacked(stack)
        return amend_answers(
            patient=patient, changes=values, source=f"taken back: {reason.strip()}", staff=staff, by=by, at=at,
            today=patient.site.today(at), laboratory=kept,
        )  # fmt: skip


def _standing(noted: dict[str, Any] | None, value: Any) -> list[dict[str, Any]]:
    """What counted until now, and what it had replaced, the newest first."""
    return [noted | {"value": value}, *noted.get("earlier", [])] if noted and value is not None else []


def _stacked(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The first one counts; its value is in the answers. The others wait under it."""
    top = {name: entries[0][name] for name in ("on", "by", "at")}
    below = [{name: one[name] for name in ("on", "by", "at", "value")} for one in entries[1:]]
    return top | ({"earlier": below} if below else {})

"""Blood values that E08 and E44 read: entered by a clinician with the day of the test, kept until another test says otherwise."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from patients.models import Patient, Screening
from patients.selectors import eligible
from patients.selectors.laboratory import LABORATORY, kept_laboratory
from patients.services.answers import NoAnswers, amend_answers


@dataclass(frozen=True)
class LaboratoryEntry:
    """Platelets in 10⁹/L (1–2000), haemoglobin in g/dL (3.0–25.0; SCHEMA 2.5), the day of the test. None: not measured in this test."""

    on: date
    platelets_10e9_l: float | None = None
    hb_g_dl: float | None = None


def note_laboratory(*, patient: Patient, entry: LaboratoryEntry, staff: Staff, by: Actor, at: datetime) -> Screening | None:
    """A new set of answers with these values, screened at once. What this test did not measure keeps its earlier value.

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
        known = kept_laboratory(eligible.latest_answers(patient))
        for key in values:
            if key in known and date.fromisoformat(known[key]["on"]) > entry.on:
                raise Refused(gettext("A newer test is known already."), field="on")
        noted = {"on": entry.on.isoformat(), "by": by.name[:160], "at": at.isoformat()}
        kept = known | {key: noted for key in values}
        return amend_answers(
            patient=patient, changes=values, source="a blood test", staff=staff, by=by, at=at, today=today, laboratory=kept,
        )  # fmt: skip


def take_back_laboratory(*, patient: Patient, reason: str, staff: Staff, by: Actor, at: datetime) -> Screening | None:
    """The values were entered by mistake: from now on they are “not measured”. Who and why stay in the history. Raises Refused, NoAnswers."""
    with audit.write(by=by, action="laboratory.take_back", reason=reason):
        Patient.objects.select_for_update().get(pk=patient.pk)
        if not reason.strip():
            raise Refused(gettext("Say why."), field="reason")
        before = eligible.latest_answers(patient)
        if before is None or not kept_laboratory(before):
            raise NoAnswers(gettext("There is no blood test here."))
        return amend_answers(
            patient=patient, changes=dict.fromkeys(LABORATORY), source=f"taken back: {reason.strip()}", staff=staff, by=by, at=at,
            today=patient.site.today(at), laboratory={},
        )  # fmt: skip

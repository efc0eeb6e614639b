"""What is known of a patient beside the rules: holds, consent, allergies, re-screens."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from patients.models import Consent, ConsentText, Hold, Patient, Rescreen

_DRAFT_DAYS = 30


@dataclass(frozen=True)
class ConsentState:
    """Of the treatment consent: `signed`, `outdated`, `withdrawn` or `missing`."""

    code: str
    consent: Consent | None = None

    @property
    def is_good(self) -> bool:
        """Signed under the text in force."""
        return self.code == "signed"


def open_holds(patient: Patient, blocks: str | None = None) -> list[Hold]:
    """Holds that nobody has released, all of them or those that stop `blocks`."""
    rows = patient.holds.filter(released_at=None)
    return list(rows.filter(blocks__contains=[blocks]) if blocks else rows)


def text_in_force(language: str = "en") -> ConsentText | None:
    """The newest consent text in the language, else in English."""
    rows = ConsentText.objects.order_by("-in_force_from", "-pk")
    return rows.filter(language=language).first() or rows.filter(language="en").first()


def consent_state(patient: Patient) -> ConsentState:
    """Whether the treatment consent stands."""
    consent = patient.consents.select_related("text").order_by("-signed_at", "-pk").first()
    if consent is None:
        return ConsentState("missing")
    if consent.withdrawn_at:
        return ConsentState("withdrawn", consent)
    current = text_in_force(consent.text.language)
    same = current is not None and consent.text.version == current.version
    return ConsentState("signed" if same else "outdated", consent)


def session_consent(patient: Patient) -> dict[str, Any] | None:
    """The consent object of SCHEMA 3.4, or None when nothing was ever signed."""
    state = consent_state(patient)
    if state.consent is None:
        return None
    current = text_in_force(state.consent.text.language)
    return {
        "signed": state.code != "withdrawn",
        "version": state.consent.text.version,
        "currentVersion": current.version if current else state.consent.text.version,
        "procedures": list(state.consent.procedures),
        "offLabelStatement": state.consent.off_label_understood and state.consent.text.off_label,
    }


def allergy_names(patient: Patient) -> list[str]:
    """Names of the patient's allergens, and the word for anaesthetics as a group (S13, S16)."""
    names: list[str] = []
    for allergy in patient.allergies.filter(ended_at=None):
        names.append(allergy.name)
        if allergy.substance in ("anaesthetic", "minoxidil", "latex", "propylene_glycol"):
            names.append(allergy.substance.replace("_", " ") if allergy.substance != "anaesthetic" else "anaesthetic")
    return sorted(set(names))


def rescreen_on(patient: Patient, day: date) -> Rescreen | None:
    """The confirmed same-day re-screen, newest first."""
    return patient.rescreens.filter(on=day).exclude(confirmed_at=None).order_by("-at", "-pk").first()


def rescreen_draft(patient: Patient, today: date) -> Rescreen | None:
    """What the patient sent by link and nobody has confirmed yet. The visit may have moved since, so its day does not matter."""
    newest = patient.rescreens.filter(at__date__gte=today - timedelta(days=_DRAFT_DAYS)).order_by("-at", "-pk").first()
    return newest if newest is not None and newest.confirmed_at is None else None

"""What is known of a patient beside the rules: holds, consent, allergies, re-screens."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from patients.models import Allergy, Consent, ConsentText, Hold, Patient, Rescreen
from patients.rules.exchange.codes import SUBSTANCE_WORDS
from patients.vocabulary import AnsweredBy

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


def text_in_force(language: str = "en", *, at: datetime | None = None) -> ConsentText | None:
    """The newest consent text in the language, else in English. `at`: as it was at that instant."""
    rows = ConsentText.objects.order_by("-in_force_from", "-pk")
    rows = rows.filter(in_force_from__lte=at) if at else rows
    return rows.filter(language=language).first() or rows.filter(language="en").first()


def consent_texts(language: str) -> list[ConsentText]:
    """Every version, the newest first; those in the patient's language before the others."""
    return sorted(ConsentText.objects.order_by("-in_force_from", "-pk"), key=lambda text: text.language != language)


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


def consent_codes(patient_ids: Iterable[int]) -> dict[int, str]:
    """The code of `consent_state` for many patients, those who never signed left out. Two queries."""
    versions: dict[str, str] = {}
    for language, version in ConsentText.objects.order_by("-in_force_from", "-pk").values_list("language", "version"):
        versions.setdefault(language, version)
    newest = Consent.objects.filter(patient__in=list(patient_ids)).order_by("patient_id", "-signed_at", "-pk").distinct("patient_id")
    found = {}
    for patient_id, withdrawn_at, language, version in newest.values_list("patient_id", "withdrawn_at", "text__language", "text__version"):
        same = version == versions.get(language, versions.get("en"))
        found[patient_id] = "withdrawn" if withdrawn_at else "signed" if same else "outdated"
    return found


@dataclass(frozen=True)
class TextChange:
    """One paragraph that is `new` in the text in force, or `gone` since the one that was signed."""

    kind: str
    words: str


def signed_text(patient: Patient, language: str) -> ConsentText | None:
    """The wording that the patient signed last, in the language asked for where there is one."""
    consent = patient.consents.select_related("text").filter(withdrawn_at=None).order_by("-signed_at", "-pk").first()
    if consent is None:
        return None
    return ConsentText.objects.filter(version=consent.text.version, language=language).first() or consent.text


def consent_changes(patient: Patient, text: ConsentText) -> list[TextChange]:
    """What differs between the text that the patient signed and the one in force, paragraph by paragraph.

    Empty when nothing was signed, nothing changed, or the two are in different languages: then the whole text is shown.
    """
    before = signed_text(patient, text.language)
    if before is None or before.language != text.language or before.sha256 == text.sha256:
        return []
    return text_changes(before.text, text.text)


def text_changes(before: str, after: str) -> list[TextChange]:
    """What differs between two wordings, paragraph by paragraph."""
    old, new = before.split("\n\n"), after.split("\n\n")
    found: list[TextChange] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [TextChange("gone", words) for words in old[i:j]] + [TextChange("new", words) for words in new[k:m]]
    return found


def session_consent(patient: Patient, *, until: datetime | None = None) -> dict[str, Any] | None:
    """The consent object of SCHEMA 3.4, or None when nothing was signed. `until`: as it stood at that instant."""
    consents = patient.consents.select_related("text").order_by("-signed_at", "-pk")
    consent = (consents.filter(signed_at__lte=until) if until else consents).first()
    if consent is None:
        return None
    current = text_in_force(consent.text.language, at=until)
    gone = consent.withdrawn_at
    return {
        "signed": gone is None or (until is not None and gone > until),
        "version": consent.text.version,
        "currentVersion": current.version if current else consent.text.version,
        "procedures": list(consent.procedures),
        "offLabelStatement": consent.off_label_understood and consent.text.off_label,
    }


_MATCH_ALONE = ("anaesthetic", "minoxidil", "latex", "propylene_glycol")


def unnamed_allergies(patient: Patient, substance: str) -> list[Allergy]:
    """Open rows of this kind whose substance nobody has named."""
    return [row for row in patient.allergies.filter(ended_at=None, substance=substance) if row.is_unnamed]


def allergies_to_ask(patient: Patient) -> list[str]:
    """Kinds of allergies (SCHEMA 2.4) whose substance nobody has named: as texts they equal no ingredient, so no product is stopped by them (S13).

    Kinds that name a substance themselves (latex, minoxidil), and anaesthetics as a group, need no asking.
    """
    rows = patient.allergies.filter(ended_at=None).exclude(substance__in=_MATCH_ALONE)
    return sorted({row.substance for row in rows if row.is_unnamed})


def allergies_to_ask_in_words(patient: Patient) -> list[str]:
    """The same for a page of staff: “skin cleanser”, “something in a serum”."""
    return [SUBSTANCE_WORDS.get(kind, kind).lower() for kind in allergies_to_ask(patient)]


def allergies_in_words(patient: Patient) -> list[str]:
    """What stands in the list now, as staff read it; the rules take `allergy_names`."""
    return sorted({row.words for row in patient.allergies.filter(ended_at=None)})


def allergy_names(patient: Patient, *, until: datetime | None = None) -> list[str]:
    """Names of the patient's allergens, and the word for anaesthetics as a group (S13, S16).

    `until`: those that the clinic knew of at that instant (decision 0011).
    """
    rows = patient.allergies.filter(ended_at=None)
    if until:
        known, lasting = Q(noted_at=None) | Q(noted_at__lte=until), Q(ended_at=None) | Q(ended_at__gt=until)
        rows = patient.allergies.filter(known & lasting)
    return _names(rows)


def allergy_names_of(patients: Iterable[int]) -> dict[int, list[str]]:
    """The same for many, as it stands now, by patient id. One query."""
    found: dict[int, list[Allergy]] = {}
    for row in Allergy.objects.filter(patient__in=patients, ended_at=None):
        found.setdefault(row.patient_id, []).append(row)
    return {patient: _names(rows) for patient, rows in found.items()}


def _names(rows: Iterable[Allergy]) -> list[str]:
    names: list[str] = []
    for allergy in rows:
        names.append(allergy.name)
        if allergy.substance in _MATCH_ALONE:
            names.append(allergy.substance.replace("_", " ") if allergy.substance != "anaesthetic" else "anaesthetic")
    return sorted(set(names))


def rescreen_on(patient: Patient, day: date, *, until: datetime | None = None) -> Rescreen | None:
    """The confirmed same-day re-screen, newest first. `until`: the newest of those confirmed by that instant."""
    rows = patient.rescreens.filter(on=day).exclude(confirmed_at=None)
    return (rows.filter(confirmed_at__lte=until) if until else rows).order_by("-confirmed_at", "-pk").first()


def unreviewed_changes(patient: Patient) -> QuerySet[Rescreen]:
    """What the patient said has changed, by link or on arrival, and no clinician has looked at (S01), newest first."""
    return patient.rescreens.filter(changed=True, reviewed_at=None)


def rescreen_said(patient: Patient, *, at: datetime, changed: bool, words: str) -> bool:
    """Whether this is what the patient sent by the link that was used at that instant: a double tap says nothing new."""
    return patient.rescreens.filter(answered_by=AnsweredBy.PATIENT, at=at, changed=changed, words=words).exists()


def rescreen_draft(patient: Patient, today: date) -> Rescreen | None:
    """What the patient sent by link and nobody has confirmed yet. The visit may have moved since, so its day does not matter."""
    newest = patient.rescreens.filter(at__date__gte=today - timedelta(days=_DRAFT_DAYS)).order_by("-at", "-pk").first()
    return newest if newest is not None and newest.confirmed_at is None else None

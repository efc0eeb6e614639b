"""Every read of this room."""

from patients.selectors.eligible import (
    DeskWord,
    Dossier,
    Eligibility,
    amendments,
    desk_word,
    dossier,
    dossiers,
    eligibility_at_start,
    eligibility_on,
    facts,
    latest_answers,
    policy,
    row_that_told,
    told_on,
)
from patients.selectors.finding import Candidate, duplicate_candidates, found_patients, typed_date
from patients.selectors.laboratory import LaboratoryValue, laboratory_of
from patients.selectors.links import LinkLine, link_lines, locked_count, locked_links
from patients.selectors.medicines import Medicines, allergies_told, medicines_of
from patients.selectors.records import (
    ConsentState,
    TextChange,
    allergies_in_words,
    allergies_to_ask,
    allergies_to_ask_in_words,
    allergy_names,
    allergy_names_of,
    consent_changes,
    consent_codes,
    consent_state,
    consent_texts,
    open_holds,
    rescreen_draft,
    rescreen_on,
    rescreen_said,
    session_consent,
    text_in_force,
    unreviewed_changes,
)
from patients.selectors.screening import findings_of
from patients.selectors.to_look_at import answers_to_look_at, changes_to_look_at, to_look_at_count, unread_answers

__all__ = [
    "amendments", "row_that_told", "told_on", "Candidate", "ConsentState", "LaboratoryValue", "LinkLine", "laboratory_of", "link_lines", "locked_count", "locked_links", "DeskWord", "Dossier", "Eligibility", "TextChange", "allergies_in_words", "allergies_to_ask", "allergies_to_ask_in_words", "allergies_told", "allergy_names", "allergy_names_of", "consent_changes", "consent_codes", "consent_state", "consent_texts", "desk_word",
    "dossier", "dossiers", "duplicate_candidates", "eligibility_at_start", "eligibility_on", "facts", "findings_of", "found_patients", "latest_answers",
    "Medicines", "medicines_of", "open_holds", "policy", "rescreen_draft", "rescreen_on", "rescreen_said", "session_consent", "text_in_force", "answers_to_look_at", "changes_to_look_at", "to_look_at_count", "typed_date", "unread_answers", "unreviewed_changes",
]  # fmt: skip

"""Every read of this room."""

from patients.selectors.finding import Candidate, duplicate_candidates, found_patients, typed_date
from patients.selectors.records import (
    ConsentState,
    DeskWord,
    Eligibility,
    allergy_names,
    consent_state,
    desk_word,
    eligibility_on,
    facts,
    latest_answers,
    open_holds,
    policy,
    rescreen_on,
    session_consent,
    text_in_force,
)

__all__ = [
    "Candidate", "ConsentState", "DeskWord", "Eligibility", "allergy_names", "consent_state", "desk_word",
    "duplicate_candidates", "eligibility_on", "facts", "found_patients", "latest_answers", "open_holds", "policy",
    "rescreen_on", "session_consent", "text_in_force", "typed_date",
]  # fmt: skip

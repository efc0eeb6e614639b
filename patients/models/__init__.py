"""Tables of *who*."""

from patients.models.brought import ProposalDecision, RecordImport, RecordProposal
from patients.models.record import (
    Allergy,
    Clearance,
    Consent,
    ConsentDraft,
    ConsentText,
    EligibilityPolicy,
    Hold,
    Intake,
    Medication,
    Patient,
    PatientQuerySet,
    Rescreen,
    Screening,
    WordingReview,
    options,
)

__all__ = [
    "Allergy", "Clearance", "Consent", "ConsentDraft", "ConsentText", "EligibilityPolicy", "Hold", "Intake", "Medication", "Patient", "PatientQuerySet",
    "ProposalDecision", "RecordImport", "RecordProposal", "Rescreen", "Screening", "WordingReview", "options",
]  # fmt: skip

"""Tables of *who*."""

from patients.models.answers import Clearance, EligibilityPolicy, Intake, Screening, WordingReview
from patients.models.brought import ProposalDecision, RecordImport, RecordProposal
from patients.models.consent import Consent, ConsentDraft, ConsentText
from patients.models.health import Allergy, Hold, Medication, Rescreen
from patients.models.person import Patient, PatientQuerySet, options

__all__ = [
    "Allergy", "Clearance", "Consent", "ConsentDraft", "ConsentText", "EligibilityPolicy", "Hold", "Intake", "Medication", "Patient", "PatientQuerySet",
    "ProposalDecision", "RecordImport", "RecordProposal", "Rescreen", "Screening", "WordingReview", "options",
]  # fmt: skip

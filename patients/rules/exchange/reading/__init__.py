"""A FHIR R4 bundle from elsewhere → who it is about, and proposals. Nothing in it is dropped: what we can't take is listed as text."""

from patients.rules.exchange.reading.allergies import asks_of_anaphylaxis, metal_in
from patients.rules.exchange.reading.bundle import READ, TAKEN, reading, resources
from patients.rules.exchange.reading.medicines import medicine_meaning, questions_in, words_known
from patients.rules.exchange.reading.parts import Person, Proposal, Reading, Unreadable
from patients.rules.exchange.reading.people import differences

__all__ = [
    "READ", "TAKEN", "Person", "Proposal", "Reading", "Unreadable", "asks_of_anaphylaxis", "differences", "medicine_meaning", "metal_in", "questions_in", "reading", "resources", "words_known",
]  # fmt: skip

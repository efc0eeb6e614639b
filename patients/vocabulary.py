"""Words of this room as plain values (no Django)."""

from enum import StrEnum

HELD_BY_FLAG = "a red flag is open"  # why mail is held; by this reason it is found again when the hold is lifted


class Sex(StrEnum):
    """Recorded sex. Only decides whether the pregnancy question may be absent (SCHEMA 2.1)."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class MailMode(StrEnum):
    """The patient's consent to e-mail (SETTLED 20)."""

    FULL = "full"
    NEUTRAL = "neutral"
    NONE = "none"


class IntakeState(StrEnum):
    """Of a set of answers."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"


class Gate(StrEnum):
    """Where the rules ran (SETTLED 15)."""

    INTAKE = "intake"
    BOOKING = "booking"
    ARRIVAL = "arrival"
    START = "start"
    RECHECK = "recheck"


class Blocks(StrEnum):
    """What a hold stops (SETTLED 3, 13)."""

    BOOKING = "booking"
    SESSION = "session"
    INVITATIONS = "invitations"


class AnsweredBy(StrEnum):
    """Who typed the answers."""

    PATIENT = "patient"
    STAFF = "staff"
    PAPER = "paper"


class ProposalKind(StrEnum):
    """What a proposal out of another record is about."""

    IDENTITY = "identity"
    CONTACT = "contact"
    ALLERGY = "allergy"
    MEDICATION = "medication"
    CONDITION = "condition"
    OTHER = "other"


class Decision(StrEnum):
    """What a clinician made of a proposal."""

    ACCEPTED = "accepted"
    PUT_ASIDE = "put_aside"


class ConsentDraftState(StrEnum):
    """Where a consent text in work stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class StandsFor(StrEnum):
    """The question of the screening that a medicine belongs to whose name no table knows. `nothing`: none of those that the rules ask about."""

    BLOOD_THINNER = "blood_thinner"
    ISOTRETINOIN = "isotretinoin"
    SYSTEMIC_STEROID = "systemic_steroid"
    IMMUNE_SUPPRESSION = "immune_suppression"
    CHEMOTHERAPY = "chemo_radiotherapy"
    NOTHING = "nothing"


class AllergyEnd(StrEnum):
    """Why a row of the allergy list ended. Nothing is deleted; only `replaced` has a row in its place."""

    REPLACED = "replaced"
    REFUTED = "refuted"
    IN_ERROR = "entered_in_error"
    RESOLVED = "resolved"

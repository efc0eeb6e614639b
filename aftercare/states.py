"""The words of this app's states, as plain values (no Django)."""

from enum import StrEnum

# how the key of a measurement begins that a check-in told
FROM_CHECK_IN = "check_in:"


class Scope(StrEnum):
    """How far a step reaches: a new session ends `session` steps of the one before; `course` steps stay (SETTLED 5)."""

    SESSION = "session"
    COURSE = "course"


class Purpose(StrEnum):
    """What a protocol step sends."""

    INSTRUCTIONS = "aftercare_instructions"
    CHECK_IN = "check_in"
    INVITATION = "follow_up_invitation"
    RESULTS = "results_review"
    NOTE = "care_note"


class ProtocolState(StrEnum):
    """Drafted and proposed by a manager, approved by a clinician, published; publishing a newer one retires it."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    PUBLISHED = "published"
    RETIRED = "retired"
    DISCARDED = "discarded"


class PlanState(StrEnum):
    """A plan runs until the next session supersedes it or the session is entered in error."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Level(StrEnum):
    """How soon a person must look (RULES section 4), most urgent first."""

    URGENT = "URGENT"
    SAME_DAY = "SAME_DAY"
    ROUTINE = "ROUTINE"
    REASSURE = "REASSURE"


class ConcernState(StrEnum):
    """Open: nobody has it. Claimed: one clinician has it. Closed: it has an outcome."""

    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What came of a concern. `reached_nobody` is not an end: it asks for the next try."""

    ADVICE = "advice"
    SEEN = "seen_today"
    ADVERSE_EVENT = "adverse_event"
    EMERGENCY = "emergency"
    NO_ACTION = "no_action"
    REACHED_NOBODY = "reached_nobody"


class EventKind(StrEnum):
    """What happened to a concern; rows are only added."""

    OPENED = "opened"
    CLAIMED = "claimed"
    HANDED_BACK = "handed_back"
    HANDED_OVER = "handed_over"
    CALLED = "called"
    NOTED = "noted"
    RAISED = "raised"
    OVERDUE = "overdue"
    CLOSED = "closed"
    HOLD_RELEASED = "hold_released"


class CallReason(StrEnum):
    """Why the desk is asked to phone a patient."""

    MISSED = "missed_check_in"
    NO_MAIL = "no_mail"


class CallResult(StrEnum):
    """The only two results of the desk's script (SETTLED 6)."""

    FINE = "fine"
    CLINICIAN_NOW = "clinician_calls_now"
    ANSWERED = "answered_meanwhile"

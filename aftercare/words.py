"""What people call the vocabulary of aftercare."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aftercare.states import Outcome

OUTCOME_WORDS = {
    Outcome.ADVICE: _("Advice given"),
    Outcome.SEEN: _("Seen today"),
    Outcome.ADVERSE_EVENT: _("Adverse event recorded"),
    Outcome.EMERGENCY: _("Sent to emergency care"),
    Outcome.NO_ACTION: _("Nothing to do"),
    Outcome.REACHED_NOBODY: _("Reached nobody"),
}
STEP_WORDS: dict[str, str | Promise] = {
    "instructions": _("Instructions"),
    "check_24h": _("Check-in, 24 hours"),
    "check_48h": _("Check-in, 48 hours"),
    "check_72h": _("Check-in, 72 hours"),
    "check_day7": _("Check-in, day 7"),
    "check_day14": _("Check-in, day 14"),
    "check_day28": _("Check-in, day 28"),
    "check_day57": _("Check-in, day 57"),
    "invitation": _("Invitation to book"),
    "invitation_maintenance": _("Invitation to book, maintenance"),
    "results_month3": _("Results, month 3"),
    "results_month6": _("Results, month 6"),
}

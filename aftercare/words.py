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
PURPOSE_WORDS = {
    "aftercare_instructions": _("Instructions"),
    "check_in": _("Check-in with questions"),
    "follow_up_invitation": _("Invitation to book"),
    "results_review": _("Results review"),
    "care_note": _("Message without questions"),
}
PROBLEM_WORDS = {
    "no_instructions": _("There must be instructions that go at once, to everybody."),
    "no_call": _("At least one check-in in the first four days must lead to a call when nobody answers."),
    "red_flags": _("Every check-in must ask the red-flag questions. Missing: %(detail)s."),
    "call_before_reminder": _("The call must come later than the reminder."),
    "questions_without_check_in": _("Only a check-in can ask questions."),
    "too_late": _("A step can't come later than day 400."),
    "never_valid": _("Say for how many hours it still makes sense."),
    "language_missing": _("The words are missing in this language: %(detail)s."),
    "unknown_name": _("Nobody knows the name in braces “%(detail)s”. Use one of the list."),
    "address": _("No web or mail address in the words. The mail has its own link."),
    "claim": _("Never say “approved for hair loss”. This use is off-label."),
    "too_long": _("The words are longer than 2,000 characters."),
    "nothing_to_say": _("A message without questions needs words."),
}

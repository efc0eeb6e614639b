"""What staff read about the protocol: what a step is, and what stands against a version."""

from django.utils.translation import gettext_lazy as _

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
    "call_too_late": _("Nobody would phone: the questions close after %(detail)s hours. The call must come before that."),
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
QUESTION_WORDS = {
    "Q1": _("redness"),
    "Q2": _("swelling"),
    "Q3": _("pain and burning"),
    "Q10": _("itch and flaking"),
    "Q11": _("shedding"),
    "Q12": _("patches, scars, numbness"),
    "Q13": _("products used"),
    "Q14": _("changes in health"),
    "satisfaction": _("satisfaction"),
}

"""Answers that several questions share."""

from django.utils.translation import gettext_lazy as _

from patients.questions.model import FollowUp, Options, Question, Words

YES_NO: Options = (("yes", _("Yes")), ("no", _("No")), ("unsure", _("Not sure")))
SKIN_DISEASE: Options = (
    ("history_clear", _("I had it; my skin is clear now")),
    ("active_elsewhere", _("On my body, but not on my scalp")),
    ("active_scalp", _("On my scalp, now")),
    ("scalp_cleared", _("It was on my scalp and has gone")),
    ("never", _("I never had it")),
    ("unsure", _("Not sure")),
)
ALLERGY: Options = (
    ("severe", _("Yes, and it was severe (hard to breathe, swelling, collapse)")),
    ("yes", _("Yes, but it was not severe")),
    ("no", _("No")),
    ("unsure", _("Not sure")),
)


def yn(key: str, words: Words, *follow_ups: FollowUp, row: Words, hint: Words = "") -> Question:
    """A question with yes, no and not sure."""
    return Question(key, words, YES_NO, hint, follow_ups=follow_ups, row=row)


def allergy(substance: str, words: Words, row: Words) -> Question:
    """One substance. Its answers become an entry of the list `allergies`."""
    name = FollowUp(f"allergy_{substance}_name", _("Its name, if you know it"), "text", ("severe", "yes", "unsure"))
    return Question(f"allergy_{substance}", words, ALLERGY, kind="allergy", row=row, value=substance, follow_ups=(name,))

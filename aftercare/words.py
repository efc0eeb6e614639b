"""What people call the vocabulary of aftercare."""

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

"""What a patient lets us send: how much a mail says, invitations, the language."""

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from patients.vocabulary import MailMode

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_MODES = (
    (MailMode.FULL.value, _("Mails with the instructions in them")),
    (MailMode.NEUTRAL.value, _("Mails that only say that something is waiting")),
    (MailMode.NONE.value, _("No mail. Please phone me")),
)


def _say(words: "_StrPromise") -> dict[str, "_StrPromise"]:
    """The same words for nothing chosen and for what is not offered: the box at the top names each question apart."""
    return {"required": words, "invalid_choice": words}


class PreferencesForm(forms.Form):
    """Three choices, each with what is in force now."""

    mail_mode = forms.ChoiceField(
        label=_("How much may a mail say?"), choices=_MODES, widget=forms.RadioSelect, error_messages=_say(_("Choose how much a mail may say.")),
        help_text=_("Anybody who can open your mailbox can read what is in a mail."),
    )  # fmt: skip
    invitations = forms.ChoiceField(
        label=_("May we invite you by mail when your next visit is due?"), choices=(("yes", _("Yes")), ("no", _("No"))), widget=forms.RadioSelect,
        error_messages=_say(_("Choose yes or no for invitations.")),
    )
    language = forms.ChoiceField(label=_("Language of our mails"), widget=forms.RadioSelect, error_messages=_say(_("Choose a language.")))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["language"].choices = list(settings.LANGUAGES)  # type: ignore[attr-defined]

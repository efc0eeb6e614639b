"""Unlocking a link."""

from django import forms
from django.utils.translation import gettext_lazy as _


class UnlockForm(forms.Form):
    """How somebody made sure who asks."""

    reason = forms.CharField(
        label=_("How did you make sure that it is the patient?"), max_length=300,
        error_messages={"required": _("Write how you made sure that it is the patient.")},
    )  # fmt: skip

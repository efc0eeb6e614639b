"""Signing, “anything changed?”, and reasons."""

import base64
import binascii
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import clean_spaces
from patients.models import ConsentText


class ConsentForm(forms.Form):
    """The signature under the exact text that the page showed. A text that was published meanwhile is read first, and agreed to anew."""

    off_label_understood = forms.BooleanField(
        label=_("I understand that this use of the device on the scalp is off-label."),
        error_messages={"required": _("Tick this if you understand it. If not, please call us.")},
    )
    agree = forms.BooleanField(
        label=_("I have read the text above and I agree to the treatment."),
        error_messages={"required": _("Tick this to agree. If you do not agree, close the page and call us.")},
    )
    photos = forms.BooleanField(label=_("Photos may be taken for my record."), required=False)
    signed_name = forms.CharField(
        label=_("Type your full name to sign"), max_length=300, error_messages={"required": _("Type your full name to sign.")}
    )
    signature = forms.CharField(widget=forms.HiddenInput, required=False, max_length=270_000)

    def __init__(self, data: Any = None, *, text: ConsentText | None) -> None:
        self.outdated = data is not None and text is not None and data.get("sha256") != text.sha256
        if self.outdated:
            data = data.copy()
            for name in ("agree", "off_label_understood", "signature"):
                data.pop(name, None)
        super().__init__(data)

    def clean(self) -> dict[str, Any]:
        """Never a signature under words that nobody showed."""
        if self.outdated:
            for name in ("agree", "off_label_understood"):
                self.errors.pop(name, None)
            self.add_error("agree", _("The text has changed since this page was opened. Please read it again, then tick and sign."))
        return self.cleaned_data

    def clean_signed_name(self) -> str:
        """Without control and direction marks."""
        return clean_spaces(self.cleaned_data["signed_name"])

    def drawing(self) -> bytes:
        """The drawn signature as PNG; empty when none was drawn, or when it is no picture."""
        head, _comma, body = self.cleaned_data["signature"].partition(",")
        if head != "data:image/png;base64":
            return b""
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            return b""
        return raw if raw.startswith(b"\x89PNG") else b""


class WithdrawForm(forms.Form):
    """Taking a signature back. A reason may be given, never asked for."""

    sure = forms.BooleanField(
        label=_("I take my signature back. No further treatment takes place until I sign again."),
        error_messages={"required": _("Tick this to take it back.")},
    )
    reason = forms.CharField(label=_("If you like, say why"), required=False, max_length=300)


class RescreenForm(forms.Form):
    """“Anything changed since you answered?”"""

    changed = forms.TypedChoiceField(
        label=_("Has anything changed since you answered the health questions?"),
        help_text=_("A new medicine, illness, pregnancy, or anything on your scalp."),
        choices=[("no", _("No, nothing has changed")), ("yes", _("Yes"))],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        error_messages={"required": _("Choose an answer.")},
    )
    words = forms.CharField(label=_("What has changed?"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """A change needs words."""
        cleaned = super().clean() or {}
        if cleaned.get("changed") is True and not clean_spaces(cleaned.get("words", "")):
            self.add_error("words", _("Say in a few words what has changed."))
        return cleaned


class ReasonForm(forms.Form):
    """A reason in words."""

    reason = forms.CharField(label=_("Reason"), max_length=300, error_messages={"required": _("Give a reason.")})


class ClearanceForm(forms.Form):
    """Evidence for lifting one finding."""

    rule = forms.CharField(widget=forms.HiddenInput)
    evidence = forms.CharField(
        label=_("Evidence"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what this clearance rests on.")},
    )  # fmt: skip


class WithdrawClearanceForm(ReasonForm):
    """Why what was cleared for a rule no longer counts."""

    rule = forms.CharField(widget=forms.HiddenInput, max_length=5)

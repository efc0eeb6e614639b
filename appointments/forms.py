"""Parse and clean; never save."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appointments.models import VisitType
from clinic.models import Staff


class FindForm(forms.Form):
    """What kind of visit, and with whom."""

    visit_type = forms.ModelChoiceField(VisitType.objects.all(), label=_("Visit"), to_field_name="code", empty_label=None)
    clinician = forms.ModelChoiceField(Staff.objects.none(), label=_("With"), required=False, empty_label=_("Anybody"))

    def __init__(self, *args: Any, clinicians: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clinician"].queryset = clinicians  # type: ignore[attr-defined]


class SlotForm(forms.Form):
    """A chosen slot: `instant|clinician`. Cleans into `starts_at` and `clinician`."""

    slot = forms.CharField(error_messages={"required": _("Choose a time.")})
    early_reason = forms.CharField(label=_("Reason for coming early"), required=False, max_length=300)
    overlap_reason = forms.CharField(label=_("Reason for overlapping"), required=False, max_length=300)
    form_key = forms.CharField(required=False, max_length=64)

    def clean_slot(self) -> tuple[datetime, int]:
        """An aware instant and the clinician's id."""
        instant, _bar, clinician = self.cleaned_data["slot"].partition("|")
        try:
            starts_at = datetime.fromisoformat(instant)
            chosen = int(clinician)
        except ValueError:
            raise ValidationError(_("Choose a time from the list.")) from None
        if starts_at.tzinfo is None:
            raise ValidationError(_("Choose a time from the list."))
        return starts_at, chosen


class CancelForm(forms.Form):
    """Why, and whether the patient is told."""

    reason = forms.CharField(label=_("Reason"), max_length=300, error_messages={"required": _("Give the reason for cancelling.")})
    tell = forms.BooleanField(label=_("Tell the patient by e-mail"), required=False)


class RecallForm(forms.Form):
    """One try."""

    channel = forms.ChoiceField(choices=[("phone", _("Phone")), ("mail", _("Letter or e-mail")), ("other", _("Other"))])
    result = forms.ChoiceField(
        choices=[("reached", _("Reached")), ("no_answer", _("No answer")), ("message", _("Left a message")), ("dismissed", _("Leave out"))]
    )
    note = forms.CharField(required=False, max_length=300)

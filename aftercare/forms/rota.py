"""A shift on the rota, and a handover."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import form_helper
from clinic.models import Staff

_PLACES = [(1, _("First")), (2, _("Second, if the first does not answer in time")), (3, _("Third"))]


if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Staff]
else:
    _Choice = forms.ModelChoiceField


class _StaffChoice(_Choice):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.display_name)


def _when(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": _("Type a date and a time."), "invalid": _("Type a date and a time.")},
    )


class ShiftForm(forms.Form):
    """Who, in which place, from when until when, in the site's own time."""

    staff = _StaffChoice(label=_("Clinician"), queryset=Staff.objects.none(), error_messages={"required": _("Choose a clinician.")})
    place = forms.TypedChoiceField(label=_("Called"), choices=_PLACES, coerce=int, initial=1)
    starts_at = _when(_("From"))
    ends_at = _when(_("Until"))

    def __init__(self, data: Any = None, *, staff: list[Staff], zone: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["staff"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Staff.objects.filter(pk__in=[person.pk for person in staff]).order_by("name", "pk")
        self._zone = zone
        self.helper = form_helper(None)

    def _local(self, name: str) -> datetime:
        typed: datetime = self.cleaned_data[name]
        return typed.replace(tzinfo=ZoneInfo(self._zone))

    def clean_starts_at(self) -> datetime:
        """In the site's own time."""
        return self._local("starts_at")

    def clean_ends_at(self) -> datetime:
        """In the site's own time."""
        return self._local("ends_at")


class HandOverForm(forms.Form):
    """To whom, and what they must know."""

    to = _StaffChoice(label=_("To"), queryset=Staff.objects.none(), error_messages={"required": _("Choose a colleague.")})
    words = forms.CharField(
        label=_("What your colleague must know"),
        max_length=400,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": _("Write what your colleague must know.")},
    )

    def __init__(self, data: Any = None, *, staff: list[Staff], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Staff.objects.filter(pk__in=[person.pk for person in staff]).order_by("name", "pk")
        self.helper = form_helper(None)

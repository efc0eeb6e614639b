"""Booking, waiting, recalling."""

from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment, VisitType, WaitingListEntry
from appointments.rules import Wants
from clinic.clock import resolve_local, wall
from clinic.models import Site, Staff
from patients.forms import PersonForm
from patients.models import Patient
from patients.services import PersonData


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


class LocalTimeField(forms.CharField):
    """`2026-11-24T14:30` on the site's clock. Cleans into an instant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "300"}), **kwargs)
        self.site: Site | None = None

    def clean(self, value: Any) -> Any:
        """An aware instant, or None."""
        text = super().clean(value)
        if not text:
            return None
        assert self.site is not None
        try:
            naive = datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            raise ValidationError(_("Give a day and a time.")) from None
        return resolve_local(naive.date(), naive.time(), self.site.zone)


class NewVisitForm(PersonForm):
    """Who, what, when, with whom: for a patient who is found, or one who is new. Fields of a new person count only without a patient."""

    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)
    query = forms.CharField(label=_("Patient"), required=False, max_length=100)
    visit_type = forms.ModelChoiceField(VisitType.objects.all(), label=_("Visit"), to_field_name="code", empty_label=None)
    clinician = forms.ModelChoiceField(Staff.objects.none(), label=_("With"), empty_label=None)
    starts = LocalTimeField(label=_("Time"), error_messages={"required": _("Give a day and a time.")})
    early_reason = forms.CharField(label=_("Reason for coming early"), required=False, max_length=300)
    overlap_reason = forms.CharField(label=_("Reason for overlapping another visit"), required=False, max_length=300)
    tell = forms.BooleanField(label=_("Tell the patient by e-mail"), required=False, initial=True)
    _OWN: ClassVar[tuple[str, ...]] = ("patient", "query", "visit_type", "clinician", "starts", "early_reason", "overlap_reason", "tell")

    def __init__(self, *args: Any, site: Site, clinicians: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, today=today, **kwargs)
        self.fields["clinician"].queryset = clinicians  # type: ignore[attr-defined]
        self.fields["starts"].site = site  # type: ignore[attr-defined]
        self.is_new = bool(self.data.get("new")) if self.is_bound else False
        if not self.is_new:
            for name, field in self.fields.items():
                if name not in self._OWN:
                    field.required = False

    def clean(self) -> dict[str, Any]:
        """A patient, or the parts of a new one."""
        if self.is_new:
            self.cleaned_data["patient"] = None
            return super().clean()
        cleaned = self.cleaned_data
        if not cleaned.get("patient") and "patient" not in self.errors:
            self.add_error("query", _("Choose a patient from the list, or register a new one."))
        return cleaned

    def person(self) -> PersonData:
        """The new person."""
        names = [name for name in PersonForm.base_fields if name != "form_key"]
        return PersonData(**{name: self.cleaned_data[name] for name in names})


class CourseForm(forms.Form):
    """When a course begins, with whom, and of how many sessions."""

    count = forms.IntegerField(label=_("Number of sessions"), min_value=2, max_value=12, initial=6)
    clinician = forms.ModelChoiceField(Staff.objects.none(), label=_("With"), empty_label=None)
    first = LocalTimeField(label=_("First session"), error_messages={"required": _("Give a day and a time.")})
    tell = forms.BooleanField(label=_("Tell the patient by e-mail"), required=False, initial=True)

    def __init__(self, *args: Any, site: Site, clinicians: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clinician"].queryset = clinicians  # type: ignore[attr-defined]
        self.fields["first"].site = site  # type: ignore[attr-defined]


WEEKDAYS = [("0", _("Monday")), ("1", _("Tuesday")), ("2", _("Wednesday")), ("3", _("Thursday")), ("4", _("Friday")), ("5", _("Saturday")), ("6", _("Sunday"))]


class WaitingForm(forms.Form):
    """When a patient could come earlier. Nothing ticked means any."""

    visit_type = forms.ModelChoiceField(VisitType.objects.all(), label=_("Visit"), empty_label=None)
    clinician = forms.ModelChoiceField(Staff.objects.none(), label=_("With"), required=False, empty_label=_("Anybody"))
    weekdays = forms.MultipleChoiceField(label=_("Weekdays"), choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple)
    from_time = forms.TimeField(label=_("Not before, o'clock"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    to_time = forms.TimeField(label=_("Over by, o'clock"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    not_before_on = forms.DateField(label=_("Earliest day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    gives_up = forms.ModelChoiceField(Appointment.objects.none(), label=_("Gives up this visit for an earlier one"), required=False, empty_label=_("None"))

    def __init__(self, *args: Any, patient: Patient, entry: WaitingListEntry | None, clinicians: Any, at: datetime, **kwargs: Any) -> None:
        initial = {
            name: getattr(entry, name) for name in ("visit_type", "clinician", "from_time", "to_time", "not_before_on", "gives_up")
        } if entry else {}  # fmt: skip
        initial |= {"weekdays": [str(day) for day in entry.weekdays]} if entry else {}
        super().__init__(*args, **(kwargs | {"initial": initial}))
        self.fields["clinician"].queryset = clinicians  # type: ignore[attr-defined]
        coming = patient.appointments.filter(state__in=["booked", "confirmed"], starts_at__gt=at)
        self.fields["gives_up"].queryset = coming.select_related("visit_type")  # type: ignore[attr-defined]
        self.fields["gives_up"].label_from_instance = self._visit_words  # type: ignore[attr-defined]
        self._zone = patient.site.zone

    def _visit_words(self, visit: Appointment) -> str:
        return f"{wall(visit.starts_at, self._zone):%a %d %b %Y, %H:%M}, {visit.visit_type.name}"

    def clean(self) -> dict[str, Any]:
        """Hours in order."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_time"), cleaned.get("to_time")
        if first and last and last <= first:
            self.add_error("to_time", _("“Over by” lies before “not before”."))
        return cleaned

    def wants(self) -> Wants:
        """What was said."""
        data = self.cleaned_data
        clinician = data["clinician"].pk if data["clinician"] else None
        return Wants(clinician, frozenset(int(day) for day in data["weekdays"]), data["from_time"], data["to_time"], data["not_before_on"])


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

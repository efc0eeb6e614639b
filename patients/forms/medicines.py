"""A medicine as a clinician notes it, and the end of one."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices, clean_spaces
from patients.forms.dates import DateField
from patients.rules.taken import meaning_of
from patients.vocabulary import StandsFor

STANDS_FOR = {
    StandsFor.BLOOD_THINNER: _("A blood thinner"), StandsFor.ISOTRETINOIN: _("Isotretinoin, or another retinoid that is swallowed"),
    StandsFor.SYSTEMIC_STEROID: _("A steroid that is swallowed or injected"), StandsFor.IMMUNE_SUPPRESSION: _("A medicine that weakens the immune system"),
    StandsFor.CHEMOTHERAPY: _("Chemotherapy"), StandsFor.NOTHING: _("None of these"),
}  # fmt: skip


class StandsForForm(forms.Form):
    """What a medicine is whose name no rule knows."""

    stands_for = forms.ChoiceField(
        label=_("What is it?"), choices=choices(StandsFor, {one.value: words for one, words in STANDS_FOR.items()}), widget=forms.RadioSelect,
        help_text=_(
            "Of a brand of finasteride, dutasteride or minoxidil write the substance as the name. Painkillers like ibuprofen, fish oil, vitamin E, ginkgo, and what makes the skin burn "
            "count by the patient’s answers alone: ask the questions again."
        ),
        error_messages={"required": _("No rule of the screening knows this name. Say what it is; then it is in the list.")},
    )  # fmt: skip


class MedicineForm(StandsForForm):
    """Name, dose, since when; and what it is, asked only once a name was given that no rule knows."""

    field_order = ("name", "stands_for", "dose", "started_on")

    name = forms.CharField(label=_("Medicine"), max_length=200, help_text=_("For example apixaban, or minoxidil 5% foam"), error_messages={"required": _("Name the medicine.")})
    dose = forms.CharField(label=_("Dose"), max_length=100, required=False, help_text=_("For example 5 mg twice a day"))
    started_on = DateField(label=_("Taken since"), help_text=_("For example 27 3 2025. Leave it empty if nobody knows: it is then not drawn in the results."))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = clean_spaces(str(self.data.get("name", ""))) if self.is_bound else ""
        if not name or meaning_of(name):
            del self.fields["stands_for"]
        field = self.fields["started_on"]
        assert isinstance(field, DateField)
        field.latest = today

    def clean_name(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["name"])

    def clean_dose(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["dose"])


class EndMedicineForm(forms.Form):
    """Since when it is not taken, and why."""

    ended_on = DateField(label=_("Not taken since"), help_text=_("For example 27 3 2025"), required=True, error_messages={"required": _("Give the day.")})
    reason = forms.CharField(label=_("Why?"), max_length=300, help_text=_("For example: stopped by the GP. It stays in the record."), error_messages={"required": _("Say why.")})
    in_error = forms.BooleanField(label=_("Noted by mistake: the patient never took it"), required=False)

    def __init__(self, *args: Any, today: date, since: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.since, field = since, self.fields["ended_on"]
        assert isinstance(field, DateField)
        field.latest = today

    def clean_ended_on(self) -> date:
        """Not before it began."""
        day: date = self.cleaned_data["ended_on"]
        if self.since and day < self.since:
            raise ValidationError(_("This day lies before the beginning."))
        return day

    def clean_reason(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["reason"])

"""Patch tests as forms."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Site
from treatments import selectors
from treatments.models import Product
from treatments.vocabulary import PatchResult

_RESULTS = ((PatchResult.NEGATIVE.value, _("Negative")), (PatchResult.DOUBTFUL.value, _("Doubtful")), (PatchResult.POSITIVE.value, _("Positive")))


class PatchApplyForm(forms.Form):
    """A product goes on."""

    product = forms.ModelChoiceField(Product.objects.none(), label=_("Product"), empty_label=_("Choose"), to_field_name="uuid")
    place = forms.CharField(label=_("Where"), max_length=80, required=False, help_text=_("For example: behind the left ear"))

    def __init__(self, *args: Any, site: Site, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = selectors.usable_products(site, today).filter(is_anaesthetic=False)  # type: ignore[attr-defined]


class PatchReadForm(forms.Form):
    """One reading."""

    result = forms.ChoiceField(label=_("Result"), choices=[("", _("Choose")), *_RESULTS], error_messages={"required": _("Choose a result.")})
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

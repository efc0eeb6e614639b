"""The word of a clinician that the aftercare is planned again; after an addendum also what its words mean for it."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from aftercare.rules.aftercare import Done
from clinic.models import Site
from treatments.models import Product


def _products(site: Site) -> "QuerySet[Product]":
    """Of each name one: which lot it was stands in the record."""
    newest = Product.objects.filter(site=site, is_anaesthetic=False).order_by("name", "-pk").distinct("name")
    return Product.objects.filter(pk__in=newest.values("pk")).order_by("name", "pk")


class ReplanForm(forms.Form):
    """A reason, and which state of the record was looked at."""

    reason = forms.CharField(label=_("Reason"), max_length=200, error_messages={"required": _("Write a short reason.")})
    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)


class CorrectedForm(ReplanForm):
    """A signed record stays as it is, and its addendum is words: the clinician says what the aftercare goes by."""

    deepest = forms.DecimalField(
        label=_("Deepest zone, in mm"), min_value=0, max_value=10, max_digits=4, decimal_places=2,
        error_messages={"required": _("Type the depth in mm, like 0.75."), "invalid": _("Type the depth in mm, like 0.75.")},
    )  # fmt: skip
    products = forms.ModelMultipleChoiceField(
        Product.objects.none(), label=_("Left on the scalp"), required=False, to_field_name="uuid", widget=forms.CheckboxSelectMultiple
    )
    minoxidil_early = forms.BooleanField(label=_("A prescriber allowed minoxidil earlier"), required=False)

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["products"].queryset = _products(site)  # type: ignore[attr-defined]

    @staticmethod
    def starting(done: Done, site: Site) -> dict[str, Any]:
        """What the fields show at first."""
        names = _products(site).filter(name__in=done.names)
        return {
            "deepest": f"{done.deepest_hundredths / 100:.2f}", "minoxidil_early": done.minoxidil_early,
            "products": [str(uuid) for uuid in names.values_list("uuid", flat=True)],
        }  # fmt: skip

    def done(self) -> Done:
        """As typed."""
        typed = self.cleaned_data
        products = tuple((product.name, product.kind) for product in typed["products"])
        return Done(int(typed["deepest"] * 100), products, typed["minoxidil_early"])

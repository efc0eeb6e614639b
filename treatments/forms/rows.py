"""Rows that grow with what was used: products, and what was on the scalp before. As many as a session needs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices
from treatments.models import Product, TreatmentSession
from treatments.vocabulary import ProductKind
from treatments.words import KIND_WORDS

MOST_ROWS = 40  # far above what a scalp is given; a bound for what a request may ask the page to draw
NOT_USABLE = _("This product is past its date or withdrawn. Choose another one.")
_ROW = {"product": re.compile(r"product_(\d{1,4})"), "pre": re.compile(r"pre_kind(?:_(\d{1,4}))?")}


def product_names(row: int) -> tuple[str, str]:
    """The fields of one product: what, and how many hours after the needling."""
    return f"product_{row}", f"hours_{row}"


def pre_names(row: int) -> tuple[str, str]:
    """The fields of one thing that was on the scalp before: its kind, and when it was used last. The first row has no number."""
    return (f"pre_kind_{row}", f"pre_last_used_at_{row}") if row else ("pre_kind", "pre_last_used_at")


def sent_rows(data: Mapping[str, Any] | None, kind: str) -> int:
    """How many rows a page has sent, empty ones too."""
    found = [int(match[1] or 0) for name in data or () if (match := _ROW[kind].fullmatch(name))]
    return max(found, default=-1) + 1


def free_product_row(data: Mapping[str, Any]) -> str:
    """The name of the first row without a product; empty when none may be added."""
    return next((name for row in range(MOST_ROWS) if not data.get(name := product_names(row)[0])), "")


def when_field(**kwargs: Any) -> forms.DateTimeField:
    """A day and a time, as the browser sends them."""
    return forms.DateTimeField(
        required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs,
    )  # fmt: skip


class Rows:
    """The rows of one form: those stored, those sent, and on a fresh page one that is empty."""

    def __init__(self, form: forms.Form, record: TreatmentSession, products: QuerySet[Product]) -> None:
        self.form, self.too_many = form, False
        self.products = self._count("product", len(stored_products(record)))
        self.pres = self._count("pre", len(stored_pres(record)))
        for row in range(self.products):
            what, hours = product_names(row)
            form.fields[what] = forms.ModelChoiceField(products, label=_("Product"), required=False, empty_label=_("None"), error_messages={"invalid_choice": NOT_USABLE})
            form.fields[hours] = forms.FloatField(label=_("Hours after"), required=False, min_value=0, max_value=8760, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
        for row in range(self.pres):
            kind, used = pre_names(row)
            form.fields[kind] = forms.ChoiceField(label=_("On the scalp before"), required=False, choices=[("", _("Nothing")), *choices(ProductKind, KIND_WORDS)])
            form.fields[used] = when_field(label=_("Last used at"))

    def _count(self, kind: str, stored: int) -> int:
        """A page that was sent keeps its rows, so that what differs from the stored ones can be told."""
        sent = sent_rows(self.form.data, kind)
        self.too_many = self.too_many or sent > MOST_ROWS
        return min(max(sent, stored, 1), MOST_ROWS) if self.form.is_bound else min(stored + 1, MOST_ROWS)

    def shown(self) -> Iterator[tuple[Any, Any]]:
        """For the template: each product with its hours."""
        for row in range(self.products):
            what, hours = product_names(row)
            yield self.form[what], self.form[hours]

    def shown_pres(self) -> Iterator[tuple[Any, Any]]:
        """For the template: each thing on the scalp before, with its time."""
        for row in range(self.pres):
            kind, used = pre_names(row)
            yield self.form[kind], self.form[used]

    def check(self) -> None:
        """No product twice, for only one of the two would be kept; a time for each thing that was on the scalp."""
        if self.too_many:
            self.form.add_error(None, _("More than %(most)s rows: write the rest into the notes.") % {"most": MOST_ROWS})
        data, seen = self.form.cleaned_data, set()
        for row in range(self.products):
            product = data.get(product_names(row)[0])
            if product is not None and product.pk in seen:
                self.form.add_error(product_names(row)[0], _("This product is chosen above already. Write a second time into the notes."))
            seen |= {product.pk} if product else set()
        for row in range(self.pres):
            kind, used = pre_names(row)
            if data.get(kind) and not data.get(used) and used not in self.form.errors:
                self.form.add_error(used, _("When was it last used?"))

    def chosen(self) -> tuple[tuple[Product, float], ...]:
        """Products with their hours after the needling."""
        data = self.form.cleaned_data
        return tuple((data[what], data[hours] or 0) for row in range(self.products) for what, hours in [product_names(row)] if data[what])

    def chosen_pres(self) -> tuple[tuple[str, Any], ...]:
        """Kinds with when they were used last."""
        data = self.form.cleaned_data
        return tuple((data[kind], data[used]) for row in range(self.pres) for kind, used in [pre_names(row)] if data[kind])


def stored_products(record: TreatmentSession) -> list[dict[str, Any]]:
    """As the form's initial values, a row each."""
    return [dict(zip(product_names(row), (use.product_id, f"{use.hours_after.normalize():f}"), strict=True)) for row, use in enumerate(record.product_uses.all())]


def stored_pres(record: TreatmentSession) -> list[dict[str, Any]]:
    """As the form's initial values, a row each."""
    return [dict(zip(pre_names(row), (pre.kind, pre.last_used_at), strict=True)) for row, pre in enumerate(record.pre_topicals.all())]

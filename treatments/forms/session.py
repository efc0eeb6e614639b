"""The session record as a form. Cleans into a SessionEntry; never saves."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices, clean_spaces
from treatments import selectors
from treatments.forms.rows import NOT_USABLE, Rows, stored_pres, stored_products, when_field
from treatments.forms.said import said
from treatments.models import Cartridge, Device, Product, TreatmentSession
from treatments.services import SessionEntry, ZoneEntry
from treatments.vocabulary import Endpoint, Zone
from treatments.words import ENDPOINT_WORDS, ZONE_WORDS

_REASON = re.compile(r"reason:((?:S\d\d|STOCK)(?::[^\x00-\x1f]{1,130})?)")
_NUMBING = ("strength_percent", "area_cm2", "grams", "weight_kg", "on_at", "off_at")


def _amount(label: Any, places: int, least: str, most: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, decimal_places=places, min_value=Decimal(least), max_value=Decimal(most),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip


class DepthField(forms.DecimalField):
    """Millimetres with at most two decimals; a slipped decimal point is named."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "depth"}), **kwargs)

    def clean(self, value: Any) -> Any:
        """Hundredths of a millimetre, or None."""
        text = str(value or "").strip().replace(",", ".").removesuffix("mm").strip()
        if not text:
            return None
        depth = super().clean(text)
        if depth is None or depth <= 0:
            raise ValidationError(_("A depth is more than 0 mm."))
        if depth > 10:
            raise ValidationError(_("%(depth)s mm is not a needle depth. Did you mean %(less)s mm?") % {"depth": depth, "less": depth / 10})
        if depth != round(depth, 2):
            raise ValidationError(_("Use at most two decimals, for example 1.25."))
        return int(depth * 100)


class CartridgeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A unit of the site's stock. One that can't be taken is refused with the reason, not as “invalid”."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Cartridge.objects.none(), label=_("Cartridge"), empty_label=_("Choose"), **kwargs)
        self.site: Any = None
        self.day: Any = None

    def to_python(self, value: Any) -> Any:
        """The unit; or a ValidationError that says what is wrong with it."""
        try:
            return super().to_python(value)
        except ValidationError:
            text = str(value)
            known = Cartridge.objects.filter(lot__site=self.site, pk=int(text)).select_related("lot").first() if text.isdecimal() and len(text) < 15 else None
            reason = selectors.why_not(known, self.day) if known else ""
            raise ValidationError(reason or _("This cartridge is not in the stock of this site.")) from None


class SessionForm(forms.Form):
    """One record. `record` gives the site's stock and what is stored."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    tab = forms.RegexField(r"^[0-9a-zA-Z-]{1,40}$", required=False, widget=forms.HiddenInput)
    seq = forms.IntegerField(required=False, min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)
    device = forms.ModelChoiceField(Device.objects.none(), label=_("Device"), required=False, empty_label=_("Choose"))
    cartridge = CartridgeField(required=False)
    seal_intact = forms.BooleanField(label=_("Seal was intact"), required=False)
    fitzpatrick = forms.ChoiceField(label=_("Fitzpatrick skin type"), required=False, choices=[("", "–"), *((n, n) for n in ("I", "II", "III", "IV", "V", "VI"))])
    numbing = forms.ModelChoiceField(Product.objects.none(), label=_("Numbing product"), required=False, empty_label=_("None used"), error_messages={"invalid_choice": NOT_USABLE})
    strength_percent = _amount(_("Strength, %"), 1, "0.1", "40")
    area_cm2 = _amount(_("Area, cm²"), 1, "1", "1500")
    grams = _amount(_("Amount, g"), 2, "0.01", "500")
    weight_kg = _amount(_("Patient's weight, kg"), 1, "20", "350")
    other_mg_12h = _amount(_("Other local anaesthetic in the last 12 h, mg"), 1, "0", "5000")
    on_at = when_field(label=_("On at"))
    off_at = when_field(label=_("Off at"))
    wiped_off = forms.BooleanField(label=_("Wiped off"), required=False)
    pain = forms.CharField(label=_("Pain readings, 0 to 10"), required=False, help_text=_("For example: 3, 5"))
    reactions = forms.CharField(label=_("Reactions"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    no_adverse_event = forms.BooleanField(label=_("No adverse event"), required=False)
    aftercare_delivered = forms.BooleanField(label=_("Written aftercare given"), required=False)
    sharps_and_cleaning_confirmed = forms.BooleanField(label=_("Sharps disposed of, surfaces cleaned"), required=False)
    minoxidil_early_allowed = forms.BooleanField(label=_("The prescriber allows minoxidil before 24 h"), required=False)
    full_rescreen_done = forms.BooleanField(label=_("Full re-screen after a long gap"), required=False)
    baseline_waiver_reason = forms.CharField(label=_("Baseline is incomplete, because"), required=False, max_length=500)
    notes = forms.CharField(label=_("Notes"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, record: TreatmentSession, today: Any) -> None:
        super().__init__(data, initial=_stored(record))
        self.record = record
        self.histories = selectors.zone_histories(record)
        products = selectors.usable_products(record.site, today, record)
        self._choices("device", selectors.devices_at(record.site, record))
        self._choices("cartridge", selectors.free_cartridges(record.site, today, record))
        self.fields["cartridge"].site, self.fields["cartridge"].day = record.site, today  # type: ignore[attr-defined]
        self._choices("numbing", products.filter(is_anaesthetic=True))
        for zone in Zone:
            self.fields[f"depth_{zone}"] = DepthField(label=_("Depth, mm"))
            self.fields[f"passes_{zone}"] = forms.IntegerField(label=_("Passes"), required=False, min_value=1, max_value=50, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
            self.fields[f"endpoint_{zone}"] = forms.ChoiceField(label=_("Endpoint"), required=False, choices=[("", "–"), *choices(Endpoint, {key.value: words for key, words in ENDPOINT_WORDS.items()})])
            self.fields[f"below_{zone}"] = forms.BooleanField(label=_("Below hairline"), required=False)
            for kind in ("depth", "passes", "endpoint", "below"):
                self.fields[f"{kind}_{zone}"].zone_words = ZONE_WORDS[zone]  # type: ignore[attr-defined]
        self.rows = Rows(self, record, products.filter(is_anaesthetic=False))

    def _choices(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def zones(self) -> Iterator[dict[str, Any]]:
        """For the template: each zone with its fields."""
        for zone in Zone:
            before = self.histories[zone.value]
            yield {"zone": zone.value, "words": ZONE_WORDS[zone], "last": before.last, "course": before.course, "depth": self[f"depth_{zone}"],
                   "passes": self[f"passes_{zone}"], "endpoint": self[f"endpoint_{zone}"], "below": self[f"below_{zone}"]}  # fmt: skip

    def differences(self) -> list[tuple[str, str, str]]:
        """Where what was sent differs from what is stored: field, stored, sent; in words."""
        found = []
        for bound in self:
            if bound.is_hidden:
                continue
            stored, sent = (said(bound, value) for value in (self.get_initial_for_field(bound.field, bound.name), bound.data))
            if stored != sent:
                found.append((f"{getattr(bound.field, 'zone_words', '')} {bound.label}".strip(), stored, sent))
        return found

    def clean_pain(self) -> list[int]:
        """Whole numbers of 0–10."""
        parts = [p for p in self.cleaned_data["pain"].replace(";", ",").replace(" ", ",").split(",") if p]
        if not all(p.isdecimal() and int(p) <= 10 for p in parts):
            raise ValidationError(_("Pain is a whole number from 0 to 10. Separate readings by commas."))
        return [int(p) for p in parts]

    def clean(self) -> dict[str, Any]:
        """Times in order; each row whole and said once; passes only with a depth."""
        cleaned = super().clean() or {}
        on_at, off_at = cleaned.get("on_at"), cleaned.get("off_at")
        if on_at and off_at and off_at < on_at:
            self.add_error("off_at", _("“Off” lies before “on”."))
        self.rows.check()
        for zone in Zone:
            others = cleaned.get(f"passes_{zone}") or cleaned.get(f"endpoint_{zone}")
            if others and cleaned.get(f"depth_{zone}") is None and f"depth_{zone}" not in self.errors:
                self.add_error(f"depth_{zone}", _("Give the depth."))
        return cleaned

    def entry(self) -> SessionEntry:
        """What was typed, for the service."""
        data = self.cleaned_data
        numbing = data.get("numbing")
        names = ("fitzpatrick", "reactions", "no_adverse_event", "aftercare_delivered", "sharps_and_cleaning_confirmed",
                 "minoxidil_early_allowed", "full_rescreen_done", "baseline_waiver_reason", "notes")  # fmt: skip
        fields = {name: clean_spaces(data[name]) if isinstance(data[name], str) else data[name] for name in names}
        reasons = {m[1]: clean_spaces(str(value))[:500] for key, value in self.data.items() if (m := _REASON.fullmatch(key))}
        return SessionEntry(
            device=data.get("device"),
            cartridge=data.get("cartridge"),
            seal_intact=data["seal_intact"],
            zones=tuple(self._zones()),
            products=self.rows.chosen(),
            pre_topicals=self.rows.chosen_pres(),
            anaesthetic={"product": numbing, "wiped_off": data["wiped_off"], "other_mg_12h": data["other_mg_12h"] or 0, **{k: data[k] for k in _NUMBING}} if numbing else None,
            fields=fields | {"pain_readings": data["pain"]},
            reasons=reasons,
            tab=data["tab"],
            seq=data["seq"] or 0,
        )

    def _zones(self) -> Iterator[ZoneEntry]:
        for zone in Zone:
            depth = self.cleaned_data.get(f"depth_{zone}")
            if depth is not None:
                yield ZoneEntry(
                    zone=zone.value, depth_hundredths=depth, passes=self.cleaned_data[f"passes_{zone}"],
                    endpoint=self.cleaned_data[f"endpoint_{zone}"], below_hairline=self.cleaned_data[f"below_{zone}"],
                )  # fmt: skip


def _stored(record: TreatmentSession) -> dict[str, Any]:
    found: dict[str, Any] = {
        "version": record.version,
        "pain": ", ".join(map(str, record.pain_readings)),
        **{name: getattr(record, name) for name in SessionForm.base_fields if hasattr(record, name)},
    }
    block = record.blocks.order_by("-position").first()
    if block:
        found |= {"device": block.device_id, "cartridge": block.cartridge_id, "seal_intact": block.seal_intact}
        for zone in block.zones.all():
            found |= {f"depth_{zone.zone}": zone.depth_mm, f"passes_{zone.zone}": zone.passes,
                      f"endpoint_{zone.zone}": zone.endpoint, f"below_{zone.zone}": zone.below_hairline}  # fmt: skip
    numbing = getattr(record, "anaesthetic", None)
    if numbing:
        found |= {"numbing": numbing.product_id, "wiped_off": numbing.wiped_off, "other_mg_12h": numbing.other_mg_12h or None} | {k: getattr(numbing, k) for k in _NUMBING}
    for row in (*stored_products(record), *stored_pres(record)):
        found |= row
    return found

"""One form for each measure, built from its row of section 5. Ranges are the rules' business; the form reads numbers."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from treatments.measure_words import GRADE_WORDS, KIND_WORDS, METHOD_WORDS, PART_WORDS, RATER_WORDS, UNIT_WORDS
from treatments.models import Measurement
from treatments.rules.measures import SPECS, Method, Rater, Spec, Unit
from treatments.services import MeasureEntry
from treatments.vocabulary import MeasurementKind as K

_READINGS = ("value", "value_2", "value_3")
_LIKERT = [("", _("No answer")), *((str(n), str(n)) for n in range(4))]
MOMENT = "%Y-%m-%dT%H:%M"


def _named(members: tuple[Any, ...], words: dict[Any, Any]) -> list[tuple[str, Any]]:
    return [(member.value, words[member]) for member in members]


def _new_key() -> str:
    return uuid4().hex


class MeasureForm(forms.Form):
    """What every measure has: when, and its key against sending twice. `spec` says the rest."""

    form_key = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    measured_at = forms.DateTimeField(
        label=_("Measured at"), input_formats=[MOMENT, f"{MOMENT}:%S"], widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    )
    confirmed = forms.BooleanField(label=_("I have looked again; it is right"), required=False, widget=forms.HiddenInput)

    asks_again = False

    def __init__(self, data: Any = None, *, spec: Spec, places: list[str], initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.spec, self.places = spec, places
        self.fields |= _fields_of(spec)
        self.order_fields([*(name for name in self.fields if name not in MeasureForm.base_fields), "measured_at"])

    def ask_again(self) -> None:
        """Shows the tick that confirms a doubt."""
        self.asks_again = True
        self.fields["confirmed"].widget = forms.CheckboxInput()

    def entry(self) -> MeasureEntry:
        """As the service takes it."""
        data, spec = self.cleaned_data, self.spec
        unit = data.get("unit") or (spec.unit if spec.units and not spec.parts else None)
        clipped = {"yes": True, "no": False}.get(data.get("clipped", ""))
        return MeasureEntry(
            kind=spec.kind, method=Method(data.get("method") or spec.methods[0]), values=tuple(data[n] for n in _READINGS if data.get(n) is not None),
            unit=Unit(unit) if unit else None, grade=data.get("grade", ""), parts={name: data.get(name) for name in _parts_of(spec)},
            area_cm2=data.get("area_cm2"), clipped=clipped, place=data.get("place", ""), rater=Rater(data.get("rater") or Rater.INVESTIGATOR),
            measured_at=data.get("measured_at"), form_key=data.get("form_key", ""),
        )  # fmt: skip


def measure_form(data: Any = None, *, kind: K, places: list[str], at: datetime, form_key: str = "", baseline: Measurement | None = None) -> MeasureForm:
    """The form of one measure; method, place and the rest are filled in as at the patient's baseline."""
    usual: dict[str, Any] = {"measured_at": at, "form_key": form_key, "place": places[0] if places else "", "area_cm2": 1, "bundle": 60}
    if baseline is not None:
        clipped = {True: "yes", False: "no"}.get(baseline.clipped, "")  # type: ignore[arg-type]
        usual |= {"method": baseline.method, "unit": baseline.unit, "area_cm2": baseline.area_cm2, "clipped": clipped}
        usual |= {"place": baseline.place.label} if baseline.place else {}
    return MeasureForm(data, spec=SPECS[kind], places=places, initial=usual)


def _parts_of(spec: Spec) -> tuple[str, ...]:
    return (*spec.parts, "bundle") if spec.kind is K.PULL_TEST else spec.parts


def _fields_of(spec: Spec) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    if spec.grades:
        found["grade"] = forms.ChoiceField(label=_("Grade"), choices=[("", _("Choose")), *((g, g) for g in spec.grades)])
    elif spec.kind is K.DLQI:
        found |= {name: forms.TypedChoiceField(label=_("Item %(n)s") % {"n": n}, choices=_LIKERT, required=False, coerce=int, empty_value=None) for n, name in enumerate(spec.parts, 1)}
    elif spec.parts:
        found |= {name: forms.DecimalField(label=PART_WORDS[name], required=False) for name in _parts_of(spec)}
    else:
        found |= _number_of(spec)
    return found | _frame_of(spec)


def _number_of(spec: Spec) -> dict[str, forms.Field]:
    if spec.kind is K.GLOBAL_GRADE:
        grades = [("", _("Choose")), *((str(n), f"{n:+d} {words}" if n else f"0 {words}") for n, words in GRADE_WORDS.items())]
        rated = _named((Rater.INVESTIGATOR, Rater.PATIENT), RATER_WORDS)
        return {
            "value": forms.TypedChoiceField(label=_("Compared with the baseline photos"), choices=grades, coerce=Decimal),
            "rater": forms.ChoiceField(label=_("Who says so"), choices=rated),
        }
    found: dict[str, forms.Field] = {"value": forms.DecimalField(label=_("Reading"), max_digits=7, decimal_places=2)}
    if spec.place:
        for number, name in enumerate(_READINGS[1:], 2):
            found[name] = forms.DecimalField(label=_("Reading %(n)s, if measured again") % {"n": number}, max_digits=7, decimal_places=2, required=False)
    if len(spec.units) > 1:
        found["unit"] = forms.ChoiceField(label=_("Unit"), choices=_named(spec.units, UNIT_WORDS))
    return found


def _frame_of(spec: Spec) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    if spec.area:
        found["area_cm2"] = forms.DecimalField(label=_("Area counted, cm²"), max_digits=5, decimal_places=2, required=False)
        found["clipped"] = forms.ChoiceField(label=_("Hair clipped to count"), choices=[("", _("Not noted")), ("yes", _("Yes")), ("no", _("No"))], required=False)
    if spec.place:
        found["place"] = forms.CharField(label=_("Place on the scalp"), max_length=80, required=False, help_text=_("The same words as at the baseline: vertex, 22 cm from the glabella"))
    if len(spec.methods) > 1 and spec.kind is not K.GLOBAL_GRADE:
        found["method"] = forms.ChoiceField(label=_("Method"), choices=_named(spec.methods, METHOD_WORDS))
    return found


class BaselineForm(forms.Form):
    """At the chair, in one go: a grade, and a density with its place. Its key is against sending it twice."""

    form_key = forms.CharField(max_length=40, required=False, initial=_new_key, widget=forms.HiddenInput(attrs={"id": "measurement-form-key"}))
    kind = forms.ChoiceField(label=_("Scale"), choices=_named((K.NORWOOD, K.LUDWIG, K.SINCLAIR), KIND_WORDS))
    grade = forms.CharField(label=_("Grade"), max_length=12)
    density = forms.DecimalField(label=_("Hair density, hairs/cm²"), min_value=Decimal(0), max_value=Decimal(400), max_digits=7, decimal_places=2, required=False)
    method = forms.ChoiceField(label=_("Method"), choices=_named(SPECS[K.HAIR_DENSITY].methods, METHOD_WORDS), required=False, initial=Method.TRICHOSCOPY)
    area_cm2 = forms.DecimalField(label=_("Area, cm²"), min_value=Decimal("0.1"), max_value=Decimal(10), required=False, initial=1)
    place = forms.CharField(label=_("Place on the scalp"), max_length=80, required=False, help_text=_("For example: 12 cm from the glabella, midline"))

    def clean(self) -> dict[str, Any]:
        """A density has its area and its place; without them it can't be compared."""
        cleaned = super().clean() or {}
        if cleaned.get("density") is not None:
            for name in ("area_cm2", "place"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("A density needs this."))
        return cleaned

    def entries(self) -> list[tuple[str, MeasureEntry]]:
        """What to keep, each with the field that an error belongs to."""
        data, key = self.cleaned_data, self.cleaned_data["form_key"]
        found = [("grade", MeasureEntry(K(data["kind"]), Method.EXAMINATION, grade=data["grade"], form_key=key and f"{key}-grade"))]
        if data["density"] is not None:
            found.append(("density", MeasureEntry(
                K.HAIR_DENSITY, Method(data["method"] or Method.TRICHOSCOPY), (data["density"],), Unit.PER_CM2, area_cm2=data["area_cm2"], place=data["place"],
                form_key=key and f"{key}-density",
            )))  # fmt: skip
        return found


class ErrorForm(forms.Form):
    """Why a measurement was a mistake."""

    reason = forms.CharField(label=_("What was wrong"), max_length=300)


class ReadingForm(forms.Form):
    """What the right photo shows against the left one."""

    answer = forms.TypedChoiceField(
        choices=[*((str(n), words) for n, words in GRADE_WORDS.items()), ("unreadable", _("These two can't be compared"))],
        coerce=lambda value: None if value == "unreadable" else int(value), empty_value=None, error_messages={"required": _("Choose a grade, or say that the two can't be compared.")},
    )  # fmt: skip

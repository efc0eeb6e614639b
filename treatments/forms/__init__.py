"""Parse and clean; never save."""

from treatments.forms.events import CloseForm, EventForm, ShortEventForm
from treatments.forms.home import HomePlanForm
from treatments.forms.measurements import BaselineForm, ErrorForm, measure_form
from treatments.forms.others import (
    BlockForm,
    CourseEndForm,
    CourseForm,
    EndForm,
    ExcludedZonesForm,
    ResponseForm,
    RightRecordForm,
    TextForm,
    WhoseForm,
)
from treatments.forms.patch import PatchApplyForm, PatchReadForm
from treatments.forms.photos import PhotoForm
from treatments.forms.prp import CheckForm, DrawForm, UseForm, WitnessForm
from treatments.forms.salvage import salvaged
from treatments.forms.session import SessionForm
from treatments.forms.stock import DeviceForm, FormulaForm, LotForm, ProductForm, ReasonForm

__all__ = [
    "BaselineForm", "BlockForm", "CheckForm", "CloseForm", "CourseEndForm", "CourseForm", "DeviceForm", "DrawForm", "EndForm",
    "ErrorForm", "EventForm", "ExcludedZonesForm", "FormulaForm", "HomePlanForm", "LotForm", "PatchApplyForm", "PatchReadForm", "PhotoForm", "ProductForm", "ReasonForm",
    "ResponseForm", "RightRecordForm", "SessionForm", "ShortEventForm", "TextForm", "UseForm", "WhoseForm", "WitnessForm", "measure_form", "salvaged",
]  # fmt: skip

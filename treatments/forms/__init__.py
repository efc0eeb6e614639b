"""Parse and clean; never save."""

from treatments.forms.measurements import BaselineForm, ErrorForm, measure_form
from treatments.forms.others import BlockForm, CourseForm, EndForm, EventForm, TextForm
from treatments.forms.photos import PhotoForm
from treatments.forms.session import SessionForm
from treatments.forms.stock import DeviceForm, LotForm, ProductForm, ReasonForm

__all__ = [
    "BaselineForm", "BlockForm", "CourseForm", "DeviceForm", "EndForm", "ErrorForm", "EventForm", "LotForm",
    "PhotoForm", "ProductForm", "ReasonForm", "SessionForm", "TextForm", "measure_form",
]  # fmt: skip

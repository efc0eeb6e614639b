"""Parse and clean; never save."""

from treatments.forms.measurements import BaselineForm, ErrorForm, measure_form
from treatments.forms.others import (
    BlockForm,
    CourseForm,
    DeviceForm,
    EndForm,
    EventForm,
    LotForm,
    ProductForm,
    TextForm,
)
from treatments.forms.photos import PhotoForm
from treatments.forms.session import SessionForm

__all__ = [
    "BaselineForm", "BlockForm", "CourseForm", "DeviceForm", "EndForm", "ErrorForm", "EventForm", "LotForm", "PhotoForm", "ProductForm",
    "SessionForm", "TextForm", "measure_form",
]  # fmt: skip

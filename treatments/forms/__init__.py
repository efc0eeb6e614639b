"""Parse and clean; never save."""

from treatments.forms.others import (
    CourseForm,
    DeviceForm,
    EndForm,
    EventForm,
    LotForm,
    MeasurementForm,
    PhotoForm,
    ProductForm,
    TextForm,
)
from treatments.forms.session import SessionForm

__all__ = [
    "CourseForm", "DeviceForm", "EndForm", "EventForm", "LotForm", "MeasurementForm", "PhotoForm", "ProductForm",
    "SessionForm", "TextForm",
]  # fmt: skip

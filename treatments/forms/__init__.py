"""Parse and clean; never save."""

from treatments.forms.others import (
    BlockForm,
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
    "BlockForm", "CourseForm", "DeviceForm", "EndForm", "EventForm", "LotForm", "MeasurementForm", "PhotoForm", "ProductForm",
    "SessionForm", "TextForm",
]  # fmt: skip

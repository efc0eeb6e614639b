"""Tables of *what*."""

from treatments.models.earlier import EarlierSession
from treatments.models.measurements import BlindReading, Measurement, MeasurementSite
from treatments.models.photos import (
    Photo,
    PhotoAnnotation,
    PhotoConsentDecision,
    PhotoConsentText,
    PhotoKey,
    PhotoUpload,
)
from treatments.models.presets import SessionPreset
from treatments.models.recall import RecallContact, Receipt
from treatments.models.record import Addendum, AdverseEvent, EnteredInError, SessionPolicy, SignedRecord
from treatments.models.session import (
    Anaesthetic,
    Course,
    DeviceBlock,
    PreTopical,
    ProductUse,
    TreatmentSession,
    ZoneRecord,
)
from treatments.models.stock import Cartridge, CartridgeLot, Device, PatchTest, Product

__all__ = [
    "Addendum", "AdverseEvent", "Anaesthetic", "BlindReading", "Cartridge", "CartridgeLot", "Course", "Device",
    "DeviceBlock", "EarlierSession", "EnteredInError", "Measurement", "MeasurementSite", "PatchTest", "Photo", "PhotoAnnotation",
    "PhotoConsentDecision", "PhotoConsentText", "PhotoKey", "PhotoUpload", "PreTopical", "Product", "ProductUse",
    "RecallContact", "Receipt", "SessionPolicy", "SessionPreset", "SignedRecord", "TreatmentSession", "ZoneRecord",
]  # fmt: skip

"""Tables of *what*."""

from treatments.models.earlier import EarlierSession
from treatments.models.events import AdverseEvent
from treatments.models.home import HomePlan
from treatments.models.measurements import BlindReading, Measurement, MeasurementSite
from treatments.models.patch import PatchReading, PatchTest
from treatments.models.photos import (
    Photo,
    PhotoAnnotation,
    PhotoConsentDecision,
    PhotoConsentText,
    PhotoKey,
    PhotoUpload,
)
from treatments.models.presets import SessionPreset
from treatments.models.prp import PrpUse, TubeCheck
from treatments.models.recall import RecallContact, Receipt
from treatments.models.record import Addendum, EnteredInError, SessionPolicy, SignatureHandover, SignedRecord
from treatments.models.sealing import ChainHead, CoSignature, RecordPdf
from treatments.models.session import (
    Anaesthetic,
    Course,
    DeviceBlock,
    PreTopical,
    ProductUse,
    TreatmentSession,
    ZoneRecord,
)
from treatments.models.stock import Cartridge, CartridgeLot, Device, Product

__all__ = [
    "Addendum", "AdverseEvent", "Anaesthetic", "BlindReading", "Cartridge", "CartridgeLot", "ChainHead",
    "CoSignature", "Course", "Device", "DeviceBlock", "EarlierSession", "EnteredInError", "HomePlan", "Measurement",
    "MeasurementSite", "PatchReading", "PatchTest", "Photo", "PhotoAnnotation", "PhotoConsentDecision",
    "PhotoConsentText", "PhotoKey", "PhotoUpload", "PreTopical", "Product", "ProductUse", "PrpUse", "RecallContact",
    "Receipt", "RecordPdf", "SessionPolicy", "SessionPreset", "SignatureHandover", "SignedRecord", "TreatmentSession", "TubeCheck",
    "ZoneRecord",
]  # fmt: skip

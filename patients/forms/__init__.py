"""Parse and clean; never save."""

from patients.forms.brought import AcceptForm, BundleForm, PutAsideForm
from patients.forms.consent import (
    ClearanceForm,
    ConsentForm,
    ReasonForm,
    RescreenForm,
    WithdrawClearanceForm,
    WithdrawForm,
)
from patients.forms.intake import ChangesForm, MoreForm, PageForm, StepForm
from patients.forms.laboratory import LaboratoryForm
from patients.forms.people import PersonForm
from patients.forms.preferences import PreferencesForm

__all__ = [
    "AcceptForm", "BundleForm", "ChangesForm", "ClearanceForm", "ConsentForm", "LaboratoryForm", "MoreForm", "PageForm", "PersonForm", "PreferencesForm", "PutAsideForm", "ReasonForm", "RescreenForm",
    "StepForm", "WithdrawClearanceForm", "WithdrawForm",
]  # fmt: skip

"""Parse and clean; never save."""

from patients.forms.intake import ClearanceForm, ConsentForm, IntakePageForm, ReasonForm, RescreenForm
from patients.forms.people import PersonForm
from patients.forms.preferences import PreferencesForm

__all__ = ["ClearanceForm", "ConsentForm", "IntakePageForm", "PersonForm", "PreferencesForm", "ReasonForm", "RescreenForm"]

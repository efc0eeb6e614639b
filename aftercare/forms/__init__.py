"""Forms of aftercare: the pages of a check-in, and what a clinician writes about a concern."""

from aftercare.forms.check_in import MOST_FILES, form_for
from aftercare.forms.check_in_page import PageForm
from aftercare.forms.concern import CallForm, CloseForm, HandBackForm, RaiseForm, ReasonForm
from aftercare.forms.protocol import SendBackForm, StepForm, TargetsForm
from aftercare.forms.replan import CorrectedForm, ReplanForm
from aftercare.forms.results import ResultsForm
from aftercare.forms.rota import HandOverForm, ShiftForm

__all__ = [
    "MOST_FILES",
    "CallForm",
    "CloseForm",
    "CorrectedForm",
    "HandBackForm",
    "HandOverForm",
    "PageForm",
    "RaiseForm",
    "ReasonForm",
    "ResultsForm",
    "ReplanForm",
    "SendBackForm",
    "ShiftForm",
    "StepForm",
    "TargetsForm",
    "form_for",
]

"""Forms of aftercare: the pages of a check-in, and what a clinician writes about a concern."""

from aftercare.forms.check_in import PageForm, form_for
from aftercare.forms.concern import CallForm, CloseForm, HandBackForm, RaiseForm, ReasonForm
from aftercare.forms.protocol import SendBackForm, StepForm, TargetsForm

__all__ = [
    "CallForm",
    "CloseForm",
    "HandBackForm",
    "PageForm",
    "RaiseForm",
    "ReasonForm",
    "SendBackForm",
    "StepForm",
    "TargetsForm",
    "form_for",
]

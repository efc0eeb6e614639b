"""The intake's screens as forms. They clean into answers of the rule input and notes for people; they never save."""

from patients.forms.intake.changes import ChangesForm
from patients.forms.intake.fields import Saved, StepForm
from patients.forms.intake.more import MoreForm
from patients.forms.intake.page import PageForm

__all__ = ["ChangesForm", "MoreForm", "PageForm", "Saved", "StepForm"]

"""What a clinician writes about a concern."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from aftercare.states import Level, Outcome
from aftercare.words import OUTCOME_WORDS
from clinic.forms import form_helper

_OUTCOMES = [(outcome.value, words) for outcome, words in OUTCOME_WORDS.items() if outcome is not Outcome.REACHED_NOBODY]


_GRADES = [
    (1, _("1, mild")), (2, _("2, moderate")), (3, _("3, severe")), (4, _("4, life-threatening")), (5, _("5, death")),
]  # fmt: skip


class CallForm(forms.Form):
    """A call: whether the patient was reached, what was said, and when to try again."""

    reached = forms.ChoiceField(
        label=_("Did you reach the patient?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you reached the patient.")},
    )
    words = forms.CharField(
        label=_("What was said"),
        widget=forms.Textarea({"rows": 3}),
        required=False,
        max_length=4000,
    )
    next_try_at = forms.DateTimeField(
        label=_("Next try, if you reached nobody"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Type a date and a time.")},
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        self.helper = form_helper(None)

    def clean_next_try_at(self) -> datetime | None:
        """Typed in the site's own time."""
        typed: datetime | None = self.cleaned_data["next_try_at"]
        return typed.replace(tzinfo=ZoneInfo(self._zone)) if typed else None

    def clean(self) -> dict[str, Any]:
        """Reaching nobody needs a next try; reaching the patient needs words."""
        cleaned = super().clean() or {}
        if cleaned.get("reached") == "no" and not cleaned.get("next_try_at") and "next_try_at" not in self.errors:
            self.add_error("next_try_at", _("Say when you will try again."))
        if cleaned.get("reached") == "yes" and not cleaned.get("words", "").strip():
            self.add_error("words", _("Write what was said."))
        return cleaned


class CloseForm(forms.Form):
    """The outcome without which a concern does not close."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=_OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of it.")},
    )
    words = forms.CharField(
        label=_("What you found and advised"),
        widget=forms.Textarea({"rows": 3}),
        max_length=4000,
        error_messages={"required": _("Write what you found and what you advised.")},
    )
    event_what = forms.CharField(
        label=_("If it is an adverse event: what is it?"), max_length=200, required=False, help_text=_("It goes into the record of the session.")
    )
    event_onset_at = forms.DateTimeField(
        label=_("When did the event begin?"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("At first the time at which the patient told us. Put in the true one if it began before."),
        error_messages={"invalid": _("Type a date and a time.")},
    )
    event_grade = forms.TypedChoiceField(label=_("Grade (CTCAE)"), choices=_GRADES, coerce=int, required=False, initial=1)
    event_serious = forms.BooleanField(
        label=_("Serious: death, danger to life, hospital, disability, or done to prevent these"), required=False
    )
    keep_holds = forms.BooleanField(
        label=_("Keep the next session on hold"),
        required=False,
        help_text=_("Unticked, closing lifts what this set."),
    )

    def __init__(self, *args: Any, zone: str, told_at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        self.fields["event_onset_at"].initial = told_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        self.helper = form_helper(None)

    def clean_event_onset_at(self) -> datetime | None:
        """Typed in the site's own time."""
        typed: datetime | None = self.cleaned_data["event_onset_at"]
        return typed.replace(tzinfo=ZoneInfo(self._zone)) if typed else None

    def clean(self) -> dict[str, Any]:
        """An adverse event needs its words."""
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == Outcome.ADVERSE_EVENT and not cleaned.get("event_what", "").strip():
            self.add_error("event_what", _("Write what the adverse event is."))
        return cleaned

    def event(self) -> dict[str, Any]:
        """What is said of an adverse event."""
        data = self.cleaned_data
        return {
            "what": data["event_what"], "grade": int(data["event_grade"] or 1), "serious": data["event_serious"],
            "onset_at": data["event_onset_at"],
        }  # fmt: skip


class RaiseForm(forms.Form):
    """A higher level, and what made it so."""

    level = forms.ChoiceField(
        label=_("How soon"),
        choices=[(Level.URGENT, _("Urgent")), (Level.SAME_DAY, _("Same day"))],
        error_messages={"required": _("Choose a level.")},
    )
    words = forms.CharField(
        label=_("What made it more urgent"),
        max_length=400,
        error_messages={"required": _("Write what made it more urgent.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(None)


class ReasonForm(forms.Form):
    """A reason in words, for a hold that is placed or lifted."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        error_messages={"required": _("Write a short reason.")},
    )


class HandBackForm(forms.Form):
    """Why a concern goes back to the list."""

    words = forms.CharField(
        label=_("Why you hand it back"),
        max_length=400,
        error_messages={"required": _("Write a short reason.")},
    )

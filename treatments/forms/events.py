"""Adverse events as forms."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices, clean_spaces
from treatments.models import AdverseEvent
from treatments.rules.events import GRADES
from treatments.services.events import EventEntry
from treatments.vocabulary import Causality, EventOutcome, Expectedness, Seriousness, Zone
from treatments.words import ZONE_WORDS

_WHEN = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
SERIOUS_WORDS: dict[str, Any] = {
    Seriousness.DEATH: _("death"),
    Seriousness.LIFE_THREATENING: _("life-threatening"),
    Seriousness.HOSPITALISATION: _("hospital, or a longer stay"),
    Seriousness.DISABILITY: _("lasting disability"),
    Seriousness.INTERVENTION: _("an intervention to prevent one of these"),
}
CAUSE_WORDS: dict[str, Any] = {
    Causality.DEVICE: _("the device"),
    Causality.PRODUCT: _("a product"),
    Causality.PROCEDURE: _("the procedure"),
    Causality.UNRELATED: _("unrelated"),
    Causality.UNKNOWN: _("not known yet"),
}
OUTCOME_WORDS: dict[str, Any] = {
    EventOutcome.RECOVERED: _("recovered"),
    EventOutcome.RECOVERED_WITH_SEQUELAE: _("recovered, something remains"),
    EventOutcome.NOT_RECOVERED: _("not recovered, followed up elsewhere"),
    EventOutcome.FATAL: _("fatal"),
    EventOutcome.UNKNOWN: _("not known"),
    EventOutcome.NO_EVENT: _("recorded by mistake: there was no event"),
}
EXPECTED_WORDS: dict[str, Any] = {Expectedness.EXPECTED: _("expected"), Expectedness.UNEXPECTED: _("not expected")}


def _new_key() -> str:
    """Of one page: two taps on it are one event."""
    return uuid4().hex


class EventForm(forms.Form):
    """An adverse event. Grade and seriousness are asked apart (RULES 7)."""

    form_key = forms.CharField(max_length=64, required=False, initial=_new_key, widget=forms.HiddenInput(attrs={"id": "event-form-key"}))
    what = forms.CharField(label=_("What happened"), max_length=200, widget=forms.TextInput(attrs={"list": "known-events", "autocomplete": "off"}))
    onset_at = forms.DateTimeField(
        label=_("Began at"), required=False, help_text=_("Empty: now"), widget=_WHEN, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    zone = forms.ChoiceField(label=_("Zone"), required=False, choices=[("", _("not one zone")), *choices(Zone, {k.value: v for k, v in ZONE_WORDS.items()})])
    grade = forms.TypedChoiceField(label=_("CTCAE grade"), coerce=int, choices=[(n, f"{n}, {words}") for n, words in GRADES.items()], initial=1)
    serious = forms.BooleanField(label=_("Serious"), required=False, help_text=_("Seriousness is not the grade."))
    seriousness = forms.MultipleChoiceField(
        label=_("Serious because of"), required=False, widget=forms.CheckboxSelectMultiple, choices=choices(Seriousness, SERIOUS_WORDS)
    )
    causality = forms.ChoiceField(label=_("Put down to"), choices=choices(Causality, CAUSE_WORDS), initial=Causality.PROCEDURE)
    expectedness = forms.ChoiceField(
        label=_("A known event?"), required=False, choices=[("", _("not judged yet")), *choices(Expectedness, EXPECTED_WORDS)]
    )
    details = forms.CharField(label=_("Details"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    action_taken = forms.CharField(label=_("What was done"), required=False, max_length=500)

    def entry(self, at: Any) -> EventEntry:
        """For the service; an empty onset is `at`."""
        data = self.cleaned_data
        return EventEntry(
            what=clean_spaces(data["what"]), onset_at=data["onset_at"] or at, zone=data["zone"], grade=data["grade"], serious=data["serious"],
            seriousness=tuple(data["seriousness"]), causality=data["causality"], expectedness=data["expectedness"],
            details=data["details"].strip(), action_taken=clean_spaces(data["action_taken"]),
        )  # fmt: skip

    @staticmethod
    def stored(event: AdverseEvent) -> dict[str, Any]:
        """As initial values."""
        return {name: getattr(event, name) for name in EventForm.base_fields}


class ShortEventForm(EventForm):
    """In the session: the few things that are known at once. The rest is asked on the event's own page."""

    onset_at = None  # type: ignore[assignment]
    seriousness = None  # type: ignore[assignment]
    causality = None  # type: ignore[assignment]
    expectedness = None  # type: ignore[assignment]
    details = None  # type: ignore[assignment]
    action_taken = None  # type: ignore[assignment]

    def entry(self, at: Any) -> EventEntry:
        """For the service, at this moment."""
        data = self.cleaned_data
        return EventEntry(what=clean_spaces(data["what"]), onset_at=at, zone=data["zone"], grade=data["grade"], serious=data["serious"])


class CloseForm(forms.Form):
    """How it ended."""

    kind = forms.ChoiceField(label=_("Outcome"), choices=[("", _("Choose")), *choices(EventOutcome, OUTCOME_WORDS)])
    ended_on = forms.DateField(label=_("Over since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    text = forms.CharField(label=_("In words"), max_length=300, error_messages={"required": _("Give the outcome in words.")})

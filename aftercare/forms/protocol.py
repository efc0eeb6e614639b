"""What a manager writes into a version of the protocol."""

from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from aftercare.models import ProtocolStep
from aftercare.protocol_words import PROBLEM_WORDS, PURPOSE_WORDS
from aftercare.rules.protocol import open_hours
from aftercare.rules.wording import MOST, has_address, has_claim, unknown_names
from aftercare.states import Purpose, Scope
from clinic.forms import form_helper
from treatments.vocabulary import ProductKind

_QUESTIONS = [
    ("Q1", _("Redness")), ("Q2", _("Swelling")), ("Q3", _("Pain and burning")), ("Q10", _("Itch and flaking")),
    ("Q11", _("Shedding")), ("Q12", _("Patches, scars, numbness")), ("Q13", _("Products used")),
    ("Q14", _("Changes in health")), ("satisfaction", _("Satisfaction, 0–10")),
]  # fmt: skip
_RED_FLAGS = ["Q4", "Q5", "Q6", "Q7", "Q8", "Q9"]
_WHOLE = {"invalid": _("Type a whole number.")}


def _number(label: Any, *, help_text: Any = "", least: int = 0, most: int = 10_000) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=least,
        max_value=most,
        help_text=help_text,
        error_messages=_WHOLE,
        widget=forms.TextInput({"inputmode": "numeric", "class": "w-auto", "size": 6}),
    )


class StepForm(forms.Form):
    """One step: when, for whom, what it asks, and its opening words in each language."""

    title = forms.CharField(label=_("Name"), max_length=80, help_text=_("Staff see it on the timeline. Patients do not."))
    purpose = forms.ChoiceField(label=_("What it is"), choices=[(item.value, PURPOSE_WORDS[item.value]) for item in Purpose])
    counting = forms.ChoiceField(
        label=_("When"),
        choices=[("hours", _("Hours after the end of the session")), ("days", _("A day, at a local time"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how its time is counted.")},
    )
    offset_hours = _number(_("Hours"), help_text=_("0: at once"), most=9600)
    offset_days = _number(_("Days"), most=400)
    local_time = forms.TimeField(
        label=_("Local time"),
        required=False,
        input_formats=["%H:%M"],
        widget=forms.TextInput({"placeholder": "09:00", "class": "w-auto", "size": 6}),
        error_messages={"invalid": _("Type a time such as 09:00.")},
    )
    expires_hours = _number(_("Too late after (hours)"), least=1, most=2000, help_text=_("Counted from its own time."))
    scope = forms.ChoiceField(
        label=_("Reach"),
        choices=[
            (Scope.SESSION.value, _("This session: the next session ends it")),
            (Scope.COURSE.value, _("The course: once in a course, it stays")),
        ],
    )
    phase = forms.ChoiceField(
        label=_("Phase"),
        required=False,
        choices=[("", _("Both")), ("initial", _("Initial")), ("maintenance", _("Maintenance"))],
    )
    first_session_only = forms.BooleanField(label=_("Only after the first session of a course"), required=False)
    course_end_only = forms.BooleanField(label=_("Only after the last planned session"), required=False)
    min_depth_mm = forms.DecimalField(
        label=_("Only from this depth (mm)"),
        required=False,
        min_value=0,
        max_value=3,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "class": "w-auto", "size": 6}),
        error_messages={"invalid": _("Type a depth such as 1.25.")},
    )
    product_kinds = forms.MultipleChoiceField(
        label=_("Only if one of these was put on"),
        required=False,
        choices=[(kind.value, kind.value.replace("_", " ")) for kind in ProductKind],
        widget=forms.CheckboxSelectMultiple,
    )
    questions = forms.MultipleChoiceField(
        label=_("Asks"),
        required=False,
        choices=_QUESTIONS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Every check-in also asks the red-flag questions, as one page."),
    )
    reminder_hours = _number(_("Reminder after (hours without an answer)"), least=1, most=500)
    call_hours = _number(_("Call after (hours without an answer)"), least=1, most=500)

    def __init__(self, data: Any = None, *, step: ProtocolStep | None = None) -> None:
        super().__init__(data, initial=initial_of(step) if step else {"counting": "hours", "expires_hours": 48})
        self._own_name = str(step.words) if step and not step.title else ""
        for code, name in settings.LANGUAGES:
            self.fields[f"wording_{code}"] = forms.CharField(
                label=_("Opening words, %(language)s") % {"language": name},
                required=False,
                max_length=MOST,
                initial=step.wording.get(code, "") if step else "",
                widget=forms.Textarea({"rows": 5, "lang": code}),
            )
        self.helper = form_helper(None)

    def clean(self) -> dict[str, Any]:
        """Times belong together; words use the closed list of names alone (R34)."""
        cleaned = super().clean() or {}
        if cleaned.get("counting") == "days":
            for name in ("offset_days", "local_time"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Say the day and the time."))
        if cleaned.get("expires_hours") is None and "expires_hours" not in self.errors:
            self.add_error("expires_hours", _("Say for how many hours it still makes sense."))
        call, closes = cleaned.get("call_hours"), open_hours(cleaned.get("expires_hours") or 0)
        if cleaned.get("purpose") == Purpose.CHECK_IN and call and call >= closes:
            self.add_error("call_hours", str(PROBLEM_WORDS["call_too_late"]) % {"detail": closes})
        for code, _name in settings.LANGUAGES:
            self._check_words(f"wording_{code}", cleaned.get(f"wording_{code}") or "")
        return cleaned

    def _check_words(self, name: str, text: str) -> None:
        for unknown in unknown_names(text):
            self.add_error(name, str(PROBLEM_WORDS["unknown_name"]) % {"detail": unknown})
        if has_address(text):
            self.add_error(name, PROBLEM_WORDS["address"])
        if has_claim(text):
            self.add_error(name, PROBLEM_WORDS["claim"])

    def values(self) -> dict[str, Any]:
        """The fields of the step. Only after `is_valid()`."""
        data = self.cleaned_data
        by_day = data["counting"] == "days"
        is_check_in = data["purpose"] == Purpose.CHECK_IN
        asked = [*data["questions"], *_RED_FLAGS] if is_check_in else []
        depth = data["min_depth_mm"]
        wording = {code: data[f"wording_{code}"].strip() for code, _name in settings.LANGUAGES}
        return {
            "title": "" if data["title"].strip() == self._own_name else data["title"].strip(),
            "purpose": data["purpose"],
            "offset_hours": 0 if by_day else data["offset_hours"] or 0,
            "offset_days": data["offset_days"] if by_day else None,
            "local_time": data["local_time"] if by_day else None,
            "expires_hours": data["expires_hours"],
            "scope": data["scope"],
            "phase": data["phase"],
            "first_session_only": data["first_session_only"],
            "course_end_only": data["course_end_only"],
            "min_depth_hundredths": None if depth is None else round(depth * 100),
            "product_kinds": data["product_kinds"],
            "questions": _in_order(asked),
            "reminder_hours": data["reminder_hours"] if is_check_in else None,
            "call_hours": data["call_hours"] if is_check_in else None,
            "wording": {code: text for code, text in wording.items() if text},
        }


def _in_order(questions: list[str]) -> list[str]:
    numbered = sorted({q for q in questions if q.startswith("Q")}, key=lambda q: int(q[1:]))
    return numbered + [q for q in questions if not q.startswith("Q")]


def initial_of(step: ProtocolStep) -> dict[str, Any]:
    """A step as the form shows it."""
    depth = step.min_depth_hundredths
    return {
        "title": step.words,
        "purpose": step.purpose,
        "counting": "hours" if step.offset_days is None else "days",
        "offset_hours": step.offset_hours,
        "offset_days": step.offset_days,
        "local_time": f"{step.local_time:%H:%M}" if isinstance(step.local_time, time) else "",
        "expires_hours": step.expires_hours,
        "scope": step.scope,
        "phase": step.phase,
        "first_session_only": step.first_session_only,
        "course_end_only": step.course_end_only,
        "min_depth_mm": "" if depth is None else f"{depth / 100:.2f}",
        "product_kinds": step.product_kinds,
        "questions": step.questions,
        "reminder_hours": step.reminder_hours,
        "call_hours": step.call_hours,
    }


class TargetsForm(forms.Form):
    """The numbers of a version (proposed defaults, `P`) and what is new in it."""

    urgent_minutes = forms.IntegerField(label=_("Urgent: minutes, day and night"), min_value=1, max_value=240)
    same_day_hours = forms.IntegerField(label=_("Same day: opening hours, at latest when the clinic closes"), min_value=1, max_value=24)
    routine_working_days = forms.IntegerField(label=_("Routine: working days"), min_value=1, max_value=20)
    deep_from_mm = forms.DecimalField(
        label=_("“It can be more tender” is said from this depth (mm)"), min_value=Decimal("0.25"), max_value=Decimal("3.00"), decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "class": "w-auto", "size": 6}), error_messages={"invalid": _("Type a depth such as 1.25.")},
    )  # fmt: skip
    note = forms.CharField(label=_("What is new in this version"), max_length=300, required=False, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(None)

    def values(self) -> dict[str, Any]:
        """The numbers and the note; the depth in 0.01 mm. Only after `is_valid()`."""
        data = dict(self.cleaned_data)
        return data | {"deep_from_hundredths": round(data.pop("deep_from_mm") * 100)}


class SendBackForm(forms.Form):
    """What the clinician wants changed."""

    words = forms.CharField(
        label=_("What should change"),
        max_length=400,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": _("Write what should change.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(None)

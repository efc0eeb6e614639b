"""How a clinic books."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appointments.models import BookingRules, VisitType
from appointments.services import VisitTypeData

_MOST_REMINDERS, _MOST_HOURS = 4, 24 * 28


def _minutes(label: Any, *, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, error_messages={"required": _("Give a number of minutes."), "invalid": _("Give a number of minutes.")}
    )


class VisitTypeForm(forms.Form):
    """One kind of visit. Reminders are hours before it, as people write them: `168, 48`; empty means none."""

    name = forms.CharField(label=_("Name"), max_length=80, error_messages={"required": _("Give a name.")})
    minutes = _minutes(_("Length"), least=5, most=480)
    buffer_minutes = _minutes(_("Time to clean up after it"), least=0, most=120)
    waiting_limit_minutes = _minutes(_("Waiting, at most"), least=1, most=240)
    in_room_limit_minutes = _minutes(_("In session, at most"), least=1, most=480)
    reminder_hours = forms.CharField(
        label=_("Reminders, hours before"), required=False, max_length=60, help_text=_("For example 168, 48. Empty means no reminder.")
    )
    needs_room = forms.BooleanField(label=_("Needs a room"), required=False)
    needs_device = forms.BooleanField(label=_("Needs a device"), required=False)

    def __init__(self, *args: Any, visit_type: VisitType, **kwargs: Any) -> None:
        initial: dict[str, Any] = {name: getattr(visit_type, name) for name in VisitTypeData.__dataclass_fields__}
        initial["reminder_hours"] = ", ".join(str(n) for n in visit_type.reminder_hours)
        super().__init__(*args, **({"auto_id": f"type_{visit_type.pk}_%s", "initial": initial} | kwargs))

    def clean_reminder_hours(self) -> tuple[int, ...]:
        """Numbers of hours, most first."""
        parts = [part for part in re.split(r"[,;\s]+", self.cleaned_data["reminder_hours"]) if part]
        if not all(part.isdecimal() for part in parts):
            raise ValidationError(_("Write hours as numbers with commas between, such as 168, 48."))
        hours = sorted({int(part) for part in parts}, reverse=True)
        if len(hours) > _MOST_REMINDERS:
            raise ValidationError(_("Four reminders at most."))
        if any(not 1 <= n <= _MOST_HOURS for n in hours):
            raise ValidationError(_("A reminder goes from 1 hour to 28 days (672 hours) before."))
        return tuple(hours)

    def visit_type_data(self) -> VisitTypeData:
        """What was typed, cleaned."""
        return VisitTypeData(**self.cleaned_data)


class BookingRulesForm(forms.Form):
    """The site's own numbers."""

    cut_off_hours = forms.IntegerField(label=_("Patients change a visit themselves until, hours before"), min_value=0, max_value=336)
    offer_minutes = forms.IntegerField(label=_("A freed time is held for, minutes"), min_value=5, max_value=1440)
    offers_a_round = forms.IntegerField(label=_("Offered at once to, patients"), min_value=1, max_value=10)

    def __init__(self, *args: Any, rules: BookingRules, **kwargs: Any) -> None:
        initial = {name: getattr(rules, name) for name in self.base_fields}
        super().__init__(*args, **({"auto_id": "rules_%s", "initial": initial} | kwargs))


class RoomForm(forms.Form):
    """One more room."""

    name = forms.CharField(label=_("New room"), max_length=60, error_messages={"required": _("Give the room a name.")})


class ScreenForm(forms.Form):
    """One more wall screen."""

    name = forms.CharField(label=_("New screen"), max_length=60, error_messages={"required": _("Give the screen a name, such as “Staff room”.")})
    shows_names = forms.BooleanField(label=_("Show surnames (only where no patient sees the screen)"), required=False)

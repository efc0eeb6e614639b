"""Forms of the manager's pages about staff, and the one by which somebody sets a first password."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.utils.translation import gettext_lazy as _

from clinic.audit import Actor
from clinic.forms import choices, clean_spaces
from clinic.models import Site, Staff
from clinic.permissions import scoped
from clinic.roles import OperatorRole, Role
from clinic.staffing import Duties

if TYPE_CHECKING:
    _FirstPassword = SetPasswordForm[Staff]
else:
    _FirstPassword = SetPasswordForm

ROLE_WORDS = {
    Role.CLINICIAN.value: _("Clinician"),
    Role.FRONT_DESK.value: _("Front desk"),
    Role.MANAGER.value: _("Manager"),
    Role.AUDITOR.value: _("Auditor"),
}


class DutiesForm(forms.Form):
    """Name, roles, sites, licence. A manager gives the sites of their own only; others that the person has stay."""

    name = forms.CharField(label=_("Name"), max_length=120)
    title = forms.CharField(label=_("Title"), max_length=20, required=False, help_text=_("Dr, Nurse, …"))
    roles = forms.MultipleChoiceField(label=_("Roles"), choices=choices(Role, ROLE_WORDS), widget=forms.CheckboxSelectMultiple)
    sites = forms.ModelMultipleChoiceField(
        label=_("Sites"), queryset=Site.objects.none(), to_field_name="uuid", widget=forms.CheckboxSelectMultiple
    )
    operator_role = forms.ChoiceField(
        label=_("Profession"), required=False, choices=[("", _("does not treat")), *choices(OperatorRole)],
        help_text=_("Who holds the device: the rules of a session ask for it."),
    )  # fmt: skip
    credential_valid = forms.BooleanField(label=_("The licence to practise was checked and is valid"), required=False)
    credential_expires_on = forms.DateField(
        label=_("Licence valid through"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = scoped(Site.objects.all(), actor)
        self.fields["sites"].queryset = sites  # type: ignore[attr-defined]
        if sites.count() == 1:
            self.fields["sites"].initial = sites

    def clean_name(self) -> str:
        """Without control characters: it stands in mails and records."""
        return clean_spaces(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        """Who treats has a profession (S04)."""
        cleaned = super().clean() or {}
        if Role.CLINICIAN.value in cleaned.get("roles", ()) and not cleaned.get("operator_role"):
            self.add_error("operator_role", _("Choose the profession of this clinician."))
        return cleaned

    def duties(self, also_at: set[int] | None = None) -> Duties:
        """What was chosen. `also_at`: sites outside the manager's, which the person keeps."""
        data = self.cleaned_data
        return Duties(
            name=data["name"], title=clean_spaces(data["title"]), roles=tuple(data["roles"]),
            sites=tuple(sorted({site.pk for site in data["sites"]} | (also_at or set()))), operator_role=data["operator_role"],
            credential_valid=data["credential_valid"], credential_expires_on=data["credential_expires_on"],
        )  # fmt: skip


class InviteForm(DutiesForm):
    """Somebody new."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("The invitation goes there; it is also the sign-in name."))
    field_order = ("name", "title", "email", "roles", "sites", "operator_role", "credential_valid", "credential_expires_on")

    def clean_email(self) -> str:
        """Addresses are compared without case."""
        return str(self.cleaned_data["email"]).lower()


class ReasonForm(forms.Form):
    """Why: it is kept with the act."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, min_length=5, error_messages={"required": _("Say why. It is kept on the audit trail.")}
    )

    def clean_reason(self) -> str:
        """One line."""
        return clean_spaces(self.cleaned_data["reason"])


class ChangeForm(DutiesForm, ReasonForm):
    """New duties of somebody, with a reason."""

    field_order = ("name", "title", "roles", "sites", "operator_role", "credential_valid", "credential_expires_on", "reason")


class PasswordForm(_FirstPassword):
    """A first password, typed twice by the person. Never trimmed; the rules of `AUTH_PASSWORD_VALIDATORS` apply (R25)."""

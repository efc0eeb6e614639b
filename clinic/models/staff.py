"""People with a login. E-mail is the user name; roles and sites decide what they may do."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic.roles import OperatorRole, Role, StaffAct


class StaffManager(BaseUserManager["Staff"]):
    """Creates staff. There is no superuser in the app."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Staff":
        """A staff member with a hashed password; without one the account can't sign in."""
        if not email:
            raise ValueError("a staff member needs an e-mail address")
        staff: Staff = self.model(email=self.normalize_email(email).lower(), **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def get_by_natural_key(self, username: str | None) -> "Staff":
        """Addresses are compared without case."""
        return self.get(email__iexact=username)


@pghistory.track(exclude=["password", "last_login"])
class Staff(AbstractBaseUser):
    """A clinician, receptionist, manager or auditor. May hold several roles; deny beats allow."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("title"), max_length=20, blank=True, help_text=_("Dr, Nurse, …"))
    roles = ArrayField(models.CharField(max_length=20, choices=[(r.value, r.value) for r in Role]), default=list)
    sites = models.ManyToManyField("clinic.Site", related_name="staff", blank=True)
    operator_role = models.CharField(max_length=30, blank=True, choices=[(r.value, r.value) for r in OperatorRole])
    credential_valid = models.BooleanField(default=False)
    credential_expires_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    sign_in_round = models.PositiveIntegerField(default=0, db_default=0, help_text=_("Part of every session; raising it ends them all."))

    SITE_PATH: ClassVar[str] = "sites"
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = StaffManager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        verbose_name = _("staff member")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("email"), name="staff_email_without_case")
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name as patients and colleagues read it: “Dr Amara Osei”."""
        return f"{self.title} {self.name}".strip()

    def get_full_name(self) -> str:
        """For libraries that ask for it."""
        return self.display_name

    def holds(self, role: Role) -> bool:
        """Whether this person has the role."""
        return role.value in self.roles

    def get_session_auth_hash(self) -> str:
        """What a session must still match: the password and the sign-in round (R21, R22)."""
        return salted_hmac("clinic.staff.session", f"{self.password}|{self.sign_in_round}", algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under the secret keys that were in use before."""
        words = f"{self.password}|{self.sign_in_round}"
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield salted_hmac("clinic.staff.session", words, secret=secret, algorithm="sha256").hexdigest()

    @property
    def has_joined(self) -> bool:
        """Whether the person has set a password; before that nobody can sign in."""
        return self.has_usable_password()

    def credential_valid_on(self, day: date) -> bool:
        """Whether the licence to operate is valid on that day (S04: through the printed day)."""
        return self.credential_valid and (self.credential_expires_on is None or day <= self.credential_expires_on)


@pghistory.track(exclude=["token_hashes"])
class StaffInvitation(models.Model):
    """A way in for one new account: the person sets their own password. Each mail mints its own token; hashes only (R31)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="invitations")
    token_hashes = ArrayField(models.CharField(max_length=64), default=list)
    made_by = models.CharField(max_length=160)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"invitation of {self.staff_id}"

    def is_open(self, at: datetime) -> bool:
        """Whether its link still opens."""
        return self.used_at is None and self.revoked_at is None and at < self.expires_at


@pghistory.track()
class StaffProposal(models.Model):
    """An act on an auditor's account, waiting for a second manager. `wanted` holds the new duties of a change."""

    SITE_PATH: ClassVar[str] = "staff__sites"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="proposals")
    act = models.CharField(max_length=20, choices=[(a.value, a.value) for a in StaffAct])
    wanted: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    approved = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-proposed_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["staff", "act"], condition=Q(decided_at=None), name="one_open_proposal_an_act"),
            models.CheckConstraint(condition=~Q(approved=True, decided_by=F("proposed_by")), name="proposal_needs_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.staff_id}"


@pghistory.track(obj_field=None)
class StaffSite(Staff.sites.through):  # type: ignore[name-defined, misc]
    """Who works at which site. Only here so that giving and taking a site is in the history too (R48)."""

    class Meta:
        proxy = True

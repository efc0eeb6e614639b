"""People with a login. E-mail is the user name; roles and sites decide what they may do."""

import uuid
from datetime import date
from typing import Any, ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from clinic.roles import OperatorRole, Role


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

    def credential_valid_on(self, day: date) -> bool:
        """Whether the licence to operate is valid on that day (S04: through the printed day)."""
        return self.credential_valid and (self.credential_expires_on is None or day <= self.credential_expires_on)

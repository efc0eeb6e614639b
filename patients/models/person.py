"""The person who is treated, and how to reach them. No clock, no mail."""

import uuid
from datetime import date
from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from patients.vocabulary import MailMode, Sex


def options(vocabulary: Any) -> list[tuple[str, str]]:
    """A vocabulary as model choices."""
    return [(item.value, item.value) for item in vocabulary]


class PatientQuerySet(models.QuerySet["Patient"]):
    """Patients in clinic words."""

    def current(self) -> "PatientQuerySet":
        """Not merged into another record."""
        return self.filter(merged_into=None)


@pghistory.track()
class Patient(models.Model):
    """A person who is treated. `search_name` is kept by the service: family and given names, without accents."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveBigIntegerField(unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="patients")
    given_name = models.CharField(max_length=150)
    family_name = models.CharField(max_length=150)
    preferred_name = models.CharField(max_length=150, blank=True)
    pronouns = models.CharField(max_length=30, blank=True)
    search_name = models.CharField(max_length=400, editable=False)
    birth_on = models.DateField()
    sex = models.CharField(max_length=10, choices=options(Sex), default=Sex.UNKNOWN)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    phone_digits = models.CharField(max_length=20, blank=True, editable=False)
    language = models.CharField(max_length=5, default="en")
    mail_mode = models.CharField(max_length=10, choices=options(MailMode), default=MailMode.FULL)
    interpreter = models.CharField(max_length=60, blank=True)
    deceased_on = models.DateField(null=True, blank=True)
    do_not_contact = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    created_at = models.DateTimeField()

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["search_name", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(OpClass(Upper("search_name"), name="gin_trgm_ops"), name="patient_name_trigrams"),
            models.Index(fields=["birth_on"], name="patient_birth"),
            models.Index(fields=["phone_digits"], name="patient_phone", opclasses=["varchar_pattern_ops"]),
            GinIndex(fields=["phone_digits"], name="patient_phone_parts", opclasses=["gin_trgm_ops"]),
            models.Index(Upper("email"), name="patient_email"),
            models.Index(fields=["site", "search_name", "id"], name="patient_list"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(birth_on__gte=date(1900, 1, 1)), name="patient_birth_plausible"),
            models.CheckConstraint(condition=~Q(given_name="") | ~Q(family_name=""), name="patient_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def name(self) -> str:
        """The name as staff read it."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def first_name(self) -> str:
        """How the patient is addressed."""
        return self.preferred_name or self.given_name or self.family_name

    @property
    def no_mail_because(self) -> str:
        """Why no mail goes to this patient; empty when it does (SETTLED 20)."""
        if self.deceased_on or self.do_not_contact:
            return "the patient is not contacted any more"
        if not self.email:
            return "no e-mail address; please phone"
        return "the patient does not want e-mail; please phone" if self.mail_mode == MailMode.NONE else ""

    @property
    def short_name(self) -> str:
        """Initial and family name, for boards and calendars."""
        return f"{self.given_name[:1]}. {self.family_name}" if self.given_name and self.family_name else self.name

    def age_on(self, day: date) -> int:
        """Whole years on `day`; a person born on 29 February turns on 1 March (SCHEMA 1.2, 7)."""
        return day.year - self.birth_on.year - ((day.month, day.day) < (self.birth_on.month, self.birth_on.day))

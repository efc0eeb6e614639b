"""The record of a patient. No clock, no mail."""

import uuid
from datetime import date
from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from clinic.models.policy import PolicyVersion
from patients.vocabulary import AnsweredBy, Blocks, ConsentDraftState, Gate, IntakeState, MailMode, Sex


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


@pghistory.track()
class Intake(models.Model):
    """One set of answers, with the keys of SCHEMA 2.3–2.5. Frozen once a clinician has reviewed it.

    `extras` is for people and for going on later: `notes`, what was `ticked`, half-filled screens as `typed`, and `since`
    which earlier intake some pages are confirmed. `wording_sha256`: the questions exactly as they were worded.
    `paper_on`: the date on the paper it was typed in from; `typed_by`: the member of staff who typed it.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="intakes")
    state = models.CharField(max_length=10, choices=options(IntakeState), default=IntakeState.DRAFT)
    answered_by = models.CharField(max_length=10, choices=options(AnsweredBy), default=AnsweredBy.PATIENT)
    language = models.CharField(max_length=5, default="en")
    wording_sha256 = models.CharField(max_length=64, blank=True)
    answers = models.JSONField(default=dict)
    extras = models.JSONField(default=dict)
    pages_done = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submission_sha256 = models.CharField(max_length=64, blank=True)
    paper_on = models.DateField(null=True, blank=True)
    typed_by = models.CharField(max_length=160, blank=True)
    link_uuid = models.UUIDField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey("clinic.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient"], condition=Q(state="draft"), name="one_draft_intake")
        ]

    def __str__(self) -> str:
        return f"intake of {self.patient_id}"


class Screening(models.Model):
    """What the rules said at a gate: the exact input, the rule version, the result. Never changed."""

    SITE_PATH: ClassVar[str] = "patient__site"
    insert_only: ClassVar[bool] = True

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="screenings")
    intake = models.ForeignKey(Intake, null=True, on_delete=models.PROTECT, related_name="screenings")
    gate = models.CharField(max_length=10, choices=options(Gate))
    as_of = models.DateField()
    rules_version = models.CharField(max_length=40)
    input = models.JSONField()
    overall = models.CharField(max_length=12)
    triggers = models.JSONField()
    at = models.DateTimeField()
    by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.gate} {self.overall}"


@pghistory.track()
class Clearance(models.Model):
    """A clinician lifts a REVIEW finding (and E06), with evidence. Valid 180 days `P` (SCHEMA 2.2)."""

    SITE_PATH: ClassVar[str] = "patient__site"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="clearances")
    rule = models.CharField(max_length=5)
    evidence = models.TextField(max_length=2000)
    cleared_on = models.DateField()
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="clearances")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.rule


class ConsentText(models.Model):
    """The exact words that patients sign. A new wording is a new row."""

    insert_only: ClassVar[bool] = True

    version = models.CharField(max_length=20)
    language = models.CharField(max_length=5, default="en")
    procedures = ArrayField(models.CharField(max_length=30))
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    off_label = models.BooleanField(default=True)
    in_force_from = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-in_force_from", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "language"], name="one_consent_text")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.language}"


@pghistory.track()
class Consent(models.Model):
    """A signature under one consent text. From paper: `paper_on` is the date on it, `signed_at` and `by` say when and by whom it was typed in."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    procedures = ArrayField(models.CharField(max_length=30))
    off_label_understood = models.BooleanField()
    photos = models.BooleanField(default=False)
    signed_name = models.CharField(max_length=300)
    signature_png = models.BinaryField(blank=True, default=b"")
    on_paper = models.BooleanField(default=False)
    paper_on = models.DateField(null=True, blank=True)
    signed_at = models.DateTimeField()
    by = models.CharField(max_length=160)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-signed_at", "-pk"]

    def __str__(self) -> str:
        return f"consent {self.text_id}"


@pghistory.track()
class Hold(models.Model):
    """Stops booking, a session or invitations until a clinician releases it (SETTLED 13)."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="holds")
    blocks = ArrayField(models.CharField(max_length=12, choices=options(Blocks)))
    cause_kind = models.CharField(max_length=30)
    cause_uuid = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=300)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=160)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=160, blank=True)
    release_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-placed_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["patient"], name="open_holds", condition=Q(released_at=None))
        ]

    def __str__(self) -> str:
        return f"hold on {', '.join(self.blocks)}"


@pghistory.track()
class Rescreen(models.Model):
    """“Anything changed since you answered?” A draft by link until somebody confirms it on the day (SETTLED 2)."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="rescreens")
    on = models.DateField()
    changed = models.BooleanField()
    words = models.TextField(max_length=2000, blank=True)
    answered_by = models.CharField(max_length=10, choices=options(AnsweredBy))
    at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=160, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-on", "-at", "-pk"]

    def __str__(self) -> str:
        return f"rescreen {self.on}"


@pghistory.track()
class Allergy(models.Model):
    """One substance that the patient reacts to. Its name blocks products that contain it (S13, S16)."""

    SITE_PATH: ClassVar[str] = "patient__site"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    substance = models.CharField(max_length=30)
    name = models.CharField(max_length=200)
    anaphylaxis = models.BooleanField(default=False)
    noted_at = models.DateTimeField(null=True, blank=True, help_text=_("When the clinic learnt of it. Empty: before this was kept."))
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Medication(models.Model):
    """A medicine that the patient takes, as declared or noted by staff."""

    SITE_PATH: ClassVar[str] = "patient__site"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="medications")
    name = models.CharField(max_length=200)
    dose = models.CharField(max_length=100, blank=True)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class EligibilityPolicy(PolicyVersion):
    """The `P` numbers and the wording of the E-rules as this clinic runs them."""


class WordingReview(models.Model):
    """A clinician has read the questions in one language, exactly as worded. Only added."""

    SITE_PATH: ClassVar[str] = "reviewed_by__sites"
    insert_only: ClassVar[bool] = True

    language = models.CharField(max_length=5)
    sha256 = models.CharField(max_length=64)
    reviewed_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.language} {self.sha256[:8]}"


@pghistory.track()
class ConsentDraft(models.Model):
    """A consent text in work: written by a manager, read and put into force by a clinician. At most one is open."""

    OPEN: ClassVar[tuple[str, str]] = ("draft", "proposed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.CharField(max_length=20, unique=True)
    texts: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict, help_text=_("The whole text by language."))
    off_label = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=options(ConsentDraftState), default=ConsentDraftState.DRAFT)
    written_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    sent_back_words = models.CharField(max_length=400, blank=True)
    approved_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(models.Value(1), condition=Q(state__in=["draft", "proposed"]), name="one_consent_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.state}"

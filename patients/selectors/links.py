"""A patient's links for staff: what each is for, when it was made and first opened, whether it is locked, how it ended."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import links
from clinic.audit import Actor
from clinic.models import Link
from clinic.permissions import scoped
from patients.models import Patient

MOST = 60
_WORDS = {
    "intake": gettext_lazy("Health questions"), "consent": gettext_lazy("Consent form"), "rescreen": gettext_lazy("Question before a visit"),
    "preferences": gettext_lazy("Mail choices"), "appointment": gettext_lazy("Appointment"), "offer": gettext_lazy("Offer of a freed time"),
    "choose_time": gettext_lazy("Choose a time"), "check_in": gettext_lazy("Check-in"), "aftercare": gettext_lazy("Instructions"),
}  # fmt: skip


@dataclass(frozen=True)
class LinkLine:
    """One link. `waits`: it opens, or would if it were not locked; only then is there something to do."""

    link: Link
    purpose: str
    state: str
    tone: str
    icon: str
    locked: bool
    waits: bool


def _line(link: Link, at: datetime) -> LinkLine:
    locked, alive = links.is_locked(link, at), links.is_alive(link, at)
    purpose = str(_WORDS.get(link.purpose, link.purpose.replace("_", " ")))
    state, tone, icon = _state(link, locked, alive)
    return LinkLine(link, purpose, state, tone, icon, locked, locked or (alive and link.consumed_at is None))


def _state(link: Link, locked: bool, alive: bool) -> tuple[str, str, str]:
    if locked:
        return _("Locked: five wrong dates of birth"), "action", "lock"
    if alive:
        return _("Open"), "clear", "check-circle"
    if link.consumed_at:
        return _("Used"), "done", "check2-all"
    words = _("Revoked") if link.revoked_at else _("Over")
    return (f"{words}: {link.revoked_reason}" if link.revoked_reason else words), "done", "slash-circle"


def link_lines(patient: Patient, at: datetime) -> list[LinkLine]:
    """The newest links of a patient, what waits first."""
    rows = Link.objects.filter(patient_uuid=patient.uuid).order_by("-created_at", "-pk")[:MOST]
    return sorted((_line(row, at) for row in rows), key=lambda line: (not line.locked, not line.waits))


def _locked(actor: Actor, at: datetime) -> QuerySet[Link]:
    rows = Link.objects.filter(wrong_birth_dates__gte=links.MOST_WRONG_BIRTH_DATES, revoked_at=None, consumed_at=None, expires_at__gt=at)
    return scoped(rows, actor)


def locked_count(actor: Actor, at: datetime) -> int:
    """How many links of the actor's sites wait for somebody who asks the patient."""
    return _locked(actor, at).count()


def locked_links(actor: Actor, at: datetime) -> list[tuple[LinkLine, Patient]]:
    """They, with whose they are; the longest waiting first. At most a hundred."""
    rows = list(_locked(actor, at).order_by("created_at", "pk")[:100])
    known = {row.uuid: row for row in Patient.objects.filter(uuid__in={link.patient_uuid for link in rows}).select_related("site")}
    return [(_line(link, at), known[link.patient_uuid]) for link in rows if link.patient_uuid in known]

"""What the post of the demo clinic brings back: a link that somebody locked, an address that is full, a colleague's that is wrong."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from clinic import links
from clinic.audit import Actor
from clinic.links import MOST_WRONG_BIRTH_DATES, LinkDead
from clinic.models import Suppression
from patients.models import Intake, Patient

_REFUSED = "550 5.1.1 no such mailbox"
_COLLEAGUE = "lind@demo.example"


def lock_a_link(*, by: Actor, at: datetime) -> Patient | None:
    """Somebody typed the wrong date of birth five times: the link stays shut until staff look (R38)."""
    unasked = Patient.objects.exclude(Exists(Intake.objects.filter(patient=OuterRef("pk")))).select_related("site")
    patient = unasked.filter(deceased_on=None).order_by("number").first()
    if patient is None:
        return None
    sent = at - timedelta(days=2)
    link = links.make_link(
        purpose="intake", site=patient.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language=patient.language,
        subject_kind="patient", subject_uuid=patient.uuid, by=by, at=sent,
    )  # fmt: skip
    for minute in range(MOST_WRONG_BIRTH_DATES):
        try:
            typed = patient.birth_on.replace(year=patient.birth_on.year - 1, day=1)
            links.verify_birth_date(link=link, typed=typed, at=at - timedelta(hours=3, minutes=-minute), ip_prefix="", user_agent="")
        except LinkDead:
            continue
    return patient


def bring_back(patients: list[Patient], *, at: datetime) -> None:
    """A patient's mailbox and a colleague's that answered “no such mailbox”: the desk phones, a manager asks the colleague."""
    patient = next((patient for patient in reversed(patients) if patient.email), None)
    rows = [(_COLLEAGUE, None)] + ([(patient.email.lower(), patient.uuid)] if patient else [])
    for address, uuid in rows:
        Suppression.objects.create(address=address, patient_uuid=uuid, kind="refused", reason=_REFUSED, at=at - timedelta(days=1))

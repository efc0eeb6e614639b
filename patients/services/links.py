"""What staff do with a patient's links beyond revoking and unlocking."""

from datetime import datetime

from clinic import audit, links
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Link
from patients import emails
from patients.models import Patient


def send_link_again(*, link: Link, patient: Patient, by: Actor, at: datetime) -> Link:
    """A new link for the same thing, by mail; the old one stops (R37). It ends when the old one would have. Raises Refused."""
    if patient.no_mail_because:
        raise Refused(f"Nothing was sent: {patient.no_mail_because}.")
    with audit.write(by=by, action="link.resend"):
        locked = Link.objects.select_for_update().select_related("site").get(pk=link.pk)
        if not (links.is_alive(locked, at) or links.is_locked(locked, at)) or locked.consumed_at:
            raise Refused("This link has ended. What it was for is over, or was sent anew.")
        links.revoke(pk=locked.pk, by=by, at=at, reason="sent again")
        fresh = links.make_link(
            purpose=locked.purpose, site=locked.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language=patient.language,
            subject_kind=locked.subject_kind, subject_uuid=locked.subject_uuid, expires_at=locked.expires_at, by=by, at=at,
        )  # fmt: skip
        emails.link_again(link=fresh, patient=patient, by=by, at=at)
    return fresh

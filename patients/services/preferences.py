"""What a patient chooses about mail, behind a link with the date of birth."""

from datetime import datetime

from clinic import audit, mail_choices
from clinic.audit import Actor
from patients import emails
from patients.models import Patient
from patients.services.people import send_unsent_links
from patients.vocabulary import MailMode


def choose_mail(*, patient: Patient, mail_mode: str, invitations: bool, language: str, by: Actor, at: datetime) -> Patient:
    """Keep the choices. What is planned is asked again when it is due; invitations that wait are skipped at once."""
    with audit.write(by=by, action="patient.mail_choices"):
        locked = Patient.objects.select_for_update().get(pk=patient.pk)
        spoke = locked.language
        locked.mail_mode, locked.language = MailMode(mail_mode).value, language
        locked.save(update_fields=["mail_mode", "language"])
        if locked.language != spoke:
            emails.follow_language(patient=locked, by=by)
        mail_choices.choose_invitations(patient_uuid=locked.uuid, wanted=invitations, by=by, at=at)
        send_unsent_links(patient=locked, by=by, at=at)
    return locked

"""A patient answers on the clinic's tablet."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from clinic import audit, links
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Link
from clinic.permissions import require
from patients.models import Patient
from patients.vocabulary import AnsweredBy, IntakeState

HANDED_OVER = "handed_over"
_GOOD_FOR = timedelta(hours=2)


class BegunByPatient(Refused):
    """Answers that somebody who may not read them would see."""


def hand_over_intake(*, patient: Patient, reads_answers: bool, by: Actor, at: datetime) -> Link:
    """A link of two hours to the patient's own questions. It is never mailed and has no token: this browser alone opens it.

    Whoever may not read answers can't hand over what the patient has begun: no date of birth stands before it (SETTLED 19).
    Raises BegunByPatient.
    """
    require(by, "intake:on_paper")
    if not reads_answers and patient.intakes.filter(state=IntakeState.DRAFT, answered_by=AnsweredBy.PATIENT).exists():
        raise BegunByPatient(_("The patient has begun to answer. Let them finish by the link in their mail, or ask a clinician to hand the tablet over."))
    with audit.write(by=by, action="intake.hand_over"):
        links.revoke(patient_uuid=patient.uuid, purpose="intake", subject_kind=HANDED_OVER, by=by, at=at, reason="handed over again")
        return links.make_link(
            purpose="intake", site=patient.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language=patient.language,
            subject_kind=HANDED_OVER, subject_uuid=patient.uuid, by=by, at=at, expires_at=at + _GOOD_FOR,
        )  # fmt: skip

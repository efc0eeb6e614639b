"""A patient has died: what is planned with them ends, and nobody is written to."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from appointments import selectors
from appointments.services.booking import cancel_appointment
from appointments.services.waiting import leave_waiting_list
from clinic import audit
from clinic.audit import Actor
from patients import services as people
from patients.models import Patient


def record_death(*, patient: Patient, on: date, by: Actor, at: datetime) -> int:
    """Links end, visits that have not begun are cancelled without a word to the patient, waiting-list entries end. How many visits that were.

    Mails, calls and recalls look at the day of death themselves, each time. Raises DeathKnown, DeathDayWrong.
    """
    with audit.write(by=by, action="patient.death"):
        locked = people.record_death(patient=patient, on=on, by=by, at=at)
        visits = selectors.visits_to_stop(locked, at)
        for visit in visits:
            cancel_appointment(appointment=visit, reason=str(_("the patient has died")), by=by, at=at, tell=False)
        for entry in selectors.waits_of(locked):
            leave_waiting_list(entry=entry, reason=str(_("the patient has died")), by=by, at=at)
    return len(visits)

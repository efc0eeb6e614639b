"""What a clinician notes on a course for the rules: zones that stay closed (S24, E40), and whether it works (S12)."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from patients.models import Patient
from treatments import selectors
from treatments.models import Course, TreatmentSession
from treatments.vocabulary import SessionState, Zone
from treatments.words import ZONE_WORDS


def exclude_zones(*, course: Course, zones: Iterable[str], reason: str, by: Actor, at: datetime) -> Course:
    """Exactly these zones are closed for this patient from now on. Who, when and why stay in the history.

    Raises Refused without a reason, for a course that is over, and for a zone of a record that has started and is not signed:
    what was done there is not undone by a later decision (decision 0011).
    """
    with audit.write(by=by, action=selectors.ZONES_NOTED, reason=reason.strip()):
        Patient.objects.select_for_update().get(pk=course.patient_id)  # a start takes it too: neither passes the other unseen
        locked = _open(course)
        if not reason.strip():
            raise Refused(_("Say why."), field="reason")
        wanted = {Zone(zone) for zone in zones}
        running = TreatmentSession.objects.filter(course=locked, state__in=[SessionState.STARTED, SessionState.ENDED], entered_in_error=None)
        record = running.filter(blocks__zones__zone__in=wanted - set(locked.excluded_zones)).first()
        if record is not None:
            raise Refused(_("Session %(number)s treats one of these zones and is not signed yet. Sign it first.") % {"number": record.number}, field="zones")
        locked.excluded_zones = [zone.value for zone in ZONE_WORDS if zone in wanted]
        locked.save(update_fields=["excluded_zones"])
    return locked


def note_response(*, course: Course, response: str, words: str, by: Actor, at: datetime) -> Course:
    """The outcome review: `seen`, `none` or `not_assessed` (SCHEMA 3.3). Raises Refused for a course that is over."""
    with audit.write(by=by, action=selectors.RESPONSE_NOTED, reason=words.strip()):
        locked = _open(course)
        locked.response = response
        locked.save(update_fields=["response"])
    return locked


def _open(course: Course) -> Course:
    locked = Course.objects.select_for_update().get(pk=course.pk)
    if locked.ended_at is not None:
        raise Refused(_("This course is over already."))
    return locked

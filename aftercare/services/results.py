"""A patient's own view of the result, kept beside what others measured (RULES sections 4 and 5)."""

from datetime import datetime
from decimal import Decimal

from aftercare.models import Plan
from aftercare.selectors.results import results_asked, results_key
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict
from treatments.models import Measurement
from treatments.rules.measures import Method, Rater, Unit
from treatments.services import MeasureEntry, record_measurement
from treatments.vocabulary import MeasurementKind


class NotAsked(Conflict):
    """Nothing is asked at this time, or it was answered before."""


def answer_results(*, plan: Plan, change: int | None, satisfaction: int | None, by: Actor, at: datetime) -> list[Measurement]:
    """Keep the 7-point grade (−3 to +3, rater: the patient) and the satisfaction (0 to 10). Sent twice it is kept once.

    Raises NotAsked, and NotMeasurable for a grade without a baseline photo.
    """
    with audit.write(by=by, action="aftercare.results"):
        locked = Plan.objects.select_for_update(of=("self",)).select_related("patient__site").get(pk=plan.pk)
        asked = results_asked(locked, at=at)
        if asked is None or asked.is_answered:
            raise NotAsked("This was answered already, or it is not asked any more.")
        key, kept = results_key(locked, asked.code), []
        if change is not None:
            entry = MeasureEntry(
                MeasurementKind.GLOBAL_GRADE, Method.EXAMINATION, (Decimal(change),), Unit.SCORE, rater=Rater.PATIENT, form_key=f"{key}:grade"
            )
            kept += record_measurement(patient=locked.patient, entry=entry, by=by, at=at, confirmed=True)
        if satisfaction is not None:
            entry = MeasureEntry(MeasurementKind.SATISFACTION, Method.QUESTIONNAIRE, (Decimal(satisfaction),), Unit.SCORE, form_key=f"{key}:satisfaction")
            kept += record_measurement(patient=locked.patient, entry=entry, by=by, at=at, confirmed=True)
        return kept

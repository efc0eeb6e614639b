"""What a check-in asks of everybody and section 5 of the rules plots: pain and satisfaction, kept as measures of the patient."""

from decimal import Decimal

from aftercare.models import CheckInResponse
from aftercare.states import FROM_CHECK_IN
from clinic.audit import Actor
from treatments.models import Measurement
from treatments.rules.measures import Method, Unit
from treatments.services import MeasureEntry, record_measurement
from treatments.vocabulary import MeasurementKind


def keep_measures(response: CheckInResponse, *, by: Actor) -> list[Measurement]:
    """Pain (0–10, by the day) and satisfaction (0–10) of an answer, at the time at which it was given; once.

    Each is its own panel, by questionnaire: nothing joins them to what was measured in another way. A number that is no 0–10 is not
    kept here, and never keeps the answer itself from a person.
    """
    said = {MeasurementKind.PAIN: response.answers.get("pain"), MeasurementKind.SATISFACTION: response.satisfaction}
    kept: list[Measurement] = []
    for kind, number in said.items():
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= 10:
            key = f"{FROM_CHECK_IN}{response.check_in.uuid}:{kind.value[:6]}"
            entry = MeasureEntry(kind, Method.QUESTIONNAIRE, (Decimal(number),), Unit.SCORE, measured_at=response.answered_at, form_key=key)
            kept += record_measurement(patient=response.check_in.patient, entry=entry, by=by, at=response.answered_at, confirmed=True)
    return kept

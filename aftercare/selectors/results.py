"""Month 3 and 6: whether a plan asks the patient how the hair is now, and whether they have said so."""

from dataclasses import dataclass
from datetime import datetime

from aftercare.models import Plan, PlannedMessage, ProtocolStep
from aftercare.states import PlanState, Purpose
from treatments.models import Measurement
from treatments.selectors.measurements import about
from treatments.vocabulary import MeasurementKind

_MONTH_DAYS = 30.4


@dataclass(frozen=True)
class ResultsAsked:
    """The step that asks, how many months after the session, whether a photo from then is there to compare with, and what was said."""

    code: str
    months: int
    can_compare: bool
    is_answered: bool


def months_of(step: ProtocolStep) -> int:
    """“3 months”, “6 months”: a results step's days in whole months."""
    return max(1, round((step.offset_days or 0) / _MONTH_DAYS))


def results_key(plan: Plan, code: str) -> str:
    """Under which a patient's answers to one step are kept, once."""
    return f"results:{plan.pk}:{code}"


def _has_baseline(plan: Plan, at: datetime) -> bool:
    return about(plan.patient, MeasurementKind.GLOBAL_GRADE, at).has_baseline_photo


def results_asked(plan: Plan, *, at: datetime) -> ResultsAsked | None:
    """The newest results step whose time has come, or None. A treatment that was recorded by mistake asks nothing."""
    if plan.state == PlanState.CANCELLED:
        return None
    rows = PlannedMessage.objects.filter(plan=plan, step__purpose=Purpose.RESULTS, send_after__lte=at).exclude(outbox__state="cancelled")
    newest = rows.select_related("step").order_by("-send_after", "-pk").first()
    if newest is None or newest.step is None:
        return None
    said = Measurement.objects.filter(patient_id=plan.patient_id, form_key__startswith=f"{results_key(plan, newest.code)}:")
    return ResultsAsked(newest.code, months_of(newest.step), _has_baseline(plan, at), said.exists())

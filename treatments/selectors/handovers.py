"""Who was the operator of a session before whom, from the history that triggers write."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps

from clinic.models import Staff
from treatments.models import TreatmentSession

TAKE_OVER = "session.take_over"


@dataclass(frozen=True)
class Handover:
    """One taking over: from whom, by whom, when; `running` once the needle had touched the skin."""

    before: str
    after: str
    at: datetime
    running: bool


def handovers(record: TreatmentSession) -> list[Handover]:
    """In order; empty for a session that one person opened and finished."""
    rows = apps.get_model("treatments", "TreatmentSessionEvent").objects.filter(pgh_obj_id=record.pk).order_by("pgh_id")
    found, before = [], None
    for operator, at, context, started, saved_at in rows.values_list("operator_id", "pgh_created_at", "pgh_context", "started_at", "saved_at"):
        if before not in (None, operator) and (context or {}).get("action") == TAKE_OVER:
            found.append((before, operator, saved_at or at, started is not None))
        before = operator
    if not found:
        return []
    staff = Staff.objects.in_bulk({pk for row in found for pk in row[:2]})
    return [Handover(staff[was].display_name, staff[now].display_name, at, running) for was, now, at, running in found]

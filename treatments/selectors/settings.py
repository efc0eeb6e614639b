"""What was set: zone by zone, for the overview, for “copy last session”, and over a course."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from treatments.models import SessionPreset, TreatmentSession, ZoneRecord
from treatments.rules.dose import Dose, dose_of
from treatments.selectors.courses import last_session
from treatments.vocabulary import Endpoint, SessionState, Zone
from treatments.words import ENDPOINT_WORDS, ZONE_WORDS


def settings_of(record: TreatmentSession) -> list[dict[str, Any]]:
    """Zone by zone, for the overview and for “copy last session”."""
    return [
        {
            "zone": zone.zone, "depth": zone.depth_mm, "depth_hundredths": zone.depth_hundredths, "passes": zone.passes, "endpoint": zone.endpoint,
            "words": ENDPOINT_WORDS[Endpoint(zone.endpoint)] if zone.endpoint else "", "zone_words": ZONE_WORDS[Zone(zone.zone)],
        }  # fmt: skip
        for block in record.blocks.prefetch_related("zones")
        for zone in block.zones.all()
    ]


@dataclass(frozen=True)
class ZoneHistory:
    """One zone before this session: its settings last time, and what it has had in this course."""

    last: dict[str, Any] | None
    course: Dose


def zone_histories(record: TreatmentSession) -> dict[str, ZoneHistory]:
    """Every zone of the scalp, known or not."""
    last = last_session(record.patient, before=record.started_at)
    settings = {row["zone"]: row for row in settings_of(last)} if last else {}
    needlings: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    earlier = ZoneRecord.objects.filter(block__session__course=record.course_id, block__session__entered_in_error=None)
    earlier = earlier.filter(block__session__state__in=[SessionState.ENDED, SessionState.SIGNED]).exclude(block__session=record)
    for zone, depth, passes in earlier.order_by("pk").values_list("zone", "depth_hundredths", "passes"):
        needlings[zone].append((depth, passes))
    return {zone.value: ZoneHistory(settings.get(zone.value), dose_of(needlings[zone.value])) for zone in Zone}


def presets_of(staff_id: int | None) -> QuerySet[SessionPreset]:
    """A clinician's own presets."""
    return SessionPreset.objects.filter(staff_id=staff_id or 0)

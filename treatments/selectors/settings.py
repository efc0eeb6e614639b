"""What was set: zone by zone, for the overview, for “copy last session”, and over a course."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from treatments.models import Device, SessionPreset, TreatmentSession, ZoneRecord
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
class LastSettings:
    """What can be copied: the last session's number, its devices in the order of use, and each zone as it was needled last."""

    number: int
    devices: tuple[Device, ...]
    zones: tuple[ZoneRecord, ...]


def settings_to_copy(record: TreatmentSession) -> LastSettings | None:
    """All blocks of the last session: another device in mid-session is part of the same record (SETTLED 7). None without one."""
    last = last_session(record.patient)
    blocks = list(last.blocks.select_related("device").prefetch_related("zones")) if last else []
    if last is None or not blocks:
        return None
    done = zones_before_change(record)
    zones = {zone.zone: zone for block in blocks for zone in block.zones.all() if zone.zone not in done}
    return LastSettings(last.number, tuple(dict.fromkeys(block.device for block in blocks)), tuple(zones.values()))


def zones_before_change(record: TreatmentSession) -> set[str]:
    """What was needled in this record before the newest device or cartridge; copying would say that it was needled again."""
    own = record.blocks.order_by("-position").first()
    return set(ZoneRecord.objects.filter(block__session=record).exclude(block=own).values_list("zone", flat=True)) if own else set()


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

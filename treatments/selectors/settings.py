"""What was set: zone by zone, for the overview and for “copy last session”."""

from typing import Any

from treatments.models import TreatmentSession
from treatments.vocabulary import Endpoint, Zone
from treatments.words import ENDPOINT_WORDS, ZONE_WORDS


def settings_of(record: TreatmentSession) -> list[dict[str, Any]]:
    """Zone by zone, for the overview and for “copy last session”."""
    return [
        {
            "zone": zone.zone, "depth": zone.depth_mm, "passes": zone.passes, "endpoint": zone.endpoint,
            "words": ENDPOINT_WORDS[Endpoint(zone.endpoint)] if zone.endpoint else "", "zone_words": ZONE_WORDS[Zone(zone.zone)],
        }  # fmt: skip
        for block in record.blocks.prefetch_related("zones")
        for zone in block.zones.all()
    ]

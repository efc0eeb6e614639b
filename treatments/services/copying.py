"""The last session's settings, taken over into a draft."""

from datetime import datetime
from typing import Any

from clinic.audit import Actor
from clinic.errors import Refused
from treatments import selectors
from treatments.models import Anaesthetic, TreatmentSession
from treatments.services.drafts import SessionEntry, ZoneEntry, save_session


def copy_last(*, record: TreatmentSession, version: int, by: Actor, at: datetime) -> TreatmentSession:
    """Settings of the last session: device, zones with depth and passes. Never cartridge, photos, events, signature."""
    last = selectors.last_session(record.patient)
    block = last.blocks.order_by("-position").first() if last else None
    if block is None:
        raise Refused("There is no earlier session to copy.")
    zones = tuple(
        ZoneEntry(zone=z.zone, depth_hundredths=z.depth_hundredths, passes=z.passes) for z in block.zones.all()
    )
    own = record.blocks.order_by("-position").first()
    entry = SessionEntry(
        device=own.device if own and record.started_at else block.device,
        cartridge=own.cartridge if own else None,
        seal_intact=own.seal_intact if own else False,
        zones=zones,
        products=tuple((use.product, float(use.hours_after)) for use in record.product_uses.select_related("product")),
        pre_topicals=tuple((t.kind, t.last_used_at) for t in record.pre_topicals.all()),
        anaesthetic=_numbing_values(record),
    )
    return save_session(record=record, version=version, entry=entry, by=by, at=at)


def _numbing_values(record: TreatmentSession) -> dict[str, Any] | None:
    row = Anaesthetic.objects.filter(session=record).first()
    if row is None:
        return None
    skip = {"id", "session"}
    return {f.name: getattr(row, f.name) for f in Anaesthetic._meta.concrete_fields if f.name not in skip}

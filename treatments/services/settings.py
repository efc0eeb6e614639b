"""Settings taken over into a draft: the last session's, or a clinician's preset. Depth and passes, nothing that happened."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from treatments import selectors
from treatments.models import Anaesthetic, Device, DeviceBlock, SessionPreset, TreatmentSession
from treatments.services.drafts import SessionEntry, ZoneEntry, save_session

MOST_PRESETS = 12


def copy_last(*, record: TreatmentSession, version: int, by: Actor, at: datetime) -> TreatmentSession:
    """Settings of the last session: device, zones with depth and passes. Never cartridge, photos, events, signature.

    What this record already says about a zone (its endpoint) stays, and so do zones that were not treated last time.
    """
    last = selectors.last_session(record.patient)
    block = last.blocks.order_by("-position").first() if last else None
    if block is None:
        raise Refused("There is no earlier session to copy.")
    return save_session(record=record, version=version, entry=_with(record, _zones_of(block), block.device), by=by, at=at)


def apply_preset(*, record: TreatmentSession, version: int, preset: SessionPreset, by: Actor, at: datetime) -> TreatmentSession:
    """Depth and passes of a preset's zones; everything else stays as it is."""
    own = record.blocks.order_by("-position").first()
    if own is None:
        raise Refused("Choose a device first.", field="device")
    zones = [ZoneEntry(row["zone"], row["depth_hundredths"], row["passes"]) for row in preset.zones]
    return save_session(record=record, version=version, entry=_with(record, zones, own.device), by=by, at=at)


def save_preset(*, record: TreatmentSession, name: str, staff: Staff, by: Actor) -> SessionPreset:
    """Keep this record's depths and passes under a name; the same name is replaced."""
    block = record.blocks.order_by("-position").first()
    zones = [{"zone": z.zone, "depth_hundredths": z.depth_hundredths, "passes": z.passes} for z in _zones_of(block)] if block else []
    if not name.strip():
        raise Refused("Give the preset a name.", field="preset_name")
    if not zones:
        raise Refused("Enter the depth of one zone at least, then keep it as a preset.", field="preset_name")
    with audit.write(by=by, action="preset.save"):
        mine = SessionPreset.objects.select_for_update().filter(staff=staff)
        if mine.count() >= MOST_PRESETS and not mine.filter(name=name.strip()).exists():
            raise Refused("You have as many presets as fit on the page. Remove one first.", field="preset_name")
        preset, _made = SessionPreset.objects.update_or_create(staff=staff, name=name.strip()[:60], defaults={"zones": zones})
    return preset


def delete_preset(*, preset: SessionPreset, by: Actor) -> None:
    """It is not offered any more; records that used it stay as they are."""
    with audit.write(by=by, action="preset.delete"):
        preset.delete()


def _zones_of(block: DeviceBlock) -> list[ZoneEntry]:
    return [ZoneEntry(zone=z.zone, depth_hundredths=z.depth_hundredths, passes=z.passes) for z in block.zones.all()]


def _with(record: TreatmentSession, zones: list[ZoneEntry], device: Device) -> SessionEntry:
    """The record as it is, with these depths and passes."""
    own = record.blocks.order_by("-position").first()
    merged = {z.zone: ZoneEntry(z.zone, z.depth_hundredths, z.passes, z.endpoint, z.below_hairline) for z in (own.zones.all() if own else ())}
    for zone in zones:
        kept = merged.get(zone.zone, zone)
        merged[zone.zone] = replace(kept, depth_hundredths=zone.depth_hundredths, passes=zone.passes)
    return SessionEntry(
        device=own.device if own and record.started_at else device,
        cartridge=own.cartridge if own else None,
        seal_intact=own.seal_intact if own else False,
        zones=tuple(merged.values()),
        products=tuple((use.product, float(use.hours_after)) for use in record.product_uses.select_related("product")),
        pre_topicals=tuple((t.kind, t.last_used_at) for t in record.pre_topicals.all()),
        anaesthetic=_numbing_values(record),
    )


def _numbing_values(record: TreatmentSession) -> dict[str, Any] | None:
    row = Anaesthetic.objects.filter(session=record).first()
    if row is None:
        return None
    skip = {"id", "session"}
    return {f.name: getattr(row, f.name) for f in Anaesthetic._meta.concrete_fields if f.name not in skip}

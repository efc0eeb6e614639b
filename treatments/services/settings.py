"""Settings taken over into a draft: the last session's, or a clinician's preset. Depth and passes, nothing that happened."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from treatments import selectors
from treatments.models import Anaesthetic, Device, DeviceBlock, SessionPreset, TreatmentSession, ZoneRecord
from treatments.services.drafts import SessionEntry, ZoneEntry, save_session

MOST_PRESETS = 12


class NothingToUndo(Refused):
    """Nothing was copied, or the record is past it."""


def copy_last(*, record: TreatmentSession, version: int, by: Actor, at: datetime) -> TreatmentSession:
    """Settings of the last session: its newest device, zones of all its blocks with depth and passes. Never cartridge, photos, events, signature.

    What this record already says about a zone (its endpoint) stays, and so do zones that were not treated last time.
    Raises Refused when there is nothing to copy.
    """
    last = selectors.settings_to_copy(record)
    if last is None:
        raise Refused("There is no earlier session to copy.")
    if not last.zones and record.started_at:  # its device stays, too
        raise Refused(f"Nothing was copied: session {last.number} has no zones that are still to be treated.")
    return _take_over(record, version, _entries(last.zones), last.devices[-1], by, at)


def apply_preset(*, record: TreatmentSession, version: int, preset: SessionPreset, by: Actor, at: datetime) -> TreatmentSession:
    """Depth and passes of a preset's zones; everything else stays as it is."""
    own = record.blocks.order_by("-position").first()
    if own is None:
        raise Refused("Choose a device first.", field="device")
    done = selectors.zones_before_change(record)
    zones = [ZoneEntry(row["zone"], row["depth_hundredths"], row["passes"]) for row in preset.zones if row["zone"] not in done]
    if not zones:
        raise Refused("Nothing was applied: all zones of it were needled before the device or cartridge was changed.")
    return _take_over(record, version, zones, own.device, by, at)


def _take_over(record: TreatmentSession, version: int, zones: list[ZoneEntry], device: Device, by: Actor, at: datetime) -> TreatmentSession:
    """Save with these settings, and note what they replaced. Copying what is there already leaves the step back as it was."""
    with audit.write(by=by, action="session.copy"):
        before = _settings(record)
        saved = save_session(record=record, version=version, entry=_with(record, zones, device), by=by, at=at)
        after = _settings(saved)
        if after != before:
            saved.before_copy = {"before": before, "after": after}
            saved.save(update_fields=["before_copy"])
    return saved


def _settings(record: TreatmentSession) -> dict[str, Any]:
    """The newest block as plain values: its position, its device, zone → [depth in 0.01 mm, passes]."""
    own = record.blocks.order_by("-position").first()
    zones = {z.zone: [z.depth_hundredths, z.passes] for z in own.zones.all()} if own else {}
    return {"position": own.position if own else 1, "device": own.device_id if own else None, "zones": zones}


def undo_copy(*, record: TreatmentSession, version: int, by: Actor, at: datetime) -> TreatmentSession:
    """One step back: what the newest copying changed is as it was. What was typed since stays. Raises NothingToUndo."""
    kept, own = record.before_copy, record.blocks.order_by("-position").first()
    if kept is None or own is None or own.position != kept["after"]["position"]:
        raise NothingToUndo("There is nothing to undo.")
    before, after = kept["before"], kept["after"]
    with audit.write(by=by, action="session.undo_copy"):
        zones = tuple(_as_before(own, before["zones"], after["zones"]))
        device = _device_before(own, before["device"], after["device"], needed=bool(zones or own.cartridge or record.started_at))
        saved = save_session(record=record, version=version, entry=_entry(record, zones, device), by=by, at=at)
        saved.before_copy = None
        saved.save(update_fields=["before_copy"])
    return saved


def _as_before(own: DeviceBlock, before: dict[str, list[int | None]], after: dict[str, list[int | None]]) -> Iterator[ZoneEntry]:
    """Each zone as it was. One that was changed or judged (endpoint) since the copying stays as it is."""
    for zone in own.zones.all():
        now, old = [zone.depth_hundredths, zone.passes], before.get(zone.zone)
        entry = ZoneEntry(zone.zone, zone.depth_hundredths, zone.passes, zone.endpoint, zone.below_hairline)
        if now != after.get(zone.zone) or (old is None and (zone.endpoint or zone.below_hairline)):
            yield entry
        elif old is not None and old[0] is not None:
            yield replace(entry, depth_hundredths=old[0], passes=old[1])


def _device_before(own: DeviceBlock, before: int | None, after: int | None, *, needed: bool) -> Device | None:
    """The device that stood there. It stays once it was used or changed, and while a cartridge or zone hangs on it."""
    if own.session.started_at or own.device_id != after or (before is None and needed):
        return own.device
    return Device.objects.filter(pk=before).first() if before else None


def save_preset(*, record: TreatmentSession, name: str, staff: Staff, by: Actor) -> SessionPreset:
    """Keep this record's depths and passes, of all its blocks, under a name; the same name is replaced."""
    last_said = {zone.zone: zone for block in record.blocks.prefetch_related("zones") for zone in block.zones.all()}
    zones = [{"zone": z.zone, "depth_hundredths": z.depth_hundredths, "passes": z.passes} for z in last_said.values()]
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


def _entries(zones: Iterable[ZoneRecord]) -> list[ZoneEntry]:
    return [ZoneEntry(zone=z.zone, depth_hundredths=z.depth_hundredths, passes=z.passes) for z in zones]


def _with(record: TreatmentSession, zones: list[ZoneEntry], device: Device) -> SessionEntry:
    """The record as it is, with these depths and passes."""
    own = record.blocks.order_by("-position").first()
    merged = {z.zone: ZoneEntry(z.zone, z.depth_hundredths, z.passes, z.endpoint, z.below_hairline) for z in (own.zones.all() if own else ())}
    for zone in zones:
        kept = merged.get(zone.zone, zone)
        merged[zone.zone] = replace(kept, depth_hundredths=zone.depth_hundredths, passes=zone.passes)
    return _entry(record, tuple(merged.values()), own.device if own and record.started_at else device)


def _entry(record: TreatmentSession, zones: tuple[ZoneEntry, ...], device: Device | None) -> SessionEntry:
    """The record as it is, with these zones and this device."""
    own = record.blocks.order_by("-position").first()
    return SessionEntry(
        device=device,
        cartridge=own.cartridge if own else None,
        seal_intact=own.seal_intact if own else False,
        zones=zones,
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

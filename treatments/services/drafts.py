"""The draft: what is on the form becomes rows. Nobody is overwritten."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from patients.models import Patient
from treatments import selectors
from treatments.models import (
    Anaesthetic,
    Cartridge,
    Device,
    DeviceBlock,
    PreTopical,
    Product,
    ProductUse,
    TreatmentSession,
    ZoneRecord,
)
from treatments.services.errors import (
    CartridgeSpent,
    CartridgeTaken,
    ChangedMeanwhile,
    NotOpen,
    NotTakenOver,
    NotUsable,
)
from treatments.services.events import events_of_bleeding
from treatments.vocabulary import SessionState


@dataclass(frozen=True)
class ZoneEntry:
    """One zone as typed; depth in 0.01 mm."""

    zone: str
    depth_hundredths: int
    passes: int | None = None
    endpoint: str = ""
    below_hairline: bool = False


@dataclass(frozen=True)
class SessionEntry:
    """Everything on the form, cleaned. What is absent is emptied.

    `tab` names the open page that sends it, `seq` counts that page's saves: the same save may arrive twice.
    """

    device: Device | None = None
    cartridge: Cartridge | None = None
    seal_intact: bool = False
    zones: tuple[ZoneEntry, ...] = ()
    products: tuple[tuple[Product, float], ...] = ()
    pre_topicals: tuple[tuple[str, datetime], ...] = ()
    anaesthetic: dict[str, Any] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    tab: str = ""
    seq: int = 0


def locked_session(record: TreatmentSession, *states: SessionState) -> TreatmentSession:
    """The row, locked for this transaction, in one of these states. Raises NotOpen."""
    locked = TreatmentSession.objects.select_for_update().get(pk=record.pk)
    if locked.state not in states:
        raise NotOpen("This record is past that step. Open the page again.")
    if hasattr(locked, "entered_in_error"):
        raise NotOpen("This record was entered in error. Open a new session.")
    return locked


def check_taken_over(record: TreatmentSession) -> None:
    """Nobody writes in an ended record that nobody signs (docs/decisions/0046). Raises NotTakenOver."""
    if record.state == SessionState.ENDED and selectors.signer_of(record).has_left:
        raise NotTakenOver(_("Who recorded this session can’t sign any more. Take the signature over first."))


def save_session(*, record: TreatmentSession, version: int, entry: SessionEntry, by: Actor, at: datetime) -> TreatmentSession:
    """Replace the draft by what is on the form. Raises ChangedMeanwhile, CartridgeTaken, NotUsable and NotTakenOver; nothing is overwritten.

    A page whose save was stored but whose answer was lost (a killed server, a cut line) sends it again with an old
    version: that is no conflict, for nobody else saved since. What it sent before that arrives late and is not stored.
    """
    with audit.write(by=by, action="session.save"):
        if record.state == SessionState.ENDED:  # as in `end_session`: it may open an event of bleeding
            Patient.objects.select_for_update().get(pk=record.patient_id)
        locked = locked_session(record, SessionState.DRAFT, SessionState.STARTED, SessionState.ENDED)
        own = bool(entry.tab) and locked.saved_tab == entry.tab
        if own and entry.seq <= locked.saved_seq:
            return locked
        if locked.version != version and not own:
            raise ChangedMeanwhile(
                f"{locked.saved_by} saved this draft meanwhile. Your page is older and was not saved. Open the page again."
            )
        check_taken_over(locked)
        for name, value in entry.fields.items():
            setattr(locked, name, value)
        # A box that was shown for a moment and left empty is no reason; emptying one takes the reason back.
        locked.reasons = {key: text for key, text in {**locked.reasons, **entry.reasons}.items() if text}
        locked.version, locked.saved_at, locked.saved_by = locked.version + 1, at, by.name[:160]
        locked.saved_tab, locked.saved_seq = entry.tab[:40], entry.seq
        locked.save()
        _store_block(locked, entry)
        _store_topicals(locked, entry, at)
        if locked.state == SessionState.ENDED:
            events_of_bleeding(locked, by, at)
    return TreatmentSession.objects.get(pk=locked.pk)


def _store_block(record: TreatmentSession, entry: SessionEntry) -> None:
    """The form is about the newest block; earlier ones stay as they are."""
    newest = record.blocks.order_by("-position").first()
    spent = newest.cartridge if newest and record.started_at else None
    if newest and spent and (entry.cartridge != spent or entry.device != newest.device):
        raise CartridgeSpent(
            "The session has started with this device and cartridge, so they stay in the record. Use “Change device or cartridge”.",
            field="cartridge",
        )
    if entry.device is None:
        if newest:
            newest.delete()
        return
    values = {"device": entry.device, "cartridge": entry.cartridge, "seal_intact": entry.seal_intact}
    position = newest.position if newest else 1
    with _one_session_only():
        block, _made = DeviceBlock.objects.update_or_create(session=record, position=position, defaults=values)
    block.zones.exclude(zone__in=[zone.zone for zone in entry.zones]).delete()
    for zone in entry.zones:
        values = {k: v for k, v in zone.__dict__.items() if k != "zone"}
        ZoneRecord.objects.update_or_create(block=block, zone=zone.zone, defaults=values)


@contextmanager
def _one_session_only() -> Iterator[None]:
    """The database's answer about single use, in words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise CartridgeTaken("This cartridge is in another session's record. Take a new one.", field="cartridge") from error


def change_block(
    *, record: TreatmentSession, device: Device, cartridge: Cartridge, seal_intact: bool, by: Actor, at: datetime
) -> DeviceBlock:
    """Another device or cartridge in mid-session: a second block, on which the rules run too (SETTLED 7). Raises NotUsable, CartridgeTaken."""
    with audit.write(by=by, action="session.change_block"):
        locked = locked_session(record, SessionState.STARTED)
        if device.out_of_service or not cartridge.lot.is_usable_on(locked.site.today(at)):
            raise NotUsable("This device or cartridge is out of use. Take another one.", field="new_cartridge")
        newest = locked.blocks.order_by("-position").first()
        with _one_session_only():
            block = DeviceBlock.objects.create(
                session=locked, position=(newest.position if newest else 0) + 1, device=device, cartridge=cartridge, seal_intact=seal_intact
            )
        locked.version, locked.saved_at, locked.saved_by, locked.saved_tab = locked.version + 1, at, by.name[:160], ""
        locked.save(update_fields=["version", "saved_at", "saved_by", "saved_tab"])
    return block


def _in_use_if_new(record: TreatmentSession, entry: SessionEntry, at: datetime) -> None:
    """Once the session runs, nothing joins the record that is withdrawn or past its date; what it holds already stays."""
    if record.started_at is None:
        return
    numbing = (entry.anaesthetic or {}).get("product")
    taken = {product.pk for product, _hours in entry.products} | ({numbing.pk} if numbing else set())
    gone = taken - set(selectors.usable_products(record.site, record.site.today(at), record).values_list("pk", flat=True))
    if gone:
        raise NotUsable("This product is past its date or withdrawn. Choose another one.")


def _store_topicals(record: TreatmentSession, entry: SessionEntry, at: datetime) -> None:
    _in_use_if_new(record, entry, at)
    record.product_uses.exclude(product__in=[product for product, _hours in entry.products]).delete()
    for product, hours in entry.products:
        test = selectors.newest_patch_test(record, product)
        ProductUse.objects.update_or_create(
            session=record, product=product, defaults={"hours_after": hours, "patch_test": test}
        )
    record.pre_topicals.all().delete()
    PreTopical.objects.bulk_create(PreTopical(session=record, kind=k, last_used_at=used) for k, used in entry.pre_topicals)
    if entry.anaesthetic is None:
        Anaesthetic.objects.filter(session=record).delete()
    else:
        Anaesthetic.objects.update_or_create(session=record, defaults=entry.anaesthetic)

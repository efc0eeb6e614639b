"""Clinic, staff, rooms, devices, stock, texts, hours of the demo."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from aftercare.models import OnCallShift
from aftercare.services.protocol import ensure_default_protocol
from appointments.models import Room, VisitType, WorkingHours
from clinic.audit import Actor
from clinic.clock import resolve_local
from clinic.models import Clinic, OpeningHours, Site, Staff
from clinic.roles import Role
from desk.demo import cast
from patients import services as people
from treatments import services as stock
from treatments.models import Cartridge, CartridgeLot


def build_house(*, by: Actor, at: datetime) -> Site:
    """Everything that a clinic has before its first patient."""
    clinic = Clinic.objects.create(name="Riverside Dermatology", reference_phrase="willow and stone", reply_to="care@demo.example", is_demo=True)
    site = Site.objects.create(
        clinic=clinic, name="Harley site", zone="Europe/London", phone="020 7946 0123", out_of_hours_phone="020 7946 0199", emergency_number="999",
        address="12 Harley Lane, London",
    )  # fmt: skip
    for weekday in range(6):
        OpeningHours.objects.create(site=site, weekday=weekday, opens=time(8, 30), closes=time(18, 30))
    for email, title, name, role, operator in cast.STAFF:
        staff = Staff(
            email=email, title=title, name=name, roles=[role.value], operator_role=operator or "",
            credential_valid=role is Role.CLINICIAN, credential_expires_on=at.date() + timedelta(days=400),
        )  # fmt: skip
        staff.set_password(cast.PASSWORD)
        staff.save()
        staff.sites.add(site)
        if role is Role.CLINICIAN:
            for weekday in range(6):
                WorkingHours.objects.create(staff=staff, site=site, weekday=weekday, starts=time(9), ends=time(17, 30))
    Room.objects.bulk_create([Room(site=site, name="Room 1"), Room(site=site, name="Room 2")])
    for code, name, kind, minutes, buffer, screened, limit, device in cast.VISIT_TYPES:
        VisitType.objects.create(
            code=code, name=name, kind=kind, minutes=minutes, buffer_minutes=buffer, needs_screening=screened, in_room_limit_minutes=limit,
            needs_device=device,
        )  # fmt: skip
    _stock(site, by=by, at=at)
    for language, text in (("en", cast.CONSENT), ("es", cast.CONSENT_ES)):
        people.publish_consent_text(
            version=cast.CONSENT_VERSION, language=language, text=text, procedures=["scalp_microneedling", "prp"], off_label=True, by=by, at=at - timedelta(days=420)
        )
    ensure_default_protocol(by=by, at=at)
    _rota(site, today=site.today(at))
    return site


def _rota(site: Site, *, today: date) -> None:
    """Five nights on call, the first and the second taking turns; after them the page shows the gap."""
    pair = list(Staff.objects.filter(roles__contains=[Role.CLINICIAN.value], sites=site).order_by("pk")[:2])
    for night in range(5):
        begins, ends = (resolve_local(today + timedelta(days=night + n), hour, site.zone) for n, hour in ((0, time(18, 30)), (1, time(8, 30))))
        for place, staff in enumerate(pair if night % 2 == 0 else reversed(pair), start=1):
            OnCallShift.objects.create(site=site, staff=staff, place=place, starts_at=begins, ends_at=ends)


def _stock(site: Site, *, by: Actor, at: datetime) -> None:
    today = at.date()
    stock.register_device(site=site, name="Pen X", type="pen", max_depth_hundredths=250, udi="(01)05012345678900", serial="PX-1042", by=by)
    stock.register_device(site=site, name="Pen Y", type="pen", max_depth_hundredths=150, udi="(01)05012345678917", serial="PY-0007", by=by)
    for lot, days, units in (("A17", 300, 40), ("A18", 500, 40), ("A12", 40, 6), ("OLD-3", -12, 4)):
        stock.register_lot(
            site=site, name="12-needle tip", gtin=cast.TIP_GTIN, lot=lot, expires_on=today + timedelta(days=days), month_only=False,
            units=units, serial=f"BX-{lot}", by=by, at=at - timedelta(days=60),
        )  # fmt: skip
    serum: Any = {"expires_on": today + timedelta(days=220), "by": by, "at": at - timedelta(days=60)}
    stock.register_product(site=site, name="Hyaluronic serum", kind="serum_sterile", lot="HS-22", ingredients=["hyaluronic acid"], **serum)
    stock.register_product(site=site, name="Minoxidil 5 %", kind="minoxidil", lot="MX-9", ingredients=["minoxidil", "propylene glycol"], **serum)
    stock.register_product(
        site=site, name="Lidocaine cream 4 %", kind="other", lot="LC-4", ingredients=["lidocaine"], is_anaesthetic=True,
        strength_percent=Decimal(4), **serum,
    )  # fmt: skip


def history_cartridges(site: Site, count: int, expires_on: date) -> list[Cartridge]:
    """Cartridges for past sessions, each used once; a few of a lot of its own, here and there, that the maker will call back."""
    early = CartridgeLot.objects.create(site=site, name="12-needle tip", gtin=cast.TIP_GTIN, lot=cast.WITHDRAWN_LOT, expires_on=expires_on)
    odd = Cartridge.objects.bulk_create([Cartridge(lot=early, number=n + 1) for n in range(6)])
    found: list[Cartridge] = []
    for index in range((count + 399) // 400):
        lot = CartridgeLot.objects.create(site=site, name="12-needle tip", gtin=cast.TIP_GTIN, lot=f"H{index + 1:02d}", expires_on=expires_on)
        units = min(400, count - index * 400)
        found += Cartridge.objects.bulk_create([Cartridge(lot=lot, number=n + 1) for n in range(units)])
    for place, unit in enumerate(odd[: min(4, count // 8)], start=1):
        found[place * count // 5] = unit
    return found

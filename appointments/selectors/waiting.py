"""Who waits, for what, and whom a freed time suits best."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from appointments.models import FreedSlot, Occupation, Offer, WaitingListEntry
from appointments.rules import OFFERS_A_ROUND, Wants, suits
from appointments.selectors.slots import gate_for
from clinic.clock import local_date, wall
from clinic.models import OpeningHours, Site

_OFFER_FROM, _OFFER_TO = 8, 20  # local hours in which offers are made: nobody is woken for a slot


def waiting(site: Site) -> QuerySet[WaitingListEntry]:
    """The open list, longest waiting first."""
    rows = WaitingListEntry.objects.filter(site=site, ended_at=None)
    return rows.select_related("patient", "visit_type", "clinician", "gives_up").prefetch_related("offers__slot").order_by("added_at", "pk")


def freed_slots(site: Site, since: datetime) -> QuerySet[FreedSlot]:
    """Freed times that are open, or were closed since: the list's own log."""
    rows = FreedSlot.objects.filter(site=site).filter(Q(closed_at=None) | Q(closed_at__gte=since))
    return rows.select_related("clinician").prefetch_related("offers__entry__patient").order_by("-freed_at")


def wants_of(entry: WaitingListEntry) -> Wants:
    """What a patient said."""
    return Wants(entry.clinician_id, frozenset(entry.weekdays), entry.from_time, entry.to_time, entry.not_before_on)


def is_taken(slot: FreedSlot, at: datetime) -> bool:
    """Whether somebody has booked the clinician's time meanwhile."""
    rows = Occupation.objects.filter(resource_kind="clinician", resource_id=slot.clinician_id, during__overlap=(slot.starts_at, slot.ends_at))
    return rows.exclude(freed=slot).exclude(expires_at__lte=at).exists()


def may_offer_now(site: Site, at: datetime) -> bool:
    """Offers live a quarter of an hour: they are made on opening days, from eight to eight."""
    local = wall(at, site.zone)
    return _OFFER_FROM <= local.hour < _OFFER_TO and OpeningHours.objects.filter(site=site, weekday=local.weekday()).exists()


def best_entries(slot: FreedSlot, *, at: datetime, most: int = OFFERS_A_ROUND) -> list[WaitingListEntry]:
    """The next three whom it suits, whom nothing stops, and who were not asked yet: in their window first, then longest waiting."""
    site, day = slot.site, local_date(slot.starts_at, slot.site.zone)
    asked = Offer.objects.filter(slot=slot).values("entry")
    minutes = int((slot.ends_at - slot.starts_at) / timedelta(minutes=1))
    found: list[tuple[bool, WaitingListEntry]] = []
    for entry in waiting(site).filter(visit_type__minutes__lte=minutes).exclude(pk__in=asked):
        patient = entry.patient
        if patient.no_mail_because or entry.patient_id == slot.was.patient_id:
            continue
        if not suits(wants_of(entry), starts_at=slot.starts_at, ends_at=slot.ends_at, clinician_id=slot.clinician_id, zone=site.zone):
            continue
        if entry.gives_up and entry.gives_up.starts_at <= slot.starts_at:
            continue
        gate = gate_for(patient, entry.visit_type, at=at, but=entry.gives_up_id)
        word = gate.interval(day).word
        if word not in ("early", "blocked", "before_window") and not gate.why_not(day) and not _is_busy(entry, slot):
            found.append((word not in ("in_window", "free"), entry))
    return [entry for _late, entry in sorted(found, key=lambda pair: (pair[0], pair[1].added_at, pair[1].pk))[:most]]


def _is_busy(entry: WaitingListEntry, slot: FreedSlot) -> bool:
    rows = Occupation.objects.filter(resource_kind="patient", resource_id=entry.patient_id, during__overlap=(slot.starts_at, slot.ends_at))
    return rows.exclude(appointment=entry.gives_up_id).exists()

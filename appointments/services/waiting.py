"""The waiting list: a freed time is offered in rounds of three, held meanwhile; the first yes is booked.

States of a FreedSlot: open → (round 1, 2, …) → closed with an outcome. Nothing here sends: offers are rows with a mail row each.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max
from django.utils.translation import gettext as _

from appointments import emails, selectors
from appointments.models import Appointment, FreedSlot, Occupation, Offer, VisitType, WaitingListEntry
from appointments.rules import GRACE_MINUTES, LATEST_OFFER_MINUTES, Span, Wants
from appointments.services.common import TooLate, lock
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Patient


class OfferGone(Conflict):
    """Somebody was faster, or the time is over."""


def join_waiting_list(
    *, patient: Patient, visit_type: VisitType, wants: Wants, clinician: Staff | None, gives_up: Appointment | None, by: Actor, at: datetime
) -> WaitingListEntry:
    """Put a patient on the list, or change what they said. One open entry a patient and visit type. Raises Refused for one who has died."""
    with audit.write(by=by, action="waiting.join"):
        if Patient.objects.get(pk=patient.pk).deceased_on:
            raise Refused(_("The patient has died."))
        row = WaitingListEntry.objects.select_for_update().filter(patient=patient, visit_type=visit_type, ended_at=None).first()
        row = row or WaitingListEntry(patient=patient, site=patient.site, visit_type=visit_type, added_at=at)
        row.clinician, row.gives_up = clinician, gives_up
        row.weekdays, row.from_time, row.to_time = sorted(wants.weekdays), wants.from_time, wants.to_time
        row.not_before_on = wants.not_before_on
        row.save()
    return row


def leave_waiting_list(*, entry: WaitingListEntry, reason: str, by: Actor, at: datetime) -> None:
    """Off the list, with a reason; standing offers are taken back."""
    with audit.write(by=by, action="waiting.leave", reason=reason):
        WaitingListEntry.objects.filter(pk=entry.pk, ended_at=None).update(ended_at=at, ended_because=reason[:200])
        for offer in entry.offers.filter(answered_at=None):
            emails.withdraw_offer(offer=offer, reason="off the waiting list", by=by, at=at)


def note_freed(appointment: Appointment, *, at: datetime) -> None:
    """Remember a time that was given back. Called inside the change's transaction."""
    if appointment.starts_at > at + timedelta(minutes=LATEST_OFFER_MINUTES) and not appointment.overlap_reason:
        FreedSlot.objects.create(
            site_id=appointment.site_id, clinician_id=appointment.clinician_id, was=appointment, starts_at=appointment.starts_at,
            ends_at=appointment.ends_at, freed_at=at,
        )  # fmt: skip


def take_back_freed(appointment: Appointment, *, at: datetime) -> None:
    """An undo takes the time again."""
    for slot in FreedSlot.objects.select_for_update().filter(was=appointment, closed_at=None):
        _close(slot, "taken back", at=at)


def _close(slot: FreedSlot, outcome: str, *, at: datetime) -> None:
    slot.occupations.all().delete()
    slot.closed_at, slot.outcome = at, outcome[:200]
    slot.save(update_fields=["closed_at", "outcome"])


def offer_freed_slots(*, by: Actor, at: datetime) -> int:
    """One step for every freed time whose three minutes are over. Returns how many offers were made."""
    due = FreedSlot.objects.filter(closed_at=None, freed_at__lte=at - timedelta(minutes=GRACE_MINUTES)).order_by("pk")
    made = 0
    for pk in list(due.values_list("pk", flat=True)):
        with audit.write(by=by, action="waiting.offer"):
            slot = FreedSlot.objects.select_for_update(skip_locked=True, of=("self",)).select_related("site", "clinician").filter(pk=pk, closed_at=None).first()
            made += _step(slot, by=by, at=at) if slot else 0
    return made


def _step(slot: FreedSlot, *, by: Actor, at: datetime) -> int:
    """Close it, wait, or make the next round."""
    if slot.offers.filter(answered_at=None, expires_at__gt=at).exists():
        return 0
    if slot.starts_at <= at + timedelta(minutes=LATEST_OFFER_MINUTES):
        _close(slot, "too near to be offered", at=at)
        return 0
    lock([("clinician", slot.clinician_id)])
    if selectors.is_taken(slot, at):
        _close(slot, "booked without the list", at=at)
        return 0
    if reason := _nobody_there(slot, at):
        _close(slot, reason, at=at)
        return 0
    if not selectors.may_offer_now(slot.site, at):
        return 0
    numbers = selectors.booking_rules(slot.site)
    entries = selectors.best_entries(slot, at=at, most=numbers.offers_a_round)
    if not entries:
        _close(slot, "nobody on the list fits", at=at)
        return 0
    expires_at = at + timedelta(minutes=numbers.offer_minutes)
    number = (slot.offers.aggregate(last=Max("round"))["last"] or 0) + 1
    _hold(slot, until=expires_at)
    for entry in entries:
        offer = Offer.objects.create(slot=slot, entry=entry, round=number, offered_at=at, expires_at=expires_at)
        emails.waiting_offer(offer=offer, by=by, at=at)
    return len(entries)


def _nobody_there(slot: FreedSlot, at: datetime) -> str:
    """A time can be given back because nobody works then any more, or the clinician goes away while it is offered."""
    if not slot.clinician.is_active:
        return _("the clinician has left")
    return selectors.grounds_of(slot.site, at).nobody_there(slot.clinician_id, Span(slot.starts_at, slot.ends_at))


def _hold(slot: FreedSlot, *, until: datetime) -> None:
    """The clinician's time is held for the round; room and device are chosen when somebody says yes."""
    slot.occupations.all().delete()
    Occupation.objects.create(
        resource_kind="clinician", resource_id=slot.clinician_id, during=DateTimeTZRange(slot.starts_at, slot.ends_at), freed=slot, expires_at=until
    )


def accept_offer(*, offer: Offer, book: Callable[[Offer], Appointment], by: Actor, at: datetime) -> Appointment:
    """First yes wins: hold, booking, the visit given up and the list entry change in one transaction. Raises OfferGone."""
    with audit.write(by=by, action="waiting.accept"):
        slot = FreedSlot.objects.select_for_update(of=("self",)).select_related("site", "clinician").get(pk=offer.slot_id)
        locked = Offer.objects.select_for_update().select_related("entry__patient", "slot__clinician").get(pk=offer.pk)
        if slot.closed_at or locked.answered_at:
            raise OfferGone(_("This time is taken now. You stay on the list."))
        if _nobody_there(slot, at):
            raise OfferGone(_("This time is no longer possible. You stay on the list."))
        if locked.expires_at <= at:
            raise TooLate(_("This offer is over. You stay on the list."))
        slot.occupations.all().delete()
        booked = book(locked)
        locked.answered_at, locked.accepted = at, True
        locked.save(update_fields=["answered_at", "accepted"])
        WaitingListEntry.objects.filter(pk=locked.entry_id).update(ended_at=at, ended_because="booked from the list")
        _close(slot, f"taken by patient {locked.entry.patient.number}", at=at)
        for other in slot.offers.filter(answered_at=None).exclude(pk=locked.pk):
            emails.withdraw_offer(offer=other, reason="somebody else was first", by=by, at=at)
    return booked


def decline_offer(*, offer: Offer, by: Actor, at: datetime) -> None:
    """No, thank you: they stay on the list; the next round need not wait for them."""
    with audit.write(by=by, action="waiting.decline"):
        changed = Offer.objects.filter(pk=offer.pk, answered_at=None).update(answered_at=at, accepted=False)
    if not changed:
        raise Refused(_("This was answered already."))

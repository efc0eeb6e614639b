"""Invitations from the recall list, and offers from the waiting list. Neutral in every mode; nothing clinical is in them."""

from datetime import datetime, timedelta

from appointments import selectors
from appointments.emails.visits import make_link
from appointments.models import Offer, Recall
from appointments.rules import RecallState
from clinic import links, mailkit
from clinic.audit import Actor
from clinic.clock import wall
from clinic.dates import spoken
from clinic.models import OutboxMessage
from clinic.outbox import Mail, State, Verdict, cancel, queue
from patients import selectors as people
from patients.vocabulary import HELD_BY_FLAG

INVITATION, OFFER = "recall_invitation", "waiting_offer"


def recall_invitation(*, recall: Recall, by: Actor, at: datetime) -> OutboxMessage:
    """The approved neutral invitation, at most one a day for a recall (SETTLED 22)."""
    patient, reason = recall.patient, recall.patient.no_mail_because
    return queue(
        kind=INVITATION, key=f"{INVITATION}:{recall.uuid}:{at:%Y%m%d}", recipient=patient.email, patient_uuid=patient.uuid,
        cause_kind="recall", cause_uuid=recall.uuid, send_after=at, expires_at=at + timedelta(days=7), language=patient.language,
        zone=recall.site.zone, context={}, by=by, at=at, state=State.SKIPPED if reason else State.PLANNED, reason=reason,
    )  # fmt: skip


def waiting_offer(*, offer: Offer, by: Actor, at: datetime) -> OutboxMessage:
    """A freed time, held for this patient and at most two others until the offer ends."""
    patient = offer.entry.patient
    return queue(
        kind=OFFER, key=f"{OFFER}:{offer.uuid}", recipient=patient.email, patient_uuid=patient.uuid, cause_kind="offer",
        cause_uuid=offer.uuid, send_after=at, expires_at=offer.expires_at, language=patient.language, zone=offer.slot.site.zone,
        context={}, by=by, at=at,
    )  # fmt: skip


def withdraw_offer(*, offer: Offer, reason: str, by: Actor, at: datetime) -> None:
    """An offer that has not gone yet does not go any more."""
    cancel(cause_uuid=offer.uuid, kind=OFFER, reason=reason, by=by, at=at)


def may_send_invitation(row: OutboxMessage, at: datetime) -> Verdict:
    """Held under an open red flag; not sent once a visit is booked or the recall is closed (SETTLED 3)."""
    recall = Recall.objects.select_related("patient", "site", "after__entered_in_error").get(uuid=str(row.cause_uuid))
    if recall.state not in (RecallState.DUE, RecallState.CONTACTED) or hasattr(recall.after, "entered_in_error"):
        return Verdict.cancel("the recall is closed")
    if reason := recall.patient.no_mail_because:
        return Verdict.skip(reason)
    if people.open_holds(recall.patient, "invitations"):
        return Verdict.hold(HELD_BY_FLAG)
    if selectors.coming_session(recall.patient_id, at):
        return Verdict.cancel("a visit is booked")
    return Verdict.go()


def may_send_offer(row: OutboxMessage, at: datetime) -> Verdict:
    """Only while the slot is open and the offer stands."""
    offer = Offer.objects.select_related("slot", "entry__patient").get(uuid=str(row.cause_uuid))
    if offer.slot.closed_at or offer.answered_at:
        return Verdict.cancel("the time is taken")
    if people.open_holds(offer.entry.patient, "invitations"):
        return Verdict.hold(HELD_BY_FLAG)
    reason = offer.entry.patient.no_mail_because
    return Verdict.skip(reason) if reason else Verdict.go()


def build_invitation(row: OutboxMessage, at: datetime) -> Mail:
    """The window, and a link to choose a real time."""
    recall = Recall.objects.select_related("patient", "site", "site__clinic").get(uuid=str(row.cause_uuid))
    by, patient, site = Actor.of_task("clinic.drain"), recall.patient, recall.site
    link = make_link("choose_time", patient, patient.uuid, at + timedelta(days=28), by, at)
    context = {
        "first_name": patient.first_name, "site": site, "clinic": site.clinic,
        "url": links.url_for(links.mint_token(link, at=at)),
    }  # fmt: skip
    return Mail(*mailkit.render(row.kind, context, row.language))


def build_offer(row: OutboxMessage, at: datetime) -> Mail:
    """The time, until when it is held, and a link that asks before it books."""
    offer = Offer.objects.select_related("entry__patient", "slot__site__clinic", "slot__clinician").get(uuid=str(row.cause_uuid))
    by, patient, slot = Actor.of_task("clinic.drain"), offer.entry.patient, offer.slot
    link = make_link("offer", patient, offer.uuid, offer.expires_at + timedelta(hours=12), by, at)
    starts, until = wall(slot.starts_at, slot.site.zone), wall(offer.expires_at, slot.site.zone)
    context = {
        "first_name": patient.first_name, "site": slot.site, "clinic": slot.site.clinic,
        "when": spoken(starts, "weekday_year_time"), "clinician": slot.clinician.display_name,
        "until": spoken(until, "time"), "url": links.url_for(links.mint_token(link, at=at)),
    }  # fmt: skip
    return Mail(*mailkit.render(row.kind, context, row.language))

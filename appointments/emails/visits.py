"""Mails about appointments, each with an `.ics` whose UID stays and whose SEQUENCE rises. Neutral in every mode."""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from appointments import selectors
from appointments.models import Appointment
from appointments.rules import GRACE_MINUTES, OPEN, AppointmentState
from clinic import links, mailkit
from clinic.audit import Actor
from clinic.clock import wall
from clinic.dates import spoken
from clinic.models import Link, OutboxMessage, Site
from clinic.outbox import Mail, State, Verdict, cancel, queue
from patients.models import Patient
from patients.vocabulary import MailMode

CONFIRMED, CHANGED, CANCELLED, REMINDER = (
    "appointment_confirmed", "appointment_changed", "appointment_cancelled", "appointment_reminder",
)  # fmt: skip


_OF_A_VISIT = ("appointment", "rescreen")


def appointment_link(appointment: Appointment, *, by: Actor, at: datetime) -> Link:
    """The patient's one link for confirm, move and undo of this visit, living until the visit. A new one where the old does not open any more."""
    there = links.reusable(purpose="appointment", subject_uuid=appointment.uuid, at=at)
    expires = appointment.starts_at + timedelta(hours=2)
    if there is not None:
        Link.objects.filter(pk=there.pk).update(expires_at=expires, revoked_reason="")
        return there
    return make_link("appointment", appointment.patient, appointment.uuid, expires, by, at)


def make_link(purpose: str, patient: Patient, subject: object, expires: datetime, by: Actor, at: datetime) -> Link:
    return links.make_link(
        purpose=purpose, site=patient.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language=patient.language,
        subject_kind=purpose, subject_uuid=subject, expires_at=expires, by=by, at=at,  # type: ignore[arg-type]
    )  # fmt: skip


def _queue(kind: str, appointment: Appointment, *, by: Actor, at: datetime, after: datetime, expires: datetime, occurrence: str) -> OutboxMessage:
    patient = appointment.patient
    if kind != CANCELLED:
        appointment_link(appointment, by=by, at=at)
    return queue(  # also without an address or consent: `may_send` asks when it is due, and both may have come by then
        kind=kind, key=f"{kind}:{appointment.uuid}:{occurrence}", recipient=patient.email, patient_uuid=patient.uuid,
        cause_kind="appointment", cause_uuid=appointment.uuid, send_after=after, expires_at=expires, language=patient.language,
        zone=appointment.site.zone, context={"sequence": appointment.sequence}, by=by, at=at,
    )  # fmt: skip


def appointment_confirmed(*, appointment: Appointment, by: Actor, at: datetime) -> OutboxMessage:
    """The booking, three minutes later, so that a slip of the hand can be undone."""
    after = at + timedelta(minutes=GRACE_MINUTES)
    occurrence = f"booked.{appointment.sequence}" if appointment.sequence else "booked"
    return _queue(CONFIRMED, appointment, by=by, at=at, after=after, expires=appointment.starts_at, occurrence=occurrence)


def appointment_reminders(*, appointment: Appointment, by: Actor, at: datetime) -> list[OutboxMessage]:
    """As many as the visit type asks for, each with the question “anything changed?”. Booked inside the last one's time: one goes at once."""
    hours = sorted(set(appointment.visit_type.reminder_hours), reverse=True)
    times = [appointment.starts_at - timedelta(hours=n) for n in hours]
    coming = [time for time in times if time > at]
    if hours and not coming:
        coming = [at + timedelta(minutes=GRACE_MINUTES)]
    when = f"{appointment.starts_at.astimezone(UTC):%Y%m%dT%H%M}.{appointment.sequence}"  # moved away and back is a new reminder
    return [
        _queue(
            REMINDER, appointment, by=by, at=at, after=after, expires=appointment.starts_at,
            occurrence=when if index == 0 else f"{when}:{index + 1}",
        )
        for index, after in enumerate(coming)
        if after < appointment.starts_at
    ]  # fmt: skip


def appointment_changed(*, appointment: Appointment, was: datetime, by: Actor, at: datetime, tell: bool) -> None:
    """Replace what was planned. Moved back to what the patient knows within the grace: nothing goes at all."""
    cancel(cause_uuid=appointment.uuid, kind=REMINDER, reason="the visit was moved", by=by, at=at)
    waiting = OutboxMessage.objects.filter(cause_uuid=appointment.uuid, kind=CHANGED, state=State.PLANNED).order_by("pk").first()
    known = datetime.fromisoformat(waiting.context["was"]) if waiting and "was" in waiting.context else was
    cancel(cause_uuid=appointment.uuid, kind=CHANGED, reason="moved again", by=by, at=at)
    untold = OutboxMessage.objects.filter(cause_uuid=appointment.uuid, kind=CONFIRMED, state=State.PLANNED).exists()
    if untold:  # what says that it is booked says the new time, and lives as long as that
        OutboxMessage.objects.filter(cause_uuid=appointment.uuid, kind=CONFIRMED, state=State.PLANNED).update(expires_at=appointment.starts_at)
    if tell and not untold and known != appointment.starts_at:
        row = _queue(
            CHANGED, appointment, by=by, at=at, after=at + timedelta(minutes=GRACE_MINUTES), expires=appointment.starts_at,
            occurrence=str(appointment.sequence),
        )  # fmt: skip
        OutboxMessage.objects.filter(pk=row.pk).update(context={**row.context, "was": known.isoformat()})
    appointment_reminders(appointment=appointment, by=by, at=at)


def appointment_cancelled(*, appointment: Appointment, by: Actor, at: datetime, tell: bool) -> None:
    """Planned mails go away, and the visit's links when the undo is over (R37). A patient who never heard of the visit hears nothing now either."""
    untold = OutboxMessage.objects.filter(cause_uuid=appointment.uuid, kind=CONFIRMED, state=State.PLANNED).exists()
    for kind in (CONFIRMED, CHANGED, REMINDER):
        cancel(cause_uuid=appointment.uuid, kind=kind, reason="the visit was cancelled", by=by, at=at)
    over = at + timedelta(minutes=GRACE_MINUTES)
    links.end_at(until=over, by=by, reason="the visit was cancelled", purpose__in=_OF_A_VISIT, subject_uuid=appointment.uuid)
    if tell and not untold:
        _queue(
            CANCELLED, appointment, by=by, at=at, after=at + timedelta(minutes=GRACE_MINUTES), expires=appointment.starts_at,
            occurrence=str(appointment.sequence),
        )  # fmt: skip


def take_back_cancellation(*, appointment: Appointment, by: Actor, at: datetime) -> None:
    """Undo within the grace: the cancellation is not sent; the reminder, and a confirmation that had not gone, come back."""
    cancel(cause_uuid=appointment.uuid, kind=CANCELLED, reason="undone", by=by, at=at)
    if appointment.state not in OPEN:
        return
    if appointment.starts_at > at:
        appointment_link(appointment, by=by, at=at)
        asked = links.reusable(purpose="rescreen", subject_uuid=appointment.uuid, at=at)
        if asked is not None:
            Link.objects.filter(pk=asked.pk).update(expires_at=appointment.starts_at, revoked_reason="")
    rows = OutboxMessage.objects.filter(cause_uuid=appointment.uuid, kind=CONFIRMED)
    if rows.exists() and not rows.exclude(state=State.CANCELLED).exists():
        appointment_confirmed(appointment=appointment, by=by, at=at)
    appointment_reminders(appointment=appointment, by=by, at=at)


def _load(row: OutboxMessage) -> Appointment:
    return Appointment.objects.select_related("patient", "site", "site__clinic", "visit_type", "clinician").get(uuid=str(row.cause_uuid))


def may_send(row: OutboxMessage, at: datetime) -> Verdict:
    appointment = _load(row)
    patient, state = appointment.patient, AppointmentState(appointment.state)
    if patient.deceased_on or patient.do_not_contact:
        return Verdict.cancel("the patient is not contacted any more")
    if patient.mail_mode == MailMode.NONE:
        return Verdict.skip("the patient does not want e-mail; please phone")
    if row.kind == CANCELLED:
        return Verdict.go() if state is AppointmentState.CANCELLED else Verdict.cancel("the visit stands again")
    if state not in (AppointmentState.BOOKED, AppointmentState.CONFIRMED):
        return Verdict.cancel(f"the visit is {state.value.replace('_', ' ')}")
    if row.kind != CONFIRMED and row.context.get("sequence") != appointment.sequence:
        return Verdict.cancel("the visit was moved")
    return Verdict.go()


def build(row: OutboxMessage, at: datetime) -> Mail:
    appointment = _load(row)
    site, by = appointment.site, Actor.of_task("clinic.drain")
    starts = wall(appointment.starts_at, site.zone)
    context = {
        "first_name": appointment.patient.first_name,
        "site": site,
        "clinic": site.clinic,
        "when": spoken(starts, "weekday_year_time"),
        "clinician": appointment.clinician.display_name,
        "cut_off_hours": selectors.booking_rules(site).cut_off_hours,
        "url": "",
    }
    if row.kind != CANCELLED:
        context["url"] = links.url_for(links.mint_token(appointment_link(appointment, by=by, at=at), at=at))
    if row.kind == REMINDER and appointment.visit_type.needs_screening:
        context["rescreen_url"] = links.url_for(links.mint_token(_rescreen_link(appointment, by, at), at=at))
    subject, text, html = mailkit.render(row.kind, context, row.language)
    method = "CANCEL" if row.kind == CANCELLED else "REQUEST"
    file = ("appointment.ics", f'text/calendar; charset="utf-8"; method="{method}"', ics(appointment, method, at))
    return Mail(subject, text, html, attachments=() if row.kind == REMINDER else (file,))


def _rescreen_link(appointment: Appointment, by: Actor, at: datetime) -> Link:
    there = links.reusable(purpose="rescreen", subject_uuid=appointment.uuid, at=at)
    return there or make_link("rescreen", appointment.patient, appointment.uuid, appointment.starts_at, by, at)


def ics(appointment: Appointment, method: str, at: datetime) -> bytes:
    """RFC 5545, in UTC, with neutral words: clinic and “Appointment”, never a treatment."""
    site: Site = appointment.site
    calendar = Calendar()
    calendar.add("prodid", "-//Anagen//appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", f"{appointment.uuid}@{parseaddr(settings.MAIL_FROM)[1].rpartition('@')[2]}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", _("Appointment, %(clinic)s") % {"clinic": site.clinic.name})
    event.add("location", ", ".join(filter(None, (site.name, site.address))))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    organizer = vCalAddress(f"MAILTO:{parseaddr(settings.MAIL_FROM)[1]}")
    organizer.params["cn"] = site.clinic.name
    event["organizer"] = organizer
    if appointment.patient.email:
        event["attendee"] = vCalAddress(f"MAILTO:{appointment.patient.email}")
    calendar.add_component(event)
    return bytes(calendar.to_ical())

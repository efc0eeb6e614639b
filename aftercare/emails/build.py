"""Building: each mail from fresh data, its link minted now (SETTLED 19). Neutral mode says only that something waits."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from aftercare import purposes
from aftercare.emails.compose import mail_of, step_mail
from aftercare.emails.preview import example_mail
from aftercare.models import CheckIn, Concern, Plan, PlannedMessage, ProtocolStep
from aftercare.selectors.instructions import wall_words
from clinic import links
from clinic.audit import Actor
from clinic.mailkit import render
from clinic.models import OutboxMessage, Site
from clinic.outbox.kinds import Build, Mail
from patients.models import Patient

CHOOSE_TIME = "choose_time"
_BY = Actor.of_task("clinic.drain")
_INVITATION_LIVES = timedelta(days=28)


def _url(
    *,
    purpose: str,
    patient: Patient,
    site: Site,
    subject_kind: str,
    subject_uuid: UUID,
    expires_at: datetime | None,
    at: datetime,
) -> str:
    """Address of a live link for the subject, with a token of its own for this attempt."""
    link = links.reusable(purpose=purpose, subject_uuid=subject_uuid, at=at) or links.make_link(
        purpose=purpose,
        site=site,
        patient_uuid=patient.uuid,
        birth_on=patient.birth_on,
        language=patient.language,
        subject_kind=subject_kind,
        subject_uuid=subject_uuid,
        expires_at=expires_at,
        by=_BY,
        at=at,
    )
    return links.url_for(links.mint_token(link, at=at))


def _plan_url(plan: Plan, at: datetime) -> str:
    return _url(
        purpose=purposes.AFTERCARE,
        patient=plan.patient,
        site=plan.site,
        subject_kind="plan",
        subject_uuid=plan.uuid,
        expires_at=None,
        at=at,
    )


def _check_in_url(check_in: CheckIn, at: datetime) -> str:
    return _url(
        purpose=purposes.CHECK_IN,
        patient=check_in.patient,
        site=check_in.site,
        subject_kind="check_in",
        subject_uuid=check_in.uuid,
        expires_at=max(check_in.closes_at, at + timedelta(days=1)),
        at=at,
    )


def _in_its_language(build: Build) -> Build:
    """Everything of a mail, dates too, in the language of its row."""

    @wraps(build)
    def inner(row: OutboxMessage, at: datetime) -> Mail:
        with translation.override(row.language):
            return build(row, at)

    return inner


def cause_of(row: OutboxMessage) -> UUID:
    """What the message is about. Every message of this app has a cause."""
    if row.cause_uuid is None:
        raise ValueError(f"message {row.uuid} has no cause")
    return row.cause_uuid


def _planned(row: OutboxMessage) -> PlannedMessage:
    behind = ("plan__patient", "plan__site__clinic", "plan__session", "plan__protocol", "step", "check_in__patient", "check_in__site")
    return PlannedMessage.objects.select_related(*behind).get(outbox_id=row.pk)


@_in_its_language
def plan_step(row: OutboxMessage, at: datetime) -> Mail:
    """Instructions, also corrected ones, a results review, a message without questions: behind its link stand the instructions."""
    message = _planned(row)
    corrects = message.plan.replans.filter(message__code=message.code).order_by("at", "pk").last() if message.occurrence else None
    return step_mail(message.step, message.plan, _plan_url(message.plan, at), language=row.language, at=at, corrects=corrects)


@_in_its_language
def check_in(row: OutboxMessage, at: datetime) -> Mail:
    """A few questions, with what is expected by now and what still has to wait."""
    message = _planned(row)
    url = _check_in_url(message.check_in, at)
    return step_mail(message.step, message.plan, url, language=row.language, at=at)


@_in_its_language
def check_in_reminder(row: OutboxMessage, at: datetime) -> Mail:
    """The same questions once more."""
    behind = ("patient", "site__clinic", "plan__session", "message__step", "message__outbox")
    asked = CheckIn.objects.select_related(*behind).get(uuid=cause_of(row))
    return mail_of("check_in_reminder", asked.patient, asked.site, _check_in_url(asked, at), language=row.language, at=at, calls=_a_call_follows(asked))


def _a_call_follows(asked: CheckIn) -> bool:
    """Whether the desk phones when nothing comes: the step has a call, and the questions are still open by then."""
    step, sent = asked.message.step, asked.message.outbox.sent_at or asked.opens_at
    return step.call_hours is not None and sent + timedelta(hours=step.call_hours) < asked.closes_at


@_in_its_language
def follow_up_invitation(row: OutboxMessage, at: datetime) -> Mail:
    """The window is open: choose a time from this mail, without login."""
    message = _planned(row)
    plan = message.plan
    url = _url(
        purpose=CHOOSE_TIME,
        patient=plan.patient,
        site=plan.site,
        subject_kind=CHOOSE_TIME,
        subject_uuid=plan.patient.uuid,
        expires_at=at + _INVITATION_LIVES,
        at=at,
    )
    return step_mail(message.step, plan, url, language=row.language, at=at)


@_in_its_language
def protocol_test(row: OutboxMessage, at: datetime) -> Mail:
    """A step's mail to the one who is writing it, about an invented patient; its links lead nowhere."""
    step = ProtocolStep.objects.select_related("protocol").get(pk=row.context["step_pk"])
    site = Site.objects.select_related("clinic").get(pk=row.context["site_pk"])
    mail = example_mail(step, site, language=row.language, at=at)
    return replace(mail, subject=_("Test: %(subject)s") % {"subject": mail.subject})


@_in_its_language
def concern_alert(row: OutboxMessage, at: datetime) -> Mail:
    """To a clinician: a check-in needs you, by when, and where. No name and nothing clinical."""
    concern = Concern.objects.select_related("site__clinic").get(uuid=cause_of(row))
    context = {
        "clinic": concern.site.clinic,
        "site": concern.site,
        "url": settings.PUBLIC_URL + reverse("aftercare:concern", kwargs={"concern_uuid": concern.uuid}),
        "due": wall_words(concern.due_at, concern.site.zone),
        "overdue": bool(row.context.get("overdue")),
        "on_call": bool(row.context.get("on_call")),
        "handed_over": bool(row.context.get("handed_over")),
        "taken_over": bool(row.context.get("taken_over")),
        "raised": bool(row.context.get("raised")),
    }
    subject, text, html = render("concern_alert", context, row.language)
    return Mail(subject=subject, text=text, html=html)

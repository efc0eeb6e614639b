"""Building: each mail from fresh data, its link minted now (SETTLED 19). Neutral mode says only that something waits."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from aftercare import purposes
from aftercare.emails.calendar import CONTENT_TYPE, FILE_NAME, times_file
from aftercare.models import CheckIn, Concern, Plan, PlannedMessage
from aftercare.selectors.answers import expected_words
from aftercare.selectors.instructions import instructions_of, wall_words
from aftercare.selectors.messages import step_words
from clinic import links
from clinic.audit import Actor
from clinic.mailkit import render
from clinic.models import Link, OutboxMessage, Site
from clinic.outbox.kinds import Build, Mail
from patients.models import Patient
from treatments.selectors import next_window

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
    live = Link.objects.filter(
        purpose=purpose,
        subject_uuid=subject_uuid,
        revoked_at=None,
        consumed_at=None,
        expires_at__gt=at,
    ).first()
    link = live or links.make_link(
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


def _mail(message: str, patient: Patient, site: Site, url: str, **context: Any) -> Mail:
    """In full mode the message's own templates, in neutral mode the one that only says that something waits."""
    name = message if patient.mail_mode == "full" else "something_waiting"
    values = {
        "clinic": site.clinic,
        "site": site,
        "first_name": patient.first_name,
        "url": url,
        **context,
    }
    if name == "something_waiting":
        values = {"clinic": site.clinic, "site": site, "url": url}
    subject, text, html = render(name, values, patient.language)
    return Mail(subject=subject, text=text, html=html)


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
    rows = PlannedMessage.objects.select_related("plan__patient", "plan__site__clinic", "plan__session", "step")
    return rows.get(outbox_id=row.pk)


@_in_its_language
def aftercare_instructions(row: OutboxMessage, at: datetime) -> Mail:
    """What to do after the session and until when."""
    plan = _planned(row).plan
    instructions = instructions_of(plan, at=at)
    mail = _mail("aftercare_instructions", plan.patient, plan.site, _plan_url(plan, at), instructions=instructions)
    if plan.patient.mail_mode != "full":
        return mail
    return replace(mail, attachments=((FILE_NAME, CONTENT_TYPE, times_file(plan, at=at)),))


@_in_its_language
def check_in(row: OutboxMessage, at: datetime) -> Mail:
    """A few questions, with what is expected by now and what still has to wait."""
    message = _planned(row)
    return _check_in_mail("check_in", message.check_in, at)


@_in_its_language
def check_in_reminder(row: OutboxMessage, at: datetime) -> Mail:
    """The same questions once more."""
    rows = CheckIn.objects.select_related("patient", "site__clinic", "plan__session", "plan__site")
    return _check_in_mail("check_in_reminder", rows.get(uuid=cause_of(row)), at)


def _check_in_mail(message: str, asked: CheckIn, at: datetime) -> Mail:
    plan = asked.plan
    context = {
        "groups": instructions_of(plan, at=at).waiting,
        "expected": expected_words(plan, at=at),
        "step": asked.code,
        "step_words": step_words(asked.code),
    }
    return _mail(message, asked.patient, asked.site, _check_in_url(asked, at), **context)


@_in_its_language
def follow_up_invitation(row: OutboxMessage, at: datetime) -> Mail:
    """The window is open: choose a time from this mail, without login."""
    plan = _planned(row).plan
    patient, site = plan.patient, plan.site
    url = _url(
        purpose=CHOOSE_TIME,
        patient=patient,
        site=site,
        subject_kind=CHOOSE_TIME,
        subject_uuid=patient.uuid,
        expires_at=at + _INVITATION_LIVES,
        at=at,
    )
    window = next_window(patient, today=site.today(at))
    return _mail("follow_up_invitation", patient, site, url, window=window)


@_in_its_language
def results_review(row: OutboxMessage, at: datetime) -> Mail:
    """Months 3 and 6: time to look at the results together."""
    message = _planned(row)
    plan = message.plan
    months = 6 if message.code == "results_month6" else 3
    return _mail("results_review", plan.patient, plan.site, _plan_url(plan, at), months=months)


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
    }
    subject, text, html = render("concern_alert", context, row.language)
    return Mail(subject=subject, text=text, html=html)

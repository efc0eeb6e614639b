"""What each mail of a protocol step says, given its plan and its address: used to send, to preview and to try out."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from aftercare.emails.calendar import CONTENT_TYPE, FILE_NAME, times_file
from aftercare.models import Plan, ProtocolStep, Replan
from aftercare.selectors.answers import expected_words
from aftercare.selectors.corrections import corrections
from aftercare.selectors.instructions import Instructions, instructions_of
from aftercare.selectors.results import months_of
from aftercare.selectors.rota import keeps_watch
from aftercare.selectors.wording import opening_of
from aftercare.states import Purpose
from clinic.mailkit import render
from clinic.models import Site
from clinic.outbox.kinds import Mail
from patients.models import Patient
from treatments.selectors import next_window


def mail_of(message: str, patient: Patient, site: Site, url: str, *, language: str, at: datetime, **context: Any) -> Mail:
    """In full mode the message's own templates, in neutral mode the one that only says that something waits."""
    values: dict[str, Any] = {"clinic": site.clinic, "site": site, "url": url, "watched": keeps_watch(site, at)}
    if patient.mail_mode == "full":
        subject, text, html = render(message, {**values, "first_name": patient.first_name, **context}, language)
    else:
        subject, text, html = render("something_waiting", values, language)
    return Mail(subject=subject, text=text, html=html)


def step_mail(
    step: ProtocolStep,
    plan: Plan,
    url: str,
    *,
    language: str,
    at: datetime,
    instructions: Instructions | None = None,
    corrects: Replan | None = None,
) -> Mail:
    """The mail of a step for a plan. `instructions` may be given to look at it without what is in the record; `corrects` opens it with what changed."""
    known = instructions or instructions_of(plan, at=at)
    patient, site = plan.patient, plan.site
    context = _context(step, plan, known, at) | {"opening": opening_of(step, plan, known, language=language)}
    context["changed"] = corrections(plan, known, replan=corrects) if corrects else []
    mail = mail_of(step.purpose, patient, site, url, language=language, at=at, **context)
    if step.purpose == Purpose.INSTRUCTIONS and patient.mail_mode == "full":
        return replace(mail, attachments=((FILE_NAME, CONTENT_TYPE, times_file(plan, known.groups, at=at, sequence=plan.replans.count() if corrects else 0)),))
    return mail


def _context(step: ProtocolStep, plan: Plan, known: Instructions, at: datetime) -> dict[str, Any]:
    if step.purpose == Purpose.CHECK_IN:
        return {"groups": known.waiting, "expected": expected_words(plan, at=at)}
    if step.purpose == Purpose.INVITATION:
        return {"window": next_window(plan.patient, today=plan.site.today(at)) if plan.patient.pk else None}
    if step.purpose == Purpose.RESULTS:
        return {"months": months_of(step)}
    return {"instructions": known, "groups": known.waiting}

"""What was written on paper, in a downtime or by choice, and is typed in afterwards: marked so, with the date on the paper."""

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Refused
from patients.models import Consent, ConsentText, Intake, Patient
from patients.selectors import eligible
from patients.services.agreements import sign_consent
from patients.services.answers import open_draft
from patients.vocabulary import AnsweredBy


class PaperDateWrong(Refused):
    """The date on the paper can't be right, with the reason."""


def _check(patient: Patient, on: date, at: datetime) -> None:
    if on > patient.site.today(at):
        raise PaperDateWrong(_("This date lies in the future."), field="paper_on")
    if on < patient.birth_on:
        raise PaperDateWrong(_("This is before the patient was born."), field="paper_on")


def open_paper_intake(*, patient: Patient, paper_on: date, by: Actor, at: datetime) -> Intake:
    """The draft into which a paper is typed, marked *paper* with its date.

    Raises PaperDateWrong, also for a paper that is older than answers which came since: typed in now it would take their place.
    """
    _check(patient, paper_on, at)
    newest = eligible.latest_answers(patient)
    if newest is not None and (since := eligible.told_on(newest, patient)) > paper_on:
        raise PaperDateWrong(
            _("The patient has answered since, on %(day)s. What the paper says besides can be asked again, at the desk or by link.") % {"day": _said(since)}, field="paper_on"
        )
    with audit.write(by=by, action="intake.paper"):
        draft = Intake.objects.select_for_update().get(pk=open_draft(patient=patient, by=by, at=at, answered_by=AnsweredBy.PAPER).pk)
        draft.answered_by, draft.paper_on = AnsweredBy.PAPER, paper_on
        draft.save(update_fields=["answered_by", "paper_on"])
    return draft


def record_paper_consent(
    *, patient: Patient, text: ConsentText, paper_on: date, signed_name: str, off_label_understood: bool, photos: bool, by: Actor, at: datetime
) -> Consent:
    """A signature on paper under one version of the text, typed in now.

    Raises PaperDateWrong: the version was not in force yet on that day, or the patient has taken a consent back since (S03).
    """
    _check(patient, paper_on, at)
    began = local_date(text.in_force_from, patient.site.zone)
    if paper_on < began:
        raise PaperDateWrong(_("Version %(version)s exists since %(day)s only.") % {"version": text.version, "day": _said(began)}, field="paper_on")
    gone = patient.consents.exclude(withdrawn_at=None).order_by("-withdrawn_at").first()
    if gone is not None and gone.withdrawn_at and local_date(gone.withdrawn_at, patient.site.zone) > paper_on:
        day = _said(local_date(gone.withdrawn_at, patient.site.zone))
        raise PaperDateWrong(_("The patient took a consent back on %(day)s, after this paper. A new signature is needed.") % {"day": day}, field="paper_on")
    return sign_consent(
        patient=patient, text=text, signed_name=signed_name, off_label_understood=off_label_understood, photos=photos, on_paper=True,
        paper_on=paper_on, by=by, at=at,
    )  # fmt: skip


def _said(day: date) -> str:
    return date_format(day, "j M Y")

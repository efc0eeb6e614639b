"""Reads about check-ins: the one behind a link, and those without an answer."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce

from aftercare.models import CheckIn
from clinic.clock import local_date
from clinic.dates import spoken
from clinic.models.mail import came_back
from patients.models import Patient
from treatments.models import PhotoUpload
from treatments.vocabulary import UploadState

_HOUR = timedelta(hours=1)
_LINK_OUTLIVES = timedelta(days=14)
_SENT_BY = timedelta(hours=2)  # a draft that still waits by then is not going to be sent
_LASTING = timedelta(hours=72)
_SKIN_KEYS = ("dark_spots", "light_patches", "raised_or_pitted_scars", "firm_bumps", "numbness")
_UNSENT = ("skipped", "failed")


def check_in_behind(subject_uuid: UUID) -> CheckIn | None:
    """The check-in that a link names, with what its pages need."""
    rows = CheckIn.objects.select_related("plan__session", "plan__site__clinic", "patient", "site__clinic", "message")
    return rows.filter(uuid=subject_uuid).first()


def _after(hours: str) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(F(f"message__step__{hours}") * _HOUR, output_field=DurationField())


def _missed(at: datetime, hours: str) -> QuerySet[CheckIn]:
    """Sent (or due), unanswered, and silent for as long as the step's `hours` say. Counted from the true sending."""
    began = Coalesce("message__outbox__sent_at", "opens_at")
    rows = CheckIn.objects.unanswered().filter(message__step__isnull=False, opens_at__lte=at, closes_at__gt=at)
    rows = rows.filter(patient__deceased_on__isnull=True, patient__do_not_contact=False)
    rows = rows.filter(**{f"message__step__{hours}__isnull": False})
    return rows.annotate(silent_at=began + _after(hours)).filter(silent_at__lte=at).order_by("opens_at", "pk")


def check_ins_to_remind(at: datetime) -> QuerySet[CheckIn]:
    """Unanswered past the reminder's hours, and not reminded yet. Only where the mail went out (SETTLED 6), and while a reminder is of use."""
    rows = _missed(at, "reminder_hours").filter(reminded_at__isnull=True, message__outbox__state="sent").exclude(_no_mail())
    until = F("message__outbox__sent_at") + ExpressionWrapper(
        Coalesce(F("message__step__call_hours"), 2 * F("message__step__reminder_hours")) * _HOUR, output_field=DurationField()
    )
    return rows.annotate(of_use_until=until).filter(of_use_until__gt=at)


def reminder_until(check_in: CheckIn) -> datetime | None:
    """Until when a reminder is of use: until the desk phones, or once more the reminder's hours (`docs/decisions/0041`). None: never."""
    step, sent = check_in.message.step, check_in.message.outbox.sent_at
    if sent is None or step.reminder_hours is None:
        return None
    return sent + timedelta(hours=step.call_hours or 2 * step.reminder_hours)


def check_ins_to_call(at: datetime) -> QuerySet[CheckIn]:
    """Unanswered past the hours of the call, without a call task. Answers that wait to be sent in have their time for it first."""
    nothing_waits = Q(draft__waits__isnull=True) | Q(draft__waits=False) | Q(draft__has_key="refused") | Q(draft_saved_at__lte=at - _SENT_BY)
    return _missed(at, "call_hours").filter(nothing_waits, call_task__isnull=True).exclude(_no_mail())


def check_ins_left(at: datetime, *, idle: timedelta) -> QuerySet[CheckIn]:
    """Drafts with something to say, untouched for as long as `idle`; a link may outlive the questions' own closing by its lifetime.

    Not those that the rules could not read: the desk was asked to phone. A call that was due anyway keeps nothing back.
    """
    rows = CheckIn.objects.unanswered().filter(closes_at__gt=at - _LINK_OUTLIVES, draft__waits=True, draft_saved_at__lte=at - idle)
    rows = rows.filter(patient__deceased_on__isnull=True).exclude(draft__has_key="refused")
    return rows.order_by("draft_saved_at", "pk")


def check_ins_without_mail(at: datetime) -> QuerySet[CheckIn]:
    """Due, but the mail could not go (no consent, no address, refused) or came back: the desk phones at once."""
    rows = CheckIn.objects.unanswered().filter(opens_at__lte=at, closes_at__gt=at, call_task__isnull=True)
    return rows.filter(_no_mail(), patient__deceased_on__isnull=True, patient__do_not_contact=False).order_by(
        "opens_at", "pk"
    )


def _no_mail() -> Q:
    """Skipped or failed, but not merely overtaken by time; or it came back because the address does not work."""
    unsent = Q(message__outbox__state__in=_UNSENT) & ~Q(message__outbox__reason__startswith="its time")
    return unsent | came_back("message__outbox__")


def newest_check_ins(patient: Patient, *, at: datetime) -> tuple[CheckIn | None, CheckIn | None]:
    """The one answered last, and the newest whose time has come if it is still wanted and has no answer."""
    rows = CheckIn.objects.filter(patient=patient)
    answered = rows.filter(response__answered_at__lte=at).select_related("response").order_by("-response__answered_at", "-pk").first()
    wanted = rows.filter(Q(cancelled_at=None) | Q(response__isnull=False), opens_at__lte=at).select_related("response")
    newest = wanted.order_by("-opens_at", "-pk").first()
    return answered, None if newest is None or newest.is_answered else newest


def photos_of(check_in: CheckIn) -> list[PhotoUpload]:
    """What the patient sent with a check-in and was not refused: cleaned photos, and files that still wait for it."""
    rows = PhotoUpload.objects.filter(cause_kind="check_in", cause_uuid=check_in.uuid).exclude(state=UploadState.REFUSED)
    return list(rows.select_related("photo").order_by("pk"))


def shedding_of(patient: Patient, *, limit: int = 8) -> list[tuple[CheckIn, str, int | None]]:
    """A patient's shedding over the check-ins, oldest first: the answer, and the 60-second count if it was given."""
    rows = CheckIn.objects.filter(patient=patient, response__answers__has_key="shedding").select_related("response", "plan__session")
    latest = list(rows.order_by("-response__answered_at", "-pk")[:limit])
    return [(row, str(row.response.answers["shedding"] or ""), row.response.hair_count) for row in reversed(latest)]


def usual_until(check_in: CheckIn) -> str:
    """The day of the patient's first treatment here: the weeks before it are the patient's usual."""
    first = check_in.patient.sessions.filter(ended_at__isnull=False).order_by("ended_at", "pk").first()
    ended = first.ended_at if first is not None and first.ended_at is not None else check_in.plan.ended_at
    return spoken(local_date(ended, check_in.plan.zone), "long_day")


def wants_photo(check_in: CheckIn) -> bool:
    """Whether a photo would help: still red from 72 hours on, or patches, scars, numbness (RULES section 4)."""
    answers = check_in.draft.get("answers", {})
    late = check_in.opens_at >= check_in.plan.ended_at + _LASTING
    return (late and bool(answers.get("redness"))) or any(answers.get(key) is True for key in _SKIN_KEYS)

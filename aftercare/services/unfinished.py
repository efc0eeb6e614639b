"""What comes beside or instead of the last page: answers that were left without sending, and photos after the answers."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from aftercare import pages
from aftercare.models import CallTask, CheckIn, CheckInResponse, Concern
from aftercare.selectors.check_ins import photos_of
from aftercare.services.calls import open_call_task
from aftercare.services.check_ins import (
    AlreadySubmitted,
    NotWanted,
    bring_to_a_person,
    close_call_task,
    lock_unanswered,
    store,
)
from aftercare.services.concerns import add_event, open_concern
from aftercare.services.locks import lock_patient
from aftercare.services.measures import keep_measures
from aftercare.states import CallReason, ConcernState, EventKind, Level
from clinic import audit, links
from clinic.audit import Actor
from clinic.models import Link
from treatments.services import photos

IDLE = timedelta(minutes=30)


def is_left(check_in: CheckIn, *, at: datetime) -> bool:
    """Whether a draft has something to say and its author is gone: idle, and nobody has its pages open behind a link."""
    saved_at = check_in.draft_saved_at
    if not check_in.draft.get("waits") or saved_at is None or saved_at > at - IDLE:
        return False
    return not links.has_open_visit(subject_uuid=check_in.uuid, at=at)


def send_unfinished(*, check_in: CheckIn, by: Actor, at: datetime) -> CheckInResponse | None:
    """Send in what a patient, or a clinician on the phone, answered before leaving. None: sent meanwhile, not wanted, or somebody goes on.

    The rules judge it as of the last page that was kept. Red flags that were put and not reached count as unanswered (T16).
    The link stays open, so that its page can say what became of it. Raises AnswersRefused.
    """
    with audit.write(by=by, action="check_in.send_unfinished"):
        try:
            locked = lock_unanswered(check_in)
        except (AlreadySubmitted, NotWanted):
            return None
        if not is_left(locked, at=at) or locked.draft_saved_at is None:
            return None
        asked, draft = locked.asked, locked.draft
        if pages.first_missing(asked, draft) is not None:
            asked = pages.asked_so_far(locked.asked, draft)
        put = [*asked, *pages.flags_not_reached(locked.asked, draft)]
        who = {"link_id": draft.get("link"), "staff_id": draft.get("staff")}
        response = store(locked, asked, put, answered_at=locked.draft_saved_at, **who)
        keep_measures(response, by=by)
        close_call_task(locked, by=by, at=at)
        bring_to_a_person(locked, response, by=by, at=at)
        return response


def ask_about_refused(*, check_in: CheckIn, by: Actor, at: datetime) -> CallTask | None:
    """The rules can't read what was left: the desk phones, also when it had phoned before. Not tried again until the patient writes more.

    `check_in` is as the rules refused it: None if the patient has written more since, which nobody has read yet.
    """
    with audit.write(by=by, action="check_in.ask_about_refused"):
        try:
            locked = lock_unanswered(check_in)
        except (AlreadySubmitted, NotWanted):
            return None
        if locked.draft_saved_at != check_in.draft_saved_at:
            return None
        locked.draft |= {"refused": True}
        locked.save(update_fields=["draft"])
        task = open_call_task(check_in=locked, reason=CallReason.MISSED, by=by, at=at)
        if task is not None and task.done_at is not None:
            task.done_at, task.done_by, task.result, task.opened_at = None, None, "", at
            task.save(update_fields=["done_at", "done_by", "result", "opened_at"])
        return task


def add_to_answer(*, check_in: CheckIn, files: list[bytes], words: str = "", by: Actor, at: datetime, link: Link) -> int:
    """Photos, and words that were changed since, beside an answer that is in; a person looks at them. Uses the link up.

    The answers were stored before, and stay stored whatever becomes of the photos. Returns how many photos there are.
    Raises NotAPhoto, TooManyPhotos, AlreadySubmitted (the link is used up).
    """
    with audit.write(by=by, action="check_in.photos"):
        lock_patient(check_in.patient_id)
        locked = CheckIn.objects.select_related("patient__site", "site", "plan", "response").get(pk=check_in.pk)
        if not links.consume(link=link, by=by, at=at):
            raise AlreadySubmitted(_("We have your answers already. Nothing was sent twice."))
        for raw in files:
            photos.receive_patient_photo(
                patient=locked.patient, cause_kind="check_in", cause_uuid=locked.uuid, raw=raw, by=by, at=at
            )
        sent = len(photos_of(locked))
        new_words = words if words != str(locked.response.answers.get("free_text") or "") else ""
        reasons = ([{"photos": sent}] if sent else []) + ([{"free_text": True}] if new_words else [])
        if reasons:
            _tell(locked, reasons, new_words, by=by, at=at)
        return sent


def _tell(check_in: CheckIn, reasons: list[dict[str, int]], words: str, *, by: Actor, at: datetime) -> None:
    """In the concern of these answers while nobody has it yet; else in one of its own, so that it is not overlooked."""
    concern = Concern.objects.select_for_update().filter(check_in=check_in).first()
    if concern is not None and concern.state == ConcernState.OPEN:
        concern.reasons = [reason for reason in concern.reasons if "photos" not in reason] + reasons
        concern.save(update_fields=["reasons"])
    else:
        of = check_in if concern is None else None
        concern = open_concern(patient=check_in.patient, level=Level.ROUTINE, reasons=reasons, by=by, at=at, check_in=of)
    if words:
        add_event(concern, EventKind.NOTED, by=by, at=at, words=words)

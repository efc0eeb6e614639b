"""The rota and the handover: who is called next, and who has a concern from now on."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from aftercare import emails
from aftercare.models import Concern, OnCallShift
from aftercare.selectors.rota import clinicians_of
from aftercare.services.concerns import add_event, lock_own
from aftercare.states import ConcernState, EventKind
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Site, Staff
from clinic.permissions import require


class PlaceTaken(Conflict):
    """Somebody has that place on the rota in that time."""


class NotAColleague(Refused):
    """The receiver is no active clinician of the concern's site."""


def add_shift(
    *, site: Site, staff: Staff, place: int, starts_at: datetime, ends_at: datetime, by: Actor, at: datetime
) -> OnCallShift:
    """Put a clinician on call. Raises PlaceTaken, NotAColleague."""
    require(by, "rota:change")
    if ends_at <= starts_at:
        raise Refused(_("The end must be later than the beginning."), field="ends_at")
    if ends_at <= at:
        raise Refused(_("This time is over."), field="ends_at")
    if staff not in clinicians_of(site.pk):
        raise NotAColleague(_("Choose an active clinician of this site."), field="staff")
    with audit.write(by=by, action="rota.add"):
        try:
            with transaction.atomic():
                return OnCallShift.objects.create(site=site, staff=staff, place=place, starts_at=starts_at, ends_at=ends_at)
        except IntegrityError as error:
            words = _("Somebody is on call in this place then. Choose another time, or another place on the list.")
            raise PlaceTaken(words, field="starts_at") from error


def remove_shift(*, shift: OnCallShift, by: Actor, at: datetime) -> None:
    """Take a shift off the rota; one that runs ends now, so that the past stays readable."""
    require(by, "rota:change")
    with audit.write(by=by, action="rota.remove"):
        locked = OnCallShift.objects.select_for_update().get(pk=shift.pk)
        if locked.starts_at < at < locked.ends_at:
            locked.ends_at = at
            locked.save(update_fields=["ends_at"])
        elif locked.starts_at >= at:
            locked.delete()


def hand_over_concern(*, concern: Concern, to: Staff, words: str, by: Actor, at: datetime) -> Concern:
    """Its clinician gives it to a named colleague, who has it from now on and is mailed. Raises NotYours, NotAColleague."""
    require(by, "concern:claim")
    if not words.strip():
        raise Refused(_("Write what your colleague must know."), field="words")
    if to.pk == by.staff_id or to not in clinicians_of(concern.site_id):
        raise NotAColleague(_("Choose another active clinician of this site."), field="to")
    with audit.write(by=by, action="concern.hand_over", reason=words):
        locked = lock_own(concern, by)
        locked.state, locked.claimed_by, locked.claimed_at = ConcernState.CLAIMED, to, at
        locked.escalations += 1
        locked.save(update_fields=["state", "claimed_by", "claimed_at", "escalations"])
        add_event(locked, EventKind.HANDED_OVER, by=by, at=at, words=f"{to.display_name}: {words}")
        emails.queue_handover(locked, to=to, by=by, at=at)
        return locked

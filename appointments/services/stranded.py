"""Moving many stranded visits: each by the ordinary move, each with its own result, none half-done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from appointments import selectors
from appointments.models import Appointment
from appointments.services.booking import move_appointment
from appointments.services.common import Wish
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Refused


@dataclass(frozen=True)
class Moved:
    """What became of one visit: where it was, and why it still is there (empty when it moved)."""

    visit: Appointment
    was: datetime
    problem: str = ""


def move_stranded(*, moves: Sequence[tuple[Appointment, Wish | None]], by: Actor, at: datetime, tell: bool = True) -> list[Moved]:
    """One transaction a visit. The time must still be free, inside everybody's hours and allowed; a problem stops that row alone."""
    found = []
    for visit, wish in moves:
        was = visit.starts_at
        try:
            found.append(Moved(_move_one(visit, wish, by=by, at=at, tell=tell), was))
        except Refused as refusal:
            visit.refresh_from_db()
            found.append(Moved(visit, was, refusal.message))
    return found


def _move_one(visit: Appointment, wish: Wish | None, *, by: Actor, at: datetime, tell: bool) -> Appointment:
    if wish is None:
        raise Refused(_("No new time was chosen."))
    if not selectors.grounds_of(visit.site, at).why(visit):
        raise Refused(_("It fits where it is, so it stays."))
    on = local_date(wish.starts_at, visit.site.zone)
    slots = selectors.diary_for(visit, on, on, at=at).slots(on)
    if not any((slot.starts_at, slot.clinician_id) == (wish.starts_at, wish.clinician.pk) for slot in slots):
        raise Refused(_("The chosen time is not free any more."))
    return move_appointment(appointment=visit, wish=wish, by=by, at=at, tell=tell)

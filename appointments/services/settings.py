"""How a clinic books: visit types with their lengths, limits and reminders; rooms; the numbers of a site."""

from dataclasses import dataclass

from django.db import IntegrityError

from appointments.models import BookingRules, Room, VisitType
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site


@dataclass(frozen=True)
class VisitTypeData:
    """What a manager says of a kind of visit. Minutes; reminders in hours before the visit, any order."""

    name: str
    minutes: int
    buffer_minutes: int
    waiting_limit_minutes: int
    in_room_limit_minutes: int
    reminder_hours: tuple[int, ...]
    needs_room: bool
    needs_device: bool


def change_visit_type(*, visit_type: VisitType, data: VisitTypeData, by: Actor) -> VisitType:
    """Visits that are booked keep their length and the reminders they have; new ones follow."""
    with audit.write(by=by, action="visit_type.change", reason=visit_type.code):
        locked = VisitType.objects.select_for_update().get(pk=visit_type.pk)
        for name, value in data.__dict__.items():
            setattr(locked, name, value)
        locked.reminder_hours = sorted(set(data.reminder_hours), reverse=True)
        locked.save()
    return locked


def set_booking_rules(*, site: Site, cut_off_hours: int, offer_minutes: int, offers_a_round: int, by: Actor) -> BookingRules:
    """The site's own numbers, from now on. Raises Refused."""
    try:
        with audit.write(by=by, action="booking_rules.set"):
            row, _made = BookingRules.objects.update_or_create(
                site=site, defaults={"cut_off_hours": cut_off_hours, "offer_minutes": offer_minutes, "offers_a_round": offers_a_round}
            )
    except IntegrityError as error:
        raise Refused("These numbers are outside of what is possible.") from error
    return row


def add_room(*, site: Site, name: str, by: Actor) -> Room:
    """One more room. Raises Refused."""
    name = " ".join(name.split())[:60]
    if not name:
        raise Refused("Give the room a name.", field="name")
    with audit.write(by=by, action="room.add", reason=name):
        if Room.objects.filter(site=site, name__iexact=name).exists():
            raise Refused("There is a room with this name already.", field="name")
        return Room.objects.create(site=site, name=name)

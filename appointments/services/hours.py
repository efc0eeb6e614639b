"""Working time: hours, absences, closures, rooms out of use. A change never touches a visit; the page shows whom it strands."""

import itertools
from datetime import date, datetime, time, timedelta

from appointments.models import Absence, Room, WorkingHours
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Closure, OpeningHours, Site, Staff


def set_working_hours(*, staff: Staff, site: Site, weekday: int, spans: list[tuple[time, time]], by: Actor) -> None:
    """Replace the hours of one clinician on one weekday; an empty list means they are not there. Raises Refused."""
    _check(spans)
    with audit.write(by=by, action="hours.set", reason=f"{staff.display_name}, weekday {weekday}"):
        WorkingHours.objects.filter(staff=staff, site=site, weekday=weekday).delete()
        for starts, ends in spans:
            WorkingHours.objects.create(staff=staff, site=site, weekday=weekday, starts=starts, ends=ends)


def set_opening_hours(*, site: Site, weekday: int, spans: list[tuple[time, time]], by: Actor) -> None:
    """Replace the opening hours of a site on one weekday; an empty list means closed. Raises Refused."""
    _check(spans)
    with audit.write(by=by, action="hours.open", reason=f"weekday {weekday}"):
        OpeningHours.objects.filter(site=site, weekday=weekday).delete()
        for opens, closes in spans:
            OpeningHours.objects.create(site=site, weekday=weekday, opens=opens, closes=closes)


def _check(spans: list[tuple[time, time]]) -> None:
    ordered = sorted(spans)
    if any(ends <= starts for starts, ends in ordered):
        raise Refused("An end lies before its start.", field="hours")
    if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(ordered)):
        raise Refused("Two stretches overlap.", field="hours")


def add_absence(*, staff: Staff, starts_at: datetime, ends_at: datetime, reason: str, by: Actor) -> Absence:
    """A clinician is away. Raises Refused."""
    if ends_at <= starts_at:
        raise Refused("The end lies before the start.", field="ends")
    if ends_at - starts_at > timedelta(days=400):
        raise Refused("That is more than a year. Check the dates.", field="ends")
    with audit.write(by=by, action="hours.absence", reason=reason):
        return Absence.objects.create(staff=staff, starts_at=starts_at, ends_at=ends_at, reason=reason[:120])


def remove_absence(*, absence: Absence, by: Actor) -> None:
    """Back earlier, or never gone."""
    with audit.write(by=by, action="hours.absence_removed"):
        absence.delete()


def close_site(*, site: Site, on: date, reason: str, by: Actor) -> Closure:
    """The site is closed on a day; closing it twice changes the reason."""
    with audit.write(by=by, action="hours.close", reason=reason):
        row, _made = Closure.objects.update_or_create(site=site, on=on, defaults={"reason": reason[:120]})
    return row


def reopen_site(*, closure: Closure, by: Actor) -> None:
    """Open after all."""
    with audit.write(by=by, action="hours.reopen"):
        closure.delete()


def set_room(*, room: Room, out_of_service: bool, by: Actor) -> Room:
    """Take a room out of use, or back."""
    with audit.write(by=by, action="hours.room"):
        room.out_of_service = out_of_service
        room.save(update_fields=["out_of_service"])
    return room

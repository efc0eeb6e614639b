"""Writes about the house itself: the first set-up, and staff."""

from datetime import datetime, time

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Clinic, OpeningHours, Site, Staff
from clinic.roles import Role


class AlreadySetUp(Refused):
    """There is a clinic already; a second set-up would hide it."""


def set_up_clinic(
    *, name: str, site_name: str, zone: str, phone: str, opens: time, closes: time, by: Actor, at: datetime
) -> Site:
    """The clinic, its first site and its hours, Monday to Friday. Raises AlreadySetUp."""
    with audit.write(by=by, action="clinic.set_up"):
        if Clinic.objects.exists():
            raise AlreadySetUp("This database has a clinic already. Nothing was changed.")
        clinic = Clinic(name=name)
        clinic.full_clean()
        clinic.save()
        site = Site(clinic=clinic, name=site_name, zone=zone, phone=phone)
        site.full_clean()
        site.save()
        for weekday in range(5):
            OpeningHours.objects.create(site=site, weekday=weekday, opens=opens, closes=closes)
    return site


def invite_staff(*, email: str, name: str, title: str, roles: list[Role], sites: list[Site], by: Actor, at: datetime) -> Staff:
    """An account without a password: the person sets one from the reset mail. Nobody sets it for them."""
    with audit.write(by=by, action="staff.invite"):
        staff = Staff.objects.create_user(email, None, name=name, title=title, roles=[role.value for role in roles])
        staff.sites.set(sites)
    return staff

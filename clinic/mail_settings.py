"""How mail leaves the house: hours, pace, the mailbox for replies. One write, with what it changes for what is planned."""

from collections.abc import Mapping
from datetime import datetime, time

from django.core.exceptions import PermissionDenied

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Clinic, Site
from clinic.outbox.rows import ask_hours_again
from clinic.permissions import require

FIELDS = ("reply_to", "send_from", "send_until", "quiet_from", "quiet_until", "daily_cap", "domain_per_minute", "mail_details_days")


class HoursClosed(Refused):
    """The hours leave no minute in which mail may go."""


def _leaves_a_minute(send_from: time | None, send_until: time | None, quiet_from: time | None, quiet_until: time | None) -> bool:
    """Whether some minute of the day is inside the sending hours and outside the quiet ones."""

    def inside(start: time | None, end: time | None, now: time) -> bool:
        if start is None or end is None or start == end:
            return False
        return start <= now < end if start < end else now >= start or now < end

    minutes = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
    sending = [now for now in minutes if send_from is None or send_until is None or inside(send_from, send_until, now)]
    return any(not inside(quiet_from, quiet_until, now) for now in sending)


def change_mail_settings(*, values: dict[str, object], closed: Mapping[int, str] | None = None, by: Actor, at: datetime) -> Clinic:
    """Keep the settings; what waits for the old hours is asked again. `closed`: site → number while it is closed.

    Raises HoursClosed, and PermissionDenied for a site of others.
    """
    require(by, "mail_settings:change")
    if not by.site_ids.issuperset(closed or ()):
        raise PermissionDenied("mail_settings:change")
    hours = [values.get(name) for name in ("send_from", "send_until", "quiet_from", "quiet_until")]
    if not _leaves_a_minute(*hours):  # type: ignore[arg-type]
        raise HoursClosed("With these hours no mail would ever leave. Change one of them.", field="send_until")
    with audit.write(by=by, action="mail_settings.change"):
        clinic = Clinic.objects.select_for_update().order_by("pk")[0]
        moved = any(getattr(clinic, name) != values.get(name) for name in ("send_from", "send_until", "quiet_from", "quiet_until"))
        for name in FIELDS:
            setattr(clinic, name, values.get(name))
        clinic.save(update_fields=list(FIELDS))
        for site in Site.objects.select_for_update().filter(pk__in=closed or ()).order_by("pk"):
            site.out_of_hours_phone = (closed or {})[site.pk]
            site.save(update_fields=["out_of_hours_phone"])
        if moved:
            ask_hours_again(by=by, at=at)
        return clinic

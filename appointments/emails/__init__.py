"""Every message of this room; nothing else here names the outbox."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from appointments.emails import offers, visits
from appointments.emails.offers import recall_invitation, waiting_offer, withdraw_offer
from appointments.emails.visits import (
    appointment_cancelled,
    appointment_changed,
    appointment_confirmed,
    appointment_link,
    appointment_reminders,
    ics,
    take_back_cancellation,
)
from clinic import links
from clinic.links import Purpose
from clinic.outbox import Kind, Scope, kinds

__all__ = [
    "appointment_cancelled", "appointment_changed", "appointment_confirmed", "appointment_link", "appointment_reminders",
    "ics", "recall_invitation", "register", "take_back_cancellation", "waiting_offer",
    "withdraw_offer",
]  # fmt: skip


def register() -> None:
    """Purposes of links, and kinds of mail."""
    links.register(Purpose("appointment", _("Your appointment."), "appointments_link:appointment", timedelta(days=400)))
    links.register(Purpose("choose_time", _("Choose a time for your next visit."), "appointments_link:choose_time", timedelta(days=28)))
    links.register(Purpose("offer", _("An earlier time for your visit."), "appointments_link:offer", timedelta(days=2)))
    for name in (visits.CONFIRMED, visits.CHANGED, visits.CANCELLED, visits.REMINDER):
        kinds.register(Kind(name, visits.may_send, visits.build, scope=Scope.APPOINTMENT))
    kinds.register(Kind(offers.INVITATION, offers.may_send_invitation, offers.build_invitation, scope=Scope.INVITATION))
    kinds.register(Kind(offers.OFFER, offers.may_send_offer, offers.build_offer, scope=Scope.APPOINTMENT))

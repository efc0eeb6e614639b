"""Tables of the house: the clinic and its sites, staff, access events, patient links, the outbox."""

from clinic.models.audit import AccessEvent
from clinic.models.links import Link, LinkToken, LinkVisit
from clinic.models.mail import Allowance, DeliveryEvent, MailChoice
from clinic.models.outbox import *  # noqa: F403
from clinic.models.policy import PolicyProposal
from clinic.models.profile import Clinic, Closure, OpeningHours, Site
from clinic.models.staff import Staff, StaffInvitation, StaffProposal

__all__ = [
    "AccessEvent", "Allowance", "Clinic", "Closure", "DeliveryEvent", "Link", "LinkToken", "LinkVisit", "MailChoice",
    "OpeningHours", "PolicyProposal", "Site", "Staff", "StaffInvitation", "StaffProposal",
]  # fmt: skip

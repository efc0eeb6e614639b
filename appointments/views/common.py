"""What several pages of this room share."""

from datetime import date, datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors
from appointments.forms import SlotForm
from appointments.models import Appointment
from appointments.services import Wish
from clinic.errors import Refused
from clinic.models import Site, Staff
from clinic.permissions import check_subject, fetch, may, scoped
from clinic.requests import HttpRequest
from clinic.roles import Role
from patients.models import Patient


def site_of(request: HttpRequest) -> Site:
    """The site the page is about: the one asked for, else the first of the actor's own."""
    sites = scoped(Site.objects.select_related("clinic"), request.actor).order_by("pk")
    asked = request.GET.get("site", "")
    found = next((site for site in sites if str(site.uuid) == asked), None) if asked else sites.first()
    if found is None:
        raise Refused(_("You have no site yet. Ask a manager."))
    return found


def sites_of(request: HttpRequest) -> list[Site]:
    """For the site filter."""
    return list(scoped(Site.objects.all(), request.actor).order_by("name"))


def day_in(request: HttpRequest, site: Site) -> date:
    """`?on=`, else today at the site."""
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return site.today(timezone.now())


def clinicians(site: Site) -> QuerySet[Staff]:
    """Whom a visit can be with."""
    return Staff.objects.filter(sites=site, roles__contains=[Role.CLINICIAN.value], is_active=True).order_by("name")


def patient_of(request: HttpRequest, uuid: str) -> Patient:
    """The patient of the page, with the subject checked on a POST (R12)."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, found.uuid)
    return found


def visit_of(request: HttpRequest, uuid: str) -> Appointment:
    """One visit with what its pages show."""
    rows = Appointment.objects.select_related("patient", "patient__site", "site", "site__clinic", "visit_type", "clinician", "room", "session")
    found = fetch(rows, request.actor, uuid=uuid)
    check_subject(request, found.patient.uuid)
    return found


def wish_in(form: SlotForm, site: Site) -> Wish:
    """The chosen slot. Raises Refused for a clinician of another site."""
    starts_at, pk = form.cleaned_data["slot"]
    return Wish(starts_at=starts_at, clinician=clinician_by(site, pk))


def clinician_by(site: Site, pk: int) -> Staff:
    """A clinician of the site. Raises Refused."""
    found = clinicians(site).filter(pk=pk).first()
    if found is None:
        raise Refused(_("Choose a time from the list."), field="slot")
    return found


def reasons_in(request: HttpRequest, data: dict[str, str]) -> dict[str, str]:
    """Reasons that the actor may give: early ones by a clinician, overlaps by right."""
    early = data.get("early_reason", "") if may(request.actor, "appointment:early") else ""
    overlap = data.get("overlap_reason", "") if may(request.actor, "appointment:overlap") else ""
    return {"early_reason": early, "overlap_reason": overlap}


def whole_minutes(starts_at: datetime, ends_at: datetime) -> int:
    """The length of a stretch."""
    return int((ends_at - starts_at).total_seconds() // 60)


def say_booked(request: HttpRequest, booked: Appointment) -> None:
    """The good news; and a warning when the patient has another visit on that day."""
    messages.success(request, _("Booked. The confirmation goes in three minutes; until then you can undo."))
    for words in same_day_words(booked):
        messages.warning(request, words)


def same_day_words(visit: Appointment) -> list[str]:
    """A warning for each other visit of the patient on that day."""
    return [
        _("The patient has another visit on this day: %(time)s, %(visit)s.")
        % {"time": f"{other.starts_at.astimezone(visit.site.tz):%H:%M}", "visit": other.visit_type.name}
        for other in selectors.same_day(visit)
    ]

"""Who must be told of a recalled lot, and who was."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.errors import Refused
from clinic.permissions import acting_staff, allow, check_subject, fetch
from clinic.requests import HttpRequest
from treatments.models import CartridgeLot, RecallContact
from treatments.services import recalls


@allow(POST="stock:contact")
def prepare_lot(request: HttpRequest, lot: str) -> HttpResponse:
    """The list of those to be told; nothing is sent."""
    found = fetch(CartridgeLot, request.actor, uuid=lot)
    rows = recalls.prepare_contacts(lot=found, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
    messages.success(request, ngettext("%(n)s patient is on the list now.", "%(n)s patients are on the list now.", len(rows)) % {"n": len(rows)})
    return redirect(f"{_page(found)}#contacts")


@allow(POST="stock:contact")
def mail_lot(request: HttpRequest, lot: str) -> HttpResponse:
    """The second role lets the neutral mails go."""
    found = fetch(CartridgeLot, request.actor, uuid=lot)
    try:
        count = recalls.release_mails(lot=found, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
        messages.success(request, ngettext("%(n)s mail is on its way.", "%(n)s mails are on their way.", count) % {"n": count})
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(f"{_page(found)}#contacts")


@allow(POST="stock:contact")
def told(request: HttpRequest, contact: str) -> HttpResponse:
    """Somebody spoke with this patient."""
    row = fetch(RecallContact.objects.select_related("patient", "lot"), request.actor, uuid=contact)
    check_subject(request, row.patient.uuid)
    recalls.note_told(contact=row, note=request.POST.get("note", "").strip(), by=request.actor, at=timezone.now())
    messages.success(request, _("Noted as told."))
    return redirect(f"{_page(row.lot)}#contacts" if row.lot else "treatments:inventory")


def _page(lot: CartridgeLot) -> str:
    return reverse("treatments:lot", args=[lot.uuid])

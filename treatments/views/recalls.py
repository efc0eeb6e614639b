"""Who must be told of a recalled lot or product, and who was: one list and one way for both kinds."""

from collections.abc import Callable

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
from treatments import selectors
from treatments.models import CartridgeLot, Product, RecallContact
from treatments.selectors import Thing
from treatments.services import recalls


@allow(POST="stock:contact")
def prepare(request: HttpRequest, lot: str = "", product: str = "") -> HttpResponse:
    """The list of those to be told; nothing is sent."""
    found = _thing(request, lot, product)
    rows = recalls.prepare_contacts(thing=found, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
    messages.success(request, ngettext("%(n)s patient is on the list now.", "%(n)s patients are on the list now.", len(rows)) % {"n": len(rows)})
    return _contacts(found)


@allow(POST="stock:contact")
def mail(request: HttpRequest, lot: str = "", product: str = "") -> HttpResponse:
    """The second role lets the neutral mails go."""
    found = _thing(request, lot, product)
    try:
        count = recalls.release_mails(thing=found, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
        messages.success(request, ngettext("%(n)s mail is on its way.", "%(n)s mails are on their way.", count) % {"n": count})
    except Refused as refusal:
        messages.error(request, refusal.message)
    return _contacts(found)


@allow(POST="stock:contact")
def told(request: HttpRequest, contact: str) -> HttpResponse:
    """Somebody spoke with this patient."""
    return _spoken(request, contact, recalls.note_told, _("Noted as told."))


@allow(POST="stock:contact")
def set_right(request: HttpRequest, contact: str) -> HttpResponse:
    """Somebody told a patient that the recall does not concern them after all."""
    return _spoken(request, contact, recalls.note_set_right, _("Noted: it is set right."))


def _spoken(request: HttpRequest, contact: str, act: Callable[..., RecallContact], done: str) -> HttpResponse:
    row = fetch(RecallContact.objects.select_related("patient", "lot", "product"), request.actor, uuid=contact)
    check_subject(request, row.patient.uuid)
    try:
        act(contact=row, note=request.POST.get("note", "").strip(), by=request.actor, at=timezone.now())
        messages.success(request, done)
    except Refused as refusal:
        messages.error(request, refusal.message)
    own = selectors.at_own_site(row.thing, request.actor)
    return _contacts(own) if own else redirect("treatments:inventory")


def _thing(request: HttpRequest, lot: str, product: str) -> Thing:
    return fetch(CartridgeLot, request.actor, uuid=lot) if lot else fetch(Product, request.actor, uuid=product)


def _contacts(thing: Thing) -> HttpResponse:
    name = "lot" if isinstance(thing, CartridgeLot) else "product"
    return redirect(reverse(f"treatments:{name}", args=[thing.uuid]) + "#contacts")

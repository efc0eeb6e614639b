"""A code scanned into the session's form: it is put where it belongs, and the draft is saved with all that was typed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.requests import HttpRequest
from treatments import selectors
from treatments.forms import BlockForm
from treatments.forms.rows import MOST_ROWS, free_product_row, product_names
from treatments.models import Cartridge, Product, TreatmentSession
from treatments.selectors.scanned import Scanned
from treatments.views.page import again, form_of, page, saved

LONGEST = 400


def scan(request: HttpRequest, record: TreatmentSession) -> HttpResponse:
    """Choose what the code names. What can't be chosen is said beside the field; everything else on the form is saved either way."""
    code, day = request.POST["scan"].strip()[:LONGEST], record.site.today(timezone.now())
    found = selectors.scanned(code, site=record.site, day=day, record=record)
    data = request.POST.copy()
    change = _is_change(record, found.unit)
    problem = found.problem or ("" if change else _put(data, record, found))
    beside: dict[str, Any] = {"scan": code, "scan_problem": problem} if problem else {}
    record, answer = saved(request, record, data, **beside)
    if answer is not None:
        return answer
    if problem:
        return page(request, record, form_of(record), 422, **beside)
    if change:
        return _offer_change(request, record, found)
    if found.unit and not data.get("device"):
        return page(request, record, form_of(record, data), scan_note=_("Lot %(lot)s is chosen. Choose the device too.") % {"lot": found.unit.lot.lot})
    messages.success(request, _said(found))
    return again(record, "device" if found.unit else "topicals")


def _said(found: Scanned) -> str:
    if found.unit:
        lot = found.unit.lot
        return _("Chosen: %(name)s, lot %(lot)s, usable through %(day)s.") % {"name": lot.name, "lot": lot.lot, "day": f"{lot.expires_on:%d %b %Y}"}
    return _("Chosen: %(name)s, lot %(lot)s.") % {"name": found.product.name, "lot": found.product.lot} if found.product else ""


def _is_change(record: TreatmentSession, unit: Cartridge | None) -> bool:
    """Another cartridge than the one that touched skin is a second block (SETTLED 7)."""
    newest = record.blocks.order_by("-position").first()
    return bool(unit and record.started_at and newest and newest.cartridge_id and newest.cartridge_id != unit.pk)


def _offer_change(request: HttpRequest, record: TreatmentSession, found: Scanned) -> HttpResponse:
    newest = record.blocks.order_by("-position").first()
    initial = {"new_device": newest.device_id if newest else None, "new_cartridge": found.unit.pk if found.unit else None}
    form = BlockForm(record=record, today=record.site.today(timezone.now()), initial=initial)
    note = _("The session has started with another cartridge. This one is chosen below under “Change device or cartridge”: look at its seal and press “Change”.")
    return page(request, record, form_of(record), block_form=form, block_open=True, scan_note=note)


def _put(data: QueryDict, record: TreatmentSession, found: Scanned) -> str:
    """Write what was found into what was sent. Returns what stands in the way, in words."""
    if found.unit:
        if data.get("cartridge") not in ("", None, str(found.unit.pk)):
            data["seal_intact"] = ""  # another cartridge has a seal of its own
        data["cartridge"] = str(found.unit.pk)
    elif found.product and found.product.is_anaesthetic:
        return _put_numbing(data, record, found.product)
    elif found.product:
        return _put_product(data, found.product)
    return ""


def _put_numbing(data: QueryDict, record: TreatmentSession, product: Product) -> str:
    chosen = data.get("numbing") or ""
    if chosen not in ("", str(product.pk)):
        named = Product.objects.filter(site=record.site, pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 15 else None
        return _("%(name)s is chosen for numbing. Take it out first if it was not used.") % {"name": named.name if named else _("Another product")}
    data["numbing"] = str(product.pk)
    if product.strength_percent and not data.get("strength_percent"):
        data["strength_percent"] = str(product.strength_percent)
    return ""


def _put_product(data: QueryDict, product: Product) -> str:
    if str(product.pk) in {data.get(product_names(row)[0]) for row in range(MOST_ROWS)}:
        return ""
    free = free_product_row(data)
    if not free:
        return _("All rows for products are taken. Take one out first, or write it into the notes.")
    data[free] = str(product.pk)
    return ""

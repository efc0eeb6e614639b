"""One lot or product: its units, what sets it aside, and who received it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.csvs import csv_response
from clinic.errors import Refused
from clinic.permissions import allow, fetch, level, may
from clinic.requests import HttpRequest
from treatments import selectors, services
from treatments.forms import FormulaForm, ReasonForm
from treatments.models import Cartridge, CartridgeLot, Product, RecallContact


def _lot(request: HttpRequest, uuid: str) -> CartridgeLot:
    rows: QuerySet[CartridgeLot] = selectors.lots_with_counts(request.actor)
    found = fetch(rows, request.actor, uuid=uuid)
    timezone.activate(found.site.tz)
    return found


@allow(GET="device:view")
def lot(request: HttpRequest, lot: str) -> HttpResponse:
    """Its units, its receipts, and for those who may: who received it."""
    return _lot_page(request, _lot(request, lot))


def _lot_page(request: HttpRequest, found: CartridgeLot, status: int = 200, **more: Any) -> HttpResponse:
    context = {"lot": found, "shelf": selectors.lot_shelf(found, found.site.today(timezone.now())), "units": selectors.units_of(found)}
    return render(request, "treatments/lot.html", context | _of_both(request, found, "lot") | more, status=status)


def _of_both(request: HttpRequest, found: selectors.Thing, kind: str) -> dict[str, Any]:
    """What a lot and a product show alike: receipts, and for those who may who received it and who was told."""
    received, contacts, may_mail = None, list[RecallContact](), False
    if may(request.actor, "stock:received"):
        received = selectors.received(found, request.actor)
        record_access(by=request.actor, action="stock.received", subject=f"{kind} {found.pk}")
    if may(request.actor, "stock:contact"):
        contacts, may_mail = list(selectors.contacts_of(found, request.actor)), services.recalls.may_release(found, request.actor)
    return {
        "received": received, "stand": _standing(received), "receipts": found.receipts.all(), "reason_form": ReasonForm(), "contacts": contacts,
        "full": level(request.actor, "stock:received") == "full", "elsewhere": selectors.elsewhere(found, request.actor), "may_mail": may_mail,
        "csv_url": reverse(f"treatments:received_{kind}_csv", args=[found.uuid]), "prepare_url": reverse(f"treatments:prepare_{kind}", args=[found.uuid]),
        "mail_url": reverse(f"treatments:mail_{kind}", args=[found.uuid]),
    }  # fmt: skip


def _standing(received: list[selectors.Received] | None) -> int:
    """How many lines tell of a treatment: what is written in the right record meanwhile is counted there."""
    return sum(not row.replaced for row in received or ())


@allow(GET="device:view")
def product(request: HttpRequest, product: str) -> HttpResponse:
    """A product and, for those who may, who received it."""
    return _product_page(request, fetch(Product.objects.select_related("site"), request.actor, uuid=product))


def _product_page(request: HttpRequest, found: Product, status: int = 200, **more: Any) -> HttpResponse:
    timezone.activate(found.site.tz)
    today = found.site.today(timezone.now())
    context = {
        "product": found, "shelf": selectors.Shelf(found, selectors.product_state(found, today)), "today": today, "formula_form": FormulaForm(),
        "formula_days": selectors.formula_days(found), "lotless": selectors.without_lot(found).filter(site__in=request.actor.site_ids) if found.recalled else [],
    }  # fmt: skip
    return render(request, "treatments/product.html", context | _of_both(request, found, "product") | more, status=status)


def _with_reason(request: HttpRequest, act: Callable[[str], object], done: str, page: Callable[..., HttpResponse], back: HttpResponse) -> HttpResponse:
    """Do it with the reason typed; without one, or refused, the page again with the words beside the field."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            act(form.cleaned_data["text"])
            messages.success(request, done)
            return back
        except Refused as refusal:
            form.add_error("text", refusal.message)
    return page(422, reason_form=form, asked=request.resolver_match.url_name if request.resolver_match else "")


@allow(POST="stock:quarantine")
def quarantine(request: HttpRequest, lot: str) -> HttpResponse:
    """Set aside until somebody knows more."""
    found = _lot(request, lot)
    return _with_reason(
        request, lambda reason: services.quarantine_lot(lot=found, reason=reason, by=request.actor, at=timezone.now()), _("The lot is set aside."),
        lambda status, **more: _lot_page(request, found, status, **more), redirect("treatments:lot", lot=found.uuid),
    )  # fmt: skip


@allow(POST="stock:recall")
def release(request: HttpRequest, lot: str) -> HttpResponse:
    """Back into use."""
    found = _lot(request, lot)
    return _with_reason(
        request, lambda reason: services.release_lot(lot=found, reason=reason, by=request.actor), _("The lot is in use again."),
        lambda status, **more: _lot_page(request, found, status, **more), redirect("treatments:lot", lot=found.uuid),
    )  # fmt: skip


@allow(POST="stock:recall")
def recall(request: HttpRequest, lot: str) -> HttpResponse:
    """The maker calls it back: out of use for good, everywhere."""
    found = _lot(request, lot)
    return _with_reason(
        request, lambda reason: services.recall_lot(lot=found, reason=reason, by=request.actor, at=timezone.now()),
        _("The lot is recalled. See below who received it."),
        lambda status, **more: _lot_page(request, found, status, **more), redirect("treatments:lot", lot=found.uuid),
    )  # fmt: skip


@allow(POST="stock:recall")
def withdraw(request: HttpRequest, product: str) -> HttpResponse:
    """A product is not offered any more."""
    found = fetch(Product.objects.select_related("site"), request.actor, uuid=product)
    return _with_reason(
        request, lambda reason: services.withdraw_product(product=found, reason=reason, by=request.actor, at=timezone.now()),
        _("The product is withdrawn."),
        lambda status, **more: _product_page(request, found, status, **more), redirect("treatments:product", product=found.uuid),
    )  # fmt: skip


@allow(POST="stock:recall")
def recall_product(request: HttpRequest, product: str) -> HttpResponse:
    """The maker calls it back: out of use for good, everywhere."""
    found = fetch(Product.objects.select_related("site"), request.actor, uuid=product)
    return _with_reason(
        request, lambda reason: services.recall_product(product=found, reason=reason, by=request.actor, at=timezone.now()),
        _("The product is recalled. See below who received it."),
        lambda status, **more: _product_page(request, found, status, **more), redirect("treatments:product", product=found.uuid),
    )  # fmt: skip


@allow(POST="stock:quarantine")
def formula(request: HttpRequest, product: str) -> HttpResponse:
    """The formula changed: patch tests from before then need a reason (S13)."""
    found, form = fetch(Product.objects.select_related("site"), request.actor, uuid=product), FormulaForm(request.POST)
    if form.is_valid():
        try:
            services.note_formula_change(product=found, on=form.cleaned_data["on"], reason=form.cleaned_data["text"], by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("Noted. Patch tests from before that day now need a reason."))
            return redirect("treatments:product", product=found.uuid)
    return _product_page(request, found, 422, formula_form=form)


@allow(POST="stock:use")
def discard(request: HttpRequest, unit: str) -> HttpResponse:
    """One unit was dropped, or its seal is broken."""
    row = fetch(Cartridge.objects.select_related("lot__site"), request.actor, uuid=unit)
    found = _lot(request, str(row.lot.uuid))
    return _with_reason(
        request, lambda reason: services.discard_cartridge(cartridge=row, reason=reason, by=request.actor, at=timezone.now()),
        _("The unit is discarded."),
        lambda status, **more: _lot_page(request, found, status, **more), redirect("treatments:lot", lot=found.uuid),
    )  # fmt: skip


@allow(GET="stock:received")
def received_lot_csv(request: HttpRequest, lot: str) -> HttpResponse:
    """Who received this lot, for a spreadsheet."""
    found = _lot(request, lot)
    record_access(by=request.actor, action="stock.received_export", subject=f"lot {found.pk}")
    return _csv(request, f"lot-{found.pk}.csv", selectors.received(found, request.actor))


@allow(GET="stock:received")
def received_product_csv(request: HttpRequest, product: str) -> HttpResponse:
    """Who received this product."""
    found = fetch(Product.objects.select_related("site"), request.actor, uuid=product)
    record_access(by=request.actor, action="stock.received_export", subject=f"product {found.pk}")
    return _csv(request, f"product-{found.pk}.csv", selectors.received(found, request.actor))


def _csv(request: HttpRequest, name: str, rows: list[selectors.Received]) -> HttpResponse:
    """Contact details only for clinicians; a manager reads name and number."""
    full = level(request.actor, "stock:received") == "full"
    header = ["patient number", "name", "when", "how", "unit", "site", "remark", *(["born", "phone", "e-mail"] if full else [])]
    lines = []
    for row in rows:
        one, site = row.patient, row.session.site if row.session else row.patient.site
        lines.append([
            one.number, one.name, row.at.astimezone(site.tz).strftime("%Y-%m-%d %H:%M"), row.how, row.unit, site.name,
            _remark(row), *([one.birth_on, one.phone, one.email] if full else []),
        ])  # fmt: skip
    return csv_response(name, header, lines)


def _remark(row: selectors.Received) -> str:
    if row.replaced:
        return "entered in error, written into the right record"
    return "entered in error" if row.in_error else ""

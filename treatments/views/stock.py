"""Inventory: what is there, what comes in by scan, what is set aside."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import Site
from clinic.permissions import allow, fetch, level, may, scoped
from clinic.requests import HttpRequest
from treatments import selectors, services
from treatments.forms import DeviceForm, LotForm, ProductForm, ReasonForm
from treatments.models import Device
from treatments.rules.barcode import Label, read_label


def _sites(request: HttpRequest) -> QuerySet[Site]:
    sites = scoped(Site.objects.all(), request.actor).order_by("pk")
    if not sites.exists():
        raise Refused(_("You have no site yet."))
    return sites


def _today(sites: QuerySet[Site]) -> Any:
    return sites[0].today(timezone.now())


@allow(GET="device:view")
def inventory(request: HttpRequest) -> HttpResponse:
    """What is there, and what needs somebody."""
    return _inventory(request)


def _inventory(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    sites = _sites(request)
    site = next((one for one in sites if str(one.uuid) == request.GET.get("site", "")), None)
    everything = request.GET.get("all") == "1"
    stock = selectors.inventory(request.actor, _today(sites), site=site, everything=everything)
    context = {"stock": stock, "sites": sites, "site": site, "everything": everything, "device_form": DeviceForm(), "days": selectors.stock.EXPIRING_DAYS}
    calls = selectors.all_calls(request.actor) if may(request.actor, "stock:contact") else []
    for call in calls:
        if call.contacts:
            record_access(by=request.actor, action="stock.received", subject=f"{'lot' if call.is_lot else 'product'} {call.thing.pk}")
    context |= {"calls": calls, "full": level(request.actor, "stock:received") == "full"}
    return render(request, "treatments/inventory.html", context | more, status=status)


@allow(POST="device:register")
def add_device(request: HttpRequest) -> HttpResponse:
    """A device for the register."""
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return _inventory(request, 422, device_form=form)
    data = dict(form.cleaned_data)
    depth = int(data.pop("max_depth_mm") * 100)
    services.register_device(site=_sites(request)[0], max_depth_hundredths=depth, by=request.actor, **data)
    messages.success(request, _("The device is on the register."))
    return redirect("treatments:inventory")


@allow(GET="stock:register", POST="stock:register")
def add_lot(request: HttpRequest) -> HttpResponse:
    """A box of cartridges: scanned, compared with the label, taken in. One row a unit."""
    sites = _sites(request)
    form: Any = LotForm(request.POST or None, sites=sites, today=_today(sites))
    label = _scanned(request)
    if label is not None:
        site = next((one for one in sites if str(one.pk) == request.POST.get("site")), sites[0])
        typed = LotForm.typed_with(request.POST, label, name=selectors.known_name(label.gtin, site))
        form = LotForm(initial=typed | {"code": request.POST["scan"].strip()}, sites=sites, today=_today(sites))
    elif request.method == "POST" and form.is_valid():
        try:
            lot = services.register_lot(by=request.actor, at=timezone.now(), **form.cleaned_data)
            messages.success(request, _("The box is in stock."))
            return redirect("treatments:lot", lot=lot.uuid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
    return _receive(request, form, label, "treatments/add_lot.html")


@allow(GET="stock:register", POST="stock:register")
def add_product(request: HttpRequest) -> HttpResponse:
    """A topical or an anaesthetic."""
    sites = _sites(request)
    form: Any = ProductForm(request.POST or None, sites=sites, today=_today(sites))
    label = _scanned(request)
    if label is not None:
        typed = ProductForm.typed_with(request.POST, label)
        form = ProductForm(initial=typed | {"code": request.POST["scan"].strip()}, sites=sites, today=_today(sites))
    elif request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        ingredients = [part.strip() for part in data.pop("ingredients").split(",") if part.strip()]
        code = data.pop("code")
        try:
            product = services.register_product(ingredients=ingredients, by=request.actor, at=timezone.now(), code=code, **data)
            messages.success(request, _("The product is in stock."))
            return redirect("treatments:product", product=product.uuid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
    return _receive(request, form, label, "treatments/add_product.html")


def _scanned(request: HttpRequest) -> Label | None:
    """What the scan field held, read; None when the form itself was sent."""
    return read_label(request.POST["scan"]) if request.POST.get("scan", "").strip() else None


def _receive(request: HttpRequest, form: Any, label: Label | None, template: str) -> HttpResponse:
    wrong = bool(form.errors) or bool(label and label.problem)
    scan = request.POST.get("scan", "") if label and label.problem else ""
    return render(request, template, {"form": form, "label": label, "scan": scan}, status=422 if wrong else 200)


@allow(POST="device:quarantine")
def retire_device(request: HttpRequest, device: str) -> HttpResponse:
    """Out of service: it is not offered any more, and no session starts with it (S05)."""
    found, form = fetch(Device, request.actor, uuid=device), ReasonForm(request.POST)
    if form.is_valid():
        services.retire_device(device=found, reason=form.cleaned_data["text"], by=request.actor, at=timezone.now())
        messages.success(request, _("The device is out of service."))
    else:
        messages.error(request, _("Give the reason."))
    return redirect("treatments:inventory")

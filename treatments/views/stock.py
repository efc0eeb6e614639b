"""Inventory: devices, lots, products, patch tests."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import Site
from clinic.permissions import allow, check_subject, fetch, scoped
from clinic.requests import HttpRequest
from patients.models import Patient
from treatments import selectors, services
from treatments.forms import DeviceForm, LotForm, ProductForm, TextForm
from treatments.models import CartridgeLot, Device, PatchTest, Product


def _page(request: HttpRequest, status: int = 200, **forms: object) -> HttpResponse:
    context = {"device_form": DeviceForm(), "lot_form": LotForm(today=timezone.now().date()), "product_form": ProductForm(), **selectors.inventory(request.actor), **forms}
    return render(request, "treatments/inventory.html", context, status=status)


def _site(request: HttpRequest) -> Site:
    site = scoped(Site.objects.all(), request.actor).order_by("pk").first()
    if site is None:
        raise Refused(_("You have no site yet."))
    return site


@allow(GET="device:view")
def inventory(request: HttpRequest) -> HttpResponse:
    """What is there."""
    return _page(request)


@allow(POST="device:register")
def add_device(request: HttpRequest) -> HttpResponse:
    """A device for the register."""
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return _page(request, 422, device_form=form)
    data = dict(form.cleaned_data)
    depth = int(data.pop("max_depth_mm") * 100)
    services.register_device(site=_site(request), max_depth_hundredths=depth, by=request.actor, **data)
    messages.success(request, _("The device is on the register."))
    return redirect("treatments:inventory")


@allow(POST="stock:register")
def add_lot(request: HttpRequest) -> HttpResponse:
    """A lot of cartridges, one row a unit."""
    site = _site(request)
    form = LotForm(request.POST, today=site.today(timezone.now()))
    if form.is_valid():
        try:
            services.register_lot(site=site, by=request.actor, **form.cleaned_data)
            messages.success(request, _("The lot is in stock."))
            return redirect("treatments:inventory")
        except Refused as refusal:
            form.add_error("lot", refusal.message)
    return _page(request, 422, lot_form=form)


@allow(POST="stock:register")
def add_product(request: HttpRequest) -> HttpResponse:
    """A topical or an anaesthetic."""
    form = ProductForm(request.POST)
    if not form.is_valid():
        return _page(request, 422, product_form=form)
    data = dict(form.cleaned_data)
    ingredients = [part.strip() for part in data.pop("ingredients").split(",") if part.strip()]
    services.register_product(site=_site(request), ingredients=ingredients, by=request.actor, **data)
    messages.success(request, _("The product is in stock."))
    return redirect("treatments:inventory")


@allow(POST="stock:quarantine")
def quarantine(request: HttpRequest, lot: str) -> HttpResponse:
    """No unit of this lot may be used any more."""
    found = fetch(CartridgeLot, request.actor, uuid=lot)
    form = TextForm(request.POST)
    if form.is_valid():
        services.quarantine_lot(lot=found, reason=form.cleaned_data["text"], by=request.actor)
        messages.success(request, _("The lot is out of use."))
    else:
        messages.error(request, _("Give the reason."))
    return redirect("treatments:inventory")


@allow(POST="device:quarantine")
def retire_device(request: HttpRequest, device: str) -> HttpResponse:
    """Out of service: it is not offered any more, and no session starts with it (S05)."""
    found = fetch(Device, request.actor, uuid=device)
    form = TextForm(request.POST)
    if form.is_valid():
        services.retire_device(device=found, reason=form.cleaned_data["text"], by=request.actor)
        messages.success(request, _("The device is out of service."))
    else:
        messages.error(request, _("Give the reason."))
    return redirect("treatments:inventory")


@allow(GET="session:read", POST="patch_test:record")
def patch_tests(request: HttpRequest, patient: str) -> HttpResponse:
    """Apply a product to a small area; read it after 24 hours at least."""
    found = fetch(Patient.objects.select_related("site"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    at = timezone.now()
    if request.method == "POST":
        product = next((row for row in scoped(Product.objects.all(), request.actor) if str(row.uuid) == request.POST.get("product")), None)
        test = PatchTest.objects.filter(patient=found, pk=int(request.POST["test"])).first() if request.POST.get("test", "").isdecimal() else None
        if product is not None:
            services.apply_patch_test(patient=found, product=product, by=request.actor, at=at)
        elif test is not None and request.POST.get("result") in {"negative", "positive", "doubtful"}:
            services.read_patch_test(test=test, result=request.POST["result"], by=request.actor, at=at)
        else:
            messages.error(request, _("Choose a product, or a result."))
        return redirect("treatments:patch_tests", patient=found.uuid)
    record_access(by=request.actor, action="patch_test.list", patient_uuid=found.uuid)
    context = {
        "patient": found, "tests": found.patch_tests.select_related("product"), "tab": "sessions",
        "products": scoped(Product.objects.filter(is_anaesthetic=False, withdrawn=False), request.actor),
    }  # fmt: skip
    return render(request, "treatments/patch_tests.html", context)

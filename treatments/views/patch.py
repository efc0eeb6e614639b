"""Patch tests of one patient."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.permissions import allow, check_subject, fetch, scoped
from clinic.requests import HttpRequest
from patients.models import Patient
from treatments import services
from treatments.models import PatchTest, Product


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

"""A treatment that was written into a wrong record goes into the right one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, scoped
from clinic.requests import HttpRequest
from patients.models import Patient
from treatments import services
from treatments.forms import RightRecordForm
from treatments.models import TreatmentSession
from treatments.selectors.whose import left_by
from treatments.views.page import again, record_of


@allow(GET="session:draft", POST="session:draft")
def right_record(request: HttpRequest, session: str) -> HttpResponse:
    """Whose treatment it was, by two identifiers, and how that is known; then the record, to be completed and signed."""
    wrong = record_of(request, session)
    if not hasattr(wrong, "entered_in_error"):
        messages.info(request, _("This record is not entered in error."))
        return again(wrong)
    if hasattr(wrong, "replaced_by"):
        messages.info(request, _("This treatment is written in the right record already."))
        return again(wrong)
    form = RightRecordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (record := _written(request, wrong, form)) is not None:
        messages.success(request, _("This is the record of the treatment. Check each part, complete what is this patient’s own, then sign."))
        return again(record)
    context = {"record": wrong, "patient": wrong.patient, "error": wrong.entered_in_error, "form": form, "left": left_by(wrong), "tab": "sessions",
               "blocks": wrong.blocks.select_related("device", "cartridge__lot"), "prp": getattr(wrong, "prp", None)}  # fmt: skip
    return render(request, "treatments/right_record.html", context, status=422 if form.errors else 200)


def _written(request: HttpRequest, wrong: TreatmentSession, form: RightRecordForm) -> TreatmentSession | None:
    """The new record; without one the form says why."""
    number, born = form.cleaned_data["number"], form.cleaned_data["birth_on"]
    found = scoped(Patient.objects.select_related("site"), request.actor).filter(number=number).first()
    record_access(by=request.actor, action="session.right_record", subject=f"number {number}", patient_uuid=found.uuid if found else None)
    if found is None or found.birth_on != born:
        form.add_error("number", _("No patient of yours has this number and this date of birth. Look at the patient’s page."))
        return None
    try:
        return services.write_right_record(mistaken=wrong, patient=found, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return None

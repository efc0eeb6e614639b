"""Staff pages about people: list, register, edit."""

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
from patients import selectors, services
from patients.forms import PersonForm
from patients.models import Patient

PAGE_SIZE = 50


@allow(GET="patient:list")
def list(request: HttpRequest) -> HttpResponse:
    """Patients of the actor's sites, 50 a page."""
    query = request.GET.get("q", "")[:100]
    if query:
        found = selectors.found_patients(query, request.actor)
    else:
        after = request.GET.get("after", "")[:400]
        rows = scoped(Patient.objects.current(), request.actor).order_by("search_name", "pk")
        found = [*(rows.filter(search_name__gt=after) if after else rows)[: PAGE_SIZE + 1]]
    record_access(by=request.actor, action="patient.list")
    more = found[PAGE_SIZE - 1].search_name if len(found) > PAGE_SIZE else ""
    return render(request, "patients/list.html", {"patients": found[:PAGE_SIZE], "query": query, "more": more})


def _site(request: HttpRequest) -> Site:
    site = scoped(Site.objects.select_related("clinic"), request.actor).order_by("pk").first()
    if site is None:
        raise Refused(_("You have no site yet. Ask a manager."))
    return site


@allow(GET="patient:edit", POST="patient:edit")
def register(request: HttpRequest) -> HttpResponse:
    """A new patient; likely duplicates are shown before anything is saved."""
    at, site = timezone.now(), _site(request)
    form = PersonForm(request.POST or None, today=site.today(at), initial={"family_name": request.GET.get("name", "")})
    candidates = []
    if request.method == "POST" and form.is_valid():
        data = form.person()
        candidates = selectors.duplicate_candidates(
            given_name=data.given_name, family_name=data.family_name, birth_on=data.birth_on,
            phone=data.phone, email=data.email, actor=request.actor,
        )  # fmt: skip
        key = form.cleaned_data["form_key"] or None
        same = key and any(c.patient.form_key == key for c in candidates)
        if not candidates or same or request.POST.get("anyway"):
            patient = services.register_patient(data=data, site=site, by=request.actor, at=at, form_key=key)
            messages.success(request, _saved_words(patient))
            return redirect("desk:patient_overview", patient=patient.uuid)
    status = 422 if form.errors else 200
    return render(request, "patients/register.html", {"form": form, "candidates": candidates}, status=status)


def _saved_words(patient: Patient) -> str:
    if not patient.email:
        return _("Saved. There is no e-mail address: fill in the health questions at the desk.")
    if patient.mail_mode == "none":
        return _("Saved. No e-mail by the patient's wish: fill in the health questions at the desk.")
    return _("Saved. The health questions are on their way by e-mail.")


@allow(GET="patient:edit", POST="patient:edit")
def edit(request: HttpRequest, patient: str) -> HttpResponse:
    """Change contact and personal data."""
    found = fetch(Patient.objects.select_related("site"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    at = timezone.now()
    initial = {name: getattr(found, name) for name in PersonForm.base_fields if hasattr(found, name)}
    form = PersonForm(request.POST or None, today=found.site.today(at), initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_patient(patient=found, data=form.person(), by=request.actor, at=at)
        messages.success(request, _("Saved."))
        return redirect("desk:patient_overview", patient=found.uuid)
    record_access(by=request.actor, action="patient.edit", patient_uuid=found.uuid)
    return render(request, "patients/edit.html", {"form": form, "patient": found}, status=422 if form.errors else 200)


@allow(POST="link:resend")
def invite(request: HttpRequest, patient: str) -> HttpResponse:
    """Send the intake link again."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    services.invite_to_intake(patient=found, by=request.actor, at=timezone.now())
    words = _("The health questions are on their way.") if found.email else _("There is no e-mail address. Ask at the desk.")
    messages.success(request, words)
    return redirect("desk:today") if request.POST.get("back") == "today" else redirect("patients:screening", patient=found.uuid)

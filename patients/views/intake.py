"""The intake, behind the e-mailed link and at the desk: one group of questions a page, saved when it is left."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import audit, links
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.permissions import allow, check_subject, fetch, link_page, may
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms import ConsentForm, IntakePageForm, RescreenForm
from patients.models import Intake, Patient
from patients.questions import Page, pages_for
from patients.selectors.screening import answers_in_words
from patients.vocabulary import AnsweredBy, IntakeState


class _Door:
    """Where the intake is filled in: by the patient's link, or by staff for the patient. Decides addresses and actor."""

    def __init__(self, request: HttpRequest, patient: Patient, by: Actor, *, staff: bool) -> None:
        self.request, self.patient, self.by, self.staff = request, patient, by, staff
        self.at = timezone.now()
        self.today = patient.site.today(self.at)
        self.pages = pages_for(patient.sex)

    def url(self, name: str, **kwargs: str) -> str:
        if self.staff:
            return reverse(f"patients:intake_{name}", kwargs={"patient": str(self.patient.uuid), **kwargs})
        return reverse(f"patients_link:intake_{name}", kwargs=kwargs)

    def draft(self) -> Intake | None:
        return self.patient.intakes.filter(state=IntakeState.DRAFT).first()

    def page(self, name: str) -> tuple[int, Page]:
        for index, page in enumerate(self.pages):
            if page.name == name:
                return index, page
        raise Http404

    def context(self, **more: Any) -> dict[str, Any]:
        layout = "layouts/staff.html" if self.staff else "layouts/patient.html"
        return {"layout": layout, "by_staff": self.staff, "patient": self.patient, "site": self.patient.site, **more}


def _by_link(request: HttpRequest) -> _Door:
    link = request.link
    patient = Patient.objects.select_related("site", "site__clinic").get(uuid=link.patient_uuid)
    return _Door(request, patient, request.actor, staff=False)


def _by_staff(request: HttpRequest, uuid: str) -> _Door:
    patient = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, patient.uuid)
    begun = patient.intakes.filter(state=IntakeState.DRAFT, answered_by=AnsweredBy.PATIENT).exists()
    if begun and not may(request.actor, "intake:view"):
        raise Refused(_("The patient has begun to answer by the link. Let them finish, or ask a clinician."))
    return _Door(request, patient, request.actor, staff=True)


def _page(door: _Door, name: str) -> HttpResponse:
    index, page = door.page(name)
    draft = door.draft()
    form = IntakePageForm(
        door.request.POST if door.request.method == "POST" else None,
        page=page, answers=draft.answers if draft else {}, today=door.today, born=door.patient.birth_on,
    )  # fmt: skip
    if door.request.method == "POST" and form.is_valid():
        answered_by = AnsweredBy.STAFF if door.staff else AnsweredBy.PATIENT
        draft = services.open_draft(patient=door.patient, by=door.by, at=door.at, answered_by=answered_by)
        services.save_intake_page(intake=draft, page=page.name, answers=form.given, drop=form.dropped, by=door.by, at=door.at)
        if door.request.POST.get("then") == "review":
            return redirect(door.url("review"))
        following = door.pages[index + 1].name if index + 1 < len(door.pages) else ""
        return redirect(door.url("page", page=following) if following else door.url("review"))
    context = door.context(
        page=page, form=form, step=index + 1, steps=len(door.pages),
        back=door.url("page", page=door.pages[index - 1].name) if index else "",
        then=door.request.GET.get("then", ""), reviewed=selectors.latest_answers(door.patient),
    )  # fmt: skip
    return render(door.request, "patients/intake_page.html", context, status=422 if form.errors else 200)


def _begin(door: _Door) -> HttpResponse:
    draft = door.draft()
    done = set(draft.pages_done) if draft else set()
    following = next((page.name for page in door.pages if page.name not in done), "")
    return redirect(door.url("page", page=following) if following else door.url("review"))


def _review(door: _Door) -> HttpResponse:
    draft = door.draft()
    if draft is None:
        return redirect(door.url("done") if selectors.latest_answers(door.patient) else door.url("page", page=door.pages[0].name))
    left = [page for page in door.pages if page.name not in draft.pages_done]
    groups: list[dict[str, Any]] = [
        {"page": page, "lines": next((g["lines"] for g in answers_in_words(draft) if g["title"] == page.title), []),
         "url": door.url("page", page=page.name) + "?then=review"}
        for page in door.pages
    ]  # fmt: skip
    return render(door.request, "patients/intake_review.html", door.context(groups=groups, left=left, go_on=door.url("consent")))


def _sign(door: _Door) -> HttpResponse:
    draft, text = door.draft(), selectors.text_in_force(door.patient.language)
    if draft is None:
        return redirect(door.url("done"))
    if any(page.name not in draft.pages_done for page in door.pages):
        return redirect(door.url("review"))
    form = ConsentForm(door.request.POST if door.request.method == "POST" else None)
    if door.request.method == "POST" and (text is None or form.is_valid()):
        try:
            _send(door, draft, text, form)
        except services.AlreadySubmitted as late:
            messages.info(door.request, late.message)
        return redirect(door.url("done"))
    context = door.context(form=form, text=text, back=door.url("review"))
    return render(door.request, "patients/intake_consent.html", context, status=422 if form.errors else 200)


def _send(door: _Door, draft: Intake, text: Any, form: ConsentForm) -> None:
    """Answers, consent and the link's end in one transaction: all or nothing."""
    with audit.write(by=door.by, action="intake.send"):
        services.submit_intake(intake=draft, by=door.by, at=door.at, today=door.today)
        if text is not None:
            services.sign_consent(
                patient=door.patient, text=text, signed_name=form.cleaned_data["signed_name"],
                off_label_understood=form.cleaned_data["off_label_understood"], photos=form.cleaned_data["photos"],
                signature_png=form.drawing(), on_paper=bool(door.request.POST.get("on_paper")),
                by=door.by, at=door.at,
            )  # fmt: skip
        if not door.staff:
            links.consume(link=door.request.link, by=door.by, at=door.at)


@link_page("intake", methods=("GET",))
def intake(request: HttpRequest) -> HttpResponse:
    """Go on where the patient stopped."""
    return _begin(_by_link(request))


@link_page("intake")
def intake_page(request: HttpRequest, page: str) -> HttpResponse:
    """One group of questions."""
    return _page(_by_link(request), page)


@link_page("intake", methods=("GET",))
def intake_review(request: HttpRequest) -> HttpResponse:
    """All answers, each with a way to change it."""
    return _review(_by_link(request))


@link_page("intake")
def intake_consent(request: HttpRequest) -> HttpResponse:
    """The exact text, the signature, and sending."""
    return _sign(_by_link(request))


@link_page("intake", methods=("GET",))
def intake_done(request: HttpRequest) -> HttpResponse:
    """Received."""
    door = _by_link(request)
    return render(request, "patients/intake_done.html", door.context())


@allow(GET="intake:on_paper")
def staff_intake(request: HttpRequest, patient: str) -> HttpResponse:
    """At the desk or from paper: go on where it stopped."""
    return _begin(_by_staff(request, patient))


@allow(GET="intake:on_paper", POST="intake:on_paper")
def staff_intake_page(request: HttpRequest, patient: str, page: str) -> HttpResponse:
    """One group of questions, typed by staff and marked so."""
    return _page(_by_staff(request, patient), page)


@allow(GET="intake:on_paper")
def staff_intake_review(request: HttpRequest, patient: str) -> HttpResponse:
    """All answers before they are sent."""
    return _review(_by_staff(request, patient))


@allow(GET="intake:on_paper", POST="intake:on_paper")
def staff_intake_consent(request: HttpRequest, patient: str) -> HttpResponse:
    """Consent on the tablet or from paper, and sending."""
    return _sign(_by_staff(request, patient))


@allow(GET="intake:on_paper")
def staff_intake_done(request: HttpRequest, patient: str) -> HttpResponse:
    """Back to the patient."""
    messages.success(request, _("The answers are in. The rules have run."))
    return redirect("patients:screening", patient=_by_staff(request, patient).patient.uuid)


@link_page("rescreen")
def rescreen(request: HttpRequest) -> HttpResponse:
    """“Anything changed?” before the visit: a draft until it is confirmed on arrival (SETTLED 2)."""
    door = _by_link(request)
    link = request.link
    if link.consumed_at is not None:
        return render(request, "patients/rescreen_done.html", door.context())
    form = RescreenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with audit.write(by=door.by, action="rescreen.send"):
            if links.consume(link=link, by=door.by, at=door.at):
                on = link.expires_at.astimezone(door.patient.site.tz).date()
                services.draft_rescreen(
                    patient=door.patient, on=on, changed=form.cleaned_data["changed"], words=form.cleaned_data["words"],
                    by=door.by, at=door.at,
                )  # fmt: skip
        return redirect("patients_link:rescreen")
    return render(request, "patients/rescreen_link.html", door.context(form=form), status=422 if form.errors else 200)

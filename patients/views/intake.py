"""The intake, behind the e-mailed link and at the desk: one group of questions a page, saved when it is left."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic import audit, links
from clinic.audit import Actor
from clinic.dates import spoken
from clinic.errors import Refused
from clinic.models import Link
from clinic.permissions import allow, check_subject, fetch, link_page, may
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms import ChangesForm, ConsentForm, MoreForm, PageForm, RescreenForm, StepForm
from patients.forms.intake import Saved
from patients.models import Intake, Patient
from patients.questions import Step, pages_for, walk
from patients.selectors import words
from patients.vocabulary import AnsweredBy, IntakeState


class _Door:
    """Where the intake is filled in: by the patient's link, or by staff for the patient. Decides addresses and actor."""

    def __init__(self, request: HttpRequest, patient: Patient, by: Actor, *, staff: bool) -> None:
        self.request, self.patient, self.by, self.staff = request, patient, by, staff
        self.at = timezone.now()
        self.today = patient.site.today(self.at)
        self.pages = pages_for(patient.sex)
        self.draft = patient.intakes.filter(state=IntakeState.DRAFT).first()
        self.extras = self.draft.extras if self.draft else words.fresh_extras(patient)
        self.steps = walk.steps(self.pages, self.extras)

    def url(self, name: str, **kwargs: str) -> str:
        if self.staff:
            return reverse(f"patients:intake_{name}", kwargs={"patient": str(self.patient.uuid), **kwargs})
        return reverse(f"patients_link:intake_{name}", kwargs=kwargs)

    def left(self) -> list[Step]:
        """Screens without an answer."""
        return walk.missing(self.steps, self.draft.pages_done if self.draft else [])

    def after(self, name: str) -> str:
        """Where to go from a screen: the next one in order; at the end, what is missing, or the review."""
        names = [step.name for step in self.steps]
        following = names[names.index(name) + 1 :] if name in names else []
        if self.request.POST.get("then") == "review" and f"{name}-more" not in following[:1]:
            missing = self.left()
            return self.url("page", page=missing[0].name) + "?then=review" if missing else self.url("review")
        then = "?then=review" if self.request.POST.get("then") == "review" else ""
        return self.url("page", page=following[0]) + then if following else self.url("review")

    def context(self, **more: Any) -> dict[str, Any]:
        layout = "layouts/staff.html" if self.staff else "layouts/patient.html"
        return {"layout": layout, "by_staff": self.staff, "patient": self.patient, "site": self.patient.site, **more}


def _by_link(request: HttpRequest) -> _Door:
    link = request.link
    patient = Patient.objects.select_related("site", "site__clinic").get(uuid=link.patient_uuid)
    return _Door(request, patient, request.actor, staff=False)


def _sent_before(request: HttpRequest) -> HttpResponse | None:
    """A link that was used: its pages lead to “received”. What is sent through it is refused in words (SETTLED 19, R30). None: go on."""
    if request.link.consumed_at is None:
        return None
    if request.method in {"GET", "HEAD"}:
        return redirect("patients_link:intake_done")
    raise _too_late(request)


def _too_late(request: HttpRequest) -> services.AlreadySubmitted:
    site = request.link.site
    link = Link.objects.get(pk=request.link.pk)
    when = spoken((link.consumed_at or timezone.now()).astimezone(site.tz), "short_time")
    said = _("Your answers were sent on %(when)s. What you changed now was not saved. Call us on %(phone)s to tell us, or ask for a new link.")
    return services.AlreadySubmitted(said % {"when": when, "phone": site.phone})


def by_staff(request: HttpRequest, uuid: str) -> _Door:
    """Staff at this patient's questions. Raises Refused while the patient answers by the link, unless they may read answers."""
    patient = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, patient.uuid)
    begun = patient.intakes.filter(state=IntakeState.DRAFT, answered_by=AnsweredBy.PATIENT).exists()
    if begun and not may(request.actor, "intake:view"):
        raise Refused(_("The patient has begun to answer by the link. Let them finish, or ask a clinician."))
    return _Door(request, patient, request.actor, staff=True)


def _form(door: _Door, step: Step, data: Any) -> StepForm:
    """The form of a screen; one that was left half-filled comes back as it was typed."""
    done = door.draft.pages_done if door.draft else []
    given: dict[str, Any] = {
        "was_done": step.name in done, "answers": door.draft.answers if door.draft else {}, "extras": door.extras, "today": door.today,
        "born": door.patient.birth_on,
    }  # fmt: skip
    typed = door.extras.get("typed", {}).get(step.name)
    if data is None and typed:
        data = MultiValueDict(typed)
        return _made(door, step, data, given).forgive()
    return _made(door, step, data, given)


def _made(door: _Door, step: Step, data: Any, given: dict[str, Any]) -> StepForm:
    if step.page is None:
        earlier = Intake.objects.get(uuid=door.extras["since"]["intake"], patient=door.patient)
        return ChangesForm(data, pages=words.confirmable_pages(door.patient, earlier), **given)
    return (MoreForm if step.more else PageForm)(data, page=step.page, **given)


def _page(door: _Door, name: str) -> HttpResponse:
    step = next((step for step in door.steps if step.name == name), None)
    if step is None:
        raise Http404
    posted = door.request.POST if door.request.method == "POST" else None
    if posted is not None and posted.get("then") in {"later", "keep"}:
        return _keep(door, step)
    form = _form(door, step, posted)
    if posted is not None and form.is_valid():
        _save(door, step, form.saved())
        return redirect(door.after(step.name))
    return _show(door, step, form)


def _show(door: _Door, step: Step, form: StepForm) -> HttpResponse:
    index = [s.name for s in door.steps].index(step.name)
    since = door.extras.get("since", {}).get("on")
    context = door.context(
        page=step.page, step=step, form=form, place=index + 1, of=len(door.steps), then=door.request.POST.get("then") or door.request.GET.get("then", ""),
        back=door.url("page", page=door.steps[index - 1].name) if index else "", since=date.fromisoformat(since) if since else None,
        groups=[*form.groups()], explain=walk.explains(door.steps, step), asks_rows="rows" in form.fields,
    )  # fmt: skip
    return render(door.request, "patients/intake_page.html", context, status=422 if form.errors else 200)


def _open(door: _Door) -> Intake:
    answered_by = AnsweredBy.STAFF if door.staff else AnsweredBy.PATIENT
    link_uuid = None if door.staff else door.request.link.uuid
    return services.open_draft(patient=door.patient, by=door.by, at=door.at, answered_by=answered_by, link_uuid=link_uuid)


def _check_unused(door: _Door) -> None:
    """In the transaction of a write, last: sending locks the answers first, and the link after them. Raises AlreadySubmitted."""
    if not door.staff and not links.lock_unused(door.request.link):
        raise _too_late(door.request)


def _save(door: _Door, step: Step, saved: Saved) -> None:
    language = door.patient.language if door.staff else get_language()
    with audit.write(by=door.by, action="intake.save"):
        door.draft = services.save_intake_page(
            intake=_open(door), page=step.name, answers=saved.answers, drop=saved.drop, undo=saved.undo, language=language,
            extras={"notes": saved.notes, "ticked": saved.ticked, "confirmed": saved.confirmed}, by=door.by, at=door.at,
        )  # fmt: skip
        _check_unused(door)
    door.extras = door.draft.extras
    door.steps = walk.steps(door.pages, door.extras)


def _keep(door: _Door, step: Step) -> HttpResponse:
    """Half-filled: by “finish later”, or by a tab that goes away."""
    typed = {name: values for name, values in door.request.POST.lists() if name in _form(door, step, None).names()}
    with audit.write(by=door.by, action="intake.keep"):
        services.keep_typed(intake=_open(door), page=step.name, typed=typed, by=door.by, at=door.at)
        _check_unused(door)
    if door.request.POST["then"] == "keep":
        return HttpResponse(status=204)
    return redirect(door.url("later"))


def _begin(door: _Door) -> HttpResponse:
    missing = door.left()
    return redirect(door.url("page", page=missing[0].name) if missing else door.url("review"))


def _review(door: _Door) -> HttpResponse:
    draft = door.draft
    if draft is None:
        return redirect(door.url("done") if selectors.latest_answers(door.patient) else door.url("page", page=door.steps[0].name))
    said = {group["page"].name: group for group in words.answers_in_words(draft, for_patient=True)}
    left = door.left()
    groups: list[dict[str, Any]] = [
        said.get(page.name, {}) | {"page": page, "open": any(step.page == page for step in left), "url": door.url("page", page="changes" if page.name in walk.confirmed(draft.extras) else page.name) + "?then=review"}
        for page in door.pages
    ]  # fmt: skip
    return render(door.request, "patients/intake_review.html", door.context(groups=groups, left=left, go_on=door.url("consent")))


def _sign(door: _Door) -> HttpResponse:
    draft, text = door.draft, selectors.text_in_force(door.patient.language if door.staff else get_language() or "en")
    if draft is None:
        return redirect(door.url("done"))
    if door.left():
        return redirect(door.url("review"))
    state = selectors.consent_state(door.patient)
    stands = state.consent if state.is_good else None
    form = ConsentForm(door.request.POST if door.request.method == "POST" else None, text=text)
    on_paper = door.staff and door.request.POST.get("then") == "paper"
    unsigned = text is None or stands is not None or on_paper or door.request.POST.get("then") == "talk"
    if door.request.method == "POST" and (unsigned or form.is_valid()):
        try:
            _send(door, draft, None if unsigned else text, form)
        except services.AlreadySubmitted as late:
            messages.info(door.request, late.message)
        return redirect("patients:paper_consent", patient=door.patient.uuid) if on_paper else redirect(door.url("done"))
    changes = selectors.consent_changes(door.patient, text) if text else []
    context = door.context(form=form, text=text, stands=stands, changes=changes, back=door.url("review"))
    return render(door.request, "patients/intake_consent.html", context, status=422 if form.errors else 200)


def _send(door: _Door, draft: Intake, text: Any, form: ConsentForm) -> None:
    """Answers, consent and the link's end in one transaction: all or nothing."""
    with audit.write(by=door.by, action="intake.send"):
        services.submit_intake(intake=draft, by=door.by, at=door.at, today=door.today)
        if text is not None:
            services.sign_consent(
                patient=door.patient, text=text, signed_name=form.cleaned_data["signed_name"],
                off_label_understood=form.cleaned_data["off_label_understood"], photos=form.cleaned_data["photos"],
                signature_png=form.drawing(), by=door.by, at=door.at,
            )  # fmt: skip
        # a link that was revoked meanwhile (the desk corrects an address) was used by nobody: what was signed is not thrown away for that
        if not door.staff and not links.consume(link=door.request.link, by=door.by, at=door.at) and not links.lock_unused(door.request.link):
            raise _too_late(door.request)


@link_page("intake", methods=("GET",))
def intake(request: HttpRequest) -> HttpResponse:
    """Go on where the patient stopped."""
    return _sent_before(request) or _begin(_by_link(request))


@link_page("intake")
def intake_page(request: HttpRequest, page: str) -> HttpResponse:
    """One group of questions."""
    return _sent_before(request) or _page(_by_link(request), page)


@link_page("intake", methods=("GET",))
def intake_review(request: HttpRequest) -> HttpResponse:
    """All answers, each with a way to change it."""
    return _sent_before(request) or _review(_by_link(request))


@link_page("intake")
def intake_consent(request: HttpRequest) -> HttpResponse:
    """The exact text, the signature, and sending. Sent twice, the second time leads to “received”: no answer is on this page."""
    if request.link.consumed_at is not None:
        return redirect("patients_link:intake_done")
    return _sign(_by_link(request))


@link_page("intake", methods=("GET",))
def intake_done(request: HttpRequest) -> HttpResponse:
    """Received."""
    door = _by_link(request)
    return render(request, "patients/intake_done.html", door.context())


@link_page("intake", methods=("GET",))
def intake_later(request: HttpRequest) -> HttpResponse:
    """What is there is kept; the link goes on."""
    if sent := _sent_before(request):
        return sent
    door = _by_link(request)
    return render(request, "patients/intake_later.html", door.context(until=request.link.expires_at, go_on=door.url("page", page=door.left()[0].name) if door.left() else door.url("review")))


@allow(GET="intake:on_paper")
def staff_intake(request: HttpRequest, patient: str) -> HttpResponse:
    """At the desk or from paper: go on where it stopped."""
    return _begin(by_staff(request, patient))


@allow(GET="intake:on_paper", POST="intake:on_paper")
def staff_intake_page(request: HttpRequest, patient: str, page: str) -> HttpResponse:
    """One group of questions, typed by staff and marked so."""
    return _page(by_staff(request, patient), page)


@allow(GET="intake:on_paper")
def staff_intake_review(request: HttpRequest, patient: str) -> HttpResponse:
    """All answers before they are sent."""
    return _review(by_staff(request, patient))


@allow(GET="intake:on_paper", POST="intake:on_paper")
def staff_intake_consent(request: HttpRequest, patient: str) -> HttpResponse:
    """Consent on the tablet or from paper, and sending."""
    return _sign(by_staff(request, patient))


@allow(GET="intake:on_paper")
def staff_intake_done(request: HttpRequest, patient: str) -> HttpResponse:
    """Back to the patient."""
    messages.success(request, _("The answers are in. The rules have run."))
    return redirect("patients:screening", patient=by_staff(request, patient).patient.uuid)


@allow(GET="intake:on_paper")
def staff_intake_later(request: HttpRequest, patient: str) -> HttpResponse:
    """What is there is kept."""
    messages.success(request, _("What is there is kept. Go on when there is time."))
    return redirect("patients:screening", patient=by_staff(request, patient).patient.uuid)


@link_page("rescreen")
def rescreen(request: HttpRequest) -> HttpResponse:
    """“Anything changed?” before the visit: a draft until it is confirmed on arrival (SETTLED 2)."""
    door = _by_link(request)
    link = request.link
    form = RescreenForm(request.POST if request.method == "POST" else None)
    if link.consumed_at is not None:
        if form.is_bound and form.is_valid() and not selectors.rescreen_said(door.patient, at=link.consumed_at, changed=form.cleaned_data["changed"], words=form.cleaned_data["words"]):
            raise _too_late(request)  # another answer, from another tab or device
        return render(request, "patients/rescreen_done.html", door.context())
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

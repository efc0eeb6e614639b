"""What a patient opens by link: the questions, what the answers mean, and the instructions to read again."""

from contextlib import suppress
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from aftercare import emails, pages, selectors, services
from aftercare.forms import MOST_FILES, PageForm, ResultsForm, form_for
from aftercare.models import CheckIn, CheckInResponse, Plan
from aftercare.purposes import AFTERCARE, CHECK_IN
from aftercare.states import PlanState
from clinic.errors import Conflict, Refused
from clinic.links import refuse_ended_visit
from clinic.permissions import link_page
from clinic.requests import HttpRequest
from treatments.services.photos import MOST_BYTES


def _check_in(request: HttpRequest) -> CheckIn:
    found = selectors.check_in_behind(request.link.subject_uuid)
    if found is None:
        raise Http404
    return found


def _render(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    site = request.link.site
    return render(request, template, {"site": site, **context}, status=status)


@link_page(CHECK_IN, methods=("GET",))
def check_in(request: HttpRequest) -> HttpResponse:
    """Where the link leads: the first page without an answer, or what was answered, or that it is not needed."""
    asked = _check_in(request)
    if asked.is_answered:
        return redirect("aftercare_links:check_in_done")
    if asked.cancelled_at is not None:
        return _render(request, "aftercare/check_in_closed.html", {"check_in": asked})
    return redirect("aftercare_links:check_in_page", page=pages.first_missing(asked.asked, asked.draft) or "words")


@sensitive_post_parameters()
@link_page(CHECK_IN)
def check_in_page(request: HttpRequest, page: str) -> HttpResponse:
    """One page of questions. POST keeps its answers and goes on; the last one submits, once."""
    asked = _check_in(request)
    if request.method == "POST" and request.POST.get("check_in", str(asked.uuid)) != str(asked.uuid):
        return refuse_ended_visit(request)  # two people share a phone: this page was opened before the other one's link
    if asked.is_answered and request.method == "POST":
        return _after_the_end(request, asked, page)
    if asked.is_answered or asked.cancelled_at is not None:
        return redirect("aftercare_links:check_in")
    shown = pages.page_to_show(asked.asked, asked.draft, page)
    if shown is None:
        return redirect("aftercare_links:check_in")
    if request.method != "POST":
        return _page(request, asked, form_for(shown, draft=asked.draft))
    form = form_for(shown, request.POST)
    if not form.is_valid():
        return _page(request, asked, form, status=422)
    return _keep(request, asked, form)


def _keep(request: HttpRequest, asked: CheckIn, form: PageForm) -> HttpResponse:
    by, at = request.actor, timezone.now()
    try:
        saved, urgent = services.keep_page(check_in=asked, page=form.page.name, values=form.values(), by=by, at=at, link=request.link)
        if urgent is not None:
            return redirect("aftercare_links:check_in_done")
        if form.page.kind == "words":
            has_photos = bool(request.FILES.getlist("photos"))
            services.submit_check_in(check_in=saved, by=by, at=at, link=None if has_photos else request.link)
            return _add_photos(request, saved, form) if has_photos else redirect("aftercare_links:check_in_done")
    except services.PagesMissing as missing:
        return redirect("aftercare_links:check_in_page", page=missing.field)
    except services.AlreadySubmitted:  # the sweep was faster; words and photos are taken beside the answers
        return _add_photos(request, asked, form) if form.page.kind == "words" else _late(request, asked, form)
    except services.NotWanted:
        return redirect("aftercare_links:check_in")
    return redirect("aftercare_links:check_in_page", page=pages.next_page(saved.asked, saved.draft, form.page.name))


def _after_the_end(request: HttpRequest, asked: CheckIn, page: str) -> HttpResponse:
    """A page that comes when the answers are in: the last one again, after a photo was refused; a double tap; or another tab, or device."""
    shown = pages.BY_NAME.get(page)
    if shown is None or (shown.kind != "words" and shown.question not in pages.questions_of(asked.asked)):
        return redirect("aftercare_links:check_in")
    form = form_for(shown, request.POST)
    if not form.is_valid():
        return _page(request, asked, form, status=422)
    return _add_photos(request, asked, form) if shown.kind == "words" else _late(request, asked, form)


def _late(request: HttpRequest, asked: CheckIn, form: PageForm) -> HttpResponse:
    """Other answers than those that are in: said plainly, never answered with what the first ones meant."""
    at = timezone.now()
    values, files = form.values(), len(request.FILES.getlist("photos"))
    late = services.take_late(check_in=asked, page=form.page.name, values=values, files=files, by=request.actor, at=at)
    known = _check_in(request)
    if late is None or (late.concern is None and known.response.ended_early):  # the answer page says that the rest was not asked
        return redirect("aftercare_links:check_in_done")
    context = {"check_in": known, "answer": selectors.answer_page(known, at=at), "late": late, "sent_at": selectors.wall_words(known.response.answered_at, known.site.zone)}
    return _render(request, "aftercare/check_in_done.html", context, status=Conflict.status)


def _add_photos(request: HttpRequest, asked: CheckIn, form: PageForm) -> HttpResponse:
    """Photos come after the answers: one that can't be used keeps nothing from a person."""
    files, words = request.FILES.getlist("photos"), str(form.values().get("free_text", ""))
    try:
        if len(files) > MOST_FILES or any((file.size or 0) > MOST_BYTES for file in files):
            raise Refused(_("Choose at most 3 photos, each smaller than 15 MB."))
        raw = [file.read() for file in files]
        services.add_to_answer(check_in=asked, files=raw, words=words, by=request.actor, at=timezone.now(), link=request.link)
    except Conflict:
        return _late(request, asked, form)
    except Refused as refusal:
        form.add_error(None, forms.ValidationError(refusal.message, code="photo"))
        return _page(request, asked, form, status=422)
    return redirect("aftercare_links:check_in_done")


def _page(request: HttpRequest, asked: CheckIn, form: PageForm, *, status: int = 200) -> HttpResponse:
    is_sent = form.page.kind == "words" and CheckInResponse.objects.filter(check_in=asked).exists()
    place, of = pages.progress(asked.asked, asked.draft, form.page.name)
    context = {
        "check_in": asked,
        "page": form.page,
        "form": form,
        "place": place,
        "of": of,
        "before": None if is_sent else pages.page_before(asked.asked, asked.draft, form.page.name),
        "may_send_photos": form.page.kind == "words",
        "is_sent": is_sent,
        "wants_photo": selectors.wants_photo(asked),
        "usual_until": selectors.usual_until(asked) if form.page.name == "shedding" else "",
    }
    return _render(request, "aftercare/check_in_page.html", context, status=status)


@link_page(CHECK_IN, methods=("GET",))
def check_in_done(request: HttpRequest) -> HttpResponse:
    """What the answers mean now, when to worry, what still has to wait, whom to call."""
    asked = _check_in(request)
    if not asked.is_answered:
        return redirect("aftercare_links:check_in")
    context = {"check_in": asked, "answer": selectors.answer_page(asked, at=timezone.now())}
    return _render(request, "aftercare/check_in_done.html", context)


def _plan(request: HttpRequest) -> Plan:
    found = selectors.plan_behind(request.link.subject_uuid)
    if found is None:
        raise Http404
    return found


@link_page(AFTERCARE)
def instructions(request: HttpRequest) -> HttpResponse:
    """The instructions to read again; POST says that they were read, with the answer to one question."""
    plan, at = _plan(request), timezone.now()
    if plan.state == PlanState.CANCELLED:
        return _render(request, "aftercare/instructions_closed.html", {"plan": plan})
    known = selectors.instructions_of(plan, at=at)
    context = {"plan": plan, "instructions": known, "watched": selectors.keeps_watch(plan.site, at), "teach": selectors.teach_back(known)}
    context["changed"] = selectors.corrections(plan, known)
    context["asked"] = selectors.results_asked(plan, at=at)
    if request.method != "POST":
        return _render(request, "aftercare/instructions.html", context)
    chosen = request.POST.get("wash", "")
    right = None if not chosen else chosen == "right"
    by = request.actor
    services.note_read(plan=plan, taught_back=right, by=by, at=at)
    return redirect("aftercare_links:instructions")


@sensitive_post_parameters()
@link_page(AFTERCARE)
def results(request: HttpRequest) -> HttpResponse:
    """Month 3 and 6: how the hair is now, in the patient's own eyes. Asked once."""
    plan, at = _plan(request), timezone.now()
    asked = selectors.results_asked(plan, at=at)
    if asked is None or asked.is_answered:
        return redirect("aftercare_links:instructions")
    form = ResultsForm(request.POST if request.method == "POST" else None, can_compare=asked.can_compare)
    if request.method != "POST" or not form.is_valid():
        return _render(request, "aftercare/results.html", {"plan": plan, "asked": asked, "form": form}, status=422 if form.is_bound else 200)
    with suppress(services.NotAsked):  # two presses at once: the slower one sees that it is answered
        said = form.cleaned_data
        services.answer_results(plan=plan, change=said.get("change"), satisfaction=said["satisfaction"], by=request.actor, at=at)
    return redirect("aftercare_links:instructions")


@link_page(AFTERCARE, methods=("GET",))
def times(request: HttpRequest) -> HttpResponse:
    """The restart times as a calendar file, in neutral words."""
    at = timezone.now()
    plan = _plan(request)
    if plan.state == PlanState.CANCELLED:
        raise Http404
    data = emails.times_file(plan, selectors.instructions_of(plan, at=at).groups, at=at, sequence=plan.replans.count())
    answer = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{emails.FILE_NAME}"'
    return answer

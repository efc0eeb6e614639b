"""Bringing patients in from a file, with a look before anything is written; and the same columns out again."""

from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import ExportForm, ImportForm
from appointments.models import PatientImport
from appointments.rules import COLUMNS, RowState, csv_line
from appointments.views.common import site_of, sites_of
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.htmx import fragment_or_page
from clinic.permissions import acting_staff, allow, fetch, may
from clinic.requests import HttpRequest

PAGE = 50
_TABS = (RowState.WRONG, RowState.DOUBLE, RowState.GOOD, RowState.WRITTEN)


@allow(GET="import:run", POST="import:run")
def imports(request: HttpRequest) -> HttpResponse:
    """Choose a file; the files of late."""
    site, status = site_of(request), 200
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if form.is_valid():
            file = form.cleaned_data["file"]
            started = services.start_import(
                site=site, staff=acting_staff(request.actor), file_name=file.name or "file.csv", content=file.read(),
                month_first=form.cleaned_data["dates"] == "month", by=request.actor, at=timezone.now(),
            )  # fmt: skip
            return redirect("appointments:import_file", file=started.uuid)
        status = 422
    record_access(by=request.actor, action="import.list")
    context = {
        "site": site, "sites": sites_of(request), "form": form, "files": selectors.imports_of(site), "columns": COLUMNS,
        "export_form": ExportForm(), "may_export": may(request.actor, "import:export"),
    }  # fmt: skip
    return render(request, "appointments/imports.html", context, status=status)


def _file(request: HttpRequest, uuid: str) -> PatientImport:
    return fetch(PatientImport.objects.select_related("site", "staff").defer("content"), request.actor, uuid=uuid)


@allow(GET="import:run")
def import_file(request: HttpRequest, file: str) -> HttpResponse:
    """How far it is; then every row with what is wrong, who may be here already, and what would be written."""
    found, at = _file(request, file), timezone.now()
    counts = selectors.row_counts(found)
    first = next((state.value for state in _TABS if counts[state.value]), RowState.GOOD.value)
    show = request.GET.get("show", first)
    show = show if show in {state.value for state in _TABS} else first
    rows = Paginator(selectors.rows_in(found, show), PAGE).get_page(request.GET.get("page"))
    record_access(by=request.actor, action="import.view", subject=f"import {found.pk}")
    words = {"wrong": _("Can’t be read"), "double": _("Here already?"), "good": _("Ready"), "written": _("Brought in")}
    context = {
        "file": found, "counts": counts, "show": show, "rows": rows, "percent": found.percent(at), "at": at,
        "tabs": [(state.value, words[state.value], counts[state.value]) for state in _TABS if counts[state.value] or state.value == show],
        "going": counts["good"] + counts["kept"], "left": counts["wrong"] + counts["double"] - counts["kept"],
    }  # fmt: skip
    return fragment_or_page(request, "appointments/_import_file.html", "appointments/import_file.html", context)


def _to(found: PatientImport, **query: Any) -> HttpResponse:
    path = reverse("appointments:import_file", kwargs={"file": found.uuid})
    return redirect(f"{path}?{urlencode(query)}" if query else path)


@allow(POST="import:run")
def decide_doubles(request: HttpRequest, file: str) -> HttpResponse:
    """For each line shown: the same person (left out), or a new one."""
    found = _file(request, file)
    chosen = {int(name[5:]): value for name, value in request.POST.items() if name.startswith("line-") and name[5:].isdecimal()}
    services.decide_doubles(
        file=found, bring_in=[line for line, value in chosen.items() if value == "new"],
        leave_out=[line for line, value in chosen.items() if value == "same"], by=request.actor,
    )  # fmt: skip
    messages.success(request, _("Noted."))
    return _to(found, show="double", page=request.POST.get("page", "1"))


@allow(POST="import:run")
def confirm_import(request: HttpRequest, file: str) -> HttpResponse:
    """Write what is ready. `expected` is the number on the button: if it changed meanwhile, somebody looks again."""
    found, expected = _file(request, file), -1
    with suppress(ValueError):
        expected = int(request.POST.get("expected", ""))
    if expected != selectors.rows_to_write(found).count():
        raise Refused(_("The numbers have changed meanwhile. Look at the file again, then confirm."))
    services.confirm_import(file=found, by=request.actor, at=timezone.now())
    return _to(found)


@allow(POST="import:run")
def discard_import(request: HttpRequest, file: str) -> HttpResponse:
    """Forget the file; nothing was written."""
    services.discard_import(file=_file(request, file), by=request.actor, at=timezone.now())
    messages.success(request, _("The file is forgotten. Nothing was brought in."))
    return redirect("appointments:imports")


@allow(GET="import:run")
def left_over(request: HttpRequest, file: str) -> HttpResponse:
    """The rows that were not brought in, as a file to mend."""
    found = _file(request, file)
    record_access(by=request.actor, action="import.left_over", subject=f"import {found.pk}")
    return _csv(selectors.left_over_lines(found), "not-brought-in.csv")


@allow(GET="import:run")
def empty_file(request: HttpRequest) -> HttpResponse:
    """The headings, and one line to show how they are filled."""
    example = ("Ana", "Núñez", "1985-03-27", "female", "ana@example.org", "+44 20 7946 0000", "", "she/her", "en", "neutral", "", "no", "2026-03-02; 2026-04-06")
    return _csv(iter([csv_line(COLUMNS), csv_line(example)]), "patients.csv")


@allow(POST="import:export")
def export_patients(request: HttpRequest) -> HttpResponse:
    """Everybody of the actor's sites, in the columns of an import. A fresh sign-in, a reason, and a line in the log."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what the file is for."))
        return redirect("appointments:imports")
    if settings.SIGN_NEEDS_FRESH_LOGIN and not did_recently_reauthenticate(request):
        messages.error(request, _("Sign in again first, then export."))
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('appointments:imports')})}")
    record_access(by=request.actor, action="patients.export", reason=form.cleaned_data["reason"])
    return _csv(selectors.patient_lines(request.actor), "patients.csv")


def _csv(lines: Any, name: str) -> HttpResponse:
    """UTF-8 with the mark that spreadsheets look for."""
    answer = StreamingHttpResponse(_marked(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast(HttpResponse, answer)  # a streamed answer is no HttpResponse to the types, but is one to everybody who handles it


def _marked(lines: Any) -> Any:
    yield "\ufeff"
    yield from lines

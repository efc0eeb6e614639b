"""The clinic's results as a page, and each table as a CSV."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.audit import record_access
from clinic.csvs import csv_response
from clinic.permissions import allow
from clinic.requests import HttpRequest
from desk.selectors.results import ClinicResults, clinic_results
from desk.selectors.running import clinic_running
from desk.selectors.tables import Chart, Table, chart, lines


@allow(GET="result:view")
def results(request: HttpRequest) -> HttpResponse:
    """Does it work, and does it harm? Charts with their numbers; small cells hidden."""
    record_access(by=request.actor, action="results.view")
    found = clinic_results(request.actor, at=timezone.now())
    return render(request, "desk/results.html", {"found": found, "sections": _drawn(found)})


@allow(GET="result:view")
def running(request: HttpRequest) -> HttpResponse:
    """Do patients come back in time, how long do they wait, does mail arrive?"""
    record_access(by=request.actor, action="running.view")
    found = clinic_running(request.actor, at=timezone.now())
    return render(request, "desk/running.html", {"found": found, "sections": _drawn(found)})


def _drawn(found: ClinicResults) -> list[tuple[str, str, list[tuple[Table, Chart]]]]:
    return [(title, words, [(table, chart(table)) for table in tables if table.rows]) for title, words, tables in found.sections]


@allow(GET="report:view")
def results_csv(request: HttpRequest, table: str) -> HttpResponse:
    """One table, with the same cells hidden; nothing in it runs as a formula."""
    now = timezone.now()
    found = clinic_results(request.actor, at=now).table(table) or clinic_running(request.actor, at=now).table(table)
    if found is None:
        raise Http404
    record_access(by=request.actor, action="results.export", subject=table)
    header, *rows = lines(found)
    return csv_response(f"{table}.csv", header, rows)

"""The clinic's results as a page, and each table as a CSV."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.audit import record_access
from clinic.csvs import csv_response
from clinic.permissions import allow
from clinic.requests import HttpRequest
from desk.results import clinic_results
from desk.results_tables import chart, lines


@allow(GET="result:view")
def results(request: HttpRequest) -> HttpResponse:
    """Does it work, and does it harm? Charts with their numbers; small cells hidden."""
    record_access(by=request.actor, action="results.view")
    found = clinic_results(request.actor, at=timezone.now())
    sections = [(title, words, [(table, chart(table)) for table in tables]) for title, words, tables in found.sections]
    return render(request, "desk/results.html", {"found": found, "sections": sections})


@allow(GET="report:view")
def results_csv(request: HttpRequest, table: str) -> HttpResponse:
    """One table, with the same cells hidden; nothing in it runs as a formula."""
    found = clinic_results(request.actor, at=timezone.now()).table(table)
    if found is None:
        raise Http404
    record_access(by=request.actor, action="results.export", subject=table)
    header, *rows = lines(found)
    return csv_response(f"{table}.csv", header, rows)

"""CSV for people with spreadsheets: what begins like a formula is made text (R53)."""

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

_FORMULA = frozenset("=+-@\t\r\n|\uff1d\uff0b\uff0d\uff20")


def inert(value: Any) -> str:
    """A cell that no spreadsheet runs: a quote in front of what looks like a formula, also after blanks. A number stays one."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value).replace("\x00", "")
    return f"'{text}" if text[:1] in _FORMULA or text.lstrip()[:1] in _FORMULA else text


def csv_response(file_name: str, header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """A download, UTF-8 with a mark so that spreadsheets read accents; every cell is inert."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    writer = csv.writer(response)
    writer.writerow([inert(cell) for cell in header])
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    return response

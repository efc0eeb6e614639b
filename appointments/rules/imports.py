"""Files of patients: columns, cells that can't become formulas, dates as people write them, names that are alike. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ImportState(StrEnum):
    """Where a file stands."""

    READING = "reading"
    CHECKING = "checking"
    CHECKED = "checked"
    WRITING = "writing"
    DONE = "done"
    REFUSED = "refused"
    DISCARDED = "discarded"


class RowState(StrEnum):
    """Where a row stands. *Double*: somebody here, or an earlier line, is probably the same person."""

    NEW = "new"
    GOOD = "good"
    WRONG = "wrong"
    DOUBLE = "double"
    WRITTEN = "written"


COLUMNS = (
    "given_name", "family_name", "birth_on", "sex", "email", "phone", "preferred_name", "pronouns", "language", "mail_mode", "interpreter",
    "do_not_contact", "past_sessions",
)  # fmt: skip
MOST_ROWS, MOST_BYTES, MOST_LETTERS = 100_000, 30_000_000, 400
_ALIASES = {
    "first_name": "given_name", "forename": "given_name", "surname": "family_name", "last_name": "family_name", "dob": "birth_on",
    "date_of_birth": "birth_on", "birth_date": "birth_on", "birthdate": "birth_on", "e_mail": "email", "email_address": "email", "mail": "email",
    "mobile": "phone", "telephone": "phone", "phone_number": "phone", "gender": "sex", "sessions": "past_sessions", "known_as": "preferred_name",
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_YES, _NO = frozenset({"yes", "y", "true", "1", "x"}), frozenset({"", "no", "n", "false", "0"})


class FileRefused(ValueError):
    """The file as a whole can't be read; the words say what to mend."""


@dataclass(frozen=True)
class Table:
    """A file that was read: rows with their line numbers, and what was noticed about the columns."""

    rows: list[tuple[int, dict[str, str]]]
    remarks: list[str]


def inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: such a beginning gets an apostrophe in front (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell


def bare(cell: str) -> str:
    """The cell as it was before `inert`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in (*_FORMULA, "'") else cell


def decoded(content: bytes) -> tuple[str, str]:
    """The text, and a remark when it is not UTF-8. Raises FileRefused."""
    if b"\0" in content[:4000] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("This is not a CSV file. Save the table as “CSV UTF-8” and try again.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), ""
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "The file is not UTF-8; it was read as Windows text. Look at names with accents."


def column_of(heading: str) -> str:
    """`Date of birth` → `birth_on`; empty for a heading that is not known."""
    name = re.sub(r"[^a-z]+", "_", bare(heading.strip()).casefold()).strip("_")
    name = _ALIASES.get(name, name)
    return name if name in COLUMNS else ""


def read_table(content: bytes) -> Table:
    """Headings in the first row, comma, semicolon or tab between cells. Raises FileRefused."""
    text, remark = decoded(content)
    first = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=False)
    try:
        headings = next((row for row in reader if any(cell.strip() for cell in row)), [])
        columns, remarks = _columns(headings)
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, _cells(columns, cells)))
            if len(rows) > MOST_ROWS:
                raise FileRefused(f"The file has more than {MOST_ROWS:,} rows. Split it.")
    except csv.Error as error:
        raise FileRefused(f"Line {reader.line_num} can't be read: {error}.") from None
    if not rows:
        raise FileRefused("The file has headings, but no rows.")
    return Table(rows, [*filter(None, [remark]), *remarks])


def _columns(headings: Sequence[str]) -> tuple[list[str], list[str]]:
    columns = [column_of(heading) for heading in headings]
    if "birth_on" not in columns or not {"given_name", "family_name"} & set(columns):
        raise FileRefused("The first row must name the columns: birth_on, and given_name or family_name. Take the empty file as a pattern.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise FileRefused(f"The column {', '.join(twice)} stands there twice.")
    unknown = [heading.strip()[:40] for heading, name in zip(headings, columns, strict=True) if not name and heading.strip()]
    return columns, [f"Not brought in, because the column is not known: {', '.join(unknown)}."] if unknown else []


def _cells(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    found = {name: bare(cell.strip())[:MOST_LETTERS] for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns):]):
        found["too_many"] = str(len(cells))
    return found


def date_in(text: str, *, month_first: bool = False) -> date | None:
    """`1985-03-27`, `27/03/1985`, `27.3.1985`; with `month_first` also `3/27/1985`. A year has four figures, else None."""
    match = re.fullmatch(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[T ]00:00(?::00)?)?", text.strip())
    if not match:
        return None
    a, b, c = match.groups()
    if len(a) == 4:
        parts = (int(a), int(b), int(c))
    elif len(c) == 4:
        parts = (int(c), int(a), int(b)) if month_first else (int(c), int(b), int(a))
    else:
        return None
    try:
        return date(*parts)
    except ValueError:
        return None


def dates_in(text: str, *, month_first: bool = False) -> tuple[list[date], list[str]]:
    """Dates between semicolons or commas; and the parts that are none."""
    parts = [part.strip() for part in re.split(r"[;,|]+", text) if part.strip()]
    read = [(part, date_in(part, month_first=month_first)) for part in parts]
    return sorted({found for _part, found in read if found}), [part for part, found in read if found is None]


def yes_or_no(text: str) -> bool | None:
    """`yes`, `no` and what people write instead; None for anything else."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def _trigrams(text: str) -> set[str]:
    return {padded[n : n + 3] for word in text.split() for padded in [f"  {word} "] for n in range(len(padded) - 2)}


def alike(one: str, other: str) -> float:
    """From 0 to 1: how much two names have in common, as PostgreSQL's trigrams count it."""
    a, b = _trigrams(one), _trigrams(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def csv_line(cells: Iterable[str]) -> str:
    """One line of a file that is safe to open in a spreadsheet."""
    out = io.StringIO(newline="")
    csv.writer(out).writerow([inert(cell) for cell in cells])
    return out.getvalue()

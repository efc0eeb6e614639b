"""Bringing patients in from a file, in small transactions that may be cut short anywhere and are taken up again.

reading → checking → checked, where a person looks and confirms → writing → done. Until *writing* nothing of a patient exists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from appointments import selectors
from appointments.models import ImportRow, PatientImport
from appointments.rules import FileRefused, ImportState, RowState, read_table
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict
from clinic.models import Site, Staff
from clinic.nudges import nudge
from patients import services as people
from patients.names import plain
from treatments import services as sessions

CHUNK = 500
_TASK = "appointments.continue_imports"


@dataclass(frozen=True)
class CheckedRow:
    """A row as a person with the days of earlier sessions, or its problems as (column, words)."""

    person: people.PersonData | None
    sessions: tuple[date, ...]
    problems: list[tuple[str, str]]


Check = Callable[[dict[str, str], date, bool], CheckedRow]


def start_import(*, site: Site, staff: Staff, file_name: str, content: bytes, month_first: bool, by: Actor, at: datetime) -> PatientImport:
    """Keep the file; a worker reads it."""
    with audit.write(by=by, action="import.start", reason=file_name[:120]):
        file = PatientImport.objects.create(
            site=site, staff=staff, file_name=file_name[:120], content=content, month_first=month_first, made_at=at
        )
        nudge(_TASK)
    return file


def continue_import(*, file: PatientImport, check: Check, by: Actor, at: datetime) -> bool:
    """One step of at most CHUNK rows in one transaction. False when there is nothing to do, or another worker is at it."""
    with audit.write(by=by, action="import.step", reason=file.file_name):
        locked = PatientImport.objects.select_for_update(skip_locked=True, of=("self",)).select_related("site", "staff").filter(pk=file.pk).first()
        if locked is None or not locked.is_running:
            return False
        if locked.state == ImportState.READING:
            _read(locked, at=at)
        elif locked.state == ImportState.CHECKING:
            _check_some(locked, check, at=at)
        else:
            _write_some(locked, check, by=by, at=at)
    return True


def _read(file: PatientImport, *, at: datetime) -> None:
    try:
        table = read_table(bytes(file.content or b""))
    except FileRefused as refused:
        file.state, file.problem, file.ended_at, file.content = ImportState.REFUSED, str(refused)[:400], at, None
        file.save()
        return
    for start in range(0, len(table.rows), CHUNK):  # a batch at a time: fifty thousand rows as objects would be a lot of memory
        ImportRow.objects.bulk_create([ImportRow(file=file, line=line, cells=cells) for line, cells in table.rows[start:start + CHUNK]])
    file.state, file.total, file.remarks, file.content = ImportState.CHECKING, len(table.rows), table.remarks, None
    file.save()


def _check_some(file: PatientImport, check: Check, *, at: datetime) -> None:
    rows = list(file.rows.filter(state=RowState.NEW).order_by("line")[:CHUNK])
    today, people_in = file.site.today(at), {}
    for row in rows:
        found = check(row.cells, today, file.month_first)
        row.state, row.problems = (RowState.WRONG if found.problems else RowState.GOOD), found.problems
        if found.person:
            people_in[row.pk] = found.person
            row.same_as = f"{found.person.birth_on} {plain(f'{found.person.family_name} {found.person.given_name}')}"[:400]
    ImportRow.objects.bulk_update(rows, ["state", "problems", "same_as"], batch_size=CHUNK)
    for pk, doubles in selectors.doubles_of(file, rows, people_in).items():
        ImportRow.objects.filter(pk=pk).update(state=RowState.DOUBLE, doubles=doubles)
    file.checked += len(rows)
    if len(rows) < CHUNK:
        file.state, file.checked = ImportState.CHECKED, file.total
    file.save(update_fields=["state", "checked"])


def decide_doubles(*, file: PatientImport, bring_in: list[int], leave_out: list[int], by: Actor) -> None:
    """New person after all, or the same one (left out). Lines that are no doubles are not touched."""
    with audit.write(by=by, action="import.decide", reason=file.file_name):
        _still_open(file)
        rows = file.rows.filter(state=RowState.DOUBLE)
        rows.filter(line__in=bring_in).update(bring_in=True)
        rows.filter(line__in=leave_out).update(bring_in=False)


def _still_open(file: PatientImport) -> PatientImport:
    locked = PatientImport.objects.select_for_update().get(pk=file.pk)
    if locked.state != ImportState.CHECKED:
        raise Conflict("This file is not waiting for a decision any more.")
    return locked


def confirm_import(*, file: PatientImport, by: Actor, at: datetime) -> PatientImport:
    """Write the good rows, and the doubles that are new people. Raises Conflict when it was decided already."""
    with audit.write(by=by, action="import.confirm", reason=file.file_name):
        locked = _still_open(file)
        locked.state, locked.confirmed_at, locked.confirmed_by = ImportState.WRITING, at, by.name[:160]
        locked.to_write = selectors.rows_to_write(locked).count()
        locked.save()
        nudge(_TASK)
    return locked


def discard_import(*, file: PatientImport, by: Actor, at: datetime) -> None:
    """Nothing is written; the rows are forgotten at once. Raises Conflict."""
    with audit.write(by=by, action="import.discard", reason=file.file_name):
        locked = PatientImport.objects.select_for_update().get(pk=file.pk)
        if locked.state in (ImportState.WRITING, ImportState.DONE):
            raise Conflict("This file is being brought in already.")
        locked.rows.all().delete()
        locked.state, locked.ended_at, locked.content = ImportState.DISCARDED, locked.ended_at or at, None
        locked.save()


def _write_some(file: PatientImport, check: Check, *, by: Actor, at: datetime) -> None:
    rows, today = list(selectors.rows_to_write(file)[:CHUNK]), file.site.today(at)
    found = [(row, check(row.cells, today, file.month_first)) for row in rows]
    fine = [(row, answer.person, answer.sessions) for row, answer in found if answer.person is not None]
    made = people.register_patients(people=[person for _row, person, _days in fine], site=file.site, by=by, at=at)
    for (row, _person, _days), patient in zip(fine, made, strict=True):
        row.patient, row.state = patient, RowState.WRITTEN
    for row, answer in found:
        if answer.person is None:  # a rule that changed since the check
            row.state, row.problems = RowState.WRONG, answer.problems
    ImportRow.objects.bulk_update(rows, ["patient", "state", "problems"], batch_size=CHUNK)
    days = [(patient, day, f"{file.file_name}, line {row.line}") for (row, _p, when), patient in zip(fine, made, strict=True) for day in when]
    sessions.note_earlier_sessions(rows=days, by=by, at=at)
    file.written += len(fine)
    if len(rows) < CHUNK:
        file.state, file.ended_at = ImportState.DONE, at
    file.save(update_fields=["state", "written", "ended_at"])


def forget_imports(*, before: datetime, by: Actor) -> int:
    """Rows of files that ended before `before` go; who was brought in stays. Returns how many files were emptied."""
    files = PatientImport.objects.filter(ended_at__lt=before, rows__isnull=False).distinct()
    count = 0
    for file in files:
        with audit.write(by=by, action="import.forget", reason=file.file_name):
            file.rows.all().delete()
        count += 1
    return count

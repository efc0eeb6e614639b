"""Files under way, their rows, and who in them is probably here already."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Upper

from appointments.models import ImportRow, PatientImport
from appointments.rules import COLUMNS, ImportState, RowState, alike, csv_line
from clinic.audit import Actor
from clinic.models import Site
from patients.models import Patient
from patients.names import digits, plain
from patients.services import PersonData
from treatments import selectors as sessions

_SAME_NAME, _SIMILAR_NAME = 0.6, 0.3
_FIELDS = ("pk", "uuid", "number", "given_name", "family_name", "search_name", "birth_on", "phone_digits", "email")


def imports_of(site: Site) -> list[PatientImport]:
    """The last files of a site."""
    return list(PatientImport.objects.filter(site=site).select_related("staff").defer("content").order_by("-made_at")[:20])


def imports_under_way() -> list[PatientImport]:
    """What a worker goes on with, oldest first."""
    states = [ImportState.READING, ImportState.CHECKING, ImportState.WRITING]
    return list(PatientImport.objects.filter(state__in=states).defer("content").order_by("pk"))


def row_counts(file: PatientImport) -> dict[str, int]:
    """How many rows stand in each state, and how many doubles are brought in all the same."""
    found = dict(file.rows.order_by().values_list("state").annotate(n=Count("pk")))
    return {state.value: found.get(state.value, 0) for state in RowState} | {"kept": file.rows.filter(state=RowState.DOUBLE, bring_in=True).count()}


def rows_in(file: PatientImport, state: str) -> QuerySet[ImportRow]:
    """Rows in one state, in the order of the file."""
    return file.rows.filter(state=state).select_related("patient").order_by("line")


def rows_to_write(file: PatientImport) -> QuerySet[ImportRow]:
    """Good rows, and doubles that somebody called a new person."""
    return file.rows.filter(Q(state=RowState.GOOD) | Q(state=RowState.DOUBLE, bring_in=True)).order_by("line")


def doubles_of(file: PatientImport, rows: Iterable[ImportRow], people_in: Mapping[int, PersonData]) -> dict[int, list[dict[str, Any]]]:
    """For each row that is somebody known: who, and what matches. A few queries for all rows together."""
    mine = [row for row in rows if row.pk in people_in]
    known, earlier = _near(file, people_in.values()), _earlier_lines(file, mine)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in mine:
        same = [{"line": line, "why": ["name", "date of birth"]} for line in earlier.get(row.same_as, []) if line < row.line][:1]
        same += _matches(people_in[row.pk], known)
        if same:
            found[row.pk] = same[:5]
    return found


def _earlier_lines(file: PatientImport, rows: list[ImportRow]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    pairs = file.rows.filter(same_as__in={row.same_as for row in rows}).exclude(state=RowState.WRONG).order_by("line").values_list("same_as", "line")
    for same_as, line in pairs:
        found.setdefault(same_as, []).append(line)
    return found


class _Known:
    """Patients that share a day of birth, a phone number or an address with some row, for looking up."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self.by: dict[tuple[str, Any], list[dict[str, Any]]] = {}
        for row in rows:
            for key in (("born", row["birth_on"]), ("phone", row["phone_digits"]), ("mail", row["email"].upper())):
                if key[1]:
                    self.by.setdefault(key, []).append(row)


def _near(file: PatientImport, people_in: Iterable[PersonData]) -> _Known:
    people = list(people_in)
    born, mails = {p.birth_on for p in people}, {p.email.upper() for p in people if p.email}
    phones = {digits(p.phone) for p in people if len(digits(p.phone)) >= 7}
    rows = Patient.objects.current().filter(site__in=Actor.of_staff(file.staff).site_ids).annotate(up=Upper("email"))
    return _Known(rows.filter(Q(birth_on__in=born) | Q(phone_digits__in=phones) | Q(up__in=mails)).values(*_FIELDS))


def _matches(person: PersonData, known: _Known) -> list[dict[str, Any]]:
    name, number = plain(f"{person.family_name} {person.given_name}"), digits(person.phone)
    keys = (("born", person.birth_on), ("phone", number if len(number) >= 7 else ""), ("mail", person.email.upper()))
    candidates = {row["pk"]: row for key in keys for row in known.by.get(key, [])}
    found = []
    for row in candidates.values():
        near = alike(name, row["search_name"])
        why = [
            *(["name"] if near >= _SAME_NAME else ["similar name"] if near >= _SIMILAR_NAME else []),
            *(["date of birth"] if row["birth_on"] == person.birth_on else []),
            *(["phone"] if len(number) >= 7 and row["phone_digits"] == number else []),
            *(["e-mail"] if person.email and row["email"].upper() == person.email.upper() else []),
        ]
        if len(why) >= 2 or why == ["name"]:
            words = f"{row['given_name']} {row['family_name']}".strip()
            found.append({"uuid": str(row["uuid"]), "name": words, "number": row["number"], "born": row["birth_on"].isoformat(), "why": why})
    return sorted(found, key=lambda one: (-len(one["why"]), one["number"]))


def left_over_lines(file: PatientImport) -> Iterator[str]:
    """The rows that were not brought in, as a file to mend and bring in again; the last column says why."""
    yield csv_line([*COLUMNS, "why_not"])
    rows = file.rows.filter(Q(state=RowState.WRONG) | Q(state=RowState.DOUBLE, bring_in=False)).order_by("line")
    for row in rows.iterator(chunk_size=2000):
        why = "; ".join(f"{column}: {words}" if column else words for column, words in row.problems) or "is here already"
        yield csv_line([*(row.cells.get(name, "") for name in COLUMNS), f"line {row.line}: {why}"])


def patient_lines(actor: Actor) -> Iterator[str]:
    """Every patient of the actor's sites in the columns of an import, with the days of all sessions."""
    yield csv_line(COLUMNS)
    rows = Patient.objects.current().filter(site__in=actor.site_ids).order_by("pk")
    last = 0
    while chunk := list(rows.filter(pk__gt=last)[:1000]):
        days = sessions.session_days(chunk)
        for patient in chunk:
            yield csv_line(_cells_of(patient, days.get(patient.pk, [])))
        last = chunk[-1].pk


def _cells_of(patient: Patient, days: list[date]) -> list[str]:
    values = {name: getattr(patient, name) for name in COLUMNS if name not in ("birth_on", "do_not_contact", "past_sessions")}
    values |= {
        "birth_on": patient.birth_on.isoformat(), "do_not_contact": "yes" if patient.do_not_contact else "no",
        "past_sessions": "; ".join(day.isoformat() for day in days),
    }  # fmt: skip
    return [str(values[name]) for name in COLUMNS]

"""Patients from a file: every mistake listed, doubles proposed, nothing written until confirmed; formulas stay text."""

import csv
import io
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from appointments import rules, selectors, services, tasks
from appointments.forms import check_row
from appointments.models import ImportRow, PatientImport, VisitType
from clinic.audit import Actor
from clinic.errors import Conflict
from clinic.models import AccessEvent, OutboxMessage, Site, Staff
from patients.models import Patient
from tests.appointments.make import DESK, NOW, make_clear, make_clinic
from treatments.models import EarlierSession

BY = Actor.of_task("appointments.continue_imports")
HEAD = "given_name,family_name,birth_on,email,phone,past_sessions\n"


def bring(site: Site, staff: Staff, text: str | bytes, *, month_first: bool = False) -> PatientImport:
    """Start and read it to the end of the check."""
    content = text.encode() if isinstance(text, str) else text
    file = services.start_import(site=site, staff=staff, file_name="old.csv", content=content, month_first=month_first, by=DESK, at=NOW)
    return run(file)


def run(file: PatientImport) -> PatientImport:
    while services.continue_import(file=file, check=check_row, by=BY, at=NOW):
        pass
    file.refresh_from_db()
    return file


class TestCells:
    """Pure."""

    @pytest.mark.parametrize("cell", ["=1+1", "+44 20 7946 0000", "-3", "@SUM(A1)", "\tx", "'=1", "'", "plain", "", "O'Connor"])
    def test_out_and_in_again_is_the_same_and_never_a_formula(self, cell: str) -> None:
        assert rules.bare(rules.inert(cell)) == cell
        assert not rules.inert(cell).startswith(("=", "+", "-", "@", "\t", "\r"))

    @given(some.text(max_size=40))
    def test_for_any_text(self, cell: str) -> None:
        assert rules.bare(rules.inert(cell)) == cell
        assert not rules.inert(cell).startswith(("=", "+", "-", "@", "\t", "\r"))

    @pytest.mark.parametrize(
        ("text", "month_first", "day"),
        [
            ("1985-03-27", False, date(1985, 3, 27)), ("27/03/1985", False, date(1985, 3, 27)), ("27.3.1985", False, date(1985, 3, 27)),
            ("03/27/1985", True, date(1985, 3, 27)), ("03/27/1985", False, None), ("27/03/85", False, None), ("31/02/1985", False, None),
            ("", False, None), ("1985-03-27 00:00:00", False, date(1985, 3, 27)),
        ],
    )  # fmt: skip
    def test_dates(self, text: str, month_first: bool, day: date | None) -> None:
        assert rules.date_in(text, month_first=month_first) == day

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"PK\x03\x04\x00\x00", "not a CSV file"), (b"name,age\nx,3\n", "must name the columns"), (b"given_name,birth_on\n", "no rows"),
            (b"", "must name the columns"), (b"given_name,forename,birth_on\na,b,c\n", "twice"),
        ],
    )  # fmt: skip
    def test_a_file_that_can_not_be_read_says_what_to_mend(self, content: bytes, words: str) -> None:
        with pytest.raises(rules.FileRefused, match=words):
            rules.read_table(content)

    def test_semicolons_other_headings_and_windows_letters(self) -> None:
        table = rules.read_table("First name;Surname;Date of birth;Shoe size\nZoë;Núñez;1985-03-27;39\n".encode("cp1252"))
        assert table.rows == [(2, {"given_name": "Zoë", "family_name": "Núñez", "birth_on": "1985-03-27"})]
        assert ["Windows" in table.remarks[0], "Shoe size" in table.remarks[1]] == [True, True]


@pytest.mark.django_db
class TestLook:
    """The dry run."""

    def test_every_mistake_of_every_row_is_listed_with_its_column(self, site: Site, rosa: Staff) -> None:
        file = bring(site, rosa, HEAD + "Ana,Núñez,31/02/1985,ana@,123,2026-01-01; soon\n,,1985-03-27,,,\nBo,Bell,2999-01-01,,,\nCy,Cole,1980-01-01,,,2999-01-01\nDi,Dow,1980-01-01,,,,extra\n")
        wrong = {row.line: sorted({column for column, _words in row.problems}) for row in selectors.rows_in(file, "wrong")}
        assert wrong == {2: ["birth_on", "email", "past_sessions", "phone"], 3: ["family_name"], 4: ["birth_on"], 5: ["past_sessions"], 6: [""]}

    def test_what_is_wrong_is_said_in_the_words_of_who_mends_the_cell(self) -> None:
        """Not as the registration form says it, whose date has three boxes and whose language is chosen from a list."""
        cells = {"given_name": "Ana", "family_name": "Bad", "birth_on": "1985-13-40", "language": "xx", "email": "notmail"}
        said = dict(check_row(cells, NOW.date(), False).problems)
        assert said["birth_on"] == "“1985-13-40” is not a real date. Write it as 1985-03-27."
        assert said["language"] == "“xx” is not known. Write one of: en, es."
        assert "needs" not in said["email"] and "@" in said["email"]
        assert dict(check_row(cells | {"birth_on": "2031-01-01"}, NOW.date(), False).problems)["birth_on"] == "This date lies in the future."

    def test_nothing_is_written_before_somebody_confirms(self, site: Site, rosa: Staff) -> None:
        file = bring(site, rosa, HEAD + "Ana,Núñez,1985-03-27,ana@example.org,,2026-01-05\n")
        assert (file.state, selectors.row_counts(file)["good"]) == ("checked", 1)
        assert (Patient.objects.count(), EarlierSession.objects.count(), OutboxMessage.objects.count()) == (0, 0, 0)

    def test_who_is_here_already_is_proposed_and_left_out(self, site: Site, rosa: Staff) -> None:
        known = make_clear(site, given_name="Zsófia", family_name="Kovács", search_name="kovacs zsofia", birth_on=date(1990, 5, 1), email="zs@example.org")
        file = bring(site, rosa, HEAD + "Zsofia,Kovacs,1990-05-01,,,\nOther,Person,1970-01-01,ZS@example.org,,\nSomebody,Else,1990-05-01,,,\n")
        doubles = {row.line: row.doubles for row in selectors.rows_in(file, "double")}
        assert {line: (rows[0]["number"], rows[0]["why"]) for line, rows in doubles.items()} == {2: (known.number, ["name", "date of birth"])}
        services.confirm_import(file=file, by=DESK, at=NOW)
        run(file)
        assert Patient.objects.count() == 3

    def test_one_address_alone_is_no_double_but_with_the_phone_it_is(self, site: Site, rosa: Staff) -> None:
        make_clear(site, email="family@example.org", phone="020 7946 1111", phone_digits="2079461111")
        file = bring(site, rosa, HEAD + "Mother,Smith,1960-01-01,family@example.org,,\nFather,Smith,1961-01-01,family@example.org,+44 20 7946 1111,\n")
        assert [row.line for row in selectors.rows_in(file, "double")] == [3]

    def test_the_same_person_twice_in_the_file(self, site: Site, rosa: Staff) -> None:
        file = bring(site, rosa, HEAD + "Ana,Núñez,1985-03-27,,,\nAna,Nunez,27/03/1985,,,\n")
        assert [(row.line, row.doubles[0]["line"]) for row in selectors.rows_in(file, "double")] == [(3, 2)]

    def test_patients_of_other_sites_are_not_shown(self, site: Site, other_site: Site, rosa: Staff) -> None:
        make_clear(other_site, given_name="Ana", family_name="Núñez", search_name="nunez ana", birth_on=date(1985, 3, 27))
        file = bring(site, rosa, HEAD + "Ana,Núñez,1985-03-27,,,\n")
        assert selectors.row_counts(file)["double"] == 0


@pytest.mark.django_db
class TestWriting:
    """After the confirmation."""

    def test_each_good_row_is_a_patient_without_a_mail_and_with_the_days_of_sessions(self, site: Site, rosa: Staff) -> None:
        file = bring(site, rosa, HEAD + "=cmd,Núñez,1985-03-27,ana@example.org,'+44 20 7946 0000,2026-10-01; 2026-11-20\nBad,Row,no,,,\n")
        services.confirm_import(file=file, by=DESK, at=NOW)
        file = run(file)
        patient = Patient.objects.get()
        assert (file.state, file.written) == ("done", 1)
        assert (patient.given_name, patient.phone, patient.mail_mode, patient.search_name) == ("=cmd", "+44 20 7946 0000", "neutral", "nunez =cmd")
        assert sorted(EarlierSession.objects.values_list("on", flat=True)) == [date(2026, 10, 1), date(2026, 11, 20)]
        assert OutboxMessage.objects.count() == 0

    def test_confirmed_twice_or_discarded_afterwards_is_refused(self, site: Site, rosa: Staff) -> None:
        file = bring(site, rosa, HEAD + "Ana,Núñez,1985-03-27,,,\n")
        services.confirm_import(file=file, by=DESK, at=NOW)
        with pytest.raises(Conflict):
            services.confirm_import(file=file, by=DESK, at=NOW)
        with pytest.raises(Conflict):
            services.discard_import(file=file, by=DESK, at=NOW)

    def test_cut_short_and_taken_up_again_writes_everybody_once(self, site: Site, rosa: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
        from appointments.services import imports as steps

        monkeypatch.setattr(steps, "CHUNK", 3)
        file = bring(site, rosa, HEAD + "".join(f"Ana{n},Person,1985-03-{n + 1:02d},,,\n" for n in range(10)))
        services.confirm_import(file=file, by=DESK, at=NOW)
        services.continue_import(file=file, check=check_row, by=BY, at=NOW)

        def killed(*_args: Any, **_more: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as during:
            during.setattr("appointments.services.imports.sessions.note_earlier_sessions", killed)
            with pytest.raises(KeyboardInterrupt):
                services.continue_import(file=file, check=check_row, by=BY, at=NOW)
        assert Patient.objects.count() == 3
        run(file)
        assert (Patient.objects.count(), Patient.objects.values("given_name").distinct().count()) == (10, 10)

    def test_forgotten_after_a_month_but_the_patients_stay(self, site: Site, rosa: Staff) -> None:
        file = bring(site, rosa, HEAD + "Ana,Núñez,1985-03-27,,,\n")
        services.confirm_import(file=file, by=DESK, at=NOW)
        run(file)
        assert services.forget_imports(before=NOW - timedelta(days=1), by=BY) == 0
        assert services.forget_imports(before=NOW + timedelta(days=31), by=BY) == 1
        assert (ImportRow.objects.count(), Patient.objects.count()) == (0, 1)

    def test_an_earlier_session_counts_for_the_interval(self, site: Site, rosa: Staff, amara: Staff) -> None:
        needling: VisitType = make_clinic(site, amara)
        patient = make_clear(site)
        EarlierSession.objects.create(patient=patient, on=NOW.date() - timedelta(days=3), source="old.csv", added_at=NOW, added_by="t")
        gate = selectors.gate_for(patient, needling, at=NOW)
        assert gate.interval(NOW.date() + timedelta(days=2)).word == "blocked"
        assert gate.interval(NOW.date() + timedelta(days=10)).word == "early"
        assert gate.interval(NOW.date() + timedelta(days=26)).word == "in_window"


@pytest.mark.django_db
def test_the_number_of_queries_of_a_step_does_not_grow_with_its_rows(site: Site, rosa: Staff) -> None:
    def queries(rows: int) -> int:
        lines = "".join(f"Ana{n},Person,1985-03-01,a{n}@example.org,,2026-01-05\n" for n in range(rows))
        file = services.start_import(site=site, staff=rosa, file_name="f.csv", content=(HEAD + lines).encode(), month_first=False, by=DESK, at=NOW)
        services.continue_import(file=file, check=check_row, by=BY, at=NOW)
        with CaptureQueriesContext(connection) as check:
            services.continue_import(file=file, check=check_row, by=BY, at=NOW)
        services.confirm_import(file=file, by=DESK, at=NOW)
        with CaptureQueriesContext(connection) as write:
            services.continue_import(file=file, check=check_row, by=BY, at=NOW)
        Patient.objects.all()  # left there: the next file must not meet them
        ImportRow.objects.all().delete()
        EarlierSession.objects.all().delete()
        Patient.objects.all().delete()
        return len(check) + len(write)

    assert queries(20) == queries(200)


@pytest.mark.django_db
def test_a_step_costs_the_same_in_a_file_ten_times_as_long(site: Site, rosa: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries and memory of one step belong to its chunk and not to the file."""
    from appointments.services import imports as steps

    monkeypatch.setattr(steps, "CHUNK", 50)

    def dearest(rows: int) -> dict[str, tuple[int, int]]:
        """For each state the most queries and the most memory (bytes) that one of its steps took."""
        lines = "".join(f"Ana{n},Person{n},1985-03-01,a{n}@example.org,,2026-01-05\n" for n in range(rows))
        file = services.start_import(site=site, staff=rosa, file_name="f.csv", content=(HEAD + lines).encode(), month_first=False, by=DESK, at=NOW)
        services.continue_import(file=file, check=check_row, by=BY, at=NOW)
        cost: dict[str, tuple[int, int]] = {}
        for state in ("checking", "writing"):
            if state == "writing":
                services.confirm_import(file=file, by=DESK, at=NOW)
            file.refresh_from_db()
            while file.state == state:
                with CaptureQueriesContext(connection) as seen:
                    tracemalloc.start()
                    services.continue_import(file=file, check=check_row, by=BY, at=NOW)
                    peak = tracemalloc.get_traced_memory()[1]
                    tracemalloc.stop()
                before = cost.get(state, (0, 0))
                cost[state] = (max(before[0], len(seen)), max(before[1], peak))
                file.refresh_from_db()
        assert file.written == rows
        for model in (ImportRow, EarlierSession, Patient):
            model._default_manager.all().delete()
        return cost

    dearest(60)  # what is only loaded once
    short, long = dearest(100), dearest(1000)
    assert {state: queries for state, (queries, _peak) in short.items()} == {state: queries for state, (queries, _peak) in long.items()}
    for state, (_queries, peak) in long.items():
        assert peak < 1.5 * short[state][1], f"{state}: {peak} bytes against {short[state][1]}"


@pytest.mark.django_db
class TestPages:
    """What the desk sees."""

    def upload(self, client: Client, text: str) -> Any:
        return client.post("/appointments/import/", {"file": SimpleUploadedFile("old.csv", text.encode()), "dates": "day"})

    def test_from_file_to_patient(self, site: Site, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        client = client_as(rosa)
        address = self.upload(client, HEAD + "Ana,Núñez,1985-03-27,,,\nBad,Row,no,,,\n")["Location"]
        assert "being read" in client.get(address).content.decode()
        tasks.continue_imports()
        page = client.get(address).content.decode()
        assert "line 3" in page
        assert "“no” is not a real date. Write it as 1985-03-27." in page
        assert "Bring in 1 patient" in page
        assert client.post(f"{address}confirm/", {"expected": "2"}).status_code == 422
        assert client.post(f"{address}confirm/", {"expected": "1"}).status_code == 302
        tasks.continue_imports()
        assert "1 patient brought in" in client.get(address).content.decode()
        left = b"".join(client.get(f"{address}left-over/").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        assert [row["why_not"][:6] for row in csv.DictReader(io.StringIO(left))] == ["line 3"]

    def test_a_double_is_called_a_new_person(self, site: Site, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        make_clear(site, given_name="Ana", family_name="Núñez", search_name="nunez ana", birth_on=date(1985, 3, 27))
        client = client_as(rosa)
        address = self.upload(client, HEAD + "Ana,Núñez,1985-03-27,,,\n")["Location"]
        tasks.continue_imports()
        assert "same person, leave out" in client.get(address).content.decode()
        client.post(f"{address}decide/", {"line-2": "new"})
        assert client.post(f"{address}confirm/", {"expected": "1"}).status_code == 302
        tasks.continue_imports()
        assert Patient.objects.filter(family_name="Núñez").count() == 2

    def test_no_file_is_an_error_beside_the_field(self, site: Site, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        answer = client_as(rosa).post("/appointments/import/", {"dates": "day"})
        assert (answer.status_code, "Choose a file." in answer.content.decode()) == (422, True)

    def test_out_and_in_again_loses_nothing(self, site: Site, rosa: Staff, max_: Staff, client_as: Callable[[Staff], Client]) -> None:
        patient = make_clear(site, given_name="=SUM(A1)", family_name="Núñez", phone="+44 20 7946 0000", interpreter="Español", email="x@example.org")
        EarlierSession.objects.create(patient=patient, on=date(2026, 3, 2), source="t", added_at=NOW, added_by="t")
        answer = client_as(max_).post("/appointments/import/export/", {"reason": "moving to another house"})
        text = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert b'"' in text or b"'=SUM(A1)" in text
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in csv.reader(io.StringIO(text.decode("utf-8-sig"))) for cell in row)
        (_line, cells), = rules.read_table(text).rows
        person = check_row(cells, date(2026, 11, 24), False).person
        assert person is not None
        assert (person.given_name, person.phone, person.interpreter, person.birth_on) == ("=SUM(A1)", "+44 20 7946 0000", "Español", patient.birth_on)
        assert cells["past_sessions"].startswith("2026-03-02")
        assert AccessEvent.objects.filter(action="patients.export", reason="moving to another house").count() == 1

    def test_the_desk_brings_in_but_takes_nothing_out(self, site: Site, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        assert client_as(rosa).post("/appointments/import/export/", {"reason": "x"}).status_code == 403

    def test_without_a_reason_nothing_leaves(self, site: Site, max_: Staff, client_as: Callable[[Staff], Client]) -> None:
        assert client_as(max_).post("/appointments/import/export/", {"reason": " "}).status_code == 302
        assert AccessEvent.objects.filter(action="patients.export").count() == 0

"""Around the signature: a second clinician, PDFs with their hash, the chain and its daily head (R47, R52; SETTLED 7, 30)."""

import builtins
import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.pdf import Foreign, _local_path
from tests.treatments.make import DAY, DESK, END, make_draft, make_signed
from tests.treatments.test_signed import refused, sql
from treatments import services, tasks
from treatments.models import ChainHead, CoSignature, RecordPdf, SignedRecord
from treatments.services.chain import note_chain_head
from treatments.services.signing import NotASecond

SignIn = Callable[[Staff], Client]
LATER = END + timedelta(days=1)


def ask(site: Site) -> None:
    """The clinic asks for two signatures."""
    services.signing.ask_for_second_signature(clinic=site.clinic, asked=True, by=DESK)


def cosign(record: SignedRecord, staff: Staff) -> CoSignature:
    """The second signature."""
    return services.signing.cosign_record(record=record, staff=staff, by=Actor.of_staff(staff), at=LATER)


@pytest.mark.django_db
class TestTheSecondSignature:
    def test_another_clinician_signs_over_the_hash_and_only_once(self, site: Site, amara: Staff, okoro: Staff) -> None:
        ask(site)
        record = make_signed(site, amara)
        row = cosign(record, okoro)
        assert (row.by, row.name, len(row.sha256)) == (okoro, "Nurse Ngozi Okoro", 64) and '"cosign_asked":true' in record.content
        with pytest.raises(NotASecond, match="already"):
            cosign(record, okoro)
        assert services.broken_records() == []

    def test_not_the_same_person_and_no_manager(self, site: Site, amara: Staff, max_: Staff) -> None:
        ask(site)
        record = make_signed(site, amara)
        for staff in (amara, max_):
            with pytest.raises(NotASecond, match="another clinician"):
                cosign(record, staff)

    def test_not_where_the_clinic_did_not_ask_when_it_was_signed(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_signed(site, amara)
        ask(site)
        with pytest.raises(NotASecond, match="did not ask"):
            cosign(record, okoro)

    def test_the_list_and_the_button_are_the_other_clinician_s(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        ask(site)
        session = make_signed(site, amara).session
        with time_machine.travel(LATER, tick=False):
            page, waiting = reverse("treatments:session", args=[session.uuid]), reverse("treatments:second_signatures")
            assert "Olivia Marsh" in client_as(okoro).get(waiting).content.decode()
            assert "Sign as the second clinician" not in client_as(amara).get(page).content.decode()
            assert "Sign as the second clinician" in client_as(okoro).get(page).content.decode()
            sent = {"subject": str(session.patient.uuid)}
            with override_settings(SIGN_NEEDS_FRESH_LOGIN=True):
                answer = client_as(okoro).post(reverse("treatments:cosign", args=[session.uuid]), sent)
                assert "reauthenticate" in answer["Location"] and not CoSignature.objects.exists()
            assert client_as(okoro).post(reverse("treatments:cosign", args=[session.uuid]), sent).status_code == 302
            assert CoSignature.objects.get().by == okoro

    @pytest.mark.parametrize(("who", "status"), [("max_", 302), ("amara", 403), ("rosa", 403), ("iris", 403)])
    def test_a_manager_decides_whether_it_is_asked_for(self, who: str, status: int, site: Site, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        client = client_as(request.getfixturevalue(who))
        assert client.post(reverse("treatments:cosign_setting"), {"asked": "yes"}).status_code == status
        site.clinic.refresh_from_db()
        assert site.clinic.cosign_records is (status == 302)


@pytest.mark.django_db
class TestThePdf:
    def pdf(self, client: Client, record: SignedRecord) -> Any:
        """Ask for it."""
        return client.post(reverse("treatments:record_pdf", args=[record.session.uuid]), {"subject": str(record.session.patient.uuid)})

    def test_is_made_of_the_print_view_and_its_hash_is_kept(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara)
        services.add_addendum(record=record, text="Lot was B7.", staff=amara, by=Actor.of_staff(amara), at=END)
        with time_machine.travel(LATER, tick=False):
            answer = self.pdf(client_as(amara), record)
        assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-") and "no-store" in answer["Cache-Control"]
        row = RecordPdf.objects.get()
        assert (row.sha256, row.size, row.addenda, row.in_error) == (hashlib.sha256(answer.content).hexdigest(), len(answer.content), 1, False)
        refused(lambda: RecordPdf.objects.update(sha256="0" * 64))
        refused(lambda: RecordPdf.objects.all().delete())

    def test_without_pango_the_page_offers_the_print_view_and_says_why(self, monkeypatch: pytest.MonkeyPatch, site: Site, amara: Staff, client_as: SignIn) -> None:
        real = builtins.__import__

        def no_pango(name: str, *args: Any, **kwargs: Any) -> Any:
            if name.partition(".")[0] == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", no_pango)
        record = make_signed(site, amara)
        with time_machine.travel(LATER, tick=False):
            client = client_as(amara)
            page = client.get(reverse("treatments:session", args=[record.session.uuid])).content.decode()
            assert "need the pango library" in page and "Use the print view" in page and 'type="submit">PDF<' not in page
            answer = self.pdf(client, record)
            assert answer.status_code == 302 and answer["Location"].endswith("/print/")
            assert "Print this page instead" in client.get(answer["Location"]).content.decode()
        assert not RecordPdf.objects.exists()

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/x", "anagen:///etc/passwd", "anagen://host/static/css/paper.css", "anagen:///static/../settings.py", "anagen:///static/none.css"])
    def test_reads_nothing_but_static_files(self, url: str) -> None:
        with pytest.raises((Foreign, ValueError, Exception)) as stop:
            _local_path(url)
        assert stop.type.__name__ in {"Foreign", "SuspiciousFileOperation"}

    def test_its_style_sheet_is_found(self) -> None:
        assert _local_path("anagen:///static/css/paper.css").name == "paper.css"

    def test_addenda_and_the_mark_of_error_print_with_the_record(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record, by = make_signed(site, amara), Actor.of_staff(amara)
        services.add_addendum(record=record, text="Lot was B7.", staff=amara, by=by, at=END)
        services.mark_entered_in_error(record=record.session, reason="Wrong patient.", staff=amara, by=by, at=END)
        with time_machine.travel(LATER, tick=False):
            page = client_as(amara).get(reverse("treatments:record_print", args=[record.session.uuid])).content.decode()
        assert "Lot was B7." in page and "Entered in error" in page and "Wrong patient." in page and record.sha256 in page


@pytest.mark.django_db
class TestTheHead:
    def test_once_a_day_and_never_changed(self, site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        with time_machine.travel(LATER, tick=False):
            assert (tasks.note_chain_head(), tasks.note_chain_head()) == (True, False)
        head = ChainHead.objects.get()
        assert (head.on, head.records, head.head_sha256) == (LATER.date(), 1, SignedRecord.objects.get().sha256)
        refused(lambda: ChainHead.objects.update(records=0))
        refused(lambda: ChainHead.objects.all().delete())
        make_signed(site, amara, at=DAY + timedelta(days=3))
        assert services.broken_records() == []

    def test_a_head_that_names_more_than_there_is_is_reported(self, site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        ChainHead.objects.create(on=LATER.date(), at=LATER, records=2, addenda=0, cosignatures=0, errors=0, head_sha256="0" * 64, notes_sha256="0" * 64, sha256="0" * 64)
        assert any("chain head" in line for line in services.broken_records())


TRICKS = [
    "SET LOCAL session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', true)",
    "ALTER TABLE treatments_signedrecord DISABLE TRIGGER ALL",
    "ALTER TABLE treatments_signedrecord DISABLE TRIGGER only_added",
    "ALTER TABLE treatments_treatmentsession DISABLE TRIGGER frozen_when_signed",
    "DROP TRIGGER frozen_when_signed ON treatments_treatmentsession",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE OR REPLACE FUNCTION refuse_change_of_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "ALTER FUNCTION refuse_change() RENAME TO gone",
    "DROP FUNCTION refuse_change() CASCADE",
    "CREATE TRIGGER mine BEFORE INSERT ON treatments_signedrecord FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE RULE mine AS ON INSERT TO treatments_signedrecord DO INSTEAD NOTHING",
    "ALTER ROLE app_rw SUPERUSER",
    "UPDATE pg_trigger SET tgenabled = 'D'",
    "ALTER TABLE treatments_signedrecord OWNER TO app_rw",
    "ALTER TABLE treatments_signedrecord RENAME TO gone",
    "DROP TABLE treatments_signedrecord CASCADE",
    "MERGE INTO treatments_signedrecord r USING (SELECT 1) x ON true WHEN MATCHED THEN UPDATE SET content = ''",
    "WITH gone AS (DELETE FROM treatments_signedrecord RETURNING *) SELECT * FROM gone",
    "DO $$ BEGIN UPDATE treatments_signedrecord SET content = ''; END $$",
    "TRUNCATE treatments_addendum, treatments_cosignature, treatments_recordpdf, treatments_chainhead",
]


@pytest.mark.django_db
@pytest.mark.parametrize("text", TRICKS)
def test_no_trick_of_the_app_s_role_works(text: str, site: Site, amara: Staff) -> None:
    record = make_signed(site, amara)
    refused(lambda: sql(text))
    assert SignedRecord.objects.get().content == record.content and services.broken_records() == []


@pytest.mark.django_db
def test_it_grants_itself_nothing(site: Site, amara: Staff) -> None:
    """PostgreSQL answers this one with a warning instead of an error."""
    sql("GRANT UPDATE ON treatments_signedrecord TO app_rw")
    refused(lambda: SignedRecord.objects.update(content=""))


@pytest.mark.django_db
def test_a_function_of_the_same_name_elsewhere_stands_in_for_nothing(site: Site, amara: Staff) -> None:
    """The triggers name their functions by identity: one planted earlier in the search path is never called."""
    record = make_signed(site, amara)
    planted = "CREATE FUNCTION pg_temp.refuse_change_of_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(planted)
                cursor.execute("SET LOCAL search_path = pg_temp, public")
        except DatabaseError:
            pass  # the role may not even have a temporary schema
        refused(lambda: sql("UPDATE treatments_treatmentsession SET notes = 'x' WHERE id = %s", record.session.pk))


@pytest.fixture
def owner(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """The tables' owner: the one who could."""
    own = settings.DATABASES["default"]
    with psycopg.connect(host=own["HOST"], port=own["PORT"], dbname=connection.settings_dict["NAME"], user="app_owner", autocommit=True) as opened:
        yield opened


def as_owner(owner: psycopg.Connection[Any], table: str, text: str) -> None:
    """Past the triggers, as only the owner can."""
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    owner.execute(text.encode())
    owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())


class TestOneByteByTheOwner:
    """R52."""

    def broken(self) -> str:
        """What the command says."""
        with pytest.raises(CommandError) as stop:
            call_command("verify_records")
        return str(stop.value)

    def test_in_a_record(self, owner: psycopg.Connection[Any], site: Site, amara: Staff) -> None:
        first, second = make_signed(site, amara), make_signed(site, amara, at=DAY + timedelta(days=1))
        as_owner(owner, "treatments_signedrecord", f"UPDATE treatments_signedrecord SET content = overlay(content placing 'X' from 40 for 1) WHERE id = {first.pk}")
        said = self.broken()
        assert f"signed record {first.pk} " in said and f"signed record {second.pk} " not in said

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("signed_name = 'Dr Somebody Else'", "who signed"), ("signed_at = signed_at - interval '400 days'", "when it was signed"),
            ("cosign_asked = NOT cosign_asked", "whether a second signature was asked for"), ("content_version = 2", "the version of the content"),
            ("signed_by_id = (SELECT id FROM clinic_staff WHERE email = 'okoro@riverside.example')", "whose account signed"),
            ("session_id = {other}", "of which session it is"),
        ],
    )  # fmt: skip
    def test_in_what_stands_beside_the_content(self, change: str, words: str, owner: psycopg.Connection[Any], site: Site, amara: Staff, okoro: Staff) -> None:
        """Pages and prints read the columns: who signed and when must be what was hashed."""
        first, second = make_signed(site, amara), make_signed(site, amara, at=DAY + timedelta(days=1))
        other = make_draft(site, amara, at=DAY + timedelta(days=2))
        call_command("verify_records")
        as_owner(owner, "treatments_signedrecord", f"UPDATE treatments_signedrecord SET {change.format(other=other.pk)} WHERE id = {first.pk}")
        said = self.broken()
        assert f"signed record {first.pk} " in said and f"not as in what was signed: {words}" in said and f"signed record {second.pk} " not in said

    @pytest.mark.django_db
    def test_what_an_older_record_does_not_hold_is_not_passed_in_silence(self, site: Site, amara: Staff) -> None:
        """The content of version 1 to 4 has no account of the signer; a demonstration's has no time either."""
        record = make_draft(site, amara)
        text = services.signing.canonical({"version": 1, "session": str(record.uuid), "signed_by": amara.display_name})
        SignedRecord.objects.create(
            session=record, content=text, sha256=services.signing.fingerprint(text, ""), signed_by=amara, signed_name=amara.display_name, signed_at=END,
        )  # fmt: skip
        out = StringIO()
        call_command("verify_records", stdout=out)
        said = out.getvalue()
        for words in ("whose account signed", "when it was signed", "whether a second signature was asked for"):
            assert f"Can’t be compared, for the content of 1 older record does not say it: {words}." in said
        assert "who signed." not in said and "All signed records are as they were signed, as far as they can be compared." in said

    def test_in_an_addendum_or_a_second_signature(self, owner: psycopg.Connection[Any], site: Site, amara: Staff, okoro: Staff) -> None:
        ask(site)
        record = make_signed(site, amara)
        services.add_addendum(record=record, text="Lot was B7.", staff=amara, by=Actor.of_staff(amara), at=END)
        cosign(record, okoro)
        call_command("verify_records")
        as_owner(owner, "treatments_addendum", "UPDATE treatments_addendum SET text = 'Lot was B8.'")
        as_owner(owner, "treatments_cosignature", "UPDATE treatments_cosignature SET name = 'Nurse Ngozi Okorx'")
        said = self.broken()
        assert "addendum" in said and "second signature" in said

    def test_the_last_record_gone_leaves_no_trace_in_the_chain_but_in_the_head(self, owner: psycopg.Connection[Any], site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        last = make_signed(site, amara, at=DAY + timedelta(days=1))
        note_chain_head(on=LATER.date(), by=DESK, at=LATER)
        as_owner(owner, "treatments_signedrecord", f"DELETE FROM treatments_signedrecord WHERE id = {last.pk}")
        assert "chain head" in self.broken()

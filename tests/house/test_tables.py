"""What the database itself promises: the order of foreign keys, history on every table, rows that only grow, one head."""

from collections.abc import Iterable

import pghistory
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import ProgrammingError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from clinic.privileges import insert_only_tables

pytestmark = pytest.mark.house
ORDER = ("clinic", "patients", "treatments", "appointments", "aftercare", "desk")
# tables whose rows are not the record of anybody: technical state that the drain, the sign-in or a page renews all the time
UNTRACKED = {
    "clinic.OutboxMessage": "each move is a row of OutboxMove",
    "clinic.LinkToken": "hashes of minted tokens; the link is tracked",
    "clinic.LinkVisit": "an opened link, for half an hour",
    "clinic.Breaker": "one row that says until when sending pauses",
    "appointments.Occupation": "derived from the appointment, whose changes are rows",
}


def own_models() -> list[type[models.Model]]:
    """Of our apps, without the event tables of the history itself."""
    return [model for model in apps.get_models() if model._meta.app_label in ORDER and not hasattr(model, "pgh_tracked_model")]


def looks_right(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs (app of the key, app of its target) that break the order."""
    return [(source, target) for source, target in keys if source in ORDER and target in ORDER and ORDER.index(target) > ORDER.index(source)]


def foreign_keys() -> list[tuple[str, str]]:
    """Every relation of our models, string references too."""
    found = []
    for model in own_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey | models.ManyToManyField) and isinstance(field.related_model, type):
                found.append((model._meta.app_label, field.related_model._meta.app_label))
    return found


class TestForeignKeys:
    """Rule 5."""

    def test_they_look_left(self) -> None:
        keys = foreign_keys()
        assert len(keys) > 40
        assert looks_right(keys) == []

    def test_a_key_to_the_right_is_noticed(self) -> None:
        assert looks_right([*foreign_keys(), ("patients", "aftercare")]) == [("patients", "aftercare")]


def tracked_tables() -> set[str]:
    """Tables with history triggers, by PostgreSQL's own catalogue: insert, update and delete."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgname LIKE 'pgtrigger_%' "
            "GROUP BY c.relname HAVING count(*) FILTER (WHERE t.tgname ~ '_(insert_insert|update_update|delete_delete)_') >= 3"
        )
        return {row[0] for row in cursor.fetchall()}


def untracked(found: Iterable[type[models.Model]], tracked: set[str]) -> list[str]:
    """Models with neither history nor the promise that rows only grow."""
    return [
        model._meta.label
        for model in found
        if model._meta.db_table not in tracked and not getattr(model, "insert_only", False) and model._meta.label not in UNTRACKED
    ]


@pytest.mark.django_db
class TestHistory:
    """R48."""

    def test_every_table_is_tracked_or_only_grows(self) -> None:
        assert untracked(own_models(), tracked_tables()) == []

    def test_a_table_without_history_is_noticed(self) -> None:
        without = tracked_tables() - {"patients_patient"}
        assert untracked(own_models(), without) == ["patients.Patient"]

    def test_each_exception_still_exists(self) -> None:
        assert set(UNTRACKED) <= {model._meta.label for model in own_models()}

    def test_every_event_table_tells_who_and_why(self) -> None:
        events = [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]
        assert len(events) > 20
        assert [event._meta.label for event in events if "pgh_context" not in {f.name for f in event._meta.get_fields()}] == []

    def test_a_bulk_update_and_a_delete_leave_rows(self) -> None:
        Room = apps.get_model("appointments", "Room")
        Site, Clinic = apps.get_model("clinic", "Site"), apps.get_model("clinic", "Clinic")
        site = Site.objects.create(clinic=Clinic.objects.create(name="c"), name="s", phone="1")
        room = Room.objects.create(site=site, name="a")
        with pghistory.context(user="Rosa", reason="test"):
            Room.objects.filter(pk=room.pk).update(name="b")
            Room.objects.filter(pk=room.pk).delete()
        rows = apps.get_model("appointments", "RoomEvent").objects.filter(pgh_obj_id=room.pk).order_by("pgh_id")
        assert [row.pgh_label for row in rows] == ["insert", "update", "delete"]
        assert rows[2].pgh_context["reason"] == "test"


@pytest.mark.django_db
class TestRights:
    """The app's own role (SETTLED 24, R47, R51)."""

    def test_tests_run_as_the_app(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("app_rw",)

    def test_rows_that_only_grow_can_not_be_changed(self) -> None:
        tables = sorted(set(insert_only_tables()) & set(connection.introspection.table_names()))
        assert {"clinic_accessevent", "treatments_signedrecord", "patients_patientevent"} <= set(tables)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t FROM unnest(%s::text[]) t WHERE has_table_privilege(t, 'UPDATE') OR has_table_privilege(t, 'DELETE') OR has_table_privilege(t, 'TRUNCATE')",
                [tables],
            )
            assert cursor.fetchall() == []

    @pytest.mark.parametrize("statement", ["CREATE TABLE planted (id int)", "ALTER TABLE patients_patient DISABLE TRIGGER ALL", "TRUNCATE clinic_accessevent"])
    def test_the_app_does_not_own_the_house(self, statement: str) -> None:
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


class TestMigrations:
    """Rule 8."""

    def test_one_head_an_app(self) -> None:
        heads = [app for app, _name in MigrationLoader(None).graph.leaf_nodes()]
        assert sorted(heads) == sorted(set(heads))

    @pytest.mark.django_db
    def test_the_models_have_their_migrations(self) -> None:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

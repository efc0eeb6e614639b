"""What the database itself promises: the order of foreign keys, history on every table, rows that only grow, one head.

The plants in the catalogue are made by the owner in a transaction that is rolled back.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pghistory
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.test.utils import isolate_apps

from clinic.models import Clinic, Site, Staff
from clinic.privileges import APP_ROLE, insert_only_tables

pytestmark = pytest.mark.house
ORDER = ("clinic", "patients", "treatments", "appointments", "aftercare", "desk")
# tables whose rows are not the record of anybody: technical state that the drain, the sign-in or a page renews all the time
UNTRACKED = {
    "clinic.OutboxMessage": "each move is a row of OutboxMove",
    "clinic.LinkToken": "hashes of minted tokens; the link is tracked",
    "clinic.LinkVisit": "an opened link, for half an hour",
    "clinic.Allowance": "counters of a minute or a day that senders share",
    "clinic.Breaker": "one row that says until when sending pauses",
    "appointments.ImportRow": "rows of a file under way; the patients written from it are tracked",
    "appointments.Occupation": "derived from the appointment, whose changes are rows",
}


def is_event(model: type[models.Model]) -> bool:
    """Whether the table is the history of another one."""
    return hasattr(model, "pgh_tracked_model")


def own_models() -> list[type[models.Model]]:
    """Of our apps, with the tables between many and many, without the history's own."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.app_label in ORDER and not is_event(model)]


def looks_right(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs (app of the key, app of its target) that break the order."""
    known = [(source, target) for source, target in keys if source in ORDER and target in ORDER]
    return [(source, target) for source, target in known if ORDER.index(target) > ORDER.index(source)]


def foreign_keys(found: Iterable[type[models.Model]]) -> list[tuple[str, str]]:
    """App and target's app of every relation; a target that is still a string counts by its first word."""
    keys = []
    for model in found:
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey | models.ManyToManyField):
                target: Any = field.remote_field.model
                app = target.partition(".")[0] if isinstance(target, str) else target._meta.app_label
                keys.append((model._meta.app_label, app))
    return keys


class TestForeignKeys:
    """Rule 5."""

    def test_they_look_left(self) -> None:
        keys = foreign_keys([*own_models(), *filter(is_event, apps.get_models())])
        assert len(keys) > 80
        assert looks_right(keys) == []

    @pytest.mark.parametrize("source", range(len(ORDER)))
    @pytest.mark.parametrize("target", range(len(ORDER)))
    def test_each_pair_is_judged_by_the_order(self, source: int, target: int) -> None:
        pair = (ORDER[source], ORDER[target])
        assert looks_right([pair]) == ([pair] if target > source else [])

    @isolate_apps("patients")
    def test_a_string_that_points_right_is_noticed(self) -> None:
        class Planted(models.Model):
            concern = models.ForeignKey("aftercare.Concern", on_delete=models.PROTECT)
            visits = models.ManyToManyField("appointments.Appointment")
            site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT)

            class Meta:
                app_label = "patients"

        wrong = looks_right(foreign_keys([*own_models(), Planted]))
        assert sorted(wrong) == [("patients", "aftercare"), ("patients", "appointments")]


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection[Any]]:
    """The tables' owner, in a transaction that leaves nothing behind."""
    own = settings.DATABASES["default"]
    address = {"host": own["HOST"], "port": own["PORT"], "dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(**address, user="app_owner") as opened:
        opened.execute("SET lock_timeout = '5s'")
        yield opened
        opened.rollback()


def tracked_tables(cursor: Any) -> set[str]:
    """Tables with enabled history triggers for insert, update and delete, by PostgreSQL's own catalogue."""
    cursor.execute(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgname ~ '^pgtrigger_(insert_insert|update_update|delete_delete)_' "
        "GROUP BY c.relname HAVING count(DISTINCT t.tgtype) = 3"
    )
    return {row[0] for row in cursor.fetchall()}


def untracked(found: Iterable[type[models.Model]], cursor: Any) -> list[str]:
    """Models with neither history nor rows that only grow."""
    tracked = tracked_tables(cursor)
    growing = {table for table in (model._meta.db_table for model in found if getattr(model, "insert_only", False))}
    growing -= set(changeable(growing, cursor))
    return [
        model._meta.label
        for model in found
        if model._meta.db_table not in tracked | growing and model._meta.label not in UNTRACKED
    ]  # fmt: skip


def changeable(tables: Iterable[str], cursor: Any) -> list[str]:
    """Tables in which the app's role may change, delete or empty rows, or change a single column."""
    cursor.execute(
        "SELECT t FROM unnest(%s::text[]) t WHERE has_table_privilege(%s, t, 'UPDATE') OR has_table_privilege(%s, t, 'DELETE') "
        "OR has_table_privilege(%s, t, 'TRUNCATE') OR has_any_column_privilege(%s, t, 'UPDATE') ORDER BY t",
        [sorted(tables), *[APP_ROLE] * 4],
    )
    return [row[0] for row in cursor.fetchall()]


def event_tables() -> list[type[models.Model]]:
    """The history's own tables."""
    return [model for model in apps.get_models() if is_event(model) and model._meta.app_label in ORDER]


@pytest.mark.django_db
class TestHistory:
    """R48, R49."""

    def test_every_table_is_tracked_or_only_grows(self) -> None:
        with connection.cursor() as cursor:
            assert untracked(own_models(), cursor) == []

    @isolate_apps("patients")
    def test_a_model_without_history_is_noticed(self, owner: psycopg.Connection[Any]) -> None:
        class Planted(models.Model):
            class Meta:
                app_label = "patients"

        owner.execute("CREATE TABLE patients_planted (id bigint)")
        assert untracked([*own_models(), Planted], owner.cursor()) == ["patients.Planted"]

    @isolate_apps("patients")
    def test_a_model_that_only_says_that_it_grows_is_noticed(self, owner: psycopg.Connection[Any]) -> None:
        class Planted(models.Model):
            insert_only = True

            class Meta:
                app_label = "patients"

        owner.execute("CREATE TABLE patients_planted (id bigint)")
        assert untracked([*own_models(), Planted], owner.cursor()) == []
        owner.execute("GRANT UPDATE ON patients_planted TO app_rw")
        assert untracked([*own_models(), Planted], owner.cursor()) == ["patients.Planted"]

    @pytest.mark.parametrize("how", ["DROP TRIGGER {} ON clinic_closure", "ALTER TABLE clinic_closure DISABLE TRIGGER {}"])
    @pytest.mark.parametrize("which", ["insert_insert", "update_update", "delete_delete"])
    def test_one_trigger_that_is_gone_or_asleep_is_noticed(self, owner: psycopg.Connection[Any], how: str, which: str) -> None:
        found = owner.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'clinic_closure'::regclass AND tgname ~ %s", [which]
        ).fetchall()
        assert len(found) == 1
        owner.execute(how.format(found[0][0]).encode())
        assert untracked(own_models(), owner.cursor()) == ["clinic.Closure"]

    def test_each_exception_still_exists_and_is_still_needed(self) -> None:
        labels = {model._meta.label: model._meta.db_table for model in own_models()}
        assert set(UNTRACKED) <= set(labels)
        with connection.cursor() as cursor:
            assert {labels[name] for name in UNTRACKED} & tracked_tables(cursor) == set()

    def test_every_event_table_tells_who_and_why(self) -> None:
        assert len(event_tables()) > 20
        without = [m._meta.label for m in event_tables() if "pgh_context" not in {f.name for f in m._meta.get_fields()}]
        assert without == []

    def test_bulk_changes_and_deletes_leave_rows(self, site: Site) -> None:
        Room = apps.get_model("appointments", "Room")
        with pghistory.context(user="Rosa", reason="test"):
            room, other = Room.objects.bulk_create([Room(site=site, name="a"), Room(site=site, name="b")])
            Room.objects.filter(pk=room.pk).update(name="c")
            Room.objects.bulk_update([Room(pk=room.pk, site=site, name="d")], ["name"])
            with connection.cursor() as cursor:
                cursor.execute("UPDATE appointments_room SET name = 'e' WHERE id = %s", [room.pk])
            Room.objects.filter(pk__in=[room.pk, other.pk]).delete()
        rows = apps.get_model("appointments", "RoomEvent").objects.order_by("pgh_id")
        first = rows.filter(pgh_obj_id=room.pk)
        assert [row.pgh_label for row in first] == ["insert", "update", "update", "update", "delete"]
        assert [row.name for row in first] == ["a", "c", "d", "e", "e"]
        assert [row.pgh_label for row in rows.filter(pgh_obj_id=other.pk)] == ["insert", "delete"]
        assert {row.pgh_context["reason"] for row in rows} == {"test"}

    def test_giving_and_taking_a_site_leaves_rows(self, site: Site, rosa: Staff) -> None:
        other = Site.objects.create(clinic=Clinic.objects.get(), name="Leeds site", phone="1")
        with pghistory.context(user="Max", reason="moves"):
            rosa.sites.add(other)
            rosa.sites.set([other])
            rosa.sites.clear()
        rows = apps.get_model("clinic", "StaffSiteEvent").objects.filter(staff=rosa, pgh_context__reason="moves").order_by("pgh_id")
        wanted = [("insert", other.pk), ("delete", site.pk), ("delete", other.pk)]
        assert [(row.pgh_label, row.site_id) for row in rows] == wanted


@pytest.mark.django_db
class TestRights:
    """The app's own role (SETTLED 24, R47, R51)."""

    def test_tests_run_as_the_app(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, session_user")
            assert cursor.fetchone() == ("app_rw", "app_rw")

    def test_the_app_is_nobody_s_superuser(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = current_user"
            )
            assert cursor.fetchone() == (False,) * 5
            cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)")
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = current_user)")
            assert cursor.fetchone() == (0,)

    def test_rows_that_only_grow_can_not_be_changed(self) -> None:
        tables = set(insert_only_tables()) & set(connection.introspection.table_names())
        assert {"clinic_accessevent", "treatments_signedrecord", "patients_patientevent", "clinic_staffsiteevent"} <= tables
        assert {model._meta.db_table for model in event_tables()} <= tables
        with connection.cursor() as cursor:
            assert changeable(tables, cursor) == []

    @pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE", "UPDATE (action)"])
    def test_a_right_given_back_is_noticed(self, owner: psycopg.Connection[Any], right: str) -> None:
        owner.execute(f"GRANT {right} ON clinic_accessevent TO app_rw".encode())
        assert changeable(["clinic_accessevent", "clinic_outboxmove"], owner.cursor()) == ["clinic_accessevent"]

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE planted (id int)", "ALTER TABLE patients_patient DISABLE TRIGGER USER", "TRUNCATE clinic_accessevent",
            "DROP TABLE clinic_accessevent", "SET session_replication_role = replica", "SET ROLE app_owner",
            "UPDATE clinic_accessevent SET action = ''", "DELETE FROM patients_patientevent",
        ],
    )  # fmt: skip
    def test_the_app_does_not_own_the_house(self, statement: str) -> None:
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def several_heads(leaves: Iterable[tuple[str, str]]) -> set[str]:
    """Apps that more than one migration ends."""
    names = [app for app, _name in leaves]
    return {app for app in names if names.count(app) > 1}


class TestMigrations:
    """Rule 8."""

    def test_one_head_an_app(self) -> None:
        leaves = MigrationLoader(None).graph.leaf_nodes()
        assert set(ORDER[:-1]) <= {app for app, _name in leaves}
        assert several_heads(leaves) == set()

    def test_two_heads_are_noticed(self) -> None:
        graph = MigrationLoader(None).graph
        graph.add_node(("patients", "0002_planted"), None)
        graph.add_dependency(None, ("patients", "0002_planted"), ("patients", "0001_initial"))
        assert several_heads(graph.leaf_nodes()) == {"patients"}

    @pytest.mark.django_db
    def test_the_models_have_their_migrations(self) -> None:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    @pytest.mark.django_db
    def test_a_change_without_a_migration_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Site._meta.get_field("name"), "null", True)
        with pytest.raises(SystemExit):
            call_command("makemigrations", check=True, dry_run=True, verbosity=0)

"""What the app's own database role may do. Applied after every migrate, by the owner (R47, R51)."""

from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import sql

APP_ROLE = "app_rw"


def insert_only_tables() -> list[str]:
    """Tables that only ever grow: history events, access events, status rows, signed records."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        is_event = hasattr(model, "pgh_tracked_model") or model.__name__ == "MiddlewareEvents"
        if is_event or getattr(model, "insert_only", False):
            found.append(model._meta.db_table)
    return sorted(set(found))


def apply(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Grant the app its rights on every table and take UPDATE, DELETE and TRUNCATE back where rows only grow."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE])
        if cursor.fetchone() is None or connection.settings_dict["USER"] == APP_ROLE:
            return
        role = sql.Identifier(APP_ROLE)
        present = set(connection.introspection.table_names(cursor))
        statements = [
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
            sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(role),
        ]
        statements += [
            sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), role)
            for table in insert_only_tables()
            if table in present
        ]
        if "django_migrations" in present:
            statements.append(sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(role))
        for statement in statements:
            cursor.execute(statement)

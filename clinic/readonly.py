"""A transaction in which PostgreSQL refuses every write (R27)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def read_only() -> Iterator[None]:
    """Run the block in a transaction that can only read. Inside an open transaction the whole rest is read-only."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY" if not connection.savepoint_ids else "SELECT 1")
        yield

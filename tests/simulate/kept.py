"""A driven year set aside (`KEEP=FOLDER`), so that what the check says of it can be looked into without driving it again. Not a test."""

import pickle
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connections

from embedded import pg
from tests.simulate.year import Journal

_DUMP, _JOURNAL = "database.dump", "journal.pickle"


def is_there(folder: str) -> bool:
    """Whether a whole year lies in this folder. The journal is written last."""
    return bool(folder) and (Path(folder) / _JOURNAL).exists()


def set_aside(folder: str, journal: Journal) -> None:
    """The database and the journal, as they are when the year is over."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    _postgres("pg_dump", "--format=custom", f"--file={place / _DUMP}", f"--dbname={_name()}")
    (place / _JOURNAL).write_bytes(pickle.dumps(journal))


def take_up(folder: str) -> Journal:
    """Instead of driving: the test database becomes the one that was set aside."""
    for connection in connections.all():
        connection.close()
    name = _name()
    pg.run_sql(Path(settings.DATABASES["default"]["HOST"]), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE);;CREATE DATABASE "{name}" OWNER app_owner TEMPLATE template0')
    _postgres("pg_restore", f"--dbname={name}", str(Path(folder) / _DUMP))
    found = pickle.loads((Path(folder) / _JOURNAL).read_bytes())
    assert isinstance(found, Journal)
    return found


def _name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _postgres(program: str, *arguments: str) -> None:
    database = settings.DATABASES["default"]
    where = ["--host", str(database["HOST"]), "--port", str(database["PORT"] or 5432), "--username", pg.SUPERUSER]
    subprocess.run([pg.binary(program), *where, *arguments], check=True)

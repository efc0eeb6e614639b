"""Among 100,000 patients a search by name goes by the trigram index (SETTLED 33): the plan of the query that really runs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import Actor
from clinic.models import Staff
from embedded.pg import SUPERUSER
from patients import selectors

pytestmark = pytest.mark.django_db
MANY = 100_000
CROWDED = 987_654
_PEOPLE = """
INSERT INTO patients_patient (uuid, number, site_id, given_name, family_name, preferred_name, pronouns, search_name, birth_on, sex, email, phone,
  phone_digits, language, mail_mode, interpreter, do_not_contact, created_at)
SELECT gen_random_uuid(), 900000 + n, %(site)s, given, family, '', '', family || ' ' || given, date '1950-01-01' + n %% 20000, 'unknown', '', '',
  '', 'en', 'full', '', false, now()
FROM (SELECT n, substr(md5(n::text), 1, 7) AS given, translate(substr(md5('f' || n), 1, 9), '0123456789', 'ghijklmnop') AS family
      FROM generate_series(1, %(many)s) AS n) AS people
"""


@pytest.fixture
def crowd(amara: Staff) -> Iterator[psycopg.Connection[Any]]:
    """100,000 patients of the clinician's site, by SQL and without history, in a transaction that is rolled back."""
    own = settings.DATABASES["default"]
    with psycopg.connect(host=own["HOST"], port=own["PORT"], dbname=connection.settings_dict["NAME"], user=SUPERUSER) as opened:
        opened.execute("SET session_replication_role = replica")
        opened.execute("SET lock_timeout = '5s'")
        site = amara.sites.get()
        opened.execute("INSERT INTO clinic_site SELECT * FROM jsonb_populate_record(NULL::clinic_site, %s::jsonb)", [_copy_of(site.pk)])
        opened.execute(_PEOPLE, {"site": CROWDED, "many": MANY})
        opened.execute("SELECT gin_clean_pending_list('patient_name_trigrams')")
        opened.execute("ANALYZE patients_patient")
        yield opened
        opened.rollback()


def _copy_of(pk: int) -> str:
    """The site under another key: the test's own transaction holds the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (to_jsonb(s) || jsonb_build_object('id', %s::int, 'uuid', gen_random_uuid()))::text FROM clinic_site s WHERE id = %s", [CROWDED, pk])
        return str(cursor.fetchone()[0])


def asked(words: str, by: Actor) -> str:
    """The first query that the search itself sends for these words."""
    with CaptureQueriesContext(connection) as seen:
        selectors.found_patients(words, replace(by, site_ids=frozenset({CROWDED})))
    return next(str(query["sql"]) for query in seen if "search_name" in str(query["sql"]) and "UPPER" in str(query["sql"]))


def plan_of(crowd: psycopg.Connection[Any], sql: str) -> tuple[str, float, int]:
    """The plan as JSON text, its time in ms, and how many rows it found."""
    row = crowd.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".encode()).fetchone()
    assert row is not None
    return json.dumps(row[0]), float(row[0][0]["Execution Time"]), int(row[0][0]["Plan"]["Actual Rows"])


def test_a_search_by_name_goes_by_the_trigram_index(crowd: psycopg.Connection[Any], amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    for words in ("efab", "efab abc", "marsh"):
        plan, took, rows = plan_of(crowd, asked(words, actor_of(amara)))
        assert "patient_name_trigrams" in plan, plan
        assert '"Relation Name": "patients_patient"' in plan and rows <= 50
        print(f"{words}: {rows} rows, {took:.1f} ms among {MANY:,}")


def test_another_expression_would_not_and_that_is_noticed(crowd: psycopg.Connection[Any], amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    """Guards the guard: the same search without UPPER reads every row, or all of the site's."""
    sql = asked("efab", actor_of(amara))
    other = sql.replace("UPPER(", "LOWER(")
    assert other != sql
    plan, _took, _rows = plan_of(crowd, other)
    assert "patient_name_trigrams" not in plan

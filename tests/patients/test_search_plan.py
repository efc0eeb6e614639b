"""Among 100,000 patients a search by name goes by the trigram index (SETTLED 33): the plan of the query that really runs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
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
        opened.execute(f"SET pg_trgm.word_similarity_threshold = {_threshold()}".encode())
        site = amara.sites.get()
        opened.execute("INSERT INTO clinic_site SELECT * FROM jsonb_populate_record(NULL::clinic_site, %s::jsonb)", [_copy_of(site.pk)])
        opened.execute(_PEOPLE, {"site": CROWDED, "many": MANY})
        opened.execute("SELECT gin_clean_pending_list('patient_name_trigrams')")
        opened.execute("ANALYZE patients_patient")
        yield opened
        opened.rollback()


def _threshold() -> float:
    """As the app's own connections have it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW pg_trgm.word_similarity_threshold")
        return float(cursor.fetchone()[0])


def _copy_of(pk: int) -> str:
    """The site under another key: the test's own transaction holds the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (to_jsonb(s) || jsonb_build_object('id', %s::int, 'uuid', gen_random_uuid()))::text FROM clinic_site s WHERE id = %s", [CROWDED, pk])
        return str(cursor.fetchone()[0])


def asked(words: str, by: Actor) -> str:
    """The first query that the search itself sends for these words."""
    return next(query for query in all_asked(words, by) if "UPPER" in query)


def all_asked(words: str, by: Actor) -> list[str]:
    """Every query about patients that the search sends for these words."""
    with CaptureQueriesContext(connection) as seen:
        selectors.found_patients(words, replace(by, site_ids=frozenset({CROWDED})))
    return [str(query["sql"]) for query in seen if "search_name" in str(query["sql"])]


def plan_of(crowd: psycopg.Connection[Any], sql: str) -> tuple[str, float, int]:
    """The plan as JSON text, its time in ms, and how many rows it found."""
    row = crowd.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".encode()).fetchone()
    assert row is not None
    return json.dumps(row[0]), float(row[0][0]["Execution Time"]), int(row[0][0]["Plan"]["Actual Rows"])


def read_whole(plan: str) -> set[str]:
    """The tables that the plan reads from end to end. A handful of sites may be among them; the patients may not."""

    def walk(step: dict[str, Any]) -> Iterator[str]:
        if step["Node Type"] == "Seq Scan":
            yield str(step["Relation Name"])
        for below in step.get("Plans", []):
            yield from walk(below)

    return set(walk(json.loads(plan)[0]["Plan"]))


def test_a_search_by_name_goes_by_the_trigram_index(crowd: psycopg.Connection[Any], amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    for words in ("efab", "efab abc", "marsh"):
        plan, took, rows = plan_of(crowd, asked(words, actor_of(amara)))
        assert "patient_name_trigrams" in plan, plan
        assert '"Relation Name": "patients_patient"' in plan and rows <= 50
        print(f"{words}: {rows} rows, {took:.1f} ms among {MANY:,}")


@pytest.mark.parametrize("words", ["efab abc", "wrong name", "marsh ann"])
def test_a_name_that_is_only_alike_goes_by_the_index_too(words: str, crowd: psycopg.Connection[Any], amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    exact, alike = all_asked(words, actor_of(amara))
    assert "%>" in alike and "%>" not in exact
    plan, took, rows = plan_of(crowd, alike)
    assert "patient_name_trigrams" in plan and "patients_patient" not in read_whole(plan), plan
    print(f"{words}: {rows} rows, {took:.1f} ms among {MANY:,}")


def test_a_piece_of_a_phone_number_goes_by_its_index(crowd: psycopg.Connection[Any], amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    crowd.execute("UPDATE patients_patient SET phone_digits = lpad((number * 7919 %% 100000000)::text, 10, '4') WHERE site_id = %s", [CROWDED])
    crowd.execute("SELECT gin_clean_pending_list('patient_phone_parts')")
    crowd.execute("ANALYZE patients_patient")
    (sql,) = all_asked("0912 345", actor_of(amara))
    plan, _took, _rows = plan_of(crowd, sql)
    assert "patient_phone_parts" in plan, plan


def test_likely_duplicates_are_found_without_reading_everybody(crowd: psycopg.Connection[Any], amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    by = replace(actor_of(amara), site_ids=frozenset({CROWDED}))
    with CaptureQueriesContext(connection) as seen:
        selectors.duplicate_candidates(given_name="Ann", family_name="Marsh", birth_on=date(1980, 1, 1), phone="07700 900123", email="a@b.example", actor=by)
    (sql,) = [str(query["sql"]) for query in seen if "search_name" in str(query["sql"])]
    plan, took, _rows = plan_of(crowd, sql)
    assert "patients_patient" not in read_whole(plan) and "patient_name_trigrams" in plan, plan
    print(f"duplicates: {took:.1f} ms among {MANY:,}")


def test_another_expression_would_not_and_that_is_noticed(crowd: psycopg.Connection[Any], amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    """Guards the guard: the same search without UPPER reads every row, or all of the site's."""
    sql = asked("efab", actor_of(amara))
    other = sql.replace("UPPER(", "LOWER(")
    assert other != sql
    plan, _took, _rows = plan_of(crowd, other)
    assert "patient_name_trigrams" not in plan

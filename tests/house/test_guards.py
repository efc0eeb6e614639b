"""The guards of the guards: deny by default (R04), mutants that must be caught (R05), no look at the record before the check (R06)."""

import os
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from clinic import permissions
from clinic.audit import Actor
from clinic.matrix import MATRIX, level_for
from clinic.models import Site
from clinic.roles import Role
from patients.models import Patient
from tests.house import world
from tests.house.test_urls import STAFF_PAGES, WHO, _cell, _signed_in, _url
from tests.house.url_table import TABLE
from tests.house.walker import Page, described, pages

pytestmark = pytest.mark.house
# a named sample for every run; R05_ALL=1 tries every denied cell
SAMPLE = (
    "patients:screening", "patients:list", "patients:intake", "patients:clear", "patients:release_hold", "treatments:session", "treatments:photo",
    "treatments:sign", "treatments:addendum", "aftercare:staff_check_in", "aftercare:message", "appointments:book", "appointments:drag",
    "desk:unsigned", "staff:people", "treatments:add_device", "appointments:invite_recalls",
)  # fmt: skip
# these ask a second time inside, so the first check alone can go missing unseen
TWICE = {f"aftercare:{name}_concern" for name in ("claim", "close", "hand_back", "raise")} | {"aftercare:concern", "aftercare:log_call", "aftercare:protocol", "aftercare:release_holds"}
# reached only after the guard: what these pages may read of a denied visitor
GATE_TABLES = ("clinic_staff", "clinic_site", "django_session", "clinic_accessevent", "mfa_", "usersessions_", "account_", "pghistory", "clinic_clinic", "clinic_signinround")


class TestDenyByDefault:
    """R04."""

    @given(some.frozensets(some.sampled_from(list(Role))), some.text(max_size=30))
    def test_an_unknown_right_is_denied_to_everybody(self, roles: frozenset[Role], right: str) -> None:
        if right not in MATRIX:
            assert level_for(roles, right) == "none"

    @given(some.sampled_from(sorted(MATRIX)))
    def test_nobody_without_a_role_has_a_right(self, right: str) -> None:
        assert level_for(frozenset(), right) == "none"
        assert level_for(frozenset({"root", "superuser"}), right) == "none"  # type: ignore[arg-type]

    @given(some.sampled_from(["link", "task", "command", "", "STAFF"]), some.sampled_from(sorted(MATRIX)))
    def test_only_staff_hold_rights(self, kind: str, right: str) -> None:
        actor = Actor(kind=kind, name="x", roles=frozenset(Role))
        assert not permissions.may(actor, right)

    @pytest.mark.django_db
    def test_an_empty_scope_sees_nothing_not_everything(self, site: Site) -> None:
        assert Site.objects.exists()
        actor = Actor(kind="staff", name="x", roles=frozenset(Role), site_ids=frozenset())
        assert not permissions.scoped(Site.objects.all(), actor).exists()
        assert not permissions.scoped(Patient.objects.all(), actor).exists()

    def test_a_right_that_is_not_in_the_matrix_can_not_be_asked_for(self) -> None:
        with pytest.raises(ValueError, match="not in the matrix"):
            permissions.allow(GET="patient:everything")


def denied(page: Page, role: Role) -> list[str]:
    """Methods that the matrix denies this role here."""
    assert page.mark is not None
    return [method for method, right in page.mark.methods.items() if level_for(frozenset({role}), right) == "none" and method != "HEAD"]


@pytest.fixture
def objects(db: None) -> dict[str, str]:
    """The demo with its canaries."""
    return world.load()


class TestMutants:
    """R05."""

    def test_the_sample_names_real_pages(self) -> None:
        assert set(SAMPLE) <= {page.name for page in STAFF_PAGES}

    def test_a_check_that_lets_everybody_in_turns_the_matrix_test_red(self, objects: dict[str, str]) -> None:
        survivors, tried = [], 0
        chosen = STAFF_PAGES if os.environ.get("R05_ALL") == "1" else [page for page in STAFF_PAGES if page.name in SAMPLE]
        with patch.object(permissions, "require", lambda actor, right: None):
            for role, name in WHO.items():
                client = _signed_in(name)
                for page in chosen:
                    for method in denied(page, role):
                        tried += 1
                        status = client.generic(method, _url(page, objects)).status_code
                        survivors += [] if _cell(page, role, method, status) else [f"{page.name} {method} {role}"]
        assert tried > 20
        unseen = [cell for cell in survivors if cell.split()[0] not in TWICE]
        assert not unseen, "\n".join(unseen)

    @pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
    def test_a_mark_that_is_taken_away_is_noticed(self, page: Page) -> None:
        bare = Page(page.name, page.route, page.view, None, page.arguments)
        assert page.is_sign_in or described(bare) != TABLE[page.name]

    @pytest.mark.parametrize("page", STAFF_PAGES, ids=lambda page: page.name)
    def test_a_right_that_is_swapped_is_noticed(self, page: Page) -> None:
        assert page.mark is not None
        swapped = permissions.Mark("staff", dict.fromkeys(page.mark.methods, "rules:view" if "rules:view" not in page.mark.methods.values() else "audit:read"))
        assert described(Page(page.name, page.route, page.view, swapped, page.arguments)) != TABLE[page.name]


def _refuse(actor: Actor, right: str) -> None:
    raise PermissionDenied(right)


def looks(queries: list[dict[str, Any]]) -> list[str]:
    """Queries that touch anything but the sign-in, the session and the access log."""
    found = []
    for query in queries:
        sql = query["sql"]
        tables = {word.strip('"') for part in ("FROM ", "UPDATE ", "INTO ", "JOIN ") for word in [chunk.split()[0] for chunk in sql.split(part)[1:] if chunk.split()]}
        found += [sql[:120]] if any(not table.startswith(GATE_TABLES) for table in tables if table.isidentifier()) else []
    return found


class TestNoLookBeforeTheCheck:
    """R06."""

    def test_a_refused_visitor_causes_no_read_of_the_record(self, objects: dict[str, str]) -> None:
        wrong: list[str] = []
        client = _signed_in("amara")
        with patch.object(permissions, "require", _refuse):
            for page in STAFF_PAGES:
                assert page.mark is not None
                for method in page.mark.methods:
                    with CaptureQueriesContext(connection) as seen:
                        status = client.generic(method, _url(page, objects)).status_code
                    wrong += [f"{page.name} {method}: {status}"] if status != 403 else []
                    wrong += [f"{page.name} {method}: {sql}" for sql in looks(seen.captured_queries)]
        assert not wrong, "\n".join(wrong[:20])

    def test_a_look_would_be_noticed(self) -> None:
        assert looks([{"sql": 'SELECT * FROM "patients_patient" WHERE 1 = 1'}])
        assert not looks([{"sql": 'SELECT "clinic_staff"."id" FROM "clinic_staff" WHERE 1 = 1'}])

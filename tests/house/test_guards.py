"""The guards of the guards: deny by default (R04), mutants that must be caught (R05), no look at the record before the check (R06)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import ResolverMatch, path
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as some

from clinic import permissions
from clinic.audit import Actor
from clinic.matrix import MATRIX, level_for
from clinic.middleware import ViewGuard
from clinic.models import OutboxMessage, Site
from clinic.roles import Role
from patients.models import Patient
from tests.house import world
from tests.house.test_urls import LINK_PAGES, STAFF_PAGES, WHO, _cell, _signed_in, _url
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

    @pytest.mark.django_db
    def test_a_scope_gives_its_own_sites_and_never_more(self, site: Site, other_site: Site) -> None:
        known, model = {site.pk, other_site.pk}, Patient
        people = {place: Patient.objects.create(site_id=place, number=n, given_name="A", family_name="B", birth_on="1980-01-01", created_at=timezone.now()).pk for n, place in enumerate(sorted(known), 1)}

        @settings(max_examples=40, deadline=None)
        @given(some.frozensets(some.sampled_from([*sorted(known), 0, -1, 2**31])), some.frozensets(some.sampled_from(list(Role))))
        def seen(sites: frozenset[int], roles: frozenset[Role]) -> None:
            actor = Actor(kind="staff", name="x", roles=roles, site_ids=sites)
            assert set(permissions.scoped(model.objects.all(), actor).values_list("pk", flat=True)) == {people[place] for place in sites & known}

        seen()

    def test_a_model_that_names_no_site_is_not_seen_at_all(self) -> None:
        actor = Actor(kind="staff", name="x", roles=frozenset(Role), site_ids=frozenset({1}))
        assert permissions.scoped(OutboxMessage.objects.all(), actor).query.is_empty()

    @pytest.mark.django_db
    @pytest.mark.parametrize("broken", ["level_for", "may", "require", "scoped"])
    def test_a_rule_that_breaks_denies(self, objects: dict[str, str], broken: str) -> None:
        """Whoever asks, whatever they ask: an exception inside the check shows nothing and changes nothing."""
        client, shown = _signed_in("amara"), []
        only = [page for page in STAFF_PAGES if page.name in SAMPLE]
        with patch.object(permissions, broken, side_effect=RuntimeError("planted")) as asked:
            for page in only:
                answer = client.get(_url(page, objects)) if broken == "scoped" else client.post(_url(page, objects), {"subject": objects["patient"]})
                text = answer.content.decode("utf-8", "replace") if not answer.streaming else ""
                if answer.status_code not in (403, 405, 500) and not (broken == "scoped" and page.name not in _FETCHING):
                    shown.append(f"{page.name}: {answer.status_code}")
                shown += [f"{page.name}: a word of the record"] if world.CANARY in text or "planted" in text else []
        assert asked.called
        assert shown == []

    def test_a_right_that_is_not_in_the_matrix_can_not_be_asked_for(self) -> None:
        with pytest.raises(ValueError, match="not in the matrix"):
            permissions.allow(GET="patient:everything")


# pages of the sample that fetch their object through the scope by that very name
_FETCHING = {"patients:screening", "patients:intake", "treatments:session", "treatments:photo"}


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


def looks(queries: list[dict[str, Any]], allowed: tuple[str, ...] = GATE_TABLES) -> list[str]:
    """Queries that touch anything but the sign-in, the session and the access log."""
    found = []
    for query in queries:
        sql = query["sql"]
        tables = {word.strip('"') for part in ("FROM ", "UPDATE ", "INTO ", "JOIN ") for word in [chunk.split()[0] for chunk in sql.split(part)[1:] if chunk.split()]}
        found += [sql[:120]] if any(not table.startswith(allowed) for table in tables if table.isidentifier()) else []
    return found


def peeks(client: Client, found: Page, method: str, url: str, *, refused: int = 403, allowed: tuple[str, ...] = GATE_TABLES) -> list[str]:
    """What is wrong with a page whose check refuses: it answers all the same, or it has looked at the record."""
    with CaptureQueriesContext(connection) as seen:
        status = client.generic(method, url).status_code
    wrong = [] if status == refused else [f"{found.name} {method}: {status}"]
    return wrong + [f"{found.name} {method}: {sql}" for sql in looks(seen.captured_queries, allowed)]


class TestNoLookBeforeTheCheck:
    """R06."""

    def test_a_refused_visitor_causes_no_read_of_the_record(self, objects: dict[str, str]) -> None:
        client, wrong = _signed_in("amara"), []
        with patch.object(permissions, "require", _refuse):
            for page in STAFF_PAGES:
                assert page.mark is not None
                for method in page.mark.methods:
                    wrong += peeks(client, page, method, _url(page, objects))
        assert not wrong, "\n".join(wrong[:20])

    def test_a_link_that_is_not_open_causes_no_read_of_the_record(self, objects: dict[str, str]) -> None:
        client, wrong = Client(raise_request_exception=False), []
        client.cookies[django_settings.LINK_COOKIE_NAME] = "A" * 43
        for page in LINK_PAGES:
            assert page.mark is not None
            for method in page.mark.methods:
                wrong += peeks(client, page, method, _url(page, objects), refused=404, allowed=(*GATE_TABLES, "clinic_link"))
        assert len(LINK_PAGES) > 8
        assert not wrong, "\n".join(wrong[:20])

    def test_a_view_that_looks_first_is_noticed(self, objects: dict[str, str]) -> None:
        @permissions.allow(GET="patient:view")
        def shown(request: HttpRequest) -> HttpResponse:
            return HttpResponse("secret")

        def hasty(request: HttpRequest) -> HttpResponse:
            return HttpResponse("secret") if Patient.objects.filter(deceased_on=None).count() < 0 else shown(request)

        hasty.mark = shown.mark  # type: ignore[attr-defined]
        page = Page("planted", "planted/", hasty, shown.mark, ())  # type: ignore[attr-defined]
        client = _signed_in("amara")
        with _planted_urls(hasty, shown), patch.object(permissions, "require", _refuse):
            assert peeks(client, page, "GET", "/planted-1/") == []
            found = peeks(client, page, "GET", "/planted-0/")
        assert len(found) == 1 and "patients_patient" in found[0]

    @pytest.mark.parametrize("sql", [
        'SELECT * FROM "patients_patient" WHERE 1 = 1', 'SELECT 1 FROM "clinic_staff" INNER JOIN "patients_hold" ON true', 'UPDATE "treatments_photo" SET a = 1',
        'INSERT INTO "appointments_appointment" ("id") VALUES (1)', 'DELETE FROM "aftercare_concern"', 'SELECT "body" FROM "clinic_outboxmessage"',
    ])  # fmt: skip
    def test_a_look_at_any_record_is_noticed(self, sql: str) -> None:
        assert looks([{"sql": sql}])
        assert not looks([{"sql": 'SELECT "clinic_staff"."id" FROM "clinic_staff" WHERE 1 = 1'}])


@contextmanager
def _planted_urls(*views: Any) -> Iterator[None]:
    """The app's URLs, and these views at /planted-0/, /planted-1/ …"""
    own = import_module("clinic.urls")
    more = [path(f"planted-{n}/", view, name=f"planted_{n}") for n, view in enumerate(views)]
    handlers = {name: getattr(own, name) for name in ("handler403", "handler404", "handler500") if hasattr(own, name)}
    with override_settings(ROOT_URLCONF=type("urls", (), {"urlpatterns": [*more, *own.urlpatterns], **handlers})):
        yield


class TestTheGuardItself:
    """R05: the middleware, for every page, without its mark."""

    @pytest.mark.parametrize("page", [page for page in pages() if not page.is_sign_in], ids=lambda page: page.name)
    def test_no_page_runs_without_its_mark(self, page: Page) -> None:
        request = RequestFactory().get("/")
        request.resolver_match = ResolverMatch(lambda r: HttpResponse("secret"), (), {}, url_name=page.name)
        with pytest.raises(PermissionDenied, match="without a mark"):
            ViewGuard(lambda r: HttpResponse("secret")).process_view(request, lambda r: HttpResponse("secret"), (), {})

    def test_a_forgotten_mark_answers_403_to_everybody(self, objects: dict[str, str]) -> None:
        def forgotten(request: HttpRequest) -> HttpResponse:
            return HttpResponse("secret")

        with _planted_urls(forgotten):
            for client in (Client(raise_request_exception=False), *map(_signed_in, WHO.values())):
                answer = client.get("/planted-0/")
                assert answer.status_code == 403 and b"secret" not in answer.content

"""R29: pages of patients send nothing by themselves. R33: no token, address, date of birth or answer in a log line, a cache key or a
task's arguments. R35: the house calls nobody outside but the servers it was given.
"""

import ast
import io
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from clinic import links
from clinic.logs import ScrubFilter, scrub
from clinic.models import Site, Staff
from tests.aftercare.make import make_draft
from tests.appointments.make import NOW
from tests.house.spoken import Cast, healthy_intake

pytestmark = pytest.mark.house
TREE = Path(__file__).parents[2]
TOKEN = "Ab3-_" * 9
SENDS = re.compile(r"\bfetch\(|XMLHttpRequest|sendBeacon|\.submit\(|requestSubmit|\.click\(\)|WebSocket|EventSource|http-equiv=.refresh")


def loaded_by_patients() -> set[str]:
    """Our own scripts that pages of patients load, by the templates that name them."""
    layouts = [TREE / "templates" / "layouts" / "patient.html"]
    pages = [path for path in (TREE / "templates").rglob("*.html") if "layouts/patient.html" in path.read_text()]
    while more := [path for path in (TREE / "templates").rglob("*.html") if path not in pages and any(f'"{p.relative_to(TREE / "templates")}"' in path.read_text() for p in pages)]:
        pages += more
    return {name for path in layouts + pages for name in re.findall(r"static 'js/([\w.-]+)'", path.read_text())}


def test_r29_scripts_of_patient_pages_send_nothing_by_themselves() -> None:
    names = loaded_by_patients()
    assert {"patient.js", "checkin.js", "signature.js"} <= names
    found = {(name, line.strip()[:100]) for name in names for line in (TREE / "static" / "js" / name).read_text().splitlines() if SENDS.search(line)}
    assert {(name, line[:23]) for name, line in found} == {("patient.js", "fetch(page.action || lo")} and len(found) == 1
    keeper = (TREE / "static" / "js" / "patient.js").read_text().partition("fetch(page.action")[0]
    assert "!dirty" in keeper and keeper.count("dirty = true") == 1 and 'addEventListener("input", function () { dirty = true; })' in keeper, "only after a person typed"
    assert SENDS.search("form.requestSubmit();") and SENDS.search("navigator.sendBeacon(x)")


@contextmanager
def talkative() -> Iterator[io.StringIO]:
    """What all loggers say, at any level, through the filter of production. Statements aside: a test below holds that they are not logged."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(ScrubFilter())
    root = logging.getLogger()
    loggers = [root, *(one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger) and not one.name.startswith(("django.db", "django.template")))]
    levels = {one: one.level for one in loggers}
    for one in loggers:
        one.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)
    for one, level in levels.items():
        one.setLevel(level)


def _patterns(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for part in resolver.url_patterns:
        path = before + str(part.pattern)
        if isinstance(part, URLPattern):
            yield path
        else:
            yield from _patterns(part, path)


def test_r33_every_address_with_a_secret_in_it_is_scrubbed() -> None:
    """By the list of addresses itself: a new one with a token can't be forgotten."""
    secret = re.compile(r"<(?:\w+:)?(?:token|secret|key)>|\(\?P<(?:key|token)>")
    paths = sorted({path for path in _patterns(get_resolver()) if secret.search(path)})
    assert len(paths) >= 4, paths
    for path in paths:
        line = re.sub(r"<(?:\w+:)?(?:token|secret|key)>|\(\?P<(?:key|token)>.*?\)", TOKEN, re.sub(r"\(\?P<uidb36>.*?\)", "1", path)).replace("^", "").replace("\\Z", "").replace("$", "")
        assert TOKEN not in scrub(f"GET {line} 200"), path


@pytest.mark.django_db
def test_r33_nothing_of_a_patient_is_in_logs_or_cache_keys(site: Site, amara: Staff) -> None:
    """A whole intake, a check-in with free words, a wrong date of birth, a dead link, a failed sign-in; all loggers at their most talkative."""
    with talkative() as lines, time_machine.travel(NOW, tick=False):
        tokens = _a_day(Cast("en", site, amara))
    keys = b" ".join(redis.from_url(settings.CACHES["default"]["LOCATION"]).scan_iter(count=1000)).decode(errors="replace")
    said = lines.getvalue()
    assert "[token]" in said, "somebody said something"
    for canary in (*tokens, "a@patient.example", "olivia@patient.example", "1985-", "Canary words", "wrong-secret-12", "Marsh", "Ruiz"):
        assert canary not in said, (canary, [line for line in said.splitlines() if canary in line][:3])
        assert canary not in keys


def _a_day(cast: Cast) -> list[str]:
    list(healthy_intake(cast))
    plan = cast.plan()
    check_in = plan.check_ins.order_by("opens_at")[0]
    make_draft(check_in, free_text="Canary words")
    link = cast.link("check_in", plan.patient, check_in)
    tokens = [links.mint_token(link, at=NOW) for _ in range(2)]
    born, client = link.birth_on, Client()
    cache.clear()
    client.post(f"/l/{tokens[0]}/", {"day": "1", "month": "1", "year": "1990"})
    client.post(f"/l/{tokens[1]}/", {"day": born.day, "month": born.month, "year": born.year})
    client.get("/l/check-in/")
    client.post("/l/check-in/words/", {"free_text": "Canary words"})
    client.get(f"/l/{TOKEN}/")
    client.get(f"/l/stop/{tokens[0]}/")
    client.post("/accounts/login/", {"login": "olivia@patient.example", "password": "wrong-secret-12"})
    return [*tokens, TOKEN]


def test_r33_statements_are_not_logged_and_tasks_carry_no_words() -> None:
    assert "django.db.backends" not in settings.LOGGING["loggers"] and settings.LOGGING["root"]["level"] != "DEBUG"
    tasks = list(_tasks())
    assert len(tasks) >= 12
    assert {(path.parent.name, node.name, arg.arg) for path, node in tasks for arg in node.args.args + node.args.kwonlyargs} == set()


def _tasks() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in sorted(TREE.glob("*/tasks.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(mark) for mark in node.decorator_list):
                yield path, node


NETWORK = {"socket", "smtplib", "imaplib", "poplib", "ftplib", "telnetlib", "http.client", "urllib.request", "requests", "httpx", "aiohttp", "urllib3"}
CALLS_OUT = {"clinic/smtp.py", "clinic/outbox/provider.py"}  # the second takes the names of errors alone
"""Modules that open connections, each to the server its settings name. Providers are called by django-anymail, at addresses of its own."""


def test_r35_only_named_modules_speak_to_the_network() -> None:
    found = {}
    for app in ("clinic", "patients", "treatments", "appointments", "aftercare", "desk"):
        for path in (TREE / app).rglob("*.py"):
            tree = ast.parse(path.read_text())
            names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
            names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            if names & NETWORK:
                found[str(path.relative_to(TREE))] = sorted(names & NETWORK)
    assert set(found) == CALLS_OUT, found


@pytest.mark.parametrize("address", [("192.0.2.1", 25), ("2001:db8::1", 443)])
def test_r35_a_test_that_calls_outside_is_stopped(address: tuple[str, int]) -> None:
    from tests.conftest import REACHED_OUT

    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as caller, pytest.raises(OSError, match="never leave this machine"):
        caller.connect(address)
    assert REACHED_OUT.pop() == address[0]

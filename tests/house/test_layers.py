"""Import contracts, seen to fail: each is broken on purpose in a copy of the tree, and the linter names it (rules 1 to 4)."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.house
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("clinic", "patients", "treatments", "appointments", "aftercare", "desk")
LAYERS = "who, what, when, after: each may look left, never right"
PURE, OUTBOX, SMTP = "Rules are pure", "Only emails name the outbox", "Only the house speaks SMTP"
PLANTS = {
    LAYERS: ("patients/selectors/records.py", "import treatments.models"),
    PURE: ("treatments/rules/window.py", "import django.utils.timezone"),
    OUTBOX: ("appointments/services/recalls.py", "from clinic.outbox import queue"),
    SMTP: ("desk/views/pages.py", "import smtplib"),
    "The files of clinic keep their order": ("clinic/roles.py", "import clinic.views"),
    "The files of patients keep their order": ("patients/models/person.py", "import patients.views.people"),
    "The files of treatments keep their order": ("treatments/selectors/stock.py", "import treatments.services"),
    "The files of appointments keep their order": ("appointments/models/places.py", "import appointments.forms"),
    "The files of aftercare keep their order": ("aftercare/selectors/clock.py", "import aftercare.emails"),
    "The files of desk keep their order": ("desk/selectors/today.py", "import desk.views"),
}
# the same rules broken elsewhere: indirectly, inside a function, in a file that no contract lists by name
MORE = [
    (LAYERS, "clinic/tasks.py", "import aftercare.tasks"),
    (LAYERS, "treatments/views/page.py", "def late():\n    import appointments.models"),
    (LAYERS, "aftercare/words.py", "import desk.selectors"),
    (PURE, "clinic/findings.py", "import celery"),
    (PURE, "aftercare/rules/__init__.py", "import django.conf"),
    (PURE, "patients/rules/__init__.py", "import clinic.models"),  # by way of a module that imports Django
    (PURE, "appointments/rules.py", "import django.db"),
    (OUTBOX, "patients/planted.py", "from clinic import outbox"),
    (OUTBOX, "treatments/views/planted.py", "import clinic.outbox.rows"),
    (OUTBOX, "desk/views/pages.py", "def late():\n    from clinic.outbox.kinds import Kind"),
    (OUTBOX, "aftercare/views/messages.py", "from clinic.outbox import release"),
    (SMTP, "aftercare/emails/build.py", "from clinic.smtp import *"),
    (SMTP, "patients/planted.py", "import clinic.outbox.backend"),
]  # fmt: skip


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """As pyproject.toml names them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["name"]: contract for contract in config["tool"]["importlinter"]["contracts"]}


def _not_python(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if "." in name and not name.endswith(".py")]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python files of the packages and the linter's settings, copied once."""
    to = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, to / package, ignore=_not_python)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


@contextmanager
def planted(tree: Path, *lines: tuple[str, str]) -> Iterator[None]:
    """With these lines at the end of these files, which may be new; afterwards everything is as it was."""
    before = {tree / file: (tree / file).read_text() if (tree / file).exists() else None for file, _line in lines}
    try:
        for file, line in lines:
            with (tree / file).open("a") as opened:
                opened.write(f"\n{line}\n")
        yield
    finally:
        for path, text in before.items():
            path.unlink() if text is None else path.write_text(text)


def lint(tree: Path) -> str:
    """What the linter says."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    said = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False).stdout
    assert "Contracts:" in said, said
    return said


def broken(tree: Path) -> set[str]:
    """Names of the contracts that the linter calls broken."""
    return set(re.findall(r"^(.*?) BROKEN(?: \(.*\))?$", lint(tree), re.MULTILINE))


class TestContracts:
    """Each is kept by the tree and broken by its plant alone."""

    def test_every_contract_has_a_plant(self) -> None:
        assert set(PLANTS) == set(contracts())

    def test_the_tree_keeps_them_all(self, tree: Path) -> None:
        assert broken(tree) == set()

    @pytest.mark.parametrize("name", PLANTS)
    def test_its_plant_breaks_it_and_no_other(self, name: str, tree: Path) -> None:
        with planted(tree, PLANTS[name]):
            assert broken(tree) == {name}
        assert (tree / PLANTS[name][0]).read_bytes() == (ROOT / PLANTS[name][0]).read_bytes()

    @pytest.mark.parametrize(("name", "file", "line"), MORE, ids=[f"{name}: {file}" for name, file, _line in MORE])
    def test_it_is_broken_in_other_ways_too(self, name: str, file: str, line: str, tree: Path) -> None:
        with planted(tree, (file, line)):
            assert name in broken(tree)


class TestWhatTheyCover:
    """A contract that forgot an app would be kept for ever."""

    def test_the_apps_are_in_the_order_of_the_house(self) -> None:
        assert contracts()[LAYERS]["layers"] == ["desk", "aftercare", "appointments", "treatments", "patients", "clinic"]

    def test_all_rules_are_pure(self) -> None:
        with_rules = {f"{package}.rules" for package in PACKAGES if list((ROOT / package).glob("rules*"))}
        assert with_rules | {"clinic.findings"} <= set(contracts()[PURE]["source_modules"])
        assert {"django", "celery"} <= set(contracts()[PURE]["forbidden_modules"])

    @pytest.mark.parametrize("name", [OUTBOX, SMTP])
    def test_only_the_house_is_free_of_the_mail_contracts(self, name: str) -> None:
        assert set(contracts()[name]["source_modules"]) == set(PACKAGES) - {"clinic"}

    def test_only_emails_are_excused(self) -> None:
        excused = {line.partition(" -> ")[0] for line in contracts()[OUTBOX]["ignore_imports"]}
        assert {re.sub(r"^\w+\.emails(\.\*\*)?$", "emails", module) for module in excused} == {"emails"}
        assert [name for name, contract in contracts().items() if "ignore_imports" in contract] == [OUTBOX]


def order_of(app: str) -> list[str]:
    """Files of an app that stand for its layers, the highest first; those that the app does not have are left out."""
    files = []
    for layer in contracts()[f"The files of {app} keep their order"]["layers"]:
        module = layer.split("|")[0].strip(" ()").replace(".", "/")
        there = [file for file in (f"{module}.py", f"{module}/__init__.py") if (ROOT / file).exists()]
        files += there[:1]
    return files


def as_module(file: str) -> str:
    """`a/b/__init__.py` → `a.b`."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.mark.parametrize("app", PACKAGES)
def test_no_file_of_an_app_imports_the_one_above_it(app: str, tree: Path) -> None:
    """Rule 2: each step of the ladder, not only one."""
    steps = [(lower, as_module(upper)) for upper, lower in pairwise(order_of(app))]
    assert len(steps) >= 2
    with planted(tree, *((lower, f"def late():\n    import {upper}") for lower, upper in steps)):
        said = lint(tree)
    for lower, upper in steps:
        assert f"{as_module(lower)} is not allowed to import {upper}:" in said


def names_of_mail(text: str) -> set[str]:
    """Modules that can send mail and that this source imports, wherever in it; the linter can't look inside Django."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if re.match(r"(django\.core\.mail|smtplib|aiosmtplib)(\.|$)", name)}


def speakers(tree: Path) -> set[str]:
    """Files that import a way to send mail."""
    files = (path for package in PACKAGES for path in (tree / package).rglob("*.py"))
    return {str(path.relative_to(tree)) for path in files if names_of_mail(path.read_text())}


class TestMailLeavesByOneDoor:
    """Rule 4: nothing else speaks SMTP, not inside the house either."""

    DOORS = {"clinic/smtp.py", "clinic/outbox/backend.py", "clinic/outbox/provider.py"}

    def test_the_doors(self) -> None:
        assert speakers(ROOT) == self.DOORS

    @pytest.mark.parametrize("line", [
        "import smtplib", "from smtplib import SMTP", "import os, smtplib as post", "from django.core.mail import send_mail",
        "from django.core import cache, mail", "import django.core.mail.backends.smtp", "def late():\n    from django.core.mail import EmailMessage",
    ])  # fmt: skip
    @pytest.mark.parametrize("file", ["aftercare/tasks.py", "clinic/links.py", "clinic/outbox/deliver.py"])
    def test_another_one_is_noticed(self, file: str, line: str, tree: Path) -> None:
        with planted(tree, (file, line)):
            assert speakers(tree) - self.DOORS == {file}

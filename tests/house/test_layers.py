"""Import contracts, seen to fail: each is broken on purpose in a copy of the tree, and the linter names it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.house
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("clinic", "patients", "treatments", "appointments", "aftercare", "desk")
PLANTS = {
    "who, what, when, after: each may look left, never right": ("patients/selectors/records.py", "import treatments.models"),
    "Rules are pure": ("treatments/rules/window.py", "import django.utils.timezone"),
    "Only emails name the outbox": ("appointments/services/recalls.py", "from clinic.outbox import queue"),
    "Only the house speaks SMTP": ("desk/views.py", "import smtplib"),
    "The files of patients keep their order": ("patients/models.py", "import patients.views.people"),
    "The files of treatments keep their order": ("treatments/selectors/stock.py", "import treatments.services"),
    "The files of appointments keep their order": ("appointments/rules.py", "import appointments.forms"),
    "The files of aftercare keep their order": ("aftercare/selectors/clock.py", "import aftercare.emails"),
}


def contracts() -> set[str]:
    """As pyproject.toml names them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["name"] for contract in config["tool"]["importlinter"]["contracts"]}


def copied(to: Path) -> Path:
    """The Python files of the tree and the linter's settings."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, to / package, ignore=lambda _folder, names: [n for n in names if "." in n and not n.endswith(".py")])
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def broken(tree: Path) -> set[str]:
    """Names of the contracts that the linter calls broken."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    said = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False).stdout
    assert "Contracts:" in said, said
    return set(re.findall(r"^(.*) BROKEN$", said, re.MULTILINE))


def test_every_contract_has_a_plant() -> None:
    assert set(PLANTS) == contracts()


def test_the_tree_keeps_them_all(tmp_path: Path) -> None:
    assert broken(copied(tmp_path)) == set()


def test_each_planted_breach_is_named(tmp_path: Path) -> None:
    tree = copied(tmp_path)
    for file, line in PLANTS.values():
        path = tree / file
        path.write_text(path.read_text() + f"\n{line}\n")
    assert broken(tree) == set(PLANTS)


@pytest.mark.parametrize("name", ["Only emails name the outbox", "Rules are pure"])
def test_one_plant_breaks_one_contract(name: str, tmp_path: Path) -> None:
    tree = copied(tmp_path)
    path = tree / PLANTS[name][0]
    path.write_text(path.read_text() + f"\n{PLANTS[name][1]}\n")
    assert broken(tree) == {name}


def speakers(tree: Path) -> set[str]:
    """Files that import Django's mail or smtplib; the linter can't look inside Django."""
    pattern = re.compile(r"^\s*(?:from|import) (?:django\.core\.mail|django\.core import mail|smtplib)\b", re.MULTILINE)
    files = (path for package in PACKAGES for path in (tree / package).rglob("*.py"))
    return {str(path.relative_to(tree)) for path in files if pattern.search(path.read_text())}


def test_mail_leaves_by_one_door(tmp_path: Path) -> None:
    doors = {"clinic/smtp.py", "clinic/outbox/backend.py"}
    assert speakers(ROOT) == doors
    tree = copied(tmp_path)
    path = tree / "aftercare" / "tasks.py"
    path.write_text(path.read_text() + "\nfrom django.core.mail import send_mail\n")
    assert speakers(tree) - doors == {"aftercare/tasks.py"}

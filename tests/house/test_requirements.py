"""The table of requirements names tests that exist, and each of R27–R38 has at least one."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.house
TREE = Path(__file__).parents[2]
TABLE = (TREE / "docs" / "security-tests.md").read_text()


def _missing(table: str) -> list[str]:
    found = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", table)
    return [f"{path}::{name}" for path, name in found if not (TREE / path).exists() or f"def {name}(" not in (TREE / path).read_text()]


def test_every_test_named_exists() -> None:
    assert _missing(TABLE) == []
    assert _missing("`tests/house/test_requirements.py::test_nobody`") != []


def test_every_requirement_of_links_and_mail_has_one() -> None:
    rows = {number: row for number, row in re.findall(r"^\| (R\d+) \|(.*)$", TABLE, re.M) if "::" in row}
    assert set(rows) == {f"R{number}" for number in range(27, 39)}

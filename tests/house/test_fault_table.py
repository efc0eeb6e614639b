"""tests/faults/README.md names every fault and every test of a fault, and no other."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.house
FOLDER = Path(__file__).resolve().parent.parent / "faults"


def written() -> set[str]:
    """`file.py::[Class::]test` of every test in the folder."""
    found = set()
    for file in FOLDER.glob("test_*.py"):
        for node in ast.parse(file.read_text()).body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
            found |= {f"{file.name}::{before}{one.name}" for one in inner if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}
    return found


def test_the_table_of_faults_and_the_tests_are_alike() -> None:
    text = (FOLDER / "README.md").read_text()
    named = re.findall(r"`(test_\w+\.py::[\w:]+)`", text)
    assert sorted(named) == sorted(written())
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", text, re.M)} == set(range(1, 17))

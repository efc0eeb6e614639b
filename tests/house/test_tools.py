"""Rule 8: the tools of `make check` run over the whole tree, and each is seen to refuse a planted fault."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.house
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"clinic", "patients", "treatments", "appointments", "aftercare", "desk"}
STEPS = ("-m ruff check .", "-m mypy", "lint-imports", "djlint templates --lint", "makemigrations --check --dry-run", "scripts.no_secrets")


def missing_steps(makefile: str) -> list[str]:
    """Steps that the recipe of `check` lacks, or that may fail unseen."""
    found = re.search(r"^check:.*\n((?:\t.*\n?)+)", makefile, re.MULTILINE)
    lines = [line for line in (found.group(1) if found else "").splitlines() if not line.startswith("\t-") and "||" not in line]
    return [step for step in STEPS if not any(step in line for line in lines)]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """One of the tools, from the virtual environment."""
    return subprocess.run([str(Path(sys.executable).parent / command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, check=False)


def test_make_check_runs_every_tool() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert missing_steps(makefile) == []
    for step in STEPS:
        lines = [line for line in makefile.splitlines() if step not in line]
        assert missing_steps("\n".join(lines)) == [step]
    assert missing_steps(makefile.replace("\t$(PY) -m mypy", "\t-$(PY) -m mypy")) == ["-m mypy"]


def test_mypy_is_strict_on_every_package() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert config["strict"] is True
    assert set(config["packages"]) >= PACKAGES
    assert config["exclude"] == ["migrations/"]


@pytest.mark.parametrize(
    ("planted", "code"),
    [("import os\n", "F401"), ("x = eval('1')\n", "S307"), ("from datetime import datetime\nx = datetime.now()\n", "DTZ005"), ("breakpoint()\n", "T100")],
)
def test_ruff_refuses_a_planted_fault(planted: str, code: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "planted.py").write_text(planted)
    done = run("ruff", "check", "--no-cache", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert code in done.stdout


def test_mypy_refuses_what_has_no_type(tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = True\n")
    (tmp_path / "planted.py").write_text("def f(x):\n    return x\n")
    done = run("mypy", "--cache-dir", str(tmp_path / "cache"), "planted.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "no-untyped-def" in done.stdout


@pytest.mark.parametrize(("planted", "code"), [("<a href=x>b</a>", "H011"), ("{% if a %}<p>b</p>", "T038"), ('<p>{{ "b }}</p>', "T027")])
def test_djlint_refuses_a_planted_fault(planted: str, code: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "planted.html").write_text(f"{planted}\n")
    done = run("djlint", "templates", "--lint", "--quiet", cwd=tmp_path)
    assert done.returncode == 1
    assert code in done.stdout
    (tmp_path / "templates" / "planted.html").write_text("<p>whole</p>\n")
    assert run("djlint", "templates", "--lint", "--quiet", cwd=tmp_path).returncode == 0

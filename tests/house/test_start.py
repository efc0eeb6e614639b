"""The start of the demo and its traps. Each refusal says what to do; nothing is damaged, and nothing is left running."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import ground
from embedded.leftovers import Register, identity
from embedded.supervisor import ROOT
from tests.house.demo_runs import Demo, count, free_port, processes_of, short_folder, wait_until, with_tables

pytestmark = pytest.mark.fault
WHOLE = 20 + 9  # the twenty that these demos ask for, and those whose records show what goes wrong (desk/demo/unusual.py)


@pytest.fixture
def var() -> Iterator[Path]:
    """An empty data folder."""
    home = short_folder()
    yield home / "v"
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def tables(var: Path) -> Path:
    """A data folder with the tables and no clinic."""
    var.mkdir()
    with_tables(var)
    return var


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    """The demos of a test; all ended afterwards."""
    running: list[Demo] = []
    yield running
    for demo in running:
        demo.end()


def _files(var: Path) -> set[str]:
    return {path.name for path in var.iterdir()}


# Ports


@pytest.mark.parametrize("name", ["PORT", "CATCHER_PORT", "SMTP_PORT"])
def test_a_taken_port_is_named_with_the_setting_that_moves_it(name: str, var: Path, demos: list[Demo]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        taken = str(other.getsockname()[1])
        demos.append(Demo(var, **{name: taken}))
        assert demos[0].code() == 1
    assert f"Port {taken} is taken by another program" in demos[0].said and f"{name}=" in demos[0].said
    assert "Traceback" not in demos[0].said
    assert _files(var) == {"demo.lock"} and processes_of(var) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PORT": "abc"}, "PORT=abc is no port number"),
        ({"PORT": "0"}, "PORT=0 is no port number"),
        ({"SMTP_PORT": "99999"}, "SMTP_PORT=99999 is no port number"),
        ({"PORT": "8700", "CATCHER_PORT": "8700"}, "are both 8700"),
        ({"ANAGEN_DEMO_PATIENTS": "3"}, "a number from 20"),
        ({"ANAGEN_VAR": "/proc/nowhere"}, "ANAGEN_VAR=~/anagen-data make demo"),
    ],
)
def test_settings_that_can_not_be_are_said_in_words(settings: dict[str, str], words: str, var: Path, demos: list[Demo]) -> None:
    var.mkdir()
    demos.append(Demo(var, **settings))
    assert demos[0].code() == 1
    assert words in demos[0].said and "Traceback" not in demos[0].said
    assert _files(var) <= {"demo.lock"}


def test_another_database_on_our_socket_is_left_alone(var: Path, demos: list[Demo]) -> None:
    (var / "run").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(var / "run" / ".s.PGSQL.5432"))
        other.listen(1)
        demos.append(Demo(var))
        assert demos[0].code() == 1
        assert (var / "run" / ".s.PGSQL.5432").exists()
    assert "Another PostgreSQL answers at" in demos[0].said and "choose another folder" in demos[0].said
    assert "Traceback" not in demos[0].said and processes_of(var) == []


def test_another_broker_on_our_socket_is_left_alone(tables: Path, demos: list[Demo]) -> None:
    from embedded import kv

    other = kv.start(tables.parent / "other", tables / "run" / "valkey.sock", durable=False, log=subprocess.DEVNULL)
    try:
        demos.append(Demo(tables))
        assert demos[0].code() == 1
        assert kv.answers(tables / "run" / "valkey.sock")
    finally:
        other.terminate()
        other.wait(10)
    assert "Another broker answers at" in demos[0].said and "The data stay in" in demos[0].said
    assert "Traceback" not in demos[0].said and processes_of(tables) == []


# Half-made folders


def test_killed_while_the_database_is_made_the_next_start_makes_it(var: Path, demos: list[Demo]) -> None:
    first = Demo(var)
    demos.append(first)
    wait_until(lambda: (var / "pg.new" / "base").exists() or (var / "pg").exists(), what="initdb")
    first.kill()
    wait_until(lambda: processes_of(var) == [], 20, "the end of its children")
    assert not (var / "pg" / "postmaster.pid").exists()
    second = Demo(var)
    demos.append(second)
    second.until("bringing the tables up to date")
    assert second.ctrl_c() == 0
    assert (var / "pg" / "PG_VERSION").exists() and not (var / "pg.new").exists()
    assert "Traceback" not in second.said and processes_of(var) == []


def test_a_half_made_folder_is_set_aside_not_deleted(var: Path, demos: list[Demo]) -> None:
    (var / "pg" / "base").mkdir(parents=True)
    (var / "pg" / "base" / "something").write_text("kept")
    demos.append(Demo(var))
    demos[0].until("bringing the tables up to date")
    assert demos[0].ctrl_c() == 0
    [aside] = var.glob("pg.broken-*")
    assert (aside / "base" / "something").read_text() == "kept" and aside.name in demos[0].said


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [("PG_VERSION", "17\n", "was made by PostgreSQL 17"), ("global/pg_control", None, "global/pg_control is missing")],
)
def test_a_database_that_can_not_be_used_is_not_touched(file: str, content: str | None, words: str, tables: Path, demos: list[Demo]) -> None:
    (tables / "pg" / file).unlink()
    if content:
        (tables / "pg" / file).write_text(content)
    before = sorted((str(p), p.stat().st_mtime_ns) for p in (tables / "pg").rglob("*"))
    demos.append(Demo(tables))
    assert demos[0].code() == 1
    assert words in demos[0].said and f"mv {tables}/pg {tables}/pg.old" in demos[0].said
    assert sorted((str(p), p.stat().st_mtime_ns) for p in (tables / "pg").rglob("*")) == before


def test_killed_while_the_clinic_is_loaded_the_next_start_loads_it_whole(tables: Path, demos: list[Demo]) -> None:
    first = Demo(tables)
    demos.append(first)
    first.until("20 patients with their answers")
    noted = first.children()
    first.kill()
    wait_until(lambda: not any(identity(pid) == who for pid, who in noted.items()), 20, "the end of its children")
    second = Demo(tables)
    demos.append(second)
    second.until("demo clinic ready in")
    assert count(tables, "clinic_clinic") == 1 and count(tables, "patients_patient") == WHOLE
    assert second.ctrl_c() == 0


# Running


def test_a_running_demo_is_neither_joined_nor_reset_and_ends_whole_on_ctrl_c(tables: Path, demos: list[Demo]) -> None:
    first = Demo(tables)
    demos.append(first)
    first.until("ready after")
    second = Demo(tables)
    demos.append(second)
    assert second.code() == 1
    assert f"http://127.0.0.1:{first.web}/" in second.said and f"process {first.process.pid}" in second.said
    reset = subprocess.run(
        [sys.executable, "-m", "embedded.reset"], cwd=ROOT, env=os.environ | {"ANAGEN_VAR": str(tables)}, capture_output=True, text=True, check=False
    )
    assert reset.returncode == 1 and "runs on" in reset.stderr
    with urllib.request.urlopen(f"http://127.0.0.1:{first.web}/healthz", timeout=5) as answer:
        assert answer.status == 200
    noted = first.children()
    assert len(noted) >= 6
    assert first.ctrl_c() == 0
    assert "Traceback" not in first.said
    assert not any(identity(pid) == who for pid, who in noted.items()) and processes_of(tables) == []
    assert not (tables / "demo.pids").exists()


def test_a_killed_demo_takes_its_children_along_and_the_next_start_keeps_the_data(tables: Path, demos: list[Demo]) -> None:
    first = Demo(tables)
    demos.append(first)
    first.until("ready after")
    noted, patients = first.children(), count(tables, "patients_patient")
    first.kill()
    wait_until(lambda: not any(identity(pid) == who for pid, who in noted.items()), 30, "the end of its children")
    for stale in ("pg/postmaster.pid", "run/.s.PGSQL.5432.lock"):  # as after a power cut: their pid is somebody else's now
        (tables / stale).write_text(f"{os.getpid()}\n{tables}/pg\n1\n5432\n{tables}/run\n\n\n\n")
    second = Demo(tables)
    demos.append(second)
    second.until("There is a clinic already")
    assert count(tables, "patients_patient") == patients == WHOLE
    assert second.ctrl_c() == 0


@pytest.mark.parametrize(
    ("sig", "when"),
    [(signal.SIGINT, "clinic, staff, rooms, stock"), (signal.SIGTERM, "bringing the tables up"), (signal.SIGHUP, "bringing the tables up")],
)
def test_it_can_be_stopped_while_it_loads(sig: signal.Signals, when: str, tables: Path, demos: list[Demo]) -> None:
    demos.append(Demo(tables))
    demos[0].until(when)
    os.killpg(demos[0].process.pid, sig)
    assert demos[0].code(60) == 0
    assert "Traceback" not in demos[0].said and processes_of(tables) == []


# What a killed one left


def test_a_leftover_is_ended_by_pid_and_start_time_and_nobody_else_is(tmp_path: Path) -> None:
    ours, theirs = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    register = Register(tmp_path / "pids")
    register.note("worker", ours.pid, signal.SIGTERM)
    register.note("web", theirs.pid, signal.SIGTERM)
    lines = [json.loads(line) for line in (tmp_path / "pids").read_text().splitlines()]
    lines[1]["who"] = "another boot 17"
    (tmp_path / "pids").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"half a li')
    try:
        assert register.end_leftovers() == ["worker"]
        assert ours.wait(5) == -signal.SIGTERM and theirs.poll() is None
        assert not (tmp_path / "pids").exists()
    finally:
        theirs.kill()
        theirs.wait(5)


def test_long_folders_get_sockets_of_their_own() -> None:
    one, two = (ground.sockets(Path("/tmp") / ("x" * 90) / name) for name in "ab")
    try:
        assert one != two and all(len(str(path / ".s.PGSQL.5432")) < 100 for path in (one, two))
        assert oct(one.stat().st_mode)[-3:] == "700"
    finally:
        one.rmdir()
        two.rmdir()


# Old Python


def test_an_old_python_is_told_so() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys; sys.version_info = (3, 9, 2, 'final', 0); import embedded"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert said.stderr == "Anagen needs Python 3.11 or newer; this is 3.9. Try: make PYTHON=python3.11 demo\n"


def _bare_checkout(home: Path) -> Path:
    for name in ("Makefile", "package-lock.json", "requirements", "scripts"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, home / name)
    return home


def test_make_says_that_python_is_too_old_or_missing(tmp_path: Path) -> None:
    home = _bare_checkout(tmp_path)
    old = home / "python3.9"
    old.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} -c "import sys; sys.version_info = (3, 9, 2); $1"\n')
    old.chmod(0o755)
    for python, words in ((str(old), "needs Python 3.11 or newer; this is 3.9"), ("python3.99", "python3.99 was not found")):
        said = subprocess.run(["make", f"PYTHON={python}", "demo"], cwd=home, capture_output=True, text=True, check=False)
        assert said.returncode != 0 and words in said.stderr + said.stdout, said
        assert not (home / ".venv").exists()


def test_a_half_made_venv_is_made_again(tmp_path: Path) -> None:
    home = _bare_checkout(tmp_path)
    (home / ".venv" / "bin").mkdir(parents=True)
    (home / ".venv" / "bin" / "python").symlink_to(sys.executable)
    said = subprocess.run(["make", f"PYTHON={sys.executable}", ".venv/usable"], cwd=home, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert subprocess.run([home / ".venv/bin/python", "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


# Browser


def test_the_browser_that_is_here_is_found(tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    said = subprocess.run(
        ["/bin/bash", str(ROOT / "scripts" / "find_browser")], cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert said.stdout.strip() == str(fake)


def test_free_ports_are_free() -> None:
    ground.refuse_taken({"PORT": free_port()})

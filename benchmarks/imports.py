"""A file of patients from upload to the last one brought in, of 5,000 and of 50,000 rows, in one run: `python -m benchmarks.imports`.

Each line is `{"name", "value", "unit", "ratio", "against"}`. The value is milliseconds a row at the larger size; the ratio is by how much a row
is dearer there than in the smaller file, and should be about one: what grows with the file has a fault. `memory` is the process's own peak.
"""

import json
import os
import random
import resource
import subprocess
import sys
import time

from embedded.services import TEMPLATE, Services

SIZES = (int(os.environ.get("FEWER", "5000")), int(os.environ.get("ROWS", "50000")))
_GIVEN, _FAMILY = ("Nadia", "Otto", "Lena", "Paul", "Mina", "Jon", "Eva", "Karl"), ("Neumann", "Ohlsen", "Petrov", "Quint", "Rossi", "Stein", "Thorne", "Urban")


def main() -> None:
    """Each size in a process and a database of its own; nothing is kept."""
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
        return
    before, many, after = (
        json.loads(subprocess.run([sys.executable, "-m", "benchmarks.imports", str(size)], check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        for size in (SIZES[0], SIZES[1], SIZES[0])  # a machine that gets busier meanwhile is slower in the last one too
    )
    few = {name: (before[name] + after[name]) / 2 for name in before}
    for name in ("read", "check", "write"):
        value = {"name": name, "value": round(many[name] * 1000 / SIZES[1], 3), "unit": "ms a row"}
        print(json.dumps(value | {"ratio": round((many[name] / SIZES[1]) / (few[name] / SIZES[0]), 2), "against": f"{SIZES[0]} rows"}))
    print(json.dumps({"name": "memory", "value": round(many["memory"]), "unit": "MB", "ratio": round(many["memory"] / few["memory"], 2), "against": f"{SIZES[0]} rows"}))
    print(json.dumps({"name": "brought in", "value": many["written"], "unit": "patients", "ratio": round(many["written"] / few["written"], 2), "against": few["written"]}))


def measure(rows: int) -> None:
    """One size, from an empty clinic."""
    services = Services()
    try:
        os.environ |= services.environment | {
            "ANAGEN_ENV": "test", "DATABASE_NAME": TEMPLATE, "DATABASE_USER": "app_rw", "DJANGO_SETTINGS_MODULE": "clinic.settings", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        import django

        django.setup()
        print(json.dumps(_timed(rows)), flush=True)
    finally:
        services.stop()


def _lines(rows: int) -> bytes:
    dice = random.Random(3)
    found = ["given_name,family_name,birth_on,email,phone,past_sessions"]
    for n in range(rows):
        family = dice.choice(_FAMILY) + "".join(dice.choice("abcdefghij") for _letter in range(3))
        born = "1985-02-31" if n % 500 == 7 else f"{dice.randrange(1950, 2005)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}"
        found.append(f"{dice.choice(_GIVEN)},{family},{born},p{n}@patients.example,,{'2026-03-02' if n % 10 == 0 else ''}")
    return "\n".join(found).encode()


def _timed(rows: int) -> dict[str, float]:
    from django.utils import timezone

    from appointments import services
    from appointments.forms import check_row
    from clinic.audit import Actor
    from clinic.models import Staff
    from desk.demo.house import build_house

    by, at = Actor.of_command("benchmark"), timezone.now()
    site, found = build_house(by=by, at=at), {"read": 0.0, "check": 0.0, "write": 0.0}
    rosa = Staff.objects.get(email="rosa@demo.example")
    file = services.start_import(site=site, staff=rosa, file_name="bench.csv", content=_lines(rows), month_first=False, by=by, at=at)
    for name in ("read", "check", "write"):
        state = {"read": "reading", "check": "checking", "write": "writing"}[name]
        if name == "write":
            services.confirm_import(file=file, by=by, at=at)
        file.refresh_from_db()
        began = time.perf_counter()
        while file.state == state and services.continue_import(file=file, check=check_row, by=by, at=at):
            file.refresh_from_db()
        found[name] = time.perf_counter() - began
    return found | {"written": file.written, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    main()

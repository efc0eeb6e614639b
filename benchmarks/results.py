"""The clinic's results and how it runs, with 600 and with 5,000 sessions, in one run: `python -m benchmarks.results`.

Each line is `{"name", "value", "unit", "ratio", "against"}`; the ratio is time at the larger size by time at the smaller one, and beside
it stands how many more sessions there are: a page that grows faster than its sessions has a fault.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time

from embedded.services import TEMPLATE, Services

SIZES, ROUNDS = (200, int(os.environ.get("PATIENTS", "1900"))), int(os.environ.get("ROUNDS", "5"))


def main() -> None:
    """Each size in a process and a database of its own; nothing is kept."""
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
        return
    found = [json.loads(subprocess.run([sys.executable, "-m", "benchmarks.results", str(size)], check=True, capture_output=True, text=True).stdout.splitlines()[-1]) for size in SIZES]
    small, large = found
    more = large["sessions"] / small["sessions"]
    print(json.dumps({"name": "sessions", "value": large["sessions"], "unit": "sessions", "ratio": round(more, 2), "against": small["sessions"]}))
    for name in ("results", "running"):
        value = {"name": name, "value": round(large[name], 3), "unit": "s", "ratio": round(large[name] / small[name], 2), "against": f"{small['sessions']} sessions"}
        print(json.dumps(value))
    print(json.dumps({"name": "queries", "value": large["queries"], "unit": "queries", "ratio": round(large["queries"] / small["queries"], 2), "against": f"{small['sessions']} sessions"}))


def measure(patients: int) -> None:
    """One size: the median of some rounds."""
    services = Services()
    try:
        os.environ |= services.environment | {
            "ANAGEN_ENV": "test", "DATABASE_NAME": TEMPLATE, "DATABASE_USER": "app_rw", "DJANGO_SETTINGS_MODULE": "clinic.settings", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        import django

        django.setup()
        print(json.dumps(_timed(patients)), flush=True)
    finally:
        services.stop()


def _timed(patients: int) -> dict[str, float]:
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from clinic.audit import Actor
    from clinic.models import Staff
    from desk.selectors.results import clinic_results
    from desk.selectors.running import clinic_running
    from treatments.models import TreatmentSession

    call_command("seed_demo", patients=patients, seed=1, photos=0, verbosity=0, stdout=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    by, at = Actor.of_staff(Staff.objects.get(email="max@demo.example")), timezone.now()
    found: dict[str, float] = {"sessions": TreatmentSession.objects.count()}
    for name, work in (("results", clinic_results), ("running", clinic_running)):
        took = []
        for _round in range(ROUNDS):
            began = time.perf_counter()
            work(by, at=at)
            took.append(time.perf_counter() - began)
        found[name] = statistics.median(took)
    with CaptureQueriesContext(connection) as queries:
        clinic_results(by, at=at)
        clinic_running(by, at=at)
    return found | {"queries": len(queries)}


if __name__ == "__main__":
    main()

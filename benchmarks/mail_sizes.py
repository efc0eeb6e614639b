"""Whether the cost of one mail and of one plan stays the same as there are more, in one run: `python -m benchmarks.mail_sizes`.

Sending with 1,000 and 10,000 due rows; planning aftercare, and the sweeps that find nothing, with 200 and 2,000 patients. Each line is
`{"name", "value", "unit", "ratio", "against"}`; the ratio is the cost of one at the larger size by that at the smaller one: 1 is as
it should be. A sweep's ratio is of whole sweeps: far below the ten times more patients is as it should be. `LARGE_MAILS` and
`LARGE_PATIENTS` set the larger sizes.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from embedded.services import TEMPLATE, Services

LARGE_MAILS, LARGE_PATIENTS = int(os.environ.get("LARGE_MAILS", "10000")), int(os.environ.get("LARGE_PATIENTS", "2000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))


def main() -> None:
    """Services and a sink of its own; nothing is kept."""
    services = Services()
    sink = subprocess.Popen([sys.executable, "-m", "benchmarks.sink"], stdout=subprocess.PIPE, text=True)
    assert sink.stdout is not None
    try:
        os.environ |= services.environment | {
            "ANAGEN_ENV": "test", "DATABASE_NAME": TEMPLATE, "DATABASE_USER": "app_rw", "SMTP_PORT": sink.stdout.readline().strip(),
            "OUTBOX_RATE_PER_SECOND": "0", "DJANGO_SETTINGS_MODULE": "clinic.settings", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        import django

        django.setup()
        sending()
        planning()
    finally:
        sink.terminate()
        services.stop()


def seconds(work: Callable[[], object]) -> float:
    """By the clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def say(name: str, unit: str, found: dict[int, float], what: str) -> None:
    """One line: the larger size against the smaller one."""
    small, large = sorted(found)
    line = {"name": f"{name}, {large:,} {what}", "value": round(found[large], 3), "unit": unit, "ratio": round(found[large] / found[small], 2), "against": f"{small:,} {what}"}
    print(json.dumps(line), flush=True)


def sending() -> None:
    """A drain of all that is due, and one claim of fifty among as many; sizes take turns and the median counts."""
    from django.db import connection

    from benchmarks.pipelines import fill, outbox, prepare
    from clinic.models import OutboxMessage
    from clinic.outbox import claim

    prepare()
    fill(50, "warm:")
    outbox()
    sizes = (LARGE_MAILS // 10, LARGE_MAILS)
    sent: dict[int, list[float]] = {size: [] for size in sizes}
    claims: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(max(1, ROUNDS // 2)):
        for size in sizes:
            fill(size, f"{number}:{size}:")
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE clinic_outboxmessage")
            for _ in range(ROUNDS):
                claims[size].append(1000 * seconds(lambda: claim.claim_due(limit=50)))
            OutboxMessage.objects.filter(state="claimed").update(state="planned", lease_token=None, lease_until=None)
            sent[size].append(1000 * seconds(outbox) / size)
    say("one mail sent", "ms", {size: statistics.median(took) for size, took in sent.items()}, "due")
    say("claim of 50", "ms", {size: statistics.median(took) for size, took in claims.items()}, "due")


def planning() -> None:
    """The plan of one ended session, and all sweeps once nothing is left to plan, at the smaller size and then at the larger."""
    from django.db import connection
    from django.utils import timezone

    from aftercare import tasks
    from clinic.models import Clinic, Site, Staff
    from tests.aftercare.make import make_course, make_patient, make_session

    clinic, at = Clinic.objects.get(), timezone.now()
    site = Site.objects.create(clinic=clinic, name="Harley site", zone="Europe/London", phone="020 7946 0123", emergency_number="999")
    staff = Staff.objects.create(email="amara@bench.example", name="Amara Osei", roles=["clinician"])
    sizes, here = (LARGE_PATIENTS // 10, LARGE_PATIENTS), 0
    one: dict[int, float] = {}
    sweep: dict[int, float] = {}
    for size in sizes:
        for number in range(here, size):
            patient = make_patient(site, email=f"b{number}@patient.example", number=number + 1)
            make_session(make_course(patient, staff), staff, ended_at=at - timedelta(minutes=1 + number % 50))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        took = 0.0
        while planned := _planned(tasks.plan_ended_sessions):
            took += planned
        one[size], here = 1000 * took / (size - here), size
        sweep[size] = 1000 * statistics.median(seconds(_all_sweeps) for _ in range(ROUNDS))
    say("one session planned", "ms", one, "patients")
    say("sweeps that find nothing", "ms", sweep, "patients")


def _planned(sweep: Callable[[], int]) -> float:
    """Seconds of a sweep that planned something, else 0."""
    began = time.perf_counter()
    return time.perf_counter() - began if sweep() else 0.0


def _all_sweeps() -> None:
    from aftercare import tasks

    tasks.plan_ended_sessions()
    tasks.remind_missed_check_ins()
    tasks.watch_response_clocks()


if __name__ == "__main__":
    main()

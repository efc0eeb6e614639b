"""The outbox against Django without a queue and against a batch task of Celery, in one run: `make bench`.

Personalised multipart mails to a sink on loopback. Each line is `{"name", "value", "unit", "ratio", "against"}`; rounds take
turns and the median counts, so that a busy machine slows all alike. `MAILS` and `ROUNDS` set the size.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable

from embedded.services import TEMPLATE, Services

MAILS, ROUNDS = int(os.environ.get("MAILS", "2000")), int(os.environ.get("ROUNDS", "3"))


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
        run()
    finally:
        sink.terminate()
        services.stop()


def say(name: str, value: float, unit: str, ratio: float | None = None, against: str = "") -> None:
    """One line."""
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "ratio": round(ratio, 2) if ratio else None, "against": against}), flush=True)


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock and of this process's processor."""
    wall, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - used


def run() -> None:
    """All pipelines, taking turns; then the claim."""
    from benchmarks.pipelines import celery_batches, django_alone, fill, outbox, prepare

    prepare()
    lines: dict[str, Callable[[], None]] = {"outbox": outbox, "celery batch task": celery_batches, "django without a queue": django_alone}
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in lines}
    for number in range(ROUNDS + 1):
        for name, work in lines.items():
            fill(MAILS if number else 50, f"{name}:{number}:{uuid.uuid4()}")
            found = measured(work)
            if number:
                took[name].append(found)
    speed = {name: MAILS / statistics.median(wall for wall, _used in rounds) for name, rounds in took.items()}
    cpu = {name: 1000 / MAILS * statistics.median(used for _wall, used in rounds) for name, rounds in took.items()}
    for name in lines:
        against = [other for other in lines if other != name] if name == "outbox" else []
        say(f"mail: {name}", speed[name], "mails/s")
        for other in against:
            say(f"mail: {name}", speed[name], "mails/s", speed[name] / speed[other], other)
        say(f"mail: {name}: sender's processor", cpu[name], "s per 1,000 mails", cpu[name] / cpu["django without a queue"], "django without a queue")
    claims()


def claims() -> None:
    """Claim and empty tick among many rows that wait."""
    from benchmarks.pipelines import waiting
    from clinic.outbox import claim

    amount = int(os.environ.get("ROWS", "200000"))
    waiting(amount, due=1500)

    def claiming() -> None:
        claim.claim_due(limit=50)

    full = [measured(claiming)[0] * 1000 for _ in range(30)]
    empty = [measured(claiming)[0] * 1000 for _ in range(30)]
    say(f"claim of 50 among {amount:,} rows", statistics.median(full), "ms", statistics.median(full) / 10, "10 ms allowed")
    say(f"empty tick among {amount:,} rows", statistics.median(empty), "ms", statistics.median(empty) / 1, "1 ms allowed")


if __name__ == "__main__":
    main()

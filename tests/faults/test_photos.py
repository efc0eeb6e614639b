"""A worker is killed while it cleans photos, and the broker with its data: every photo arrives once, nothing readable stays."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as real
from PIL import Image

from clinic.audit import Actor
from clinic.models import Site, Staff
from embedded.services import Services
from embedded.supervisor import Supervisor
from tests.faults.test_drain import wait_until
from tests.treatments.make import DAY, make_consent, make_patient
from treatments.models import Photo, PhotoUpload
from treatments.services import photos as photo_services

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
AMOUNT = 8
_CELERY = [sys.executable, "-m", "celery", "-A", "clinic"]


def send(site: Site, staff: Staff) -> None:
    """Photos that take a worker some tenths of a second each."""
    patient, by = make_patient(site), Actor.of_staff(staff)
    make_consent(patient, DAY)
    for number in range(AMOUNT):
        out = io.BytesIO()
        Image.effect_noise((2400, 1800), 40 + number).save(out, "JPEG", quality=80)
        photo_services.receive_photo(patient=patient, session=None, sent=photo_services.Sent(out.getvalue(), "vertex", DAY), by=by, at=DAY)


def worker(team: Supervisor) -> subprocess.Popen[bytes]:
    """One process that works, and nothing else."""
    return team.spawn("worker", [*_CELERY, "worker", "-l", "ERROR", "-c", "1", "-P", "solo", "--without-gossip", "--without-mingle"])


def test_a_worker_and_a_broker_that_are_killed_lose_no_photo(site: Site, amara: Staff, services: Services, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    environment = os.environ | {
        "DATABASE_NAME": real.DATABASES["default"]["NAME"], "MEDIA_DIR": str(settings.MEDIA_ROOT), "SWEEP_SECONDS": "15", "PHOTO_LEASE_SECONDS": "4",
    }  # fmt: skip
    team = Supervisor(environment, quiet=True)
    beat = [*_CELERY, "beat", "-l", "ERROR", "--pidfile=", "-s", str(tmp_path / "beat")]
    try:
        services.broker.kill()
        services.broker.wait(10)
        send(site, amara)  # while nobody can be nudged
        services.start_broker()
        first = worker(team)
        team.spawn("beat", beat)
        wait_until(lambda: Photo.objects.exists(), seconds=150)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
        assert PhotoUpload.objects.filter(state="waiting").exists()
        worker(team)
        wait_until(lambda: not PhotoUpload.objects.filter(state="waiting").exists(), seconds=150)
    finally:
        team.stop()
    assert Photo.objects.count() == PhotoUpload.objects.filter(state="done").count() == AMOUNT
    names = {path.name for path in settings.MEDIA_ROOT.rglob("*") if path.is_file() and not path.name.endswith(".part")}
    assert names == {name for photo in Photo.objects.all() for name in (photo.file_name, f"{photo.file_name}-small")}

"""A file is received, waits sealed, and becomes a photo once; whatever breaks in between, nothing is lost or readable (R40, R44–R46)."""

import errno
import io
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from kombu import Connection, pools
from PIL import Image

from clinic.audit import Actor
from clinic.celery import app
from clinic.models import Site, Staff
from patients.models import Patient
from tests.treatments import camera
from tests.treatments.make import DAY, make_baseline, make_consent, make_draft, make_patient, make_signed, picture
from treatments import tasks
from treatments.models import Photo, PhotoKey, PhotoUpload, TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.selectors import photos as selectors
from treatments.selectors import session_input
from treatments.services import photos as services
from treatments.services.photos import NotAPhoto, Sent, files

LEASE = timedelta(seconds=180)
WORKER = Actor.of_task("treatments.clean_photos")


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    """A folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def patient(site: Site) -> Patient:
    """Who agreed to photos."""
    found = make_patient(site)
    make_consent(found, DAY - timedelta(days=1))
    return found


def received(patient: Patient, staff: Staff, raw: bytes = b"", view: str = "vertex", **more: Any) -> PhotoUpload:
    return services.receive_photo(
        patient=patient, session=more.get("session"), sent=Sent(raw or camera.exif_jpeg(camera.corners()), view, DAY), by=Actor.of_staff(staff), at=DAY
    )


def worked(at: Any = DAY) -> Photo | None:
    upload = services.claim_upload(by=WORKER, at=at)
    return services.clean_upload(upload=upload, by=WORKER, at=at) if upload else None


def everything_on_disk(media: Path) -> dict[str, bytes]:
    return {str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()}


class TestReceiving:
    def test_the_file_waits_sealed_and_unreadable_by_others(self, patient: Patient, amara: Staff, media: Path) -> None:
        upload = received(patient, amara)
        kept = everything_on_disk(media)
        assert list(kept) == [f"quarantine/{upload.file_name}"]
        sealed = kept[f"quarantine/{upload.file_name}"]
        assert camera.CANARY not in sealed and b"\xff\xd8\xff" not in sealed and b"Exif" not in sealed
        assert (media / "quarantine" / upload.file_name).stat().st_mode & 0o077 == 0
        assert not Photo.objects.exists() and [u.state for u in selectors.uploads_of(patient)] == ["waiting"]

    def test_the_same_file_again_is_the_same_upload(self, patient: Patient, amara: Staff) -> None:
        first = received(patient, amara)
        assert received(patient, amara) == first
        assert received(patient, amara, view="midline") != first
        worked(), worked()
        assert received(patient, amara) == first and Photo.objects.count() == 2

    def test_a_photo_entered_in_error_may_be_sent_again(self, patient: Patient, amara: Staff) -> None:
        first = received(patient, amara)
        photo = worked()
        assert photo is not None
        services.mark_photo_in_error(photo=photo, reason="wrong view", by=Actor.of_staff(amara), at=DAY)
        assert received(patient, amara) != first

    def test_without_consent_nothing_is_taken(self, site: Site, amara: Staff, media: Path) -> None:
        with pytest.raises(services.NoPhotoConsent, match="has not agreed"):
            received(make_patient(site), amara)
        assert not PhotoUpload.objects.exists() and not media.exists()

    @pytest.mark.parametrize("raw", [b"GIF89a" + b"\0" * 40, b"\0\0\0\x18ftypheic", b"<svg/>"])
    def test_what_is_plainly_no_photo_never_reaches_the_disk(self, raw: bytes, patient: Patient, amara: Staff, media: Path) -> None:
        with pytest.raises(NotAPhoto):
            received(patient, amara, raw)
        assert not media.exists() and not PhotoUpload.objects.exists()

    def test_a_flood_is_stopped(self, patient: Patient, amara: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("treatments.services.photos.uploads.MOST_WAITING", 1)
        received(patient, amara)
        with pytest.raises(services.TooManyPhotos):
            received(patient, amara, view="midline")


class TestCleaning:
    def test_the_worker_makes_a_photo_and_the_quarantine_is_empty(self, patient: Patient, amara: Staff, media: Path) -> None:
        upload = received(patient, amara)
        photo = worked()
        upload.refresh_from_db()
        assert photo is not None and upload.state == "done" and upload.photo == photo
        assert set(everything_on_disk(media)) == {photo.file_name, f"{photo.file_name}-small"}
        assert (photo.view, photo.width, photo.height, photo.uploaded_by) == ("vertex", 64, 48, amara.display_name)
        assert photo.camera_at is not None and photo.camera_at.isoformat() == "2026-03-02T11:15:00+00:00"
        assert services.opened(photo)[:3] == services.opened(photo, small=True)[:3] == b"\xff\xd8\xff"
        assert services.claim_upload(by=WORKER, at=DAY + timedelta(days=1)) is None

    def test_what_is_broken_is_refused_in_words_and_leaves_nothing(self, patient: Patient, amara: Staff, media: Path) -> None:
        upload = received(patient, amara, picture()[:200])
        assert worked() is None
        upload.refresh_from_db()
        assert upload.state == "refused" and "broken" in upload.refusal and everything_on_disk(media) == {}
        assert selectors.uploads_of(patient) == [upload]
        services.dismiss_upload(upload=upload, by=Actor.of_staff(amara), at=DAY)
        assert selectors.uploads_of(patient) == []

    def test_two_workers_never_take_the_same_file(self, patient: Patient, amara: Staff) -> None:
        received(patient, amara), received(patient, amara, view="midline")
        one, two = services.claim_upload(by=WORKER, at=DAY), services.claim_upload(by=WORKER, at=DAY)
        assert one is not None and two is not None and one != two
        assert services.claim_upload(by=WORKER, at=DAY + LEASE - timedelta(seconds=1)) is None

    def test_the_task_cleans_all_that_waits(self, patient: Patient, amara: Staff) -> None:
        for view in ("vertex", "midline", "occipital"):
            received(patient, amara, view=view)
        assert tasks.clean_photos() == 3 and tasks.clean_photos() == 0
        assert Photo.objects.count() == 3

    def test_a_photo_of_a_session_signed_meanwhile_still_arrives(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara).session
        received(record.patient, amara, session=record)
        assert worked() is not None


class TestCrashes:
    """Cut off at each step, then done again: one photo, no file too many."""

    @pytest.mark.parametrize("where", ["quarantined", "cleaned", "keep", "_finished", "release"])
    def test_a_worker_that_dies(self, where: str, patient: Patient, amara: Staff, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        upload = received(patient, amara)
        place = "treatments.services.photos.uploads." + ("" if where in {"cleaned", "_finished"} else "files.") + where

        def dies(*args: Any, **named: Any) -> None:
            raise SystemExit(9)

        with monkeypatch.context() as patched, pytest.raises(SystemExit):
            patched.setattr(place, dies)
            worked()
        assert Photo.objects.count() == (1 if where == "release" else 0)
        photo = worked(DAY + LEASE)
        upload.refresh_from_db()
        assert Photo.objects.count() == 1 and upload.state == "done"
        os.utime(media, None)
        for path in media.rglob("*"):
            os.utime(path, (time.time() - 7200,) * 2)
        services.sweep_quarantine()
        assert set(everything_on_disk(media)) == {upload.file_name, f"{upload.file_name}-small"}
        assert (photo is None) == (where == "release")

    def test_a_worker_that_dies_between_file_and_row_while_receiving(self, patient: Patient, amara: Staff, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def dies(name: str) -> None:
            raise SystemExit(9)

        monkeypatch.setattr("treatments.services.photos.uploads.nudge", dies)
        with pytest.raises(SystemExit):
            received(patient, amara)
        assert not PhotoUpload.objects.exists() and len(everything_on_disk(media)) == 1
        assert services.sweep_quarantine() == 0  # it may still be on its way
        for path in media.rglob("*"):
            os.utime(path, (time.time() - 7200,) * 2)
        assert services.sweep_quarantine() == 1

    def test_a_full_disk_keeps_the_file_and_tries_again(self, patient: Patient, amara: Staff, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        received(patient, amara)

        def full(*args: Any) -> None:
            raise OSError(errno.ENOSPC, "no space")

        with monkeypatch.context() as patched:
            patched.setattr(files, "keep", full)
            assert worked() is None
        assert PhotoUpload.objects.get().state == "waiting" and len(everything_on_disk(media)) == 1
        assert worked(DAY + LEASE) is not None

    def test_a_file_that_kills_its_worker_is_given_up(self, patient: Patient, amara: Staff, media: Path) -> None:
        upload = received(patient, amara)
        for turn in range(3):
            assert services.claim_upload(by=WORKER, at=DAY + turn * LEASE) is not None  # and then nothing: killed
        assert worked(DAY + 3 * LEASE) is None
        upload.refresh_from_db()
        assert upload.state == "refused" and "several tries" in upload.refusal and everything_on_disk(media) == {}

    def test_a_file_that_is_gone_is_said(self, patient: Patient, amara: Staff, media: Path) -> None:
        upload = received(patient, amara)
        (media / "quarantine" / upload.file_name).unlink()
        worked()
        upload.refresh_from_db()
        assert upload.state == "refused" and "lost" in upload.refusal

    def test_a_lost_nudge_changes_nothing(
        self, patient: Patient, amara: Staff, django_capture_on_commit_callbacks: Callable[..., Any], settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        # The pool is put in place of the app's, and not made from a changed setting: one made so would stay for every later test.
        nobody = pools.producers[Connection("redis://127.0.0.1:1/0", transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS)]
        monkeypatch.setattr(app.amqp, "_producer_pool", nobody)
        with django_capture_on_commit_callbacks(execute=True) as sent, caplog.at_level("WARNING", logger="clinic.outbox"):
            received(patient, amara)
        assert len(sent) == 1 and "lost: OperationalError" in caplog.text
        assert tasks.clean_photos() == 1
        assert "clean waiting photos" in settings.CELERY_BEAT_SCHEDULE

    def test_the_task_is_acknowledged_after_the_work(self) -> None:
        assert tasks.clean_photos.acks_late and tasks.clean_photos.reject_on_worker_lost


class TestOnDisk:
    """R46."""

    def stored(self, patient: Patient, amara: Staff) -> Photo:
        received(patient, amara)
        photo = worked()
        assert photo is not None
        return photo

    def test_a_flipped_byte_is_refused(self, patient: Patient, amara: Staff, media: Path) -> None:
        photo = self.stored(patient, amara)
        for small in (False, True):
            path = media / (files.small_name(photo.file_name) if small else photo.file_name)
            raw = bytearray(path.read_bytes())
            raw[-20] ^= 1
            path.write_bytes(bytes(raw))
            with pytest.raises(NotAPhoto, match="changed on disk"):
                services.opened(photo, small=small)

    def test_another_photo_s_file_is_refused(self, patient: Patient, amara: Staff, media: Path) -> None:
        one = self.stored(patient, amara)
        received(patient, amara, view="midline")
        two = worked()
        assert two is not None
        (media / one.file_name).write_bytes((media / two.file_name).read_bytes())
        with pytest.raises(NotAPhoto):
            services.opened(one)

    def test_each_patient_has_a_key_that_is_stored_wrapped_and_nowhere_else(self, patient: Patient, site: Site, amara: Staff) -> None:
        other = make_patient(site)
        make_consent(other, DAY)
        self.stored(patient, amara), self.stored(other, amara)
        first, second = PhotoKey.objects.get(patient=patient), PhotoKey.objects.get(patient=other)
        assert bytes(first.wrapped) != bytes(second.wrapped) and len(bytes(first.wrapped)) == 12 + 32 + 16
        with connection.cursor() as cursor:
            cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'treatments_photokeyevent'")
            assert "wrapped" not in {row[0] for row in cursor.fetchall()}

    def test_without_the_patient_s_key_nobody_opens_it_again(self, patient: Patient, amara: Staff) -> None:
        photo = self.stored(patient, amara)
        waiting = received(patient, amara, view="midline")
        PhotoKey.objects.filter(patient=patient).delete()
        with pytest.raises(NotAPhoto, match="erased"):
            services.opened(photo)
        worked()
        waiting.refresh_from_db()
        assert waiting.state == "refused" and not PhotoKey.objects.filter(patient=patient).exists()

    def test_a_photo_without_a_small_one_shows_the_whole(self, patient: Patient, amara: Staff, media: Path) -> None:
        photo = self.stored(patient, amara)
        (media / files.small_name(photo.file_name)).unlink()
        assert services.opened(photo, small=True) == services.opened(photo)


class TestFromPatients:
    """A link of the patient's: 6 photos, 60 MB, nothing shown back (SECURITY, “Upload flood”)."""

    def sent(self, patient: Patient, cause: Any, number: int, size: int = 0) -> PhotoUpload:
        out = io.BytesIO()
        Image.new("RGB", (20, 20), (number, 0, 0)).save(out, "JPEG")
        raw = out.getvalue() + b"\0" * size
        link = Actor(kind="link", name="patient by check_in link")
        return services.receive_patient_photo(patient=patient, cause_kind="check_in", cause_uuid=cause, raw=raw, by=link, at=DAY)

    def test_six_photos_and_no_more(self, site: Site) -> None:
        patient, cause = make_patient(site), uuid4()
        for number in range(6):
            assert selectors.patient_photos_left(cause) == 6 - number
            self.sent(patient, cause, number * 40)
        self.sent(patient, cause, 0)  # the same one again
        with pytest.raises(services.TooManyPhotos):
            self.sent(patient, cause, 255)
        assert selectors.patient_photos_left(cause) == 0 and self.sent(patient, uuid4(), 0)

    def test_sixty_megabytes_and_no_more(self, site: Site) -> None:
        patient, cause = make_patient(site), uuid4()
        for number in range(4):
            self.sent(patient, cause, number * 60, 14 * 1024 * 1024)
        with pytest.raises(services.TooManyPhotos, match="60 MB"):
            self.sent(patient, cause, 255, 14 * 1024 * 1024)

    def test_they_are_kept_apart_from_the_six_views(self, site: Site, amara: Staff) -> None:
        patient, cause = make_patient(site), uuid4()
        self.sent(patient, cause, 9)
        photo = worked()
        assert photo is not None and photo.view == "" and photo.source == "patient" and photo.uploaded_by == "patient by check_in link"
        assert selectors.photos_of_cause(cause) == [photo] and selectors.baseline_photos(patient) == {}
        day = selectors.photo_days(patient)[0]
        assert [shown.photo for shown in day.others] == [photo] and day.missing == [] and not day.has_views

    def test_they_are_no_baseline_of_a_session(self, site: Site, amara: Staff) -> None:
        def given(of: TreatmentSession) -> list[str]:
            found: list[str] = session_input(of, Stage.START, of.blocks.get())["baseline"]["photoViews"]
            return found

        record = make_draft(site, amara)
        Photo.objects.all().delete()
        self.sent(record.patient, uuid4(), 9)
        worked()
        assert given(record) == []
        make_baseline(record.patient, amara)
        assert len(given(record)) == 6


def test_a_name_from_outside_is_never_used(patient: Patient, amara: Staff, media: Path) -> None:
    upload = received(patient, amara)
    assert len(upload.file_name) == 32 and set(upload.file_name) <= set("0123456789abcdef")
    assert media == settings.MEDIA_ROOT

"""Pages of photos, as each role meets them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinic.models import AccessEvent, Site, Staff
from patients.models import Patient
from tests.treatments.make import DAY, make_consent, make_draft, make_patient, picture
from treatments import tasks
from treatments.models import Photo, PhotoUpload

SignIn = Callable[[Staff], Client]


@pytest.fixture(autouse=True)
def clock(tmp_path: Path, settings: Any) -> Any:
    """The clinic's Monday, 10:05; files in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def patient(site: Site) -> Patient:
    """Who agreed to photos."""
    found = make_patient(site)
    make_consent(found, DAY - timedelta(days=1))
    return found


def a_file(raw: bytes, name: str = "../../x\r\n.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, raw, content_type="image/jpeg")


def url(name: str, *ids: Any) -> str:
    return reverse(f"treatments:{name}", args=ids)


class TestInTheSession:
    def test_a_photo_is_added_and_streamed_only_to_clinicians(self, site: Site, amara: Staff, rosa: Staff, stranger: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        Photo.objects.all().delete()
        sent = {"subject": str(record.patient.uuid), "view": "vertex", "photo": a_file(picture("PNG"))}
        assert client_as(amara).post(url("upload", record.uuid), sent).status_code == 302
        assert tasks.clean_photos() == 1
        photo = Photo.objects.get()
        assert photo.session == record
        for name in ("photo", "small_photo"):
            page = url(name, photo.uuid)
            shown = client_as(amara).get(page)
            assert shown.status_code == 200 and shown.content[:3] == b"\xff\xd8\xff"
            assert shown["Content-Type"] == "image/jpeg" and shown["X-Content-Type-Options"] == "nosniff"
            assert shown["Content-Disposition"] == 'inline; filename="photo.jpg"'
            assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'" and "no-store" in shown["Cache-Control"]
            assert shown["Cross-Origin-Resource-Policy"] == "same-origin"
            assert client_as(amara).get(page, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
            for elsewhere in ("cross-site", "same-site", "nonsense"):
                assert client_as(amara).get(page, headers={"Sec-Fetch-Site": elsewhere}).status_code == 404
            assert client_as(rosa).get(page).status_code == 403
            assert client_as(stranger).get(page).status_code == 404
            assert Client().get(page).status_code == 302
        assert AccessEvent.objects.filter(action="photo.view", subject=f"photo {photo.pk}").count() == 4

    def test_no_address_leads_to_the_files(self, amara: Staff, client_as: SignIn, patient: Patient, settings: Any) -> None:
        assert settings.MEDIA_URL in {"", "/"}
        for path in ("/media/", "/media/x", "/var/media/x", "/static/../var/media/x"):
            assert client_as(amara).get(path).status_code == 404

    def test_what_is_no_photo_is_refused_beside_the_field(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        sent = {"subject": str(record.patient.uuid), "view": "vertex", "photo": a_file(b"<svg xmlns='http://www.w3.org/2000/svg'/>")}
        answer = client_as(amara).post(url("upload", record.uuid), sent)
        assert answer.status_code == 422 and "Only JPEG, PNG and WebP" in answer.content.decode()
        assert not PhotoUpload.objects.exists()

    def test_a_missing_file_is_a_404_not_an_error(self, amara: Staff, client_as: SignIn, patient: Patient) -> None:
        photo = Photo.objects.create(patient=patient, view="vertex", file_name="0" * 32, width=1, height=1, sha256="", taken_at=DAY, uploaded_by="x")
        assert client_as(amara).get(url("photo", photo.uuid)).status_code == 404

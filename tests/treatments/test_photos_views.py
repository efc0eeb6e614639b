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
from django.utils import timezone

from clinic.audit import Actor
from clinic.models import AccessEvent, Site, Staff
from patients import services as people
from patients.models import Patient
from tests.clinic.account_steps import confirm, sign_in
from tests.treatments.make import DAY, DESK, make_consent, make_draft, make_patient, picture
from treatments import tasks
from treatments.models import Photo, PhotoAnnotation, PhotoConsentDecision, PhotoUpload
from treatments.photo_texts import SUPERSEDED, TEXTS, VERSION
from treatments.selectors import photos as selectors
from treatments.services import photos as services
from treatments.vocabulary import PhotoUse

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


def sent(patient: Patient, **more: Any) -> dict[str, Any]:
    return {"subject": str(patient.uuid), **more}


def stored(patient: Patient, client: Client, view: str = "vertex", raw: bytes = b"") -> Photo:
    client.post(url("add_photos", patient.uuid), sent(patient, **{f"photo_{view}": a_file(raw or picture())}))
    tasks.clean_photos()
    return Photo.objects.order_by("-pk")[0]


class TestSeveralFiles:
    def test_one_for_each_view_without_javascript(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        files = {f"photo_{view}": a_file(picture(size=(40 + number, 30))) for number, view in enumerate(("vertex", "midline", "occipital"))}
        answer = client.post(url("add_photos", patient.uuid), sent(patient, **files), follow=True)
        assert "3 photos have arrived and are being checked" in answer.content.decode()
        page = client.get(url("photos", patient.uuid)).content.decode()
        assert page.count("being checked") == 3 and "Look again" in page and 'hx-trigger="every 3s"' in page
        tasks.clean_photos()
        page = client.get(url("photos", patient.uuid)).content.decode()
        assert "being checked" not in page and "hx-trigger" not in page.split("photo-days")[1]
        assert "Missing: Frontal hairline, Left temporal, Right temporal" in page
        assert set(Photo.objects.values_list("view", flat=True)) == {"vertex", "midline", "occipital"}

    def test_many_at_once_each_with_its_view(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        files = [a_file(picture(size=(40, 30))), a_file(picture(size=(50, 30)))]
        data = sent(patient, photos=files, views=["temporal_left", "temporal_right"])
        assert client_as(amara).post(url("add_photos", patient.uuid), data).status_code == 302
        assert list(PhotoUpload.objects.values_list("view", flat=True)) == ["temporal_left", "temporal_right"]

    @pytest.mark.parametrize("views", [[], ["vertex"], ["vertex", ""], ["vertex", "nose"]])
    def test_a_file_without_its_view_is_asked_for(self, views: list[str], patient: Patient, amara: Staff, client_as: SignIn) -> None:
        data = sent(patient, photos=[a_file(picture()), a_file(picture("PNG"))], views=views)
        answer = client_as(amara).post(url("add_photos", patient.uuid), data)
        assert answer.status_code == 422 and "Choose the view of each file." in answer.content.decode()
        assert not PhotoUpload.objects.exists()

    def test_what_can_not_be_taken_is_said_and_the_rest_is_kept(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
        data = sent(patient, photo_vertex=a_file(picture()), photo_midline=a_file(heic, "IMG_1.HEIC"), photo_occipital=a_file(b""))
        answer = client_as(amara).post(url("add_photos", patient.uuid), data)
        words = answer.content.decode()
        assert answer.status_code == 422 and "1 photo has arrived" in words
        assert "Most compatible" in words and "Midline part" in words and "The file is empty" in words
        assert PhotoUpload.objects.get().view == "vertex" and "IMG_1" not in words

    def test_nothing_chosen_and_a_day_to_come(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        answer = client_as(amara).post(url("add_photos", patient.uuid), sent(patient))
        assert answer.status_code == 422 and "Choose a photo first." in answer.content.decode()
        data = sent(patient, photo_vertex=a_file(picture()), taken_on="2026-03-03")
        answer = client_as(amara).post(url("add_photos", patient.uuid), data)
        assert answer.status_code == 422 and "still to come" in answer.content.decode()

    def test_a_photo_of_an_earlier_day_stands_under_it(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client_as(amara).post(url("add_photos", patient.uuid), sent(patient, photo_vertex=a_file(picture()), taken_on="2025-11-20"))
        tasks.clean_photos()
        assert Photo.objects.get().taken_at.isoformat() == "2025-11-20T12:00:00+00:00"
        assert "20 November 2025" in client_as(amara).get(url("photos", patient.uuid)).content.decode()

    def test_a_session_of_another_patient_is_not_taken(self, site: Site, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        record, own = make_draft(site, amara), stored(patient, client_as(amara))
        data = sent(patient, photo_midline=a_file(picture()), session=str(record.uuid))
        client_as(amara).post(url("add_photos", patient.uuid), data)
        assert PhotoUpload.objects.get(view="midline").session is None and own.session is None
        assert str(record.uuid) not in client_as(amara).get(url("take_photos", patient.uuid), {"session": str(record.uuid)}).content.decode()

    def test_without_consent_the_page_says_so_and_nothing_is_stored(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        other = make_patient(site)
        assert "No consent to photos" in client_as(amara).get(url("take_photos", other.uuid)).content.decode()
        client_as(amara).post(url("add_photos", other.uuid), sent(other, photo_vertex=a_file(picture())))
        assert not PhotoUpload.objects.exists()

    def test_a_refused_file_is_told_until_it_is_read(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        client.post(url("add_photos", patient.uuid), sent(patient, photo_vertex=a_file(picture()[:150])))
        tasks.clean_photos()
        page = client.get(url("photos", patient.uuid)).content.decode()
        assert "not taken" in page and "The file is broken" in page
        client.post(url("dismiss_upload", patient.uuid, PhotoUpload.objects.get().uuid), sent(patient))
        assert "The file is broken" not in client.get(url("photos", patient.uuid)).content.decode()


class TestChecks:
    def test_a_small_dark_blurred_photo_is_offered_again(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        photo = stored(patient, client_as(amara))
        Photo.objects.filter(pk=photo.pk).update(measures={"sharpness": 5, "brightness": 20, "burnt_percent": 30}, camera_at=DAY - timedelta(days=3))
        page = client_as(amara).get(url("take_photos", patient.uuid), headers={"HX-Request": "true"}).content.decode()
        for words in ("take it again", "Blurred", "Too dark", "Glare", "Small picture", "Another day", "missing today", "proposed defaults"):
            assert words in page, words

    def test_a_good_photo_is_called_good(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        photo = stored(patient, client_as(amara))
        fine = {"sharpness": 900, "brightness": 120, "burnt_percent": 0}
        Photo.objects.filter(pk=photo.pk).update(measures=fine, width=2000, height=2000)
        page = client_as(amara).get(url("take_photos", patient.uuid), headers={"HX-Request": "true"}).content.decode()
        assert "state--clear" in page and "take it again" not in page and page.count("missing today") == 5

    def test_the_ghost_is_the_first_photo_of_the_view(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        first = stored(patient, client_as(amara))
        assert "data-ghost=" not in client_as(amara).get(url("take_photos", patient.uuid)).content.decode()
        Photo.objects.filter(pk=first.pk).update(taken_at=DAY - timedelta(days=100))
        stored(patient, client_as(amara), raw=picture("PNG"))
        page = client_as(amara).get(url("take_photos", patient.uuid)).content.decode()
        assert f'data-ghost="{url("photo", first.uuid)}"' in page and page.count("data-ghost=") == 1


class TestOnePhoto:
    def test_marks_are_kept_beside_the_picture(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        photo = stored(patient, client)
        before = client.get(url("photo", photo.uuid)).content
        mark = sent(patient, shape="circle", text="<b>scar</b>", x="100", y="200", x2="300", y2="400")
        assert client.post(url("annotate_photo", photo.uuid), mark).status_code == 302
        page = client.get(url("photo_page", photo.uuid)).content.decode()
        assert "&lt;b&gt;scar" in page and '<ellipse class="mark" cx="8" cy="9" rx="4" ry="3"/>' in page
        assert client.get(url("photo", photo.uuid)).content == before
        row = PhotoAnnotation.objects.get()
        assert client.post(url("remove_annotation", photo.uuid, row.uuid), sent(patient)).status_code == 302
        row.refresh_from_db()
        assert row.removed_by == amara.display_name and "scar" not in client.get(url("photo_page", photo.uuid)).content.decode()

    @pytest.mark.parametrize(("field", "value"), [("text", " "), ("x", "1001"), ("y2", "-1"), ("shape", "star"), ("x", "")])
    def test_a_mark_that_is_wrong_is_said_beside_its_field(self, field: str, value: str, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        photo = stored(patient, client_as(amara))
        mark = sent(patient, shape="arrow", text="scar", x="1", y="2", x2="3", y2="4") | {field: value}
        answer = client_as(amara).post(url("annotate_photo", photo.uuid), mark)
        assert answer.status_code == 422 and "has-error" in answer.content.decode() and not PhotoAnnotation.objects.exists()
        assert 'value="3"' in answer.content.decode() or field == "x2"

    def test_entered_in_error_leaves_every_list(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        photo = stored(patient, client)
        assert client.post(url("photo_in_error", photo.uuid), sent(patient, text="")).status_code == 422
        client.post(url("photo_in_error", photo.uuid), sent(patient, text="of another patient"))
        photo.refresh_from_db()
        assert photo.error_reason == "of another patient" and photo.error_by == amara.display_name
        assert str(photo.uuid) not in client.get(url("photos", patient.uuid)).content.decode()
        assert "of another patient" in client.get(url("photo_page", photo.uuid)).content.decode()

    def test_a_download_needs_a_fresh_sign_in_a_purpose_and_a_reason(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        photo = stored(patient, client)
        page, wish = url("download_photo", photo.uuid), sent(patient, use="record", reason="second opinion at the hospital")
        assert "reauthenticate" in client.post(page, wish)["Location"]
        assert not AccessEvent.objects.filter(action__startswith="photo.download").exists()
        fresh = fresh_client(amara)
        assert fresh.post(page, sent(patient, use="record", reason=" ")).status_code == 422
        refused = fresh.post(page, sent(patient, use="publication", reason="poster"))
        assert refused.status_code == 422 and "has not agreed to this use" in refused.content.decode()
        given = fresh.post(page, wish)
        assert given.status_code == 200 and given["Content-Disposition"] == f'attachment; filename="photo-{photo.pk}.jpg"'
        assert given.content[:3] == b"\xff\xd8\xff" and given["X-Content-Type-Options"] == "nosniff"
        event = AccessEvent.objects.get(action="photo.download record")
        assert event.reason == "second opinion at the hospital" and event.subject == f"photo {photo.pk}"


def fresh_client(staff: Staff) -> Client:
    """Signed in, and the password confirmed a moment ago."""
    client = Client()
    sign_in(client, staff)
    confirm(client)
    return client


class TestCompare:
    def two_days(self, patient: Patient, client: Client) -> tuple[Photo, Photo]:
        first = stored(patient, client)
        Photo.objects.filter(pk=first.pk).update(taken_at=DAY - timedelta(days=100))
        return first, stored(patient, client, raw=picture("PNG"))

    def test_the_first_and_the_last_day_stand_beside_each_other(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        first, second = self.two_days(patient, client_as(amara))
        page = client_as(amara).get(url("compare_photos", patient.uuid)).content.decode()
        assert page.index(str(first.uuid)) < page.index(str(second.uuid)) and "Vertex" in page
        assert "Missing on 22 Nov 2025: Frontal hairline, Midline part" in page and "(missing on one of the days)" in page

    def test_a_missing_view_is_said(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        self.two_days(patient, client_as(amara))
        page = client_as(amara).get(url("compare_photos", patient.uuid), {"view": "midline", "first": "2026-03-02", "second": "2025-11-22"})
        assert "No photo of this view (Midline part) on 22 Nov 2025." in page.content.decode()

    @pytest.mark.parametrize("asked", [{"view": "nose"}, {"first": "2020-01-01"}, {"first": "x", "second": "y", "view": ""}, {"view": "vertex\0"}])
    def test_nonsense_falls_back(self, asked: dict[str, str], patient: Patient, amara: Staff, client_as: SignIn) -> None:
        self.two_days(patient, client_as(amara))
        assert client_as(amara).get(url("compare_photos", patient.uuid), asked).status_code == 200

    def test_one_day_and_none(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        assert "There are no photos yet" in client_as(amara).get(url("compare_photos", patient.uuid)).content.decode()
        stored(patient, client_as(amara))
        assert "one day only" in client_as(amara).get(url("compare_photos", patient.uuid)).content.decode()


class TestConsent:
    def test_each_level_is_given_and_withdrawn_by_itself(self, patient: Patient, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
        client, sha = client_as(rosa), {use: selectors.photo_consent_text(PhotoUse(use)).sha256 for use in ("teaching", "publication")}
        for use, text in sha.items():
            data = sent(patient, sha256=text, signed_name="Olivia Marsh")
            assert client.post(url("give_photo_consent", patient.uuid, use), data).status_code == 302
        assert selectors.photo_uses(patient).allowed == {"record", "teaching", "publication"}
        client.post(url("withdraw_photo_consent", patient.uuid, "publication"), sent(patient, reason="new job"))
        assert selectors.photo_uses(patient).allowed == {"record", "teaching"}
        page = client.get(url("photo_consent", patient.uuid)).content.decode()
        assert page.count(VERSION) >= 5 and "new job" in page and "withdrawn" in page
        photo = stored(patient, client_as(amara))
        shown = client_as(amara).get(url("photo_page", photo.uuid)).content.decode()
        assert "For teaching" in shown and "withdrawn, 2 Mar 2026" in shown

    def test_it_is_signed_in_the_patients_language(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        Patient.objects.filter(pk=patient.pk).update(language="es")
        client, spanish = client_as(amara), selectors.photo_consent_text(PhotoUse.PUBLICATION, "es")
        page = client.get(url("photo_consent", patient.uuid)).content.decode()
        assert 'lang="es"' in page and "Podemos publicar sus fotos" in page and "translation is unreviewed" in page
        give, english = url("give_photo_consent", patient.uuid, "publication"), selectors.photo_consent_text(PhotoUse.PUBLICATION, "en")
        assert client.post(give, sent(patient, sha256=english.sha256, signed_name="Olivia Marsh")).status_code == 422, "those words were not shown"
        assert client.post(give, sent(patient, sha256=spanish.sha256, signed_name="Olivia Marsh")).status_code == 302
        signed = PhotoConsentDecision.objects.get().text
        assert (signed.language, signed.sha256, signed.text) == ("es", spanish.sha256, spanish.text)
        client.post(url("withdraw_photo_consent", patient.uuid, "publication"), sent(patient))
        assert PhotoConsentDecision.objects.first().text == signed  # type: ignore[union-attr]

    def test_nobody_signs_a_translation_of_another_version(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        by = Actor.of_staff(amara)
        Patient.objects.filter(pk=patient.pk).update(language="es")
        services.publish_photo_consent_text(use=PhotoUse.TEACHING, version="2", text="Newer words.", by=by, at=DAY)
        assert selectors.photo_consent_text(PhotoUse.TEACHING, "es").text == "Newer words."
        assert "not there in the patient&#x27;s language" in (page := client_as(amara).get(url("photo_consent", patient.uuid)).content.decode()) or "not there in the patient's language" in page
        services.publish_photo_consent_text(use=PhotoUse.TEACHING, version="2", text="Palabras nuevas.", language="es", by=by, at=DAY)
        assert selectors.photo_consent_text(PhotoUse.TEACHING, "es").text == "Palabras nuevas."
        assert selectors.photo_consent_text(PhotoUse.TEACHING, "en").text == "Newer words."
        assert selectors.photo_consent_text(PhotoUse.TEACHING, "fr").text == "Newer words."

    def test_each_language_has_all_levels_with_words_of_its_own(self) -> None:
        for words in TEXTS.values():
            assert set(words) == set(PhotoUse)
        assert len({text for words in TEXTS.values() for text in words.values()}) == len(TEXTS) * len(PhotoUse)

    @pytest.mark.parametrize(("language", "told", "not_told"), [("en", ("clinicians of this clinic", "not treated you", "without your name"), "Only the clinicians"), ("es", ("en esta clínica", "no le ha tratado", "sin su nombre"), "Solo las ven")])
    def test_what_is_signed_says_who_sees_the_photos(self, language: str, told: tuple[str, ...], not_told: str) -> None:
        """Every clinician of the clinic may open them, and a blinded reading shows two to one who did not treat."""
        text = selectors.photo_consent_text(PhotoUse.RECORD, language).text
        assert all(words in text for words in told) and not_told not in text

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_a_wording_proposed_before_stays_with_who_signed_it_and_is_signed_no_more(self, patient: Patient, amara: Staff, language: str) -> None:
        by = Actor.of_staff(amara)
        old = services.publish_photo_consent_text(use=PhotoUse.RECORD, version=SUPERSEDED[0], text="Only the clinicians who treat you see them.", language=language, by=by, at=DAY)
        now = selectors.photo_consent_text(PhotoUse.RECORD, language)
        assert (now.version, now.proposed, now.language, now.text) == (VERSION, True, language, TEXTS[language][PhotoUse.RECORD])
        signed = PhotoConsentDecision.objects.create(patient=patient, text=old, use="record", given=True, signed_name="Olivia Marsh", by="x", at=DAY)
        assert selectors.photo_consent_history(patient) == [signed] and signed.text.text.startswith("Only the clinicians") and selectors.photo_uses(patient).record

    def test_the_record_too_and_signing_again(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client_as(amara).post(url("withdraw_photo_consent", patient.uuid, "record"), sent(patient))
        assert not selectors.photo_uses(patient).record
        make_consent(patient, DAY + timedelta(days=1))
        assert selectors.photo_uses(patient).record

    def test_without_a_name_or_under_another_wording_nothing_is_signed(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        page, sha = url("give_photo_consent", patient.uuid, "teaching"), selectors.photo_consent_text(PhotoUse.TEACHING).sha256
        answer = client_as(amara).post(page, sent(patient, sha256=sha, signed_name=" "))
        assert answer.status_code == 422 and "Type the full name" in answer.content.decode()
        services.publish_photo_consent_text(use=PhotoUse.TEACHING, version="2", text="Newer words.", by=Actor.of_staff(amara), at=DAY)
        answer = client_as(amara).post(page, sent(patient, sha256=sha, signed_name="Olivia Marsh"))
        assert answer.status_code == 422 and "wording has changed" in answer.content.decode() and "Newer words." in answer.content.decode()
        assert not PhotoConsentDecision.objects.exists()

    def test_an_unknown_level_is_a_404(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        for name in ("give_photo_consent", "withdraw_photo_consent"):
            assert client_as(amara).post(url(name, patient.uuid, "advertising"), sent(patient)).status_code == 404


@pytest.mark.django_db
def test_a_newer_form_signed_without_photos_takes_the_older_yes_back(site: Site) -> None:
    patient, at = make_patient(site), timezone.now()
    give: dict[str, Any] = {"language": "en", "procedures": ["scalp_microneedling"], "off_label": True, "by": DESK}
    for version, photos, ago in (("1", True, 9), ("2", False, 2)):
        text = people.publish_consent_text(version=version, text=f"Text {version}.", at=at - timedelta(days=ago), **give)
        people.sign_consent(patient=patient, text=text, signed_name="Olivia Marsh", off_label_understood=True, photos=photos, by=DESK, at=at - timedelta(days=ago - 1))
        assert selectors.photo_uses(patient).record is photos

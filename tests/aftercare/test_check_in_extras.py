"""Photos with a check-in, the 60-second count, and the answer page's words of meaning."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from aftercare import services
from aftercare.models import CheckIn, CheckInResponse, Concern, Plan
from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.aftercare.make import ENDED, make_hours, make_plan, make_response
from tests.aftercare.test_link_pages import WELL_TAPS, _link, _open
from tests.aftercare.test_views import SignIn
from treatments.models import PhotoUpload

DAY1 = ENDED + timedelta(hours=25)


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's plan."""
    make_hours(site)
    return make_plan(site, amara)


@pytest.fixture(autouse=True)
def _media(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def phone(plan: Plan) -> Iterator[Client]:
    """Olivia's phone on the last page of the 24-hour check-in, everything fine so far."""
    with time_machine.travel(DAY1, tick=False):
        client = _open(_link("check_in", plan, "check_in", plan.check_ins.get(code="check_24h"), DAY1), DAY1)
        for page, data in WELL_TAPS[:-1]:
            assert client.post(_page(page), data).status_code == 302
        yield client


def _page(name: str) -> str:
    return reverse("aftercare_links:check_in_page", kwargs={"page": name})


def _jpeg(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(out, "JPEG")
    return out.getvalue()


def _file(raw: bytes, name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, raw, content_type="image/jpeg")


class TestPhotos:
    """Optional, on the last page; a person looks at them; nothing is shown back."""

    def test_they_are_received_and_open_a_routine_concern(self, phone: Client, plan: Plan) -> None:
        answer = phone.post(_page("words"), {"free_text": "", "photos": [_file(_jpeg()), _file(_jpeg("blue"))]})
        assert answer["Location"] == reverse("aftercare_links:check_in_done")
        assert PhotoUpload.objects.filter(patient=plan.patient, cause_kind="check_in").count() == 2
        concern = Concern.objects.get()
        assert (concern.level, concern.reasons) == ("ROUTINE", [{"photos": 2}])
        assert "<img" not in phone.get(reverse("aftercare_links:check_in_done")).content.decode()

    def test_without_one_nothing_is_opened(self, phone: Client) -> None:
        assert phone.post(_page("words"), {"free_text": ""}).status_code == 302
        assert not Concern.objects.exists()

    @pytest.mark.parametrize("raw", [b"<svg></svg>", b"GIF89a....", b""])
    def test_what_is_no_photo_is_refused_and_the_answers_are_in(self, phone: Client, raw: bytes) -> None:
        answer = phone.post(_page("words"), {"free_text": "It itches here", "photos": [_file(raw or b" ")]})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="photo-error"' in page
        assert "It itches here" in page and "We have your answers" in page
        assert CheckInResponse.objects.get().answers["free_text"] == "It itches here"
        assert Concern.objects.get().reasons == [{"free_text": True}]
        assert not PhotoUpload.objects.exists()

    def test_more_than_three_are_refused(self, phone: Client) -> None:
        files = [_file(_jpeg(colour)) for colour in ("red", "blue", "green", "white")]
        answer = phone.post(_page("words"), {"free_text": "", "photos": files})
        assert answer.status_code == 422
        assert "Choose at most 3 photos" in answer.content.decode()
        assert CheckInResponse.objects.exists() and not PhotoUpload.objects.exists()

    def test_after_a_refusal_it_goes_on(self, phone: Client) -> None:
        phone.post(_page("words"), {"free_text": "", "photos": [_file(b"no photo at all")]})
        assert phone.post(_page("words"), {"free_text": "", "photos": [_file(_jpeg())]}).status_code == 302
        assert CheckInResponse.objects.count() == PhotoUpload.objects.count() == 1
        assert Concern.objects.get().reasons == [{"photos": 1}]

    def test_words_that_were_added_to_the_second_try_are_read_too(self, phone: Client) -> None:
        phone.post(_page("words"), {"free_text": "It itches", "photos": [_file(b"no photo at all")]})
        phone.post(_page("words"), {"free_text": "It itches, on the left", "photos": [_file(_jpeg())]})
        concern = Concern.objects.get()
        assert concern.reasons == [{"free_text": True}, {"photos": 1}, {"free_text": True}]
        assert [event.words for event in concern.events.filter(kind="noted")] == ["It itches, on the left"]

    def test_a_concern_that_somebody_has_is_not_added_to_behind_their_back(self, phone: Client, amara: Staff) -> None:
        phone.post(_page("words"), {"free_text": "It itches", "photos": [_file(b"no photo at all")]})
        services.claim_concern(concern=Concern.objects.get(), by=Actor.of_staff(amara), at=DAY1)
        phone.post(_page("words"), {"free_text": "It itches", "photos": [_file(_jpeg())]})
        assert sorted(concern.state for concern in Concern.objects.all()) == ["claimed", "open"]

    def test_a_used_link_takes_nothing_more(self, phone: Client) -> None:
        phone.post(_page("words"), {"free_text": "", "photos": [_file(_jpeg())]})
        late = phone.post(_page("words"), {"free_text": "more", "photos": [_file(_jpeg("blue"))]})
        assert late.status_code == 409 and "was not added to them" in late.content.decode()
        assert PhotoUpload.objects.count() == Concern.objects.count() == 1
        assert "“more”" in Concern.objects.get().events.order_by("-pk")[0].words  # a person reads it (decision 0043)

    def test_the_clinician_is_told_that_they_are_there(self, phone: Client, client_as: SignIn, amara: Staff) -> None:
        phone.post(_page("words"), {"free_text": "", "photos": [_file(_jpeg())]})
        page = client_as(amara).get(reverse("aftercare:concern", kwargs={"concern_uuid": Concern.objects.get().uuid}))
        assert "Photos were sent: please look at them" in page.content.decode()
        assert "is still being checked" in page.content.decode()


class TestShedding:
    """Against the patient's own usual."""

    def _at_day_14(self, plan: Plan) -> tuple[Client, CheckIn]:
        at = ENDED + timedelta(days=14)
        asked = plan.check_ins.get(code="check_day14")
        return _open(_link("check_in", plan, "check_in", asked, at), at), asked

    def test_the_page_names_what_is_usual(self, plan: Plan) -> None:
        with time_machine.travel(ENDED + timedelta(days=14), tick=False):
            phone, _asked = self._at_day_14(plan)
            for page, data in (("now", {"none": "1"}), ("itch", {"value": "0"}), ("flaking", {"value": "0"})):
                phone.post(_page(page), data)
            page = phone.get(_page("shedding")).content.decode()
        assert "Your first treatment was on 2 March 2026." in page
        assert page.count("img/shedding/") == 5

    @pytest.mark.parametrize(("typed", "status", "kept"), [("12", 302, 12), ("", 302, None), ("301", 422, None), ("-1", 422, None), ("ten", 422, None)])
    def test_the_count_is_a_number_from_0_to_300(self, plan: Plan, typed: str, status: int, kept: int | None) -> None:
        with time_machine.travel(ENDED + timedelta(days=14), tick=False):
            phone, asked = self._at_day_14(plan)
            taps = (("now", {"none": "1"}), ("itch", {"value": "0"}), ("flaking", {"value": "0"}), ("shedding", {"value": "more"}), ("skin", {"none": "1"}), ("changed", {"none": "1"}))
            for page, data in taps:
                assert phone.post(_page(page), data).status_code == 302
            answer = phone.post(_page("words"), {"free_text": "x" if status == 422 else "", "hair_count": typed})
        assert answer.status_code == status
        if status == 302:
            response = CheckInResponse.objects.get(check_in=asked)
            assert response.hair_count == kept
            assert "hair_count" not in response.rule_input["answers"]
        else:
            assert "from 0 to 300" in answer.content.decode()

    def test_a_clinician_sees_it_over_time(self, client_as: SignIn, plan: Plan, amara: Staff) -> None:
        make_response(plan.check_ins.get(code="check_day14"), at=ENDED + timedelta(days=14), shedding="more")
        make_response(plan.check_ins.get(code="check_day28"), at=ENDED + timedelta(days=28), shedding="usual")
        check_in = plan.check_ins.get(code="check_day28")
        page = client_as(amara).get(reverse("aftercare:staff_check_in", kwargs={"check_in_uuid": check_in.uuid})).content.decode()
        part = page[page.index("Shedding against the patient") :]
        assert part.index("day 14") < part.index("More") < part.index("day 28") < part.index("As usual for me")


class TestMeaning:
    """The answer page in wall-clock times."""

    def _said(self, phone: Client, changes: dict[str, dict[str, str]]) -> str:
        for page, data in changes.items():
            phone.post(_page(page), data)
        phone.post(_page("words"), {"free_text": ""})
        return phone.get(reverse("aftercare_links:check_in_done")).content.decode()

    def test_each_sign_has_its_time(self, phone: Client) -> None:
        page = self._said(phone, {"redness": {"value": "1"}, "redness-trend": {"value": "better"}, "itch": {"value": "1"}})
        assert "A little redness is normal now. It should be gone by Thu 5 Mar, 14:30." in page
        assert "It should stop by Mon 9 Mar, 14:30." in page
        assert "We ask again Wed 4 Mar, 14:30." in page
        assert "Nobody watches them round the clock" in page

    def test_somebody_without_any_sign_is_told_what_is_expected(self, phone: Client) -> None:
        page = self._said(phone, {"redness": {"value": "0"}})
        assert "Redness and tenderness should be gone, or nearly so, by Thu 5 Mar, 14:30." in page

"""Pages of results: recorded, asked again, flagged, drawn, marked as a mistake; and blinded reading."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Consent, Intake, Medication, Patient
from tests.treatments.make import DAY, make_consent, make_past_session, make_patient, make_started
from treatments import services
from treatments.models import BlindReading, Measurement, Photo, PhotoConsentDecision
from treatments.rules.measures import Method, Unit
from treatments.selectors.measurements import measured, mistakes
from treatments.selectors.photos import photo_uses
from treatments.selectors.readings import open_reading, readers_agree, to_do, waiting_pairs
from treatments.services import MeasureEntry
from treatments.services import photos as photos_of_pairs
from treatments.services import readings as dealing
from treatments.vocabulary import MeasurementKind as K
from treatments.vocabulary import PhotoUse

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]


@pytest.fixture(autouse=True)
def clock() -> Any:
    """The clinic's Monday, 10:05."""
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def olivia(site: Site) -> Patient:
    return make_patient(site)


def page(patient: Patient) -> str:
    return reverse("treatments:measurements", args=[patient.uuid])


def form(patient: Patient, kind: str) -> str:
    return reverse("treatments:add_measurement", args=[patient.uuid, kind])


def typed(patient: Patient, **changes: Any) -> dict[str, Any]:
    """A density as the browser sends it."""
    data = {
        "subject": str(patient.uuid), "form_key": uuid4().hex, "value": "92", "unit": "{hairs}/cm2", "area_cm2": "1", "clipped": "no", "place": "Vertex",
        "method": "trichoscopy", "measured_at": "2026-03-02T10:00",
    }  # fmt: skip
    return data | changes


def kept(patient: Patient, staff: Staff, value: str, days: int, method: Method = Method.TRICHOSCOPY, unit: Unit = Unit.PER_CM2) -> Measurement:
    entry = MeasureEntry(K.HAIR_DENSITY, method, (Decimal(value),), unit, area_cm2=Decimal(1), place="Vertex", measured_at=DAY - timedelta(days=days))
    return services.record_measurement(patient=patient, entry=entry, by=Actor.of_staff(staff), at=DAY)[0]


def plot(answer: Any) -> dict[str, Any]:
    """What the script draws."""
    found = re.search(r'<script id="plot-data" type="application/json">(.*?)</script>', answer.content.decode(), re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


class TestAtTheChair:
    def test_two_taps_are_one_grade_and_one_density(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        """Twice the same would read “2 readings, range 92.0–92.0”: an error band of nothing."""
        record, client = make_started(site, amara), client_as(amara)
        page = client.get(reverse("treatments:session", args=[record.uuid])).content.decode()
        key = re.search(r'name="form_key" value="([0-9a-f]{32})"[^>]*id="measurement-form-key"', page)
        assert key is not None and page.count('id="measurement-form-key"') == 1
        sent = {
            "subject": str(record.patient.uuid), "form_key": key[1], "kind": "ludwig", "grade": "II", "density": "92", "method": "trichoscopy", "area_cm2": "1",
            "place": "Vertex",
        }  # fmt: skip
        before = record.patient.measurements.count()
        for _tap in (1, 2):
            assert client.post(reverse("treatments:measure", args=[record.uuid]), sent).status_code == 302
        assert record.patient.measurements.count() == before + 2
        assert client.post(reverse("treatments:measure", args=[record.uuid]), sent | {"density": "95"}).status_code == 302
        assert record.patient.measurements.count() == before + 3


class TestRecording:
    """One form a measure."""

    def test_every_measure_has_its_form(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        for kind in K:
            assert client.get(form(olivia, kind)).status_code == 200, kind
        assert client.get(form(olivia, "iq")).status_code == 404

    def test_a_density_in_square_inches_is_kept_and_shown_per_square_centimetre(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        answer = client.post(form(olivia, "hair_density"), typed(olivia, value="600", unit="{hairs}/[in_i]2"), follow=True)
        assert "Recorded." in answer.content.decode()
        assert plot(answer)["panels"][0]["series"][0]["points"][0]["y"] == 93.0002
        assert "600 hairs/in² = 93.0 hairs/cm²" in answer.content.decode()

    def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        answer = client_as(amara).post(form(olivia, "hair_density"), typed(olivia, value="4000", place=""))
        text = answer.content.decode()
        assert answer.status_code == 422 and "must lie between" in text and "Say where on the scalp" in text and 'value="4000"' in text
        assert not olivia.measurements.exists()

    def test_the_unusual_is_asked_again(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        client, sent = client_as(amara), typed(olivia, value="25")
        answer = client.post(form(olivia, "hair_density"), sent)
        assert answer.status_code == 422 and "outside the usual" in answer.content.decode() and 'type="checkbox" name="confirmed"' in answer.content.decode()
        assert client.post(form(olivia, "hair_density"), sent | {"confirmed": "on"}).status_code == 302
        assert olivia.measurements.get().confirmed

    def test_the_same_form_twice_is_one_reading(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        client, sent = client_as(amara), typed(olivia)
        for _time in range(2):
            client.post(form(olivia, "hair_density"), sent)
        assert olivia.measurements.count() == 1

    def test_another_method_than_the_baseline_s_is_flagged(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        kept(olivia, amara, "90", 90)
        answer = client_as(amara).post(form(olivia, "hair_density"), typed(olivia, method="phototrichogram", clipped=""), follow=True)
        assert "flagged: other method than at the baseline" in answer.content.decode()

    @pytest.mark.parametrize(("kind", "data", "canonical"), [
        ("salt", {"top": "50", "right": "25", "left": "25", "back": "10"}, "31.4"), ("dlqi", {f"item_{n}": "2" for n in range(1, 10)}, "18"),
        ("terminal_vellus", {"terminal": "45", "vellus": "9", "place": "Vertex", "method": "trichoscopy"}, "5"),
        ("pull_test", {"vertex": "4", "parietal_left": "1", "parietal_right": "0", "occipital": "2", "bundle": "60"}, "4"),
        ("satisfaction", {"value": "7"}, "7"), ("wash_test", {"value": "50"}, "50"),
    ])  # fmt: skip
    def test_scores_from_their_parts(self, olivia: Patient, amara: Staff, client_as: SignIn, kind: str, data: dict[str, str], canonical: str) -> None:
        answer = client_as(amara).post(form(olivia, kind), {"subject": str(olivia.uuid), "measured_at": "2026-03-02T10:00", **data})
        assert answer.status_code == 302, answer.content.decode()
        assert olivia.measurements.get().canonical == Decimal(canonical)

    def test_a_scale_of_the_other_sex_is_neither_offered_nor_taken(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        assert form(olivia, "norwood_hamilton") not in client.get(page(olivia)).content.decode()
        answer = client.post(form(olivia, "norwood_hamilton"), {"subject": str(olivia.uuid), "grade": "II", "measured_at": "2026-03-02T10:00"})
        assert answer.status_code == 422 and "for men" in answer.content.decode()


class TestResults:
    """One time axis; the table has the same numbers."""

    def test_two_methods_are_two_lines_and_the_second_is_flagged(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        for value, days, method in (("90", 180, Method.TRICHOSCOPY), ("600", 120, Method.TRICHOSCOPY), ("118", 60, Method.PHOTOTRICHOGRAM), ("121", 1, Method.PHOTOTRICHOGRAM)):
            kept(olivia, amara, value, days, method, Unit.PER_IN2 if value == "600" else Unit.PER_CM2)
        answer = client_as(amara).get(page(olivia))
        panel = plot(answer)["panels"][0]
        assert [[p["y"] for p in line["points"]] for line in panel["series"]] == [[90, 93.0002], [118, 121]]
        assert panel["unit"] == "hairs/cm²" and "other method than at the baseline" in answer.content.decode()
        assert "+3.0" in answer.content.decode() and "+31" not in answer.content.decode()  # the change is within a method

    def test_repeated_readings_give_a_band(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        for value in ("90", "94", "98"):
            kept(olivia, amara, value, 30)
        point = plot(client_as(amara).get(page(olivia)))["panels"][0]["series"][0]["points"][0]
        assert (point["y"], point["low"], point["high"], point["n"]) == (94, 90, 98, 3)

    def test_the_table_has_the_numbers_that_are_drawn(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        for value, days in (("90.5", 90), ("97.3", 2)):
            kept(olivia, amara, value, days)
        answer = client_as(amara).get(page(olivia))
        text = answer.content.decode()
        for point in plot(answer)["panels"][0]["series"][0]["points"]:
            assert f'<td class="num">{point["words"]}</td>' in text

    def test_medicines_and_pregnancies_are_on_the_axis(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        kept(olivia, amara, "90", 90)
        Medication.objects.create(patient=olivia, name="</script><b>minoxidil", started_on=(DAY - timedelta(days=50)).date())
        Intake.objects.create(patient=olivia, state="submitted", answers={"pregnancy": "yes"}, started_at=DAY, saved_at=DAY, submitted_at=DAY - timedelta(days=20))
        answer = client_as(amara).get(page(olivia))
        data = plot(answer)
        assert data["medicines"][0]["label"] == "</script><b>minoxidil" and data["medicines"][0]["to"] is None
        assert len(data["pregnancies"]) == 1 and "Pregnancy" in answer.content.decode()
        assert "</script><b>minoxidil" not in answer.content.decode()

    def test_a_medicine_whose_start_nobody_knows_is_said_and_not_drawn(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        kept(olivia, amara, "90", 90)
        Medication.objects.create(patient=olivia, name="finasteride")
        Medication.objects.create(patient=olivia, name="other", ended_on=(DAY - timedelta(days=9)).date(), ended_reason="stopped")
        answer = client_as(amara).get(page(olivia))
        text = answer.content.decode()
        assert plot(answer)["medicines"] == []
        assert "finasteride (start unknown)" in text and "another hair medicine (start unknown, until 21 Feb 2026)" in text

    def test_a_mistake_leaves_the_chart_and_stays_readable(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        client, row = client_as(amara), kept(olivia, amara, "90", 90)
        url = reverse("treatments:measurement_error", args=[olivia.uuid, row.uuid])
        assert "Nothing was changed" in client.post(url, {"subject": str(olivia.uuid), "reason": " "}, follow=True).content.decode()
        text = client.post(url, {"subject": str(olivia.uuid), "reason": "Wrong patient"}, follow=True).content.decode()
        assert "Wrong patient" in text and "plot-data" not in text
        assert client.post(url, {"subject": str(olivia.uuid), "reason": "Again"}).status_code == 409

    def test_nothing_measured_says_what_to_do(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        assert "Nothing was measured yet" in client_as(amara).get(page(olivia)).content.decode()


def photo(patient: Patient, days: int, view: str = "vertex") -> Photo:
    """So many days ago; the first one comes with a session by somebody who reads nothing: a pair has one between its two photos."""
    if not patient.sessions.exists():
        other, _made = Staff.objects.get_or_create(email="treats@riverside.example", defaults={"name": "Who treats", "roles": ["clinician"]})
        make_past_session(patient, other, DAY - timedelta(days=84))
    taken = DAY - timedelta(days=days)
    return Photo.objects.create(patient=patient, view=view, file_name=uuid4().hex, width=1, height=1, sha256="0" * 64, taken_at=taken, uploaded_by="t")


class TestBlindedReading:
    """Two photos, random order, no date, no name; a second reader gives agreement."""

    def deal(self, client: Client) -> BlindReading:
        answer = client.post(reverse("treatments:next_reading"))
        return BlindReading.objects.get(uuid=answer["Location"].rstrip("/").split("/")[-1])

    def test_the_page_names_nobody_and_no_day(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        first, last = photo(olivia, 200), photo(olivia, 10)
        client = client_as(amara)
        dealt = self.deal(client)
        text = client.get(reverse("treatments:reading", args=[dealt.uuid])).content.decode()
        assert str(first.uuid) in text and str(last.uuid) in text
        for secret in ("Marsh", "Olivia", str(olivia.number), str(olivia.uuid), "2025", "2026", first.taken_at.strftime("%d %b")):
            assert secret not in text, secret

    @pytest.mark.parametrize(("left", "answer", "grade"), [(True, 2, 2), (False, 2, -2), (False, -3, 3), (True, 0, 0)])
    def test_the_grade_is_of_the_later_photo_whatever_the_order(self, olivia: Patient, amara: Staff, client_as: SignIn, left: bool, answer: int, grade: int) -> None:
        photo(olivia, 200)
        last = photo(olivia, 10)
        client = client_as(amara)
        dealt = self.deal(client)
        BlindReading.objects.filter(pk=dealt.pk).update(baseline_is_left=left)
        shown = client.get(reverse("treatments:reading", args=[dealt.uuid])).content.decode()
        assert (shown.index(str(dealt.baseline.uuid)) < shown.index(str(dealt.later.uuid))) is left
        client.post(reverse("treatments:reading", args=[dealt.uuid]), {"answer": str(answer)})
        row = olivia.measurements.get()
        assert (row.canonical, row.rater, row.measured_at, row.operator) == (grade, "blinded", last.taken_at, amara)

    def test_both_orders_are_dealt(self, site: Site, amara: Staff) -> None:
        for _n in range(30):
            patient = make_patient(site)
            photo(patient, 200)
            photo(patient, 10)
            reading = dealing.deal_pair(by=Actor.of_staff(amara), at=DAY)
            dealing.answer_reading(reading=reading, answer=1, by=Actor.of_staff(amara), at=DAY)
        assert set(BlindReading.objects.values_list("baseline_is_left", flat=True)) == {True, False}

    def test_only_pairs_far_enough_apart_not_mistaken_and_of_one_view(self, olivia: Patient, amara: Staff) -> None:
        photo(olivia, 84)
        photo(olivia, 10)
        assert not waiting_pairs(Actor.of_staff(amara)).exists()
        photo(olivia, 200, "midline")
        wrong = photo(olivia, 10, "midline")
        assert waiting_pairs(Actor.of_staff(amara)).count() == 1
        Photo.objects.filter(pk=wrong.pk).update(error_at=DAY)
        assert not waiting_pairs(Actor.of_staff(amara)).exists()

    def test_photos_of_one_who_took_the_consent_back_are_not_dealt(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        """The wording that is signed: then we show none without your name to be compared. A pair that lies open is not shown either."""
        photo(olivia, 200)
        photo(olivia, 10)
        by, client = Actor.of_staff(amara), client_as(amara)
        dealt = self.deal(client)
        text = photos_of_pairs.publish_photo_consent_text(use=PhotoUse.RECORD, version="1", text="Words.", by=by, at=DAY)
        say = {"patient": olivia, "text": text, "use": "record", "by": "x"}
        PhotoConsentDecision.objects.create(**say, given=False, at=DAY)
        url = reverse("treatments:reading", args=[dealt.uuid])
        assert not waiting_pairs(by).exists() and open_reading(by) is None and to_do(by) == 0
        assert client.get(url).status_code == 302 and client.post(url, {"answer": "2"}).status_code == 302
        with pytest.raises(dealing.NotAPair, match="has not agreed"):
            dealing.answer_reading(reading=dealt, answer=2, by=by, at=DAY)
        assert not measured(olivia).exists()
        PhotoConsentDecision.objects.create(**say, given=True, signed_name="Olivia Marsh", at=DAY + timedelta(minutes=1))
        assert open_reading(by) == dealt and client.get(url).status_code == 200

    @pytest.mark.parametrize(("version", "dealt"), [("2026-11 proposed", False), ("2026-11-27 proposed", True), ("7", True)])
    def test_a_yes_to_the_first_wording_is_none_to_a_reader_who_did_not_treat(self, olivia: Patient, amara: Staff, version: str, dealt: bool) -> None:
        """It said that only the clinicians who treat somebody see their photos (decision 0044)."""
        photo(olivia, 200)
        photo(olivia, 10)
        by = Actor.of_staff(amara)
        text = photos_of_pairs.publish_photo_consent_text(use=PhotoUse.RECORD, version=version, text="Words.", by=by, at=DAY)
        PhotoConsentDecision.objects.create(patient=olivia, text=text, use="record", by="x", given=True, signed_name="Olivia Marsh", at=DAY)
        assert waiting_pairs(by).exists() is dealt and photo_uses(olivia).record

    @pytest.mark.parametrize(("photos", "withdrawn", "dealt"), [(True, False, True), (False, False, False), (True, True, False)])
    def test_the_general_consent_counts_too(self, olivia: Patient, amara: Staff, photos: bool, withdrawn: bool, dealt: bool) -> None:
        photo(olivia, 200)
        photo(olivia, 10)
        form = make_consent(olivia, DAY)
        Consent.objects.filter(pk=form.pk).update(photos=photos, withdrawn_at=DAY if withdrawn else None)
        assert waiting_pairs(Actor.of_staff(amara)).exists() is dealt is photo_uses(olivia).record

    def test_two_readers_and_no_third_and_none_who_treated(self, site: Site, olivia: Patient, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        photo(olivia, 200)
        photo(olivia, 10)
        for staff, answer in ((amara, 2), (okoro, 1)):
            reading = dealing.deal_pair(by=Actor.of_staff(staff), at=DAY)
            BlindReading.objects.filter(pk=reading.pk).update(baseline_is_left=True)
            dealing.answer_reading(reading=reading, answer=answer, by=Actor.of_staff(staff), at=DAY)
        third = Staff.objects.create(email="third@riverside.example", name="Third", roles=["clinician"])
        third.sites.add(site)
        with pytest.raises(dealing.NothingToRead):
            dealing.deal_pair(by=Actor.of_staff(third), at=DAY)
        found = readers_agree(Actor.of_staff(amara))
        assert (found.pairs, found.percent, found.within_one) == (1, 0, 100)
        text = client_as(amara).get(page(olivia)).content.decode()
        assert "Blinded reader 1" in text and "Blinded reader 2" in text

    def test_an_open_pair_comes_again_and_is_answered_once(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        photo(olivia, 200)
        photo(olivia, 10)
        client = client_as(amara)
        dealt = self.deal(client)
        assert self.deal(client).pk == dealt.pk
        url = reverse("treatments:reading", args=[dealt.uuid])
        assert client.post(url, {}).status_code == 422
        client.post(url, {"answer": "unreadable"})
        assert not olivia.measurements.exists()
        client.post(url, {"answer": "3"})
        dealt.refresh_from_db()
        assert dealt.unreadable and dealt.answer is None
        with pytest.raises(dealing.ReadAlready):
            dealing.answer_reading(reading=dealt, answer=3, by=Actor.of_staff(amara), at=DAY)

    @pytest.mark.parametrize("which", ["baseline", "later"])
    def test_the_grade_of_a_mistaken_photo_is_a_mistake(self, olivia: Patient, amara: Staff, okoro: Staff, which: str) -> None:
        """SETTLED 7. The other photo may be read again, with the next one; the agreement of readers forgets the pair."""
        photo(olivia, 200)
        photo(olivia, 190)
        photo(olivia, 12)
        photo(olivia, 10)
        for staff in (amara, okoro):
            reading = dealing.deal_pair(by=Actor.of_staff(staff), at=DAY)
            dealing.answer_reading(reading=reading, answer=2, by=Actor.of_staff(staff), at=DAY)
        photos_of_pairs.mark_photo_in_error(photo=getattr(reading, which), reason="Another patient", by=Actor.of_staff(amara), at=DAY)
        assert not measured(olivia).exists() and readers_agree(Actor.of_staff(amara)).pairs == 0
        wrong = mistakes(olivia)
        assert [row.error_reason for row in wrong] == ["Read from a photo that was entered in error: Another patient"] * 2
        again = dealing.deal_pair(by=Actor.of_staff(amara), at=DAY)
        dealing.answer_reading(reading=again, answer=1, by=Actor.of_staff(amara), at=DAY)
        assert measured(olivia).count() == 1

    def test_an_open_pair_with_a_mistaken_photo_is_not_read(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        photo(olivia, 200)
        photo(olivia, 10)
        client = client_as(amara)
        dealt = self.deal(client)
        photos_of_pairs.mark_photo_in_error(photo=dealt.later, reason="Another patient", by=Actor.of_staff(amara), at=DAY)
        url = reverse("treatments:reading", args=[dealt.uuid])
        assert str(dealt.later.uuid) not in client.get(url, follow=True).content.decode()
        with pytest.raises(dealing.NotAPair):
            dealing.answer_reading(reading=dealt, answer=1, by=Actor.of_staff(amara), at=DAY)
        assert not olivia.measurements.exists()

    def test_somebody_else_s_pair_is_not_found(self, olivia: Patient, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        photo(olivia, 200)
        photo(olivia, 10)
        dealt = self.deal(client_as(amara))
        assert client_as(okoro).get(reverse("treatments:reading", args=[dealt.uuid])).status_code == 404

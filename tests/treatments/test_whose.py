"""Photos and measurements of a session entered in error belong to a person (SETTLED 7, decision 0027): nobody's until it is said whose."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from desk.fhir import bundle_of
from patients.models import Patient
from tests.treatments.make import DAY, END, make_draft, make_signed
from treatments import selectors, services
from treatments.models import Measurement, Photo, TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.selectors import photos as photo_rows
from treatments.selectors.measurements import doubtful, measured
from treatments.selectors.readings import standing_readings, waiting_pairs
from treatments.selectors.results import results_of
from treatments.selectors.upcoming import next_sessions
from treatments.selectors.whose import left_by
from treatments.services import readings as dealing
from treatments.services.whose import say_whose

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
LATER = END + timedelta(hours=2)


@pytest.fixture(autouse=True)
def clock() -> object:
    """After the mistaken session."""
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def wrong(site: Site, amara: Staff) -> TreatmentSession:
    """Written and photographed in this patient's record, all views, grade and density; signed, then marked: another person sat there."""
    record = make_signed(site, amara).session
    Photo.objects.filter(patient=record.patient).update(session=record)
    Measurement.objects.filter(patient=record.patient).update(session=record)
    return record


def mark(record: TreatmentSession, staff: Staff, reason: str = "Another patient was treated") -> None:
    services.mark_entered_in_error(record=record, reason=reason, staff=staff, by=Actor.of_staff(staff), at=LATER)


def s20(site: Site, staff: Staff, patient: Patient) -> bool:
    """Whether the baseline is missing before the next session; the page before it and the next session of the preview say the same."""
    draft = patient.sessions.filter(state="draft").first() or make_draft(site, staff, at=LATER, patient=patient)
    missing = "S20" in {finding.rule for finding in selectors.evaluate(draft, Stage.START).findings}
    (upcoming,) = [one for one in next_sessions(LATER, gap_days=180, most=50) if one.patient_id == patient.pk]
    assert (not upcoming.views and not upcoming.measures) is missing
    return missing


class TestOfAnotherPerson:
    def test_they_are_no_baseline(self, site: Site, amara: Staff, wrong: TreatmentSession) -> None:
        mark(wrong, amara)
        assert s20(site, amara, wrong.patient)

    def test_no_ghost_no_comparison_no_result(self, amara: Staff, wrong: TreatmentSession) -> None:
        patient = wrong.patient
        assert photo_rows.baseline_photos(patient) and measured(patient).exists()
        mark(wrong, amara)
        assert photo_rows.baseline_photos(patient) == photo_rows.latest_photos(patient) == {}
        assert photo_rows.photo_days(patient, doubtful=False) == [] and not results_of(patient, at=LATER).shown
        assert [session for _row, session in doubtful(patient)] == [wrong, wrong]
        (day,) = photo_rows.photo_days(patient)
        assert [photos[0].checks[0][0] for _view, _words, photos in day.views] == ["In a record entered in error"] * 6

    def test_no_pair_for_readers_and_one_that_was_dealt_is_not_read(self, amara: Staff, okoro: Staff, wrong: TreatmentSession) -> None:
        patient = wrong.patient
        Photo.objects.create(patient=patient, view="vertex", file_name=uuid4().hex, width=1, height=1, sha256="0" * 64, taken_at=DAY + timedelta(days=90), uploaded_by="t")
        by = Actor.of_staff(okoro)
        dealt = dealing.deal_pair(by=by, at=LATER)
        mark(wrong, amara)
        assert not waiting_pairs(by).exists() and not standing_readings().exists()
        with pytest.raises(dealing.NotAPair):
            dealing.answer_reading(reading=dealt, answer=1, by=by, at=LATER)

    def test_a_grade_read_from_them_before_counts_no_more(self, amara: Staff, okoro: Staff, wrong: TreatmentSession) -> None:
        patient, by = wrong.patient, Actor.of_staff(okoro)
        Photo.objects.create(patient=patient, view="vertex", file_name=uuid4().hex, width=1, height=1, sha256="0" * 64, taken_at=DAY + timedelta(days=90), uploaded_by="t")
        grade = dealing.answer_reading(reading=dealing.deal_pair(by=by, at=LATER), answer=1, by=by, at=LATER)
        assert grade in measured(patient)
        mark(wrong, amara)
        assert grade not in measured(patient) and grade in [row for row, _session in doubtful(patient)]

    def test_a_right_record_for_another_patient_leaves_them_in_doubt_and_one_for_the_same_gives_them_back(self, site: Site, amara: Staff, wrong: TreatmentSession) -> None:
        mark(wrong, amara)
        by = Actor.of_staff(amara)
        same = services.write_right_record(mistaken=wrong, patient=wrong.patient, reason="Only the lot was wrong", by=by, at=LATER)
        assert len(photo_rows.baseline_photos(wrong.patient)) == 6 and measured(wrong.patient).count() == 2
        left = left_by(TreatmentSession.objects.get(pk=wrong.pk))
        assert left is not None and not left.in_doubt
        mark(same, amara)
        assert photo_rows.baseline_photos(wrong.patient) == {}

    def test_a_photo_that_is_cleaned_after_the_mark_is_in_doubt_too(self, amara: Staff, wrong: TreatmentSession) -> None:
        mark(wrong, amara)
        Photo.objects.create(patient=wrong.patient, session=wrong, view="vertex", file_name=uuid4().hex, width=1, height=1, sha256="0" * 64, taken_at=DAY, uploaded_by="t")
        left = left_by(wrong)
        assert left is not None and len(left.photos) == 7 and not photo_rows.latest_photos(wrong.patient)


class TestItIsSaid:
    def test_another_person_s_are_marked_with_the_reason(self, amara: Staff, wrong: TreatmentSession) -> None:
        mark(wrong, amara)
        assert say_whose(record=wrong, theirs=False, reason="Ada Boone sat there", by=Actor.of_staff(amara), at=LATER) == 8
        for rows in (Photo.objects.filter(patient=wrong.patient), Measurement.objects.filter(patient=wrong.patient)):
            assert set(rows.values_list("error_reason", "session")) == {("Ada Boone sat there", wrong.pk)}
        assert say_whose(record=wrong, theirs=True, reason="Again", by=Actor.of_staff(amara), at=LATER) == 0

    def test_this_patient_s_count_again(self, site: Site, amara: Staff, wrong: TreatmentSession) -> None:
        mark(wrong, amara, "Written into the wrong course")
        say_whose(record=wrong, theirs=True, reason="Seen on the pictures", by=Actor.of_staff(amara), at=LATER)
        assert not s20(site, amara, wrong.patient) and len(photo_rows.baseline_photos(wrong.patient)) == 6
        assert not doubtful(wrong.patient) and results_of(wrong.patient, at=LATER).shown

    def test_how_it_is_known_is_owed(self, amara: Staff, wrong: TreatmentSession) -> None:
        mark(wrong, amara)
        with pytest.raises(Refused):
            say_whose(record=wrong, theirs=True, reason=" ", by=Actor.of_staff(amara), at=LATER)
        assert photo_rows.baseline_photos(wrong.patient) == {}

    def test_of_a_record_that_stands_nothing_is_in_doubt(self, amara: Staff, wrong: TreatmentSession) -> None:
        assert left_by(wrong) is None
        assert say_whose(record=wrong, theirs=False, reason="x", by=Actor.of_staff(amara), at=LATER) == 0
        assert len(photo_rows.baseline_photos(wrong.patient)) == 6


class TestThePage:
    def test_it_asks_where_the_mistake_stands_and_where_it_is_put_right(self, amara: Staff, wrong: TreatmentSession, client_as: SignIn) -> None:
        client, page = client_as(amara), reverse("treatments:session", args=[wrong.uuid])
        assert "count for nobody until you say whose they are" in client.get(page).content.decode()
        mark(wrong, amara)
        for url in (page, reverse("treatments:right_record", args=[wrong.uuid])):
            text = client.get(url).content.decode()
            assert "Whose are these photos and measurements?" in text and text.count("/page/") == 6 and "Sinclair" in text
        assert "From a record entered in error" in client.get(reverse("treatments:measurements", args=[wrong.patient.uuid])).content.decode()
        one = Photo.objects.filter(session=wrong)[0]
        for url in (reverse("treatments:photos", args=[wrong.patient.uuid]), reverse("treatments:photo_page", args=[one.uuid])):
            assert "In a record entered in error" in client.get(url).content.decode()

    @pytest.mark.parametrize("signed", [True, False])
    def test_one_press_for_all(self, signed: bool, site: Site, amara: Staff, wrong: TreatmentSession, client_as: SignIn) -> None:
        record = wrong
        if not signed:
            record = make_draft(site, amara, at=LATER, patient=wrong.patient)
            Photo.objects.update(session=record)
            Measurement.objects.update(session=record)
        mark(record, amara)
        client, act = client_as(amara), reverse("treatments:say_whose", args=[record.uuid])
        sent = {"subject": str(record.patient.uuid), "whose": "others", "text": ""}
        refused = client.post(act, sent)
        assert refused.status_code == 422 and "Say how it is known." in refused.content.decode()
        refused = client.post(act, sent | {"text": "Ada sat there", "whose": "x"})
        assert refused.status_code == 422 and "Choose one of the two." in refused.content.decode() and 'value="Ada sat there"' in refused.content.decode()
        assert not Photo.objects.exclude(error_at=None).exists()
        assert client.post(act, sent | {"text": "Ada sat there"}).status_code == 302
        assert not Photo.objects.filter(error_at=None).exists() and not Measurement.objects.filter(error_at=None).exists()
        assert "Whose are these" not in client.get(reverse("treatments:session", args=[record.uuid])).content.decode()

    def test_what_names_no_session_is_named_when_it_is_of_that_day(self, amara: Staff, okoro: Staff, wrong: TreatmentSession, client_as: SignIn) -> None:
        """Measurements at the chair did not name their session before."""
        Photo.objects.update(session=None)
        Measurement.objects.update(session=None)
        mark(wrong, amara)
        text = client_as(amara).get(reverse("treatments:session", args=[wrong.uuid])).content.decode()
        assert "Noted for this patient on the same day" in text and text.count("/page/") == 6 and "Sinclair" in text
        Measurement.objects.update(operator=okoro)
        Photo.objects.update(taken_at=DAY - timedelta(days=1))
        assert "Noted for this patient" not in client_as(amara).get(reverse("treatments:session", args=[wrong.uuid])).content.decode()

    def test_a_measurement_at_the_chair_names_its_session(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        draft = make_draft(site, amara, at=LATER, patient=None)
        draft.patient.measurements.all().delete()
        sent = {"subject": str(draft.patient.uuid), "kind": "sinclair", "method": "trichoscopy", "grade": "2", "density": "92", "area_cm2": "1", "place": "midline"}
        answer = client_as(amara).post(reverse("treatments:measure", args=[draft.uuid]), sent)
        assert answer.status_code == 302, answer.content.decode()
        assert {row.session for row in draft.patient.measurements.all()} == {draft}

    def test_a_tab_that_was_open_before_keeps_nothing(self, amara: Staff, wrong: TreatmentSession, client_as: SignIn) -> None:
        """It would count for nobody, and the page would say “Recorded”."""
        mark(wrong, amara)
        before = wrong.patient.measurements.count(), wrong.patient.photo_uploads.count()
        sent = {"subject": str(wrong.patient.uuid), "kind": "sinclair", "method": "trichoscopy", "grade": "2", "density": "92", "area_cm2": "1", "place": "midline"}
        for name in ("measure", "upload"):
            answer = client_as(amara).post(reverse(f"treatments:{name}", args=[wrong.uuid]), sent)
            assert answer.status_code == 422 and "Nothing was kept. Open a new session." in answer.content.decode(), name
        assert before == (wrong.patient.measurements.count(), wrong.patient.photo_uploads.count())

    def test_a_file_for_another_clinic_says_that_it_is_not_known_whose_they_are(self, amara: Staff, wrong: TreatmentSession) -> None:
        def states() -> set[str]:
            found = [entry["resource"] for entry in bundle_of(wrong.patient, at=LATER)["entry"]]
            return {one["status"] for one in found if one["resourceType"] == "Media" or "measure." in str(one.get("code"))}

        assert states() == {"completed", "final"}
        mark(wrong, amara)
        assert states() == {"unknown"}

    def test_a_view_that_only_the_mistaken_session_has_is_still_missing(self, amara: Staff, wrong: TreatmentSession) -> None:
        assert photo_rows.photo_days(wrong.patient)[0].missing == []
        mark(wrong, amara)
        Photo.objects.create(patient=wrong.patient, view="vertex", file_name="a" * 32, width=1, height=1, sha256="0" * 64, taken_at=Photo.objects.all()[0].taken_at, uploaded_by="t")
        assert len(photo_rows.photo_days(wrong.patient)[0].missing) == 5

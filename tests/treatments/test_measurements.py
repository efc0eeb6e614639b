"""Keeping measurements: judged, converted, confirmed, once; and what the database itself refuses."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Patient
from tests.treatments.make import DAY, make_patient
from treatments import services
from treatments.models import Measurement, MeasurementSite, Photo
from treatments.rules.measures import Method, Rater, Unit
from treatments.services import LookAgain, MeasureEntry, NotMeasurable
from treatments.vocabulary import MeasurementKind as K

pytestmark = pytest.mark.django_db


@pytest.fixture
def olivia(site: Site) -> Patient:
    return make_patient(site)


def density(value: str = "92", unit: Unit = Unit.PER_CM2, **more: Any) -> MeasureEntry:
    values: dict[str, Any] = {"area_cm2": Decimal(1), "place": "vertex"} | more
    return MeasureEntry(K.HAIR_DENSITY, Method.TRICHOSCOPY, (Decimal(value),), unit, **values)


def kept(patient: Patient, staff: Staff, entry: MeasureEntry, **more: Any) -> list[Measurement]:
    return services.record_measurement(patient=patient, entry=entry, by=Actor.of_staff(staff), at=DAY, **more)


class TestKeeping:
    """The number as typed, and in the one unit that is compared."""

    def test_hairs_per_square_inch_are_kept_as_typed_and_compared_per_square_centimetre(self, olivia: Patient, amara: Staff) -> None:
        row = kept(olivia, amara, density("600", Unit.PER_IN2))[0]
        row.refresh_from_db()
        assert (row.value, row.unit, row.canonical) == (Decimal(600), Unit.PER_IN2, Decimal("93.0002"))
        assert (row.operator, row.area_cm2, row.place and row.place.label) == (amara, Decimal(1), "vertex")

    def test_the_same_place_in_other_letters_is_the_same_place(self, olivia: Patient, amara: Staff) -> None:
        kept(olivia, amara, density(place="Vertex, 22 cm"))
        kept(olivia, amara, density(place="  vertex,  22 CM "))
        assert MeasurementSite.objects.filter(patient=olivia).count() == 1

    def test_readings_of_one_moment_are_rows_of_their_own(self, olivia: Patient, amara: Staff) -> None:
        entry = MeasureEntry(K.SHAFT_DIAMETER, Method.TRICHOSCOPY, (Decimal(51), Decimal("0.9")), Unit.MICROMETRE, place="vertex")
        with pytest.raises(NotMeasurable):  # the second one is out of range: neither is kept
            kept(olivia, amara, entry)
        assert not olivia.measurements.exists()
        entry = MeasureEntry(K.SHAFT_DIAMETER, Method.TRICHOSCOPY, (Decimal(51), Decimal(53)), Unit.MICROMETRE, place="vertex")
        assert [row.canonical for row in kept(olivia, amara, entry)] == [51, 53]

    def test_a_form_sent_twice_is_kept_once(self, olivia: Patient, amara: Staff) -> None:
        first = kept(olivia, amara, density(form_key="abc"))
        again = kept(olivia, amara, density(form_key="abc"))
        assert [row.pk for row in again] == [row.pk for row in first] and olivia.measurements.count() == 1

    def test_a_form_sent_again_with_another_number_is_not_swallowed(self, olivia: Patient, amara: Staff) -> None:
        """Back in the browser, and corrected: what is typed is kept, never silently left out."""
        kept(olivia, amara, density(form_key="abc"))
        again = kept(olivia, amara, density("95", form_key="abc"))
        assert again[0].value == 95 and olivia.measurements.count() == 2

    def test_a_number_put_back_is_the_newest_and_a_second_tap_on_it_is_none(self, olivia: Patient, amara: Staff) -> None:
        """84, Back, 86, a second tap, Back, 84: what stands is 84, and no number is there twice in a row."""
        for number in ("84", "86", "86", "84", "84"):
            kept(olivia, amara, density(number, form_key="abc"))
        assert [row.value for row in olivia.measurements.order_by("pk")] == [84, 86, 84]

    def test_salt_is_computed_from_its_regions(self, olivia: Patient, amara: Staff) -> None:
        row = kept(olivia, amara, MeasureEntry(K.SALT, Method.EXAMINATION, parts={"top": 50, "right": 25, "left": 25, "back": 10}))[0]
        row.refresh_from_db()
        assert row.canonical == Decimal("31.4") and row.value is None and row.unit == "%"

    def test_a_doubt_is_not_kept_until_it_is_confirmed(self, olivia: Patient, amara: Staff) -> None:
        with pytest.raises(LookAgain, match="usual"):
            kept(olivia, amara, density("20"))
        row = kept(olivia, amara, density("20"), confirmed=True)[0]
        assert row.confirmed and "usual" in row.confirmed[0]

    def test_the_future_is_refused(self, olivia: Patient, amara: Staff) -> None:
        with pytest.raises(NotMeasurable, match="future"):
            kept(olivia, amara, density(measured_at=DAY + timedelta(minutes=1)))

    def test_a_jump_is_asked_about_and_a_mistake_no_longer_counts(self, site: Site, amara: Staff) -> None:
        tom = make_patient(site, sex="male")
        first = kept(tom, amara, MeasureEntry(K.NORWOOD, Method.EXAMINATION, grade="II", measured_at=DAY - timedelta(days=60)))[0]
        with pytest.raises(LookAgain, match="stage"):
            kept(tom, amara, MeasureEntry(K.NORWOOD, Method.EXAMINATION, grade="V"))
        services.mark_measurement_in_error(measurement=first, reason="Other patient", by=Actor.of_staff(amara), at=DAY)
        assert kept(tom, amara, MeasureEntry(K.NORWOOD, Method.EXAMINATION, grade="V"))

    def test_sinclair_wants_a_midline_photo_of_that_week(self, olivia: Patient, amara: Staff) -> None:
        entry = MeasureEntry(K.SINCLAIR, Method.EXAMINATION, grade="3")
        with pytest.raises(NotMeasurable, match="midline"):
            kept(olivia, amara, entry)
        Photo.objects.create(patient=olivia, view="midline", file_name="m", width=1, height=1, sha256="0" * 64, taken_at=DAY - timedelta(days=8), uploaded_by="t")
        with pytest.raises(NotMeasurable, match="midline"):
            kept(olivia, amara, entry)
        Photo.objects.update(taken_at=DAY - timedelta(days=7))
        assert kept(olivia, amara, entry)

    def test_the_patient_s_own_grade_is_kept_apart(self, olivia: Patient, amara: Staff) -> None:
        Photo.objects.create(patient=olivia, view="vertex", file_name="v", width=1, height=1, sha256="0" * 64, taken_at=DAY - timedelta(days=90), uploaded_by="t")
        for rater in (Rater.INVESTIGATOR, Rater.PATIENT):
            kept(olivia, amara, MeasureEntry(K.GLOBAL_GRADE, Method.EXAMINATION, (Decimal(2),), Unit.SCORE, rater=rater))
        assert set(olivia.measurements.values_list("rater", "canonical")) == {("investigator", 2), ("patient", 2)}


class TestMistakes:
    """Nothing is deleted or typed over."""

    def test_a_mistake_is_marked_once_and_with_its_reason(self, olivia: Patient, amara: Staff) -> None:
        row = kept(olivia, amara, density())[0]
        by = Actor.of_staff(amara)
        with pytest.raises(services.AlreadyMarked):
            for _time in range(2):
                row = services.mark_measurement_in_error(measurement=row, reason="Wrong lens", by=by, at=DAY)
        row.refresh_from_db()
        assert (row.error_reason, row.error_by, row.value) == ("Wrong lens", by.name, 92)


class TestTheDatabase:
    """A row that mixes units or makes a score up can't be stored, whoever writes it."""

    @pytest.mark.parametrize("fields", [
        {"kind": "hair_density", "value": 600, "unit": "{hairs}/[in_i]2", "canonical": 600},
        {"kind": "hair_density", "value": 600, "unit": "{hairs}/[in_i]2", "canonical": "93.0003"},
        {"kind": "hair_density", "value": 92, "unit": "{hairs}/cm2", "canonical": 93},
        {"kind": "hair_density", "value": 92, "unit": "um", "canonical": 92},
        {"kind": "hair_density", "value": 401, "unit": "{hairs}/cm2", "canonical": 401},
        {"kind": "hair_density", "value": 92, "unit": "{hairs}/cm2", "canonical": None},
        {"kind": "shaft_diameter", "value": "0.05", "unit": "mm", "canonical": 51},
        {"kind": "salt", "unit": "%", "canonical": 20, "parts": {"top": 50, "right": 25, "left": 25, "back": 10}},
        {"kind": "salt", "unit": "%", "canonical": 20, "parts": {}},
        {"kind": "terminal_vellus", "unit": "{ratio}", "canonical": 4, "parts": {"terminal": 45, "vellus": 9}},
        {"kind": "terminal_vellus", "unit": "{ratio}", "canonical": 4, "parts": {"terminal": 45, "vellus": 0}},
        {"kind": "sixty_second_count", "unit": "{hairs}", "canonical": 9, "parts": {"morning_1": 10, "morning_2": 11, "morning_3": 12}},
        {"kind": "ludwig", "grade": "", "unit": ""}, {"kind": "ludwig", "grade": "II", "unit": "", "canonical": 2},
        {"kind": "global_grade", "value": 4, "unit": "{score}", "canonical": 4}, {"kind": "unknown", "value": 4, "unit": "{score}", "canonical": 4},
    ])  # fmt: skip
    def test_refuses(self, olivia: Patient, fields: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Measurement.objects.create(patient=olivia, measured_at=DAY, by="t", method="trichoscopy", **fields)

    @pytest.mark.parametrize("value", ["193.55", "200", "645.16", "0.01", "2580.64", "1234.56"])
    def test_converts_as_the_rules_do(self, olivia: Patient, amara: Staff, value: str) -> None:
        assert kept(olivia, amara, density(value, Unit.PER_IN2), confirmed=True)

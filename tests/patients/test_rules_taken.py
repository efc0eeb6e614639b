"""What the list of medicines adds to the answers: never milder (decision 0047; SCHEMA 2.3, 2.5)."""

from typing import Any

import pytest

from patients.rules.exchange.reading import medicine_meaning
from patients.rules.exchange.tables import Meaning
from patients.rules.taken import Taken, changes_for


def changes(answers: dict[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    taken = []
    for name in names:
        meaning = medicine_meaning(name)
        assert meaning is not None
        taken.append(Taken(meaning, name))
    return changes_for(answers, taken, **more)


@pytest.mark.parametrize(
    ("answers", "name", "expected"),
    [
        ({"isotretinoin": "never"}, "isotretinoin", {"isotretinoin": "current"}), ({"isotretinoin": "stopped"}, "isotretinoin", {"isotretinoin": "current"}),
        ({"systemic_steroid": "no"}, "prednisolone", {"systemic_steroid": "current"}), ({"systemic_steroid": "current"}, "prednisolone", {}),
        ({"immune_suppression": "unsure"}, "methotrexate", {"immune_suppression": "yes"}), ({}, "methotrexate", {"immune_suppression": "yes"}),
        ({"blood_thinner": "none"}, "apixaban 5 mg", {"blood_thinner": "doac", "blood_thinner_name": "apixaban 5 mg"}),
        ({"blood_thinner": "unsure"}, "warfarin", {"blood_thinner": "warfarin", "blood_thinner_name": "warfarin"}),
        ({"blood_thinner": "none"}, "aspirin", {"blood_thinner": "unsure"}), ({"blood_thinner": "aspirin_low_dose_only"}, "aspirin", {}),
        # at most 100 mg a day is low (RULES 2, E07b): a dose that a clinician wrote is no guess
        ({"blood_thinner": "aspirin_low_dose_only"}, "aspirin 100 mg", {}), ({"blood_thinner": "aspirin_low_dose_only"}, "Aspirina 300mg", {"blood_thinner": "aspirin_high_dose"}),
        ({"blood_thinner": "aspirin_low_dose_only", "aspirin_mg_per_day": 75}, "Aspirin 162,5 mg", {"blood_thinner": "aspirin_high_dose"}),
        ({"blood_thinner": "aspirin_low_dose_only"}, "aspirin 75 mg twice a day", {"blood_thinner": "aspirin_high_dose"}),
        ({"blood_thinner": "aspirin_low_dose_only"}, "Adiro 300 mg/24 h", {"blood_thinner": "aspirin_high_dose"}), ({"blood_thinner": "aspirin_low_dose_only"}, "Adiro 100 mg/24 h", {}),
        ({"blood_thinner": "aspirin_low_dose_only"}, "Adiro 75 mg /12 h", {"blood_thinner": "aspirin_high_dose"}),
        ({"blood_thinner": "two_or_more"}, "warfarin", {}), ({"blood_thinner": "doac"}, "apixaban", {}),
    ],
)  # fmt: skip
def test_one_medicine(answers: dict[str, Any], name: str, expected: dict[str, Any]) -> None:
    assert changes(answers, name) == expected


class TestTheDoseOfASteroid:
    """E12 counts mg of prednisolone a day (RULES 2, SCHEMA 2.5); of what the patient said and what the list says the stricter counts (decision 0047)."""

    TOLD = {"systemic_steroid": "current", "systemic_steroid_mg_per_day": 5, "systemic_steroid_weeks": 10}

    @pytest.mark.parametrize(
        ("written", "mg"),
        [
            ("prednisolone 40 mg", 40), ("Prednisone 7,5mg daily", 7.5), ("prednisolone 5 mg twice a day", 10), ("Prednisolone 2 x 10 mg", 20), ("prednisolona 5 mg cada 12 horas", 10),
            ("prednisolone 20 mg twice a week", 20), ("Methylprednisolone 16 mg", 20), ("Dexamethasone 3 mg", 20), ("Deflazacort 30 mg/day", 25), ("prednisolone 900 mg", 200),
            ("Prednisona 30 mg/24h", 30), ("prednisolone 10mg/12h", 20), ("Prednisona 5 mg c/8 h", 15), ("prednisona 2,5 mg / 6 horas", 10), ("Prednisona 30 mg/48 h", 30),
        ],
    )  # fmt: skip
    def test_a_higher_one_in_the_list_counts_and_the_weeks_stay(self, written: str, mg: float) -> None:
        assert changes(self.TOLD, written) == {"systemic_steroid_mg_per_day": mg}

    @pytest.mark.parametrize("written", ["prednisolone", "prednisolone 5 mg", "Prednisolone 1 mg", "prednisolone 15 mg/5 ml", "prednisolone 15mg / 2,5ml", "prednisolone 15 mg/ml", "prednisolone 15 mg/kg", "Deflazacort 6 mg"])
    def test_one_that_is_not_higher_or_not_said_changes_nothing(self, written: str) -> None:
        assert changes(self.TOLD, written) == {}

    @pytest.mark.parametrize(("written", "expected"), [("Zynotrel (steroid) 40 mg", {"systemic_steroid_mg_per_day": None}), ("Zynotrel (steroid) 5 mg", {}), ("Zynotrel (steroid)", {})])
    def test_of_one_that_no_table_knows_a_higher_number_makes_the_dose_unknown(self, written: str, expected: dict[str, Any]) -> None:
        """Nobody has said how much prednisolone that is: the dose is missing (SCHEMA 2.3: INCOMPLETE)."""
        assert changes_for(self.TOLD, [Taken(Meaning("systemic_steroid", "current"), written)]) == expected

    def test_where_the_patient_gave_no_dose_it_is_still_missing(self) -> None:
        assert changes({"systemic_steroid": "current", "systemic_steroid_weeks": 10}, "prednisolone 40 mg") == {}


class TestTwoBloodThinners:
    @pytest.mark.parametrize(
        ("told", "name", "both"),
        [
            ({"blood_thinner": "warfarin", "blood_thinner_name": "warfarin 3 mg, Dr Kay"}, "clopidogrel", "warfarin 3 mg, Dr Kay; clopidogrel"),
            ({"blood_thinner": "warfarin", "blood_thinner_name": "3 mg, Dr Kay"}, "clopidogrel", "warfarin: 3 mg, Dr Kay; clopidogrel"),
            ({"blood_thinner": "warfarin"}, "clopidogrel", "warfarin; clopidogrel"), ({"blood_thinner": "doac", "blood_thinner_name": "apixaban"}, "clopidogrel", "apixaban; clopidogrel"),
            ({"blood_thinner": "aspirin_low_dose_only", "aspirin_mg_per_day": 75}, "apixaban", "low-dose aspirin, 75 mg a day; apixaban"),
        ],
    )  # fmt: skip
    def test_both_names_stay(self, told: dict[str, Any], name: str, both: str) -> None:
        assert changes(told, name) == {"blood_thinner": "two_or_more", "blood_thinner_name": both}

    def test_the_inr_stays(self) -> None:
        found = changes({"blood_thinner": "warfarin", "inr": 3.6, "inr_on": "2026-03-01"}, "clopidogrel")
        assert (found["blood_thinner"], found["inr"], found["inr_on"]) == ("two_or_more", 3.6, "2026-03-01")

    @pytest.mark.parametrize("names", [("aspirin", "warfarin"), ("warfarin", "aspirin"), ("apixaban", "clopidogrel")])
    def test_two_in_the_list_are_two_in_any_order(self, names: tuple[str, ...]) -> None:
        assert changes({"blood_thinner": "none"}, *names)["blood_thinner"] == "two_or_more"

    def test_what_was_said_of_the_inr_before_counts_while_warfarin_goes_on(self) -> None:
        earlier = {"blood_thinner": "warfarin", "inr": 3.6, "inr_on": "2026-02-01"}
        assert changes({"blood_thinner": "none"}, "warfarin", earlier=earlier)["inr"] == 3.6
        assert "inr" not in changes({"blood_thinner": "none"}, "apixaban", earlier=earlier)
        assert changes({"blood_thinner": "warfarin", "inr": 2.4, "inr_on": "2026-02-01"}, "clopidogrel", earlier=earlier)["inr"] == 2.4

    @pytest.mark.parametrize(("day", "inr"), [("2026-02-02", None), ("2026-02-01", None), ("2026-01-31", 3.6), (None, 3.6)])
    def test_an_inr_that_is_older_or_of_no_day_is_no_newer_one(self, day: str | None, inr: float | None) -> None:
        """SCHEMA 2.5: above 3.0 is DEFER whatever its date; it counts until the patient says a newer one (decision 0048)."""
        told = {"blood_thinner": "warfarin", "inr": 2.4} | ({"inr_on": day} if day else {})
        assert changes(told, "warfarin", earlier={"blood_thinner": "warfarin", "inr": 3.6, "inr_on": "2026-02-01"}).get("inr") == inr

    @pytest.mark.parametrize(("day", "inr"), [("2024-01-05", 3.6), ("2026-02-09", 3.6), ("2026-02-10", None), (None, 3.6)])
    def test_one_that_was_known_without_a_day_is_of_the_day_on_which_it_was_told(self, day: str | None, inr: float | None) -> None:
        """A value of an older day than that is not newer (decision 0048)."""
        told = {"blood_thinner": "warfarin", "inr": 2.4} | ({"inr_on": day} if day else {})
        found = changes(told, "warfarin", earlier={"blood_thinner": "warfarin", "inr": 3.6}, earlier_on="2026-02-10")
        assert found.get("inr") == inr and "inr_on" not in found

    @pytest.mark.parametrize(("told", "known"), [(3.6, 2.4), (2.2, 2.4), (2.4, 3.0)])
    def test_one_that_is_not_above_three_is_not_kept_against_what_is_told(self, told: float, known: float) -> None:
        assert changes({"blood_thinner": "warfarin", "inr": told}, "warfarin", earlier={"blood_thinner": "warfarin", "inr": known, "inr_on": "2026-02-01"}) == {}


class TestHairMedicines:
    def test_one_more_is_added_to_those_that_were_told(self) -> None:
        assert changes({"hair_medicines": ["topical_minoxidil"]}, "finasteride") == {"hair_medicines": ["topical_minoxidil", "finasteride"]}
        assert changes({"hair_medicines": ["finasteride"]}, "finasteride") == {}

    def test_not_known_stays_not_known(self) -> None:
        assert changes({"hair_medicines": None}, "finasteride", listed=["oral_minoxidil", "finasteride"]) == {}

    def test_where_nobody_asked_the_whole_list_counts(self) -> None:
        assert changes({}, "finasteride", listed=["oral_minoxidil", "finasteride"]) == {"hair_medicines": ["finasteride", "oral_minoxidil"]}

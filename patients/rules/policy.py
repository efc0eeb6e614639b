"""
The numbers of the E-rules. Those marked `P` in the rule table are proposed defaults that a clinic edits.

Each field carries its words, unit and allowed range, so that the settings page and the check of a new version read
them from one place.
"""

from dataclasses import dataclass, field
from typing import Any

from clinic.numbers import Number, number, number_faults, numbers_of, order_faults, with_values


def _days(default: int, words: str, proposed: bool = True) -> Any:
    return number(default, words, "days", 3650, proposed=proposed)


def _months(default: int, words: str, proposed: bool = True) -> Any:
    return number(default, words, "months", 120, proposed=proposed)


def _amount(default: float, words: str, unit: str, most: float, proposed: bool = True) -> Any:
    return number(default, words, unit, most, proposed=proposed)


@dataclass(frozen=True)
class EligibilityPolicy:
    """Defaults of RULES section 2 and SCHEMA part 2. Days and months are calendar ones; bounds as the table says.

    `words`: the clinic's own wording by rule id. `version`: which approved version this is; 0 is as Anagen comes.
    """

    clearance_valid_days: int = _days(180, "A clearance is valid for this long, last day included")
    infection_wait_days: int = _days(14, "E01: full days after healing and end of treatment")
    scalp_clear_days: int = _days(28, "E02, E03: full days with a clear scalp before review")
    postpartum_months: int = _months(6, "E05b: caution after a birth")
    low_dose_aspirin_mg: float = _amount(100, "E07b: highest low dose of aspirin a day", "mg", 4000, False)
    inr_highest: float = _amount(3.0, "E07: highest INR that is not deferred", "INR", 20, False)
    inr_valid_days: int = _days(10, "E07: an INR counts for this long", False)
    nsaid_caution_days: int = _days(7, "E07c: caution after the last dose", False)
    platelets_below: float = _amount(100, "E08, E44: platelets under this close the pathway", "10⁹/L", 2000, False)
    isotretinoin_months: int = _months(6, "E09: wait after the last oral retinoid", False)
    chemo_months: int = _months(6, "E11: wait after chemotherapy or radiotherapy")
    steroid_mg_per_day: float = _amount(10, "E12: prednisolone equivalent a day from which it counts", "mg", 200)
    steroid_weeks: float = _amount(2, "E12: weeks from which it counts", "weeks", 2000)
    hba1c_below_percent: float = _amount(8.0, "E13: HbA1c under this is well controlled", "%", 20)
    hba1c_valid_days: int = _days(180, "E13: an HbA1c counts for this long")
    sunburn_days: int = _days(14, "E15: wait after sunburn", False)
    scarring_inactive_months: int = _months(12, "E18: wait since the disease was last active")
    telogen_months: int = _months(6, "E21: caution after the trigger", False)
    koebner_inactive_months: int = _months(12, "E22: quiet time before a clearance counts", False)
    surgery_defer_months: int = _months(6, "E26: wait after scalp surgery", False)
    surgery_review_months: int = _months(12, "E26: review until this long after surgery", False)
    other_procedure_days: int = _days(28, "E27: wait after another scalp procedure")
    botulinum_days: int = _days(14, "E27: wait after botulinum toxin")
    dye_days: int = _days(3, "E28: caution after dye, bleach or relaxer")
    well_days: int = _days(2, "E31: days without symptoms")
    fever_c: float = _amount(38.0, "E31: temperature from which it is a fever", "°C", 43, False)
    roller_days: int = _days(7, "E37: wait after a home roller", False)
    adult_years: int = number(18, "E30: youngest age", "years", 120, least=18)
    young_adult_until_years: int = number(21, "E30b: caution up to this age", "years", 120, proposed=False)
    prp_nsaid_days: int = _days(2, "E43: PRP waits after the last painkiller of the ibuprofen type", False)
    prp_steroid_days: int = _days(14, "E43: PRP waits after steroid tablets", False)
    prp_local_steroid_months: int = _months(1, "E43: PRP waits after a steroid injection", False)
    prp_fever_days: int = _days(14, "E43: PRP waits after a fever")
    prp_hb_below: float = _amount(10.0, "E44: haemoglobin under this closes PRP", "g/dL", 25, False)
    words: dict[str, str] = field(default_factory=dict)
    version: int = 0


DEFAULT = EligibilityPolicy()
NUMBERS: dict[str, Number] = numbers_of(EligibilityPolicy, DEFAULT)


def policy_faults(values: dict[str, Any]) -> dict[str, str]:
    """
    What is wrong with a clinic's own numbers: name → message. Empty when they can be used.

    Names that are left out keep their default. Counts of days, months and years are whole.
    """
    return number_faults(NUMBERS, values) or order_faults(NUMBERS, (("surgery_defer_months", "surgery_review_months"),), values)


def policy_from(values: dict[str, Any], words: dict[str, str] | None = None, version: int = 0) -> EligibilityPolicy:
    """The policy with a clinic's own numbers and wording over the defaults. ValueError names the first fault."""
    for name, fault in policy_faults(values).items():
        raise ValueError(f"{name} {fault}")
    return EligibilityPolicy(**with_values(DEFAULT, values), words=words or {}, version=version)

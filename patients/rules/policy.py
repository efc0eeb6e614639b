"""The numbers of the E-rules. Those marked `P` in the rule table are proposed defaults that a clinic edits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EligibilityPolicy:
    """Defaults of RULES section 2 and SCHEMA part 2. Days and months are calendar ones; bounds as the table says."""

    clearance_valid_days: int = 180
    infection_wait_days: int = 14
    scalp_clear_days: int = 28
    postpartum_months: int = 6
    low_dose_aspirin_mg: float = 100
    inr_highest: float = 3.0
    inr_valid_days: int = 10
    nsaid_caution_days: int = 7
    isotretinoin_months: int = 6
    chemo_months: int = 6
    steroid_mg_per_day: float = 10
    steroid_weeks: float = 2
    hba1c_below_percent: float = 8.0
    hba1c_valid_days: int = 180
    sunburn_days: int = 14
    scarring_inactive_months: int = 12
    telogen_months: int = 6
    koebner_inactive_months: int = 12
    surgery_defer_months: int = 6
    surgery_review_months: int = 12
    other_procedure_days: int = 28
    botulinum_days: int = 14
    dye_days: int = 3
    well_days: int = 2
    fever_c: float = 38.0
    roller_days: int = 7
    adult_years: int = 18
    young_adult_until_years: int = 21
    prp_nsaid_days: int = 2
    prp_steroid_days: int = 14
    prp_local_steroid_months: int = 1
    prp_fever_days: int = 14
    platelets_below: float = 100
    prp_hb_below: float = 10.0


DEFAULT = EligibilityPolicy()

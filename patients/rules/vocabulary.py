"""Answers and classes of the eligibility rules, spelled as SCHEMA part 2 has them."""

from enum import StrEnum

RULES_VERSION = "E-2026.11"


class Overall(StrEnum):
    """Class of a trigger and of the whole; later is more restrictive."""

    CLEAR = "CLEAR"
    CAUTION = "CAUTION"
    REVIEW = "REVIEW"
    INCOMPLETE = "INCOMPLETE"
    DEFER = "DEFER"
    ABSOLUTE = "ABSOLUTE"


RANK: dict[str, int] = {overall.value: rank for rank, overall in enumerate(Overall)}

RULE_IDS: tuple[str, ...] = tuple(
    sorted([f"E{n:02d}" for n in range(1, 46)] + ["E04b", "E05b", "E07b", "E07c", "E08b", "E29b", "E30b"])
)

YN = ("no", "yes", "unsure")
_CLEARING = ("never", "history_clear", "active_elsewhere", "active_scalp", "scalp_cleared", "unsure")

# Question keys with one value (SCHEMA 2.3).
QUESTIONS: dict[str, tuple[str, ...]] = {
    "scalp_infection": ("none", "active", "on_treatment", "resolved", "unsure"),
    "psoriasis": _CLEARING,
    "eczema": _CLEARING,
    "keloid": ("never", "personal", "unsure", "family_only"),
    "raised_scar": YN,
    "pregnancy": ("no", "yes", "possible", "prefer_not_to_say"),
    "trying_to_conceive": YN,
    "breastfeeding": YN,
    "blood_thinner": (
        "none", "aspirin_low_dose_only", "aspirin_high_dose", "warfarin", "doac", "antiplatelet", "heparin",
        "two_or_more", "other", "unsure",
    ),
    "nsaid_or_supplement_7d": ("no", "nsaid", "supplement", "both", "unsure"),
    "bleeding_disorder": ("none", "diagnosed", "unexplained_bruising", "unsure"),
    "isotretinoin": ("never", "current", "stopped", "unsure"),
    "immune_suppression": YN,
    "chemo_radiotherapy": ("none", "current", "past", "unsure"),
    "head_radiotherapy_ever": YN,
    "systemic_steroid": ("no", "current", "stopped", "unsure"),
    "diabetes": YN,
    "poor_healing": ("no", "slow_healing", "connective_tissue", "unsure"),
    "scalp_wound": ("none", "open_wound", "irritated", "sunburn", "unsure"),
    "herpes": ("never", "active", "past", "unsure"),
    "head_skin_cancer": ("none", "current", "undiagnosed_spot", "past", "actinic_keratosis", "unsure"),
    "scarring_alopecia": ("none", "suspected", "active", "inactive", "unsure"),
    "alopecia_areata": YN,
    "sudden_or_undiagnosed_loss": YN,
    "diagnosis": (
        "androgenetic_alopecia", "alopecia_areata", "telogen_effluvium", "traction_alopecia", "scarring_alopecia",
        "other", "undiagnosed",
    ),
    "telogen_trigger": YN,
    "koebner_disease": YN,
    "seborrhoeic_dermatitis": ("none", "mild", "inflamed", "unsure"),
    "metal_allergy": ("none", "stainless_steel", "nickel", "other_metal", "unsure"),
    "scalp_surgery": YN,
    "fitzpatrick": ("I", "II", "III", "IV", "V", "VI"),
    "post_inflammatory_marks": YN,
    "fever_or_unwell": ("no", "yes", "recovered", "unsure"),
    "heart_disease": ("none", "heart_disease", "low_bp", "uncontrolled_high_bp", "controlled_high_bp", "unsure"),
    "implanted_device": YN,
    "fainting_seizures": YN,
    "expectation_or_distress": YN,
    "consent": YN,
    "home_roller": YN,
    "photosensitiser_or_tan": YN,
    "smoking": YN,
    "heavy_alcohol": YN,
    "lesion_or_tattoo_in_zone": YN,
    "earlier_bad_reaction": YN,
    "prp_condition": ("none", "platelet_dysfunction", "sepsis", "haemodynamic_instability", "unsure"),
    "cancer_history": YN,
    "liver_disease": YN,
}  # fmt: skip

QUESTION_DATES = ("delivered_on", "scalp_retinoid_acid_on", "scalp_dye_on")
SUBSTANCES = (
    "anaesthetic", "antiseptic", "latex", "serum_ingredient", "minoxidil", "propylene_glycol", "hair_product",
    "medicine", "other",
)  # fmt: skip
PROCEDURES = (
    "needling", "prp", "mesotherapy", "laser", "radiofrequency", "peel", "steroid_injection", "botulinum_toxin",
)  # fmt: skip
HAIR_MEDICINES = ("finasteride", "dutasteride", "oral_minoxidil", "topical_minoxidil", "other")

# Detail key → its lead (SCHEMA 2.5).
LEADS: dict[str, str] = {
    "infection_type": "scalp_infection",
    "infection_lesions_healed_on": "scalp_infection",
    "infection_treatment_ended_on": "scalp_infection",
    "psoriasis_scalp_clear_since": "psoriasis",
    "eczema_scalp_clear_since": "eczema",
    "psoriasis_treatment": "psoriasis",
    "eczema_treatment": "eczema",
    "keloid_site": "keloid",
    "pregnancy_due_on": "pregnancy",
    "aspirin_mg_per_day": "blood_thinner",
    "blood_thinner_name": "blood_thinner",
    "inr": "blood_thinner",
    "inr_on": "blood_thinner",
    "isotretinoin_stopped_on": "isotretinoin",
    "chemo_radiotherapy_ended_on": "chemo_radiotherapy",
    "systemic_steroid_mg_per_day": "systemic_steroid",
    "systemic_steroid_weeks": "systemic_steroid",
    "systemic_steroid_stopped_on": "systemic_steroid",
    "hba1c_percent": "diabetes",
    "hba1c_on": "diabetes",
    "diabetes_slow_healing": "diabetes",
    "sunburn_on": "scalp_wound",
    "herpes_last_episode_on": "herpes",
    "scarring_last_active_on": "scarring_alopecia",
    "telogen_trigger_on": "telogen_trigger",
    "koebner_last_active_on": "koebner_disease",
    "scalp_surgery_on": "scalp_surgery",
    "well_since": "fever_or_unwell",
    "home_roller_last_used_on": "home_roller",
    "home_roller_mm": "home_roller",
}
DENIALS = ("no", "none", "never")

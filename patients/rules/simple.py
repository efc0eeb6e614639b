"""Questions whose answer alone decides: answer → rule and class (SCHEMA 2.3)."""

from patients.rules.causes import ABSOLUTE, CAUTION, DEFER, INCOMPLETE, REVIEW, Cause, Causes
from patients.rules.reading import Facts
from patients.rules.vocabulary import Overall

Row = dict[str, tuple[str, Overall]]


def _yes(rule: str, level: Overall) -> Row:
    return {"yes": (rule, level)}


TABLE: dict[str, Row] = {
    "scalp_infection": {"active": ("E01", DEFER), "on_treatment": ("E01", DEFER)},
    "psoriasis": {
        "active_scalp": ("E02", DEFER),
        "active_elsewhere": ("E02", REVIEW),
        "history_clear": ("E02", REVIEW),
    },
    "eczema": {
        "active_scalp": ("E03", DEFER),
        "active_elsewhere": ("E03", REVIEW),
        "history_clear": ("E03", REVIEW),
    },
    "keloid": {"personal": ("E04", ABSOLUTE), "family_only": ("E04b", CAUTION)},
    "raised_scar": _yes("E04b", REVIEW),
    "pregnancy": {"yes": ("E05", DEFER), "possible": ("E05", DEFER), "prefer_not_to_say": ("E05", INCOMPLETE)},
    "trying_to_conceive": _yes("E05b", CAUTION),
    "breastfeeding": _yes("E06", DEFER),
    "nsaid_or_supplement_7d": {
        "nsaid": ("E07c", CAUTION),
        "supplement": ("E07c", CAUTION),
        "both": ("E07c", CAUTION),
    },
    "bleeding_disorder": {
        "diagnosed": ("E08", ABSOLUTE),
        "unexplained_bruising": ("E08b", REVIEW),
        "unsure": ("E08b", REVIEW),
    },
    "isotretinoin": {"current": ("E09", DEFER)},
    "immune_suppression": _yes("E10", REVIEW),
    "chemo_radiotherapy": {"current": ("E11", DEFER)},
    "head_radiotherapy_ever": _yes("E11", REVIEW),
    "poor_healing": {"slow_healing": ("E14", REVIEW), "connective_tissue": ("E14", REVIEW)},
    "scalp_wound": {"open_wound": ("E15", DEFER), "irritated": ("E15", DEFER)},
    "herpes": {"active": ("E16", DEFER), "past": ("E16", CAUTION)},
    "head_skin_cancer": {
        "current": ("E17", ABSOLUTE),
        "undiagnosed_spot": ("E17", DEFER),
        "past": ("E17", REVIEW),
        "actinic_keratosis": ("E17", REVIEW),
    },
    "scarring_alopecia": {"suspected": ("E18", DEFER), "active": ("E18", DEFER)},
    "alopecia_areata": _yes("E19", REVIEW),
    "sudden_or_undiagnosed_loss": _yes("E20", REVIEW),
    "diagnosis": {"alopecia_areata": ("E19", REVIEW), "undiagnosed": ("E20", REVIEW)},
    "seborrhoeic_dermatitis": {"inflamed": ("E23", DEFER), "mild": ("E23", CAUTION)},
    "metal_allergy": {
        "stainless_steel": ("E24", ABSOLUTE),
        "nickel": ("E24", REVIEW),
        "other_metal": ("E24", REVIEW),
    },
    "fitzpatrick": {"IV": ("E29", CAUTION), "V": ("E29", CAUTION), "VI": ("E29", CAUTION)},
    "post_inflammatory_marks": _yes("E29b", REVIEW),
    "fever_or_unwell": _yes("E31", DEFER),
    "heart_disease": {
        "heart_disease": ("E32", REVIEW),
        "low_bp": ("E32", REVIEW),
        "uncontrolled_high_bp": ("E32", REVIEW),
    },
    "fainting_seizures": _yes("E34", CAUTION),
    "expectation_or_distress": _yes("E35", REVIEW),
    "consent": {"no": ("E36", ABSOLUTE)},
    "photosensitiser_or_tan": _yes("E38", CAUTION),
    "smoking": _yes("E39", CAUTION),
    "heavy_alcohol": _yes("E39", CAUTION),
    "lesion_or_tattoo_in_zone": _yes("E40", CAUTION),
    "earlier_bad_reaction": _yes("E41", REVIEW),
}

# The rule that a blank or “not sure” answer speaks about: the first one named in its row (SCHEMA 7, 1).
FIRST_RULE: dict[str, str] = {
    "scalp_infection": "E01", "psoriasis": "E02", "eczema": "E03", "keloid": "E04", "raised_scar": "E04b",
    "pregnancy": "E05", "delivered_on": "E05b", "trying_to_conceive": "E05b", "breastfeeding": "E06",
    "blood_thinner": "E07", "nsaid_or_supplement_7d": "E07c", "bleeding_disorder": "E08", "isotretinoin": "E09",
    "immune_suppression": "E10", "chemo_radiotherapy": "E11", "head_radiotherapy_ever": "E11",
    "systemic_steroid": "E12", "diabetes": "E13", "poor_healing": "E14", "scalp_wound": "E15", "herpes": "E16",
    "head_skin_cancer": "E17", "scarring_alopecia": "E18", "alopecia_areata": "E19",
    "sudden_or_undiagnosed_loss": "E20", "diagnosis": "E20", "telogen_trigger": "E21", "koebner_disease": "E22",
    "seborrhoeic_dermatitis": "E23", "metal_allergy": "E24", "allergies": "E25", "scalp_surgery": "E26",
    "other_scalp_procedures": "E27", "scalp_retinoid_acid_on": "E28", "scalp_dye_on": "E28", "fitzpatrick": "E29",
    "post_inflammatory_marks": "E29b", "fever_or_unwell": "E31", "heart_disease": "E32", "implanted_device": "E33",
    "fainting_seizures": "E34", "expectation_or_distress": "E35", "consent": "E36", "home_roller": "E37",
    "photosensitiser_or_tan": "E38", "smoking": "E39", "heavy_alcohol": "E39", "lesion_or_tattoo_in_zone": "E40",
    "earlier_bad_reaction": "E41", "hair_medicines": "E42",
}  # fmt: skip


def from_table(facts: Facts) -> Causes:
    """The answers that decide by themselves."""
    for key, row in TABLE.items():
        found = row.get(facts.get(key) or "")
        if found:
            yield Cause(found[0], found[1])


def from_blank_and_unsure(facts: Facts) -> Causes:
    """Blank is INCOMPLETE, “not sure” at least REVIEW."""
    for key, rule in FIRST_RULE.items():
        if facts.is_blank(key):
            yield Cause(rule, INCOMPLETE)
        elif facts.get(key) == "unsure" and "unsure" not in TABLE.get(key, {}):
            yield Cause(rule, REVIEW)

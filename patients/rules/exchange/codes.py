"""Codes of RULES 8, and the closed tables between them and our answers. Nothing is mapped that does not stand here.

SNOMED CT ids are those that RULES 8 marks as read in public code sets; where it doubts one (`*`), our own code and words go alone.
"""

from dataclasses import dataclass

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ICD10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
# one fixed address for every code of ours, in every clinic: a name that nobody has to own (RFC 9562, RFC 4122 URN)
LOCAL = "urn:uuid:5d3a0b0e-3c1f-4f0e-9a57-6d0a5c6f1a21"

SCALP = ("43067004", "Skin of scalp")
PHOTOTYPES = {"I": "403221005", "II": "403222003", "III": "403226000", "IV": "403231003", "V": "403235007", "VI": "403236008"}
PREGNANT = {"yes": ("77386006", "Pregnant"), "no": ("60001007", "Not pregnant")}


@dataclass(frozen=True)
class Row:
    """An answer as a condition: `clinical` is the FHIR clinical status; `snomed` is empty where RULES 8 has no sure id."""

    key: str
    answer: str
    words: str
    snomed: str = ""
    clinical: str = "active"
    on_scalp: bool = False
    ended_key: str = ""

    @property
    def local(self) -> str:
        """Our own code."""
        return f"{self.key}.{self.answer}"


# What an answer says as a condition. Only what a patient has or had; "not sure" stays an answer and is no condition.
CONDITIONS: tuple[Row, ...] = (
    Row("diagnosis", "androgenetic_alopecia", "Androgenetic alopecia"),
    Row("diagnosis", "alopecia_areata", "Alopecia areata", "68225006"),
    Row("diagnosis", "telogen_effluvium", "Telogen effluvium"),
    Row("diagnosis", "traction_alopecia", "Traction alopecia"),
    Row("diagnosis", "scarring_alopecia", "Scarring alopecia", "400088006"),
    Row("alopecia_areata", "yes", "Round bald patches (alopecia areata, as the patient says)", "68225006"),
    Row("scarring_alopecia", "active", "Scarring alopecia", "400088006", on_scalp=True),
    Row("scarring_alopecia", "inactive", "Scarring alopecia, inactive", "400088006", "inactive", on_scalp=True),
    Row("psoriasis", "active_scalp", "Psoriasis of scalp", "238608008", on_scalp=True),
    Row("psoriasis", "active_elsewhere", "Psoriasis, not on the scalp", "9014002"),
    Row("psoriasis", "scalp_cleared", "Psoriasis of scalp, cleared", "238608008", "remission", on_scalp=True, ended_key="psoriasis_scalp_clear_since"),
    Row("psoriasis", "history_clear", "Psoriasis, skin clear now", "9014002", "remission"),
    Row("eczema", "active_scalp", "Eczema of scalp", "43116000", on_scalp=True),
    Row("eczema", "active_elsewhere", "Eczema, not on the scalp", "43116000"),
    Row("eczema", "scalp_cleared", "Eczema of scalp, cleared", "43116000", "remission", on_scalp=True, ended_key="eczema_scalp_clear_since"),
    Row("eczema", "history_clear", "Eczema, skin clear now", "43116000", "remission"),
    Row("keloid", "personal", "Keloid scar", "33659008"),
    Row("raised_scar", "yes", "Raised scars"),
    Row("koebner_disease", "yes", "Vitiligo or lichen planus"),
    Row("scalp_infection", "active", "Infection of scalp", on_scalp=True),
    Row("scalp_infection", "on_treatment", "Infection of scalp, being treated", on_scalp=True),
    Row("scalp_infection", "resolved", "Infection of scalp, healed", "", "resolved", on_scalp=True, ended_key="infection_lesions_healed_on"),
    Row("seborrhoeic_dermatitis", "mild", "Seborrhoeic dermatitis, mild", on_scalp=True),
    Row("seborrhoeic_dermatitis", "inflamed", "Seborrhoeic dermatitis, inflamed", on_scalp=True),
    Row("herpes", "active", "Herpes simplex or zoster, active"),
    Row("herpes", "past", "Herpes simplex or zoster in the past", "", "inactive", ended_key="herpes_last_episode_on"),
    Row("head_skin_cancer", "current", "Skin cancer of the head"),
    Row("head_skin_cancer", "past", "Skin cancer of the head in the past", "", "inactive"),
    Row("head_skin_cancer", "undiagnosed_spot", "Undiagnosed spot on the head"),
    Row("head_skin_cancer", "actinic_keratosis", "Actinic keratosis"),
    Row("bleeding_disorder", "diagnosed", "Bleeding or clotting disorder"),
    Row("bleeding_disorder", "unexplained_bruising", "Unexplained bruising or bleeding"),
    Row("immune_suppression", "yes", "Weakened immune system"),
    Row("diabetes", "yes", "Diabetes"),
    Row("poor_healing", "slow_healing", "Slow wound healing"),
    Row("poor_healing", "connective_tissue", "Connective tissue disease"),
    Row("heart_disease", "heart_disease", "Heart disease"),
    Row("heart_disease", "low_bp", "Low blood pressure"),
    Row("heart_disease", "uncontrolled_high_bp", "High blood pressure, not controlled"),
    Row("heart_disease", "controlled_high_bp", "High blood pressure, controlled"),
    Row("implanted_device", "yes", "Electronic device in the body"),
    Row("fainting_seizures", "yes", "Fainting with needles, or seizures"),
    Row("post_inflammatory_marks", "yes", "Lasting dark marks after cuts or spots"),
    Row("cancer_history", "yes", "Cancer, ever"),
    Row("liver_disease", "yes", "Liver disease"),
    Row("prp_condition", "platelet_dysfunction", "Platelet dysfunction"),
    Row("prp_condition", "sepsis", "Sepsis"),
    Row("prp_condition", "haemodynamic_instability", "Unstable circulation"),
)
CONDITION_OF: dict[tuple[str, str], Row] = {(row.key, row.answer): row for row in CONDITIONS}

# the words of an allergy's substance, as our list has them (SCHEMA 2.4)
SUBSTANCE_WORDS: dict[str, str] = {
    "anaesthetic": "Numbing cream or injection", "antiseptic": "Skin cleanser", "latex": "Latex", "serum_ingredient": "Something in a serum",
    "minoxidil": "Minoxidil", "propylene_glycol": "Propylene glycol", "hair_product": "Hair product", "medicine": "Medicine", "other": "Other",
}  # fmt: skip
METAL_WORDS = {"stainless_steel": "Stainless steel", "nickel": "Nickel", "other_metal": "Another metal"}
# category of an AllergyIntolerance, where the substance decides it
CATEGORIES = {"anaesthetic": "medication", "medicine": "medication", "minoxidil": "medication"}
SUBSTANCE_SNOMED = {"lidocaine": "387480006", "warfarin": "48603004"}

"""Words for medicines and products (E07–E07c, E09, E10, E12, E25, E28, E38, E42)."""

from clinic.findings import RuleText

ROWS = (
    RuleText(
        id="E07",
        title="Blood thinner",
        question="Do you take any blood thinner (for example warfarin, apixaban, rivaroxaban, clopidogrel, heparin)?",
        words="The patient takes a blood thinner. The prescriber decides; tell the patient: do not stop it. "
        "Warfarin needs a recent INR.",
        threshold="warfarin: INR at most {inr_highest}, at most {inr_valid_days} days old",
        lifts="The prescriber's written clearance; on warfarin an INR of at most {inr_highest} "
        "within {inr_valid_days} days as well. An INR above {inr_highest} waits.",
        source="S0; L22 V (the 10-day line is written for Mohs surgery)",
    ),
    RuleText(
        id="E07b",
        title="Low-dose aspirin alone",
        question="Do you take aspirin every day?",
        words="The patient takes low-dose aspirin every day. A prescriber in the clinic signs it off; "
        "no outside letter is needed. Tell the patient: do not stop it.",
        threshold="at most {low_dose_aspirin_mg} mg a day; above that the rule for blood thinners applies",
        lifts="Sign-off by the clinic's prescriber.",
        source="S0; L22 V",
    ),
    RuleText(
        id="E07c",
        title="Painkiller or supplement",
        question="Any ibuprofen-type painkiller or supplement in the last 7 days?",
        words="A painkiller of the ibuprofen type, fish oil, vitamin E or ginkgo: some more bleeding is possible.",
        threshold="last dose within {nsaid_caution_days} days",
        lifts="Time.",
        source="L39 V; L19 W",
    ),
    RuleText(
        id="E09",
        title="Isotretinoin or another oral retinoid",
        question="Have you taken isotretinoin (Roaccutane, Accutane) in the last 12 months?",
        words="An oral retinoid now or not long ago: healing may be disturbed.",
        threshold="{isotretinoin_months} calendar months after the last dose",
        lifts="{isotretinoin_months} calendar months after the last dose. A letter does not lift it.",
        source="L21 label V2; L39 V; L5 V2 (consensus 2017: little evidence for the delay, V)",
    ),
    RuleText(
        id="E10",
        title="Weakened immune system",
        question="Do you have a condition, or take a medicine, that weakens your immune system?",
        words="The immune system is weakened by a condition or a medicine: more risk of infection.",
        threshold="any",
        lifts="Clearance by the treating clinician.",
        source="L39 V; L40 W",
    ),
    RuleText(
        id="E12",
        title="Steroid tablets",
        question="Do you take steroid tablets?",
        words="Steroid tablets at a dose and for a time that slow healing.",
        threshold="{steroid_mg_per_day} mg a day of prednisolone equivalent or more, for {steroid_weeks} weeks or more",
        lifts="The prescriber's clearance.",
        source="L40 W; cut-off P",
        proposed=True,
    ),
    RuleText(
        id="E25",
        title="Allergy",
        question="Any allergy to numbing cream, skin cleanser, latex, hair products or medicines?",
        words="The patient reacts to a substance. A product that contains it stays blocked in every session.",
        threshold="anaesthetic, or any anaphylaxis: review; other: caution",
        lifts="Clearance when the product list leaves the substance out. The product itself stays blocked.",
        source="S0; L4 V2",
    ),
    RuleText(
        id="E28",
        title="Dye, bleach, retinoid or acid on the scalp",
        question="Any colour, bleach or chemical treatment in 3 days? "
        "Any retinoid or acid on the scalp since yesterday?",
        words="A retinoid or acid was on the scalp today or yesterday, or the hair was coloured or relaxed. "
        "The session checks the exact hours.",
        threshold="retinoid or acid 24 hours; dye, bleach, relaxer {dye_days} days",
        lifts="Retinoid or acid: the next day. Dye: {dye_days} days.",
        source="L5 V2; dye P",
        proposed=True,
    ),
    RuleText(
        id="E38",
        title="Photosensitising medicine or strong tan",
        question="New medicine that makes you burn? Tanned in 2 weeks?",
        words="The skin reacts more than usual to light.",
        threshold="tan within 14 days",
        lifts="14 days. A sunburn is a rule of its own.",
        source="L39 V",
    ),
    RuleText(
        id="E42",
        title="Hair medicines by mouth",
        question="Which hair medicines do you take?",
        words="Finasteride, dutasteride or oral minoxidil. If the patient could become pregnant and takes finasteride, "
        "alert the prescriber.",
        threshold="any of the three",
        lifts="Does not lift; it is carried into the session.",
        source="S0; R",
    ),
)

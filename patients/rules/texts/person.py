"""Words for age, expectation, consent, smoking (E30, E30b, E35, E36, E39) and PRP (E43–E45)."""

from clinic.findings import RuleText

ROWS = (
    RuleText(
        id="E30",
        title="Under 18",
        question="Date of birth",
        words="The patient is too young.",
        threshold="{adult_years} years, on the clinic's calendar",
        lifts="The birthday.",
        source="L26 V (minoxidil from 18); L1; P",
        proposed=True,
    ),
    RuleText(
        id="E30b",
        title="Young adult",
        question="Date of birth",
        words="Authorised uses of needling devices start at 22 years.",
        threshold="{adult_years} to {young_adult_until_years} years",
        lifts="Time.",
        source="L1 V (authorised uses from 22)",
    ),
    RuleText(
        id="E35",
        title="Expectation or distress",
        question="What result would make this worthwhile?",
        words="Expectations are not realistic, the patient suffers from how they look, or pulls hair.",
        threshold="two-item distress screen, or the clinician's impression",
        lifts="A counselling note, then clearance.",
        source="S1 (expectations); P",
        proposed=True,
    ),
    RuleText(
        id="E36",
        title="No consent",
        question="Do you agree to this treatment?",
        words="The patient does not or cannot consent. Nothing is done today.",
        threshold="no",
        lifts="Valid consent.",
        source="S1; R",
    ),
    RuleText(
        id="E39",
        title="Smoking or heavy alcohol",
        question="Do you smoke?",
        words="Smoking, vaping or heavy alcohol: slower healing.",
        threshold="yes",
        lifts="Does not lift; it is carried into the session.",
        source="L19 W",
    ),
    RuleText(
        id="E43",
        title="PRP: recent medicine or fever",
        question="Painkiller, steroid or fever in the last weeks?",
        words="Platelet-rich plasma waits after painkillers, steroids or a fever. Needling alone is not affected.",
        threshold="painkiller {prp_nsaid_days} days, steroid tablets {prp_steroid_days} days, "
        "steroid injection {prp_local_steroid_months} month, fever {prp_fever_days} days",
        lifts="Time.",
        source="L19 W; fever P",
        proposed=True,
    ),
    RuleText(
        id="E44",
        title="PRP: blood values or acute illness",
        question="Platelets, haemoglobin, acute illness",
        words="Platelet-rich plasma is not possible with these blood values or this illness. "
        "Needling alone is judged apart.",
        threshold="platelets below {platelets_below} ×10⁹/L, haemoglobin below {prp_hb_below} g/dL",
        lifts="Recovered values.",
        source="L19 W; L47 W",
    ),
    RuleText(
        id="E45",
        title="PRP: cancer, blood thinner or liver disease",
        question="Cancer, blood thinners, liver disease?",
        words="Platelet-rich plasma needs a specialist's opinion. Needling alone is judged apart.",
        threshold="any",
        lifts="A specialist's clearance.",
        source="L19 W; L47 W",
    ),
)

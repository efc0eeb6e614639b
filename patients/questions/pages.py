"""The pages, in the order in which they are asked. Plain words; a clinician must confirm the wording."""

from django.utils.translation import gettext_lazy as _

from patients.questions.model import FollowUp, Options, Page, Question

_NO_YES: Options = (("no", _("No")), ("yes", _("Yes")), ("unsure", _("Not sure")))


def _yn(key: str, words: object, *follow_ups: FollowUp, hint: object = "") -> Question:
    return Question(key, words, _NO_YES, hint, follow_ups=follow_ups)  # type: ignore[arg-type]


_SKIN_DISEASE: Options = (
    ("never", _("Never")),
    ("history_clear", _("In the past, my skin is clear now")),
    ("active_elsewhere", _("Yes, but not on my scalp")),
    ("active_scalp", _("Yes, on my scalp now")),
    ("scalp_cleared", _("It was on my scalp and has cleared")),
    ("unsure", _("Not sure")),
)

PAGES: tuple[Page, ...] = (
    Page("scalp", _("Your scalp now"), (
        Question("scalp_infection", _("Do you have an infection on your scalp?"), (
            ("none", _("No")), ("active", _("Yes, now")), ("on_treatment", _("Yes, and I am being treated")),
            ("resolved", _("I had one and it has healed")), ("unsure", _("Not sure")),
        ), _("For example spots with pus, ringworm, boils, lice or warts."), follow_ups=(
            FollowUp("infection_lesions_healed_on", _("When had it healed?"), "date", ("resolved",)),
            FollowUp("infection_treatment_ended_on", _("When did the treatment end?"), "date", ("resolved",), _("If you used nothing, give the same date again.")),
        )),
        Question("scalp_wound", _("Are there cuts, sores, sunburn or sore skin on your scalp?"), (
            ("none", _("No")), ("open_wound", _("Yes, a cut or sore")), ("irritated", _("Yes, sore skin")),
            ("sunburn", _("Yes, sunburn")), ("unsure", _("Not sure")),
        ), follow_ups=(FollowUp("sunburn_on", _("When did you burn?"), "date", ("sunburn",)),)),
        Question("seborrhoeic_dermatitis", _("Is your scalp flaky, itchy or greasy?"), (
            ("none", _("No")), ("mild", _("A little")), ("inflamed", _("Yes, red and inflamed")), ("unsure", _("Not sure")),
        )),
    )),
    Page("skin", _("Skin conditions"), (
        Question("psoriasis", _("Have you ever had psoriasis?"), _SKIN_DISEASE, follow_ups=(
            FollowUp("psoriasis_scalp_clear_since", _("Since when has your scalp been clear?"), "date", ("scalp_cleared",)),)),
        Question("eczema", _("Have you ever had eczema or dermatitis?"), _SKIN_DISEASE, follow_ups=(
            FollowUp("eczema_scalp_clear_since", _("Since when has your scalp been clear?"), "date", ("scalp_cleared",)),)),
        _yn("koebner_disease", _("Do you have vitiligo or lichen planus?"),
            FollowUp("koebner_last_active_on", _("When was it last active?"), "date", ("yes",))),
        Question("herpes", _("Do you get cold sores or shingles on your face or scalp?"), (
            ("never", _("Never")), ("active", _("Yes, now")), ("past", _("In the past")), ("unsure", _("Not sure")),
        )),
        Question("head_skin_cancer", _("Have you had skin cancer on your head, or a spot that changes, bleeds or does not heal?"), (
            ("none", _("No")), ("current", _("Skin cancer, now")), ("undiagnosed_spot", _("A spot that nobody has checked")),
            ("past", _("Skin cancer in the past")), ("actinic_keratosis", _("Sun damage that a doctor named actinic keratosis")),
            ("unsure", _("Not sure")),
        )),
    )),
    Page("hair", _("Your hair loss"), (
        Question("diagnosis", _("What did a doctor call your hair loss?"), (
            ("androgenetic_alopecia", _("Pattern hair loss (androgenetic alopecia)")), ("alopecia_areata", _("Alopecia areata")),
            ("telogen_effluvium", _("Shedding after stress or illness (telogen effluvium)")),
            ("traction_alopecia", _("Traction alopecia")), ("scarring_alopecia", _("Scarring alopecia")),
            ("other", _("Something else")), ("undiagnosed", _("Nobody has told me")),
        )),
        Question("scarring_alopecia", _("Has a doctor said it is scarring? Is the scalp burning, sore or shiny where hair is lost?"), (
            ("none", _("No")), ("suspected", _("Perhaps: it burns, is sore or shiny")), ("active", _("Yes, active")),
            ("inactive", _("Yes, but quiet now")), ("unsure", _("Not sure")),
        ), follow_ups=(FollowUp("scarring_last_active_on", _("When was it last active?"), "date", ("inactive",)),)),
        _yn("alopecia_areata", _("Do you have round bald patches?")),
        _yn("sudden_or_undiagnosed_loss", _("Did it start suddenly, in patches, or with pain?")),
        _yn("telogen_trigger", _("In the last 6 months: a big illness, operation, weight loss, birth or new medicine?"),
            FollowUp("telogen_trigger_on", _("When?"), "date", ("yes",))),
    )),
    Page("healing", _("Scars and healing"), (
        Question("keloid", _("Have you ever had a scar that grew bigger than the wound (a keloid)?"), (
            ("never", _("Never")), ("personal", _("Yes")), ("family_only", _("No, but somebody in my family")), ("unsure", _("Not sure")),
        )),
        _yn("raised_scar", _("Do you get raised scars?")),
        _yn("post_inflammatory_marks", _("Do cuts or spots leave dark marks for months?")),
        Question("poor_healing", _("Do your wounds heal slowly, or do you have lupus, scleroderma or similar?"), (
            ("no", _("No")), ("slow_healing", _("My wounds heal slowly")), ("connective_tissue", _("Yes, such a disease")), ("unsure", _("Not sure")),
        )),
        Question("fitzpatrick", _("How does your skin react to sun?"), (
            ("I", _("Always burns, never tans")), ("II", _("Burns easily, tans a little")), ("III", _("Burns sometimes, tans slowly")),
            ("IV", _("Burns little, tans well")), ("V", _("Brown skin, seldom burns")), ("VI", _("Dark brown or black skin, hardly ever burns")),
        )),
        _yn("photosensitiser_or_tan", _("Have you tanned in the last 2 weeks, or a medicine that makes you burn easily?")),
    )),
    Page("pregnancy", _("Pregnancy"), (
        Question("pregnancy", _("Are you pregnant, or could you be?"), (
            ("no", _("No")), ("yes", _("Yes")), ("possible", _("Possibly, or not sure")), ("prefer_not_to_say", _("I prefer not to say")),
        ), follow_ups=(FollowUp("pregnancy_due_on", _("When is the baby due?"), "date_any", ("yes",)),)),
        Question("delivered_on", _("If you have had a baby in the last 6 months: when?"), kind="date", required=False),
        _yn("trying_to_conceive", _("Are you trying for a baby?")),
        _yn("breastfeeding", _("Are you breastfeeding or expressing milk?")),
    ), not_for="male"),
    Page("blood", _("Blood and bleeding"), (
        Question("blood_thinner", _("Do you take a blood thinner or aspirin every day?"), (
            ("none", _("No")), ("aspirin_low_dose_only", _("Low-dose aspirin only")), ("aspirin_high_dose", _("Aspirin, more than 100 mg a day")),
            ("warfarin", _("Warfarin")), ("doac", _("Apixaban, rivaroxaban, edoxaban or dabigatran")), ("antiplatelet", _("Clopidogrel or similar")),
            ("heparin", _("Heparin injections")), ("two_or_more", _("Two or more of these")), ("other", _("Another one")), ("unsure", _("Not sure")),
        ), _("Go on taking it. Do not stop a blood thinner because of this visit."), follow_ups=(
            FollowUp("aspirin_mg_per_day", _("How many mg a day?"), "number", ("aspirin_low_dose_only",)),
            FollowUp("inr", _("What was your last INR?"), "number", ("warfarin", "two_or_more")),
            FollowUp("inr_on", _("When was it measured?"), "date", ("warfarin", "two_or_more")),
            FollowUp("blood_thinner_name", _("Its name"), "text", ("other", "two_or_more", "antiplatelet", "doac")),
        )),
        Question("nsaid_or_supplement_7d", _("In the last 7 days: an ibuprofen-type painkiller, or fish oil, vitamin E or ginkgo?"), (
            ("no", _("No")), ("nsaid", _("A painkiller")), ("supplement", _("A supplement")), ("both", _("Both")), ("unsure", _("Not sure")),
        )),
        Question("bleeding_disorder", _("Have you been told that you have a bleeding or clotting disorder?"), (
            ("none", _("No")), ("diagnosed", _("Yes")), ("unexplained_bruising", _("No, but I bruise or bleed easily")), ("unsure", _("Not sure")),
        )),
    )),
    Page("medicines", _("Medicines and treatment"), (
        Question("isotretinoin", _("Have you taken isotretinoin (Roaccutane, Accutane) in the last 12 months?"), (
            ("never", _("No")), ("current", _("Yes, I take it now")), ("stopped", _("Yes, but I have stopped")), ("unsure", _("Not sure")),
        ), follow_ups=(FollowUp("isotretinoin_stopped_on", _("When did you stop?"), "date", ("stopped",)),)),
        _yn("immune_suppression", _("Do you have a condition, or take a medicine, that weakens your immune system?")),
        Question("systemic_steroid", _("Do you take steroid tablets?"), (
            ("no", _("No")), ("current", _("Yes, now")), ("stopped", _("I have stopped")), ("unsure", _("Not sure")),
        ), follow_ups=(
            FollowUp("systemic_steroid_mg_per_day", _("How many mg of prednisolone a day?"), "number", ("current",)),
            FollowUp("systemic_steroid_weeks", _("For how many weeks?"), "number", ("current",)),
            FollowUp("systemic_steroid_stopped_on", _("When did you stop?"), "date", ("stopped",)),
        )),
        Question("chemo_radiotherapy", _("Chemotherapy or radiotherapy?"), (
            ("none", _("No")), ("current", _("Yes, now")), ("past", _("In the past")), ("unsure", _("Not sure")),
        ), follow_ups=(FollowUp("chemo_radiotherapy_ended_on", _("When did it end?"), "date", ("past",)),)),
        _yn("head_radiotherapy_ever", _("Have you ever had radiotherapy to your head?")),
        Question("hair_medicines", _("Which hair medicines do you take?"), (
            ("finasteride", _("Finasteride")), ("dutasteride", _("Dutasteride")), ("oral_minoxidil", _("Minoxidil tablets")),
            ("topical_minoxidil", _("Minoxidil on the scalp")), ("other", _("Another one")),
        ), _("Choose all that apply, or none."), kind="checks", required=False),
    )),
    Page("allergies", _("Allergies"), (
        Question("metal_allergy", _("Are you allergic to metal?"), (
            ("none", _("No")), ("nickel", _("Nickel")), ("stainless_steel", _("Stainless steel")), ("other_metal", _("Another metal")), ("unsure", _("Not sure")),
        )),
        Question("allergies", _("Other allergies"), (
            ("anaesthetic", _("Numbing cream or injection")), ("antiseptic", _("Skin cleanser")), ("latex", _("Latex")),
            ("serum_ingredient", _("Something in a serum")), ("minoxidil", _("Minoxidil")), ("propylene_glycol", _("Propylene glycol")),
            ("hair_product", _("A hair product")), ("medicine", _("A medicine")), ("other", _("Something else")),
        ), _("Leave this empty if you have none."), kind="allergies", required=False),
    )),
    Page("treatments", _("Earlier treatments"), (
        _yn("scalp_surgery", _("Have you had a hair transplant or another operation on your scalp?"),
            FollowUp("scalp_surgery_on", _("When?"), "date", ("yes",))),
        Question("other_scalp_procedures", _("Other treatments of your scalp in the last month, elsewhere"), (
            ("needling", _("Needling")), ("prp", _("PRP")), ("mesotherapy", _("Mesotherapy")), ("laser", _("Laser")), ("radiofrequency", _("Radiofrequency")),
            ("peel", _("Peel")), ("steroid_injection", _("Steroid injection")), ("botulinum_toxin", _("Botulinum toxin")),
        ), _("Leave this empty if there were none."), kind="procedures", required=False),
        _yn("home_roller", _("Do you use a needle roller at home?"),
            FollowUp("home_roller_last_used_on", _("When last?"), "date", ("yes",)),
            FollowUp("home_roller_mm", _("How long are the needles, in mm?"), "number", ("yes",))),
        Question("scalp_retinoid_acid_on", _("If you used a retinoid or acid on your scalp: when last?"), kind="date", required=False),
        Question("scalp_dye_on", _("If you coloured, bleached or straightened your hair in the last days: when?"), kind="date", required=False),
        _yn("earlier_bad_reaction", _("Did an earlier needling or PRP cause lasting bumps, scars, infection or allergy?")),
        _yn("lesion_or_tattoo_in_zone", _("Are there moles, lumps or a tattoo on your scalp?")),
    )),
    Page("health", _("Your health"), (
        Question("fever_or_unwell", _("Do you feel ill or have a temperature today?"), (
            ("no", _("No")), ("yes", _("Yes")), ("recovered", _("I was ill and am well again")), ("unsure", _("Not sure")),
        ), follow_ups=(FollowUp("well_since", _("First day without symptoms"), "date", ("recovered",)),)),
        Question("heart_disease", _("Heart or blood pressure problems?"), (
            ("none", _("No")), ("heart_disease", _("Heart disease")), ("low_bp", _("Low blood pressure")),
            ("controlled_high_bp", _("High blood pressure, well controlled")), ("uncontrolled_high_bp", _("High blood pressure, not controlled")), ("unsure", _("Not sure")),
        )),
        _yn("diabetes", _("Do you have diabetes?"),
            FollowUp("hba1c_percent", _("Your last HbA1c, in percent"), "number", ("yes",), _("For example 7.2. If you only know mmol/mol, leave it empty.")),
            FollowUp("hba1c_on", _("When was it measured?"), "date", ("yes",)),
            FollowUp("diabetes_slow_healing", _("Do your sores heal slowly?"), "yn", ("yes",))),
        _yn("implanted_device", _("Do you have a pacemaker or another implanted device?")),
        _yn("fainting_seizures", _("Do you faint with needles, or have seizures?")),
        _yn("smoking", _("Do you smoke or vape?")),
        _yn("heavy_alcohol", _("Do you drink a lot of alcohol?")),
        _yn("cancer_history", _("Have you ever had cancer?")),
        _yn("liver_disease", _("Do you have liver disease?")),
        Question("prp_condition", _("Has a doctor named one of these?"), (
            ("none", _("No")), ("platelet_dysfunction", _("A platelet problem")), ("sepsis", _("Blood poisoning, now")),
            ("haemodynamic_instability", _("An unstable circulation")), ("unsure", _("Not sure")),
        )),
    )),
    Page("hopes", _("What you hope for"), (
        _yn("expectation_or_distress", _("Does your hair distress you very much, do you pull it out, or must the result be perfect?")),
        Question("free_text", _("Anything else that we should know?"), kind="text", required=False),
    )),
)  # fmt: skip


def pages_for(sex: str) -> tuple[Page, ...]:
    """The pages that this patient is asked."""
    return tuple(page for page in PAGES if page.not_for != sex)

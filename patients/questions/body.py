"""The rest of the body: pregnancy, blood, medicines, allergies, treatments, health, today, hopes."""

from django.utils.translation import gettext_lazy as _

from patients.questions.answers import YES_NO, allergy, yn
from patients.questions.model import FollowUp, Page, Question
from patients.questions.skin import SCALP_ROWS

ABOUT = Page("about", _("About you"), short=_("About you"), questions=(
    Question("preferred_name", _("What shall we call you? (optional)"), kind="text", required=False, note=True),
    Question("pronouns", _("Pronouns (optional)"), kind="text", required=False, note=True),
    Question("interpreter_needed", _("Do you need an interpreter?"), (("no", _("No")), ("yes", _("Yes"))), note=True,
             follow_ups=(FollowUp("interpreter", _("For which language?"), "text", ("yes",), needed=True),)),
))  # fmt: skip

PREGNANCY = Page("pregnancy", _("Pregnancy"), short=_("Pregnancy"), not_for="male", always=True, questions=(
    Question("pregnancy", _("Are you pregnant, or could you be?"), (
        ("no", _("No")), ("yes", _("Yes")), ("possible", _("Perhaps, or not sure")), ("prefer_not_to_say", _("I’d rather not say")),
    ), follow_ups=(FollowUp("pregnancy_due_on", _("When is the baby due?"), "date_any", ("yes",)),)),
), rows=(
    Question("delivered_on", _("When was your baby born?"), kind="date", row=_("A baby in the last 6 months")),
    yn("trying_to_conceive", _("Are you trying for a baby?"), row=_("Trying for a baby")),
    yn("breastfeeding", _("Are you breastfeeding or expressing milk?"), row=_("Breastfeeding or expressing milk")),
))  # fmt: skip

BLOOD = Page("blood", _("Do you have or take any of these?"), short=_("Blood and bleeding"), always=True,
    hint=_("Keep taking all your medicines, blood thinners too."), rows=(
    Question("blood_thinner", _("Which blood thinner do you take?"), (
        ("aspirin_low_dose_only", _("Only low-dose aspirin, up to 100 mg a day")), ("aspirin_high_dose", _("Aspirin, more than 100 mg a day")),
        ("warfarin", _("Warfarin")), ("doac", _("Apixaban, rivaroxaban, edoxaban or dabigatran")), ("antiplatelet", _("Clopidogrel or similar")),
        ("heparin", _("Heparin injections")), ("two_or_more", _("Two or more of these")), ("other", _("Another one")), ("none", _("None")), ("unsure", _("Not sure")),
    ), _("Go on taking it."), row=_("A blood thinner, or daily aspirin"), follow_ups=(
        FollowUp("aspirin_mg_per_day", _("How many mg a day?"), "number", ("aspirin_low_dose_only",), _("Leave this empty if you do not know.")),
        FollowUp("inr", _("What was your last INR?"), "number", ("warfarin", "two_or_more"), _("Leave this empty if you do not know.")),
        FollowUp("inr_on", _("When was it measured?"), "date", ("warfarin", "two_or_more")),
        FollowUp("blood_thinner_name", _("Its name, dose, and why you take it"), "text", ("warfarin", "doac", "antiplatelet", "heparin", "two_or_more", "other")),
    )),
    Question("nsaid_or_supplement_7d", _("What did you take in the last 7 days?"), (
        ("nsaid", _("A painkiller such as ibuprofen")), ("supplement", _("Fish oil, vitamin E or ginkgo")), ("both", _("Both")), ("no", _("None of these")), ("unsure", _("Not sure")),
    ), row=_("In the last 7 days: ibuprofen or similar, fish oil, vitamin E or ginkgo"), follow_ups=(
        FollowUp("nsaid_last_taken_on", _("When did you last take the painkiller?"), "date", ("nsaid", "both")),)),
    Question("bleeding_disorder", _("Has a doctor found a bleeding or clotting problem?"), (
        ("diagnosed", _("Yes")), ("unexplained_bruising", _("No, but I bruise or bleed easily")), ("none", _("No")), ("unsure", _("Not sure")),
    ), row=_("A bleeding or clotting problem, or easy bruising or bleeding")),
))  # fmt: skip

MEDICINES = Page("medicines", _("Have you had or taken any of these?"), short=_("Medicines"), rows=(
    Question("isotretinoin", _("Do you still take isotretinoin?"), (
        ("current", _("Yes, I take it now")), ("stopped", _("No, I have stopped")), ("never", _("I never took it")), ("unsure", _("Not sure")),
    ), row=_("Isotretinoin (Roaccutane, Accutane), in the last 12 months"),
        follow_ups=(FollowUp("isotretinoin_stopped_on", _("When did you stop?"), "date", ("stopped",), needed=True),)),
    yn("immune_suppression", _("Do you have a condition, or take a medicine, that makes your immune system weak?"), row=_("A weak immune system, from illness or medicine")),
    Question("systemic_steroid", _("Do you still take steroid tablets?"), (
        ("current", _("Yes, now")), ("stopped", _("No, I have stopped")), ("no", _("I never took them")), ("unsure", _("Not sure")),
    ), row=_("Steroid tablets in the last month"), follow_ups=(
        FollowUp("systemic_steroid_mg_per_day", _("How many mg of prednisolone a day?"), "number", ("current",), _("Leave this empty if you do not know.")),
        FollowUp("systemic_steroid_weeks", _("For how many weeks?"), "number", ("current",), _("Leave this empty if you do not know.")),
        FollowUp("systemic_steroid_stopped_on", _("When did you stop?"), "date", ("stopped",)),
    )),
    Question("chemo_radiotherapy", _("Do you still have chemotherapy or radiotherapy?"), (
        ("current", _("Yes, now")), ("past", _("No, it has ended")), ("none", _("I never had it")), ("unsure", _("Not sure")),
    ), row=_("Chemotherapy or radiotherapy"), follow_ups=(FollowUp("chemo_radiotherapy_ended_on", _("When did it end?"), "date", ("past",), needed=True),)),
    yn("head_radiotherapy_ever", _("Have you ever had radiotherapy to your head?"), row=_("Radiotherapy to the head")),
    Question("hair_medicines", _("Which hair medicines do you take?"), (
        ("finasteride", _("Finasteride")), ("dutasteride", _("Dutasteride")), ("oral_minoxidil", _("Minoxidil tablets")),
        ("topical_minoxidil", _("Minoxidil on the scalp")), ("other", _("Another one")),
    ), _("Tick all that you take. If you know the dose, write it below."), kind="checks", row=_("Hair medicine: finasteride, dutasteride, minoxidil or another")),
))  # fmt: skip

ALLERGIES = Page("allergies", _("Are you allergic to any of these?"), short=_("Allergies"), rows=(
    Question("metal_allergy", _("To which metal are you allergic?"), (
        ("nickel", _("Nickel")), ("stainless_steel", _("Stainless steel")), ("other_metal", _("Another metal")), ("none", _("None")), ("unsure", _("Not sure")),
    ), row=_("Metal, such as nickel")),
    allergy("anaesthetic", _("Are you allergic to a numbing cream or injection?"), _("Numbing cream or injection")),
    allergy("antiseptic", _("Are you allergic to a skin cleanser?"), _("Skin cleanser")),
    allergy("latex", _("Are you allergic to latex?"), _("Latex")),
    allergy("minoxidil", _("Are you allergic to minoxidil?"), _("Minoxidil")),
    allergy("propylene_glycol", _("Are you allergic to propylene glycol?"), _("Propylene glycol")),
    allergy("serum_ingredient", _("Are you allergic to something in a serum?"), _("Something in a serum")),
    allergy("hair_product", _("Are you allergic to a hair product?"), _("A hair product")),
    allergy("medicine", _("Are you allergic to a medicine?"), _("A medicine")),
    allergy("other", _("Are you allergic to anything else?"), _("Anything else")),
))  # fmt: skip

TREATMENTS = Page("treatments", _("Have you had any of these?"), short=_("Earlier treatments"), always=True, rows=(
    yn("scalp_surgery", _("Have you had a hair transplant or an operation on your scalp?"),
       FollowUp("scalp_surgery_on", _("When was the last one?"), "date", ("yes",), needed=True), row=_("A hair transplant or scalp operation")),
    Question("other_scalp_procedures", _("Which treatments of your scalp did you have elsewhere in the last month?"), (
        ("needling", _("Needling")), ("prp", _("PRP")), ("mesotherapy", _("Mesotherapy")), ("laser", _("Laser")), ("radiofrequency", _("Radiofrequency")),
        ("peel", _("Peel")), ("steroid_injection", _("Steroid injection")), ("botulinum_toxin", _("Botulinum toxin")),
    ), _("Give each with its date."), kind="procedures", row=_("In the last month, elsewhere: needling, PRP, laser, peel or scalp injections")),
    Question("local_steroid_injection_on", _("When was the steroid injection?"), kind="date", row=_("Any steroid injection in the last month")),
    yn("home_roller", _("Do you use a needle roller at home?"),
       FollowUp("home_roller_last_used_on", _("When did you last use it?"), "date", ("yes",), needed=True),
       FollowUp("home_roller_mm", _("How long are the needles, in mm?"), "number", ("yes",), _("Leave this empty if you do not know.")), row=_("A needle roller at home")),
    Question("scalp_retinoid_acid_on", _("When did you last use a retinoid or acid on your scalp?"), kind="date", row=_("A retinoid or acid on the scalp this week")),
    Question("scalp_dye_on", _("When did you colour, bleach or straighten your hair?"), kind="date", row=_("In the last 3 days: hair colour, bleach or straightener")),
    yn("earlier_bad_reaction", _("Did needling or PRP cause lasting bumps, scars, infection or allergy?"), row=_("Lasting bumps, scars, infection or allergy from needling or PRP")),
))  # fmt: skip

HEALTH = Page("health", _("Any of these health problems, ever?"), short=_("Your health"), rows=(
    Question("heart_disease", _("Which heart or blood pressure problem?"), (
        ("heart_disease", _("Heart disease")), ("low_bp", _("Low blood pressure")), ("controlled_high_bp", _("High blood pressure, well controlled")),
        ("uncontrolled_high_bp", _("High blood pressure, not controlled")), ("none", _("None")), ("unsure", _("Not sure")),
    ), row=_("A heart or blood pressure problem")),
    yn("diabetes", _("Do you have diabetes?"),
       FollowUp("hba1c_percent", _("Your last HbA1c, in percent"), "number", ("yes",), _("For example 7.2. Leave this empty if you do not know.")),
       FollowUp("hba1c_on", _("When was it measured?"), "date", ("yes",)),
       FollowUp("diabetes_slow_healing", _("Do your sores heal slowly?"), "yn", ("yes",)), row=_("Diabetes")),
    yn("cancer_history", _("Have you ever had cancer?"), row=_("Cancer, ever")),
    yn("liver_disease", _("Do you have liver disease?"), row=_("Liver disease")),
    yn("implanted_device", _("Do you have a pacemaker or another electronic device in your body?"), row=_("A pacemaker or other electronic implant")),
    yn("fainting_seizures", _("Do you faint with needles, or have seizures?"), row=_("Fainting with needles, or seizures")),
    Question("prp_condition", _("Has a doctor named one of these?"), (
        ("platelet_dysfunction", _("A platelet problem")), ("sepsis", _("Blood poisoning, now")), ("haemodynamic_instability", _("A very unstable circulation")),
        ("none", _("None")), ("unsure", _("Not sure")),
    ), row=_("A platelet problem, blood poisoning or very unstable circulation")),
))  # fmt: skip

TODAY = Page("today", _("Is any of this true now?"), short=_("You and your scalp now"), always=True, rows=(
    *SCALP_ROWS,
    Question("fever_or_unwell", _("Do you feel ill or have a temperature?"), (
        ("yes", _("Yes, today")), ("recovered", _("I was ill and am well again")), ("no", _("No")), ("unsure", _("Not sure")),
    ), row=_("Illness or fever, now or in the last 2 weeks"), follow_ups=(
        FollowUp("temp_today_c", _("Your temperature, if you have taken it"), "temperature", ("yes",)),
        FollowUp("well_since", _("First day on which you were well"), "date", ("recovered",), needed=True),
        FollowUp("last_fever_on", _("Last day with a fever, if you had one"), "date", ("recovered",)),
    )),
    yn("photosensitiser_or_tan", _("Have you tanned in the last 2 weeks, or do you take a medicine that makes you burn?"), row=_("A tan (last 2 weeks), or a medicine that makes you burn")),
    yn("smoking", _("Do you smoke or vape?"), row=_("Smoking or vaping"), hint=_("You can write how much a day.")),
    yn("heavy_alcohol", _("Do you drink a lot of alcohol?"), row=_("Drinking a lot of alcohol")),
))  # fmt: skip

HOPES = Page("hopes", _("What do you hope for?"), short=_("What you hope for"), questions=(
    Question("hope", _("What would make this worth it? (optional)"), kind="text", required=False, note=True),
    Question("free_text", _("Anything else we should know? (optional)"), kind="text", required=False, hint=_("A person reads it later.")),
), rows=(
    Question("distress_daily", _("My hair upsets me very much most days"), YES_NO, kind="flag", into="expectation_or_distress", row=_("My hair upsets me very much most days")),
    Question("distress_pulling", _("I pull my hair out, or check it many times a day"), YES_NO, kind="flag", into="expectation_or_distress", row=_("I pull my hair out, or check it many times a day")),
    Question("distress_perfect", _("Only a perfect result is good enough"), YES_NO, kind="flag", into="expectation_or_distress", row=_("Only a perfect result is good enough")),
))  # fmt: skip

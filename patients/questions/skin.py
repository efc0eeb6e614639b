"""Scalp, skin, healing, hair. Plain words; a clinician must confirm the wording."""

from django.utils.translation import gettext_lazy as _

from patients.questions.answers import SKIN_DISEASE, yn
from patients.questions.model import FollowUp, Page, Question

SCALP_ROWS = (
    Question("scalp_infection", _("Do you have an infection on your scalp, or did you have one?"), (
        ("active", _("Yes, now")), ("on_treatment", _("Yes, and I am being treated")), ("resolved", _("I had one and it has healed")),
        ("none", _("No")), ("unsure", _("Not sure")),
    ), row=_("On the scalp in the last month: pus, ringworm, boils, lice or warts"), follow_ups=(
        FollowUp("infection_type", _("What was it, if you know?"), "text", ("active", "on_treatment", "resolved")),
        FollowUp("infection_lesions_healed_on", _("When had it healed?"), "date", ("resolved",), needed=True),
        FollowUp("infection_treatment_ended_on", _("When did the treatment end?"), "date", ("resolved",), _("If you used nothing, give the same date again."), needed=True),
    )),
    Question("scalp_wound", _("What is sore on your scalp?"), (
        ("open_wound", _("A cut or a sore")), ("irritated", _("Sore skin")), ("sunburn", _("Sunburn")), ("none", _("Nothing is sore")), ("unsure", _("Not sure")),
    ), row=_("A cut, sore or sunburnt scalp"), follow_ups=(FollowUp("sunburn_on", _("When did you burn?"), "date", ("sunburn",), needed=True),)),
    Question("seborrhoeic_dermatitis", _("How flaky, itchy or greasy is your scalp?"), (
        ("mild", _("A little")), ("inflamed", _("Very, and it is red and sore")), ("none", _("Not at all")), ("unsure", _("Not sure")),
    ), row=_("A flaky, itchy or greasy scalp")),
    yn("lesion_or_tattoo_in_zone", _("Is there a mole, a lump or a tattoo on your scalp?"), row=_("A mole, lump or tattoo on the scalp")),
)  # fmt: skip

SKIN = Page("skin", _("Any of these skin problems, ever?"), short=_("Skin and scars"), rows=(
    Question("psoriasis", _("Where is your psoriasis?"), SKIN_DISEASE, row=_("Psoriasis, anywhere"), follow_ups=(
        FollowUp("psoriasis_scalp_clear_since", _("Since when has your scalp been clear?"), "date", ("scalp_cleared",), needed=True),
        FollowUp("psoriasis_treatment", _("What do you use for it?"), "text", ("active_elsewhere", "active_scalp", "scalp_cleared")),
    )),
    Question("eczema", _("Where is your eczema or dermatitis?"), SKIN_DISEASE, row=_("Eczema or dermatitis"), follow_ups=(
        FollowUp("eczema_scalp_clear_since", _("Since when has your scalp been clear?"), "date", ("scalp_cleared",), needed=True),
        FollowUp("eczema_treatment", _("What do you use for it?"), "text", ("active_elsewhere", "active_scalp", "scalp_cleared")),
    )),
    yn("koebner_disease", _("Do you have vitiligo or lichen planus?"),
       FollowUp("koebner_last_active_on", _("When did it last get worse?"), "date", ("yes",), needed=True), row=_("Vitiligo or lichen planus")),
    Question("herpes", _("Do you have a cold sore or shingles now?"), (
        ("active", _("Yes, now")), ("past", _("Not now, but I have had them")), ("never", _("Never")), ("unsure", _("Not sure")),
    ), row=_("Cold sores or shingles on the face or scalp"), follow_ups=(FollowUp("herpes_last_episode_on", _("When was the last one?"), "date", ("past",)),)),
    Question("head_skin_cancer", _("What is it?"), (
        ("current", _("Skin cancer, now")), ("past", _("Skin cancer in the past")), ("undiagnosed_spot", _("A spot that no doctor has checked")),
        ("actinic_keratosis", _("Sun damage (a doctor said “actinic keratosis”)")), ("none", _("None of these")), ("unsure", _("Not sure")),
    ), row=_("Skin cancer on your head, or a spot that changes, bleeds or won’t heal")),
    Question("keloid", _("Who had a scar that grew bigger than the wound (a keloid)?"), (
        ("personal", _("I did")), ("family_only", _("Somebody in my family, but not I")), ("never", _("Nobody")), ("unsure", _("Not sure")),
    ), row=_("A scar bigger than the wound (keloid): you, a parent, brother or sister"),
        follow_ups=(FollowUp("keloid_site", _("Where on the body?"), "text", ("personal",)),)),
    yn("raised_scar", _("Do you get raised scars?"), row=_("Raised scars")),
    yn("post_inflammatory_marks", _("Do cuts or spots leave dark marks for months?"), row=_("Dark marks for months after cuts or spots")),
    Question("poor_healing", _("What is it?"), (
        ("slow_healing", _("My wounds heal slowly")), ("connective_tissue", _("I have lupus, scleroderma or similar")), ("no", _("None of these")), ("unsure", _("Not sure")),
    ), row=_("Slow healing, lupus, scleroderma or similar")),
))  # fmt: skip

HAIR = Page("hair", _("Your hair loss"), short=_("Your hair loss"), questions=(
    Question("diagnosis", _("What did a doctor call your hair loss?"), (
        ("androgenetic_alopecia", _("Pattern hair loss (androgenetic alopecia)")), ("alopecia_areata", _("Alopecia areata")),
        ("telogen_effluvium", _("Shedding after stress or illness (telogen effluvium)")), ("traction_alopecia", _("From pulling or tight hair (traction alopecia)")),
        ("scarring_alopecia", _("Scarring alopecia")), ("other", _("Something else")), ("undiagnosed", _("Not told, or not sure")),
    )),
), rows=(
    Question("scarring_alopecia", _("Is the skin scarred where you lose hair?"), (
        ("active", _("Yes, a doctor said so, and it is active")), ("inactive", _("Yes, a doctor said so, but it is quiet now")),
        ("suspected", _("Perhaps: it burns, is sore or shiny")), ("none", _("No")), ("unsure", _("Not sure")),
    ), row=_("Scarred, burning, sore or shiny skin where hair is lost"),
        follow_ups=(FollowUp("scarring_last_active_on", _("When was it last active?"), "date", ("inactive",), needed=True),)),
    yn("alopecia_areata", _("Do you have round bald patches?"), row=_("Round bald patches")),
    yn("sudden_or_undiagnosed_loss", _("Did it start suddenly, in patches, or with pain?"), row=_("Loss that was sudden, patchy or painful")),
    yn("telogen_trigger", _("Did you have a big illness, an operation, weight loss, a birth or a new medicine?"),
       FollowUp("telogen_trigger_on", _("When?"), "date", ("yes",), needed=True), row=_("In the last 6 months: big illness, operation, weight loss, birth or new medicine")),
))  # fmt: skip

PATTERN = Page("pattern", _("Which picture is like your hair?"), short=_("Picture of your hair"), questions=(
    Question("hair_pattern", _("Which picture is like your hair?"), (
        ("temples", _("Less at the temples")), ("crown", _("Thin at the crown")), ("front_and_crown", _("Front and crown")), ("parting", _("A wide parting")),
        ("all_over", _("Thin all over")), ("patches", _("Round bald spots")), ("unsure", _("Not sure, or none")),
    ), _("Seen from above, face at the bottom."), kind="pictures", note=True),
))  # fmt: skip

SUN = Page("sun", _("What does the sun do to your skin?"), short=_("Skin and sun"), questions=(
    Question("fitzpatrick", _("What does the sun do to your skin?"), (
        ("I", _("Always burns, never tans")), ("II", _("Burns easily, tans a little")), ("III", _("Burns at times, tans slowly")), ("IV", _("Burns little, tans well")),
        ("V", _("Brown skin, seldom burns")), ("VI", _("Dark brown or black skin, hardly ever burns")), ("unsure", _("Not sure")),
    ), _("Go by the words, not the colours."), kind="pictures"),
))  # fmt: skip

"""Rules with a date or a value beside the answer (SCHEMA 2.3, 2.5)."""

from datetime import date, timedelta

from clinic.clock import add_months
from patients.rules.causes import ABSOLUTE, CAUTION, DEFER, INCOMPLETE, REVIEW, Cause, Causes
from patients.rules.policy import EligibilityPolicy
from patients.rules.reading import Facts
from patients.rules.vocabulary import Overall


def _after(rule: str, over_on: date, facts: Facts, then: Overall | None) -> Causes:
    """DEFER before `over_on`, afterwards `then` (nothing if None)."""
    if facts.as_of < over_on:
        yield Cause(rule, DEFER, over_on)
    elif then is not None:
        yield Cause(rule, then)


def infection(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E01: resolved needs both dates; 14 full days from the later one."""
    if facts.get("scalp_infection") != "resolved":
        return
    healed, ended = facts.get("infection_lesions_healed_on"), facts.get("infection_treatment_ended_on")
    if healed is None or ended is None:
        yield Cause("E01", INCOMPLETE)
        return
    yield from _after("E01", max(healed, ended) + timedelta(days=policy.infection_wait_days), facts, CAUTION)


def skin_disease(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E02, E03: a cleared scalp waits 28 days and is then reviewed."""
    for key, rule in (("psoriasis", "E02"), ("eczema", "E03")):
        if facts.get(key) == "scalp_cleared":
            since = facts.get(f"{key}_scalp_clear_since")
            if since is None:
                yield Cause(rule, INCOMPLETE)
            else:
                yield from _after(rule, since + timedelta(days=policy.scalp_clear_days), facts, REVIEW)


def pregnancy(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E05 when the question was never asked; E05b after a birth."""
    if "pregnancy" not in facts.answers and facts.sex != "male":
        yield Cause("E05", INCOMPLETE)
    delivered = facts.get("delivered_on")
    if delivered and facts.as_of < add_months(delivered, policy.postpartum_months):
        yield Cause("E05b", CAUTION)


def blood_thinner(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E07, E07b: drugs and INR. A letter never lifts an INR above 3.0, nor a missing or old one on warfarin."""
    drug = facts.get("blood_thinner")
    if drug in (None, "none", "unsure"):
        return
    if drug == "aspirin_low_dose_only":
        too_much = (facts.get("aspirin_mg_per_day") or 0) > policy.low_dose_aspirin_mg
        yield Cause("E07" if too_much else "E07b", REVIEW)
        return
    inr, inr_on = facts.get("inr"), facts.get("inr_on")
    if drug in ("warfarin", "two_or_more") and inr is not None and inr > policy.inr_highest:
        yield Cause("E07", DEFER)
        return
    known = inr is not None and inr_on is not None and (facts.as_of - inr_on).days <= policy.inr_valid_days
    yield Cause("E07", REVIEW, liftable=known or drug != "warfarin")


def nsaid(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E07c by the date alone."""
    taken = facts.get("nsaid_last_taken_on")
    if taken and (facts.as_of - taken).days <= policy.nsaid_caution_days:
        yield Cause("E07c", CAUTION)


def platelets(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E08 by the count."""
    count = facts.get("platelets_10e9_l")
    if count is not None and count < policy.platelets_below:
        yield Cause("E08", ABSOLUTE)


def medicines(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E09 isotretinoin, E11 chemo- or radiotherapy, E12 steroids, E42 hair medicines."""
    if facts.get("isotretinoin") == "stopped":
        yield from _since("E09", facts, "isotretinoin_stopped_on", policy.isotretinoin_months, None)
    if facts.get("chemo_radiotherapy") == "past":
        yield from _since("E11", facts, "chemo_radiotherapy_ended_on", policy.chemo_months, REVIEW)
    if facts.get("systemic_steroid") == "current":
        dose, weeks = facts.get("systemic_steroid_mg_per_day"), facts.get("systemic_steroid_weeks")
        if dose is None or weeks is None:
            yield Cause("E12", INCOMPLETE)
        elif dose >= policy.steroid_mg_per_day and weeks >= policy.steroid_weeks:
            yield Cause("E12", REVIEW)
    if {"finasteride", "dutasteride", "oral_minoxidil"} & set(facts.get("hair_medicines") or ()):
        yield Cause("E42", CAUTION)


def _since(rule: str, facts: Facts, key: str, months: int, then: Overall | None) -> Causes:
    on = facts.get(key)
    if on is None:
        yield Cause(rule, INCOMPLETE)
    else:
        yield from _after(rule, add_months(on, months), facts, then)


def diabetes(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E13: CAUTION only with a recent HbA1c below the cut-off and normal healing."""
    if facts.get("diabetes") != "yes":
        return
    value, on = facts.get("hba1c_percent"), facts.get("hba1c_on")
    usable = value is not None and on is not None and (facts.as_of - on).days <= policy.hba1c_valid_days
    heals = facts.get("diabetes_slow_healing") in (None, "no")
    yield Cause("E13", CAUTION if usable and value < policy.hba1c_below_percent and heals else REVIEW)


def scalp(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E15 sunburn, E18 scarring, E21 telogen trigger, E22 Koebner-prone disease."""
    if facts.get("scalp_wound") == "sunburn":
        burnt = facts.get("sunburn_on")
        if burnt is None:
            yield Cause("E15", DEFER)
        else:
            yield from _after("E15", burnt + timedelta(days=policy.sunburn_days), facts, None)
    scarring = facts.get("scarring_alopecia")
    if scarring == "inactive":
        yield from _since("E18", facts, "scarring_last_active_on", policy.scarring_inactive_months, REVIEW)
    elif facts.get("diagnosis") == "scarring_alopecia":
        yield Cause("E18", DEFER)
    if facts.get("telogen_trigger") == "yes":
        on = facts.get("telogen_trigger_on")
        if on is None or facts.as_of < add_months(on, policy.telogen_months):
            yield Cause("E21", CAUTION)
    if facts.get("koebner_disease") == "yes":
        active = facts.get("koebner_last_active_on")
        quiet = active is not None and facts.as_of >= add_months(active, policy.koebner_inactive_months)
        yield Cause("E22", REVIEW, liftable=quiet)


def allergies(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E25: an anaesthetic or an anaphylaxis is reviewed, the rest is a caution."""
    for entry in facts.get("allergies") or ():
        grave = entry["substance"] == "anaesthetic" or entry.get("anaphylaxis", False)
        yield Cause("E25", REVIEW if grave else CAUTION)


def treatments(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E26 surgery, E27 other procedures, E28 products on the scalp, E37 home roller."""
    if facts.get("scalp_surgery") == "yes":
        on = facts.get("scalp_surgery_on")
        if on is None:
            yield Cause("E26", INCOMPLETE)
        else:
            later = REVIEW if facts.as_of < add_months(on, policy.surgery_review_months) else None
            yield from _after("E26", add_months(on, policy.surgery_defer_months), facts, later)
    for item in facts.get("other_scalp_procedures") or ():
        days = policy.botulinum_days if item["kind"] == "botulinum_toxin" else policy.other_procedure_days
        yield from _after("E27", item["on"] + timedelta(days=days), facts, None)
    acid = facts.get("scalp_retinoid_acid_on")
    if acid == facts.as_of:
        yield Cause("E28", DEFER, facts.as_of + timedelta(days=1))
    elif acid is not None and (facts.as_of - acid).days == 1:
        yield Cause("E28", CAUTION)
    dyed = facts.get("scalp_dye_on")
    if dyed and facts.as_of < dyed + timedelta(days=policy.dye_days):
        yield Cause("E28", CAUTION)
    if facts.get("home_roller") == "yes":
        used = facts.get("home_roller_last_used_on")
        if used is None:
            yield Cause("E37", INCOMPLETE)
        else:
            yield from _after("E37", used + timedelta(days=policy.roller_days), facts, CAUTION)


def person(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """E30, E30b age; E31 fever; E33 implanted device."""
    if facts.age < policy.adult_years:
        yield Cause("E30", ABSOLUTE, _birthday(facts.birth_on, policy.adult_years))
    elif facts.age <= policy.young_adult_until_years:
        yield Cause("E30b", CAUTION)
    if facts.get("fever_or_unwell") == "recovered":
        well = facts.get("well_since")
        if well is None:
            yield Cause("E31", INCOMPLETE)
        else:
            yield from _after("E31", well + timedelta(days=policy.well_days), facts, None)
    warm = facts.get("temp_today_c")
    if warm is not None and warm >= policy.fever_c:
        yield Cause("E31", DEFER)
    if facts.get("implanted_device") == "yes":
        yield Cause("E33", ABSOLUTE if facts.radiofrequency else CAUTION)


def _birthday(birth_on: date, years: int) -> date:
    try:
        return birth_on.replace(year=birth_on.year + years)
    except ValueError:
        return date(birth_on.year + years, 3, 1)

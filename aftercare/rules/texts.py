"""The T-rules in words (RULES section 4)."""

from aftercare.rules.policy import DEFAULT, CheckInPolicy
from clinic.findings import RuleText

_ROWS: tuple[tuple[str, str, str, str, str, bool], ...] = (
    ("T01", "Allergic swelling", "Trouble breathing, or swelling of face, lips or tongue.", "any time", "S0 (allergy), general knowledge", False),
    ("T02", "Fever with infection", "Fever with spreading redness or pus.", "{fever} °C or chills, any time", "S0; L43 (weak)", False),
    ("T03", "Fever", "Fever without other signs of infection.", "{fever} °C or chills, up to day {fever_day}", "S0", False),
    ("T04", "Pus", "Pus from the treated skin.", "any time", "S0", False),
    ("T05", "Spreading infection or severe pain", "Red streaks, spreading redness, or pain of {severe} or more.", "pain {severe} of 10", "S0; L43 (weak)", False),
    ("T06", "Bleeding does not stop", "Bleeding that does not stop after 10 minutes of firm pressure.", "any time", "proposed default", True),
    ("T07", "Blisters, hives, widespread rash", "Blisters, hives, or a rash over a large area.", "any time", "S0", False),
    ("T08", "Heart or fainting", "Chest pain, fainting, or a racing heart, above all with minoxidil.", "any time", "L52 (weak), L24", False),
    ("T10", "Redness", "Redness that is strong, lasts, or gets worse.", "grey band {from}–{to} h; worse after {from} h", "S0, S1, S3", False),
    ("T11", "Swelling", "Swelling that is strong, lasts, or reaches forehead or eyelids.", "grey band {from}–{to} h", "S0, S1, S3", False),
    ("T12", "Pain", "Strong pain, pain that lasts, or pain that gets worse.", "{strong} of 10; {lasting} of 10 after {to} h; worse after {from} h", "S0", False),
    ("T13", "Rash in one area", "A rash in one area.", "any time", "S0", False),
    ("T14", "Bleeding or oozing", "Oozing from {early} hours on, or new spots of blood after {from} hours.", "{early} h; {from} h", "proposed default", True),
    ("T15", "Painful lumps or very hot skin", "Painful pustules, tender lumps, or very hot skin.", "any time", "S0; folliculitis reported (weak)", False),
    ("T16", "Red-flag question without an answer", "A red-flag question was asked and not answered.", "any time", "proposed default", True),
    ("T17", "Product used too early, with symptoms", "A product was used within {topical} hours and the scalp burns or hurts.", "{topical} h; pain {lasting} of 10", "S0 (chemical burn)", False),
    ("T20", "Itch or flaking lasts", "Itch after day {itch_day}, or flaking after day {flaking_day}.", "day {itch_day}; day {flaking_day}", "S0", False),
    ("T22", "Sore neck glands", "Sore glands in the neck without fever.", "any time", "L13", False),
    ("T23", "Dark or light patches", "Dark or light patches on the skin. The next session is held.", "any time", "S0, S3", False),
    ("T24", "Shedding", "Clumps or a new bald patch, or more shedding than usual after day {shedding_day}.", "day {shedding_day}", "S0; L27 (weak)", False),
    ("T25", "Scars or firm bumps", "Raised or pitted scars, or firm bumps for {bumps_day} days. A dermatologist looks; the next session is held.", "day {bumps_day} for bumps", "S3; L14", False),
    ("T26", "Numbness", "Numbness after {numbness} hours.", "{numbness} h", "L53 (second-hand)", False),
    ("T28", "Product used too early", "Something was used inside its waiting time, without symptoms.", "{topical} h, {gentle} h or {rest} h by product", "S0", False),
    ("T29", "Change in health", "A new pregnancy, medicine or illness. The next session is held until the patient is screened again.", "any time; fever alone after day {fever_day}", "S0", False),
    ("T30", "Nothing of concern", "Nothing that needs a person.", "", "–", False),
)  # fmt: skip


def _numbers(policy: CheckInPolicy) -> dict[str, str]:
    """What the curly brackets of the rows stand for."""
    return {
        "fever": f"{policy.fever_c:.1f}", "fever_day": f"{policy.fever_hours / 24:g}", "from": f"{policy.grey_from_hours:g}",
        "to": f"{policy.grey_to_hours:g}", "early": f"{policy.early_hours:g}", "severe": str(policy.severe_pain),
        "strong": str(policy.strong_pain), "lasting": str(policy.lasting_pain), "itch_day": f"{policy.itch_hours / 24:g}",
        "flaking_day": f"{policy.flaking_hours / 24:g}", "shedding_day": f"{policy.shedding_hours / 24:g}",
        "bumps_day": f"{policy.bumps_hours / 24:g}", "numbness": f"{policy.numbness_hours:g}", "topical": f"{policy.topical_hours:g}",
        "gentle": f"{policy.gentle_hours:g}", "rest": f"{policy.rest_hours:g}",
    }  # fmt: skip


def texts_for(policy: CheckInPolicy) -> dict[str, RuleText]:
    """The rules with the numbers and the wording that this clinic runs."""
    numbers = _numbers(policy)
    return {
        row[0]: RuleText(
            id=row[0], title=row[1], words=policy.words.get(row[0], row[2]).format(**numbers), threshold=row[3].format(**numbers),
            source=row[4], proposed=row[5],
        )
        for row in _ROWS
    }  # fmt: skip


RULES: dict[str, RuleText] = texts_for(DEFAULT)
TEMPLATES: dict[str, str] = {row[0]: row[2] for row in _ROWS}
BRACKETS: frozenset[str] = frozenset(_numbers(DEFAULT))

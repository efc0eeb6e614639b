"""The T-rules in words (RULES section 4)."""

from clinic.findings import RuleText

_ROWS: tuple[tuple[str, str, str, str, str, bool], ...] = (
    ("T01", "Allergic swelling", "Trouble breathing, or swelling of face, lips or tongue.", "any time", "S0 (allergy), general knowledge", False),
    ("T02", "Fever with infection", "Fever with spreading redness or pus.", "38.0 °C or chills, any time", "S0; L43 (weak)", False),
    ("T03", "Fever", "Fever without other signs of infection.", "38.0 °C or chills, up to day 14", "S0", False),
    ("T04", "Pus", "Pus from the treated skin.", "any time", "S0", False),
    ("T05", "Spreading infection or severe pain", "Red streaks, spreading redness, or pain of 8 or more.", "pain 8 of 10", "S0; L43 (weak)", False),
    ("T06", "Bleeding does not stop", "Bleeding that does not stop after 10 minutes of firm pressure.", "any time", "proposed default", True),
    ("T07", "Blisters, hives, widespread rash", "Blisters, hives, or a rash over a large area.", "any time", "S0", False),
    ("T08", "Heart or fainting", "Chest pain, fainting, or a racing heart, above all with minoxidil.", "any time", "L52 (weak), L24", False),
    ("T10", "Redness", "Redness that is strong, lasts, or gets worse.", "grey band 48–72 h; worse after 48 h", "S0, S1, S3", False),
    ("T11", "Swelling", "Swelling that is strong, lasts, or reaches forehead or eyelids.", "grey band 48–72 h", "S0, S1, S3", False),
    ("T12", "Pain", "Strong pain, pain that lasts, or pain that gets worse.", "7 of 10; 4 of 10 after 72 h; worse after 48 h", "S0", False),
    ("T13", "Rash in one area", "A rash in one area.", "any time", "S0", False),
    ("T14", "Bleeding or oozing", "Oozing from 24 hours on, or new spots of blood after 48 hours.", "24 h; 48 h", "proposed default", True),
    ("T15", "Painful lumps or very hot skin", "Painful pustules, tender lumps, or very hot skin.", "any time", "S0; folliculitis reported (weak)", False),
    ("T16", "Red-flag question without an answer", "A red-flag question was asked and not answered.", "any time", "proposed default", True),
    ("T17", "Product used too early, with symptoms", "A product was used within 24 hours and the scalp burns or hurts.", "24 h; pain 4 of 10", "S0 (chemical burn)", False),
    ("T20", "Itch or flaking lasts", "Itch after day 7, or flaking after day 14.", "day 7; day 14", "S0", False),
    ("T22", "Sore neck glands", "Sore glands in the neck without fever.", "any time", "L13", False),
    ("T23", "Dark or light patches", "Dark or light patches on the skin. The next session is held.", "any time", "S0, S3", False),
    ("T24", "Shedding", "Clumps or a new bald patch, or more shedding than usual after day 56.", "day 56", "S0; L27 (weak)", False),
    ("T25", "Scars or firm bumps", "Raised or pitted scars, or firm bumps for 14 days. A dermatologist looks; the next session is held.", "day 14 for bumps", "S3; L14", False),
    ("T26", "Numbness", "Numbness after 72 hours.", "72 h", "L53 (second-hand)", False),
    ("T28", "Product used too early", "Something was used inside its waiting time, without symptoms.", "24 h, 48 h or 72 h by product", "S0", False),
    ("T29", "Change in health", "A new pregnancy, medicine or illness. The next session is held until the patient is screened again.", "any time; fever alone after day 14", "S0", False),
    ("T30", "Nothing of concern", "Nothing that needs a person.", "", "–", False),
)  # fmt: skip

RULES: dict[str, RuleText] = {
    row[0]: RuleText(id=row[0], title=row[1], words=row[2], threshold=row[3], source=row[4], proposed=row[5])
    for row in _ROWS
}

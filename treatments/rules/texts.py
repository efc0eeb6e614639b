"""The S-rules in words (RULES section 3), and findings from a result."""

from typing import Any

from clinic.findings import Finding, RuleText

_ROWS: tuple[tuple[str, str, str, str, str, bool], ...] = (
    ("S01", "Same-day re-screen", "Nobody has asked today whether anything changed, or a change was not looked at.", "the session day", "S1 (disclose), proposed default", True),
    ("S02", "Eligibility of the day", "The patient is not cleared for this day.", "CLEAR or CAUTION", "rule table E", False),
    ("S03", "Consent", "Consent is missing, outdated, for something else, or without the off-label statement.", "text in force", "L1, L2; proposed default", True),
    ("S04", "Operator", "The operator's role is not allowed here, or the credential has expired.", "dermatologist, physician, nurse, licensed practitioner", "S3 (S0 differs: a setting)", False),
    ("S05", "Device", "The depth is above the device's own maximum, the device is not on the register, or it is an energy device.", "the device's labelled maximum", "L2, L39", False),
    ("S06", "Cartridge", "The cartridge was used before, its seal is broken, it has no lot or no expiry date, it is recalled, or it has expired.", "usable through the printed day", "S0 (single use); L20; expiry convention is general knowledge", False),
    ("S07", "Depth", "The depth is outside what has been studied, above 1.50 mm, or at the edge.", "0.20–2.50 mm; reason above 1.50 mm", "L10; S0; L4 (second-hand)", False),
    ("S08", "Depth in this zone", "The depth is above this clinic's limit for the zone.", "hairline and temples 1.00, mid-scalp 1.25, vertex and occipital 1.50 mm", "L48 (weak); L49 differs", True),
    ("S09", "Depth in darker skin", "Fitzpatrick IV–VI, or not recorded, and deeper than 1.00 mm.", "1.00 mm", "S0; the number is a proposed default", True),
    ("S10", "Interval", "The time since the last scalp needling is too short, outside the window, or so long that a full re-screen is due.", "7, 28, 42 days; maintenance 56–92; 180 days", "S0, S3; L6–L10; 180 days is a proposed default", True),
    ("S11", "Open event or hold", "An adverse event is open, or a check-in holds the next session. A clinician must release it.", "any", "S2", False),
    ("S12", "Course length and response", "More than six sessions, or no response by session 3 or month 6.", "6 sessions; session 3; month 6", "S3, S0", False),
    ("S13", "Patch test and allergens", "The product has no valid patch test, or the patient is allergic to it.", "24 h, read after 24 h; note to 48 h; 180 days", "S0; L36; 180 days is a proposed default", True),
    ("S14", "Products during and after", "This product waits, or needs the prescriber's reason.", "24 h", "S2, S0, S3; L14, L15, L24–L26", False),
    ("S15", "Acids before the session", "A retinoid, acid or exfoliant was on the scalp too recently.", "24 h; note to 72 h", "L5 (second-hand); clinics say 1–7 days (weak)", False),
    ("S16", "Anaesthetic", "The numbing cream was not wiped off, a detail is missing, the patient is allergic, or the dose is too high.", "4.5 mg/kg and 600 mg in 12 h", "S0; L41 (lidocaine jelly label; other forms differ)", False),
    ("S17", "Passes", "More than six passes over one zone.", "6 passes", "S2; the number is a proposed default", True),
    ("S18", "Endpoint", "Frank bleeding stops the zone. Pinpoint bleeding is noted, and so is a missing endpoint.", "mild erythema is usual", "L6", False),
    ("S19", "PRP", "The patient is not eligible for PRP, the tube was not checked by two, or times or volume are missing.", "two people", "L18; L20", False),
    ("S20", "Baseline", "Photos, grade or density site are missing before the first session.", "six views; again after 180 days", "L35; proposed default", True),
    ("S21", "Written aftercare", "The patient has not been given the written aftercare.", "before leaving", "S0, S1", False),
    ("S22", "Home plan", "Home needling above 1.00 mm, more than weekly, or without a named approver.", "1.00 mm; once a week", "S0, S3", False),
    ("S23", "Pain", "Pain of 8 or more: pause. A second time: stop.", "8 of 10", "proposed default", True),
    ("S24", "Places never needled", "Below the hairline, or a zone that is closed for this patient.", "–", "L4 (second-hand), L39", False),
    ("S25", "Sharps and cleaning", "Sharps disposal and surface cleaning are not confirmed.", "before leaving", "S0; L2", False),
    ("S26", "Complete record", "Something is missing: patient, operator, device, cartridge lot and expiry, product lots, passes, endpoints, or the end.", "at sign-off", "L20", False),
)  # fmt: skip

RULES: dict[str, RuleText] = {
    row[0]: RuleText(id=row[0], title=row[1], words=row[2], threshold=row[3], source=row[4], proposed=row[5])
    for row in _ROWS
}


def findings_for(result: dict[str, Any]) -> list[Finding]:
    """The results of `session` with their words and sources."""
    found = []
    for row in result.get("results", ()):
        text = RULES[row["rule"]]
        subject = row.get("zone", row.get("product", ""))
        found.append(Finding(text.id, row["severity"], f"{text.title}: {text.words}", text.source, subject, text.proposed))
    return found

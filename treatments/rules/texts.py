"""The S-rules in words (RULES section 3), and findings from a result. Curly brackets name a number of the policy."""

from typing import Any

from clinic.findings import Finding, RuleText
from treatments.rules.policy import DEFAULT, SessionPolicy
from treatments.rules.vocabulary import Severity

_ROWS: tuple[tuple[str, str, str, str, str, bool], ...] = (
    ("S01", "Same-day re-screen", "Nobody has asked today whether anything changed, or a change was not looked at.", "the session day", "S1 (disclose), proposed default", True),
    ("S02", "Eligibility of the day", "The patient is not cleared for this day.", "CLEAR or CAUTION", "rule table E", False),
    ("S03", "Consent", "Consent is missing, outdated, for something else, or without the off-label statement.", "text in force", "L1, L2; proposed default", True),
    ("S04", "Operator", "The operator's role is not allowed here, or the credential has expired.", "{roles}", "S3 (S0 differs: a setting); the roles are a proposed default", True),
    ("S05", "Device", "The depth is above the device's own maximum, the device is not on the register, or it is an energy device.", "the device's labelled maximum", "L2, L39", False),
    ("S06", "Cartridge", "The cartridge was used before, its seal is broken, it has no lot or no expiry date, it is recalled, or it has expired.", "usable through the printed day", "S0 (single use); L20; expiry convention is general knowledge", False),
    ("S07", "Depth", "The depth is outside what has been studied, above {reason} mm, or at the edge.", "{least}–{most} mm; reason above {reason} mm; note at {reason} and below {shallow} mm", "L10; S0; L4 (second-hand)", False),
    ("S08", "Depth in this zone", "The depth is above this clinic's limit for the zone.", "{zones} mm", "L48 (weak); L49 differs: a setting and a proposed default", True),
    ("S09", "Depth in darker skin", "Fitzpatrick IV–VI, or not recorded, and deeper than {dark} mm.", "{dark} mm", "S0; the number is a proposed default", True),
    ("S10", "Interval", "The time since the last scalp needling is too short, outside the window, or so long that a full re-screen is due.", "at least {soonest} days; a reason under {free}; {opens}–{closes} at first, {opens_later}–{closes_later} in maintenance; re-screen after {gap}", "S0, S3; L6–L10; the long gap is a proposed default", True),
    ("S11", "Open event or hold", "An adverse event is open, or a check-in holds the next session. A clinician must release it.", "any", "S2", False),
    ("S12", "Course length and response", "More than {sessions} sessions, or no response by session {by_session} or month {by_month}.", "{sessions} sessions; session {by_session}; month {by_month}", "S3, S0", False),
    ("S13", "Patch test and allergens", "The product has no valid patch test, or the patient is allergic to it.", "{patch} h, read after {patch} h; note to {patch_note} h; {patch_days} days", "S0; L36; the age of a test is a proposed default", True),
    ("S14", "Products during and after", "This product waits, or needs the prescriber's reason.", "{wait} h", "S2, S0, S3; L14, L15, L24–L26", False),
    ("S15", "Acids before the session", "A retinoid, acid or exfoliant was on the scalp too recently.", "{wait} h; note to {acid} h", "L5 (second-hand); clinics say 1–7 days (weak)", False),
    ("S16", "Anaesthetic", "The numbing cream was not wiped off, a detail is missing, the patient is allergic, or the dose is too high.", "{per_kg} mg/kg and {mg} mg in 12 h", "S0; L41 (lidocaine jelly label; other forms differ)", False),
    ("S17", "Passes", "More than {passes} passes over one zone.", "{passes} passes", "S2; the number is a proposed default", True),
    ("S18", "Endpoint", "Frank bleeding stops the zone. Pinpoint bleeding is noted, and so is a missing endpoint.", "mild erythema is usual", "L6", False),
    ("S19", "PRP", "The patient is not eligible for PRP, the tube was not checked by two, or times or volume are missing.", "two people", "L18; L20", False),
    ("S20", "Baseline", "Photos, grade or density site are missing before the first session.", "{views} views; again after {gap} days", "L35; proposed default", True),
    ("S21", "Written aftercare", "The patient has not been given the written aftercare.", "before leaving", "S0, S1", False),
    ("S22", "Home plan", "Home needling above {home} mm, too often, or without a named approver.", "{home} mm; {weekly} a week", "S0, S3", False),
    ("S23", "Pain", "Pain of {pain} or more: pause. A second time: stop.", "{pain} of 10", "proposed default", True),
    ("S24", "Places never needled", "Below the hairline, or a zone that is closed for this patient.", "–", "L4 (second-hand), L39", False),
    ("S25", "Sharps and cleaning", "Sharps disposal and surface cleaning are not confirmed.", "before leaving", "S0; L2", False),
    ("S26", "Complete record", "Something is missing: patient, operator, device, cartridge lot and expiry, product lots, passes, endpoints, or the end.", "at sign-off", "L20", False),
)  # fmt: skip

# No S-rule of RULES section 3 and no number in it: what the clinic's own stock says of a product (decision 0028).
STOCK = "STOCK"
_HOUSE = {
    STOCK: RuleText(
        id=STOCK, title="Product out of use", words="This product was withdrawn, or is past its date. Take another one.",
        threshold="usable through the printed day", source="this clinic's stock",
    )
}  # fmt: skip


def _mm(hundredths: int) -> str:
    return f"{hundredths / 100:.2f}"


def _numbers(policy: SessionPolicy) -> dict[str, object]:
    """What the curly brackets of the rows stand for."""
    opens, closes = policy.initial_window
    opens_later, closes_later = policy.maintenance_window
    zones = ", ".join(f"{zone.replace('_', ' ')} {_mm(limit)}" for zone, limit in policy.zone_limits.items())
    return {
        "roles": ", ".join(role.replace("_", " ") for role in policy.allowed_roles), "zones": zones,
        "least": _mm(policy.depth_least), "most": _mm(policy.depth_most), "reason": _mm(policy.depth_reason_above),
        "shallow": _mm(policy.depth_shallow_below),
        "dark": _mm(policy.dark_skin_depth), "soonest": policy.interval_least_days, "free": policy.interval_free_days, "opens": opens,
        "closes": closes,
        "opens_later": opens_later, "closes_later": closes_later, "gap": policy.rescreen_after_days,
        "sessions": policy.initial_sessions, "by_session": policy.response_by_session,
        "by_month": policy.response_by_months, "patch": policy.patch_hours, "patch_note": policy.patch_note_hours,
        "patch_days": f"{policy.patch_valid_hours / 24:g}", "wait": f"{policy.topical_wait_hours:g}",
        "acid": policy.acid_note_hours, "per_kg": f"{policy.anaesthetic_mg_per_kg:g}",
        "mg": f"{policy.anaesthetic_most_mg:g}", "passes": policy.passes_reason_above,
        "views": len(policy.required_views), "home": _mm(policy.home_most_depth),
        "weekly": f"{policy.home_per_week:g}", "pain": policy.pain_pause,
    }  # fmt: skip


def texts_for(policy: SessionPolicy) -> dict[str, RuleText]:
    """The rules with the numbers that this clinic runs."""
    numbers = _numbers(policy)
    return {
        row[0]: RuleText(
            id=row[0], title=row[1], words=policy.words.get(row[0], row[2]).format(**numbers), threshold=row[3].format(**numbers), source=row[4],
            proposed=row[5],
        )
        for row in _ROWS
    }  # fmt: skip


RULES: dict[str, RuleText] = texts_for(DEFAULT)
TEMPLATES: dict[str, str] = {row[0]: row[2] for row in _ROWS}
# Said in the place of a rule's words where its note is no warning: the words name what would be wrong.
_NOTED = {"S22": "Within {home} mm and {weekly} a week, approved by name. A home plan is always noted."}
BRACKETS: frozenset[str] = frozenset(_numbers(DEFAULT))


def findings_for(result: dict[str, Any], policy: SessionPolicy = DEFAULT) -> list[Finding]:
    """The results of `session` with their words, in the clinic's own numbers, and their sources."""
    texts = _HOUSE | (RULES if policy == DEFAULT else texts_for(policy))
    found = []
    for row in result.get("results", ()):
        text = texts[row["rule"]]
        subject = row.get("zone", row.get("product", ""))
        said = _NOTED[text.id].format(**_numbers(policy)) if row["severity"] == Severity.NOTE and text.id in _NOTED else text.words
        found.append(Finding(text.id, row["severity"], f"{text.title}: {said}", text.source, subject, text.proposed))
    return found

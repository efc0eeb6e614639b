"""The numbers of the S-rules. Those marked `P` or `W` in the rule table are defaults that a clinic edits."""

from dataclasses import dataclass, field
from typing import Any

from clinic.numbers import Number, choice_of, number, number_faults, numbers_of, order_faults, with_values

_ROLES = ("dermatologist", "physician", "nurse", "licensed_practitioner")
_ALL_ROLES = (*_ROLES, "trichologist", "aesthetician", "other")
_VIEWS = ("frontal_hairline", "vertex", "midline", "temporal_left", "temporal_right", "occipital")
_SKIN = ("I", "II", "III", "IV", "V", "VI")
_ZONES = {"frontal_hairline": 100, "temple_left": 100, "temple_right": 100, "mid_scalp": 125, "vertex": 150, "occipital": 150}


_ZONE_LIMITS: Any = field(
    default_factory=lambda: dict(_ZONES),
    metadata={"words": "S08: deepest without a reason", "unit": "mm", "range": (20, 250), "proposed": True, "scale": 100},
)


def _depth(default: int, words: str, proposed: bool = False, least: float = 1) -> Any:
    return number(default, words, "mm", 1000, least=least, proposed=proposed, scale=100)


def _days(default: int, words: str, proposed: bool = False) -> Any:
    return number(default, words, "days", 3650, proposed=proposed)


def _hours(default: float, words: str, proposed: bool = False) -> Any:
    return number(default, words, "hours", 87600, proposed=proposed)


@dataclass(frozen=True)
class SessionPolicy:
    """Defaults of RULES section 3. Depths are integers of 0.01 mm, intervals calendar days, the rest as named.

    `words`: the clinic's own wording by rule id. `version`: which approved version this is; 0 is as Anagen comes.
    """

    allowed_roles: tuple[str, ...] = choice_of(_ROLES, "S04: who may needle here", _ALL_ROLES)
    depth_least: int = _depth(20, "S07: shallower is a slip of the pen")
    depth_shallow_below: int = _depth(50, "S07: a note below")
    depth_reason_above: int = _depth(150, "S07: a signed reason above")
    depth_most: int = _depth(250, "S07: never deeper")
    zone_limits: dict[str, int] = _ZONE_LIMITS
    dark_skin_depth: int = _depth(100, "S09: a signed reason above, in darker skin", True)
    dark_skin: tuple[str, ...] = choice_of(("IV", "V", "VI"), "S09: Fitzpatrick types that count as darker skin", _SKIN, proposed=False)
    interval_least_days: int = _days(7, "S10: never sooner than")
    interval_free_days: int = _days(28, "S10: a signed reason below")
    initial_opens_days: int = _days(28, "S10: the window opens, first course")
    initial_closes_days: int = _days(42, "S10: the window closes, first course")
    maintenance_opens_days: int = _days(56, "S10: the window opens, maintenance")
    maintenance_closes_days: int = _days(92, "S10: the window closes, maintenance")
    rescreen_after_days: int = _days(180, "S10, S20: full re-screen and new baseline after a gap of more than", True)
    initial_sessions: int = number(6, "S12: a signed reason after this many sessions", "sessions", 100, least=1, proposed=False)
    response_by_session: int = number(3, "S12: a response is expected by session", "sessions", 100, least=1, proposed=False)
    response_by_months: int = number(6, "S12: a response is expected by month", "months", 120, least=1, proposed=False)
    patch_hours: int = _hours(24, "S13: a patch test stays on and is read after at least")
    patch_note_hours: int = _hours(48, "S13: a note when read before")
    patch_valid_hours: int = _hours(180 * 24, "S13: a patch test counts for", True)
    topical_wait_hours: float = _hours(24, "S14, S15: acids, retinoids, minoxidil and cosmetics wait")
    acid_note_hours: int = _hours(72, "S15: a note when an acid was used within")
    anaesthetic_most_mg: float = number(600, "S16: most lidocaine in 12 hours", "mg", 5000, least=1, proposed=False)
    anaesthetic_mg_per_kg: float = number(4.5, "S16: most lidocaine a kilogram", "mg/kg", 50, least=0.1, proposed=False)
    passes_reason_above: int = number(6, "S17: a signed reason above", "passes", 50, least=1)
    pain_pause: int = number(8, "S23: pause from this pain on", "of 10", 10, least=1)
    home_most_depth: int = _depth(100, "S22: deepest needle at home")
    home_per_week: float = number(1, "S22: times a week at home", "a week", 7, proposed=False)
    required_views: tuple[str, ...] = choice_of(_VIEWS, "S20: photo views of the baseline", _VIEWS)
    photo_short_side_px: int = number(2000, "Photos: a note when the short side is smaller", "pixels", 20000)
    photo_sharpness_least: float = number(60, "Photos: sharpness below which a retake is offered", "of the edge measure", 10000)
    photo_brightness_least: float = number(50, "Photos: darker than this, a retake is offered", "of 255", 255)
    photo_brightness_most: float = number(215, "Photos: lighter than this, a retake is offered", "of 255", 255)
    photo_burnt_most_percent: float = number(12, "Photos: burnt-out area above which a retake is offered", "%", 100)
    photo_other_day_hours: float = number(24, "Photos: a note when the camera's clock is off by more", "h", 87600)
    words: dict[str, str] = field(default_factory=dict)
    version: int = 0

    @property
    def initial_window(self) -> tuple[int, int]:
        """First and last day of the window in the first course, counted from the last session."""
        return self.initial_opens_days, self.initial_closes_days

    @property
    def maintenance_window(self) -> tuple[int, int]:
        """The same in maintenance."""
        return self.maintenance_opens_days, self.maintenance_closes_days


DEFAULT = SessionPolicy()
NUMBERS: dict[str, Number] = numbers_of(SessionPolicy, DEFAULT)

# What must not cross: the first is at most the second.
_ORDER = (
    ("depth_least", "depth_shallow_below"), ("depth_shallow_below", "depth_reason_above"), ("depth_reason_above", "depth_most"),
    ("interval_least_days", "interval_free_days"), ("initial_opens_days", "initial_closes_days"),
    ("maintenance_opens_days", "maintenance_closes_days"), ("patch_hours", "patch_note_hours"),
    ("photo_brightness_least", "photo_brightness_most"),
)  # fmt: skip


def policy_faults(values: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a clinic's own numbers: name → message. Empty when they can be used. A name left out keeps its default."""
    return number_faults(NUMBERS, values) or order_faults(NUMBERS, _ORDER, values)


def policy_from(values: dict[str, Any], words: dict[str, str] | None = None, version: int = 0) -> SessionPolicy:
    """The policy with a clinic's own numbers and wording over the defaults. ValueError names the first fault."""
    for name, fault in policy_faults(values).items():
        raise ValueError(f"{name} {fault}")
    return SessionPolicy(**with_values(DEFAULT, values), words=words or {}, version=version)

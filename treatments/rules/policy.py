"""The numbers of the S-rules. Those marked `P` or `W` in the rule table are defaults that a clinic edits."""

from dataclasses import dataclass, field


def _zone_limits() -> dict[str, int]:
    return {
        "frontal_hairline": 100,
        "temple_left": 100,
        "temple_right": 100,
        "mid_scalp": 125,
        "vertex": 150,
        "occipital": 150,
    }


@dataclass(frozen=True)
class SessionPolicy:
    """Defaults of RULES section 3. Depths are integers of 0.01 mm, intervals calendar days, the rest as named."""

    allowed_roles: tuple[str, ...] = ("dermatologist", "physician", "nurse", "licensed_practitioner")
    depth_least: int = 20
    depth_shallow_below: int = 50
    depth_reason_above: int = 150
    depth_most: int = 250
    zone_limits: dict[str, int] = field(default_factory=_zone_limits)
    dark_skin_depth: int = 100
    dark_skin: tuple[str, ...] = ("IV", "V", "VI")
    interval_least_days: int = 7
    interval_free_days: int = 28
    initial_window: tuple[int, int] = (28, 42)
    maintenance_window: tuple[int, int] = (56, 92)
    rescreen_after_days: int = 180
    initial_sessions: int = 6
    response_by_session: int = 3
    response_by_months: int = 6
    patch_hours: int = 24
    patch_note_hours: int = 48
    patch_valid_hours: int = 180 * 24
    topical_wait_hours: float = 24
    acid_note_hours: int = 72
    anaesthetic_most_mg: float = 600
    anaesthetic_mg_per_kg: float = 4.5
    passes_reason_above: int = 6
    pain_pause: int = 8
    home_most_depth: int = 100
    home_per_week: float = 1
    required_views: tuple[str, ...] = (
        "frontal_hairline", "vertex", "midline", "temporal_left", "temporal_right", "occipital",
    )  # fmt: skip
    photo_short_side_px: int = 2000
    photo_sharpness_least: float = 60
    photo_brightness_least: float = 50
    photo_brightness_most: float = 215
    photo_burnt_most_percent: float = 12
    photo_other_day_hours: float = 24


DEFAULT = SessionPolicy()

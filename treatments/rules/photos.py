"""What may be noticed about a new photo (RULES 5, “Photographs”). Pure; every number is a proposed default (`P`)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from treatments.rules.policy import SessionPolicy
from treatments.vocabulary import PhotoCheck, PhotoView

RETAKE = frozenset({PhotoCheck.BLURRED, PhotoCheck.DARK, PhotoCheck.BRIGHT, PhotoCheck.BURNT_OUT})


def checks_of_photo(
    *, sides: tuple[int, int], measures: Mapping[str, float], taken_at: datetime, camera_at: datetime | None, policy: SessionPolicy
) -> list[PhotoCheck]:
    """What is noticed, in the order in which it matters. `sides` in pixels; what was not measured is not judged."""
    sharpness, brightness, burnt = (measures.get(name) for name in ("sharpness", "brightness", "burnt_percent"))
    apart = abs(taken_at - camera_at) if camera_at else timedelta(0)
    noticed = {
        PhotoCheck.BLURRED: sharpness is not None and sharpness < policy.photo_sharpness_least,
        PhotoCheck.DARK: brightness is not None and brightness < policy.photo_brightness_least,
        PhotoCheck.BRIGHT: brightness is not None and brightness > policy.photo_brightness_most,
        PhotoCheck.BURNT_OUT: burnt is not None and burnt > policy.photo_burnt_most_percent,
        PhotoCheck.SMALL: min(sides) < policy.photo_short_side_px,
        PhotoCheck.OTHER_DAY: apart > timedelta(hours=policy.photo_other_day_hours),
    }
    return [check for check, yes in noticed.items() if yes]


def asks_for_another(checks: Iterable[PhotoCheck]) -> bool:
    """Whether the photo should be taken again; a small one, or one with another date, is a note only."""
    return bool(RETAKE & set(checks))


def missing_views(there: Iterable[str], policy: SessionPolicy) -> list[PhotoView]:
    """The clinic's required views that are not there, in their usual order (S20)."""
    have = set(there)
    return [view for view in PhotoView if view in policy.required_views and view not in have]

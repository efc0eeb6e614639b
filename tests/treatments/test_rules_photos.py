"""What is noticed about a new photo, at each boundary (RULES 5, “Photographs”)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from treatments.rules.photos import asks_for_another, checks_of_photo, missing_views
from treatments.rules.policy import DEFAULT, NUMBERS, policy_faults, policy_from
from treatments.vocabulary import PhotoCheck, PhotoView

TAKEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FINE = {"sharpness": 60.0, "brightness": 120.0, "burnt_percent": 0.0}


def noticed(sides: tuple[int, int] = (3000, 2000), policy: Any = DEFAULT, camera_at: datetime | None = None, **measures: float) -> list[str]:
    found = checks_of_photo(sides=sides, measures=FINE | measures, taken_at=TAKEN, camera_at=camera_at, policy=policy)
    return [check.value for check in found]


class TestEachBoundary:
    @pytest.mark.parametrize(
        ("name", "last_good", "first_bad", "check"),
        [
            ("sharpness", 60.0, 59.9, "blurred"), ("brightness", 50.0, 49.9, "dark"), ("brightness", 215.0, 215.1, "bright"),
            ("burnt_percent", 12.0, 12.1, "burnt_out"),
        ],
    )  # fmt: skip
    def test_of_what_is_measured(self, name: str, last_good: Any, first_bad: Any, check: str) -> None:
        assert noticed(**{name: last_good}) == []
        assert noticed(**{name: first_bad}) == [check]

    @pytest.mark.parametrize("sides", [(2000, 4000), (4000, 2000)])
    def test_the_short_side(self, sides: tuple[int, int]) -> None:
        assert noticed(sides) == []
        assert noticed((min(sides) - 1, max(sides))) == ["small"]

    def test_the_camera_s_clock_either_way(self) -> None:
        for way in (-1, 1):
            assert noticed(camera_at=TAKEN + way * timedelta(hours=24)) == []
            assert noticed(camera_at=TAKEN + way * timedelta(hours=24, seconds=1)) == ["other_day"]

    def test_what_was_not_measured_is_not_judged(self) -> None:
        assert checks_of_photo(sides=(2000, 2000), measures={}, taken_at=TAKEN, camera_at=None, policy=DEFAULT) == []


class TestWhatFollows:
    def test_only_the_picture_itself_asks_for_another(self) -> None:
        assert {check for check in PhotoCheck if asks_for_another([check])} == {
            PhotoCheck.BLURRED, PhotoCheck.DARK, PhotoCheck.BRIGHT, PhotoCheck.BURNT_OUT,
        }  # fmt: skip
        assert not asks_for_another([])

    def test_missing_views_in_their_usual_order(self) -> None:
        assert missing_views([], DEFAULT) == list(PhotoView)
        assert missing_views(["occipital", "vertex", "vertex", ""], DEFAULT) == [
            PhotoView.FRONTAL_HAIRLINE, PhotoView.MIDLINE, PhotoView.TEMPORAL_LEFT, PhotoView.TEMPORAL_RIGHT,
        ]  # fmt: skip

    def test_a_clinic_that_asks_for_three_views_misses_no_others(self) -> None:
        policy = policy_from({"required_views": ["vertex", "midline", "frontal_hairline"]})
        assert missing_views(["vertex"], policy) == [PhotoView.FRONTAL_HAIRLINE, PhotoView.MIDLINE]


class TestTheNumbers:
    def test_are_the_clinic_s_own(self) -> None:
        policy = policy_from({"photo_short_side_px": 1000, "photo_sharpness_least": 10})
        assert noticed((1000, 1000), policy, sharpness=10) == []

    def test_are_named_as_proposed_and_may_not_cross(self) -> None:
        mine = [number for name, number in NUMBERS.items() if name.startswith("photo_")]
        assert len(mine) == 6 and all(number.proposed for number in mine)
        assert policy_faults({"photo_brightness_least": 216})

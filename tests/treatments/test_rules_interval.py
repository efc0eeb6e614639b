"""S10, S12 and the session day: calendar days and months in the clinic's zone (docs/rules/session.md, *Interval*)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, day, planned, said, whole

DAYS = [
    # days since the last needling, initial, maintenance
    (0, "BLOCK", "BLOCK"), (1, "BLOCK", "BLOCK"), (6, "BLOCK", "BLOCK"), (7, "REASON", "REASON"),
    (8, "REASON", "REASON"), (27, "REASON", "REASON"), (28, None, "NOTE"), (29, None, "NOTE"), (42, None, "NOTE"),
    (43, "NOTE", "NOTE"), (55, "NOTE", "NOTE"), (56, "NOTE", None), (92, "NOTE", None), (93, "NOTE", "NOTE"),
    (180, "NOTE", "NOTE"), (181, "BLOCK", "BLOCK"), (4000, "BLOCK", "BLOCK"),
]  # fmt: skip


class TestS10Interval:
    @pytest.mark.parametrize(("days", "initial", "maintenance"), DAYS)
    @pytest.mark.parametrize("stage", STAGES)
    def test_days(self, stage: str, days: int, initial: str | None, maintenance: str | None) -> None:
        changes: dict[str, Any] = {"sessionNumber": 2, "lastSessionDate": day(days)}
        assert said(whole(stage, **changes)).get("S10") == initial
        assert said(whole(stage, phase=GONE, **changes)).get("S10") == initial
        assert said(whole(stage, phase="maintenance", **changes)).get("S10") == maintenance

    @pytest.mark.parametrize(
        ("days", "severity"), [(181, "NOTE"), (400, "NOTE"), (180, "NOTE"), (27, "REASON"), (6, "BLOCK")]
    )
    @pytest.mark.parametrize("phase", ["initial", "maintenance"])
    def test_a_full_rescreen_opens_a_long_gap_alone(self, phase: str, days: int, severity: str) -> None:
        found = said(whole(phase=phase, lastSessionDate=day(days), fullRescreenDone=True))
        assert found == {"S10": severity}

    def test_it_is_not_done_unless_said(self) -> None:
        assert said(whole(lastSessionDate=day(181), fullRescreenDone=GONE)) == {"S10": "BLOCK"}

    def test_silent_without_an_earlier_session(self) -> None:
        assert said(whole(lastSessionDate=GONE)) == {}


class TestSessionDay:
    """The calendar date of `sessionStart` in `timeZone`, or in its own offset."""

    @pytest.mark.parametrize(
        ("start", "zone", "on"),
        [
            ("2026-03-02T23:59:59Z", GONE, "2026-03-02"),
            ("2026-03-02T23:30:00-05:00", GONE, "2026-03-02"),
            ("2026-03-02T00:30:00+05:45", GONE, "2026-03-02"),
            ("2026-03-02T23:30:00Z", "Europe/Paris", "2026-03-03"),
            ("2026-03-02T22:59:59Z", "Europe/Paris", "2026-03-02"),
            ("2026-03-02T23:00:00Z", "Europe/Paris", "2026-03-03"),
            ("2026-07-02T21:59:59Z", "Europe/Paris", "2026-07-02"),
            ("2026-07-02T22:00:00Z", "Europe/Paris", "2026-07-03"),
            ("2026-03-02T04:59:59Z", "America/New_York", "2026-03-01"),
            ("2026-03-02T05:00:00Z", "America/New_York", "2026-03-02"),
            ("2026-03-02T10:00:00Z", "Pacific/Kiritimati", "2026-03-03"),
            ("2026-03-02T23:30:00-05:00", "UTC", "2026-03-03"),
            ("2026-10-24T22:59:59Z", "Europe/London", "2026-10-24"),
            ("2026-10-24T23:00:00Z", "Europe/London", "2026-10-25"),
            ("2026-10-25T23:59:59Z", "Europe/London", "2026-10-25"),
            ("2026-10-26T00:00:00Z", "Europe/London", "2026-10-26"),
            ("2026-03-28T23:59:59Z", "Europe/London", "2026-03-28"),
            ("2026-03-29T22:59:59Z", "Europe/London", "2026-03-29"),
            ("2026-03-29T23:00:00Z", "Europe/London", "2026-03-30"),
        ],
    )
    def test_is_a_date_in_the_zone(self, start: str, zone: Any, on: str) -> None:
        changes = {} if zone is GONE else {"timeZone": zone}
        earlier = (datetime.fromisoformat(on) - timedelta(days=1)).date().isoformat()
        screened = {"sameDayScreenDone": True, "screenDate": on}
        assert said(planned(sessionStart=start, **screened, **changes)) == {}
        expired = {"operator.credentialExpires": earlier, "cartridge.expiry": earlier, "screenDate": earlier}
        owed = {"S01": "BLOCK", "S04": "BLOCK", "S06": "BLOCK"}
        assert said(planned(sessionStart=start, **expired, **changes)) == owed
        dated = {"lastSessionDate": on, "courseStartDate": on}
        assert said(planned(sessionStart=start, **dated, **changes)) == {"S10": "BLOCK"}

    @pytest.mark.parametrize(
        ("last", "start", "severity"),
        [
            ("2026-03-01", "2026-03-29T00:30:00+00:00", None),
            ("2026-03-02", "2026-03-29T22:59:59+00:00", "REASON"),
            ("2026-03-02", "2026-03-29T23:00:00+00:00", None),
            ("2026-10-20", "2026-10-26T23:59:00+00:00", "BLOCK"),
            ("2026-10-20", "2026-10-27T00:00:00+00:00", "REASON"),
        ],
    )
    def test_an_hour_won_or_lost_moves_no_day(self, last: str, start: str, severity: str | None) -> None:
        found = said(planned(sessionStart=start, timeZone="Europe/London", lastSessionDate=last))
        assert found.get("S10") == severity


class TestS12Course:
    @pytest.mark.parametrize(
        ("number", "response", "began", "due"),
        [
            pytest.param(6, "seen", day(0), False, id="six"),
            pytest.param(7, "seen", day(0), True, id="more than six"),
            pytest.param(100, "not_assessed", GONE, True, id="many"),
            pytest.param(2, "none", GONE, False, id="no response at 2"),
            pytest.param(3, "none", GONE, True, id="no response at 3"),
            pytest.param(6, "none", GONE, True, id="no response at 6"),
            pytest.param(3, "seen", GONE, False, id="response at 3"),
            pytest.param(3, "not_assessed", GONE, False, id="not assessed at 3"),
            pytest.param(3, GONE, GONE, False, id="not assessed is the default"),
            pytest.param(2, "none", "2025-09-02", True, id="month 6"),
            pytest.param(2, "none", "2025-09-03", False, id="a day before month 6"),
            pytest.param(2, "none", "2025-01-02", True, id="month 14"),
            pytest.param(2, "seen", "2025-01-02", False, id="response in month 14"),
            pytest.param(2, "not_assessed", "2025-01-02", False, id="not assessed in month 14"),
            pytest.param(GONE, "none", "2025-09-02", True, id="number 1 in month 6"),
            pytest.param(GONE, "none", "2025-09-03", False, id="number 1 before"),
        ],
    )
    @pytest.mark.parametrize("stage", STAGES)
    def test_long_or_without_response(self, stage: str, number: Any, response: Any, began: Any, due: bool) -> None:
        changes = {"sessionNumber": number, "response": response, "courseStartDate": began}
        assert said(whole(stage, **changes)) == ({"S12": "REASON"} if due else {})
        assert said(whole(stage, phase=GONE, **changes)) == ({"S12": "REASON"} if due else {})
        assert "S12" not in said(whole(stage, phase="maintenance", **changes))

    @pytest.mark.parametrize(
        ("began", "on", "due"),
        [
            ("2025-08-31", "2026-02-27", False), ("2025-08-31", "2026-02-28", True),
            ("2023-08-31", "2024-02-28", False), ("2023-08-31", "2024-02-29", True),
            ("2025-12-31", "2026-06-29", False), ("2025-12-31", "2026-06-30", True),
            ("2025-08-28", "2026-02-28", True), ("2025-07-01", "2025-12-31", False), ("2025-07-01", "2026-01-01", True),
        ],
    )  # fmt: skip
    def test_month_6_ends_on_the_last_day_of_a_shorter_month(self, began: str, on: str, due: bool) -> None:
        start = datetime.fromisoformat(on).replace(hour=9, tzinfo=UTC).isoformat()
        found = said(planned(sessionStart=start, sessionNumber=2, response="none", courseStartDate=began))
        assert found == ({"S12": "REASON"} if due else {})

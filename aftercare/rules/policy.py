"""The numbers of the T-rules and the response targets. The targets are proposed defaults (`P`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckInPolicy:
    """Defaults of RULES section 4 and SCHEMA 4.3. Hours are exact hours since the end of the session."""

    fever_c: float = 38.0
    fever_hours: int = 336
    grey_from_hours: int = 48
    grey_to_hours: int = 72
    early_hours: int = 24
    severe_pain: int = 8
    strong_pain: int = 7
    lasting_pain: int = 4
    itch_grade: int = 2
    itch_hours: int = 168
    flaking_hours: int = 336
    shedding_hours: int = 1344
    bumps_hours: int = 336
    numbness_hours: int = 72
    topical_hours: float = 24
    gentle_hours: float = 48
    rest_hours: float = 72
    urgent_minutes: int = 30
    same_day_hours: int = 8
    routine_working_days: int = 3


DEFAULT = CheckInPolicy()

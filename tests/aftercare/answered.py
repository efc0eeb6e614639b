"""Small words for tests of the check-in rules: an answer at a moment after the session, and what is said about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aftercare.rules import checkin

END = datetime(2026, 3, 2, 11, tzinfo=UTC)
WORST = ["REASSURE", "ROUTINE", "SAME_DAY", "URGENT"]
EMERGENCY = {"T01", "T02", "T08"}
HOLD = {"T23", "T25", "T29"}


def after(hours: float = 1, seconds: float = 0) -> str:
    """The instant that long after the end of the session."""
    return (END + timedelta(hours=hours, seconds=seconds)).isoformat().replace("+00:00", "Z")


def answered(answers: Any, hours: float = 1, seconds: float = 0, **top: Any) -> dict[str, Any]:
    """An input: these answers, so long after the session, or with other top-level keys."""
    return {"sessionEnd": after(0), "answeredAt": after(hours, seconds), "answers": answers} | top


def judged(data: dict[str, Any]) -> dict[str, str]:
    """Rule → level. The shape, the order, the triage, the emergency and the hold are checked each time."""
    result = checkin(data)
    assert set(result) == {"triage", "rules", "callEmergency", "holdNextSession"}, result
    rows = result["rules"]
    assert all(set(row) == {"rule", "triage"} and row["triage"] in WORST[1:] for row in rows)
    rules = [row["rule"] for row in rows]
    assert rules == sorted(set(rules)), "ordered by rule, one row each"
    assert result["triage"] == max((row["triage"] for row in rows), key=WORST.index, default="REASSURE")
    assert result["callEmergency"] is bool(EMERGENCY & set(rules))
    assert result["holdNextSession"] is (result["triage"] in ("URGENT", "SAME_DAY") or bool(HOLD & set(rules)))
    return {row["rule"]: row["triage"] for row in rows}


def said(answers: dict[str, Any], hours: float = 1, seconds: float = 0, **top: Any) -> dict[str, str]:
    """Rule → level for these answers."""
    return judged(answered(answers, hours, seconds, **top))


def only(rule: str, level: str | None) -> dict[str, str]:
    """That rule alone, or nothing."""
    return {rule: level} if level else {}


def bad_paths(data: Any) -> list[str]:
    """The paths of the error object, sorted; each stands once."""
    result = checkin(data)
    assert set(result) == {"errors"}, result
    assert all(set(error) == {"path", "message"} and error["message"] for error in result["errors"])
    paths = sorted(error["path"] for error in result["errors"])
    assert len(set(paths)) == len(paths)
    return paths

"""Small words for tests of the session rules: a record that is right in every key, and what is said of a change."""

import copy
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from treatments.rules import session

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
WORST = ["OK", "NOTE", "REASON", "BLOCK_PRODUCT", "BLOCK"]
STAGES = ["plan", "start", "checkout", "signoff"]
GONE: Any = object()


def before(*, days: float = 0, hours: float = 0, seconds: float = 0, start: datetime = START) -> str:
    """The instant that long before the start of the session."""
    return (start - timedelta(days=days, hours=hours, seconds=seconds)).isoformat().replace("+00:00", "Z")


def day(days_ago: int) -> str:
    """The date that many days before the session day."""
    return (START.date() - timedelta(days=days_ago)).isoformat()


_WHOLE: dict[str, Any] = {
    "plan": "clinic", "stage": "signoff", "sessionStart": before(), "sessionEnd": before(hours=-1),
    "timeZone": "Europe/London", "phase": "initial", "sessionNumber": 1, "courseStartDate": day(0),
    "response": "not_assessed", "lastSessionDate": day(28), "fullRescreenDone": False, "sameDayScreenDone": True,
    "screenDate": day(0), "screenChangeUnreviewed": False, "eligibility": "CLEAR",
    "consent": {
        "signed": True, "version": "3", "currentVersion": "3", "procedures": ["scalp_microneedling", "prp"],
        "offLabelStatement": True,
    },
    "operator": {"role": "nurse", "credentialValid": True, "credentialExpires": "2031-12-31", "id": "N-7"},
    "device": {"maxDepthMm": 2.5, "type": "pen", "registered": True, "udi": "UDI-1"},
    "cartridge": {"lot": "A17", "expiry": "2031-05", "usedBefore": False, "sealIntact": True, "recalled": False},
    "zones": [
        {"zone": "vertex", "depthMm": 1.0, "passes": 4, "endpoint": "mild_erythema", "belowHairline": False},
        {"zone": "mid_scalp", "depthMm": 0.75, "passes": 3, "endpoint": "none", "belowHairline": False},
    ],
    "excludedZones": ["occipital"], "fitzpatrick": "II", "openAdverseEvent": False, "holdNextSession": False,
    "holdReleasedBy": "Dr Osei",
    "products": [
        {
            "kind": "serum_sterile", "id": "Serum-P", "hoursAfter": 0, "ingredients": ["hyaluronic acid"],
            "patchTestAppliedAt": before(hours=96), "patchTestReadAt": before(hours=48), "patchTestResult": "negative",
            "formulationChanged": False, "lot": "P-1",
        },
    ],
    "allergies": ["latex"], "minoxidilHold": False,
    "preTopicals": [{"kind": "retinoid", "lastUsedAt": before(days=9)}],
    "anaesthetic": {
        "product": "LidoCream", "strengthPercent": 4, "areaCm2": 100, "grams": 5, "onAt": before(hours=1),
        "offAt": before(hours=0.25), "weightKg": 70, "otherMg12h": 0, "wipedOff": True, "ingredients": ["lidocaine"],
    },
    "prp": {
        "eligibility": "CLEAR", "patientMatch": True, "tubeCheckBy": ["Ann", "Ben"], "drawnAt": before(hours=1),
        "usedAt": before(hours=0.5), "volumeMl": 6,
    },
    "baseline": {
        "photoViews": ["frontal_hairline", "vertex", "midline", "temporal_left", "temporal_right", "occipital"],
        "gradeRecorded": True, "densitySiteRecorded": True, "waiverReason": "Declined",
    },
    "painReadings": [3, 7], "aftercareDelivered": True, "sharpsAndCleaningConfirmed": True, "patientId": "P-1",
}  # fmt: skip
_HOME = {
    "plan": "home_device", "sessionStart": before(), "timeZone": "Europe/London",
    "home": {"lengthMm": 0.5, "perWeek": 1, "professionalApproval": True},
}  # fmt: skip
_LEAST = ("sessionStart", "operator", "device", "cartridge", "zones")


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of an input with the value at a path spelled as errors spell it. `GONE` takes the key away."""
    changed = copy.deepcopy(data)
    *way, last = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
    inner: Any = changed
    for part in way:
        inner = inner[part]
    if value is GONE:
        del inner[last]
    elif isinstance(inner, list) and last == len(inner):
        inner.append(value)
    else:
        inner[last] = value
    return changed


def _changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for path, value in changes.items():
        data = put(data, path, value)
    return data


def whole(stage: str = "signoff", /, **changes: Any) -> dict[str, Any]:
    """A record with every key of the schema, about which nothing is to be said; with changes, path by path."""
    return _changed(put(_WHOLE, "stage", stage), changes)


def planned(**changes: Any) -> dict[str, Any]:
    """A draft with the required keys alone; with changes, path by path."""
    return _changed({key: copy.deepcopy(_WHOLE[key]) for key in _LEAST}, changes)


def at_home(**changes: Any) -> dict[str, Any]:
    """A home plan; with changes, path by path."""
    return _changed(copy.deepcopy(_HOME), changes)


def said(data: dict[str, Any]) -> dict[str, str]:
    """Rule, with its zone or product, → severity. Shape, order and overall result are checked each time."""
    result = session(data)
    assert set(result) == {"overall", "results"}, result
    rows = result["results"]
    assert all({"rule", "severity"} <= set(row) and len(row) <= 3 for row in rows)
    assert all(len(set(row) & {"zone", "product"}) == len(row) - 2 for row in rows)
    order = [(row["rule"], row.get("zone", ""), row.get("product", "")) for row in rows]
    assert order == sorted(set(order)), "ordered by rule, zone, product; one row each"
    assert result["overall"] == max((row["severity"] for row in rows), key=WORST.index, default="OK")
    return {" ".join(filter(None, key)): row["severity"] for key, row in zip(order, rows, strict=True)}


def bad_paths(data: Any) -> list[str]:
    """The paths of the error object, sorted; each stands once."""
    result = session(data)
    assert set(result) == {"errors"}, result
    assert all(set(error) == {"path", "message"} and error["message"] for error in result["errors"])
    paths = sorted(error["path"] for error in result["errors"])
    assert len(set(paths)) == len(paths)
    return paths

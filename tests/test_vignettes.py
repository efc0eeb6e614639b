"""Cases with expected results, through the same door as `manage.py assess` (SCHEMA; comparison: 3.6 and 7, 5)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aftercare.rules import checkin
from patients.rules import eligibility
from treatments.rules import session

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vignettes.json").read_text())["vignettes"]
RULES: dict[str, Callable[[Any], dict[str, Any]]] = {"eligibility": eligibility, "session": session, "checkin": checkin}
WORST = {severity: rank for rank, severity in enumerate(["OK", "NOTE", "REASON", "BLOCK_PRODUCT", "BLOCK"])}


def _session_rows(rows: list[dict[str, str]], expected: list[dict[str, str]]) -> list[Any]:
    """Rules whose expected rows name no zone or product are compared by their worst severity."""
    exact = {row["rule"] for row in expected if "zone" in row or "product" in row}
    found: list[Any] = [sorted(row.items()) for row in rows if row["rule"] in exact]
    worst: dict[str, str] = {}
    for row in rows:
        if row["rule"] not in exact:
            worst[row["rule"]] = max(worst.get(row["rule"], "OK"), row["severity"], key=WORST.__getitem__)
    return sorted(found) + sorted(worst.items())


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_vignette(case: dict[str, Any]) -> None:
    result, expected = RULES[case["type"]](case["input"]), case["expected"]
    if "errors" in expected:
        assert set(result) == {"errors"}
        paths = [error["path"] for error in result["errors"]]
        assert sorted(paths) == sorted(error["path"] for error in expected["errors"])
    elif case["type"] == "session":
        assert result["overall"] == expected["overall"]
        assert _session_rows(result["results"], expected["results"]) == _session_rows(
            expected["results"], expected["results"]
        )
    else:
        assert result == {key: value for key, value in expected.items() if key != "mustAlso"}

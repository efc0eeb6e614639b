"""Small words for tests of the eligibility rules: a healthy man of 40 on 2 March 2026, and what is said about him."""

from datetime import date, timedelta
from typing import Any

from patients.rules import eligibility

AS_OF = date(2026, 3, 2)


def ago(days: int) -> str:
    """The date that many days before the day of the answer."""
    return (AS_OF - timedelta(days=days)).isoformat()


def asked(answers: dict[str, Any], **top: Any) -> dict[str, Any]:
    """An input: the man, or with other top-level keys."""
    return {"asOf": AS_OF.isoformat(), "birthDate": "1985-06-10", "sex": "male", "answers": answers} | top


def cleared(*rules: str, days_ago: int = 0) -> list[dict[str, str]]:
    """Clearances by one doctor."""
    return [{"rule": rule, "by": "Dr Osei", "date": ago(days_ago)} for rule in rules]


def said(answers: dict[str, Any], **top: Any) -> dict[str, str]:
    """Rule → class, with the lift date behind it. A trigger for PRP alone stands under `E43 PRP`."""
    result = eligibility(asked(answers, **top))
    assert "errors" not in result, result
    return {
        " ".join([row["rule"], *([row["scope"]] if "scope" in row else [])]): " ".join(
            [row["class"], *([row["lifts_on"]] if row["lifts_on"] else [])]
        )
        for row in result["triggers"]
    }


def with_prp(answers: dict[str, Any], **top: Any) -> dict[str, str]:
    """What is said about PRP alone."""
    found = said(answers, planned={"prp": True}, **top)
    return {rule.removesuffix(" PRP"): words for rule, words in found.items() if rule.endswith(" PRP")}


def bad_paths(data: Any) -> list[str]:
    """The paths of the error object, sorted; each stands once."""
    result = eligibility(data)
    assert set(result) == {"errors"}, result
    assert all(set(error) == {"path", "message"} and error["message"] for error in result["errors"])
    return sorted(error["path"] for error in result["errors"])

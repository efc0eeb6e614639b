"""Which page comes when. Pure: pages, what was ticked, and what an earlier intake already holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from patients.questions.model import Page, Question

CHANGES = "changes"
MORE = "-more"


@dataclass(frozen=True)
class Step:
    """One screen: a page, the details of what was ticked on it, or the first question to somebody who returns."""

    name: str
    page: Page | None
    more: bool = False


def ticked(page: Page, extras: Mapping[str, Any]) -> list[Question]:
    """The rows of a page that are asked about next, in their order. A flag needs no details."""
    keys = extras.get("ticked", {}).get(page.name, [])
    return [row for row in page.rows if row.key in keys and row.kind != "flag"]


def confirmed(extras: Mapping[str, Any]) -> set[str]:
    """Pages of which the patient said that nothing has changed."""
    return set(extras.get("since", {}).get("confirmed", []))


def steps(pages: Iterable[Page], extras: Mapping[str, Any]) -> list[Step]:
    """Every screen that this patient passes, as far as it is known by now."""
    found = [Step(CHANGES, None)] if "since" in extras else []
    for page in pages:
        if page.name in confirmed(extras):
            continue
        found.append(Step(page.name, page))
        if ticked(page, extras):
            found.append(Step(page.name + MORE, page, more=True))
    return found


def explains(walk: Iterable[Step], step: Step) -> bool:
    """Whether this is the first screen with things to tick: it alone says how that goes."""
    return step == next((one for one in walk if one.page and one.page.rows and not one.more), None)


def missing(walk: Iterable[Step], done: Iterable[str]) -> list[Step]:
    """Screens without an answer."""
    have = set(done)
    return [step for step in walk if step.name not in have]


def is_confirmable(page: Page, answers: Mapping[str, Any]) -> bool:
    """Whether an earlier intake answers the whole page, so that “nothing has changed” means something."""
    if page.always:
        return False
    asked = [question for question in page.every if question.required and not question.note and question.kind in {"choice", "pictures"}]
    return all(answers.get(question.key) is not None for question in asked)


def keys_of(page: Page) -> set[str]:
    """Every key of the rule input that a page may set."""
    keys = {key for question in page.every if not question.note for key in question.keys}
    return (keys | {"allergies"}) if any(row.kind == "allergy" for row in page.rows) else keys

"""The way through the pages: which are shown, where one stands, and how a draft becomes answers. Pure.

A draft is `{"answers": {key: value}, "done": [page, …]}` with the keys of SCHEMA 4.2; `None` means “not sure”.
"""

from collections.abc import Iterable
from typing import Any

from aftercare.pages.questions import BY_NAME, PAGES, Answers, Page

_EARLY_KEYS = {
    "Q1": ("redness", "redness_trend"),
    "Q2": ("swelling", "swelling_site"),
    "Q3": ("pain", "pain_trend", "burning"),
}
_FLAG_QUESTIONS = frozenset({"Q4", "Q5", "Q6", "Q7", "Q8", "Q9"})
_NOT_FOR_RULES = frozenset({"satisfaction", "health_words", "hair_count"})


def pages_for(asked: Iterable[str], answers: Answers) -> list[Page]:
    """The pages of a question set, follow-ups only where the answers so far need them; free text is always last."""
    wanted = set(asked)
    return [page for page in PAGES if _is_asked(page, wanted) and page.shown(answers)]


def _is_asked(page: Page, wanted: set[str]) -> bool:
    if page.question == "Q4-Q9":
        return bool(wanted & _FLAG_QUESTIONS)
    return page.question in wanted or page.name == "words"


def with_page(draft: dict[str, Any], page: str, values: Answers) -> dict[str, Any]:
    """A draft with one page's answers put in. Unknown keys of the page are dropped."""
    keys = BY_NAME[page].keys
    answers = {key: value for key, value in draft.get("answers", {}).items() if key not in keys}
    answers |= {key: value for key, value in values.items() if key in keys}
    return {
        "answers": answers,
        "done": [*(name for name in draft.get("done", []) if name != page), page],
    }


def first_missing(asked: Iterable[str], draft: dict[str, Any]) -> str | None:
    """Name of the first page without an answer, the last page (free text) excepted; None when all are answered."""
    done = set(draft.get("done", []))
    found = pages_for(asked, draft.get("answers", {}))
    return next(
        (page.name for page in found if page.name not in done and page.kind != "words"),
        None,
    )


def asked_so_far(asked: Iterable[str], draft: dict[str, Any]) -> list[str]:
    """The questions of the set of which at least one page has an answer: what the rules may be asked about already.

    A follow-up that is still open keeps nothing back: a pain of 10 is judged before “better or worse” is.
    """
    done, wanted = set(draft.get("done", [])), list(asked)
    begun = {page.question for page in pages_for(wanted, draft.get("answers", {})) if page.name in done}
    return [name for name in wanted if ("Q4-Q9" if name in _FLAG_QUESTIONS else name) in begun]


def flags_not_reached(asked: Iterable[str], draft: dict[str, Any]) -> list[str]:
    """The red-flag questions of the set that have no answer yet."""
    wanted = list(asked)
    answered = set(asked_so_far(wanted, draft))
    return [name for name in wanted if name in _FLAG_QUESTIONS and name not in answered]


def next_page(asked: Iterable[str], draft: dict[str, Any], after: str) -> str:
    """The page that follows `after`, by the answers so far; the last page follows itself."""
    names = [page.name for page in pages_for(asked, draft.get("answers", {}))]
    place = names.index(after) + 1 if after in names else 0
    return names[min(place, len(names) - 1)]


def page_before(asked: Iterable[str], draft: dict[str, Any], name: str) -> str | None:
    """The page before `name`, for the way back; None on the first."""
    names = [page.name for page in pages_for(asked, draft.get("answers", {}))]
    place = names.index(name) if name in names else 0
    return names[place - 1] if place > 0 else None


def questions_of(asked: Iterable[str]) -> list[str]:
    """The questions of the pages of a set, in order, each once; the red flags are one."""
    return list(dict.fromkeys(page.question for page in PAGES if _is_asked(page, set(asked))))


def progress(asked: Iterable[str], draft: dict[str, Any], name: str) -> tuple[int, int]:
    """“2 of 6”: place of the page's question among the questions, and how many there are."""
    questions = questions_of(asked)
    return questions.index(BY_NAME[name].question) + 1, len(questions)


def answers_of(asked: Iterable[str], draft: dict[str, Any]) -> Answers:
    """The answers as the rules read them (SCHEMA 4.2): only keys of pages that were shown; texts joined."""
    given = draft.get("answers", {})
    keys = [key for page in pages_for(asked, given) for key in page.keys if key in given and key not in _NOT_FOR_RULES]
    answers = {key: given[key] for key in keys}
    texts = [str(given.get(key) or "").strip() for key in ("health_words", "free_text")]
    words = "\n".join(text for text in texts if text)
    return {**answers, "free_text": words} if words else {k: v for k, v in answers.items() if k != "free_text"}


def satisfaction_of(draft: dict[str, Any]) -> int | None:
    """The 0–10 satisfaction, which no rule reads."""
    value = draft.get("answers", {}).get("satisfaction")
    return value if isinstance(value, int) else None


def hair_count_of(draft: dict[str, Any]) -> int | None:
    """Hairs combed out in 60 seconds, if the patient counted (RULES section 5); no rule reads it."""
    value = draft.get("answers", {}).get("hair_count")
    return value if isinstance(value, int) else None


def unsure_questions(answers: Answers) -> list[str]:
    """Q1–Q3 answered “not sure” in any part: they open a ROUTINE concern (SETTLED 8)."""
    return [name for name, keys in _EARLY_KEYS.items() if any(key in answers and answers[key] is None for key in keys)]


def page_to_show(asked: Iterable[str], draft: dict[str, Any], name: str) -> Page | None:
    """The page called `name`, if it belongs to these questions and no page before it is missing; else None."""
    found = {page.name: page for page in pages_for(asked, draft.get("answers", {}))}
    missing = first_missing(asked, draft)
    names = list(found)
    if name not in found or (missing in names and names.index(name) > names.index(missing)):
        return None
    return found[name]

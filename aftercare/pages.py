"""The pages of a check-in: which there are, what each asks, and how a draft becomes answers. Pure but for translation.

One question a page; the red-flag questions Q4–Q9 are one page “any of these now?” (SETTLED 9). A draft is
`{"answers": {key: value}, "done": [page, …]}` with the keys of SCHEMA 4.2; `None` means “not sure”.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise
Answers = dict[str, Any]


@dataclass(frozen=True)
class Option:
    """One row: the value it stores and the words on it. `pictures` names drawings by their last part."""

    value: str
    words: Words
    hint: Words = ""
    pictures: str = ""


@dataclass(frozen=True)
class Page:
    """One page. `kind` chooses the form and the fragment: choice, scale, flags, checks, products, changes, words."""

    name: str
    question: str
    kind: str
    title: Words
    keys: tuple[str, ...]
    options: tuple[Option, ...] = ()
    hint: Words = ""
    shown: Callable[[Answers], bool] = lambda _answers: True
    number: bool = False


def _trend(of: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get(of, 0) != 0


_TREND = (
    Option("better", _("Better")),
    Option("same", _("The same")),
    Option("worse", _("Worse")),
)
_SCALE = tuple(Option(str(n), str(n)) for n in range(11))
_YES_NO = (Option("yes", _("Yes")), Option("no", _("No")))
_FOUR = (
    Option("0", _("None")),
    Option("1", _("A little")),
    Option("2", _("Clearly there")),
    Option("3", _("A lot")),
)

PAGES: tuple[Page, ...] = (
    Page(
        "redness",
        "Q1",
        "choice",
        _("How red is your scalp now?"),
        ("redness",),
        (
            Option("0", _("Not red"), pictures="0"),
            Option("1", _("A little pink"), pictures="1"),
            Option("2", _("Red"), pictures="2"),
            Option("3", _("Very red"), pictures="3"),
        ),
        hint=_(
            "On brown or black skin redness can look darker or purple. The drawings show light, brown and black skin."
        ),
        number=True,
    ),
    Page(
        "redness-trend",
        "Q1",
        "choice",
        _("Is the redness better, the same or worse?"),
        ("redness_trend",),
        _TREND,
        hint=_("Compared with yesterday."),
        shown=_trend("redness"),
    ),
    Page(
        "swelling",
        "Q2",
        "choice",
        _("Is anything swollen?"),
        ("swelling",),
        _FOUR,
        number=True,
    ),
    Page(
        "swelling-site",
        "Q2",
        "choice",
        _("Where is it swollen?"),
        ("swelling_site",),
        (
            Option("scalp", _("Only the scalp")),
            Option("forehead_eyelids", _("Forehead or eyelids")),
            Option("face_lips_tongue", _("Face, lips or tongue")),
        ),
        hint=_("If more than one, choose the lowest in this list."),
        shown=_trend("swelling"),
    ),
    Page(
        "pain",
        "Q3",
        "scale",
        _("How much does it hurt right now?"),
        ("pain",),
        _SCALE,
        hint=_("0 is no pain. 10 is the worst pain you can imagine."),
        number=True,
    ),
    Page(
        "pain-trend",
        "Q3",
        "choice",
        _("Is the pain better, the same or worse?"),
        ("pain_trend",),
        _TREND,
        hint=_("Compared with yesterday."),
        shown=_trend("pain"),
    ),
    Page(
        "burning",
        "Q3",
        "choice",
        _("Does it burn or sting now?"),
        ("burning",),
        _YES_NO,
    ),
    Page(
        "now",
        "Q4-Q9",
        "flags",
        _("Any of these now?"),
        (
            "bleeding",
            "discharge",
            "temp_c",
            "chills",
            "rash",
            "breathing_difficulty",
            "lip_tongue_swelling",
            "chest_pain_faint_palpitations",
            "spreading_redness",
            "red_streaks",
            "hot_skin",
            "painful_lumps",
            "neck_glands",
        ),
        hint=_("Read the whole list. Tick everything that is true now."),
    ),
    Page(
        "itch",
        "Q10",
        "choice",
        _("Does your scalp itch?"),
        ("itch",),
        _FOUR,
        number=True,
    ),
    Page(
        "flaking",
        "Q10",
        "choice",
        _("Is your scalp flaking?"),
        ("flaking",),
        _FOUR,
        number=True,
    ),
    Page(
        "shedding",
        "Q11",
        "choice",
        _("How much hair falls out, compared with usual?"),
        ("shedding",),
        (
            Option("less", _("Less")),
            Option("usual", _("As usual")),
            Option("more", _("More")),
            Option("clumps", _("It comes out in clumps")),
            Option("patch", _("There is a new bald patch")),
        ),
    ),
    Page(
        "skin",
        "Q12",
        "checks",
        _("Any of these on your scalp?"),
        (
            "dark_spots",
            "light_patches",
            "raised_or_pitted_scars",
            "firm_bumps",
            "numbness",
        ),
        (
            Option("dark_spots", _("Patches darker than before")),
            Option("light_patches", _("Patches lighter than before")),
            Option("raised_or_pitted_scars", _("Raised or pitted scars")),
            Option(
                "firm_bumps",
                _("Small firm bumps that have stayed for two weeks or more"),
            ),
            Option("numbness", _("Numb areas")),
        ),
        hint=_("Tick everything that is true."),
    ),
    Page(
        "used",
        "Q13",
        "products",
        _("Have you used or done any of these since the treatment?"),
        ("products_used",),
        (
            Option("minoxidil", _("Minoxidil")),
            Option("retinoid", _("Retinoid (tretinoin, retinol)")),
            Option("aha", _("Acid (glycolic, salicylic, lactic)")),
            Option("exfoliant", _("Scrub or exfoliant")),
            Option("compounded_topical", _("A lotion mixed by a pharmacy")),
            Option("nonsterile_cosmetic", _("Oil, serum or another cosmetic")),
            Option("hair_dye", _("Hair dye or bleach")),
            Option("heat_styling", _("Hot hair dryer, straightener")),
            Option("sun", _("Strong sun on the scalp")),
            Option("sauna", _("Sauna or steam room")),
            Option("swimming", _("Swimming")),
            Option("hard_exercise", _("Hard exercise")),
        ),
        hint=_("Say when it was for the first time."),
    ),
    Page(
        "changed",
        "Q14",
        "changes",
        _("Has anything changed?"),
        ("health_changes", "health_words"),
        (
            Option("pregnancy", _("Pregnant, or may be")),
            Option("medicine", _("A new medicine, or a changed dose")),
            Option("illness", _("A new illness")),
        ),
        hint=_("Since your last visit."),
    ),
    Page(
        "satisfaction",
        "satisfaction",
        "scale",
        _("How satisfied are you so far?"),
        ("satisfaction",),
        _SCALE,
        hint=_("0 is not at all. 10 is completely."),
        number=True,
    ),
    Page("words", "words", "words", _("Is there anything else?"), ("free_text",)),
)

BY_NAME: dict[str, Page] = {page.name: page for page in PAGES}
FLAGS: tuple[tuple[str, Words, tuple[Option, ...]], ...] = (
    (
        "Q8",
        _("Breathing, heart, fainting"),
        (
            Option("breathing_difficulty", _("Trouble breathing")),
            Option("lip_tongue_swelling", _("Swollen lips or tongue")),
            Option(
                "chest_pain_faint_palpitations",
                _("Chest pain, a racing heart, or fainting"),
            ),
        ),
    ),
    ("Q6", _("Fever"), (Option("chills", _("Shivers, or feeling feverish")),)),
    (
        "Q9",
        _("Skin and glands"),
        (
            Option("spreading_redness", _("Redness that is spreading")),
            Option("red_streaks", _("Red streaks")),
            Option("hot_skin", _("Very hot skin")),
            Option("painful_lumps", _("Painful lumps or pimples")),
            Option("neck_glands", _("Sore glands in the neck")),
        ),
    ),
    (
        "Q4",
        _("Bleeding"),
        (
            Option("bleeding:spots", _("Spots of blood")),
            Option("bleeding:oozing", _("Oozing blood")),
            Option(
                "bleeding:wont_stop",
                _("Bleeding that does not stop after 10 minutes of firm pressure"),
            ),
        ),
    ),
    (
        "Q5",
        _("Fluid"),
        (
            Option("discharge:clear", _("Clear or yellow watery fluid")),
            Option("discharge:pus", _("Pus")),
        ),
    ),
    (
        "Q7",
        _("Rash"),
        (
            Option("rash:local", _("A rash in one area")),
            Option("rash:blisters", _("Blisters")),
            Option("rash:hives", _("Hives (raised itchy welts)")),
            Option("rash:widespread", _("A rash over a large area")),
        ),
    ),
)
WHEN_USED: tuple[tuple[str, Words, int | None], ...] = (
    ("", _("Not used"), None),
    ("day1", _("In the first 24 hours"), 12),
    ("day2", _("24 to 48 hours after"), 36),
    ("day3", _("48 to 72 hours after"), 60),
    ("later", _("Later"), 96),
    ("unsure", _("Not sure when"), 12),
)
_EARLY_KEYS = {
    "Q1": ("redness", "redness_trend"),
    "Q2": ("swelling", "swelling_site"),
    "Q3": ("pain", "pain_trend", "burning"),
}
_NOT_FOR_RULES = frozenset({"satisfaction", "health_words"})


def pages_for(asked: Iterable[str], answers: Answers) -> list[Page]:
    """The pages of a question set, follow-ups only where the answers so far need them; free text is always last."""
    wanted = set(asked)
    return [page for page in PAGES if _is_asked(page, wanted) and page.shown(answers)]


def _is_asked(page: Page, wanted: set[str]) -> bool:
    if page.question == "Q4-Q9":
        return bool(wanted & {"Q4", "Q5", "Q6", "Q7", "Q8", "Q9"})
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


def progress(asked: Iterable[str], draft: dict[str, Any], name: str) -> tuple[int, int]:
    """“2 of 6”: place of the page's question among the questions, and how many there are."""
    questions = list(dict.fromkeys(page.question for page in PAGES if _is_asked(page, set(asked))))
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

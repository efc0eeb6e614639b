"""What each page asks, in the order of RULES section 4. One question a page; Q4–Q9 are one page (SETTLED 9)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise
Answers = dict[str, Any]


@dataclass(frozen=True)
class Option:
    """One row: the value it stores and the words on it. `pictures`: redness on three skins; `picture`: one drawing."""

    value: str
    words: Words
    hint: Words = ""
    pictures: str = ""
    picture: str = ""


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
    Option("0", pgettext_lazy("amount", "None")),
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
        _("How much hair falls out, compared with what is usual for you?"),
        ("shedding",),
        (
            Option("less", _("Less"), picture="less"),
            Option("usual", _("As usual for me"), picture="usual"),
            Option("more", _("More"), picture="more"),
            Option("clumps", _("It comes out in clumps"), picture="clumps"),
            Option("patch", _("There is a new bald patch"), picture="patch"),
        ),
        hint=_("Think of the weeks before your first treatment: that is your usual. Choose the worst that is true."),
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
    Page("words", "words", "words", _("Is there anything else?"), ("free_text", "hair_count")),
)

BY_NAME: dict[str, Page] = {page.name: page for page in PAGES}

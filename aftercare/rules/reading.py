"""Reads and checks the input of `checkin` (SCHEMA 4.1, 4.2 and part 5)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from clinic.inputs import (
    BAD,
    Key,
    Reader,
    a_bool,
    a_date,
    a_list,
    a_num,
    a_text,
    an_enum,
    an_instant,
    an_int,
    an_object,
    read_object,
)

RED_FLAGS: dict[str, tuple[str, ...]] = {
    "Q4": ("bleeding",),
    "Q5": ("discharge",),
    "Q6": ("temp_c", "chills"),
    "Q7": ("rash",),
    "Q8": ("breathing_difficulty", "lip_tongue_swelling", "chest_pain_faint_palpitations"),
    "Q9": ("spreading_redness", "red_streaks", "hot_skin", "painful_lumps", "neck_glands"),
}
PRODUCTS = (
    "retinoid", "aha", "exfoliant", "compounded_topical", "minoxidil", "nonsterile_cosmetic", "hair_dye", "sun",
    "heat_styling", "sauna", "swimming", "hard_exercise",
)  # fmt: skip
_TREND = ("better", "same", "worse")
_ENUMS = {
    "redness_trend": _TREND,
    "swelling_site": ("scalp", "forehead_eyelids", "face_lips_tongue"),
    "pain_trend": _TREND,
    "bleeding": ("none", "spots", "oozing", "wont_stop"),
    "discharge": ("none", "clear", "pus"),
    "rash": ("none", "local", "blisters", "hives", "widespread"),
    "shedding": ("less", "usual", "more", "clumps", "patch"),
}
_BOOLS = (
    "burning", "chills", "breathing_difficulty", "lip_tongue_swelling", "chest_pain_faint_palpitations",
    "spreading_redness", "red_streaks", "hot_skin", "painful_lumps", "neck_glands", "dark_spots", "light_patches",
    "raised_or_pitted_scars", "firm_bumps", "numbness",
)  # fmt: skip
_GRADES = {"redness": 3, "swelling": 3, "pain": 10, "itch": 3, "flaking": 3}
_PRODUCT = {
    "kind": Key(an_enum(PRODUCTS), required=True),
    "hoursAfter": Key(a_num(0, 8760), required=True),
}
ANSWER_KEYS: dict[str, Key] = (
    {key: Key(an_enum(values), null=True) for key, values in _ENUMS.items()}
    | {key: Key(a_bool, null=True) for key in _BOOLS}
    | {key: Key(an_int(0, most), null=True) for key, most in _GRADES.items()}
    | {
        "temp_c": Key(a_num(34.0, 43.0), null=True),
        "products_used": Key(a_list(an_object(_PRODUCT)), null=True),
        "health_changes": Key(a_list(an_enum(("pregnancy", "medicine", "illness")), no_repeats=True), null=True),
        "free_text": Key(a_text, null=True),
    }
)
_CONTEXT = {
    "fitzpatrick": Key(an_enum(("I", "II", "III", "IV", "V", "VI"))),
    "minoxidilStartedOn": Key(a_date),
    "minoxidilEarlyAllowed": Key(a_bool),
    "asked": Key(a_list(an_enum(tuple(f"Q{n}" for n in range(1, 15))))),
}
_TOP = {
    "sessionEnd": Key(an_instant, required=True),
    "answeredAt": Key(an_instant, required=True),
    "answers": Key(an_object(ANSWER_KEYS), required=True),
    "context": Key(an_object(_CONTEXT)),
}


@dataclass(frozen=True)
class Facts:
    """A checked input. `elapsed` is exact; a blank answer is None and counts as its default."""

    answers: dict[str, Any]
    elapsed: timedelta
    asked: frozenset[str]
    minoxidil_early: bool

    def get(self, key: str, default: Any = None) -> Any:
        """The answer, or the default when it is absent or blank."""
        found = self.answers.get(key)
        return default if found is None else found

    def later_than(self, hours: float) -> bool:
        """`h > hours`, in exact hours."""
        return self.elapsed > timedelta(hours=hours)

    def not_before(self, hours: float) -> bool:
        """`h >= hours`, in exact hours."""
        return self.elapsed >= timedelta(hours=hours)


def read(data: Any) -> Facts | dict[str, Any]:
    """Facts, or the error object that names every bad key."""
    reader = Reader()
    top = read_object(reader, "", data, _TOP)
    if top is not BAD:
        end, answered = top.get("sessionEnd"), top.get("answeredAt")
        if end and answered and answered < end:
            reader.fail("answeredAt", "lies before sessionEnd")
        if data.get("answers") == {}:
            reader.fail("answers", "needs at least one answer")
    if reader.errors or top is BAD:
        return reader.result()
    context = top.get("context", {})
    return Facts(
        answers=top["answers"],
        elapsed=top["answeredAt"] - top["sessionEnd"],
        asked=frozenset(context.get("asked", ())),
        minoxidil_early=context.get("minoxidilEarlyAllowed", False),
    )

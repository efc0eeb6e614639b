"""The rows of “any of these now?” (Q4–Q9), the gravest first, and the times of Q13."""

from django.utils.translation import gettext_lazy as _

from aftercare.pages.questions import Option, Words

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

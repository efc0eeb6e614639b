"""What people call measures, units, methods and raters."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from treatments.rules.measures.vocabulary import Method, Rater, Unit
from treatments.vocabulary import MeasurementKind as K

KIND_WORDS = {
    K.NORWOOD: _("Norwood–Hamilton grade"),
    K.LUDWIG: _("Ludwig grade"),
    K.SINCLAIR: _("Sinclair grade"),
    K.SALT: _("SALT score"),
    K.HAIR_DENSITY: _("Hair density"),
    K.SHAFT_DIAMETER: _("Shaft diameter"),
    K.THIN_HAIRS: _("Thin hairs, under 0.03 mm"),
    K.TERMINAL_VELLUS: _("Terminal to vellus hairs"),
    K.GLOBAL_GRADE: _("7-point grade against the baseline"),
    K.SIXTY_SECOND_COUNT: _("60-second count"),
    K.PULL_TEST: _("Pull test"),
    K.WASH_TEST: _("Wash test"),
    K.DLQI: _("DLQI"),
    K.SATISFACTION: _("Satisfaction"),
    K.PAIN: _("Pain"),
}
UNIT_WORDS = {
    Unit.PER_CM2: _("hairs/cm²"),
    Unit.PER_IN2: _("hairs/in²"),
    Unit.MICROMETRE: _("µm"),
    Unit.MILLIMETRE: _("mm"),
    Unit.PERCENT: _("%"),
    Unit.RATIO: _("terminal per vellus"),
    Unit.HAIRS: _("hairs"),
    Unit.HAIRS_A_DAY: _("hairs a day"),
    Unit.SCORE: _("points"),
}
_OF_ONE = {Unit.HAIRS: _("hair"), Unit.HAIRS_A_DAY: _("hair a day"), Unit.SCORE: _("point")}
METHOD_WORDS = {
    Method.PHOTOTRICHOGRAM: _("Phototrichogram"),
    Method.TRICHOSCOPY: _("Trichoscopy"),
    Method.HANDHELD_MICROSCOPE: _("Handheld microscope"),
    Method.MACRO_PHOTO: _("Macro photo"),
    Method.LIGHT_MICROSCOPE: _("Light microscope"),
    Method.EXAMINATION: _("Examination"),
    Method.PHOTO_REVIEW: _("Photos side by side"),
    Method.COUNT: _("Count"),
    Method.QUESTIONNAIRE: _("Questionnaire"),
}
RATER_WORDS = {
    Rater.INVESTIGATOR: _("Investigator"),
    Rater.BLINDED: _("Blinded reader"),
    Rater.PATIENT: _("Patient"),
}
PART_WORDS = {
    "top": _("Top, % without hair"),
    "right": _("Right side, % without hair"),
    "left": _("Left side, % without hair"),
    "back": _("Back, % without hair"),
    "terminal": _("Terminal hairs counted"),
    "vellus": _("Vellus hairs counted"),
    "morning_1": _("First morning, hairs"),
    "morning_2": _("Second morning, hairs"),
    "morning_3": _("Third morning, hairs"),
    "vertex": _("Vertex, hairs"),
    "parietal_left": _("Left parietal, hairs"),
    "parietal_right": _("Right parietal, hairs"),
    "occipital": _("Occipital, hairs"),
    "bundle": _("Hairs in the bundle"),
}
GRADE_WORDS = {
    -3: _("Much less hair"),
    -2: _("Less hair"),
    -1: _("A little less hair"),
    0: _("No change"),
    1: _("A little more hair"),
    2: _("More hair"),
    3: _("Much more hair"),
}


def unit_words(unit: str, number: Decimal) -> str:
    """The unit as it is called beside that number: “1 hair”, “2 hairs”; empty without a unit."""
    if not unit:
        return ""
    known = Unit(unit)
    return str(_OF_ONE[known] if number == 1 and known in _OF_ONE else UNIT_WORDS[known])

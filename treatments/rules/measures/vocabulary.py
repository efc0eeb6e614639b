"""Words of measuring as plain values: units (UCUM where it has one), methods, who graded."""

from enum import StrEnum


class Unit(StrEnum):
    """How a number was read. Numbers of two units are never added, averaged or drawn together."""

    PER_CM2 = "{hairs}/cm2"
    PER_IN2 = "{hairs}/[in_i]2"
    MICROMETRE = "um"
    MILLIMETRE = "mm"
    PERCENT = "%"
    RATIO = "{ratio}"
    HAIRS = "{hairs}"
    HAIRS_A_DAY = "{hairs}/d"
    SCORE = "{score}"


class Method(StrEnum):
    """How it was measured. Two methods are never joined by a line."""

    PHOTOTRICHOGRAM = "phototrichogram"
    TRICHOSCOPY = "trichoscopy"
    HANDHELD_MICROSCOPE = "handheld_microscope"
    MACRO_PHOTO = "macro_photo"
    LIGHT_MICROSCOPE = "light_microscope"
    EXAMINATION = "examination"
    PHOTO_REVIEW = "photo_review"
    COUNT = "count"
    QUESTIONNAIRE = "questionnaire"


class Rater(StrEnum):
    """Who gave a grade. Each has a series of their own."""

    INVESTIGATOR = "investigator"
    BLINDED = "blinded"
    PATIENT = "patient"


class PlotShape(StrEnum):
    """How a measure may be drawn (RULES 5)."""

    LINE = "line"
    LOG_LINE = "log_line"
    STEP = "step"
    BARS = "bars"
    DOTS = "dots"


SALT_REGIONS = ("top", "right", "left", "back")
PULL_SITES = ("vertex", "parietal_left", "parietal_right", "occipital")
HAIR_COUNTS = ("terminal", "vellus")
MORNINGS = ("morning_1", "morning_2", "morning_3")
DLQI_ITEMS = tuple(f"item_{number}" for number in range(1, 11))

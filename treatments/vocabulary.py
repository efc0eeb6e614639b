"""Words of this room as plain values (no Django); spelled as SCHEMA part 3 has them."""

from enum import StrEnum


class Zone(StrEnum):
    """Treated zones of the scalp."""

    FRONTAL_HAIRLINE = "frontal_hairline"
    TEMPLE_LEFT = "temple_left"
    TEMPLE_RIGHT = "temple_right"
    MID_SCALP = "mid_scalp"
    VERTEX = "vertex"
    OCCIPITAL = "occipital"


class Endpoint(StrEnum):
    """What the skin showed at the end of a zone (S18)."""

    NONE = "none"
    MILD_ERYTHEMA = "mild_erythema"
    PINPOINT_BLEEDING = "pinpoint_bleeding"
    FRANK_BLEEDING = "frank_bleeding"


class DeviceType(StrEnum):
    """Kinds of device (S05)."""

    PEN = "pen"
    ROLLER = "roller"
    STAMP = "stamp"
    RADIOFREQUENCY = "radiofrequency"
    OTHER_ENERGY = "other_energy"


class HomeDevice(StrEnum):
    """What a patient may hold at home (S22): nothing with energy."""

    ROLLER = "roller"
    STAMP = "stamp"
    PEN = "pen"


class ProductKind(StrEnum):
    """Kinds of topical (S13, S14)."""

    SERUM_STERILE = "serum_sterile"
    GROWTH_FACTOR = "growth_factor"
    EXOSOME = "exosome"
    MINOXIDIL = "minoxidil"
    COMPOUNDED_TOPICAL = "compounded_topical"
    RETINOID = "retinoid"
    AHA = "aha"
    EXFOLIANT = "exfoliant"
    NONSTERILE_COSMETIC = "nonsterile_cosmetic"
    OTHER = "other"


class PatchResult(StrEnum):
    """Reading of a patch test."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    DOUBTFUL = "doubtful"
    NOT_READ = "not_read"


class Phase(StrEnum):
    """Of a course."""

    INITIAL = "initial"
    MAINTENANCE = "maintenance"


class Response(StrEnum):
    """Whether a course works: the outcome review (S12)."""

    NOT_ASSESSED = "not_assessed"
    SEEN = "seen"
    NONE = "none"


class SessionState(StrEnum):
    """Of a session record."""

    DRAFT = "draft"
    STARTED = "started"
    ENDED = "ended"
    SIGNED = "signed"


class PhotoView(StrEnum):
    """The six standard views (RULES 5)."""

    FRONTAL_HAIRLINE = "frontal_hairline"
    VERTEX = "vertex"
    MIDLINE = "midline"
    TEMPORAL_LEFT = "temporal_left"
    TEMPORAL_RIGHT = "temporal_right"
    OCCIPITAL = "occipital"


class PhotoSource(StrEnum):
    """Who took it."""

    STAFF = "staff"
    PATIENT = "patient"


class UploadState(StrEnum):
    """Of a file that was sent: it waits in quarantine until a worker has made a clean photo of it, or has refused it."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


class PhotoUse(StrEnum):
    """What a patient may allow, and withdraw, each by itself."""

    RECORD = "record"
    TEACHING = "teaching"
    PUBLICATION = "publication"


class PhotoCheck(StrEnum):
    """What the check of a new photo may notice (RULES 5, “Checks”)."""

    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    BURNT_OUT = "burnt_out"
    SMALL = "small"
    OTHER_DAY = "other_day"


class MarkShape(StrEnum):
    """How an annotation is drawn."""

    CIRCLE = "circle"
    ARROW = "arrow"
    POINT = "point"


class MeasurementKind(StrEnum):
    """What was measured or graded (RULES 5)."""

    NORWOOD = "norwood_hamilton"
    LUDWIG = "ludwig"
    SINCLAIR = "sinclair"
    SALT = "salt"
    HAIR_DENSITY = "hair_density"
    SHAFT_DIAMETER = "shaft_diameter"
    THIN_HAIRS = "thin_hairs"
    TERMINAL_VELLUS = "terminal_vellus"
    GLOBAL_GRADE = "global_grade"
    SIXTY_SECOND_COUNT = "sixty_second_count"
    PULL_TEST = "pull_test"
    WASH_TEST = "wash_test"
    DLQI = "dlqi"
    SATISFACTION = "satisfaction"
    PAIN = "pain"


class Causality(StrEnum):
    """What an adverse event is put down to (RULES 7)."""

    DEVICE = "device"
    PRODUCT = "product"
    PROCEDURE = "procedure"
    UNRELATED = "unrelated"
    UNKNOWN = "unknown"


class Seriousness(StrEnum):
    """Why an adverse event is serious, apart from its grade (RULES 7)."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    INTERVENTION = "intervention"


class Expectedness(StrEnum):
    """Whether the event is a known one (RULES 7)."""

    EXPECTED = "expected"
    UNEXPECTED = "unexpected"


class EventOutcome(StrEnum):
    """How an adverse event ended."""

    RECOVERED = "recovered"
    RECOVERED_WITH_SEQUELAE = "recovered_with_sequelae"
    NOT_RECOVERED = "not_recovered"
    FATAL = "fatal"
    UNKNOWN = "unknown"
    NO_EVENT = "no_event"


class CheckHow(StrEnum):
    """How a person confirmed a tube: signed in themselves, or with their own password at the chair."""

    OWN_LOGIN = "own_login"
    AT_CHAIR = "at_chair"


class ContactWay(StrEnum):
    """How a patient whom a recall concerns is asked to call, or called."""

    MAIL = "mail"
    PHONE = "phone"


# Treated zone → the photo view that shows it (SETTLED, “Also expected”).
VIEW_OF_ZONE: dict[Zone, PhotoView] = {
    Zone.FRONTAL_HAIRLINE: PhotoView.FRONTAL_HAIRLINE,
    Zone.TEMPLE_LEFT: PhotoView.TEMPORAL_LEFT,
    Zone.TEMPLE_RIGHT: PhotoView.TEMPORAL_RIGHT,
    Zone.MID_SCALP: PhotoView.MIDLINE,
    Zone.VERTEX: PhotoView.VERTEX,
    Zone.OCCIPITAL: PhotoView.OCCIPITAL,
}

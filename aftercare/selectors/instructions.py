"""What a patient may do again and from when: wall-clock times counted from the session's true end (RULES section 4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aftercare.models import Plan

_WASH = _("Wash gently, with a mild shampoo without fragrance")
_PRODUCTS = _("Retinoids, acids, scrubs, lotions mixed by a pharmacy, oils and cosmetics")
_MINOXIDIL = _("Minoxidil")
_SUN = _("Sun on the scalp, hot hair dryer or straightener, hair dye, harsh products")
_SWEAT = _("Hard exercise, heavy sweating, swimming, sauna")


_REVIEW_FROM = timedelta(days=85)


@dataclass(frozen=True)
class Wait:
    """One thing to wait with: the words, the instant it is allowed again, that instant for people, and whether it has come."""

    code: str
    words: str | Promise
    until: datetime
    shown: str
    is_over: bool


@dataclass(frozen=True)
class Instructions:
    """What the first mail and its web copy say."""

    ended_at: datetime
    ended_shown: str
    waits: list[Wait]
    minoxidil_by_prescriber: bool
    is_review_time: bool = False


def wall_words(at: datetime, zone: str) -> str:
    """“Wed 25 Nov, 14:30”, in the zone of the site."""
    return formats.date_format(at.astimezone(ZoneInfo(zone)), "D j M, H:i")


def instructions_of(plan: Plan, *, at: datetime) -> Instructions:
    """The waits of a plan's session, in time order, as they stand at `at`."""
    early = plan.session.minoxidil_early_allowed
    rows: list[tuple[str, str | Promise, int]] = [
        ("wash", _WASH, 24),
        ("products", _PRODUCTS, 24),
    ]
    rows += [] if early else [("minoxidil", _MINOXIDIL, 24)]
    rows += [("sun", _SUN, 48), ("sweat", _SWEAT, 72)]
    waits = []
    for code, words, hours in rows:
        until = plan.ended_at + timedelta(hours=hours)
        waits.append(Wait(code, words, until, wall_words(until, plan.zone), until <= at))
    is_review_time = at >= plan.ended_at + _REVIEW_FROM
    return Instructions(plan.ended_at, wall_words(plan.ended_at, plan.zone), waits, early, is_review_time)

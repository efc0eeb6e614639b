"""What a patient may do again and from when: wall-clock times counted from the session's true end (RULES section 4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aftercare.models import Plan, Protocol
from aftercare.rules.aftercare import DEFAULT_CARE, CarePolicy, Done, Thing, Treated, is_deep, waits_after
from aftercare.selectors import rulebook
from aftercare.states import PlanState
from clinic.dates import spoken
from treatments.models import ProductUse, TreatmentSession, ZoneRecord
from treatments.selectors.courses import policy as session_policy
from treatments.selectors.inputs import minoxidil_waits

_WORDS: dict[Thing, str | Promise] = {
    Thing.WASH: _("Wash your hair, gently, with a mild shampoo without fragrance"),
    Thing.PRODUCTS: _("Retinoids, acids, scrubs, lotions mixed by a pharmacy, oils and cosmetics"),
    Thing.MINOXIDIL: _("Minoxidil, if you use it"),
    Thing.SUN: _("Sun on the scalp, hot hair dryer or straightener, hair dye, harsh products"),
    Thing.SWEAT: _("Hard exercise, heavy sweating, swimming, sauna"),
}
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
class WaitGroup:
    """Everything that is allowed again at one instant."""

    shown: str
    until: datetime
    is_over: bool
    waits: list[Wait]


@dataclass(frozen=True)
class Instructions:
    """What the first mail and its web copy say."""

    ended_at: datetime
    ended_shown: str
    waits: list[Wait]
    minoxidil_by_prescriber: bool
    ask_about_minoxidil: bool = False
    is_review_time: bool = False
    is_deep: bool = False
    applied: list[str] = field(default_factory=list)
    minoxidil_applied: bool = False
    wash_shown: str = ""
    combined: int = 1
    times_from: str = ""  # the end of the later treatment that the times come from; empty: of this one

    @property
    def groups(self) -> list[WaitGroup]:
        """The waits by their instant: three short blocks instead of five lines."""
        return grouped(self.waits)

    @property
    def waiting(self) -> list[WaitGroup]:
        """The groups whose time has not come."""
        return [group for group in self.groups if not group.is_over]


def grouped(waits: Iterable[Wait]) -> list[WaitGroup]:
    """Waits in time order, one group an instant."""
    found = []
    for until, rows in groupby(waits, key=lambda wait: wait.until):
        same = list(rows)
        found.append(WaitGroup(same[0].shown, until, same[0].is_over, same))
    return found


def wall_words(at: datetime, zone: str) -> str:
    """“Wed 25 Nov, 14:30”, in the zone of the site."""
    return spoken(at.astimezone(ZoneInfo(zone)), "short_time")


def record_of(session: TreatmentSession) -> Done:
    """What the record of a session says now, as far as its aftercare goes by it."""
    deepest = ZoneRecord.objects.filter(block__session=session).aggregate(deepest=Max("depth_hundredths"))["deepest"] or 0
    uses = ProductUse.objects.filter(session=session, hours_after=0, product__is_anaesthetic=False).select_related("product").order_by("product__name", "pk")
    return Done(deepest, tuple((use.product.name, use.product.kind) for use in uses), session.minoxidil_early_allowed)


def done_in(plan: Plan) -> Done:
    """What a plan goes by: the record as it was when it was planned, or as a clinician had it planned again (SETTLED 1)."""
    return record_of(plan.session) if plan.basis is None else Done.from_json(plan.basis)


def was_told_minoxidil_early(plan: Plan, *, at: datetime) -> bool:
    """Whether the patient was told that a prescriber allowed minoxidil before its time (T28, T17): by the plan, not by a record that changed since (SETTLED 1)."""
    allowed = plan.session.minoxidil_early_allowed if plan.basis is None else Done.from_json(plan.basis).minoxidil_early
    return allowed and not minoxidil_waits(plan.session, at=at)


def treated_by(plan: Plan, *, done: Done | None = None) -> Treated:
    """A plan's session as the rules read it."""
    known = done or done_in(plan)
    return Treated(plan.ended_at, known.deepest_hundredths, known.kinds, known.minoxidil_early)


def _others(plan: Plan, longest: timedelta, *, at: datetime) -> list[Plan]:
    """Other treatments of this patient that took place and whose waiting times can touch those of this one, or still run at `at`; in their order."""
    rows = Plan.objects.filter(patient_id=plan.patient_id, ended_at__gt=plan.ended_at - longest, ended_at__lte=max(at, plan.ended_at))
    rows = rows.exclude(state=PlanState.CANCELLED).exclude(pk=plan.pk)
    return list(rows.select_related("session__patient", "session__site", "protocol").order_by("ended_at", "pk"))


def instructions_of(plan: Plan, *, at: datetime, done: Done | None = None) -> Instructions:
    """The waits of a plan's session, combined with those of others that still run, as they stand at `at`. `done`: as if this had been done.

    A treatment that came later counts too: its times are told wherever an older page is open. Once the plan's own times are over they are
    told alone, with the end of the treatment that they come from (`times_from`); what else is said stays that of the plan.
    """
    known, care = done or done_in(plan), care_policy(plan.protocol)
    longest = timedelta(hours=max(care.wash_hours, care.products_hours, care.minoxidil_hours, care.sun_hours, care.sweat_hours))
    others = _others(plan, longest, at=at)
    later = [other for other in others if other.ended_at > plan.ended_at and other.ended_at + longest > at]
    about = later[-1] if later and plan.ended_at + longest <= at else plan
    counted = [about, *(one for one in (plan, *others) if one != about and (one in later or about.ended_at - longest < one.ended_at <= about.ended_at))]
    found = instructions_from(
        [treated_by(one, done=known if one == plan else None) for one in counted],
        zone=about.zone, at=at, applied=known.names, policy=replace(care, deep_from_hundredths=about.protocol.deep_from_hundredths),
    )  # fmt: skip
    if about != plan:
        found = replace(
            found, ended_at=plan.ended_at, ended_shown=wall_words(plan.ended_at, plan.zone), times_from=found.ended_shown,
            is_review_time=at >= plan.ended_at + _REVIEW_FROM, minoxidil_applied="minoxidil" in known.kinds,
        )  # fmt: skip
    return without_minoxidil(found) if any(minoxidil_waits(one.session, at=at) for one in {about, *later}) else found


def without_minoxidil(known: Instructions) -> Instructions:
    """No time for minoxidil, and no word that a prescriber allowed it: the patient asks first (E05, E06, E32; S14 holds it for the same reason)."""
    waits = [wait for wait in known.waits if wait.code != Thing.MINOXIDIL]
    return replace(known, waits=waits, minoxidil_by_prescriber=False, ask_about_minoxidil=True)


def care_policy(protocol: Protocol) -> CarePolicy:
    """The depth is that of the version a plan was made by; waiting times are as the clinic's rules have them now.

    So a mail never allows on Tuesday what S14 or T28 calls too early until Wednesday: the later of the two counts.
    """
    answers, session = rulebook.policy(), session_policy()
    topical = max(answers.topical_hours, session.topical_wait_hours)
    return replace(
        DEFAULT_CARE, products_hours=topical, minoxidil_hours=topical, sun_hours=answers.gentle_hours,
        sweat_hours=answers.rest_hours, deep_from_hundredths=protocol.deep_from_hundredths,
    )  # fmt: skip


def instructions_from(
    done: list[Treated], *, zone: str, at: datetime, applied: list[str] | None = None, policy: CarePolicy = DEFAULT_CARE
) -> Instructions:
    """The instructions after these treatments; the first of them is the one that they are about."""
    ended_at, kinds = done[0].ended_at, done[0].kinds
    waits = [
        Wait(thing.value, _WORDS[thing], until, wall_words(until, zone), until <= at) for thing, until in waits_after(done, policy)
    ]
    return Instructions(
        ended_at=ended_at,
        ended_shown=wall_words(ended_at, zone),
        waits=waits,
        minoxidil_by_prescriber=not any(wait.code == Thing.MINOXIDIL for wait in waits),
        is_review_time=at >= ended_at + _REVIEW_FROM,
        is_deep=is_deep(done, policy),
        applied=applied or [],
        minoxidil_applied="minoxidil" in kinds,
        wash_shown=next(wait.shown for wait in waits if wait.code == Thing.WASH),
        combined=len(done),
    )

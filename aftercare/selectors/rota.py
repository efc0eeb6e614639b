"""Reads about the rota: who is on call now, the shifts to come, the hours without anybody, whom an alert goes to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aftercare.models import Concern, OnCallShift
from aftercare.rules.escalation import uncovered
from aftercare.selectors.clock import open_spans
from aftercare.selectors.instructions import wall_words
from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.permissions import scoped
from clinic.roles import Role

AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class ShiftRow:
    """A shift on the page."""

    shift: OnCallShift
    name: str
    begins: str
    ends: str
    is_now: bool


@dataclass(frozen=True)
class SiteRota:
    """One site's rota: now, to come, and where nobody is."""

    site: Site
    now: list[ShiftRow]
    coming: list[ShiftRow]
    gaps: list[tuple[str, str]]
    promises_too_much: bool


def clinicians_of(site_id: int) -> list[Staff]:
    """Active clinicians who work at a site."""
    rows = Staff.objects.filter(is_active=True, roles__contains=[Role.CLINICIAN.value], sites=site_id)
    return list(rows.order_by("pk"))


def on_call_at(site_id: int, at: datetime) -> list[Staff]:
    """Who is on call at an instant, the first to be called first; only those who may still take a concern."""
    shifts = OnCallShift.objects.at_instant(at).able().filter(site_id=site_id).select_related("staff")
    return list({shift.staff_id: shift.staff for shift in shifts}.values())


def on_call_names(actor: Actor, *, at: datetime) -> list[str]:
    """Who is on call now at the actor's sites, for one line on a page."""
    shifts = scoped(OnCallShift.objects.at_instant(at).able(), actor).select_related("staff")
    return list(dict.fromkeys(shift.staff.display_name for shift in shifts))


def is_site_open_at(site: Site, at: datetime) -> bool:
    """Whether the site is open at an instant, by its hours and closures."""
    return any(begins <= at < ends for begins, ends in open_spans(site, at, days=1))


def rotas(actor: Actor, *, at: datetime) -> list[SiteRota]:
    """The rota of each of the actor's sites, a week ahead."""
    sites = Site.objects.select_related("clinic").filter(pk__in=actor.site_ids).order_by("name", "pk")
    return [_rota(site, at) for site in sites]


def _rota(site: Site, at: datetime) -> SiteRota:
    shifts = list(OnCallShift.objects.filter(site=site, ends_at__gt=at).select_related("staff").order_by("starts_at", "place", "pk"))
    rows = [_row(shift, site.zone, at) for shift in shifts]
    gaps = _gaps(site, at)
    return SiteRota(
        site=site,
        now=[row for row in rows if row.is_now],
        coming=[row for row in rows if not row.is_now],
        gaps=[(wall_words(begins, site.zone), wall_words(ends, site.zone)) for begins, ends in gaps],
        promises_too_much=bool(gaps) and site.clinic.watched_round_the_clock,
    )


def _row(shift: OnCallShift, zone: str, at: datetime) -> ShiftRow:
    return ShiftRow(
        shift, shift.staff.display_name, wall_words(shift.starts_at, zone), wall_words(shift.ends_at, zone), shift.starts_at <= at
    )


def keeps_watch(site: Site, at: datetime) -> bool:
    """Whether a patient may be told that answers are watched day and night: the clinic says so, and the rota, if it keeps one, has no gap in the week to come."""
    if not site.clinic.watched_round_the_clock:
        return False
    return not OnCallShift.objects.filter(site=site).exists() or not _gaps(site, at)


def _gaps(site: Site, at: datetime) -> list[tuple[datetime, datetime]]:
    shifts = OnCallShift.objects.able().filter(site=site, ends_at__gt=at).values_list("starts_at", "ends_at")
    return uncovered([*shifts, *open_spans(site, at)], since=at, until=at + AHEAD)


def claimed_by(actor: Actor) -> list[Concern]:
    """The unfinished concerns that the actor has: what there is to hand over."""
    rows = scoped(Concern.objects.unfinished().by_urgency(), actor).filter(claimed_by_id=actor.staff_id)
    return list(rows.select_related("patient", "site"))

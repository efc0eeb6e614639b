"""Who reads an answer at this hour, and the words for it: never more than is true (RULES section 4, response targets)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from aftercare.models import OnCallShift
from aftercare.selectors.clock import open_spans
from aftercare.selectors.instructions import wall_words
from aftercare.selectors.rota import AHEAD, keeps_watch, on_call_at
from clinic.models import Site


@dataclass(frozen=True)
class Presence:
    """A site at an instant.

    `is_open`: None where no hours are known, so that a site without hours never says that it is closed. `somebody`: outside the
    hours a clinician is on call, or the clinic says day and night and keeps no rota here. `sometimes`: a shift falls into the
    week to come.
    """

    is_open: bool | None
    somebody: bool
    sometimes: bool
    opens: str

    @property
    def nobody(self) -> bool:
        """Surely closed, and nobody is on call."""
        return self.is_open is False and not self.somebody


def presence(site: Site, at: datetime) -> Presence:
    """Who is there at `at`."""
    spans = open_spans(site, at)
    is_open = any(begins <= at < ends for begins, ends in spans) if site.opening_hours.exists() else None
    uses_rota = OnCallShift.objects.filter(site=site).exists()
    somebody = bool(on_call_at(site.pk, at)) if uses_rota else site.clinic.watched_round_the_clock
    ahead = OnCallShift.objects.able().filter(site=site, ends_at__gt=at, starts_at__lt=at + AHEAD)
    opens = next((wall_words(begins, site.zone) for begins, _ends in spans if begins > at), "") if is_open is False else ""
    return Presence(is_open, somebody, ahead.exists(), opens)


def closed_words(site: Site) -> str:
    """Whom to call while the clinic is closed: the number that it set, or whatever service the patient has; never one of ours."""
    return site.out_of_hours_phone or _("your out-of-hours service")


def urgent_words(now: Presence, site: Site, *, due: str) -> list[str]:
    """What to do now. `due` is when the clinic means to have called."""
    values = {"phone": site.phone, "number": site.emergency_number, "closed": closed_words(site), "due": due}
    if now.is_open:
        return [_("Call %(phone)s now. We have told a clinician, who will try to call you too.") % values]
    if now.nobody:
        return [
            _("We are closed now. Call %(closed)s, or %(number)s if it gets worse.") % values,
            _("We have sent your answers to our clinicians, but perhaps nobody reads them before we open. Please do not wait for a call."),
        ]
    if now.somebody:
        first = (
            _("We are closed now, but a clinician is on call. We have told a clinician, who will try to call you by %(due)s.")
            if now.is_open is False
            else _("Call %(phone)s now. We have told the clinician on call, who will try to call you by %(due)s.")
        )
        return [first % values, _("If nobody has called you by then, or it gets worse, call %(closed)s, or %(number)s.") % values]
    return [
        _("Call %(phone)s now. If you can't reach us, call %(closed)s, or %(number)s if it gets worse.") % values,
        _("We have told a clinician, but please do not wait for a call."),
    ]


def sooner_words(now: Presence, site: Site) -> str:
    """Whom to call when it gets worse before the clinic calls."""
    values = {"phone": site.phone, "number": site.emergency_number, "closed": closed_words(site)}
    if now.is_open:
        return _("Call %(phone)s sooner if it gets worse.") % values
    return _("If it gets worse before then, call %(closed)s, or %(number)s.") % values


def told_words(now: Presence, site: Site) -> str:
    """Beside an emergency: whom we told, and when to call us."""
    if now.nobody:
        return _("We have sent your answers to our clinicians. When you have had help, please call us on %(phone)s once we are open.") % {"phone": site.phone}
    return _("We have told a clinician. When you have had help, please call us on %(phone)s.") % {"phone": site.phone}


def notice_words(now: Presence, site: Site, *, at: datetime) -> str:
    """The last lines of the page: who watches, and when the clinic opens."""
    words = [_watch_words(now, site, at)]
    if now.opens:
        words.append(_("We are closed now and open %(when)s.") % {"when": now.opens})
    return " ".join(words)


def _watch_words(now: Presence, site: Site, at: datetime) -> str:
    if keeps_watch(site, at):
        return _("Answers are watched day and night.")
    if not now.is_open and now.somebody:
        return _("We have your answers. A clinician is on call now for what is urgent. Nobody watches them round the clock.")
    if not now.sometimes:
        return _("We have your answers. Nobody watches them round the clock: at night and on closed days nobody reads them.")
    if now.nobody:
        return _("We have your answers. Nobody watches them round the clock, and nobody is on call now.")
    return _("We have your answers. Nobody watches them round the clock.")

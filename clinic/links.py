"""Patient links: a bearer capability for one purpose of one patient (SECURITY.md “Emailed patient links”, SETTLED 19).

The raw token exists only while a mail is rendered; the database holds SHA-256 alone (R31). GET changes nothing (R27).
Unknown, expired, revoked, used and wrong purpose look the same (R32).
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Link, LinkToken, LinkVisit, Site

VISIT_MINUTES = 30
IN_PERSON_MINUTES = 60
MOST_WRONG_BIRTH_DATES = 5


@dataclass(frozen=True)
class Purpose:
    """What a link may be for. `target` is the URL name of the page it opens; `words` what the landing page says."""

    name: str
    words: str | Promise
    target: str
    lifetime: timedelta
    consume: str = "until_expiry"
    target_args: Callable[[Link], dict[str, str]] | None = None

    def target_url(self, link: Link) -> str:
        """Address of the page behind the link; it holds no token."""
        return reverse(self.target, kwargs=self.target_args(link) if self.target_args else {})


PURPOSES: dict[str, Purpose] = {}


class LinkDead(Refused):
    """Unknown, expired, revoked, used or locked: never said which."""


def register(purpose: Purpose) -> None:
    """Make a purpose known. Called from `AppConfig.ready()` of the app that owns the page."""
    if purpose.consume not in {"once", "until_expiry"}:
        raise ValueError(f"{purpose.name}: consume is once or until_expiry")
    PURPOSES[purpose.name] = purpose


def make_link(
    *,
    purpose: str,
    site: Site,
    patient_uuid: UUID,
    birth_on: date,
    language: str,
    subject_kind: str,
    subject_uuid: UUID,
    by: Actor,
    at: datetime,
    expires_at: datetime | None = None,
) -> Link:
    """A new link. It has no token yet: each sending attempt mints one."""
    with audit.write(by=by, action="link.make"):
        return Link.objects.create(
            purpose=purpose,
            site=site,
            patient_uuid=patient_uuid,
            birth_on=birth_on,
            language=language,
            subject_kind=subject_kind,
            subject_uuid=subject_uuid,
            created_at=at,
            expires_at=expires_at or at + PURPOSES[purpose].lifetime,
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def mint_token(link: Link, *, at: datetime) -> str:
    """A fresh 256-bit token for the link; only its hash is stored. Call it while rendering a mail, nowhere else."""
    token = secrets.token_urlsafe(32)
    LinkToken.objects.create(link=link, sha256=_digest(token), created_at=at)
    return token


def url_for(token: str) -> str:
    """The absolute address that goes into the mail."""
    return settings.PUBLIC_URL + reverse("links:landing", kwargs={"token": token})


def is_alive(link: Link, at: datetime, *, even_locked: bool = False) -> bool:
    """Whether the link still opens: not expired, revoked, used up or locked. `even_locked`: for what asks for no date of birth."""
    locked = link.wrong_birth_dates >= MOST_WRONG_BIRTH_DATES and not even_locked
    dead = link.revoked_at or link.expires_at <= at or locked
    used = link.consumed_at and PURPOSES[link.purpose].consume == "once" if link.purpose in PURPOSES else True
    return not dead and not used


def is_locked(link: Link, at: datetime) -> bool:
    """Whether five wrong dates of birth alone keep it shut: somebody has to look (SECURITY.md, R38)."""
    waits = link.revoked_at is None and link.consumed_at is None and link.expires_at > at
    return waits and link.wrong_birth_dates >= MOST_WRONG_BIRTH_DATES


def reusable(*, purpose: str, subject_uuid: UUID, at: datetime) -> Link | None:
    """The link of this subject that a next mail may carry again: one that opens and is not used. None: make a new one."""
    rows = Link.objects.filter(purpose=purpose, subject_uuid=subject_uuid, revoked_at=None, consumed_at=None, expires_at__gt=at)
    return next((row for row in rows if is_alive(row, at)), None)


def find(token: str, *, at: datetime, even_locked: bool = False) -> Link | None:
    """The live link behind a token, or None. Reads only; the same queries whatever the answer (R32)."""
    row = LinkToken.objects.select_related("link", "link__site").filter(sha256=_digest(token)).first()
    return row.link if row is not None and is_alive(row.link, at, even_locked=even_locked) else None


def verify_birth_date(*, link: Link, typed: date, at: datetime, ip_prefix: str, user_agent: str) -> str:
    """Open a visit if the typed date of birth is right and return the cookie's secret; raise LinkDead otherwise.

    Five wrong dates lock this link alone (R38).
    """
    by = Actor.of_link(link)
    with audit.write(by=by, action="link.verify"):
        locked = Link.objects.select_for_update().get(pk=link.pk)
        if not is_alive(locked, at):
            raise LinkDead
        right = secrets.compare_digest(locked.birth_on.isoformat(), typed.isoformat())
        if not right:
            locked.wrong_birth_dates += 1
            locked.save(update_fields=["wrong_birth_dates"])
        else:
            return _open(locked, at=at, ip_prefix=ip_prefix, user_agent=user_agent)
    raise LinkDead


def _open(link: Link, *, at: datetime, ip_prefix: str, user_agent: str) -> str:
    if link.first_verified_at is None:
        link.first_verified_at = at
        link.save(update_fields=["first_verified_at"])
    return _visit(link, minutes=VISIT_MINUTES, at=at, ip_prefix=ip_prefix, user_agent=user_agent)[1]


def open_in_person(*, link: Link, at: datetime, ip_prefix: str, user_agent: str) -> tuple[LinkVisit, str]:
    """A visit without the date-of-birth step: a member of staff stands beside the patient. Returns it and the cookie's secret."""
    return _visit(link, minutes=IN_PERSON_MINUTES, at=at, ip_prefix=ip_prefix, user_agent=user_agent)


def end_visit(pk: int, *, at: datetime) -> None:
    """The browser that holds this visit sees nothing of the patient any more."""
    LinkVisit.objects.filter(pk=pk, expires_at__gt=at).update(expires_at=at)


def has_open_visit(*, subject_uuid: UUID, at: datetime) -> bool:
    """Whether somebody may still have the pages behind a link of this subject open."""
    return LinkVisit.objects.filter(link__subject_uuid=subject_uuid, link__revoked_at=None, expires_at__gt=at).exists()


def _visit(link: Link, *, minutes: int, at: datetime, ip_prefix: str, user_agent: str) -> tuple[LinkVisit, str]:
    cookie = secrets.token_urlsafe(32)
    visit = LinkVisit.objects.create(
        link=link,
        cookie_sha256=_digest(cookie),
        opened_at=at,
        last_seen_at=at,
        expires_at=min(at + timedelta(minutes=minutes), link.expires_at),
        ip_prefix=ip_prefix,
        user_agent=user_agent[:200],
    )
    return visit, cookie


def open_visit(request: HttpRequest, purpose: str) -> Link | None:
    """The link whose verified visit this browser holds, if it is for `purpose` and may still be seen.

    A used link's page stays readable for the rest of the visit, so that “received” can be shown; writes check again.
    """
    cookie = request.COOKIES.get(settings.LINK_COOKIE_NAME, "")
    at = timezone.now()
    visit = LinkVisit.objects.select_related("link", "link__site").filter(cookie_sha256=_digest(cookie)).first()
    if visit is None or visit.expires_at <= at:
        return None
    link = visit.link
    alive = is_alive(link, at) or (link.consumed_at is not None and link.revoked_at is None and link.expires_at > at)
    return link if alive and link.purpose == purpose else None


def lock_unused(link: Link) -> bool:
    """Whether nobody has used the link up, in the transaction of a write and after its own rows are locked: until it ends nobody does."""
    return Link.objects.select_for_update(no_key=True).filter(pk=link.pk, consumed_at=None).exists()


def consume(*, link: Link, by: Actor, at: datetime) -> bool:
    """Use the link up. True for the one caller who did it, False for every later one (R30).

    Call it inside the transaction of the write that it guards.
    """
    with transaction.atomic():
        return (
            Link.objects.filter(pk=link.pk, consumed_at=None, revoked_at=None, expires_at__gt=at).update(consumed_at=at)
            == 1
        )


def revoke(*, by: Actor, at: datetime, reason: str, **which: object) -> int:
    """Revoke the live links that match, e.g. `patient_uuid=…` or `subject_uuid=…, purpose=…`. Returns how many."""
    if not which:
        raise ValueError("say which links")
    with audit.write(by=by, action="link.revoke", reason=reason):
        return Link.objects.filter(revoked_at=None, consumed_at=None, **which).update(
            revoked_at=at, revoked_reason=reason[:120]
        )


def end_at(*, until: datetime, by: Actor, reason: str, **which: object) -> int:
    """Let the live links that match end at an instant instead of later, so that a change can still be taken back until then (R37)."""
    with audit.write(by=by, action="link.end", reason=reason):
        rows = Link.objects.filter(revoked_at=None, expires_at__gt=until, **which)
        return rows.update(expires_at=until, revoked_reason=reason[:120])


def correct_birth_date(*, patient_uuid: UUID, birth_on: date, by: Actor, at: datetime) -> int:
    """The patient's live links ask for the corrected date. Tries against the wrong one don't count any more."""
    with audit.write(by=by, action="link.birth_date"):
        rows = Link.objects.filter(patient_uuid=patient_uuid, revoked_at=None, expires_at__gt=at)
        return rows.update(birth_on=birth_on, wrong_birth_dates=0)


def unlock(*, link: Link, reason: str, by: Actor, at: datetime) -> None:
    """Five tries more, once somebody has made sure who asks. `reason`: how. Raises Refused."""
    if not reason.strip():
        raise Refused(_("Write how you made sure that it is the patient."), field="reason")
    with audit.write(by=by, action="link.unlock", reason=reason):
        locked = Link.objects.select_for_update().get(pk=link.pk)
        if not is_locked(locked, at):
            raise Refused(_("This link is not locked any more."))
        locked.wrong_birth_dates = 0
        locked.save(update_fields=["wrong_birth_dates"])


def speak(*, patient_uuid: UUID, language: str, by: Actor) -> int:
    """The patient's live links open in the new language from now on."""
    with audit.write(by=by, action="link.language"):
        return Link.objects.filter(patient_uuid=patient_uuid, revoked_at=None).exclude(language=language).update(language=language)


def refuse_dead_link(request: HttpRequest) -> HttpResponse:
    """The one answer for every link that does not open: same status, same bytes (R32)."""
    response = render(request, "clinic/link_dead.html", status=404)
    response["Referrer-Policy"] = "strict-origin"
    return response


def refuse_ended_visit(request: HttpRequest) -> HttpResponse:
    """What is sent to a patient page without an open visit: that nothing arrived, and whom to call. The same for everybody (R32).

    The cookie ends with the visit, so that nothing says whose page it was. A number is there where it can be no other one.
    """
    sites = list(Site.objects.select_related("clinic").order_by("pk"))
    numbers = {site.emergency_number for site in sites}
    context = {"code": 404, "stale_form": True, "emergency_number": numbers.pop() if len(numbers) == 1 else "", "site": sites[0] if len(sites) == 1 else None}
    response = render(request, "clinic/link_error.html", context, status=404)
    response["Referrer-Policy"] = "strict-origin"
    return response

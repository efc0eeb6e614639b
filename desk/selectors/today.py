"""Today at one site: who is here, who is next, what is missing, what needs somebody."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from aftercare import selectors as after
from appointments import selectors as visits
from appointments.models import Appointment
from appointments.rules import AppointmentState as S
from clinic.audit import Actor
from clinic.models import Site
from clinic.permissions import may, scoped
from patients import selectors as people
from patients.models import Hold, Rescreen
from treatments import selectors as sessions
from treatments.models import TreatmentSession
from treatments.vocabulary import SessionState


@dataclass(frozen=True)
class Missing:
    """One thing that is missing, and the one click that mends it: a page to open, or a form to post."""

    words: Any
    url: str = ""
    post: bool = False
    paper_url: str = ""


@dataclass(frozen=True)
class Line:
    """One visit on the board: how long in its state, what is missing."""

    visit: Appointment
    minutes: int
    missing: list[Missing]
    over: bool
    late: int = 0

    @property
    def initials(self) -> str:
        """“O. M.”: what a screen on the wall says of a person."""
        return " ".join(f"{word[:1]}." for word in (self.visit.patient.first_name, self.visit.patient.family_name) if word)


@dataclass(frozen=True)
class Board:
    """Today at one site, grouped by state; and what needs somebody."""

    groups: list[tuple[str, str, list[Line]]]
    needs: list[tuple[Any, int, str]] = field(default_factory=list)


_IN_ROOM = "in_room"
_GROUPS = (
    ("arrived", _("Arrived"), (S.ARRIVED,)),
    (_IN_ROOM, _("In a room"), (_IN_ROOM,)),
    ("in_session", _("In session"), (S.IN_SESSION,)),
    ("expected", _("Next"), (S.BOOKED, S.CONFIRMED)),
    ("done", _("Done"), (S.DONE,)),
    ("gone", _("Missed or cancelled"), (S.MISSED, S.CANCELLED)),
)
_COMING = (S.BOOKED, S.CONFIRMED, S.ARRIVED)
# P: needling with its preparation takes well under two hours; a session that began this long ago is not running any more, whatever its record says.
# Later on the same day rather than on the next: whoever recorded it is still in the house and knows when it ended
NEVER_ENDED_AFTER = timedelta(hours=4)


@dataclass(frozen=True)
class _Known:
    """What the board reads once for all its visits."""

    dossiers: dict[int, people.Dossier]
    consents: dict[int, str]
    asked: set[int]
    held: set[int]


def board(site: Site, on: date, *, actor: Actor, at: datetime) -> Board:
    """Who is here, who is next, what is missing? A constant number of queries."""
    lines = _lines(list(visits.day_of(site, on)), on, at)
    groups = [(code, str(words), [line for line in lines if _where(line.visit) in states]) for code, words, states in _GROUPS]
    return Board([group for group in groups if group[2]], _needs(site, on, actor, at))


def coming_lines(site: Site, on: date, *, at: datetime) -> list[Line]:
    """Everybody who is to come on a day, in order: for paper."""
    return _lines(list(visits.day_of(site, on).exclude(state__in=[S.CANCELLED, S.MISSED])), on, at)


def _lines(rows: list[Appointment], on: date, at: datetime) -> list[Line]:
    coming = [row for row in rows if row.state in _COMING and row.visit_type.needs_screening]
    ids = [row.patient_id for row in coming]
    told = list(Rescreen.objects.filter(Q(on=on, confirmed_at__isnull=False) | Q(changed=True, reviewed_at=None), patient__in=ids))
    known = _Known(
        people.dossiers(row.patient for row in coming),
        people.consent_codes(ids),
        {row.patient_id for row in told if row.on == on and row.confirmed_at},
        {row.patient_id for row in told if row.changed and not row.reviewed_at}
        | set(Hold.objects.filter(patient__in=ids, released_at=None, blocks__contains=["session"]).values_list("patient_id", flat=True)),
    )
    return [_line(row, on, at, known) for row in rows]


def _where(row: Appointment) -> str:
    """The state; an arrived patient who was shown into a room is there."""
    return _IN_ROOM if row.state == S.ARRIVED and row.in_room_at else row.state


def _line(row: Appointment, on: date, at: datetime, known: _Known) -> Line:
    since = row.in_room_at if _where(row) == _IN_ROOM and row.in_room_at else row.state_since
    minutes = max(0, int((at - since).total_seconds() // 60))
    limit = {S.ARRIVED: row.visit_type.waiting_limit_minutes, S.IN_SESSION: row.visit_type.in_room_limit_minutes}.get(S(row.state))
    late = int((at - row.starts_at).total_seconds() // 60) if row.state in (S.BOOKED, S.CONFIRMED) else 0
    return Line(row, minutes, _missing(row, on, known), limit is not None and minutes > limit, max(0, late))


def _missing(row: Appointment, on: date, known: _Known) -> list[Missing]:
    """Forms, consent, review, the question of the day: only while the visit is still to come."""
    if row.state not in _COMING or not row.visit_type.needs_screening:
        return []
    uuid, found = row.patient.uuid, []
    dossier = known.dossiers[row.patient_id]
    if dossier.intake is None:
        found.append(Missing(_("health questions"), reverse("patients:invite", args=[uuid]), post=bool(row.patient.email), paper_url=reverse("patients:paper_intake", args=[uuid])))
    elif (word := dossier.desk_word(on)).code != "may_book":
        found.append(Missing(word.words.lower(), reverse("patients:screening", args=[uuid])))
    if row.patient_id in known.held:
        found.append(Missing(_("clinician first"), reverse("patients:screening", args=[uuid])))
    if (code := known.consents.get(row.patient_id)) != "signed":
        words = _("consent to the new text") if code == "outdated" else _("consent")
        found.append(Missing(words, reverse("patients:consent", args=[uuid]), paper_url=reverse("patients:paper_consent", args=[uuid])))
    if row.state == S.ARRIVED and row.patient_id not in known.asked:
        found.append(Missing(_("today's question"), reverse("patients:rescreen", args=[uuid])))
    return found


def _needs(site: Site, on: date, actor: Actor, at: datetime) -> list[tuple[Any, int, str]]:
    found: list[tuple[Any, int, str]] = []
    if may(actor, "concern:count"):
        count = after.concern_count(actor)
        found.append((ngettext("concern", "concerns", count), count, "aftercare:concerns"))
    if may(actor, "call_task:view") and (count := after.open_call_tasks(actor).count()):
        found.append((ngettext("call to make", "calls to make", count), count, "aftercare:concerns"))
    if may(actor, "screening:view") and (count := people.to_look_at_count(actor)):
        words = _("to look at: answers and changes") if may(actor, "intake:review") else ngettext("patient whom a clinician looks at first", "patients whom a clinician looks at first", count)
        found.append((words, count, "desk:to_look_at"))
    if may(actor, "recall:view"):
        count = visits.recalls(site, on).count()
        found.append((ngettext("recall", "recalls", count), count, "appointments:recalls"))
    if may(actor, "appointment:state") and (count := visits.visits_put_back(actor).count()):
        found.append((ngettext("visit to put right", "visits to put right", count), count, "appointments:put_back"))
    if may(actor, "link:unlock") and (count := people.locked_count(actor, at)):
        found.append((ngettext("locked link", "locked links", count), count, "patients:locked_links"))
    found += _begun_needs(actor, at)
    if may(actor, "session:sign"):
        count = _unsigned(actor).filter(signs=actor.staff_id, nobody_signs=False).count()
        found.append((ngettext("unsigned record", "unsigned records", count), count, "desk:unsigned"))
    if (may(actor, "session:sign") or may(actor, "staff:manage")) and (count := _unsigned(actor).filter(nobody_signs=True).count()):
        words = ngettext("unsigned record of somebody who left", "unsigned records of people who left", count)
        found.append((words, count, "desk:unsigned" if may(actor, "session:sign") else "staff:people"))
    if may(actor, "session:cosign") and (count := sessions.signed.second_count(actor)):
        found.append((ngettext("second signature", "second signatures", count), count, "treatments:second_signatures"))
    if may(actor, "stock:contact") and (count := sessions.calls_waiting(actor)):
        found.append((ngettext("patient to speak with about a recall of stock", "patients to speak with about a recall of stock", count), count, "treatments:inventory"))
    if may(actor, "patch_test:record") and (count := sessions.patch.due_count(actor, at)):
        found.append((ngettext("patch test to read", "patch tests to read", count), count, "treatments:patch_list"))
    if may(actor, "measurement:record") and (count := sessions.readings.to_do(actor)):
        found.append((ngettext("blinded reading", "blinded readings", count), count, "treatments:readings"))
    return found


def _begun_needs(actor: Actor, at: datetime) -> list[tuple[Any, int, str]]:
    """Sessions without an end: the operator's own, and those of operators who left, as with unsigned records."""
    found: list[tuple[Any, int, str]] = []
    if may(actor, "session:sign") and (count := _begun(actor, at).filter(operator_id=actor.staff_id, operator_left=False).count()):
        found.append((ngettext("session that began and was never ended", "sessions that began and were never ended", count), count, "desk:unsigned"))
    if (may(actor, "session:sign") or may(actor, "staff:manage")) and (count := _begun(actor, at).filter(operator_left=True).count()):
        words = ngettext("session of somebody who left that began and was never ended", "sessions of people who left that began and were never ended", count)
        found.append((words, count, "desk:unsigned" if may(actor, "session:sign") else "staff:people"))
    return found


def _begun(actor: Actor, at: datetime) -> QuerySet[Any]:
    """Started so long ago that they must be over, with no end: no aftercare, no recall and no signature follow until somebody says when they ended."""
    rows = TreatmentSession.objects.filter(state=SessionState.STARTED, started_at__lte=at - NEVER_ENDED_AFTER, entered_in_error=None)
    return sessions.with_signer(scoped(rows, actor))


def never_ended(actor: Actor, at: datetime) -> list[Any]:
    """Sessions that began and have no end: the actor's own, and those of the site whose operator has left; oldest first. `operator_left`: another clinician takes it over."""
    rows = _begun(actor, at).select_related("patient", "site", "operator").filter(Q(operator_id=actor.staff_id) | Q(operator_left=True))
    return list(rows.order_by("started_at", "pk"))


def _unsigned(actor: Actor) -> QuerySet[Any]:
    """With whose signature each waits for: the operator's, or after they have left who took it over (decision 0046)."""
    return sessions.with_signer(scoped(TreatmentSession.objects.filter(state=SessionState.ENDED, entered_in_error=None), actor))


def unsigned_records(actor: Actor) -> list[Any]:
    """Ended records that wait for the actor's signature, and those of the site whose operator has left, whoever signs them; oldest first.

    `nobody_signs`: it is to be taken over; `signs_name`: by whom it is signed otherwise.
    """
    rows = _unsigned(actor).select_related("patient", "site", "operator").filter(Q(signs=actor.staff_id) | Q(operator_left=True))
    return list(rows.order_by("ended_at", "pk"))

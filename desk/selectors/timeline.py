"""Everything that happened to a patient on one line, newest first, by kind. Each source is asked once a page, whatever its size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aftercare import selectors as after
from aftercare.models import CheckIn, Concern
from clinic.audit import Actor
from clinic.models import OutboxMessage
from clinic.permissions import level
from desk.selectors import lines
from desk.selectors.lines import SIZE, Asked, Entry
from patients.models import Consent, Patient
from patients.selectors import Eligibility
from treatments.vocabulary import SessionState

KINDS: dict[str, Any] = {
    "sessions": gettext_lazy("Sessions"),
    "screenings": gettext_lazy("Screenings"),
    "messages": gettext_lazy("Messages"),
    "check-ins": gettext_lazy("Check-ins"),
    "photos": gettext_lazy("Photos"),
    "appointments": gettext_lazy("Appointments"),
    "measurements": gettext_lazy("Measurements"),
    "patch-tests": gettext_lazy("Patch tests"),
    "holds": gettext_lazy("Holds"),
    "imports": gettext_lazy("From elsewhere"),
}


@dataclass(frozen=True)
class Page:
    """Some lines, the instant before which the next page begins, and the kinds this reader may choose from."""

    entries: list[Entry]
    older_than: datetime | None
    shown: str
    kinds: dict[str, Any]


Source = Callable[[Asked], Iterator[Entry]]


def _sessions(asked: Asked) -> Iterator[Entry]:
    rows = asked.patient.sessions.annotate(began=Coalesce("started_at", "planned_start_at")).select_related("operator", "signed_record", "entered_in_error", "replaced_by", "prp")
    for row in asked.newest(rows, "began"):
        state, tone, icon = {
            SessionState.SIGNED: (_("signed"), "done", "lock"), SessionState.ENDED: (_("not signed"), "warn", "pencil"),
            SessionState.STARTED: (_("in session"), "session", "play-circle"), SessionState.DRAFT: (_("draft"), "booked", "pencil"),
        }[SessionState(row.state)]  # fmt: skip
        if hasattr(row, "entered_in_error"):
            state, tone, icon = (_("entered in error, in the right record now") if hasattr(row, "replaced_by") else _("entered in error")), "action", "x-circle"
        title = _("Session %(number)s") % {"number": row.number}
        prp = getattr(row, "prp", None)
        detail = row.operator.display_name
        if row.replaces_id:
            detail = _("%(who)s · replaces a mistaken record") % {"who": detail}
        if prp is not None and prp.used_at:
            detail = _("%(who)s · with PRP, %(ml)s mL") % {"who": detail, "ml": prp.volume_ml}
        yield Entry(row.began, "sessions", title, detail, state, tone, icon, reverse("treatments:session", args=[row.uuid]))


def _events(asked: Asked) -> Iterator[Entry]:
    for row in asked.newest(asked.patient.adverse_events.all(), "onset_at"):
        state, tone, icon = (_("closed"), "done", "check2") if row.closed_at else (_("open"), "action", "exclamation-triangle")
        title = _("Adverse event, grade %(grade)s: %(what)s") % {"grade": row.grade, "what": row.what}
        yield Entry(row.onset_at, "sessions", title, row.outcome, state, tone, icon, reverse("treatments:course", args=[asked.patient.uuid]))


def _home_plans(asked: Asked) -> Iterator[Entry]:
    url = reverse("treatments:home_plan", args=[asked.patient.uuid])
    for row in asked.newest(asked.patient.home_plans.select_related("approved_by"), "recorded_at"):
        state, tone = (_("ended"), "done") if row.ended_at else (_("runs"), "booked")
        if not row.ended_at and asked.patient.deceased_on:
            state, tone = _("ended: %(reason)s") % {"reason": _("the patient has died")}, "done"
        detail = _("%(device)s, approved by %(who)s") % {"device": row.device_name, "who": row.approved_by.display_name}
        title = _("Home plan, %(mm)s mm every %(days)s days") % {"mm": row.length_mm, "days": row.every_days}
        yield Entry(row.recorded_at, "sessions", title, detail, state, tone, "house", url)


def _screenings(asked: Asked) -> Iterator[Entry]:
    for row in asked.newest(asked.patient.screenings.all(), "at"):
        url = reverse("patients:decision", args=[asked.patient.uuid, row.uuid])
        tone, icon = {"CLEAR": ("clear", "check-circle"), "CAUTION": ("warn", "exclamation-circle"), "ABSOLUTE": ("action", "slash-circle")}.get(row.overall, ("warn", "dash-circle"))
        yield Entry(row.at, "screenings", _("Screening, %(gate)s") % {"gate": row.gate}, row.by, Eligibility(row.overall).words, tone, icon, url)


def _clearances(asked: Asked) -> Iterator[Entry]:
    url = reverse("patients:screening", args=[asked.patient.uuid])
    for row in asked.newest(asked.patient.clearances.select_related("by"), "at"):
        state, tone = (_("withdrawn"), "warn") if row.withdrawn_at else (_("cleared"), "clear")
        yield Entry(row.at, "screenings", _("%(rule)s cleared") % {"rule": row.rule}, row.by.display_name, state, tone, "check2-circle", url)


def _consents(asked: Asked) -> Iterator[Entry]:
    for row in asked.newest(asked.patient.consents.select_related("text"), "signed_at"):
        state, tone = (_("withdrawn"), "action") if row.withdrawn_at else (_("signed"), "clear")
        yield Entry(row.signed_at, "screenings", _consent_words(row), row.signed_name, state, tone, "pen")


def _consent_words(row: Consent) -> str:
    words = _("Consent, version %(version)s") % {"version": row.text.version}
    on = date_format(row.paper_on, "j M Y") if row.paper_on else ""
    return _("%(consent)s, on paper %(day)s, typed in by %(who)s") % {"consent": words, "day": on, "who": row.by} if row.on_paper else words


def _messages(asked: Asked) -> Iterator[Entry]:
    rows = OutboxMessage.objects.filter(patient_uuid=asked.patient.uuid).annotate(moved=Coalesce("sent_at", "send_after")).prefetch_related("moves")
    no_mail = after.why_no_mail(asked.patient)
    for row in asked.newest(rows, "moved"):
        line = after.timeline_row(row, actor=asked.actor, zone=asked.patient.site.zone, now=asked.at, no_mail=no_mail)
        url = reverse("aftercare:message", args=[row.uuid]) if line.may_read else ""
        yield Entry(row.moved, "messages", line.title, line.reason, line.words, line.tone, line.icon, url)


def _check_ins(asked: Asked) -> Iterator[Entry]:
    rows = CheckIn.objects.filter(patient=asked.patient).select_related("response", "concern")
    for row in asked.newest(rows, "opens_at"):
        answered = getattr(row, "response", None)
        if answered:
            state, tone, icon = after.level_words(answered.triage), _LEVEL_TONES.get(answered.triage, "done"), "chat-left-text"
        else:
            state, tone, icon = (_("cancelled"), "done", "x-circle") if row.cancelled_at else (_("no answer"), "warn", "hourglass")
        title = _("Check-in, %(step)s") % {"step": after.step_words(row.code)}
        yield Entry(row.opens_at, "check-ins", title, "", state, tone, icon, reverse("aftercare:staff_check_in", args=[row.uuid]))


_LEVEL_TONES = {"URGENT": "action", "SAME_DAY": "warn", "ROUTINE": "booked", "REASSURE": "clear"}


def _concerns(asked: Asked) -> Iterator[Entry]:
    for row in asked.newest(Concern.objects.filter(patient=asked.patient), "opened_at"):
        state, tone, icon = (_("closed"), "done", "check2") if row.state == "closed" else (_("open"), "action", "exclamation-circle")
        title = _("Concern, %(level)s") % {"level": after.level_words(row.level)}
        yield Entry(row.opened_at, "check-ins", title, "", state, tone, icon, reverse("aftercare:concern", args=[row.uuid]))


def _photos(asked: Asked) -> Iterator[Entry]:
    """One line a day."""
    rows = asked.patient.photos.filter(error_at=None).order_by().annotate(day=TruncDate("taken_at", tzinfo=asked.patient.site.tz)).values("day")
    days = rows.annotate(at=Max("taken_at"), number=Count("pk"), views=ArrayAgg("view", distinct=True, filter=~Q(view=""))).filter(at__lt=asked.before)
    for row in days.order_by("-at")[: SIZE + 1]:
        title = ngettext("%(n)s photo", "%(n)s photos", row["number"]) % {"n": row["number"]}
        views = ", ".join(view.replace("_", " ") for view in row["views"] or ())
        yield Entry(row["at"], "photos", title, views, icon="camera", tone="booked")


def _appointments(asked: Asked) -> Iterator[Entry]:
    rows = asked.patient.appointments.select_related("clinician", "visit_type")
    for row in asked.newest(rows, "starts_at"):
        tone, icon, state = _VISIT.get(row.state, ("done", "check2-all", row.state))
        url = reverse("appointments:appointment", args=[row.uuid])
        yield Entry(row.starts_at, "appointments", row.visit_type.name, row.clinician.display_name, str(state), tone, icon, url)


_VISIT = {
    "booked": ("booked", "circle", gettext_lazy("Booked")), "confirmed": ("clear", "check-circle", gettext_lazy("Confirmed")),
    "arrived": ("arrived", "geo-alt", gettext_lazy("Arrived")), "in_session": ("session", "play-circle", gettext_lazy("In session")),
    "missed": ("action", "x-circle", gettext_lazy("Missed")), "cancelled": ("done", "slash-circle", gettext_lazy("Cancelled")),
    "done": ("done", "check2-all", gettext_lazy("Done")),
}  # fmt: skip

# kind → (right that must be held in full, or None for any level of it, the source)
_SOURCES: tuple[tuple[str, str, Source], ...] = (
    ("sessions", "session:read", _sessions),
    ("sessions", "adverse_event:view", _events),
    ("sessions", "session:read", _home_plans),
    ("screenings", "screening:view_reasons", _screenings),
    ("screenings", "clearance:view", _clearances),
    ("screenings", "consent:content", _consents),
    ("messages", "message:states", _messages),
    ("check-ins", "checkin:view", _check_ins),
    ("check-ins", "concern:view", _concerns),
    ("photos", "photo:view", _photos),
    ("appointments", "appointment:view", _appointments),
    ("sessions", "course:view", lines.courses),
    ("screenings", "screening:view_reasons", lines.rescreens),
    ("check-ins", "call_task:view", lines.calls),
    ("photos", "consent:content", lines.photo_consents),
    ("measurements", "measurement:view", lines.measurements),
    ("patch-tests", "session:read", lines.patch_tests),
    ("holds", "hold:see", lines.holds),
    ("imports", "record:import", lines.imports),
)


def timeline(patient: Patient, *, actor: Actor, at: datetime, shown: str = "", before: datetime | None = None) -> Page:
    """A page of the timeline for this reader. Without a kind it ends now; with one it begins with what is still to come.

    Lines of the same instant are never torn apart by the end of a page, so that none is lost between two.
    """
    mine = {kind for kind, right, _source in _SOURCES if level(actor, right) == "full"}
    kinds = {kind: words for kind, words in KINDS.items() if kind in mine}
    shown = shown if shown in kinds else ""
    limit = before or (at.replace(year=at.year + 5, day=1) if shown else at)
    asked = Asked(patient, actor, limit, at)
    found = [entry for kind, right, source in _SOURCES if (not shown or kind == shown) and level(actor, right) == "full" for entry in source(asked)]
    found.sort(key=lambda entry: (entry.at, entry.kind, entry.title), reverse=True)
    page = found[:SIZE]
    while page and len(page) < len(found) and found[len(page)].at == page[-1].at:
        page.append(found[len(page)])
    return Page(page, page[-1].at if len(page) < len(found) else None, shown, kinds)



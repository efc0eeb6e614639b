"""Lines of a patient's timeline that are neither visits nor messages: what was planned, measured, tested, held, asked again, brought along."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aftercare import selectors as after
from aftercare.models import CallTask
from aftercare.states import FROM_CHECK_IN
from clinic.audit import Actor
from clinic.permissions import level, may
from patients.models import Patient
from treatments.measure_words import GRADE_WORDS, KIND_WORDS, METHOD_WORDS, unit_words
from treatments.models import Measurement
from treatments.rules.measures import Method
from treatments.selectors.results import number_words
from treatments.vocabulary import MeasurementKind
from treatments.words import USE_WORDS

SIZE = 25


@dataclass(frozen=True)
class Entry:
    """One line: when, what, the rest in small, its state as tone and icon and word, and where it leads."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    state: str = ""
    tone: str = "done"
    icon: str = "check2"
    url: str = ""


@dataclass(frozen=True)
class Asked:
    """Whose, by whom, before which instant; `ahead`: also what is still to come."""

    patient: Patient
    actor: Actor
    before: datetime
    at: datetime

    def newest(self, rows: Any, field: str) -> Any:
        """The newest rows before the instant: one more than a page needs."""
        return rows.filter(**{f"{field}__lt": self.before}).order_by(f"-{field}", "-pk")[: SIZE + 1]


def courses(asked: Asked) -> Iterator[Entry]:
    """A course, on the day it was planned."""
    url = reverse("treatments:course", args=[asked.patient.uuid])
    for row in asked.newest(asked.patient.courses.select_related("planned_by"), "planned_at"):
        title = ngettext("Course of %(n)s session planned, %(phase)s", "Course of %(n)s sessions planned, %(phase)s", row.planned_sessions)
        why = row.end_reason if row.ended_at else _("the patient has died") if asked.patient.deceased_on else ""
        state, tone = (_("ended: %(reason)s") % {"reason": why}, "done") if why or row.ended_at else (_("runs"), "booked")
        yield Entry(row.planned_at, "sessions", title % {"n": row.planned_sessions, "phase": row.phase}, row.planned_by.display_name, state, tone, "list-check", url)


def measurements(asked: Asked) -> Iterator[Entry]:
    """Each reading; a mistake stays on the line, named as one. What a check-in told is on the check-in's own line."""
    url = reverse("treatments:measurements", args=[asked.patient.uuid])
    rows = asked.patient.measurements.exclude(form_key__startswith=FROM_CHECK_IN).select_related("operator")
    for row in asked.newest(rows, "measured_at"):
        title = _("%(measure)s: %(value)s") % {"measure": KIND_WORDS[MeasurementKind(row.kind)], "value": _value(row)}
        how = str(METHOD_WORDS[Method(row.method)]) if row.method else ""
        detail = " · ".join(part for part in (how, row.operator.display_name if row.operator else row.by) if part)
        state, tone, icon = (_("entered in error"), "action", "x-circle") if row.error_at else ("", "booked", "graph-up")
        yield Entry(row.measured_at, "measurements", title, detail, state, tone, icon, url)


def _value(row: Measurement) -> str:
    """“92 hairs/cm²”, or the grade in words. What is made of parts (SALT of its regions) has no number of its own: its total."""
    number = row.value if row.value is not None else row.canonical
    if row.grade or number is None:
        return row.grade
    if row.kind == MeasurementKind.GLOBAL_GRADE:
        return f"{number_words(number, sign=True, whole=True)} {str(GRADE_WORDS[int(number)]).lower()}"
    shown = number_words(number) if row.value is None else f"{number.normalize():f}"  # what was typed stands as typed
    return f"{shown} {unit_words(row.unit, number)}".strip()


def patch_tests(asked: Asked) -> Iterator[Entry]:
    """A product on the skin, with what was read."""
    url = reverse("treatments:patch_tests", args=[asked.patient.uuid])
    for row in asked.newest(asked.patient.patch_tests.select_related("product"), "applied_at"):
        state, tone, icon = _PATCH.get(row.result, _PATCH["not_read"])
        if row.given_up_at:
            state, tone, icon = gettext_lazy("given up"), "done", "x-circle"
        yield Entry(row.applied_at, "patch-tests", _("Patch test, %(product)s") % {"product": row.product.name}, row.by, str(state), tone, icon, url)


_PATCH = {
    "not_read": (gettext_lazy("not read yet"), "warn", "hourglass"), "negative": (gettext_lazy("negative"), "clear", "check-circle"),
    "doubtful": (gettext_lazy("doubtful"), "warn", "exclamation-circle"), "positive": (gettext_lazy("positive"), "action", "exclamation-triangle"),
}  # fmt: skip


def holds(asked: Asked) -> Iterator[Entry]:
    """That something is held; why, for those who may know."""
    why, url = level(asked.actor, "hold:why") == "full", reverse("patients:screening", args=[asked.patient.uuid])
    for row in asked.newest(asked.patient.holds.all(), "placed_at"):
        title = _("Held: %(what)s") % {"what": ", ".join(str(_BLOCKS.get(name, name)) for name in row.blocks)}
        state, tone, icon = (_("released"), "done", "check2") if row.released_at else (_("open"), "action", "slash-circle")
        detail = " · ".join(part for part in (row.reason, row.release_reason) if part) if why else ""
        yield Entry(row.placed_at, "holds", title, detail, state, tone, icon, url)


_BLOCKS = {"booking": gettext_lazy("booking"), "session": gettext_lazy("the next session"), "invitations": gettext_lazy("invitations")}


def rescreens(asked: Asked) -> Iterator[Entry]:
    """“Anything changed since you answered?”"""
    for row in asked.newest(asked.patient.rescreens.all(), "at"):
        if not row.changed:
            state, tone = _("nothing changed"), "clear"
        else:
            state, tone = (_("looked at"), "done") if row.reviewed_at else (_("something changed"), "action")
        title = _("Asked again for %(day)s") % {"day": f"{row.on:%-d %b %Y}"}
        detail = row.words or (_("by link, not confirmed yet") if row.confirmed_at is None and row.answered_by == "patient" else "")
        yield Entry(row.at, "screenings", title, detail, state, tone, "question-circle", reverse("patients:screening", args=[asked.patient.uuid]))


def calls(asked: Asked) -> Iterator[Entry]:
    """The desk was asked to phone about a check-in."""
    for row in asked.newest(CallTask.objects.filter(patient=asked.patient).select_related("check_in", "done_by"), "opened_at"):
        state, tone, icon = (row.result.replace("_", " "), "done", "telephone") if row.done_at else (_("to call"), "warn", "telephone")
        title = _("Call about the check-in, %(step)s") % {"step": after.step_words(row.check_in.code)}
        who = row.done_by.display_name if row.done_by else ""
        yield Entry(row.opened_at, "check-ins", title, who, state, tone, icon, reverse("aftercare:call_task", args=[row.uuid]))


def imports(asked: Asked) -> Iterator[Entry]:
    """A record that was brought from elsewhere."""
    for row in asked.newest(asked.patient.record_imports.select_related("by"), "at"):
        url = reverse("patients:brought_record", args=[asked.patient.uuid, row.uuid]) if may(asked.actor, "record:import") else ""
        yield Entry(row.at, "imports", _("Record read from %(source)s") % {"source": row.source}, row.by.display_name, "", "booked", "box-arrow-in-down", url)


def photo_consents(asked: Asked) -> Iterator[Entry]:
    """Given or taken back, for one use."""
    for row in asked.newest(asked.patient.photo_consents.all(), "at"):
        state, tone = (_("signed"), "clear") if row.given else (_("withdrawn"), "action")
        title = _("Photos, consent to %(use)s") % {"use": USE_WORDS.get(row.use, row.use)}
        yield Entry(row.at, "photos", title, row.signed_name or row.reason, state, tone, "pen", reverse("treatments:photo_consent", args=[asked.patient.uuid]))

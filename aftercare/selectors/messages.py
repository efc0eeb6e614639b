"""“Why did, or didn't, this message go?”: every message of a patient, past and to come, with state and reason in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.addresses import failing
from clinic.audit import Actor
from clinic.dates import spoken
from clinic.models import OutboxMessage, OutboxMove, Site
from clinic.permissions import level
from patients.models import Patient
from patients.selectors import found_patients

PAGE = 50
AHEAD = timedelta(days=2)
_KINDS: dict[str, str | Promise] = {
    "aftercare_instructions": gettext_lazy("Aftercare instructions"),
    "check_in": gettext_lazy("Check-in"),
    "check_in_reminder": gettext_lazy("Check-in reminder"),
    "follow_up_invitation": gettext_lazy("Invitation to book the next session"),
    "results_review": gettext_lazy("Results review"),
    "care_note": gettext_lazy("Message"),
    "concern_alert": gettext_lazy("Alert to a clinician"),
    "appointment_confirmed": gettext_lazy("Appointment confirmed"),
    "appointment_changed": gettext_lazy("Appointment changed"),
    "appointment_cancelled": gettext_lazy("Appointment cancelled"),
    "appointment_reminder": gettext_lazy("Appointment reminder"),
    "recall_invitation": gettext_lazy("Recall invitation"),
    "waiting_offer": gettext_lazy("Waiting list offer"),
    "intake_invitation": gettext_lazy("Intake invitation"),
    "consent_link": gettext_lazy("Consent link"),
    "link_again": gettext_lazy("Link, sent again"),
    "please_call": gettext_lazy("Please call"),
    "please_come_by": gettext_lazy("Please come by"),
    "auto_reply": gettext_lazy("Automatic reply"),
}
_STEPS: dict[str, str | Promise] = {
    "check_24h": gettext_lazy("24 hours"),
    "check_48h": gettext_lazy("48 hours"),
    "check_72h": gettext_lazy("72 hours"),
    "check_day7": gettext_lazy("day 7"),
    "check_day14": gettext_lazy("day 14"),
    "check_day28": gettext_lazy("day 28"),
    "check_day57": gettext_lazy("day 57"),
    "results_month3": gettext_lazy("month 3"),
    "results_month6": gettext_lazy("month 6"),
}
_TONES = {
    "sent": ("done", "check2"),
    "failed": ("action", "exclamation-triangle"),
    "held": ("warn", "pause-circle"),
    "skipped": ("warn", "dash-circle"),
    "cancelled": ("done", "x-circle"),
}
DESK_MOVES = frozenset({"appointment"})
DESK_READS = frozenset({"appointment", "invitation"})
NEVER_READ = frozenset({"account", "staff"})


@dataclass(frozen=True)
class TimelineRow:
    """One line of the timeline: what, its state in words, why, and what this reader may do with it."""

    message: OutboxMessage
    title: str
    words: str
    reason: str
    tone: str
    icon: str
    may_read: bool
    may_hold: bool
    may_release: bool
    may_send_now: bool
    moves: list[OutboxMove]


def step_words(code: str) -> str:
    """A step's name for people: “72 hours”, “day 14”."""
    return str(_STEPS.get(code, code.replace("_", " ")))


def kind_name(kind: str) -> str:
    """What a kind of message is called."""
    return str(_KINDS.get(kind, kind.replace("_", " ").capitalize()))


def kind_words(row: OutboxMessage) -> str:
    """What a message is, in the clinic's words, with its step."""
    name = kind_name(row.kind)
    context = row.context if isinstance(row.context, dict) else {}
    if context.get("title"):
        return f"{name}, {context['title']}"
    step = context.get("step")
    return f"{name}, {step_words(step)}" if step in _STEPS else name


def _when(at: datetime, zone: str) -> str:
    shown = at.astimezone(ZoneInfo(zone))
    return spoken(shown, "short_time")


def state_words(row: OutboxMessage, *, zone: str, now: datetime) -> str:
    """“sent Tue 24 Nov, 14:02”, “will go Tue 1 Dec, 09:00”, “held”, …; the reason stands apart."""
    if row.state == "sent":
        return _("sent %(when)s") % {"when": _when(row.sent_at or row.send_after, zone)}
    if row.state == "planned":
        if row.send_after <= now:
            return _("going out now")
        return _("will go %(when)s") % {"when": _when(row.send_after, zone)}
    words = {
        "claimed": _("going out now"),
        "sending": _("going out now"),
        "held": _("held"),
        "failed": _("not delivered"),
        "cancelled": _("cancelled"),
        "skipped": _("skipped"),
    }
    return words.get(row.state, row.state)


def may_act(actor: Actor, right: str, row: OutboxMessage) -> bool:
    """Full right: every message to the patient; limited (front desk): appointment mails alone (SETTLED)."""
    held = level(actor, right)
    if held == "full":
        return row.scope not in NEVER_READ
    return held == "limited" and row.scope in DESK_MOVES


def may_read(actor: Actor, row: OutboxMessage) -> bool:
    """Whether the actor may see the text: clinicians all but staff mail, the desk the neutral ones."""
    held = level(actor, "message:body")
    if held == "full":
        return row.scope not in NEVER_READ
    return held == "limited" and row.scope in DESK_READS


def timeline_row(row: OutboxMessage, *, actor: Actor, zone: str, now: datetime, no_mail: str = "") -> TimelineRow:
    """One message as a line for this reader. `no_mail`: why, as things are now, nothing would go to the patient."""
    tone, icon = _TONES.get(row.state, ("booked", "clock"))
    planned, is_held = row.state == "planned", row.state == "held"
    return TimelineRow(
        message=row,
        title=kind_words(row),
        words=state_words(row, zone=zone, now=now),
        reason=no_mail if planned and no_mail else row.reason,
        tone=tone,
        icon=icon,
        may_read=may_read(actor, row),
        may_hold=planned and may_act(actor, "message:hold", row),
        may_release=is_held and may_act(actor, "message:release", row),
        may_send_now=planned and may_act(actor, "message:send_now", row),
        moves=list(row.moves.all()),
    )


def messages_of(patient: Patient) -> QuerySet[OutboxMessage]:
    """Every message about a patient, the furthest in the future first. There is none that is not here."""
    rows = OutboxMessage.objects.filter(patient_uuid=patient.uuid).prefetch_related("moves")
    return rows.order_by("-send_after", "-pk")


def why_no_mail(patient: Patient) -> str:
    """Why, as things are now, nothing would go to this patient; empty when it would."""
    return patient.no_mail_because or (_("mail to the address comes back; please phone") if failing(patient.email) else "")


def message_timeline(patient: Patient, *, actor: Actor, now: datetime) -> list[TimelineRow]:
    """The patient's timeline for this reader."""
    zone = patient.site.zone
    no_mail = why_no_mail(patient)
    return [timeline_row(row, actor=actor, zone=zone, now=now, no_mail=no_mail) for row in messages_of(patient)]


def all_messages(actor: Actor, *, state: str = "", words: str = "", page: int = 1, now: datetime) -> tuple[list[OutboxMessage], bool]:
    """The clinic-wide list of the actor's sites: 50 rows a page, and whether there are more.

    Unasked it shows what went and what goes in the next days, the latest first: months ahead nobody can act on. What is planned, asked
    for by its state, comes in the order in which it goes.
    """
    patients = Patient.objects.filter(site__in=actor.site_ids).values("uuid")
    rows = OutboxMessage.objects.filter(patient_uuid__in=patients).exclude(scope__in=NEVER_READ).prefetch_related("moves")
    if state:
        rows = rows.filter(state=state)
    elif not words.strip():
        rows = rows.filter(send_after__lt=now + AHEAD)
    rows = _searched(rows, words, actor)
    start, order = (page - 1) * PAGE, ("send_after", "pk") if state == "planned" else ("-send_after", "-pk")
    found = list(rows.order_by(*order)[start : start + PAGE + 1])
    return found[:PAGE], len(found) > PAGE


def _searched(rows: QuerySet[OutboxMessage], words: str, actor: Actor) -> QuerySet[OutboxMessage]:
    """By the patient, as patients are found anywhere, or by the kind of message. Both go by an index: the table is the largest of all."""
    words = words.strip()[:100].lower()
    if not words:
        return rows
    if "\x00" in words:
        return rows.none()  # PostgreSQL refuses the character, and nobody's name has it
    kinds = [kind for kind in _KINDS if words in kind.replace("_", " ") or words in kind_name(kind).lower()]
    people = [patient.uuid for patient in found_patients(words, actor, limit=PAGE)]
    return rows.filter(Q(patient_uuid__in=people) | Q(kind__in=kinds)) if kinds else rows.filter(patient_uuid__in=people)


def patients_by_uuid(rows: list[OutboxMessage]) -> dict[object, Patient]:
    """The patients of a list of messages, in one query."""
    uuids = {row.patient_uuid for row in rows if row.patient_uuid}
    return {patient.uuid: patient for patient in Patient.objects.filter(uuid__in=uuids).select_related("site")}


def zone_of(actor: Actor) -> str:
    """The zone in which a clinic-wide list shows its times: that of the actor's first site."""
    site = Site.objects.filter(pk__in=actor.site_ids).order_by("pk").first()
    return site.zone if site else "UTC"

"""How the clinic runs (PRODUCT J9): whether patients come back in time, how long they wait, whether mail arrives. The twelve months before this one.

Follow-up counts patients' sessions, so small cells are hidden as in the results. Waiting and mail are counts of the house's own work.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, Exists, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Lead
from django.utils.translation import gettext as _

from aftercare import selectors as after
from appointments.models import Appointment, StatusChange
from appointments.rules import AppointmentState
from appointments.selectors import PUT_BACK
from clinic.audit import Actor
from clinic.clock import local_date, resolve_local
from clinic.models import DeliveryEvent, OutboxMessage, Site
from clinic.permissions import scoped
from desk.selectors.results import ClinicResults
from desk.selectors.tables import Row, Table, plain_rates, rates
from patients.models import Patient
from treatments import selectors as care
from treatments.models import TreatmentSession
from treatments.rules.measures.suppression import LEAST
from treatments.vocabulary import Phase, SessionState

ANSWER_DAYS = 14  # proposed default: how long after an invitation a booking counts as its answer


class Quantile(Aggregate):
    """PostgreSQL's `percentile_cont`: the value below which that share lies."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, share: float) -> None:
        super().__init__(expression, share=float(share), output_field=DurationField())


def clinic_running(actor: Actor, *, at: datetime) -> ClinicResults:
    """A constant number of queries; whole months only, at the actor's sites."""
    site = scoped(Site.objects.all(), actor).order_by("pk").first()
    zone = site.zone if site else "UTC"
    until = (site.today(at) if site else at.date()).replace(day=1)
    since = date(until.year - 1, until.month, 1)
    span = (resolve_local(since, time(0), zone), resolve_local(until, time(0), zone))
    total, follow_up = _follow_up(actor, span, until)
    sections = [
        (_("Follow-up"), _("Sessions of a course that was to go on, whose window has closed. In time: the next session came by the day on which the window closes. A course that was stopped early counts as not in time."), [*follow_up, _invited(actor, span)]),
        (_("Time at the clinic"), _("Visits that were arrived, shown into a room and done. Half of the visits lie between the two numbers of the last column."), _waits(actor, span)),
        (_("Mail"), _("Messages that were due. Not sent: held back, skipped, cancelled or failed; the reason of each is on the patient’s timeline."), _mail(actor, span)),
    ]  # fmt: skip
    return ClinicResults(until, total, sections)


def _follow_up(actor: Actor, span: tuple[datetime, datetime], until: date) -> tuple[int, list[Table]]:
    """By phase and by operator."""
    numbers = care.policy()
    closes = {Phase.INITIAL: numbers.initial_closes_days, Phase.MAINTENANCE: numbers.maintenance_closes_days}
    took_place = Q(patient__site__in=sorted(actor.site_ids), state__in=[SessionState.ENDED, SessionState.SIGNED], entered_in_error=None, started_at__gte=span[0], started_at__isnull=False)
    following = Window(Lead("started_at"), partition_by=F("patient_id"), order_by=("started_at", "pk"))
    rows = TreatmentSession.objects.filter(took_place).annotate(following=following, place=care.place_of_begun())
    phases = _phases(closes)
    by_phase: dict[str, list[int]] = {words: [0, 0] for words in phases.values()}
    by_operator: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    named = rows.values_list("started_at", "following", "place", "course__planned_sessions", "course__phase", "site__zone", "operator__title", "operator__name")
    total = 0
    for started, later, place, planned, phase, zone, title, name in named:
        if started is None:
            continue
        last_day = local_date(started, zone) + timedelta(days=closes[Phase(phase)])
        if started >= span[1] or place >= planned or last_day >= until:
            continue
        came = later is not None and local_date(later, zone) <= last_day
        total += 1
        for found in (by_phase[phases[Phase(phase)]], by_operator[f"{title} {name}".strip()]):
            found[0] += 1
            found[1] += came
    words, whole = (_("sessions"), _("next one in time"), _("% in time")), (total, sum(e for _n, e in by_phase.values()))
    return total, [
        rates("follow-up-phase", _("By phase of the course"), [(label, n, e) for label, (n, e) in by_phase.items() if n], whole, words),
        rates("follow-up-operator", _("By operator"), [(label, n, e) for label, (n, e) in sorted(by_operator.items())], whole, words),
    ]


def _phases(closes: dict[Phase, int]) -> dict[Phase, str]:
    return {
        Phase.INITIAL: _("First course, to day %(day)s") % {"day": closes[Phase.INITIAL]},
        Phase.MAINTENANCE: _("Maintenance, to day %(day)s") % {"day": closes[Phase.MAINTENANCE]},
    }


def _of_patients(actor: Actor) -> Q:
    return Q(patient_uuid__in=Patient.objects.filter(site__in=sorted(actor.site_ids)).values("uuid"))


def _invited(actor: Actor, span: tuple[datetime, datetime]) -> Table:
    """Invitations to book, and the bookings that followed: by the patient's own link, or by anybody."""
    sent = OutboxMessage.objects.filter(_of_patients(actor), kind="follow_up_invitation", state="sent", sent_at__gte=span[0], sent_at__lt=span[1] - timedelta(days=ANSWER_DAYS))
    soon = Appointment.objects.filter(patient__uuid=OuterRef("patient_uuid"), booked_at__gte=OuterRef("sent_at"), booked_at__lt=OuterRef("sent_at") + timedelta(days=ANSWER_DAYS))
    found = sent.aggregate(
        n=Count("pk"), own=Count("pk", filter=Exists(soon.filter(booked_by__startswith="patient by "))), anyone=Count("pk", filter=Exists(soon)),
    )  # fmt: skip
    n = found["n"]
    groups = [(_("booked by the patient, from the mail"), n, found["own"]), (_("booked by anybody"), n, found["anyone"])] if n else []
    title = _("Booked within %(days)s days of an invitation") % {"days": ANSWER_DAYS}
    return plain_rates("follow-up-invitations", title, groups, None, (_("invitations"), _("booked"), _("% of invitations")))


def _waits(actor: Actor, span: tuple[datetime, datetime]) -> list[Table]:
    """Arrived → in a room, and in a room → done, by kind of visit; and how many waited longer than their kind allows.

    Not of visits that were put back after an error: when their patient left was said anew, days later (docs/decisions/0046).
    """
    reached = StatusChange.objects.filter(appointment=OuterRef("pk"), what="state", undone_by=None).order_by("-at", "-pk").values("at")
    visits = scoped(Appointment.objects.all(), actor).filter(state=AppointmentState.DONE, in_room_at__isnull=False, starts_at__gte=span[0], starts_at__lt=span[1])
    put_back = StatusChange.objects.filter(appointment=OuterRef("pk"), what="undone", reason=PUT_BACK)
    timed = visits.exclude(Exists(put_back)).annotate(
        arrived=Subquery(reached.filter(now=AppointmentState.ARRIVED)[:1]), done=Subquery(reached.filter(now=AppointmentState.DONE)[:1]),
    ).filter(arrived__lte=F("in_room_at"), done__gte=F("in_room_at"))  # fmt: skip
    timed = timed.annotate(waited=F("in_room_at") - F("arrived"), inside=F("done") - F("in_room_at"))
    late = Q(waited__gt=F("visit_type__waiting_limit_minutes") * timedelta(minutes=1))
    quartiles: dict[str, Any] = {f"{what}_{share}": Quantile(what, share / 100) for what in ("waited", "inside") for share in (25, 50, 75)}
    rows = timed.order_by("visit_type__name").values("visit_type__name").annotate(n=Count("pk"), late=Count("pk", filter=late), **quartiles)
    kinds: list[dict[str, Any]] = [dict(row) for row in rows]
    long = [(row["visit_type__name"], row["n"], row["late"]) for row in kinds]
    whole = (sum(n for _l, n, _e in long), sum(e for _l, _n, e in long))
    return [
        _minutes("waiting", _("Minutes between arrival and room"), kinds, "waited"),
        _minutes("in-room", _("Minutes between room and done"), kinds, "inside"),
        plain_rates("waiting-long", _("Waited longer than the limit of the visit"), long, whole, (_("visits"), _("too long"), _("% of visits"))),
    ]


def _minutes(code: str, title: str, kinds: list[dict[str, Any]], what: str) -> Table:
    rows = [
        Row(row["visit_type__name"], row["n"], None, *(row[f"{what}_{share}"].total_seconds() / 60 for share in (50, 25, 75)))
        if row["n"] >= LEAST
        else Row(row["visit_type__name"], row["n"])
        for row in kinds
    ]
    return Table(code, title, _("visits"), "", _("median, minutes"), tuple(rows), interval_words=_("middle half"))


def _mail(actor: Actor, span: tuple[datetime, datetime]) -> list[Table]:
    """By kind: how many of those that were due were sent, how many of the sent were refused afterwards, and how late they left."""
    due = OutboxMessage.objects.filter(_of_patients(actor), send_after__gte=span[0], send_after__lt=span[1], state__in=["sent", "failed", "skipped", "cancelled", "held"])
    returned = DeliveryEvent.objects.filter(message=OuterRef("pk"), event__in=["bounced", "complained"])
    counts: dict[str, Any] = {"n": Count("pk"), "sent": Count("pk", filter=Q(state="sent")), "back": Count("pk", filter=Q(Exists(returned), state="sent"))}
    lag: dict[str, Any] = {f"lag_{share}": Quantile(F("sent_at") - F("send_after"), share / 100) for share in (25, 50, 75)}
    kinds = due.exclude(scope__in=after.NEVER_READ).order_by("kind").values("kind").annotate(**counts, **lag)
    named: list[tuple[str, dict[str, Any]]] = [(after.kind_name(row["kind"]), dict(row)) for row in kinds]
    sent = [(words, row["n"], row["sent"]) for words, row in named]
    back = [(words, row["sent"], row["back"]) for words, row in named if row["sent"]]
    lags = [Row(words, row["sent"], None, *(row[f"lag_{share}"].total_seconds() for share in (50, 25, 75))) for words, row in named if row["sent"]]
    return [
        plain_rates("mail-sent", _("Sent, of those that were due"), sent, _sum(sent), (_("due"), _("sent"), _("% sent"))),
        plain_rates("mail-back", _("Came back, of those sent"), back, _sum(back), (_("sent"), _("came back"), _("% came back"))),
        Table("mail-lag", _("Seconds between due and sent"), _("sent"), "", _("median, seconds"), tuple(lags), interval_words=_("middle half")),
    ]


def _sum(groups: Iterable[tuple[str, int, int]]) -> tuple[int, int]:
    rows = list(groups)
    return sum(n for _l, n, _e in rows), sum(e for _l, _n, e in rows)

"""The clinic's results: adverse events, response by protocol, completion, time to response. Counts of what took place before this month.

There is no choice of period: two periods that overlap could be subtracted from each other (the month's end is the one step).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from statistics import median

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from clinic.audit import Actor
from clinic.clock import local_date, resolve_local
from clinic.models import Site
from clinic.permissions import scoped
from desk.selectors.tables import Row, Table, means, rates, without_totals
from treatments.models import AdverseEvent, Course, DeviceBlock, Measurement, ProductUse, TreatmentSession
from treatments.rules.measures import Key, Point, Quantity, Unit, series_of
from treatments.rules.measures.statistics import shares_by
from treatments.rules.measures.suppression import LEAST
from treatments.selectors.results import label_of
from treatments.selectors.whose import counting
from treatments.vocabulary import EventOutcome, MeasurementKind, SessionState

_DEPTHS = ((0, 75, "under 0.75 mm"), (75, 100, "0.75–0.99 mm"), (100, 125, "1.00–1.24 mm"), (125, 1001, "1.25 mm and deeper"))
_INTERVALS = ((0, 28, "under 28 days"), (28, 36, "28–35 days"), (36, 43, "36–42 days"), (43, 10_000, "over 42 days"))
# proposed defaults: the six-month reading, and how long without a session a course counts as stopped (maintenance window, S3)
SIX_MONTHS = (150, 210)
STOPPED_DAYS = 92
_WORDS = ("sessions", "with an adverse event", "% of sessions")
_DAYS = (90, 180, 270, 360)


@dataclass(frozen=True)
class ClinicResults:
    """Sections in the order of the page; `until` is the first day that no longer counts."""

    until: date
    sessions: int
    sections: list[tuple[str, str, list[Table]]]

    def table(self, code: str) -> Table | None:
        """One of them, for its CSV."""
        return next((table for _title, _words, tables in self.sections for table in tables if table.code == code), None)


def clinic_results(actor: Actor, *, at: datetime) -> ClinicResults:
    """A constant number of queries. Sessions that took place, before the first of this month, at the actor's sites."""
    site = scoped(Site.objects.all(), actor).order_by("pk").first()
    until = (site.today(at) if site else at.date()).replace(day=1)
    before = resolve_local(until, time(0), site.zone if site else "UTC")
    done = TreatmentSession.objects.filter(_took_place(actor, before))
    protocols = _protocols(actor, done, before)
    events, total = _events(actor, done, before)
    sections = [
        ("Adverse events", "Sessions with at least one recorded event, of all sessions. A session with two devices or lots counts in both groups.", events),
        ("Response by protocol", "Change of hair density from the patient's own baseline to the reading nearest six months (day 150–210), same method and place; places count as the same where their words are the same. Not a comparison of like with like: nobody was allotted a protocol by chance.", _responses(actor, protocols, before)),
        ("Courses", "Complete: as many sessions as planned. Stopped: ended early, or none for 92 days. Courses that still run are not counted.", [_completion(actor, before)]),
        ("Time to visible response", "Share of patients with an investigator's 7-point grade of +1 or more, from the first session; patients without one count until their last grade (Kaplan–Meier). Too few to say, and so hidden: a line with fewer than five patients still watched, or with one to four who have responded by then.", [_waiting(actor, protocols, before)]),
    ]  # fmt: skip
    return ClinicResults(until, total, sections)


def _took_place(actor: Actor, before: datetime, path: str = "") -> Q:
    """Sessions that count, told as plain conditions: the planner knows what to do with them at any size."""
    named = {"patient__site__in": sorted(actor.site_ids), "state__in": [SessionState.ENDED, SessionState.SIGNED], "entered_in_error": None, "started_at__lt": before}
    return Q(**{f"{path}{name}": value for name, value in named.items()})


def _events_of(session: str) -> QuerySet[AdverseEvent]:
    """What happened in a session; not what was closed as “recorded by mistake: there was no event”."""
    return AdverseEvent.objects.filter(session=OuterRef(session)).exclude(outcome_kind=EventOutcome.NO_EVENT)


def _with_event() -> Exists:
    return Exists(_events_of("pk"))


def _events(actor: Actor, done: QuerySet[TreatmentSession], before: datetime) -> tuple[list[Table], int]:
    """By grade, device, depth, lot and operator; and how many sessions there are."""
    depth = Max("blocks__zones__depth_hundredths")
    rows = done.annotate(deepest=depth, had=_with_event(), worst=Subquery(_events_of("pk").order_by("-grade").values("grade")[:1]))
    banded = rows.annotate(band=Case(*(When(deepest__lt=high, then=Value(n)) for n, (_low, high, _words) in enumerate(_DEPTHS)), default=Value(0), output_field=IntegerField()))
    pairs = banded.values_list("band", "had", "worst", "operator__title", "operator__name")
    by_depth: dict[str, list[int]] = {words: [0, 0] for _low, _high, words in _DEPTHS}
    by_operator: dict[str, list[int]] = {}
    grades = [0, 0, 0]
    total = events = 0
    for band, had, worst, title, name in pairs:
        for found in (by_depth[_DEPTHS[band][2]], by_operator.setdefault(f"{title} {name}".strip(), [0, 0])):
            found[0] += 1
            found[1] += had
        total, events = total + 1, events + had
        if worst:
            grades[min(worst, 3) - 1] += 1
    whole = (total, events)
    graded = [(words, total, grades[n]) for n, words in enumerate(("Worst grade 1", "Worst grade 2", "Worst grade 3 or more"))]
    tables = [
        rates("events-grade", "By CTCAE grade", graded, whole, _WORDS),
        rates("events-device", "By device", _by_block(actor, before, "device__name"), whole, _WORDS),
        rates("events-depth", "By deepest zone", [(words, n, e) for words, (n, e) in by_depth.items() if n], whole, _WORDS),
        rates("events-lot", "By cartridge lot", _by_block(actor, before, "cartridge__lot__lot"), whole, _WORDS),
        rates("events-operator", "By operator", [(words, n, e) for words, (n, e) in sorted(by_operator.items())], whole, _WORDS),
    ]
    return without_totals(tables), total


def _by_block(actor: Actor, before: datetime, name: str) -> list[tuple[str, int, int]]:
    had = Exists(_events_of("session"))
    blocks = DeviceBlock.objects.filter(_took_place(actor, before, "session__"), **{f"{name}__isnull": False}).annotate(had=had)
    article = _ARTICLE.get(name)
    counted = (blocks.annotate(article=article) if article is not None else blocks.annotate(article=Value(""))).values_list(name, "article")
    called = Min("cartridge__lot__name") if article is not None else Value("")
    rows = counted.annotate(n=Count("session", distinct=True), e=Count("session", distinct=True, filter=Q(had=True)), called=called).order_by(name, "called")
    found = [(str(label), str(maker), n, e) for label, _article, n, e, maker in rows]
    often = Counter(label for label, *_rest in found)
    return [(f"{label}, {maker}" if often[label] > 1 else label, n, e) for label, maker, n, e in found]


# a lot's number is its maker's: two articles with the same one are two lots, as the stock keeps them (`same_lot`)
_ARTICLE = {"cartridge__lot__lot": Case(When(cartridge__lot__gtin="", then=F("cartridge__lot__name")), default=F("cartridge__lot__gtin"))}


@dataclass
class _Protocol:
    """How one patient was treated in the first half year."""

    began: date
    days: list[date]
    deepest: int = 0
    topicals: frozenset[str] = frozenset()

    def interval(self) -> int | None:
        gaps = [(later - earlier).days for earlier, later in zip(self.days, self.days[1:], strict=False)]
        return round(median(gaps)) if gaps else None


def _protocols(actor: Actor, done: QuerySet[TreatmentSession], before: datetime) -> dict[int, _Protocol]:
    found: dict[int, _Protocol] = {}
    rows = done.annotate(deepest=Max("blocks__zones__depth_hundredths")).order_by("started_at", "pk").values_list("patient_id", "started_at", "site__zone", "deepest")
    for patient, started, zone, deepest in rows:
        if started is None:
            continue
        on = local_date(started, zone)  # days are those of the clinic (SCHEMA 1.2.1)
        own = found.setdefault(patient, _Protocol(on, []))
        if (on - own.began).days <= SIX_MONTHS[1]:
            own.days.append(on)
            own.deepest = max(own.deepest, deepest or 0)
    kinds: dict[int, set[str]] = defaultdict(set)
    used = ProductUse.objects.filter(_took_place(actor, before, "session__"), product__is_anaesthetic=False).order_by()
    for patient, kind, started, zone in used.values_list("session__patient_id", "product__kind", "session__started_at", "session__site__zone").distinct():
        if started is not None and patient in found and (local_date(started, zone) - found[patient].began).days <= SIX_MONTHS[1]:
            kinds[patient].add(kind.replace("_", " "))
    for patient, own in found.items():
        own.topicals = frozenset(kinds[patient])
    return found


def _responses(actor: Actor, protocols: dict[int, _Protocol], before: datetime) -> list[Table]:
    """For each method at each place by itself: by depth, by interval, by topicals. Neither methods nor places are ever put together.

    A patient has one change a key, so what is counted are patients. Of a key with fewer than five nothing is told, its words neither:
    the words for a place are free, and could be one patient's alone.
    """
    by_key: dict[Key, list[tuple[_Protocol, float]]] = defaultdict(list)
    for patient, key, change in _changes(actor, protocols, before):
        by_key[key].append((protocols[patient], change))
    tables: list[Table] = []
    labels = ("patients", "mean change, hairs/cm²")
    for key, pairs in sorted(by_key.items(), key=lambda item: (-len(item[1]), label_of(item[0]))):
        if len(pairs) >= LEAST:
            for code, title, groups in _strata(pairs):
                tables.append(means(f"response-{code}-{_code_of(key)}", f"{label_of(key)}: by {title}", groups, labels))
    if any(len(pairs) < LEAST for pairs in by_key.values()):
        tables.append(Table("response-few", "Other methods and places, fewer than five patients each", labels[0], "", labels[1], (Row("All", None),)))
    return tables


def _code_of(key: Key) -> str:
    """Of a key, for the address of its CSV: the words for the place are about a patient's head, and stand in no address and no log (R50)."""
    return f"{key.method or 'unknown'}-{sha256(label_of(key).encode()).hexdigest()[:8]}".replace("_", "-")


def _strata(pairs: list[tuple[_Protocol, float]]) -> Iterable[tuple[str, str, list[tuple[str, list[float]]]]]:
    yield "depth", "deepest zone", _grouped([(_band(p.deepest, _DEPTHS), change) for p, change in pairs], [words for _l, _h, words in _DEPTHS])
    spaced = [(_band(gap, _INTERVALS) if (gap := p.interval()) is not None else "one session", change) for p, change in pairs]
    yield "interval", "usual interval", _grouped(spaced, [*(words for _l, _h, words in _INTERVALS), "one session"])
    with_what = [(", ".join(sorted(p.topicals)) or "none recorded", change) for p, change in pairs]
    yield "topicals", "products", _grouped(with_what, sorted({words for words, _change in with_what}))


def _band(value: int, bands: tuple[tuple[int, int, str], ...]) -> str:
    return next(words for low, high, words in bands if low <= value < high)


def _grouped(pairs: list[tuple[str, float]], order: list[str]) -> list[tuple[str, list[float]]]:
    groups: dict[str, list[float]] = defaultdict(list)
    for label, value in pairs:
        groups[label].append(value)
    return [(label, groups[label]) for label in order if label in groups]


def _changes(actor: Actor, protocols: dict[int, _Protocol], before: datetime) -> Iterable[tuple[int, Key, float]]:
    """(patient, series, change): the last day of a series up to the first session against its day nearest six months.

    A place is a row of its patient; across patients it is the same where its words are, so the key has the words: a patient has one series a key.
    """
    points: dict[int, list[Point]] = defaultdict(list)
    rows = scoped(Measurement.objects.filter(counting()), actor).filter(kind=MeasurementKind.HAIR_DENSITY, error_at=None, canonical__isnull=False, measured_at__lt=before)
    for patient, at, zone, method, place, clipped, number in rows.values_list("patient_id", "measured_at", "patient__site__zone", "method", "place__label", "clipped", "canonical").iterator():
        if patient in protocols and number is not None:
            key = Key(MeasurementKind.HAIR_DENSITY, Unit.PER_CM2, method, " ".join((place or "").lower().split()), "", clipped)
            points[patient].append(Point(key, local_date(at, zone), Quantity(number, Unit.PER_CM2)))
    for patient, own in points.items():
        began = protocols[patient].began
        for series in series_of(own):
            first = [day for day in series.days if day.on <= began]
            after = [day for day in series.days if SIX_MONTHS[0] <= (day.on - began).days <= SIX_MONTHS[1]]
            if first and after:
                nearest = min(after, key=lambda day: abs((day.on - began).days - 180))
                yield patient, series.key, float(nearest.mean - first[-1].mean)


def _completion(actor: Actor, before: datetime) -> Table:
    rows, took_place = scoped(Course.objects.all(), actor).filter(planned_at__lt=before), _took_place(actor, before, "sessions__")
    counted = rows.annotate(took=Count("sessions", filter=took_place), last=Max("sessions__started_at", filter=took_place))
    groups: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for planned, took, last, ended, begun in counted.values_list("planned_sessions", "took", "last", "ended_at", "planned_at"):
        complete, quiet = took >= planned, (before - (last or begun)).days > STOPPED_DAYS
        if complete or ended is not None or quiet:
            groups[planned][0] += 1
            groups[planned][1] += complete
    listed = [(f"{planned} sessions planned", n, e) for planned, (n, e) in sorted(groups.items())]
    whole = (sum(n for _l, n, _e in listed), sum(e for _l, _n, e in listed))
    return rates("completion", "Courses that were completed", listed, whole, ("courses", "complete", "% of courses"))


def _waits(actor: Actor, protocols: dict[int, _Protocol], before: datetime) -> list[tuple[int, bool]]:
    """(days from the first session, reached) of each patient with a grade after it."""
    rows = scoped(Measurement.objects.filter(counting()), actor).filter(kind=MeasurementKind.GLOBAL_GRADE, rater="investigator", error_at=None, measured_at__lt=before)
    found: dict[int, tuple[int, bool]] = {}
    for patient, at, zone, grade in rows.order_by("measured_at", "pk").values_list("patient_id", "measured_at", "patient__site__zone", "canonical"):
        days = (local_date(at, zone) - protocols[patient].began).days if patient in protocols else 0
        if days > 0 and not found.get(patient, (0, False))[1]:
            found[patient] = (days, (grade or 0) >= 1)
    return list(found.values())


def _waiting(actor: Actor, protocols: dict[int, _Protocol], before: datetime) -> Table:
    """Kaplan–Meier at 3, 6, 9 and 12 months. Hidden is a line with fewer than five patients still watched, or with one to four more responders than the last line shown."""
    waits = _waits(actor, protocols, before)
    found: list[Row] = []
    told = 0
    for share in shares_by(waits, _DAYS) if len(waits) >= LEAST else []:
        responded = sum(reached and days <= share.by for days, reached in waits)
        may_tell = share.at_risk >= LEAST and not 0 < responded - told < LEAST
        told = responded if may_tell else told
        label = f"by month {share.by // 30}"
        found.append(Row(label, share.at_risk, None, 100 * share.share, 100 * share.low, 100 * share.high) if may_tell else Row(label, None))
    title = f"Of {len(waits)} patients with a grade" if len(waits) >= LEAST else "Fewer than five patients have a grade"
    return Table("response-time", title, "patients still watched", "", "% with a visible response", tuple(found))

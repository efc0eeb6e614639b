"""The next session of every patient with a course that runs, as the records stand now: the input of the S-rules for many at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, QuerySet

from clinic.clock import local_date
from patients import selectors as people
from treatments.models import Course, DeviceBlock, EarlierSession, PatchTest, TreatmentSession
from treatments.rules.policy import SessionPolicy
from treatments.selectors import baseline
from treatments.selectors.inputs import NO_MINOXIDIL, anaesthetic_input, product_input
from treatments.vocabulary import SessionState

_DONE = (SessionState.ENDED, SessionState.SIGNED)
_ANY_CARTRIDGE = {"lot": "-", "expiry": "2100-12-31", "usedBefore": False, "sealIntact": True}
_NO_ZONE = [{"zone": "vertex", "depthMm": 0.5}]


@dataclass
class Next:
    """One course's next session. `shown` is where its settings come from: the open draft, or the last session as if repeated."""

    course: Course
    at: datetime
    draft: TreatmentSession | None = None
    last: TreatmentSession | None = None
    number: int = 1
    last_on: date | None = None
    began_on: date | None = None
    tests: dict[int, PatchTest] = field(default_factory=dict)
    views: list[tuple[str, datetime]] = field(default_factory=list)
    measures: list[tuple[str, bool, datetime]] = field(default_factory=list)
    allergies: list[str] = field(default_factory=list)
    minoxidil_hold: bool = False

    @property
    def patient_id(self) -> int:
        """Whose it is."""
        return self.course.patient_id

    @property
    def is_draft(self) -> bool:
        """Whether the settings are those of an open draft: one with a zone in it."""
        return self.draft is not None and any(block.zones.all() for block in self.draft.blocks.all())

    @property
    def shown(self) -> TreatmentSession | None:
        """The draft, else the last session; else the draft as far as it goes."""
        return self.draft if self.is_draft else self.last or self.draft

    @property
    def zone(self) -> str:
        """Where days are counted."""
        return (self.draft.site if self.draft else self.course.patient.site).zone

    @property
    def start(self) -> datetime:
        """As if it were now. A session under way keeps the numbers it began with; the next one is judged."""
        return self.at

    @property
    def day(self) -> date:
        """The session day."""
        return local_date(self.start, self.zone)

    def blocks(self) -> list[DeviceBlock]:
        """Devices with a zone."""
        return [block for block in self.shown.blocks.all() if block.zones.all()] if self.shown else []

    def inputs(self, numbers: SessionPolicy) -> list[dict[str, Any]]:
        """One for each device with a zone, or one without; device, cartridge and consent are taken as fine, no number touches them."""
        general = self._general() | self._applied() | self._baseline(numbers.rescreen_after_days)
        return [general | _device(block) for block in self.blocks()] or [general | _device(None)]

    def _general(self) -> dict[str, Any]:
        given: dict[str, Any] = {
            "stage": "plan", "sessionStart": self.start.isoformat(), "timeZone": self.zone, "phase": self.course.phase, "sessionNumber": min(self.number, 100),
            "response": self.course.response, "fullRescreenDone": self.draft.full_rescreen_done if self.draft else False,
            "operator": {"role": (self.shown.operator.operator_role if self.shown else "") or "other", "credentialValid": True},
            "allergies": self.allergies, "minoxidilHold": self.minoxidil_hold,
        }  # fmt: skip
        given |= {"fitzpatrick": self.shown.fitzpatrick} if self.shown and self.shown.fitzpatrick else {}
        given |= {"lastSessionDate": self.last_on.isoformat()} if self.last_on else {}
        return given | ({"courseStartDate": min(self.began_on, self.day).isoformat()} if self.began_on else {})

    def _applied(self) -> dict[str, Any]:
        """Products and numbing cream as planned or last used, with the patch tests of now; taken as wiped off, for no number asks that."""
        if self.shown is None:
            return {}
        given: dict[str, Any] = {
            "products": [product_input(use, self.tests.get(use.product_id), self.start, self.zone) for use in self.shown.product_uses.all()]
        }
        if self.draft is self.shown:
            rows = [row for row in self.shown.pre_topicals.all() if row.last_used_at <= self.start]
            given["preTopicals"] = [{"kind": row.kind, "lastUsedAt": row.last_used_at.isoformat()} for row in rows]
            given["painReadings"] = list(self.shown.pain_readings)
        numbing = anaesthetic_input(getattr(self.shown, "anaesthetic", None))
        return given | ({"anaesthetic": numbing["anaesthetic"] | {"wipedOff": True}} if numbing else {})

    def _baseline(self, gap_days: int) -> dict[str, Any]:
        since = baseline.begins(planned_at=self.course.planned_at, day=self.day, last_on=self.last_on, zone=self.zone, gap_days=gap_days)
        return baseline.baseline_input(self.views, self.measures, since=since, waiver=self.draft.baseline_waiver_reason if self.draft else "")


def _device(block: DeviceBlock | None) -> dict[str, Any]:
    zones = [
        {"zone": zone.zone, "depthMm": zone.depth_hundredths / 100} | ({"passes": zone.passes} if zone.passes else {})
        for zone in (block.zones.all() if block else ())
    ]
    return {"device": {"maxDepthMm": 10}, "cartridge": _ANY_CARTRIDGE, "zones": zones or _NO_ZONE}


def next_sessions(at: datetime, *, gap_days: int, most: int) -> list[Next]:
    """Of open courses, newest first, at most `most`. A constant number of queries. `gap_days`: from which gap on a baseline may be asked for (S20)."""
    courses = Course.objects.filter(ended_at=None, patient__deceased_on=None, patient__merged_into=None)
    found = {row.patient_id: Next(row, at) for row in courses.select_related("patient__site").order_by("-planned_at", "-pk")[:most]}
    _sessions(found, at)
    _days(found, at)
    _of_products(found)
    _of_baseline(found, gap_days)
    return list(found.values())


def _whole(rows: QuerySet[TreatmentSession]) -> QuerySet[TreatmentSession]:
    rows = rows.select_related("site", "operator", "anaesthetic__product")
    return rows.prefetch_related("blocks__zones", "product_uses__product", "pre_topicals")


def _sessions(found: dict[int, Next], at: datetime) -> None:
    rows = TreatmentSession.objects.filter(patient__in=found, entered_in_error=None)
    for draft in _whole(rows.filter(state=SessionState.DRAFT, course__in=[row.course.pk for row in found.values()]).order_by("pk")):
        found[draft.patient_id].draft = draft
    drafts = [row.draft.pk for row in found.values() if row.draft]
    begun = rows.filter(started_at__lte=at).exclude(pk__in=drafts).order_by("patient_id", "-started_at", "-pk").distinct("patient_id")
    for last in _whole(begun):
        found[last.patient_id].last = last


def _days(found: dict[int, Next], at: datetime) -> None:
    """The how-manieth treatment of the course comes next, day of the last needling (from before this record too), first day of the course."""
    earlier: dict[int, list[date]] = defaultdict(list)
    for patient, on in EarlierSession.objects.filter(patient__in=found).values_list("patient_id", "on"):
        earlier[patient].append(on)
    rows = TreatmentSession.objects.filter(course__in=[row.course.pk for row in found.values()])
    begun = rows.filter(started_at__isnull=False, entered_in_error=None).exclude(pk__in=[row.draft.pk for row in found.values() if row.draft])
    before = dict(begun.values_list("patient_id").annotate(Count("pk")).order_by())
    first = rows.filter(state__in=_DONE, entered_in_error=None).order_by("patient_id", "started_at").distinct("patient_id").select_related("site")
    began = {row.patient_id: local_date(row.started_at, row.site.zone) for row in first if row.started_at}
    for patient, one in found.items():
        one.number = before.get(patient, 0) + 1
        here = local_date(one.last.started_at, one.last.site.zone) if one.last and one.last.started_at else None
        days = [day for day in (here, *earlier[patient]) if day and day <= one.day]
        one.last_on, one.began_on = max(days, default=None), began.get(patient)


def _of_products(found: dict[int, Next]) -> None:
    """The newest patch test of each product, allergens, and who may not have minoxidil now."""
    used = {(one.patient_id, use.product_id): use.product.kind for one in found.values() if one.shown for use in one.shown.product_uses.all()}
    tests = PatchTest.objects.filter(patient__in={p for p, _product in used}, product__in={product for _p, product in used})
    for test in tests.order_by("patient_id", "product_id", "-applied_at").distinct("patient_id", "product_id").prefetch_related("readings"):
        found[test.patient_id].tests[test.product_id] = test
    for patient, names in people.allergy_names_of(found).items():
        found[patient].allergies = names
    for one in _with_minoxidil(found, used):
        rules = {t["rule"] for t in one.eligibility(found[one.patient.pk].day).triggers}
        found[one.patient.pk].minoxidil_hold = bool(NO_MINOXIDIL & rules)


def _with_minoxidil(found: dict[int, Next], used: dict[tuple[int, int], str]) -> Iterable[people.Dossier]:
    patients = [found[patient].course.patient for (patient, _product), kind in used.items() if kind == "minoxidil"]
    return people.dossiers(patients).values()


def _of_baseline(found: dict[int, Next], gap_days: int) -> None:
    due = [patient for patient, one in found.items() if one.number == 1 or (one.last_on and (one.day - one.last_on).days > gap_days)]
    for patient, view, taken in baseline.photos_of(due):
        found[patient].views.append((view, taken))
    for patient, kind, placed, measured in baseline.measures_of(due):
        found[patient].measures.append((kind, placed, measured))



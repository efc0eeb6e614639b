"""Writing down what was measured. Each number passes the rules of section 5; a doubt is confirmed or not kept."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.forms import clean_spaces
from patients.models import Patient
from treatments.models import Measurement, MeasurementSite, TreatmentSession
from treatments.rules.measures import Judged, Method, Rater, Reading, Unit, judge
from treatments.selectors.measurements import about
from treatments.vocabulary import MeasurementKind


class NotMeasurable(Refused):
    """A value is out of range or something is missing; `errors` says what, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()), field=next(iter(errors)))
        self.errors = errors


class LookAgain(Refused):
    """Unusual, but possible: `doubts` ask to be confirmed. Nothing is kept until then."""

    def __init__(self, doubts: tuple[str, ...]) -> None:
        super().__init__(" ".join(doubts), field="confirmed")
        self.doubts = doubts


class AlreadyMarked(Conflict):
    """This measurement was marked as a mistake already."""


@dataclass(frozen=True)
class MeasureEntry:
    """A measure as typed; `values` holds one number, or several readings of the same moment, each kept as a row of its own."""

    kind: MeasurementKind
    method: Method
    values: tuple[Decimal, ...] = ()
    unit: Unit | None = None
    grade: str = ""
    parts: dict[str, Any] = field(default_factory=dict)
    area_cm2: Decimal | None = None
    clipped: bool | None = None
    place: str = ""
    rater: Rater = Rater.INVESTIGATOR
    measured_at: datetime | None = None
    form_key: str = ""

    def readings(self) -> list[Reading]:
        """As the rules judge them: one for each number."""
        numbers: tuple[Decimal | None, ...] = self.values or (None,)
        return [
            Reading(self.kind, self.method, number, self.unit, self.grade, self.parts, self.area_cm2, bool(self.place.strip()), self.rater)
            for number in numbers
        ]


def record_measurement(
    *, patient: Patient, entry: MeasureEntry, by: Actor, at: datetime, session: TreatmentSession | None = None, confirmed: bool = False
) -> list[Measurement]:
    """Judge and keep. The same form sent twice is kept once; sent again with something else in it, it is another one. Raises NotMeasurable, LookAgain."""
    moment = entry.measured_at or at
    if moment > at:
        raise NotMeasurable({"measured_at": "This lies in the future."})
    known = about(patient, entry.kind, moment)
    readings = entry.readings()
    verdicts = [judge(reading, known) for reading in readings]
    errors = {name: words for verdict in reversed(verdicts) for name, words in verdict.errors.items()}
    if errors:
        raise NotMeasurable(errors)
    doubts = tuple(dict.fromkeys(words for verdict in verdicts for words in verdict.doubts))
    if doubts and not confirmed:
        raise LookAgain(doubts)
    with audit.write(by=by, action="measurement.record"):
        Patient.objects.select_for_update().get(pk=patient.pk)  # two tabs, one form: the second one waits and finds the first
        kept = _kept_before(patient, entry.form_key)
        place = _place(patient, entry.place, by, moment)
        rows = [_row(entry, reading, verdict, len(kept) + number) for number, (reading, verdict) in enumerate(zip(readings, verdicts, strict=True))]
        for row in rows:
            row.patient, row.session, row.place, row.operator_id = patient, session, place, by.staff_id
            row.measured_at, row.by = moment, by.name[:160]
        newest = kept[-len(rows):]  # what the form said last: put back to an earlier number it is another word, and that one twice is a second tap
        if newest and [_said(row) for row in newest] == [_said(row) for row in rows] and entry.measured_at in (None, newest[0].measured_at):
            return newest
        return Measurement.objects.bulk_create(rows)


def _kept_before(patient: Patient, form_key: str) -> list[Measurement]:
    if not form_key:
        return []
    return list(Measurement.objects.filter(patient=patient, form_key__startswith=f"{form_key}:").order_by("pk"))


def _said(row: Measurement) -> tuple[Any, ...]:
    """What somebody typed, as the table keeps it."""
    area = None if row.area_cm2 is None else round(row.area_cm2, 2)
    return row.kind, row.method, row.rater, row.grade, row.value, row.unit, row.parts, area, row.clipped, row.place_id


def _place(patient: Patient, label: str, by: Actor, at: datetime) -> MeasurementSite | None:
    """The patient's own place of that name, made when it is new."""
    label = clean_spaces(label)[:80]
    if not label:
        return None
    found = patient.measurement_sites.filter(label__iexact=label).first()
    return found or MeasurementSite.objects.create(patient=patient, label=label, made_at=at, made_by=by.name[:160])


def _row(entry: MeasureEntry, reading: Reading, verdict: Judged, number: int) -> Measurement:
    """One reading as a row, without whom and when it is about; `number` is its place under the form's key, which is free once."""
    typed = reading.unit or (verdict.number.unit if verdict.number else "")
    return Measurement(
        kind=entry.kind, method=entry.method, rater=entry.rater, grade=entry.grade, value=reading.value, unit=typed,
        canonical=verdict.number.value if verdict.number else None, parts={name: _plain(value) for name, value in entry.parts.items()},
        area_cm2=entry.area_cm2, clipped=entry.clipped, confirmed=list(verdict.doubts), form_key=f"{entry.form_key}:{number}" if entry.form_key else None,
    )  # fmt: skip


def _plain(value: Decimal | int | None) -> float | int | None:
    return value if value is None or isinstance(value, int) else int(value) if value == value.to_integral_value() else float(value)


def mark_measurement_in_error(*, measurement: Measurement, reason: str, by: Actor, at: datetime) -> Measurement:
    """A mistake stays readable, with its reason, and leaves every chart. Raises AlreadyMarked."""
    if not reason.strip():
        raise Refused("Say what was wrong.", field="reason")
    with audit.write(by=by, action="measurement.error", reason=reason):
        row = Measurement.objects.select_for_update().get(pk=measurement.pk)
        if row.error_at is not None:
            raise AlreadyMarked("This was marked as a mistake already.")
        row.error_at, row.error_by, row.error_reason = at, by.name[:160], reason.strip()[:300]
        row.save(update_fields=["error_at", "error_by", "error_reason"])
    return row

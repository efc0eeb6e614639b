"""What was measured, what went wrong, how the patient did afterwards, and which photos there are."""

from decimal import Decimal
from typing import Any

from aftercare.models import CheckIn
from desk.fhir.parts import Draft, Json, concept, listed, note, quantity
from desk.fhir.people import practitioner
from treatments.measure_words import KIND_WORDS, METHOD_WORDS, PART_WORDS, RATER_WORDS
from treatments.models import AdverseEvent, Measurement
from treatments.rules.measures.vocabulary import Method, Rater, Unit
from treatments.selectors.photos import photo_uses
from treatments.selectors.whose import counting, of_this_patient
from treatments.vocabulary import EventOutcome, MeasurementKind
from treatments.words import VIEW_WORDS

# what a part of a score counts in
_PART_UNITS = {
    MeasurementKind.SALT: Unit.PERCENT, MeasurementKind.TERMINAL_VELLUS: Unit.HAIRS, MeasurementKind.SIXTY_SECOND_COUNT: Unit.HAIRS,
    MeasurementKind.PULL_TEST: Unit.HAIRS,
}  # fmt: skip
_OUTCOME = {
    "recovered": "resolved", "recovered_with_sequelae": "resolvedWithSequelae", "not_recovered": "ongoing", "fatal": "fatal", "unknown": "unknown",
}  # fmt: skip
_SEVERITY = {1: "mild", 2: "moderate"}


def measured(draft: Draft) -> None:
    """Every measurement in the unit in which it was read; mistakes stay, marked."""
    sure = set(draft.patient.measurements.filter(counting()).values_list("pk", flat=True))
    for row in draft.patient.measurements.select_related("place", "operator", "session").order_by("measured_at", "pk"):
        _measurement(draft, row, is_sure=row.pk in sure)


def _measurement(draft: Draft, row: Measurement, *, is_sure: bool) -> None:
    """`is_sure`: not of a session entered in error of which nobody has said whose it was (decision 0027)."""
    kind = MeasurementKind(row.kind)
    rater = str(RATER_WORDS[Rater(row.rater)])
    draft.add(
        "Observation", draft.id_of(row), status="entered-in-error" if row.error_at else "final" if is_sure else "unknown", subject=draft.subject,
        code=concept(str(KIND_WORDS[kind]), local=f"measure.{row.kind}", loinc="72514-3" if kind == MeasurementKind.PAIN else ""),
        effectiveDateTime=draft.moment(row.measured_at), performer=[draft.subject if row.rater == Rater.PATIENT else practitioner(draft, row.operator)],
        method=concept(str(METHOD_WORDS[Method(row.method)]), local=f"method.{row.method}") if row.method else None,
        bodySite={"text": row.place.label} if row.place else None, component=_parts(row, kind), **_value(row),
        partOf=[{"reference": f"urn:uuid:{row.session.uuid}", "type": "Procedure"}] if row.session and draft.has(row.session) else [],
        note=note(f"Read by: {rater}.", f"Entered in error: {row.error_reason}" if row.error_at else ""),
    )  # fmt: skip


def _value(row: Measurement) -> Json:
    """A grade as a word, a score as an integer, anything else with its unit; computed scores in the unit that is compared."""
    if row.grade:
        return {"valueCodeableConcept": concept(row.grade, local=f"grade.{row.kind}.{row.grade}")}
    number = row.value if row.value is not None else row.canonical
    if number is None:
        return {"dataAbsentReason": listed("data-absent-reason", "unknown")}
    unit = row.unit if row.value is not None or row.spec.unit is None else row.spec.unit.value
    if unit == Unit.SCORE and number == number.to_integral_value():
        return {"valueInteger": int(number)}
    return {"valueQuantity": quantity(number, unit)}


def _parts(row: Measurement, kind: MeasurementKind) -> list[Json]:
    found = []
    for part, value in row.parts.items():
        if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value == "":
            continue
        unit = _PART_UNITS.get(kind, Unit.SCORE)
        found.append({"code": concept(str(PART_WORDS.get(part, part)), local=f"part.{row.kind}.{part}"), "valueQuantity": quantity(Decimal(str(value)), unit.value)})
    if row.area_cm2 is not None:
        found.append({"code": concept("Area that was counted", local="part.area"), "valueQuantity": quantity(row.area_cm2, "cm2")})
    return found


def went_wrong(draft: Draft) -> None:
    """Adverse events, but for what was recorded by mistake; the CTCAE grade is an observation of its own, because R4 has no place for it."""
    took_place = draft.patient.adverse_events.exclude(outcome_kind=EventOutcome.NO_EVENT)
    for row in took_place.select_related("session").order_by("onset_at", "pk"):
        event = draft.add("AdverseEvent", draft.id_of(row), **_event(draft, row))
        draft.add(
            "Observation", draft.id_of(row, "grade"), status="final", subject=draft.subject, focus=[event], code=concept("CTCAE grade", local="ctcae-grade"),
            effectiveDateTime=draft.moment(row.recorded_at), valueInteger=row.grade,
        )  # fmt: skip


def _event(draft: Draft, row: AdverseEvent) -> dict[str, Any]:
    outcome = _OUTCOME.get(row.outcome_kind, "ongoing" if row.closed_at is None else "unknown")
    suspect = []
    if row.session and draft.has(row.session):
        suspect = [{"instance": {"reference": f"urn:uuid:{row.session.uuid}", "type": "Procedure"}, "causality": [{"assessment": {"text": f"Put down to: {row.causality}"}}]}]
    return {
        "actuality": "actual", "event": concept(row.what), "subject": draft.subject, "date": draft.moment(row.onset_at), "recordedDate": draft.moment(row.recorded_at),
        "seriousness": listed("adverse-event-seriousness", "Serious" if row.serious else "Non-serious"), "severity": listed("adverse-event-severity", _SEVERITY.get(row.grade, "severe")),
        "outcome": listed("adverse-event-outcome", outcome), "suspectEntity": suspect,
    }  # fmt: skip


def afterwards(draft: Draft) -> None:
    """Answered check-ins, by the keys of the rules, with the level that the rules gave."""
    rows = CheckIn.objects.filter(patient=draft.patient, response__isnull=False).select_related("response", "plan__session").order_by("opens_at", "pk")
    for row in rows:
        said = row.response
        items = [{"linkId": key, "answer": _answer(value)} for key, value in sorted(said.answers.items())]
        items.append({"linkId": "triage", "text": "What the rules made of it", "answer": [{"valueString": said.triage}]})
        session = row.plan.session
        draft.add(
            "QuestionnaireResponse", draft.id_of(row), status="completed", subject=draft.subject, authored=draft.moment(said.answered_at),
            source=draft.subject if said.on_behalf_by_id is None else None, item=[item for item in items if item["answer"]],
            partOf=[{"reference": f"urn:uuid:{session.uuid}", "type": "Procedure"}] if session and draft.has(session) else [],
        )  # fmt: skip


def _answer(value: Any) -> list[Json]:
    if isinstance(value, bool):
        return [{"valueBoolean": value}]
    if isinstance(value, (int, float)):
        return [{"valueDecimal": Decimal(str(value))}]
    return [{"valueString": str(value)}] if value not in (None, "", [], {}) else []


def pictured(draft: Draft) -> None:
    """Which photos there are, never the pictures; none of them where the patient has taken back the use in the record."""
    if not photo_uses(draft.patient).record:
        return
    sure = set(draft.patient.photos.filter(of_this_patient()).values_list("pk", flat=True))
    for row in draft.patient.photos.select_related("session").order_by("taken_at", "pk"):
        view = str(VIEW_WORDS.get(row.view, "Patient's own picture"))
        draft.add(
            "Media", draft.id_of(row), status="entered-in-error" if row.error_at else "completed" if row.pk in sure else "unknown", type={"text": "Photo"}, subject=draft.subject,
            view=concept(view, local=f"view.{row.view}" if row.view else ""), createdDateTime=draft.moment(row.taken_at), width=row.width, height=row.height,
            content={"contentType": "image/jpeg", "title": view, "creation": draft.moment(row.taken_at)},
            partOf=[{"reference": f"urn:uuid:{row.session.uuid}", "type": "Procedure"}] if row.session and draft.has(row.session) else [],
            note=note("The picture itself stays in the clinic.", f"Entered in error: {row.error_reason}" if row.error_at else ""),
        )  # fmt: skip


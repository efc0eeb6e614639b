"""Reads about PRP in a session: eligibility, which checks of the tube count, the rules' input (S19)."""

from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from patients import selectors as people
from patients.models import Patient
from treatments.models import PrpUse, TreatmentSession, TubeCheck

CHECKS_BEFORE = "tube_checks_before"  # in the history of a draw: the key of the newest check that was noted before it
_ORDER = ("CLEAR", "CAUTION", "REVIEW", "INCOMPLETE", "DEFER", "ABSOLUTE")


def eligibility(patient: Patient, day: date) -> tuple[str, list[dict[str, Any]]]:
    """The worst class of all triggers when PRP is planned, PRP-scoped ones at their own class (SCHEMA 3.4); and the triggers."""
    found = people.eligibility_on(patient, as_of=day, prp=True)
    if found.needs_answers:
        return "INCOMPLETE", found.triggers
    return _worst(found), found.triggers


def _at_start(record: TreatmentSession) -> str:
    """The class as it was known at the start (decision 0011); empty when no screening was kept then."""
    then = people.eligibility_at_start(record.patient, started_at=record.started_at, prp=True) if record.started_at else None
    return _worst(then) if then else ""


def _worst(found: people.Eligibility) -> str:
    return max((found.overall, *(str(t["class"]) for t in found.triggers)), key=_ORDER.index)


def carried(record: TreatmentSession) -> PrpUse | None:
    """The used PRP of the mistaken record that this one replaces, when it was taken over from there. Its times can't change any more."""
    there = PrpUse.objects.filter(session=record.replaces_id, used_at__isnull=False).first() if record.replaces_id else None
    here = getattr(record, "prp", None)
    return there if there and here and (here.drawn_at, here.used_at, here.volume_ml) == (there.drawn_at, there.used_at, there.volume_ml) else None


def _carried_from(record: TreatmentSession) -> list[TreatmentSession]:
    """The mistaken records that the used PRP comes from, the last one first: a right record may have been a mistake too."""
    found: list[TreatmentSession] = []
    there = carried(record)
    while there is not None:
        found.append(there.session)
        there = carried(there.session)
    return found


def checks_of_another(record: TreatmentSession) -> list[TubeCheck]:
    """What was said about the tube in mistaken records of other patients: it says nothing about this one's, and doesn't count."""
    others = [one.pk for one in _carried_from(record) if one.patient_id != record.patient_id]
    return list(TubeCheck.objects.filter(session__in=others).select_related("by").order_by("at", "pk")) if others else []


def checks_of(record: TreatmentSession) -> QuerySet[TubeCheck]:
    """All that was said about the tube of this patient, in order; of carried PRP also in the same patient's mistaken records."""
    own = [record.pk, *(one.pk for one in _carried_from(record) if one.patient_id == record.patient_id)]
    return TubeCheck.objects.filter(session__in=own).select_related("by").order_by("at", "pk")


def checks_that_count(record: TreatmentSession, prp: PrpUse) -> list[TubeCheck]:
    """Each person's newest word since the draw was noted, on the label as it is now; of carried PRP also those of the same patient's mistaken records."""
    if prp.drawn_at is None:
        return []
    newest: dict[int, TubeCheck] = {}
    for check in checks_of(record).filter(at__gte=prp.drawn_at, tube_label=prp.tube_label, pk__gt=_newest_before_draw(record)):
        newest[check.by_id] = check
    return list(newest.values())


def _newest_before_draw(record: TreatmentSession) -> int:
    """The key of the last check that was noted before the newest draw; 0 for none. Notes are one after the other, under the record's lock.

    A draw noted before this was kept (November 2026) is told by its typed time alone.
    """
    drawn_in = ([record, *_carried_from(record)])[-1]
    rows = apps.get_model("treatments", "PrpUseEvent").objects.filter(pgh_obj__session=drawn_in, pgh_context__action="prp.draw")
    context = rows.order_by("-pgh_id").values_list("pgh_context", flat=True).first() or {}
    return int(context.get(CHECKS_BEFORE, 0))


def rules_input(record: TreatmentSession, day: date) -> dict[str, Any]:
    """The `prp` object of SCHEMA 3.4 once it was really used; nothing while only planned, or given up."""
    row = getattr(record, "prp", None)
    if row is None or row.used_at is None:
        return {}
    checks = checks_that_count(record, row)
    names = [check.name if [c.name for c in checks].count(check.name) == 1 else f"{check.name} ({check.by.email})" for check in checks]
    return {
        "prp": {
            "eligibility": _at_start(record) or eligibility(record.patient, day)[0],
            "patientMatch": bool(checks) and all(check.matches for check in checks),
            "tubeCheckBy": names,
            "drawnAt": row.drawn_at.isoformat() if row.drawn_at else None,
            "usedAt": row.used_at.isoformat(),
            "volumeMl": float(row.volume_ml) if row.volume_ml is not None else None,
        }
    }

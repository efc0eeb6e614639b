"""Who was the operator of a session before whom, from the history that triggers write; and who signs, when the operator has left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, Trim

from clinic.models import Staff
from clinic.roles import Role
from treatments.models import SignatureHandover, TreatmentSession

TAKE_OVER = "session.take_over"


@dataclass(frozen=True)
class Handover:
    """One taking over: from whom, by whom, when; `running` once the needle had touched the skin."""

    before: str
    after: str
    at: datetime
    running: bool


def handovers(record: TreatmentSession) -> list[Handover]:
    """In order; empty for a session that one person opened and finished."""
    rows = apps.get_model("treatments", "TreatmentSessionEvent").objects.filter(pgh_obj_id=record.pk).order_by("pgh_id")
    found, before = [], None
    for operator, at, context, started, saved_at in rows.values_list("operator_id", "pgh_created_at", "pgh_context", "started_at", "saved_at"):
        if before not in (None, operator) and (context or {}).get("action") == TAKE_OVER:
            found.append((before, operator, saved_at or at, started is not None))
        before = operator
    if not found:
        return []
    staff = Staff.objects.in_bulk({pk for row in found for pk in row[:2]})
    return [Handover(staff[was].display_name, staff[now].display_name, at, running) for was, now, at, running in found]


def _has_left(who: str) -> Combinable:
    """Whether this person can't sign at the record's site any more: their account is closed, they are no clinician, or they work elsewhere."""
    there = Staff.objects.filter(pk=OuterRef(who), is_active=True, roles__contains=[Role.CLINICIAN], sites=OuterRef("site"))
    return ~Exists(there)


_SAID = Trim(Concat("title", Value(" "), "name"))  # as `Staff.display_name`


def with_signer(rows: QuerySet[TreatmentSession]) -> QuerySet[TreatmentSession]:
    """Each record with `signs` (whose signature it waits for), `signs_name`, `operator_left` and `nobody_signs`.

    It is the operator's own; after they have left it is the newest one's who took the signature over (docs/decisions/0046).
    """
    newest = SignatureHandover.objects.filter(session=OuterRef("pk")).order_by("-at", "-pk")
    rows = rows.annotate(operator_left=_has_left("operator"), taken_by=Subquery(newest.values("to")[:1]))
    taken = {"operator_left": True, "taken_by__isnull": False}
    rows = rows.annotate(signs=Case(When(**taken, then=F("taken_by")), default=F("operator_id"), output_field=BigIntegerField()))
    return rows.annotate(nobody_signs=_has_left("signs"), signs_name=Subquery(Staff.objects.filter(pk=OuterRef("signs")).values(said=_SAID)[:1]))


@dataclass(frozen=True)
class Signer:
    """Whose signature a record waits for; `has_left` when nobody can give it."""

    staff_id: int
    name: str
    is_operator: bool
    has_left: bool


def signer_of(record: TreatmentSession) -> Signer:
    """As `with_signer`, of one record. One query."""
    row: Any = with_signer(TreatmentSession.objects.filter(pk=record.pk)).get()
    return Signer(row.signs, row.signs_name, row.signs == record.operator_id, row.nobody_signs)


def signature_handovers(record: TreatmentSession) -> QuerySet[SignatureHandover]:
    """Who took the signature over from whom and why, in order."""
    return record.signature_handovers.order_by("at", "pk")

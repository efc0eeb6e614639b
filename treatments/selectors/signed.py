"""Reads about signed records: who still has to sign."""

from django.db.models import QuerySet

from clinic.audit import Actor
from treatments.models import SignedRecord


def _waiting(actor: Actor) -> QuerySet[SignedRecord]:
    rows = SignedRecord.objects.filter(cosign_asked=True, cosignature=None, session__site__in=actor.site_ids, session__entered_in_error=None)
    return rows.select_related("session__patient", "session__site", "signed_by").order_by("signed_at", "pk")


def waiting_for_second(actor: Actor) -> list[SignedRecord]:
    """Records of others at the actor's sites that wait for a second signature, oldest first."""
    return list(_waiting(actor).exclude(signed_by=actor.staff_id)[:200])


def own_waiting(actor: Actor) -> list[SignedRecord]:
    """The actor's own records that somebody else has still to sign."""
    return list(_waiting(actor).filter(signed_by=actor.staff_id)[:200])


def second_count(actor: Actor) -> int:
    """How many wait for this actor."""
    return _waiting(actor).exclude(signed_by=actor.staff_id).count()

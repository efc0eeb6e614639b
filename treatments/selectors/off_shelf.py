"""Products of a record that must not be on anybody's scalp: withdrawn, or past their date (docs/decisions/0028)."""

from django.db.models import Q

from clinic.clock import local_date
from treatments.models import Product, TreatmentSession
from treatments.rules.texts import STOCK


def off_shelf(record: TreatmentSession) -> dict[tuple[str, str], dict[str, str]]:
    """A BLOCK by product name for each serum or numbing cream of this record that is out of use, as results of the rules are kept.

    The date counts on the day of the session, through that day. What was withdrawn after the noted end says nothing about what was
    done (docs/decisions/0011).
    """
    day = local_date(record.started_at or record.planned_start_at, record.site.zone)
    held = Product.objects.filter(Q(uses__session=record) | Q(pk__in=_numbing(record)))
    rows = held.filter(Q(withdrawn=True) | Q(expires_on__lt=day)).distinct()
    stopping = [row for row in rows if (row.expires_on and row.expires_on < day) or not _learnt_later(record, row)]
    return {(STOCK, row.name): {"rule": STOCK, "severity": "BLOCK", "product": row.name} for row in stopping}


def _numbing(record: TreatmentSession) -> list[int]:
    numbing = getattr(record, "anaesthetic", None)
    return [numbing.product_id] if numbing and numbing.product_id else []


def _learnt_later(record: TreatmentSession, product: Product) -> bool:
    return record.ended_at is not None and (product.withdrawn_at is None or product.withdrawn_at > record.ended_at)

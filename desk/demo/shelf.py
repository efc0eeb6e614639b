"""What lies around in the demo: patch tests on the skin, a lot set aside, an adverse event that is over."""

from datetime import datetime, timedelta

from clinic.audit import Actor
from clinic.models import Site
from patients.models import Patient
from treatments import services
from treatments.models import CartridgeLot, Product, TreatmentSession


def fill_shelf(site: Site, patients: list[Patient], *, by: Actor, at: datetime) -> None:
    """One test to read now, one that is too fresh; six wet tips; a bruise of two months ago."""
    serum = Product.objects.filter(site=site, kind="serum_sterile").order_by("pk")[0]
    for patient, hours in zip(patients, (60, 20), strict=False):
        services.apply_patch_test(patient=patient, product=serum, by=by, at=at - timedelta(hours=hours), place="behind the left ear")
    wet = CartridgeLot.objects.filter(site=site, lot="A12").first()
    if wet is not None:
        services.quarantine_lot(lot=wet, reason="The box came in wet", by=by)
    record = TreatmentSession.objects.filter(patient__in=patients, state="signed").select_related("patient").order_by("started_at", "pk").first()
    if record is not None and record.started_at is not None:
        entry = services.EventEntry(what="Swollen lymph nodes", onset_at=record.started_at + timedelta(days=1), expectedness="expected")
        noted = record.started_at + timedelta(days=2)
        event = services.record_adverse_event(patient=record.patient, record=record, entry=entry, by=by, at=noted)
        over = noted + timedelta(days=3)
        services.close_adverse_event(event=event, kind="recovered", outcome="Gone by itself.", ended_on=site.today(over), by=by, at=over)

"""What lies around in the demo: patch tests on the skin, a lot set aside, an adverse event that is over."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Patient
from treatments import services
from treatments.models import CartridgeLot, Product, TreatmentSession


def fill_shelf(site: Site, patients: list[Patient], *, by: Actor, at: datetime) -> None:
    """One patch test of a morning to read now, one that is too fresh; six wet tips; a bruise of two months ago."""
    serum = Product.objects.filter(site=site, kind="serum_sterile").order_by("pk")[0]
    nurse = Actor.of_staff(Staff.objects.filter(sites=site, roles__contains=["clinician"]).order_by("pk")[0])
    for patient, days in zip(patients, (3, 1), strict=False):
        morning = datetime.combine(site.today(at) - timedelta(days=days), time(10), ZoneInfo(site.zone))
        services.apply_patch_test(patient=patient, product=serum, by=nurse, at=morning, place="behind the left ear")
    wet = CartridgeLot.objects.filter(site=site, lot="A12").first()
    if wet is not None:
        services.quarantine_lot(lot=wet, reason="The box came in wet", by=by, at=at)
    record = TreatmentSession.objects.filter(patient__in=patients, state="signed").select_related("patient").order_by("started_at", "pk").first()
    if record is not None and record.started_at is not None:
        entry = services.EventEntry(what="Swollen lymph nodes", onset_at=record.started_at + timedelta(days=1), expectedness="expected")
        noted = record.started_at + timedelta(days=2)
        event = services.record_adverse_event(patient=record.patient, record=record, entry=entry, by=by, at=noted)
        over = noted + timedelta(days=3)
        services.close_adverse_event(event=event, kind="recovered", outcome="Gone by itself.", ended_on=site.today(over), by=by, at=over)

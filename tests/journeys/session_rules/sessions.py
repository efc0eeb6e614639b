"""Records at each of their steps, with the past that a case needs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from clinic.audit import Actor
from tests.journeys.session_rules.model import Build, World
from tests.treatments.make import DAY, make_course, make_draft, make_entry, make_product, make_ready, make_started
from treatments import services
from treatments.models import (
    Cartridge,
    CartridgeLot,
    Device,
    DeviceBlock,
    TreatmentSession,
)
from treatments.services import ZoneEntry


def draft(**changes: Any) -> Build:
    """A record that may start, with one zone."""
    def build(world: World) -> TreatmentSession:
        entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, ""),))
        return make_draft(world.site, world.amara, replace(entry, **changes))
    return build


def started(world: World) -> TreatmentSession:
    """The needle has touched the skin; nothing about the end is said yet."""
    entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, ""),))
    entry.fields.update(no_adverse_event=False, aftercare_delivered=False, sharps_and_cleaning_confirmed=False)
    return make_started(world.site, world.amara, entry)


def ended(world: World) -> TreatmentSession:
    """The patient has left; the passes of the zone were not written down."""
    entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, None, "mild_erythema"),))
    record = make_started(world.site, world.amara, entry)
    at = DAY + timedelta(minutes=4)
    return services.end_session(record=record, ended_at=at, by=Actor.of_staff(world.amara), at=at)


def ended_whole(world: World) -> TreatmentSession:
    """The patient has left and nothing is missing, a product with its lot included."""
    product = make_product(world.site, kind="minoxidil", name="Product minoxidil", lot="MX-1")
    entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, "mild_erythema"),), products=((product, 24.0),))
    record = make_started(world.site, world.amara, entry)
    at = DAY + timedelta(minutes=4)
    return services.end_session(record=record, ended_at=at, by=Actor.of_staff(world.amara), at=at)


def after(days: int, **course: Any) -> Build:
    """A draft so many days after the last session."""
    def build(world: World) -> TreatmentSession:
        record = draft()(world)
        if course:
            type(record.course).objects.filter(pk=record.course_id).update(**course)
        began = DAY - timedelta(days=days)
        TreatmentSession.objects.create(
            patient=record.patient, course=record.course, site=world.site, number=90, operator=world.amara, state="ended", opened_at=began,
            planned_start_at=began, started_at=began, ended_at=began + timedelta(minutes=30), saved_at=began, saved_by="x",
        )  # fmt: skip
        return record
    return build


def first_session(world: World) -> TreatmentSession:
    """No photos, no grade, no density."""
    patient = make_ready(world.site)
    make_course(patient, world.amara)
    return make_draft(world.site, world.amara, patient=patient)


def first_with_baseline(world: World) -> TreatmentSession:
    """Session 1, and all of its baseline."""
    return draft()(world)


def numbered(number: int) -> Build:
    """The so-manieth treatment of its course: those before it took place, four weeks apart."""
    def build(world: World) -> TreatmentSession:
        record = draft()(world)
        for before in range(1, number):
            began = DAY - timedelta(days=28 * (number - before))
            TreatmentSession.objects.create(
                patient=record.patient, course=record.course, site=world.site, number=90 + before, operator=world.amara, state="ended", opened_at=began,
                planned_start_at=began, started_at=began, ended_at=began + timedelta(minutes=30), saved_at=began, saved_by="x",
            )  # fmt: skip
        return record
    return build


def gap(days: int) -> Build:
    """The second session, so many days after the first; the baseline is of before that. All questions were asked again."""
    def build(world: World) -> TreatmentSession:
        record, began = after(days)(world), DAY - timedelta(days=days)
        TreatmentSession.objects.filter(pk=record.pk).update(number=2, full_rescreen_done=True)
        baseline_of(began - timedelta(days=1))(record)
        type(record.course).objects.filter(pk=record.course_id).update(planned_at=began - timedelta(days=2))
        return record
    return build


def baseline_of(at: datetime) -> Callable[[TreatmentSession], object]:
    """Photos and measurements were taken then."""
    return lambda record: (record.patient.photos.update(taken_at=at), record.patient.measurements.update(measured_at=at))


def course_of(months_ago_day: date) -> Build:
    """A second session, in a course that began on this day."""
    def build(world: World) -> TreatmentSession:
        began = datetime.combine(months_ago_day, DAY.timetz())
        record = after((DAY.date() - months_ago_day).days)(world)
        TreatmentSession.objects.filter(pk=record.pk).update(number=2)
        TreatmentSession.objects.filter(course=record.course, number=90).update(number=1, started_at=began)
        return record
    return build


def of_block(model: Any, **values: Any) -> Callable[[TreatmentSession], object]:
    """Change rows that belong to the record's newest block."""
    def change(record: TreatmentSession) -> object:
        block = DeviceBlock.objects.select_related("cartridge").get(session=record)
        rows: dict[Any, dict[str, Any]] = {Device: {"pk": block.device_id}, CartridgeLot: {"cartridges": block.cartridge_id}, Cartridge: {"pk": block.cartridge_id}}
        return model.objects.filter(**rows[model]).update(**values)
    return change

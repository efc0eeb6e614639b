"""A treatment that was written into a wrong record, written into the right one: the same units, the same times (SETTLED 7, S06)."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.nudges import nudge
from patients.models import Patient
from treatments import selectors
from treatments.models import (
    Anaesthetic,
    Course,
    DeviceBlock,
    PreTopical,
    ProductUse,
    PrpUse,
    TreatmentSession,
    ZoneRecord,
)
from treatments.services.courses import NoCourse, declared_skin
from treatments.services.events import events_of_bleeding
from treatments.services.recalls import correct_contacts
from treatments.vocabulary import SessionState

# what was done to the scalp is the same in the right record; what is known of a patient, and what was decided about one, is not
_SAME = ("started_at", "ended_at", "planned_start_at", "pain_readings", "reactions", "aftercare_delivered", "sharps_and_cleaning_confirmed")
_CREAM = ("product", "strength_percent", "area_cm2", "grams", "on_at", "off_at", "wiped_off")


class NotReplaceable(Refused):
    """Only a treatment that took place, whose record is entered in error, and only once."""


def write_right_record(*, mistaken: TreatmentSession, patient: Patient, reason: str, by: Actor, at: datetime) -> TreatmentSession:
    """The record of the same treatment for the patient who had it, to be completed and signed by its operator.

    Device, cartridges, zones, numbing, products and used PRP are taken over as they were noted; skin type, weight, patch tests, reasons and
    notes are this patient's own and are not. Raises NotReplaceable, NoCourse.
    """
    with audit.write(by=by, action="session.right_record", reason=reason):
        # the key stays free: who prepares a recall holds the lot, which is locked below, and asks for the patient's key at its commit
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        wrong = TreatmentSession.objects.select_for_update(of=("self",)).select_related("site", "operator").get(pk=mistaken.pk)
        course = _may(wrong, patient, reason)
        last = course.sessions.order_by("-number").first()
        record = TreatmentSession.objects.create(
            patient=patient, course=course, site=wrong.site, operator=wrong.operator, number=(last.number if last else 0) + 1,
            state=SessionState.ENDED if wrong.ended_at else SessionState.STARTED, opened_at=at, saved_at=at, saved_by=by.name[:160],
            fitzpatrick=(selectors.last_session(patient) or TreatmentSession()).fitzpatrick or declared_skin(patient),
            replaces=wrong, replaces_reason=reason.strip()[:500], **{name: getattr(wrong, name) for name in _SAME},
        )  # fmt: skip
        _take_over_blocks(wrong, record)
        _take_over_topicals(wrong, record)
        _take_over_prp(wrong, record)
        correct_contacts(wrong=wrong, right=record, by=by, at=at)
        nudge("appointments.sweep_states")
        if record.state == SessionState.ENDED:
            events_of_bleeding(record, by, at)
            nudge("aftercare.plan_ended_sessions")
    return record


def _may(wrong: TreatmentSession, patient: Patient, reason: str) -> Course:
    """The course that the record goes into; or why it can't be written."""
    if not hasattr(wrong, "entered_in_error"):
        raise NotReplaceable(_("First mark the mistaken record as entered in error."))
    if wrong.started_at is None:
        raise NotReplaceable(_("Nothing took place in the mistaken record. Open a new session."))
    if hasattr(wrong, "replaced_by"):
        raise NotReplaceable(_("This treatment is written in the right record already."))
    if not reason.strip():
        raise NotReplaceable(_("Say how it is known whose treatment this was."), field="reason")
    if patient.merged_into_id:
        raise NotReplaceable(_("This record was merged into another one. Use that one."), field="number")
    course = selectors.open_course(patient)
    if course is None and patient.deceased_on:  # no course is planned for them any more; the treatment took place all the same
        course = patient.courses.order_by("-planned_at", "-pk").first()
    if course is None:
        raise NoCourse(_("This patient has no open course. Plan it first, then come back."), field="number")
    unfinished = course.sessions.filter(state__in=[SessionState.DRAFT, SessionState.STARTED], entered_in_error=None).first()
    if unfinished is not None and not wrong.ended_at:
        raise NotReplaceable(_("Session %(number)s of this patient is not finished. Finish it first, or enter it in error.") % {"number": unfinished.number}, field="number")
    return course


def _take_over_blocks(wrong: TreatmentSession, record: TreatmentSession) -> None:
    for block in wrong.blocks.prefetch_related("zones"):
        same = DeviceBlock.objects.create(
            session=record, position=block.position, device_id=block.device_id, cartridge_id=block.cartridge_id, seal_intact=block.seal_intact,
            replaces=block if block.cartridge_id else None,
        )  # fmt: skip
        for zone in block.zones.all():
            ZoneRecord.objects.create(
                block=same, zone=zone.zone, depth_hundredths=zone.depth_hundredths, passes=zone.passes, endpoint=zone.endpoint, below_hairline=zone.below_hairline
            )


def _take_over_topicals(wrong: TreatmentSession, record: TreatmentSession) -> None:
    """With this patient's own patch tests; the body weight is typed anew (S16)."""
    for use in wrong.product_uses.select_related("product"):
        test = selectors.newest_patch_test(record, use.product)
        ProductUse.objects.create(session=record, product=use.product, hours_after=use.hours_after, patch_test=test)
    for topical in wrong.pre_topicals.all():
        PreTopical.objects.create(session=record, kind=topical.kind, last_used_at=topical.last_used_at)
    cream = Anaesthetic.objects.filter(session=wrong).first()
    if cream is not None:
        Anaesthetic.objects.create(session=record, **{name: getattr(cream, name) for name in _CREAM})


def _take_over_prp(wrong: TreatmentSession, record: TreatmentSession) -> None:
    """When it was drawn and used and how much: once it was used, these are facts of this treatment. What was only planned is planned anew.

    The label of the tube and the words of the two who checked it are about the patient whom the mistaken record names
    (docs/decisions/0046); for the same patient, whose record was only wrong in itself, the label is taken over and their words count.
    """
    row = PrpUse.objects.filter(session=wrong, used_at__isnull=False).first()
    if row is None:
        return
    same = {name: getattr(row, name) for name in ("planned_at", "planned_by", "drawn_at", "used_at", "volume_ml")}
    PrpUse.objects.create(session=record, tube_label=row.tube_label if wrong.patient_id == record.patient_id else "", **same)

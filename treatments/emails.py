"""Mail of this room. Neutral in every mode: it asks to call or to come by, and names no treatment."""

from datetime import datetime, timedelta

from django.db.models import Q

from clinic import mailkit
from clinic.audit import Actor
from clinic.dates import spoken
from clinic.models import OutboxMessage
from clinic.outbox import Kind, Mail, Scope, State, Verdict, cancel, kinds, queue
from patients.models import Patient
from treatments.models import PatchTest, RecallContact
from treatments.selectors.patch import READ_FROM, READ_UNTIL

CALL, READING = "please_call", "please_come_by"
_CALL_DAYS = 14
_BEFORE = timedelta(hours=4)


def register() -> None:
    """Kinds for the drain."""
    kinds.register(Kind(CALL, _may_call, _build_call, scope=Scope.CARE))
    kinds.register(Kind(READING, _may_read, _build_reading, scope=Scope.CARE))


def please_call(*, contact: RecallContact, by: Actor, at: datetime) -> OutboxMessage:
    """Ask a patient to call the clinic; one mail a contact. Without consent or address the row says why nothing goes."""
    patient, reason = contact.patient, contact.patient.no_mail_because
    return queue(
        kind=CALL, key=f"{CALL}:{contact.uuid}", recipient=patient.email, patient_uuid=patient.uuid, cause_kind="recall_contact",
        cause_uuid=contact.uuid, send_after=at, expires_at=at + timedelta(days=_CALL_DAYS), language=patient.language,
        zone=patient.site.zone, by=by, at=at, state=State.SKIPPED if reason else State.PLANNED, reason=reason,
    )  # fmt: skip


def withdraw_please_call(*, contact: RecallContact, reason: str, by: Actor, at: datetime) -> None:
    """The patient was told, or is not concerned; a mail that has not gone stays here."""
    cancel(cause_uuid=contact.uuid, kind=CALL, reason=reason, by=by, at=at)


def may_have_gone(contact: RecallContact) -> bool:
    """Whether the mail of this contact was handed over, is being handed over, or was tried: nobody can be sure that it didn't arrive."""
    rows = OutboxMessage.objects.filter(cause_uuid=contact.uuid, kind=CALL)
    return rows.filter(Q(state__in=(State.SENDING, State.SENT)) | Q(first_attempt_at__isnull=False)).exists()


def please_come_by(*, test: PatchTest, by: Actor, at: datetime) -> bool:
    """Remind a patient to be seen 48 to 96 hours after a patch test; one mail a test, a little before that. False when it is there."""
    key, patient = f"{READING}:{test.uuid}", test.patient
    if OutboxMessage.objects.filter(key=key).exists():
        return False
    queue(
        kind=READING, key=key, recipient=patient.email, patient_uuid=patient.uuid, cause_kind="patch_test",
        cause_uuid=test.uuid, send_after=test.applied_at + READ_FROM - _BEFORE, expires_at=test.applied_at + READ_UNTIL,
        language=patient.language, zone=patient.site.zone, by=by, at=at,
    )  # fmt: skip
    return True


def _not_to(patient: Patient) -> Verdict | None:
    if patient.deceased_on or patient.do_not_contact:
        return Verdict.cancel("the patient is not contacted any more")
    return Verdict.skip(patient.no_mail_because) if patient.no_mail_because else None


def _may_call(row: OutboxMessage, at: datetime) -> Verdict:
    contact = RecallContact.objects.select_related("patient").get(uuid=str(row.cause_uuid))
    if contact.withdrawn_at:
        return Verdict.cancel("the recall concerns another patient")
    if contact.told_at:
        return Verdict.cancel("the patient was told")
    return _not_to(contact.patient) or Verdict.go()


def _may_read(row: OutboxMessage, at: datetime) -> Verdict:
    test = PatchTest.objects.select_related("patient").get(uuid=str(row.cause_uuid))
    if test.given_up_at or any(one.at - test.applied_at >= READ_FROM - _BEFORE for one in test.readings.all()):
        return Verdict.cancel("it was read, or given up")
    return _not_to(test.patient) or Verdict.go()


def _context(patient: Patient) -> dict[str, object]:
    return {"first_name": patient.first_name, "site": patient.site, "clinic": patient.site.clinic}


def _build_call(row: OutboxMessage, at: datetime) -> Mail:
    patient = Patient.objects.select_related("site__clinic").get(uuid=str(row.patient_uuid))
    return Mail(*mailkit.render(CALL, _context(patient), row.language))


def _build_reading(row: OutboxMessage, at: datetime) -> Mail:
    test = PatchTest.objects.select_related("patient__site__clinic").get(uuid=str(row.cause_uuid))
    zone = test.patient.site.tz
    times = {
        "from_at": spoken((test.applied_at + READ_FROM).astimezone(zone), "weekday_time"),
        "until": spoken((test.applied_at + READ_UNTIL).astimezone(zone), "weekday_time"),
    }
    return Mail(*mailkit.render(READING, _context(test.patient) | times, row.language))

"""Sign & lock: the record as canonical JSON with its SHA-256, chained to the one before. Never changed again."""

import hashlib
from datetime import datetime

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Clinic, Staff
from clinic.nudges import nudge
from clinic.roles import Role
from treatments import selectors
from treatments.models import Addendum, CoSignature, EnteredInError, RecordPdf, SignedRecord, TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.services.chain import addendum_text, broken_records, cosign_text, lock_chain
from treatments.services.content import CONTENT_VERSION, canonical, content_of, fingerprint
from treatments.services.errors import Blocked
from treatments.vocabulary import SessionState

__all__ = ["broken_records", "canonical", "fingerprint"]


class NotYours(Refused):
    """Only the author signs; or, after they have left, who took it over by name."""


class NotReady(Refused):
    """The session has not ended, or what must be said about adverse events or PRP is not said, or twice."""


class NotASecond(Refused):
    """The second signature is another clinician's, once, where the clinic asks for it."""


def sign_session(*, record: TreatmentSession, signer: Staff, by: Actor, at: datetime) -> SignedRecord:
    """Lock the record for ever: by its operator, or by who took the signature over after they had left. Raises NotYours, NotReady, Blocked.

    S18 and S23 say what happened and do not stop the signature; frank bleeding has its adverse event by then.
    """
    with audit.write(by=by, action="session.sign"):
        locked = TreatmentSession.objects.select_for_update().get(pk=record.pk)
        _ready(locked, signer)
        found = selectors.evaluate(locked, Stage.SIGNOFF)
        blocks = found.blocks(but=("S18", "S23"))
        if blocks or found.missing or found.owed:
            raise Blocked("The record can't be signed yet.", blocks, found.missing, found.owed)
        lock_chain()
        previous = SignedRecord.objects.order_by("-pk").first()
        cosign = locked.site.clinic.cosign_records
        text = canonical(content_of(locked, signer, at, cosign=cosign))
        locked.state = SessionState.SIGNED
        locked.save(update_fields=["state"])
        before = previous.sha256 if previous else ""
        return SignedRecord.objects.create(
            session=locked, content=text, content_version=CONTENT_VERSION, sha256=fingerprint(text, before), cosign_asked=cosign,
            previous_sha256=before, signed_by=signer, signed_name=signer.display_name, signed_at=at,
        )  # fmt: skip


def _ready(record: TreatmentSession, signer: Staff) -> None:
    if record.state != SessionState.ENDED or hasattr(record, "entered_in_error"):
        raise NotReady("Only a session that has ended, and is not signed yet, can be signed.")
    waits_for = selectors.signer_of(record)
    if waits_for.staff_id != signer.pk:
        if waits_for.has_left:
            raise NotYours("Who recorded this session can’t sign any more. Take the signature over first.")
        raise NotYours("Only the operator who recorded this session signs it.")
    events = selectors.events_that_were(record).exists()
    if not record.no_adverse_event and not events:
        raise NotReady("Say that there was no adverse event, or record it.")
    if record.no_adverse_event and events:
        raise NotReady("“No adverse event” is ticked, but one is recorded. Untick it.")
    prp = getattr(record, "prp", None)
    if prp is not None and not prp.used_at and not prp.given_up_at:
        raise NotReady("PRP is planned in this record. Say that it was used, or that it was given up.")


def cosign_record(*, record: SignedRecord, staff: Staff, by: Actor, at: datetime) -> CoSignature:
    """The second clinician's signature over the record's hash. Raises NotASecond."""
    with audit.write(by=by, action="session.cosign"):
        lock_chain()
        if not record.cosign_asked:
            raise NotASecond("The clinic did not ask for a second signature when this was signed.")
        if record.signed_by_id == staff.pk or Role.CLINICIAN not in by.roles:
            raise NotASecond("The second signature is another clinician's.")
        if CoSignature.objects.filter(record=record).exists():
            raise NotASecond("This record has its second signature already.")
        row = CoSignature(record=record, by=staff, name=staff.display_name, at=at)
        row.sha256 = fingerprint(cosign_text(row), record.sha256)
        row.save(force_insert=True)
    return row


def ask_for_second_signature(*, clinic: Clinic, asked: bool, by: Actor) -> None:
    """The clinic's setting; records signed before keep what was asked then."""
    with audit.write(by=by, action="clinic.cosign"):
        clinic.cosign_records = asked
        clinic.save(update_fields=["cosign_records"])


def note_pdf(*, record: SignedRecord, pdf: bytes, staff: Staff, by: Actor, at: datetime) -> RecordPdf:
    """A PDF is handed out: its SHA-256, and what it held at that time, for ever."""
    with audit.write(by=by, action="session.pdf"):
        return RecordPdf.objects.create(
            record=record, sha256=hashlib.sha256(pdf).hexdigest(), size=len(pdf), addenda=record.addenda.count(),
            cosigned=hasattr(record, "cosignature"), in_error=hasattr(record.session, "entered_in_error"), made_at=at, made_by=staff,
        )  # fmt: skip


def add_addendum(*, record: SignedRecord, text: str, staff: Staff, by: Actor, at: datetime, form_key: str = "") -> Addendum:
    """A dated correction with its own signature. The same words under the same `form_key` again are a second tap: the first one stands."""
    if not text.strip():
        raise Refused("Write what you want to add.", field="text")
    with audit.write(by=by, action="session.addendum"):
        lock_chain()
        before = Addendum.objects.filter(form_key=form_key).first() if form_key else None
        if before is not None and (before.record_id, before.by_id, before.text) == (record.pk, staff.pk, text.strip()):
            return before
        row = Addendum(record=record, text=text.strip(), by=staff, at=at, form_key=form_key if form_key and before is None else None)
        row.sha256 = fingerprint(addendum_text(row), record.sha256)
        row.save(force_insert=True)
    return row


def mark_entered_in_error(*, record: TreatmentSession, reason: str, staff: Staff, by: Actor, at: datetime) -> EnteredInError:
    """Recorded by mistake: a new row with its reason; the plan of its aftercare is cancelled by the sweep (SETTLED 7), and its visit put back.

    A draft that never began used nothing, so the unit that it held is free again (docs/decisions/0046).
    """
    if not reason.strip():
        raise Refused("Give the reason.", field="reason")
    with audit.write(by=by, action="session.entered_in_error", reason=reason):
        locked = TreatmentSession.objects.select_for_update().get(pk=record.pk)
        lock_chain()
        row, made = EnteredInError.objects.get_or_create(
            session=record, defaults={"reason": reason.strip()[:500], "by": staff, "at": at}
        )
        if made and locked.started_at is None:
            locked.blocks.filter(replaces=None).update(cartridge=None)
        nudge("aftercare.plan_ended_sessions")
        nudge("appointments.sweep_states")
    return row

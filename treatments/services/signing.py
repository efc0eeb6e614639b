"""Sign & lock: the record as canonical JSON with its SHA-256, chained to the one before. Never changed again."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import connection

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from clinic.nudges import nudge
from clinic.rulebook import stamp
from treatments import selectors
from treatments.models import Addendum, EnteredInError, SignedRecord, TreatmentSession
from treatments.rules import RULES_VERSION
from treatments.rules.vocabulary import Stage
from treatments.services.errors import Blocked
from treatments.vocabulary import SessionState

CONTENT_VERSION = 1
_CHAIN_LOCK = 730_221


class NotYours(Refused):
    """Only the author signs."""


class NotReady(Refused):
    """The session has not ended, or “adverse events: none” is not said."""


def canonical(content: dict[str, Any]) -> str:
    """JSON with sorted keys and no blanks: the same content is always the same text."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def fingerprint(text: str, previous: str) -> str:
    """SHA-256 over the previous record's hash and this text."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def _content(record: TreatmentSession, signer: Staff, at: datetime) -> dict[str, Any]:
    found = selectors.evaluate(record, Stage.SIGNOFF)
    patient = record.patient
    blocks = [
        {
            "device": {"name": b.device.name, "udi": b.device.udi, "serial": b.device.serial},
            "cartridge": {"lot": b.cartridge.lot.lot, "expiry": b.cartridge.lot.expiry_text(), "number": b.cartridge.number}
            if b.cartridge
            else None,
            "zones": [
                {"zone": z.zone, "depth_mm": z.depth_mm, "passes": z.passes, "endpoint": z.endpoint} for z in b.zones.all()
            ],
        }
        for b in record.blocks.select_related("device", "cartridge__lot").prefetch_related("zones")
    ]
    return {
        "version": CONTENT_VERSION,
        "session": str(record.uuid),
        "patient": {"uuid": str(patient.uuid), "number": patient.number, "name": patient.name, "born": patient.birth_on},
        "site": record.site.name,
        "course": {"phase": record.course.phase, "number": record.number, "planned": record.course.planned_sessions},
        "operator": {"name": record.operator.display_name, "role": record.operator.operator_role},
        "started_at": record.started_at.isoformat() if record.started_at else None,
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "blocks": blocks,
        "input": [selectors.session_input(record, Stage.SIGNOFF, b) for b in record.blocks.all()],
        "rules_version": stamp(RULES_VERSION, selectors.policy().version),
        "findings": found.results,
        "words": [{"rule": f.rule, "severity": f.severity, "subject": f.subject, "words": f.words} for f in found.findings],
        "photos": [{"view": p.view, "sha256": p.sha256} for p in record.photos.filter(error_at=None)],
        "reasons": record.reasons,
        "reactions": record.reactions,
        "no_adverse_event": record.no_adverse_event,
        "adverse_events": [str(e.uuid) for e in record.adverse_events.all()],
        "notes": record.notes,
        "signed_by": signer.display_name,
        "signed_at": at.isoformat(),
    }


def sign_session(*, record: TreatmentSession, signer: Staff, by: Actor, at: datetime) -> SignedRecord:
    """Lock the record for ever. Raises NotYours, NotReady, Blocked.

    S18 and S23 say what happened and do not stop the signature; frank bleeding has its adverse event by then.
    """
    with audit.write(by=by, action="session.sign"), connection.cursor() as cursor:
        locked = TreatmentSession.objects.select_for_update().get(pk=record.pk)
        if locked.state != SessionState.ENDED:
            raise NotReady("Only a session that has ended, and is not signed yet, can be signed.")
        if locked.operator_id != signer.pk:
            raise NotYours("Only the operator who recorded this session signs it.")
        if not locked.no_adverse_event and not locked.adverse_events.exists():
            raise NotReady("Say that there was no adverse event, or record it.")
        found = selectors.evaluate(locked, Stage.SIGNOFF)
        blocks = found.blocks(but=("S18", "S23"))
        if blocks or found.missing or found.owed:
            raise Blocked("The record can't be signed yet.", blocks, found.missing, found.owed)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        previous = SignedRecord.objects.order_by("-pk").first()
        text = canonical(_content(locked, signer, at))
        locked.state = SessionState.SIGNED
        locked.save(update_fields=["state"])
        before = previous.sha256 if previous else ""
        return SignedRecord.objects.create(
            session=locked, content=text, content_version=CONTENT_VERSION, sha256=fingerprint(text, before),
            previous_sha256=before, signed_by=signer, signed_name=signer.display_name, signed_at=at,
        )  # fmt: skip


def add_addendum(*, record: SignedRecord, text: str, staff: Staff, by: Actor, at: datetime) -> Addendum:
    """A dated correction with its own signature."""
    if not text.strip():
        raise Refused("Write what you want to add.", field="text")
    with audit.write(by=by, action="session.addendum"):
        digest = fingerprint(f"{text.strip()}|{staff.pk}|{at.isoformat()}", record.sha256)
        return Addendum.objects.create(record=record, text=text.strip(), sha256=digest, by=staff, at=at)


def mark_entered_in_error(*, record: TreatmentSession, reason: str, staff: Staff, by: Actor, at: datetime) -> EnteredInError:
    """Recorded by mistake: a new row with its reason; the plan of its aftercare is cancelled by the sweep (SETTLED 7)."""
    if not reason.strip():
        raise Refused("Give the reason.", field="reason")
    with audit.write(by=by, action="session.entered_in_error", reason=reason):
        row, _made = EnteredInError.objects.get_or_create(
            session=record, defaults={"reason": reason.strip()[:500], "by": staff, "at": at}
        )
        nudge("aftercare.plan_ended_sessions")
    return row


def broken_records() -> list[str]:
    """Recompute every hash and the chain; names the records that do not fit (R52)."""
    wrong, previous = [], ""
    for row in SignedRecord.objects.order_by("pk").iterator():
        if row.previous_sha256 != previous or row.sha256 != fingerprint(row.content, row.previous_sha256):
            wrong.append(f"signed record {row.pk} of session {row.session_id}")
        previous = row.sha256
    for note in Addendum.objects.select_related("record").order_by("pk").iterator():
        expected = fingerprint(f"{note.text}|{note.by_id}|{note.at.isoformat()}", note.record.sha256)
        if note.sha256 != expected:
            wrong.append(f"addendum {note.pk}")
    return wrong

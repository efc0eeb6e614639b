"""The content of a signed record: canonical JSON, so that the same record is always the same text."""

import hashlib
import json
from datetime import datetime
from typing import Any

from clinic.models import Staff
from clinic.rulebook import stamp
from treatments import selectors
from treatments.models import AdverseEvent, DeviceBlock, TreatmentSession
from treatments.rules import RULES_VERSION
from treatments.rules.vocabulary import Stage

CONTENT_VERSION = 3


def canonical(content: dict[str, Any]) -> str:
    """JSON with sorted keys and no blanks: the same content is always the same text."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def fingerprint(text: str, previous: str) -> str:
    """SHA-256 over the previous record's hash and this text."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def content_of(record: TreatmentSession, signer: Staff, at: datetime, *, cosign: bool) -> dict[str, Any]:
    """Everything that is signed, as plain values."""
    found = selectors.evaluate(record, Stage.SIGNOFF)
    patient = record.patient
    rows = list(record.blocks.select_related("device", "cartridge__lot").prefetch_related("zones"))
    return {
        "version": CONTENT_VERSION,
        "session": str(record.uuid),
        "patient": {"uuid": str(patient.uuid), "number": patient.number, "name": patient.name, "born": patient.birth_on},
        "site": record.site.name,
        "course": {"phase": record.course.phase, "number": record.number, "place": selectors.place_in_course(record), "planned": record.course.planned_sessions},
        "operator": {"name": record.operator.display_name, "role": record.operator.operator_role},
        "handovers": [{"from": row.before, "to": row.after, "at": row.at.isoformat(), "running": row.running} for row in selectors.handovers(record)],
        "started_at": record.started_at.isoformat() if record.started_at else None,
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "replaces": _replaces(record),
        "blocks": [_block(row) for row in rows],
        "input": [selectors.session_input(record, Stage.SIGNOFF, row) for row in rows],
        "prp": _prp(record),
        "rules_version": stamp(RULES_VERSION, selectors.policy_of(record).version),
        "findings": found.results,
        "words": [{"rule": f.rule, "severity": f.severity, "subject": f.subject, "words": f.words} for f in found.findings],
        "photos": [{"view": p.view, "sha256": p.sha256} for p in record.photos.filter(error_at=None)],
        "reasons": record.reasons,
        "reactions": record.reactions,
        "no_adverse_event": record.no_adverse_event,
        "adverse_events": [_event(row) for row in record.adverse_events.order_by("pk")],
        "notes": record.notes,
        "signed_by": signer.display_name,
        "signed_at": at.isoformat(),
        "cosign_asked": cosign,
    }


def _replaces(record: TreatmentSession) -> dict[str, Any] | None:
    """The mistaken record of the same treatment. Another patient is not named: this record may be handed to its own."""
    wrong = record.replaces
    if wrong is None:
        return None
    signed = getattr(wrong, "signed_record", None)
    return {
        "session": str(wrong.uuid), "sha256": signed.sha256 if signed else "", "other_patient": wrong.patient_id != record.patient_id,
        "reason": record.replaces_reason,
    }  # fmt: skip


def _block(row: DeviceBlock) -> dict[str, Any]:
    unit = row.cartridge
    return {
        "device": {"name": row.device.name, "udi": row.device.udi, "serial": row.device.serial},
        "cartridge": {"lot": unit.lot.lot, "expiry": unit.lot.expiry_text(), "number": unit.number, "gtin": unit.lot.gtin} if unit else None,
        "zones": [{"zone": z.zone, "depth_mm": z.depth_mm, "passes": z.passes, "endpoint": z.endpoint} for z in row.zones.all()],
    }


def _event(row: AdverseEvent) -> dict[str, Any]:
    """As known when the record was signed; the event itself goes on."""
    return {
        "uuid": str(row.uuid), "what": row.what, "zone": row.zone, "grade": row.grade, "serious": row.serious,
        "onset_at": row.onset_at.isoformat(), "open": row.closed_at is None,
    }  # fmt: skip


def _prp(record: TreatmentSession) -> dict[str, Any] | None:
    row = getattr(record, "prp", None)
    if row is None:
        return None
    checks = [
        {"name": check.name, "matches": check.matches, "label": check.tube_label, "how": check.how, "at": check.at.isoformat()}
        for check in record.tube_checks.all()
    ]
    return {
        "drawn_at": row.drawn_at.isoformat() if row.drawn_at else None,
        "used_at": row.used_at.isoformat() if row.used_at else None,
        "volume_ml": str(row.volume_ml) if row.volume_ml is not None else None,
        "given_up": row.given_up_reason if row.given_up_at else "",
        "checks": checks,
    }

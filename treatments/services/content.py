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
from treatments.vocabulary import EventOutcome

CONTENT_VERSION = 5  # 5: the signer's account, so that it can be compared, too


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
    content = {
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
        "signer": str(signer.uuid),
        "signed_at": at.isoformat(),
        "cosign_asked": cosign,
    }
    return content | {"signature": _signature(record, signer, content)}


# the parts of a record that its author writes, with the words for people; what the rules say of them changes by itself
_WRITTEN = {
    "blocks": "device and zones", "reactions": "reactions", "notes": "notes", "reasons": "reasons", "prp": "PRP", "photos": "photos",
    "no_adverse_event": "no adverse event", "adverse_events": "adverse events",
}  # fmt: skip
_WRITTEN_INPUT = {
    "fitzpatrick": "skin type", "painReadings": "pain", "aftercareDelivered": "aftercare given", "sharpsAndCleaningConfirmed": "sharps and cleaning",
    "products": "products", "preTopicals": "topicals before", "anaesthetic": "numbing", "fullRescreenDone": "full re-screen",
}  # fmt: skip


def _signature(record: TreatmentSession, signer: Staff, content: dict[str, Any]) -> dict[str, Any] | None:
    """Where another one signs than who treated: for whom, why, and what was completed since. None for the operator's own signature.

    Who took it over and wrote in it before the operator came back is told in that one, too, with nobody `in_place_of`.
    """
    rows = list(selectors.signature_handovers(record))
    own = signer.pk == record.operator_id
    if not rows:
        return None
    left, now = json.loads(rows[0].content), json.loads(canonical(content))
    was: dict[str, Any] = next(iter(left["input"]), {})
    given: dict[str, Any] = next(iter(now["input"]), {})
    since = [words for key, words in _WRITTEN.items() if left[key] != now[key]]
    since += [words for key, words in _WRITTEN_INPUT.items() if was.get(key) != given.get(key)]
    if own and not since:
        return None
    return {
        "in_place_of": "" if own else record.operator.display_name, "left_sha256": fingerprint(rows[0].content, ""), "completed_since": since,
        "handovers": [{"from": row.before_name, "to": row.to_name, "reason": row.reason, "at": row.at.isoformat()} for row in rows],
    }  # fmt: skip


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
    """As known when the record was signed; the event itself goes on. What was recorded by mistake is told as that: it was no event and has no grade."""
    if row.outcome_kind == EventOutcome.NO_EVENT:
        return {"uuid": str(row.uuid), "what": row.what, "recorded_by_mistake": True, "outcome": row.outcome, "open": False}
    return {
        "uuid": str(row.uuid), "what": row.what, "zone": row.zone, "grade": row.grade, "serious": row.serious,
        "onset_at": row.onset_at.isoformat(), "open": row.closed_at is None,
    }  # fmt: skip


def _prp(record: TreatmentSession) -> dict[str, Any] | None:
    row = getattr(record, "prp", None)
    if row is None:
        return None
    same = selectors.prp.checks_that_count(record, row) if selectors.prp.carried(record) else record.tube_checks.all()
    checks = [
        {"name": check.name, "matches": check.matches, "label": check.tube_label, "how": check.how, "at": check.at.isoformat()}
        for check in same
    ]
    # by name and instant only: the label names the other patient
    others = [{"name": check.name, "at": check.at.isoformat()} for check in selectors.prp.checks_of_another(record)]
    return {
        "carried": selectors.prp.carried(record) is not None, "checks_of_another": others,
        "drawn_at": row.drawn_at.isoformat() if row.drawn_at else None,
        "used_at": row.used_at.isoformat() if row.used_at else None,
        "volume_ml": str(row.volume_ml) if row.volume_ml is not None else None,
        "given_up": row.given_up_reason if row.given_up_at else "",
        "checks": checks,
    }

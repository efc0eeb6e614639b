"""The chain of signed records, looked at from end to end; and its head, written down each day (R52)."""

import hashlib
import json
from collections import Counter
from datetime import date, datetime
from typing import Any

from django.db import connection

from clinic import audit
from clinic.audit import Actor
from treatments.models import Addendum, ChainHead, CoSignature, EnteredInError, SignedRecord
from treatments.services.content import fingerprint

_CHAIN_LOCK = 730_221


def lock_chain() -> None:
    """One writer at a time until the transaction ends: the order of keys is the order of commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])


def addendum_text(row: Addendum) -> str:
    """What an addendum's hash is taken over, after its record's hash."""
    return f"{row.text}|{row.by_id}|{row.at.isoformat()}"


def cosign_text(row: CoSignature) -> str:
    """What a second signature's hash is taken over, after its record's hash."""
    return f"cosigned|{row.by_id}|{row.name}|{row.at.isoformat()}"


def broken_records() -> list[str]:
    """Recompute every hash, the chain and the daily heads, and compare what stands beside the content with it; names what does not fit (R52)."""
    wrong, hashes = [], []
    previous = ""
    for row in SignedRecord.objects.select_related("session", "signed_by").order_by("pk").iterator():
        if row.previous_sha256 != previous or row.sha256 != fingerprint(row.content, row.previous_sha256):
            wrong.append(f"signed record {row.pk} of session {row.session_id}")
        if differs := [words for words, same in _beside(row).items() if same is False]:
            wrong.append(f"signed record {row.pk} of session {row.session_id}: not as in what was signed: {', '.join(differs)}")
        previous = row.sha256
        hashes.append(row.sha256)
    for note in Addendum.objects.select_related("record").order_by("pk").iterator():
        if note.sha256 != fingerprint(addendum_text(note), note.record.sha256):
            wrong.append(f"addendum {note.pk}")
    for second in CoSignature.objects.select_related("record").order_by("pk").iterator():
        if second.sha256 != fingerprint(cosign_text(second), second.record.sha256):
            wrong.append(f"second signature {second.pk}")
    return wrong + _broken_heads(hashes)


def uncompared() -> dict[str, int]:
    """What stands beside the content of older records and isn't in it, so that nothing can be said of it: words → how many records."""
    rows = SignedRecord.objects.select_related("session", "signed_by").order_by("pk").iterator()
    return dict(Counter(words for row in rows for words, same in _beside(row).items() if same is None))


def _beside(row: SignedRecord) -> dict[str, bool | None]:
    """The columns that pages, prints and exports read, against the hashed content; None where the content does not hold it."""
    try:
        content = json.loads(row.content)
    except json.JSONDecodeError:  # its hash does not fit either
        content = {}
    columns: dict[str, tuple[str, Any]] = {
        "who signed": ("signed_by", row.signed_name),
        "whose account signed": ("signer", str(row.signed_by.uuid)),
        "when it was signed": ("signed_at", row.signed_at),
        "of which session it is": ("session", str(row.session.uuid)),
        "whether a second signature was asked for": ("cosign_asked", row.cosign_asked),
        "the version of the content": ("version", row.content_version),
    }
    return {words: _moment(content[key], value) == value if key in content else None for words, (key, value) in columns.items()}


def _moment(said: Any, column: Any) -> Any:
    """A time of the content as a time, where the column is one."""
    if not isinstance(column, datetime) or not isinstance(said, str):
        return said
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return said


def _broken_heads(hashes: list[str]) -> list[str]:
    wrong, before = [], ""
    for head in ChainHead.objects.order_by("on").iterator():
        stands = hashes[head.records - 1] if 0 < head.records <= len(hashes) else ""
        notes = notes_sha256(head.addenda, head.cosignatures, head.errors)
        if head.head_sha256 != stands or head.notes_sha256 != notes or head.sha256 != fingerprint(_head_text(head), before):
            wrong.append(f"chain head of {head.on}: records or notes of that day, or before, are missing or changed")
        before = head.sha256
    return wrong


def notes_sha256(addenda: int, cosignatures: int, errors: int) -> str:
    """SHA-256 over the first so many addenda, second signatures and marks of error."""
    digest = hashlib.sha256()
    for text in Addendum.objects.order_by("pk").values_list("sha256", flat=True)[:addenda]:
        digest.update(text.encode())
    for text in CoSignature.objects.order_by("pk").values_list("sha256", flat=True)[:cosignatures]:
        digest.update(text.encode())
    for row in EnteredInError.objects.order_by("pk").values_list("session_id", "reason", "by_id", "at")[:errors]:
        digest.update("|".join(map(str, row)).encode())
    return digest.hexdigest()


def _head_text(head: ChainHead) -> str:
    parts = (head.on, head.records, head.addenda, head.cosignatures, head.errors, head.head_sha256, head.notes_sha256)
    return "|".join(map(str, parts))


def note_chain_head(*, on: date, by: Actor, at: datetime) -> ChainHead | None:
    """Write down how far the chain has grown; once a day. None when that day has its head."""
    with audit.write(by=by, action="record.chain_head"):
        lock_chain()
        if ChainHead.objects.filter(on__gte=on).exists():
            return None
        counts = (Addendum.objects.count(), CoSignature.objects.count(), EnteredInError.objects.count())
        newest, last = SignedRecord.objects.order_by("-pk").first(), ChainHead.objects.order_by("-on").first()
        head = ChainHead(
            on=on, at=at, records=SignedRecord.objects.count(), addenda=counts[0], cosignatures=counts[1], errors=counts[2],
            head_sha256=newest.sha256 if newest else "", notes_sha256=notes_sha256(*counts),
        )  # fmt: skip
        head.sha256 = fingerprint(_head_text(head), last.sha256 if last else "")
        head.save(force_insert=True)
    return head

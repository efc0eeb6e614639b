"""Versions of the protocol: the one that came with Anagen, and its approval by a clinician."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from aftercare import default_protocol
from aftercare.models import Protocol, ProtocolStep
from aftercare.selectors.protocol import protocol_hash
from aftercare.states import ProtocolState
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.permissions import require

_LOCK = 0x5AF7E2CA


class AlreadyApproved(Refused):
    """Somebody has confirmed this version before."""


class NotForApproval(Conflict):
    """The version is a draft, or retired."""


class NotAsRead(Conflict):
    """The version is not the one that was on the page."""


class NeedsAnotherClinician(Refused):
    """Who proposed a version can't approve it."""


def protocol_in_force(*, by: Actor, at: datetime) -> Protocol:
    """The published protocol; the default one is written first if there is none. Idempotent under races."""
    found = Protocol.objects.in_force().first()
    return found or ensure_default_protocol(by=by, at=at)


def ensure_default_protocol(*, by: Actor, at: datetime) -> Protocol:
    """Write the default protocol as version 1, unless a protocol is in force. Called by planning and by the demo."""
    with audit.write(by=by, action="protocol.default"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        found = Protocol.objects.in_force().first()
        return found or _write_default(at)


def _write_default(at: datetime) -> Protocol:
    protocol = Protocol.objects.create(
        name=default_protocol.NAME,
        version=1,
        state=ProtocolState.DRAFT,
        is_proposed_default=True,
    )
    ProtocolStep.objects.bulk_create(
        ProtocolStep(
            protocol=protocol,
            position=place,
            code=step.code,
            purpose=step.purpose,
            scope=step.scope,
            phase=step.phase,
            offset_hours=step.offset_hours,
            offset_days=step.offset_days,
            local_time=step.local_time,
            expires_hours=step.expires_hours,
            questions=list(step.questions),
            reminder_hours=step.reminder_hours,
            call_hours=step.call_hours,
        )
        for place, step in enumerate(default_protocol.STEPS, start=1)
    )
    protocol.state, protocol.published_at = ProtocolState.PUBLISHED, at
    protocol.save(update_fields=["state", "published_at"])
    return protocol


def approve_protocol(*, protocol: Protocol, sha256: str, by: Actor, at: datetime) -> Protocol:
    """A clinician confirms the version in force, or a proposed one, which may then be published.

    `sha256` is of what was read. Raises AlreadyApproved, NotForApproval, NotAsRead, NeedsAnotherClinician.
    """
    require(by, "protocol:approve")
    with audit.write(by=by, action="protocol.approve"):
        locked = Protocol.objects.select_for_update().get(pk=protocol.pk)
        if locked.approved_at is not None:
            raise AlreadyApproved(_("This version is already approved."))
        if locked.state not in {ProtocolState.PUBLISHED, ProtocolState.PROPOSED}:
            raise NotForApproval(_("This version is not waiting for a clinician."))
        if sha256 != protocol_hash(locked):
            raise NotAsRead(_("This version is not the one you read. Please read it again."))
        if locked.proposed_by_id is not None and locked.proposed_by_id == by.staff_id:
            raise NeedsAnotherClinician(_("You proposed this version. Another clinician must approve it."))
        if locked.state == ProtocolState.PROPOSED:
            locked.state = ProtocolState.APPROVED
        locked.approved_by_id, locked.approved_at = by.staff_id, at
        locked.save(update_fields=["state", "approved_by", "approved_at"])
        return locked

"""A new version of the protocol: drafted by a manager, looked at by a clinician, published; old plans keep theirs."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from aftercare import emails
from aftercare.models import Protocol, ProtocolStep
from aftercare.models.protocol import IN_WORK
from aftercare.rules.protocol import Problem, problems
from aftercare.selectors.protocol import step_facts
from aftercare.services.protocol import protocol_in_force
from aftercare.states import ProtocolState
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import OutboxMessage
from clinic.permissions import acting_staff, require

_COPIED = (
    "code", "purpose", "scope", "phase", "first_session_only", "course_end_only", "min_depth_hundredths", "product_kinds",
    "title", "wording", "offset_hours", "offset_days", "local_time", "expires_hours", "questions", "reminder_hours",
    "call_hours", "wording_version", "position",
)  # fmt: skip

_NUMBERS = ("urgent_minutes", "same_day_hours", "routine_working_days", "deep_from_hundredths")


class DraftOpen(Conflict):
    """A version is in work already: there is one at a time."""


class WrongState(Conflict):
    """The version is not where this act starts; somebody was faster."""


@dataclass
class NotReady(Refused):
    """The version has problems; `found` lists them."""

    found: list[Problem]

    def __post_init__(self) -> None:
        super().__init__(_("This version is not ready. Mend what is listed first."))


def problems_of(protocol: Protocol) -> list[Problem]:
    """What stands against publishing a version."""
    return problems([step_facts(step) for step in protocol.steps.all()], [code for code, _name in settings.LANGUAGES])


def start_draft(*, by: Actor, at: datetime) -> Protocol:
    """A copy of the version in force, to be changed. Raises DraftOpen."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.draft"):
        source = protocol_in_force(by=by, at=at)
        source = Protocol.objects.select_for_update().get(pk=source.pk)
        if Protocol.objects.in_work().exists():
            raise DraftOpen(_("A version is in work already. Finish it or discard it first."))
        latest = Protocol.objects.filter(name=source.name).order_by("-version").values_list("version", flat=True)[0]
        draft = Protocol.objects.create(
            name=source.name,
            version=latest + 1,
            state=ProtocolState.DRAFT,
            proposed_by_id=by.staff_id,
            **{name: getattr(source, name) for name in _NUMBERS},
        )
        for step in source.steps.all():
            values = {name: getattr(step, name) for name in _COPIED}
            ProtocolStep.objects.create(protocol=draft, **values)
        return draft


def _lock(protocol: Protocol, *states: ProtocolState) -> Protocol:
    locked = Protocol.objects.select_for_update().get(pk=protocol.pk)
    if locked.state not in states:
        raise WrongState(_("This version has moved on meanwhile. Please look again."))
    return locked


def save_step(*, protocol: Protocol, code: str, values: dict[str, Any], by: Actor) -> ProtocolStep:
    """Change a step of a draft, or add one under a code of its own. Steps stand in the order of their time."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.step"):
        locked = _lock(protocol, ProtocolState.DRAFT)
        step = ProtocolStep.objects.filter(protocol=locked, code=code).first() or ProtocolStep(
            protocol=locked, code=_free_code(locked), position=0
        )
        if step.wording != values.get("wording", step.wording):
            step.wording_version = locked.version
        for name, value in values.items():
            setattr(step, name, value)
        step.save()
        _reorder(locked)
        return step


def _free_code(protocol: Protocol) -> str:
    """A code no version has used: the key of a message must not meet another's."""
    used = ProtocolStep.objects.filter(protocol__name=protocol.name, code__startswith="own_").values_list("code", flat=True)
    numbers = [int(code[4:]) for code in used if code[4:].isdecimal()]
    return f"own_{max(numbers, default=0) + 1}"


def _reorder(protocol: Protocol) -> None:
    steps = sorted(protocol.steps.all(), key=lambda step: (step_facts(step).hours, step.local_time or time.min, step.pk))
    for place, step in enumerate(steps, start=1):
        if step.position != place:
            step.position = place
            step.save(update_fields=["position"])


def remove_step(*, protocol: Protocol, code: str, by: Actor) -> None:
    """Take a step out of a draft. Versions in force and old plans are untouched."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.remove_step", reason=code):
        locked = _lock(protocol, ProtocolState.DRAFT)
        locked.steps.filter(code=code).delete()


def save_targets(*, protocol: Protocol, values: dict[str, Any], by: Actor) -> Protocol:
    """The response targets of a draft, the depth from which it is “more tender”, and the note that says what is new."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.targets"):
        locked = _lock(protocol, ProtocolState.DRAFT)
        for name in (*_NUMBERS, "note"):
            setattr(locked, name, values[name])
        locked.save(update_fields=[*_NUMBERS, "note"])
        return locked


def propose_protocol(*, protocol: Protocol, by: Actor, at: datetime) -> Protocol:
    """Ask a clinician to look. Raises NotReady with every problem: an unknown placeholder is one (R34)."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.propose"):
        locked = _lock(protocol, ProtocolState.DRAFT)
        if found := problems_of(locked):
            raise NotReady(found)
        locked.state, locked.proposed_by_id, locked.sent_back_words = ProtocolState.PROPOSED, by.staff_id, ""
        locked.save(update_fields=["state", "proposed_by", "sent_back_words"])
        return locked


def send_back_protocol(*, protocol: Protocol, words: str, by: Actor, at: datetime) -> Protocol:
    """A clinician wants something changed: it is a draft again, with the reason."""
    require(by, "protocol:approve")
    if not words.strip():
        raise Refused(_("Write what should change."), field="words")
    with audit.write(by=by, action="protocol.send_back", reason=words):
        locked = _lock(protocol, ProtocolState.PROPOSED)
        locked.state, locked.sent_back_words = ProtocolState.DRAFT, words[:400]
        locked.save(update_fields=["state", "sent_back_words"])
        return locked


def reopen_protocol(*, protocol: Protocol, by: Actor, at: datetime) -> Protocol:
    """The manager takes it back into work; an approval is void, because what was approved may change."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.reopen"):
        locked = _lock(protocol, ProtocolState.PROPOSED, ProtocolState.APPROVED)
        locked.state, locked.approved_by, locked.approved_at = ProtocolState.DRAFT, None, None
        locked.save(update_fields=["state", "approved_by", "approved_at"])
        return locked


def publish_protocol(*, protocol: Protocol, by: Actor, at: datetime) -> Protocol:
    """Put an approved version in force; the one before retires. Sessions that end from now on use it. Raises NotReady."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.publish"):
        before = Protocol.objects.select_for_update().in_force().first()
        locked = _lock(protocol, ProtocolState.APPROVED)
        if found := problems_of(locked):
            raise NotReady(found)
        if before is not None:
            before.state = ProtocolState.RETIRED
            before.save(update_fields=["state"])
        locked.state, locked.published_at = ProtocolState.PUBLISHED, at
        locked.save(update_fields=["state", "published_at"])
        return locked


def discard_protocol(*, protocol: Protocol, by: Actor, at: datetime) -> Protocol:
    """Give up a version in work. It stays readable; its number is not used again."""
    require(by, "protocol:propose")
    with audit.write(by=by, action="protocol.discard"):
        locked = _lock(protocol, *(ProtocolState(state) for state in IN_WORK))
        locked.state = ProtocolState.DISCARDED
        locked.save(update_fields=["state"])
        return locked


def send_test(*, step: ProtocolStep, language: str, by: Actor, at: datetime) -> OutboxMessage:
    """The mail of a step to oneself, about an invented patient: no real name leaves the house."""
    require(by, "protocol:view")
    with audit.write(by=by, action="protocol.test"):
        return emails.queue_test(step, staff=acting_staff(by), language=language, by=by, at=at)

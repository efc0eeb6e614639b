"""Who acts, and the one door through which everything is written or looked at.

`write()` opens the transaction and tells the history triggers who, what and why; it refuses no actor (R48, R50).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import pghistory
from django.db import transaction

from clinic.roles import Role

if TYPE_CHECKING:
    from clinic.models import Link, Staff, StaffInvitation


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts: staff, a patient's link, a scheduled task, a command."""

    kind: str
    name: str
    staff_id: int | None = None
    roles: frozenset[Role] = frozenset()
    site_ids: frozenset[int] = frozenset()
    link_id: int | None = None
    request_id: str = field(default="", compare=False)

    @classmethod
    def of_staff(cls, staff: "Staff", request_id: str = "") -> Self:
        """An active member of staff with their roles and sites as they are now (R14)."""
        known = {role.value for role in Role}
        return cls(
            kind="staff",
            name=staff.display_name,
            staff_id=staff.pk,
            roles=frozenset(Role(role) for role in staff.roles if role in known),
            site_ids=frozenset(staff.sites.values_list("pk", flat=True)),
            request_id=request_id,
        )

    @classmethod
    def of_link(cls, link: "Link", request_id: str = "") -> Self:
        """A patient who came through a link."""
        return cls(kind="link", name=f"patient by {link.purpose} link", link_id=link.pk, request_id=request_id)

    @classmethod
    def of_invitation(cls, invitation: "StaffInvitation") -> Self:
        """Somebody who sets a first password; not signed in, so without any right."""
        return cls(kind="invitation", name=f"{invitation.staff.display_name} by invitation", staff_id=invitation.staff_id)

    @classmethod
    def of_task(cls, name: str) -> Self:
        """A scheduled task, by its Celery name."""
        return cls(kind="task", name=name)

    @classmethod
    def of_command(cls, name: str) -> Self:
        """A management command."""
        return cls(kind="command", name=name)

    def holds(self, role: Role) -> bool:
        """Whether the actor has the role."""
        return role in self.roles

    def for_request(self, request_id: str) -> Self:
        """The same actor, marked with the request."""
        return replace(self, request_id=request_id)


def _context(by: Actor, action: str, reason: str) -> dict[str, Any]:
    values = {
        "actor": by.kind,
        "name": by.name,
        "staff": by.staff_id,
        "link": by.link_id,
        "action": action,
        "reason": reason,
        "request": by.request_id,
    }
    return {key: value for key, value in values.items() if value not in (None, "")}


@contextmanager
def write(*, by: Actor, action: str, reason: str = "") -> Iterator[None]:
    """One transaction whose every history row says who (`by`), what (`action`) and why (`reason`)."""
    if not isinstance(by, Actor) or not by.name:
        raise ValueError("a write needs an actor")
    with pghistory.context(**_context(by, action, reason)), transaction.atomic():
        yield


def record_access(
    *, by: Actor, action: str, subject: str = "", patient_uuid: UUID | None = None, reason: str = "", allowed: bool = True
) -> None:
    """Add one access event. `subject` names a record by kind and number, never by clinical text (R50)."""
    from clinic.models import AccessEvent

    AccessEvent.objects.create(
        actor_kind=by.kind,
        actor_name=by.name[:160],
        staff_id=by.staff_id,
        link_id=by.link_id,
        action=action[:60],
        subject=subject[:120],
        patient_uuid=patient_uuid,
        reason=reason[:300],
        allowed=allowed,
        request_id=by.request_id,
    )

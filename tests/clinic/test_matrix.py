"""The authorisation matrix as data: SECURITY.md rows, default deny (R04)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.audit import Actor
from clinic.matrix import MATRIX, level_for
from clinic.permissions import allow, level, may
from clinic.roles import Role


def _staff(*roles: Role) -> Actor:
    return Actor(kind="staff", name="somebody", staff_id=1, roles=frozenset(roles), site_ids=frozenset({1}))


@pytest.mark.parametrize(
    ("right", "clinician", "front_desk", "manager", "auditor"),
    [
        ("screening:view", "full", "limited", "none", "none"),
        ("screening:view_reasons", "full", "none", "none", "none"),
        ("session:read", "full", "none", "none", "none"),
        ("session:sign", "full", "none", "none", "none"),
        ("photo:view", "full", "none", "none", "none"),
        ("hold:see", "full", "full", "none", "none"),
        ("hold:why", "full", "none", "none", "none"),
        ("protocol:propose", "none", "none", "full", "none"),
        ("protocol:approve", "full", "none", "none", "none"),
        ("message:body", "full", "limited", "none", "none"),
        ("audit:read", "none", "none", "limited", "full"),
        ("patient:edit", "full", "full", "none", "none"),
    ],
)
def test_cells_read_as_the_document_says(
    right: str, clinician: str, front_desk: str, manager: str, auditor: str
) -> None:
    wanted = dict(zip(Role, (clinician, front_desk, manager, auditor), strict=True))
    assert {role: level(_staff(role), right) for role in Role} == wanted


@given(roles=st.frozensets(st.sampled_from(list(Role))), right=st.text())
def test_an_unknown_right_is_denied_to_everybody(roles: frozenset[Role], right: str) -> None:
    assert right in MATRIX or level_for(roles, right) == "none"


@pytest.mark.parametrize("kind", ["link", "task", "command", "superuser"])
def test_only_staff_hold_rights(kind: str) -> None:
    actor = Actor(kind=kind, name="x", roles=frozenset(Role))
    assert not any(may(actor, right) for right in MATRIX)


def test_nobody_may_without_a_role() -> None:
    assert not any(may(_staff(), right) for right in MATRIX)


def test_a_mark_with_an_unknown_right_fails_at_import() -> None:
    with pytest.raises(ValueError, match="not in the matrix"):
        allow(GET="patient:veiw")

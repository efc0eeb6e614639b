"""Roles of staff, as plain values (no Django)."""

from enum import StrEnum


class Role(StrEnum):
    """Who somebody is to the authorisation matrix."""

    CLINICIAN = "clinician"
    FRONT_DESK = "front_desk"
    MANAGER = "manager"
    AUDITOR = "auditor"


class OperatorRole(StrEnum):
    """Who held the device. The first four may by default (S04; SCHEMA 3.4)."""

    DERMATOLOGIST = "dermatologist"
    PHYSICIAN = "physician"
    NURSE = "nurse"
    LICENSED_PRACTITIONER = "licensed_practitioner"
    TRICHOLOGIST = "trichologist"
    AESTHETICIAN = "aesthetician"
    OTHER = "other"


class StaffAct(StrEnum):
    """What a manager may do to another account."""

    CHANGE = "change"
    DISABLE = "disable"
    ENABLE = "enable"
    RESET_MFA = "reset_mfa"
    END_SESSIONS = "end_sessions"
    INVITE_AGAIN = "invite_again"


class ProposalState(StrEnum):
    """What became of a proposal for other numbers or words of the rules."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

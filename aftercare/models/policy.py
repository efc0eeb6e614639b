"""The numbers of the T-rules as this clinic runs them."""

from clinic.models.policy import PolicyVersion


class CheckInPolicy(PolicyVersion):
    """The numbers and the wording of the T-rules as this clinic runs them. Response targets are the protocol's."""

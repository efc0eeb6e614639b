"""Mail of this room."""


def register() -> None:
    """Purposes and kinds."""

"""Errors that people may read. Each app names its own beside the service that raises it."""


class Refused(Exception):
    """Something may not be done. `message` says why, in words for the person who tried."""

    status = 422

    def __init__(self, message: str = "", *, field: str = "") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.field = field


class Conflict(Refused):
    """Somebody else was faster, or the page is out of date."""

    status = 409

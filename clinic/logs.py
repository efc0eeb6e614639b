"""No token, address or date of birth in a log line (R33)."""

import logging
import re

_LINK = re.compile(r"/(l|l/stop|join|feed|accounts/password/reset/key)/[A-Za-z0-9_-]{20,}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def scrub(text: str) -> str:
    """The text without link tokens, mail addresses and control characters."""
    return _CONTROL.sub("?", _ADDRESS.sub("[address]", _LINK.sub(r"/\1/[token]", text))).replace("\n", "\\n")


class ScrubFilter(logging.Filter):
    """Renders the message once and keeps the scrubbed text only."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass."""
        record.msg, record.args = scrub(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info)).replace("\\n", "\n")
            record.exc_info = None
        return True

"""
Reads JSON input and names every bad key (SCHEMA parts 1 and 5). Pure.

A *check* is `check(reader, path, value)` and returns the parsed value or `BAD`, having told the reader why.
`Key` wraps a check with whether the key is required and whether `null` is allowed (it reads as None).
`read_object` returns the well-formed keys alone. A reader with errors means: no result.

    reader = Reader()
    values = read_object(reader, "", data, {"asOf": Key(date_check, required=True)})
    if reader.errors: return reader.result()
"""

import math
import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class _Bad(Enum):
    BAD = "bad"


BAD: Final = _Bad.BAD
_LONG: Final = 10**30
# The Unicode property White_Space; Python's own strip() takes four control characters more (SCHEMA 7, 4).
_WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
Check = Callable[["Reader", str, Any], Any]


class Reader:
    """Collects errors, one for each path."""

    def __init__(self) -> None:
        self._errors: dict[str, str] = {}

    def fail(self, path: str, message: str) -> _Bad:
        """Note an error; the first one of a path stays. Returns BAD, so that a check can return it."""
        self._errors.setdefault(path, message)
        return BAD

    @property
    def errors(self) -> dict[str, str]:
        """Path → message."""
        return self._errors

    def result(self) -> dict[str, Any]:
        """The error object of SCHEMA part 5."""
        return {"errors": [{"path": path, "message": message} for path, message in self._errors.items()]}


@dataclass(frozen=True)
class Key:
    """A key of an object."""

    check: Check
    required: bool = False
    null: bool = False


def join(path: str, key: str) -> str:
    """`answers` + `inr` = `answers.inr`."""
    return f"{path}.{key}" if path else key


def _shown(value: Any) -> str:
    """What was given, short. Python refuses to write out a number of thousands of digits."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    if isinstance(value, int) and abs(value) > _LONG:
        return "a very large number"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def read_object(reader: Reader, path: str, value: Any, keys: Mapping[str, Key]) -> dict[str, Any] | _Bad:
    """The object's well-formed keys, parsed; None for an allowed null. BAD if it is no object."""
    if not isinstance(value, dict):
        return reader.fail(path, "must be an object")
    found: dict[str, Any] = {}
    for name, raw in value.items():
        where = join(path, str(name))
        key = keys.get(name)
        if key is None:
            reader.fail(where, "unknown key")
        elif raw is None and key.null:
            found[name] = None
        elif (parsed := key.check(reader, where, raw)) is not BAD:
            found[name] = parsed
    for name, key in keys.items():
        if key.required and name not in value:
            reader.fail(join(path, name), "is required")
    return found


def an_object(keys: Mapping[str, Key]) -> Check:
    """A nested object."""
    return lambda reader, path, value: read_object(reader, path, value, keys)


def a_list(check: Check, *, least: int = 0, no_repeats: bool = False) -> Check:
    """A list whose entries pass `check`. With `no_repeats` the second equal entry is an error at its own path."""

    def read(reader: Reader, path: str, value: Any) -> Any:
        if not isinstance(value, list):
            return reader.fail(path, "must be a list")
        if len(value) < least:
            return reader.fail(path, f"needs at least {least} entry")
        found: list[Any] = []
        for index, raw in enumerate(value):
            where = f"{path}[{index}]"
            parsed = check(reader, where, raw)
            if parsed is BAD:
                continue
            if no_repeats and parsed in found:
                reader.fail(where, "stands twice")
            else:
                found.append(parsed)
        return found

    return read


def an_enum(values: Iterable[str]) -> Check:
    """One of the listed strings, exact."""
    allowed = tuple(values)

    def read(reader: Reader, path: str, value: Any) -> Any:
        if isinstance(value, str) and value in allowed:
            return str(value)
        return reader.fail(path, f"{_shown(value)} is not one of: {', '.join(allowed)}")

    return read


def a_bool(reader: Reader, path: str, value: Any) -> Any:
    """True or false."""
    return value if isinstance(value, bool) else reader.fail(path, "must be true or false")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def a_num(least: float, most: float) -> Check:
    """A finite JSON number in the closed range."""

    def read(reader: Reader, path: str, value: Any) -> Any:
        if not _is_number(value):
            return reader.fail(path, "must be a number")
        if not least <= value <= most:
            return reader.fail(path, f"{_shown(value)} is outside {least:g}-{most:g}")
        return value

    return read


def an_int(least: int, most: int) -> Check:
    """A whole number in the closed range; 2.0 is read as 2."""

    def read(reader: Reader, path: str, value: Any) -> Any:
        if not _is_number(value) or value != int(value):
            return reader.fail(path, "must be a whole number")
        if not least <= value <= most:
            return reader.fail(path, f"{_shown(value)} is outside {least}-{most}")
        return int(value)

    return read


def a_depth(reader: Reader, path: str, value: Any) -> Any:
    """A depth of 0.01–10.00 mm with at most two decimals, as an integer of 0.01 mm (SCHEMA 1.3; 7, 4)."""
    if not _is_number(value):
        return reader.fail(path, "must be a number of millimetres")
    if not -100 < value < 100:
        return reader.fail(path, f"{_shown(value)} is outside 0.01-10.00 mm")
    exact = Decimal(repr(value))
    hundredths = round(exact * 100)
    if abs(exact - Decimal(hundredths) / 100) > Decimal("0.000001"):
        return reader.fail(path, f"{value} has more than two decimals")
    if not 1 <= hundredths <= 1000:
        return reader.fail(path, f"{value} is outside 0.01-10.00 mm")
    return int(hundredths)


def a_text(reader: Reader, path: str, value: Any) -> Any:
    """1–500 characters after trimming; returned trimmed."""
    if not isinstance(value, str):
        return reader.fail(path, "must be text")
    trimmed = value.strip(_WHITE_SPACE)
    if not 1 <= len(trimmed) <= 500:
        return reader.fail(path, "needs 1 to 500 characters")
    return trimmed


def an_exact_text(reader: Reader, path: str, value: Any) -> Any:
    """Text that is compared as it was given, such as a version; the length counts after trimming."""
    return BAD if a_text(reader, path, value) is BAD else value


def a_string(reader: Reader, path: str, value: Any) -> Any:
    """Text of up to 500 characters that may be empty; returned trimmed."""
    if not isinstance(value, str) or len(value.strip(_WHITE_SPACE)) > 500:
        return reader.fail(path, "must be text of at most 500 characters")
    return value.strip(_WHITE_SPACE)


def _real_date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(part) for part in match.groups())
    if not (1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)


def a_date(reader: Reader, path: str, value: Any) -> Any:
    """`YYYY-MM-DD`, a real day of 1900–2100."""
    found = _real_date(value) if isinstance(value, str) else None
    return found if found is not None else reader.fail(path, f"{_shown(value)} is not a real date (YYYY-MM-DD)")


def an_expiry(reader: Reader, path: str, value: Any) -> Any:
    """`YYYY-MM-DD`, or `YYYY-MM` for the last day of that month (S06)."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}", value):
        first = _real_date(f"{value}-01")
        if first is not None:
            return first.replace(day=monthrange(first.year, first.month)[1])
    return a_date(reader, path, value)


@cache
def _zones() -> frozenset[str]:
    """Names of the IANA data base; `localtime` is a file of this machine, not a zone."""
    return frozenset(available_timezones() - {"localtime", "posixrules"})


def a_zone(reader: Reader, path: str, value: Any) -> Any:
    """The name of an IANA zone, exact, such as `Europe/Paris`."""
    if isinstance(value, str) and value in _zones():
        return value
    return reader.fail(path, f"{_shown(value)} is not an IANA time zone")


def an_instant(reader: Reader, path: str, value: Any) -> Any:
    """An exact moment with its offset, as an aware datetime that keeps the offset. Digits below 1 µs are cut."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    day = _real_date(match.group(1)) if match else None
    if match is None or day is None:
        return reader.fail(path, f"{_shown(value)} is not an instant (YYYY-MM-DDTHH:MM with Z or ±HH:MM)")
    hour, minute, second = int(match.group(2)), int(match.group(3)), int(match.group(4) or 0)
    zone = _offset(match.group(6))
    if hour > 23 or minute > 59 or second > 59 or zone is None:
        return reader.fail(path, f"{_shown(value)} is not a real time")
    micro = int(((match.group(5) or "") + "000000")[:6])
    return datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=zone)


def _offset(text: str) -> timezone | None:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 14 or minutes > 59:
        return None
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)

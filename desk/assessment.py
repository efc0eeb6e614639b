"""
The three rule functions behind one door: JSON text in, JSON values out. No database, no clock.

A case is `{"type": "eligibility" | "session" | "checkin", "input": {…}}`; the text holds one case or a list of cases.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aftercare.rules import checkin
from clinic.inputs import Key, Reader, an_enum, join, read_object
from patients.rules import eligibility
from treatments.rules import session

FUNCTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "eligibility": eligibility,
    "session": session,
    "checkin": checkin,
}
_LONGEST_INTEGER = 400


@dataclass(frozen=True)
class Assessment:
    """What to print, and whether any of it is an error object."""

    output: Any
    bad: bool


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys stood in it more than once."""

    repeated: tuple[str, ...] = ()


def assess(text: bytes) -> Assessment:
    """Judge one case or a list of cases; the results keep the order of the cases."""
    try:
        given = _parsed(text)
    except (ValueError, RecursionError) as error:
        return Assessment(_errors("", f"not JSON: {error}"), bad=True)
    if not isinstance(given, list):
        answer = _answer(given)
        return Assessment(answer, bad="errors" in answer)
    answers = [_answer(case) for case in given]
    return Assessment(answers, bad=any("errors" in answer for answer in answers))


def _parsed(text: bytes) -> Any:
    """JSON values. NaN, infinities and integers beyond reason become floats that no key accepts."""

    def integer(digits: str) -> int | float:
        return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)

    return json.loads(text.decode("utf-8-sig"), object_pairs_hook=_object, parse_int=integer)


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.repeated = tuple(name for name in found if names.count(name) > 1)
    return found


def _answer(case: Any) -> dict[str, Any]:
    """The result of one case, or its error object. Paths inside the input start at the input, as SCHEMA has them."""
    reader = Reader()
    keys = {"type": Key(an_enum(FUNCTIONS), required=True), "input": Key(_anything, required=True)}
    read_object(reader, "", case, keys)
    if isinstance(case, _Object):
        for name in case.repeated:
            reader.fail(name, "this key stands more than once")
    if reader.errors:
        return reader.result()
    repeated = list(_repeated(case["input"]))
    answer = FUNCTIONS[case["type"]](case["input"])
    if not repeated:
        return answer
    for path in repeated:
        reader.fail(path, "this key stands more than once")
    for error in answer.get("errors", ()):
        reader.fail(error["path"], error["message"])
    return reader.result()


def _anything(reader: Reader, path: str, value: Any) -> Any:
    return value


def _repeated(value: Any) -> Iterator[str]:
    """Paths of keys that stand more than once. A stack instead of recursion: the nesting is the sender's choice."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Object):
            yield from (join(path, name) for name in value.repeated)
            waiting.extend((join(path, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", inner) for index, inner in enumerate(value))


def _errors(path: str, message: str) -> dict[str, Any]:
    reader = Reader()
    reader.fail(path, message)
    return reader.result()

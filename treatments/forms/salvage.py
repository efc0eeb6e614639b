"""One wrong box must not keep the rest of a draft from being saved (SETTLED 28): the wrong ones stay as they are stored."""

import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS

from treatments.forms.session import SessionForm

_ROUNDS = 3
_NEVER = {NON_FIELD_ERRORS, "version", "tab", "seq"}
_PAIRS = (("on_at", "off_at"),)
_ROW = re.compile(r"(product|hours|pre_kind|pre_last_used_at)((?:_\d+)?)")
_OTHER = {"product": "hours", "hours": "product", "pre_kind": "pre_last_used_at", "pre_last_used_at": "pre_kind"}


def salvaged(form: SessionForm, again: Callable[[Any], SessionForm]) -> SessionForm | None:
    """A valid form with what was sent, but for the fields that are wrong and what hangs on them: these are as stored.

    `again` makes the form from changed data. None when nothing can be kept.
    """
    sent: Any = form.data
    data, wrong = sent.copy(), set(form.errors)
    for _round in range(_ROUNDS):
        if wrong & _NEVER:
            return None
        for name in wrong:
            _as_stored(data, form, name)
        found = again(data)
        if found.is_valid():
            return found
        wrong = _with_companions(wrong | set(found.errors), form)
    return None


def _with_companions(names: set[str], form: SessionForm) -> set[str]:
    """A zone's depth with its passes and endpoint; a time with what it belongs to."""
    found = set(names)
    for name in names:
        kind, _line, rest = name.partition("_")
        if kind in ("depth", "passes", "endpoint", "below"):
            found |= {f"{other}_{rest}" for other in ("depth", "passes", "endpoint", "below")}
    for pair in _PAIRS:
        found |= set(pair) if found & set(pair) else set()
    return found & {*form.fields, *_NEVER}


def _as_stored(data: Any, form: SessionForm, name: str) -> None:
    """Put the stored value in the place of what was sent; a row goes whole, or a product without its hours would mean “at once”."""
    row = _ROW.fullmatch(name)
    for one in (name, f"{_OTHER[row[1]]}{row[2]}") if row else (name,):
        field = form.fields.get(one)
        if field is None:
            continue
        stored = field.prepare_value(form.get_initial_for_field(field, one))
        shown = field.widget.format_value(stored) if stored not in (None, "", False) else None
        data.pop(one, None)
        if shown not in (None, "", []):
            data.setlist(one, [str(part) for part in shown] if isinstance(shown, list) else [str(shown)])

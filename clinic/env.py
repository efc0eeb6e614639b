"""Typed readers for the environment. `NAME` wins, then the file that `NAME_FILE` points to, then the default."""

import os
from pathlib import Path


class MissingSetting(RuntimeError):
    """A setting without a default was not given. The text says which."""


def text(name: str, default: str | None = None) -> str:
    """The value of `name` (or the content of the file `NAME_FILE`), stripped. Raises MissingSetting."""
    if name in os.environ:
        return os.environ[name].strip()
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    if default is None:
        raise MissingSetting(f"Set {name}, or {name}_FILE to a file that holds it.")
    return default


def flag(name: str, default: bool) -> bool:
    """True for 1, true, yes, on; false for 0, false, no, off. Anything else is refused."""
    value = text(name, "yes" if default else "no").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise MissingSetting(f"{name} must be yes or no, not {value!r}.")


def number(name: str, default: int) -> int:
    """A whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise MissingSetting(f"{name} must be a whole number, not {value!r}.") from error


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def languages(folder: Path) -> list[tuple[str, str]]:
    """English and every language with a catalogue in `folder`, each by its own name."""
    from django.conf.locale import LANG_INFO

    codes = sorted(path.parts[-3] for path in folder.glob("*/LC_MESSAGES/django.mo"))
    return [("en", "English"), *((code, LANG_INFO[code]["name_local"].capitalize()) for code in codes)]

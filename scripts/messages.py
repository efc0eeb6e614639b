"""`make messages`: collects every text that patients may read into `locale/*/LC_MESSAGES/django.po` and compiles it.

Patients' texts are what their templates reach through `extends` and `include`, their mails, and the Python modules named
in `MODULES`. Needs no gettext programs. `--check` writes nothing and says what is missing or stale; `--wait` notes what
has no words yet as waiting.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES, LOCALE = ROOT / "templates", ROOT / "locale"
STAFF_MAILS = ("staff_", "concern_alert")
MODULES = (
    "clinic/dates.py", "clinic/limits.py", "clinic/link_forms.py",
    "patients/emails.py", "patients/forms/consent.py", "patients/forms/dates.py", "patients/forms/intake/*.py", "patients/forms/preferences.py",
    "patients/questions/*.py", "patients/selectors/words.py", "patients/services/answers.py",
    "patients/views/consent_link.py", "patients/views/intake.py", "patients/views/preferences.py",
    "appointments/emails/*.py", "appointments/services/booking.py", "appointments/services/by_patient.py", "appointments/services/common.py", "appointments/services/waiting.py",
    "appointments/views/patient.py",
    "aftercare/default_protocol.py", "aftercare/emails/*.py", "aftercare/forms/check_in*.py", "aftercare/forms/results.py", "aftercare/pages/*.py", "aftercare/purposes.py",
    "aftercare/selectors/answers.py", "aftercare/selectors/corrections.py", "aftercare/selectors/instructions.py", "aftercare/selectors/pages.py",
    "aftercare/selectors/presence.py", "aftercare/selectors/wording.py",
    "aftercare/services/check_ins.py", "aftercare/services/unfinished.py", "aftercare/views/patient.py", "aftercare/words.py",
    "treatments/emails.py", "treatments/services/photos/cleaning.py", "treatments/services/photos/uploads.py",
)  # fmt: skip
_LINKED = re.compile(r"""\{%-?\s*(?:extends|include)\s+["']([^"']+)["']""")
_PATIENT = re.compile(r"""\{%-?\s*extends\s+(?:["'](?:layouts/patient\.html|[\w/]*_patient_page\.html)["']|layout\b)""")
_KEYWORDS: Any = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip


def patient_templates() -> list[Path]:
    """Templates that patients see: pages on the patient layout, their mails, and all that these reach."""
    texts = {path: path.read_text() for path in sorted(TEMPLATES.rglob("*")) if path.suffix in {".html", ".txt"}}
    waiting = [path for path, text in texts.items() if _PATIENT.search(text) or _is_mail(path)]
    waiting += [TEMPLATES / "layouts" / "patient.html", TEMPLATES / "clinic" / "error_500.html"]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in found or path not in texts:
            continue
        found.add(path)
        waiting += [TEMPLATES / name for name in _LINKED.findall(texts[path])]
    return sorted(found)


def _is_mail(path: Path) -> bool:
    folder = path.relative_to(TEMPLATES).parts
    return len(folder) == 3 and folder[0] == "emails" and not folder[1].startswith(STAFF_MAILS)


def patient_modules() -> list[Path]:
    """Python files whose texts patients read."""
    return sorted({path for pattern in MODULES for path in ROOT.glob(pattern)})


def _calls(path: Path) -> Iterator[tuple[int, Any, Any]]:
    from django.utils.translation.template import templatize

    text = path.read_text()
    if path.suffix != ".py":
        text = re.sub(r"^[ \t]+", "", templatize(text), flags=re.MULTILINE)
    for line, function, arguments, _comments in extract_python(BytesIO(text.encode()), _KEYWORDS, (), {"encoding": "utf-8"}):
        yield line, function, arguments


def collected() -> Catalog:
    """Every text with the files that use it."""
    catalog = Catalog(charset="utf-8")
    for path in [*patient_templates(), *patient_modules()]:
        where = [(str(path.relative_to(ROOT)), 0)]
        for _line, function, arguments in _calls(path):
            given = arguments if isinstance(arguments, tuple) else (arguments,)
            context = given[0] if "pgettext" in function else None
            words = given[1:] if context else given
            if words and all(words[:1]):
                catalog.add(words[:2] if "ngettext" in function or "npgettext" in function else words[0], locations=where, context=context)
    return catalog


def catalogues() -> dict[str, Path]:
    """Language → its .po file."""
    return {path.parts[-3]: path for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))}


def stored(path: Path) -> Catalog:
    """A .po file as it stands."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def key(message: Message) -> tuple[str, str]:
    """Context and the singular."""
    context = message.context if isinstance(message.context, str) else ""
    return context, message.id if isinstance(message.id, str) else message.id[0]


def waiting(path: Path) -> list[str]:
    """Texts that are known to wait for their words: a list beside the catalogue."""
    beside = path.with_name("waiting.json")
    return list(json.loads(beside.read_text())) if beside.exists() else []


def untranslated(catalog: Catalog, wanted: Catalog) -> list[str]:
    """Texts without words in this language."""
    have = {key(m): m for m in catalog if m.id}
    missing = []
    for message in wanted:
        there = have.get(key(message)) if message.id else message
        words = there.string if there is not None else ""
        if message.id and not all(words if isinstance(words, tuple) else (words,)):
            missing.append(key(message)[1])
    return missing


def written(catalog: Catalog) -> tuple[bytes, bytes]:
    """The .po and the .mo, byte for byte."""
    source, compiled = BytesIO(), BytesIO()
    write_po(source, catalog, width=140, sort_output=True, omit_header=False, ignore_obsolete=True)
    write_mo(compiled, catalog)
    return source.getvalue(), compiled.getvalue()


def brought_up(path: Path, wanted: Catalog) -> Catalog:
    """The catalogue with today's texts: words are kept, texts that nobody uses any more go."""
    old = {key(m): m for m in stored(path) if m.id}
    fresh = Catalog(locale=path.parts[-3], charset="utf-8", project="Anagen", version="1", copyright_holder="Anagen", msgid_bugs_address="SECURITY.md", last_translator="Anagen", language_team="Anagen", fuzzy=False)
    fresh.creation_date = fresh.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same texts give the same bytes
    fresh.header_comment = "# What patients read. `make messages` keeps this file; write the words by hand."
    for message in wanted:
        if message.id:
            there = old.get(key(message))
            fresh.add(message.id, there.string if there else "", locations=message.locations, context=message.context)
    return fresh


def main(arguments: list[str]) -> int:
    """Write, or with `--check` only say."""
    wanted, wrong = collected(), 0
    for language, path in catalogues().items():
        fresh = brought_up(path, wanted)
        missing = untranslated(fresh, wanted)
        source, compiled = written(fresh)
        mo = path.with_suffix(".mo")
        stale = path.read_bytes() != source or not mo.exists() or mo.read_bytes() != compiled
        if "--check" in arguments:
            wrong += bool(set(missing) - set(waiting(path))) + stale
        else:
            path.write_bytes(source)
            mo.write_bytes(compiled)
        if "--wait" in arguments:
            path.with_name("waiting.json").write_text(json.dumps(missing, ensure_ascii=False, indent=0) + "\n")
        print(f"{language}: {len(list(wanted))} texts, {len(missing)} without words{', stale' if stale and '--check' in arguments else ''}")
        for text in missing:
            print(f"  {text!r}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

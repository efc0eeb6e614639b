"""Consent texts for their pages: in force, in work with what differs, and every version that was ever signed."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count

from patients.models import ConsentDraft, ConsentText
from patients.selectors.records import TextChange, text_changes


@dataclass(frozen=True)
class TextRow:
    """One language of one version: its text, how many signed it, what it changed against the one before."""

    text: ConsentText
    language: str
    signed: int
    in_force: bool


@dataclass(frozen=True)
class DraftLanguage:
    """One language of a text in work."""

    code: str
    name: str
    text: str
    changes: list[TextChange]


def texts_in_force() -> dict[str, str]:
    """The newest words by language."""
    found: dict[str, str] = {}
    for row in ConsentText.objects.order_by("-in_force_from", "-pk"):
        found.setdefault(row.language, row.text)
    return found


def procedures_in_force() -> list[str]:
    """What the newest text covers; the first text of a clinic covers the treatment."""
    newest = ConsentText.objects.order_by("-in_force_from", "-pk").first()
    return list(newest.procedures) if newest else ["scalp_microneedling"]


def languages_needed() -> list[tuple[str, str]]:
    """English, and each language in which patients have a text today: code and name."""
    there = {"en", *texts_in_force()}
    return [(code, str(name)) for code, name in settings.LANGUAGES if code in there]


def text_rows() -> list[TextRow]:
    """Every text that ever was in force, the newest first."""
    rows = ConsentText.objects.annotate(signed=Count("consents")).order_by("-in_force_from", "-pk")
    names, seen, found = dict(settings.LANGUAGES), set[str](), []
    for row in rows:
        found.append(TextRow(row, str(names.get(row.language, row.language)), row.signed, row.language not in seen))
        seen.add(row.language)
    return found


def draft_in_work() -> ConsentDraft | None:
    """The one text that is written or read now."""
    return ConsentDraft.objects.filter(state__in=ConsentDraft.OPEN).select_related("written_by").first()


def draft_languages(draft: ConsentDraft) -> list[DraftLanguage]:
    """Each language of a text in work with what differs from the one in force."""
    before = texts_in_force()
    return [
        DraftLanguage(code, str(name), draft.texts.get(code, ""), text_changes(before[code], draft.texts.get(code, "")) if code in before else [])
        for code, name in settings.LANGUAGES
    ]

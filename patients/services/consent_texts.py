"""A new consent text: a manager writes it, a clinician reads it and puts it into force. What was signed keeps its text."""

import hashlib
import json
import re
from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.permissions import acting_staff, require
from patients.models import ConsentDraft, ConsentText
from patients.selectors.texts_to_sign import languages_needed, procedures_in_force, texts_in_force
from patients.services.agreements import publish_consent_text
from patients.vocabulary import ConsentDraftState

PRP = "prp"
_NAMES_PRP = re.compile(r"\b(?:PRP|plasma)\b", re.IGNORECASE)  # the same word in every language of the house


class TextOpen(Conflict):
    """A text is in work already: there is one at a time."""


class TextMoved(Conflict):
    """The text is not where this act starts, or its words are no longer those that were read."""


class TextMissing(Refused):
    """A language in which patients sign has no words, or nothing is new."""


class NeedsAnother(Refused):
    """Whoever wrote it doesn't put it into force."""


def text_hash(draft: ConsentDraft) -> str:
    """SHA-256 over every language, the off-label mark and whether it covers PRP: what the clinician read is what comes into force."""
    return hashlib.sha256(json.dumps([draft.texts, draft.off_label, draft.covers_prp], sort_keys=True).encode()).hexdigest()


def start_consent_text(*, by: Actor, at: datetime) -> ConsentDraft:
    """A copy of the texts in force, under the next free version. Raises TextOpen."""
    require(by, "consent_text:propose")
    with audit.write(by=by, action="consent_text.start"):
        if ConsentDraft.objects.select_for_update().filter(state__in=ConsentDraft.OPEN).exists():
            raise TextOpen(_("A text is in work already. Finish it or discard it first."))
        return ConsentDraft.objects.create(
            version=_free_version(at), texts=texts_in_force(), covers_prp=PRP in procedures_in_force(), written_by=acting_staff(by), started_at=at
        )


def _free_version(at: datetime) -> str:
    taken = {*ConsentText.objects.values_list("version", flat=True), *ConsentDraft.objects.values_list("version", flat=True)}
    return next(name for n in range(1, 10_000) if (name := f"{at:%Y}-{n}") not in taken)


def _lock(draft: ConsentDraft, state: ConsentDraftState) -> ConsentDraft:
    locked = ConsentDraft.objects.select_for_update().get(pk=draft.pk)
    if locked.state != state:
        raise TextMoved(_("This text has moved on meanwhile. Please look again."))
    return locked


def save_consent_text(*, draft: ConsentDraft, texts: dict[str, str], off_label: bool, covers_prp: bool = False, by: Actor, at: datetime) -> ConsentDraft:
    """The words of a draft, whole, by language. Line ends are made alike, so that a comparison shows real changes alone."""
    require(by, "consent_text:propose")
    with audit.write(by=by, action="consent_text.save"):
        locked = _lock(draft, ConsentDraftState.DRAFT)
        alike = {code: "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip() for code, text in texts.items()}
        locked.texts, locked.off_label = {code: text for code, text in alike.items() if text}, off_label
        locked.covers_prp = covers_prp
        locked.save(update_fields=["texts", "off_label", "covers_prp"])
        return locked


def propose_consent_text(*, draft: ConsentDraft, by: Actor, at: datetime) -> ConsentDraft:
    """Ask a clinician to read it. Every language in which a text is in force needs its new words. Raises TextMissing."""
    require(by, "consent_text:propose")
    with audit.write(by=by, action="consent_text.propose"):
        locked = _lock(draft, ConsentDraftState.DRAFT)
        if missing := [name for code, name in languages_needed() if not locked.texts.get(code)]:
            raise TextMissing(_("The text is missing in: %(languages)s. Nobody may sign an old one there.") % {"languages": ", ".join(missing)})
        unnamed = [name for code, name in languages_needed() if locked.covers_prp and not _NAMES_PRP.search(locked.texts[code])]
        if unnamed:
            raise TextMissing(_("The text does not name PRP or plasma in: %(languages)s. Nobody consents to what isn't named.") % {"languages": ", ".join(unnamed)})
        if locked.texts == texts_in_force() and locked.covers_prp == (PRP in procedures_in_force()):
            raise TextMissing(_("Nothing differs from the text in force."))
        locked.state, locked.sent_back_words = ConsentDraftState.PROPOSED, ""
        locked.save(update_fields=["state", "sent_back_words"])
        return locked


def send_back_consent_text(*, draft: ConsentDraft, words: str, by: Actor, at: datetime) -> ConsentDraft:
    """A clinician wants something changed: a draft again, with the reason."""
    require(by, "consent_text:approve")
    if not words.strip():
        raise Refused(_("Write what should change."), field="words")
    with audit.write(by=by, action="consent_text.send_back", reason=words):
        locked = _lock(draft, ConsentDraftState.PROPOSED)
        locked.state, locked.sent_back_words = ConsentDraftState.DRAFT, words.strip()[:400]
        locked.save(update_fields=["state", "sent_back_words"])
        return locked


def approve_consent_text(*, draft: ConsentDraft, sha256: str, by: Actor, at: datetime) -> list[ConsentText]:
    """Put it into force in every language at once: new rows, the signed ones stay. Raises TextMoved, NeedsAnother."""
    require(by, "consent_text:approve")
    with audit.write(by=by, action="consent_text.approve"):
        locked = _lock(draft, ConsentDraftState.PROPOSED)
        if sha256 != text_hash(locked):
            raise TextMoved(_("The text is not the one you read. Please read it again."))
        if locked.written_by_id == by.staff_id:
            raise NeedsAnother(_("You wrote this text. Somebody else must put it into force."))
        locked.state, locked.approved_by_id, locked.approved_at = ConsentDraftState.PUBLISHED, by.staff_id, at
        locked.save(update_fields=["state", "approved_by", "approved_at"])
        covered = [*(one for one in procedures_in_force() if one != PRP), *([PRP] if locked.covers_prp else [])]
        return [
            publish_consent_text(
                version=locked.version, language=code, text=text, procedures=covered, off_label=locked.off_label, by=by, at=at
            )
            for code, text in sorted(locked.texts.items())
        ]


def discard_consent_text(*, draft: ConsentDraft, by: Actor, at: datetime) -> ConsentDraft:
    """Give it up; its number is not used again."""
    require(by, "consent_text:propose")
    with audit.write(by=by, action="consent_text.discard"):
        locked = ConsentDraft.objects.select_for_update().get(pk=draft.pk)
        if locked.state not in ConsentDraft.OPEN:
            raise TextMoved(_("This text has moved on meanwhile. Please look again."))
        locked.state = ConsentDraftState.DISCARDED
        locked.save(update_fields=["state"])
        return locked

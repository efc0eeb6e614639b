"""Other answers than those that are in: from a second tab or device. The answer stays as it is; a person hears of what is new."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from aftercare import pages
from aftercare.models import CheckIn, Concern, ConcernEvent
from aftercare.rules import RULES
from aftercare.selectors.answers import page_in_words
from aftercare.selectors.check_ins import photos_of
from aftercare.selectors.instructions import wall_words
from aftercare.services.check_ins import judged
from aftercare.services.concerns import add_event, is_higher, open_concern, raise_locked
from aftercare.services.locks import lock_patient
from aftercare.states import ConcernState, EventKind, Level
from clinic import audit
from clinic.audit import Actor

_TEXTS = ("free_text", "health_words")


@dataclass(frozen=True)
class Late:
    """What became of answers that came after the end: `concern` is None where they say nothing that a person must hear."""

    concern: Concern | None


def take_late(*, check_in: CheckIn, page: str, values: dict[str, Any], files: int, by: Actor, at: datetime) -> Late | None:
    """Judge a page that was sent after the answers were in, as if it had been part of them; tell a person once if it says more.

    None: it says what is in already (a double tap). `files`: how many photos came with it; they are not kept.
    Answers that the rules can't read are SAME_DAY. No level is ever lowered (SECURITY.md “Double submit”, R30).
    """
    with audit.write(by=by, action="check_in.late"):
        lock_patient(check_in.patient_id)
        locked = CheckIn.objects.select_related("patient__site", "site", "plan__session", "plan__site", "response").get(pk=check_in.pk)
        values = _without_noted(locked, values)
        after, unkept = pages.with_page(locked.draft, page, values), max(0, files - len(photos_of(locked)))
        if not unkept and _given(after) == _given(locked.draft):
            return None
        key = _key(locked, page, values, unkept)
        told = Concern.objects.filter(patient=locked.patient, reasons__contains=[{"later": key}]).order_by("-pk").first()
        return Late(told or _tell(locked, page, values, after, unkept, key, by=by, at=at))


def _without_noted(check_in: CheckIn, values: dict[str, Any]) -> dict[str, Any]:
    """Texts that were taken beside the answers already, with a photo or before, are not told twice; nor said not to be added."""
    rows = ConcernEvent.objects.filter(concern__patient=check_in.patient, kind=EventKind.NOTED, at__gte=check_in.response.answered_at)
    noted, kept = set(rows.values_list("words", flat=True)), check_in.draft.get("answers", {})
    return {name: kept.get(name, "") if name in _TEXTS and str(value or "").strip() in noted else value for name, value in values.items()}


def _given(draft: dict[str, Any]) -> dict[str, Any]:
    """What a draft says. An empty text says nothing; null is “not sure”."""
    return {key: value for key, value in draft.get("answers", {}).items() if value != ""}


def _key(check_in: CheckIn, page: str, values: dict[str, Any], files: int) -> str:
    exact = json.dumps([str(check_in.uuid), page, values, files], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(exact.encode()).hexdigest()[:16]


def _tell(
    check_in: CheckIn, page: str, values: dict[str, Any], after: dict[str, Any], files: int, key: str, *, by: Actor, at: datetime
) -> Concern | None:
    response, result = check_in.response, judged(check_in, after, at=at)
    rules = [rule for rule in result.get("rules", []) if rule not in response.rules]
    unsure = set(pages.unsure_questions(after["answers"])) - set(pages.unsure_questions(response.answers))
    texts = [text for name in _TEXTS if (text := str(values.get(name) or "").strip()) and text != check_in.draft.get("answers", {}).get(name)]
    reasons = [*rules, *({"not_sure": name} for name in sorted(unsure)), *([{"free_text": True}] if texts else [])]
    if not reasons and not files and "errors" not in result:
        return None
    levels = [rule["triage"] for rule in rules] + ([Level.SAME_DAY] if "errors" in result else [])
    level = next((found for found in Level if found in levels), Level.ROUTINE)
    words = _words(check_in, page, values, texts, files, rules, is_read="errors" not in result)
    holds = bool(result.get("holdNextSession")) and not response.hold_next_session
    concern = _put(check_in, level, [*reasons, {"later": key, "of": str(check_in.uuid)}], words, holds=holds, by=by, at=at)
    if result.get("callEmergency") and concern.emergency_shown_at is None:
        concern.emergency_shown_at = at
        concern.save(update_fields=["emergency_shown_at"])
    return concern


def _put(
    check_in: CheckIn, level: Level, reasons: list[dict[str, Any]], words: str, *, holds: bool, by: Actor, at: datetime
) -> Concern:
    """Into the concern of these answers, raised if need be; one of its own where that is closed, or a clinician has it and would not look again."""
    concern = Concern.objects.select_for_update().filter(check_in=check_in).first()
    higher = concern is not None and is_higher(level, concern.level)
    holds_itself = level in {Level.URGENT, Level.SAME_DAY} or not holds
    if concern is not None and holds_itself and (concern.state == ConcernState.OPEN or (higher and concern.state == ConcernState.CLAIMED)):
        concern.reasons = [*concern.reasons, *reasons]
        concern.save(update_fields=["reasons"])
        if higher:
            return raise_locked(concern, level, words=words, by=by, at=at)
    else:
        of = check_in if concern is None else None
        concern = open_concern(patient=check_in.patient, level=level, reasons=reasons, by=by, at=at, check_in=of, hold_next_session=holds)
    add_event(concern, EventKind.NOTED, by=by, at=at, words=words)
    return concern


def _words(
    check_in: CheckIn, page: str, values: dict[str, Any], texts: list[str], files: int, rules: list[dict[str, str]], *, is_read: bool
) -> str:
    """What was sent, for the log: staff read English, whatever the patient reads."""
    with override(settings.LANGUAGE_CODE):
        when = wall_words(check_in.response.answered_at, check_in.site.zone)
        lines = [_("Sent after the answers of %(when)s, and not added to them.") % {"when": when}, page_in_words(pages.BY_NAME[page], values)]
        lines += [f"“{text}”" for text in texts]
        lines += [f"{rule['rule']}: {RULES[rule['rule']].words}" for rule in rules if rule["rule"] in RULES]
        lines += [] if is_read else [_("The rules could not read this.")]
        lines += [_("Photos came with it and were not kept: please ask for them.")] if files else []
        return "\n".join(line for line in lines if line)

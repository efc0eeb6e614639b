"""What another version of the S-rules would change: the next sessions, plans for home, past records, photos (decision 0026)."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.rulebook import Effect, Past, Preview
from treatments.models import HomePlan, Photo, SignedRecord
from treatments.rules import RULES, session
from treatments.rules.policy import NUMBERS, SessionPolicy
from treatments.selectors.evaluations import Worst, worst_of
from treatments.selectors.home import home_input
from treatments.selectors.photos import photo_checks
from treatments.selectors.upcoming import Next, next_sessions
from treatments.vocabulary import Zone
from treatments.words import CHECK_WORDS, SEVERITY_WORDS, ZONE_WORDS

MOST, MOST_PAST, PAST_DAYS = 5000, 2000, 90
# what a course without any session yet can be asked: not its depth, nor who will hold the device
_WITHOUT_SETTINGS = {"S10", "S12", "S20"}

_NEXT = gettext_lazy("the next session, as it stands now; past sessions")
_PAST = gettext_lazy("past sessions: it is known only once a session is under way")
_HOME = gettext_lazy("plans for home that run")
_PHOTOS = gettext_lazy("photos of the last 90 days")
_BOTH = gettext_lazy("products after the next session; acids before it: open drafts and past sessions")
_ACIDS = gettext_lazy("open drafts and past sessions: what was used before a session is asked on its day")
_OTHERS = {"topical_wait_hours": _BOTH, "acid_note_hours": _ACIDS, "pain_pause": _PAST}


def _by(name: str) -> Promise:
    if name.startswith("home_"):
        return _HOME
    return _PHOTOS if name.startswith("photo_") else _OTHERS.get(name, _NEXT)


JUDGED_BY: Mapping[str, Promise] = {name: _by(name) for name in NUMBERS}


def preview(old: SessionPolicy, new: SessionPolicy, at: datetime) -> Preview:
    """Whom and what the new numbers would touch. The number of queries is constant; only what a changed number can touch is judged."""
    ways = {str(JUDGED_BY[name]) for name, about in NUMBERS.items() if _value(old, name) != _value(new, name)}
    in_session = bool(ways - {str(_HOME), str(_PHOTOS)})
    upcoming = next_sessions(at, gap_days=min(old.rescreen_after_days, new.rescreen_after_days), most=MOST) if in_session else []
    effects = [effect for one in upcoming if (effect := _effect(one, old, new))]
    plans = _plans(old, new, at) if str(_HOME) in ways else []
    past = [_past_sessions(old, new, at)] if in_session else []
    past += [_past_photos(old, new, at)] if str(_PHOTOS) in ways else []
    return Preview(_one_a_patient([*effects, *plans]), len(upcoming), len(upcoming) == MOST, past)


def _value(policy: SessionPolicy, name: str) -> Any:
    field, _dot, key = name.partition(".")
    found = getattr(policy, field)
    return found[key] if key else found


def _effect(one: Next, old: SessionPolicy, new: SessionPolicy) -> Effect | None:
    (before, wrong), (after, _wrong) = (worst_of(one.inputs(policy), policy) for policy in (old, new))
    if wrong:
        return None
    before, after = (_answerable(one, results) for results in (before, after))
    differ = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    if not differ:
        return None
    patient = one.course.patient
    return Effect(patient.uuid, patient.name, patient.site_id, _in_words(before, differ), _in_words(after, differ), _basis(one))


def _answerable(one: Next, results: Worst) -> Worst:
    """Without what a stand-in would have said: no zone was entered, or there is no session at all."""
    if one.shown is None:
        return {key: row for key, row in results.items() if key[0] in _WITHOUT_SETTINGS}
    return results if one.blocks() else {key: row for key, row in results.items() if "zone" not in row}


def _basis(one: Next) -> str:
    if one.is_draft:
        return _("open draft of session %(n)s") % {"n": one.number}
    if one.last is not None and one.last is one.shown and one.last.started_at:
        on = date_format(one.last.started_at.astimezone(one.last.site.tz), "j M Y")
        return _("session %(n)s of %(on)s, as if repeated") % {"n": one.last.number, "on": on}
    return _("session %(n)s, nothing set yet") % {"n": one.number}


def _in_words(results: Mapping[tuple[str, str], Mapping[str, str]], keys: Iterable[tuple[str, str]]) -> str:
    """Only what differs: “S08, Vertex: needs a reason”. The page says once what each rule is called."""
    said = []
    for rule, subject in keys:
        row = results.get((rule, subject))
        about = str(ZONE_WORDS[Zone(subject)]) if subject in set(Zone) else subject
        named = f"{rule}, {about}" if about else rule
        said.append(f"{named}: {SEVERITY_WORDS[row['severity']] if row else _('nothing')}")
    return "; ".join(said)


def _plans(old: SessionPolicy, new: SessionPolicy, at: datetime) -> list[Effect]:
    """Plans for home that run, as if approved today (S22)."""
    found = []
    for plan in HomePlan.objects.filter(ended_at=None).select_related("patient__site").order_by("-recorded_at", "-pk")[:MOST]:
        given = home_input(plan.patient, length_hundredths=plan.length_hundredths, every_days=plan.every_days, approved=True, at=at)
        before, after = (session(given, policy)["overall"] for policy in (old, new))
        if before != after:
            was, becomes = (f"S22: {SEVERITY_WORDS[overall]}" for overall in (before, after))
            found.append(Effect(plan.patient.uuid, plan.patient.name, plan.patient.site_id, was, becomes, _("plan for home")))
    return found


def _one_a_patient(effects: Iterable[Effect]) -> list[Effect]:
    found: dict[Any, Effect] = {}
    for one in effects:
        there = found.get(one.patient_uuid)
        found[one.patient_uuid] = there.joined(one) if there else one
    return list(found.values())


def _past_sessions(old: SessionPolicy, new: SessionPolicy, at: datetime) -> Past:
    """Signed sessions, judged again with exactly what the signed record holds: its own input of the rules."""
    rows = SignedRecord.objects.filter(session__entered_in_error=None, session__started_at__range=(at - timedelta(days=PAST_DAYS), at))
    judged = differ = unread = 0
    rules: Counter[str] = Counter()
    for content in rows.order_by("-session__started_at", "-pk").values_list("content", flat=True)[:MOST_PAST]:
        inputs = json.loads(content).get("input") or []
        (before, wrong), (after, _wrong) = (worst_of(inputs, policy) for policy in (old, new))
        if wrong or not inputs:
            unread += 1
            continue
        changed = {key[0] for key in {*before, *after} if before.get(key) != after.get(key)}
        judged, differ = judged + 1, differ + bool(changed)
        rules.update(changed)
    words = _("sessions signed in the last %(n)s days, with what each signed record holds") % {"n": PAST_DAYS}
    named = tuple((f"{rule} {RULES[rule].title}", count) for rule, count in sorted(rules.items()))
    return Past(words, judged, differ, named, unread, judged + unread == MOST_PAST)


def _past_photos(old: SessionPolicy, new: SessionPolicy, at: datetime) -> Past:
    """Photos by staff, as measured when they were cleaned."""
    rows = Photo.objects.filter(error_at=None, source="staff", taken_at__range=(at - timedelta(days=PAST_DAYS), at)).order_by("-taken_at", "-pk")
    judged = differ = 0
    checks: Counter[str] = Counter()
    for photo in rows[:MOST]:
        changed = set(photo_checks(photo, old)) ^ set(photo_checks(photo, new))
        judged, differ = judged + 1, differ + bool(changed)
        checks.update(str(CHECK_WORDS[check][0]) for check in changed)
    words = _("photos taken in the last %(n)s days, as measured then") % {"n": PAST_DAYS}
    return Past(words, judged, differ, tuple(sorted(checks.items())), 0, judged == MOST)

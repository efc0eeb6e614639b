"""Versions of the protocol for their pages, for planning and for the mail: steps in words, conditions, opening words."""

import hashlib
import json
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare.models import Plan, Protocol, ProtocolStep
from aftercare.protocol_words import PROBLEM_WORDS, PURPOSE_WORDS, QUESTION_WORDS
from aftercare.rules.aftercare import Done
from aftercare.rules.protocol import Condition, Problem, StepFacts, Treatment
from aftercare.selectors.instructions import treated_by
from aftercare.states import ProtocolState
from treatments import selectors as sessions
from treatments.vocabulary import ProductKind


@dataclass(frozen=True)
class StepRow:
    """A step on a version's page."""

    step: ProtocolStep
    name: str
    when: str
    purpose: str
    for_whom: str
    asks: str
    too_late: str
    mark: str
    problems: list[str]


def condition_of(step: ProtocolStep) -> Condition:
    """A step's condition as the rules read it."""
    return Condition(
        phase=step.phase,
        first_session_only=step.first_session_only,
        course_end_only=step.course_end_only,
        min_depth_hundredths=step.min_depth_hundredths,
        product_kinds=frozenset(step.product_kinds),
    )


def hours_of(step: ProtocolStep) -> int:
    """Hours after the session's end, for order and checks; a day counts 24."""
    return step.offset_hours if step.offset_days is None else step.offset_days * 24


def step_facts(step: ProtocolStep) -> StepFacts:
    """A step as the checks read it."""
    return StepFacts(
        code=step.code,
        purpose=step.purpose,
        hours=hours_of(step),
        expires_hours=step.expires_hours,
        condition=condition_of(step),
        questions=frozenset(step.questions),
        reminder_hours=step.reminder_hours,
        call_hours=step.call_hours,
        wording=step.wording,
    )


def treatment_of(plan: Plan, done: Done | None = None) -> Treatment:
    """What decides which steps a plan gets; `done`: as if that had been done."""
    treated, course = treated_by(plan, done=done), plan.session.course
    return Treatment(course.phase, sessions.place_in_course(plan.session), course.planned_sessions, treated.deepest_hundredths, treated.kinds)


def when_words(step: ProtocolStep) -> str:
    """“at once”, “24 h after the end”, “day 7, 09:00”."""
    if step.offset_days is not None and step.local_time is not None:
        return _("day %(days)s, %(at)s") % {"days": step.offset_days, "at": f"{step.local_time:%H:%M}"}
    return _("%(hours)s h after the end") % {"hours": step.offset_hours} if step.offset_hours else _("at once")


def condition_words(step: ProtocolStep) -> str:
    """For whom a step is meant: “everybody”, or each condition."""
    words = []
    if step.phase:
        words.append(_("initial phase") if step.phase == "initial" else _("maintenance"))
    if step.first_session_only:
        words.append(_("first session of a course"))
    if step.course_end_only:
        words.append(_("last planned session"))
    if step.min_depth_hundredths is not None:
        words.append(_("from %(depth)s mm deep") % {"depth": f"{step.min_depth_hundredths / 100:.2f}"})
    if step.product_kinds:
        kinds = ", ".join(kind_words(kind) for kind in step.product_kinds)
        words.append(_("with %(kinds)s") % {"kinds": kinds})
    return "; ".join(words) or _("everybody")


def asks_words(step: ProtocolStep) -> str:
    """“red flags, redness, pain and burning”: what a check-in asks."""
    named = [str(QUESTION_WORDS[question]) for question in step.questions if question in QUESTION_WORDS]
    return ", ".join([_("red flags"), *named]) if step.questions else ""


def kind_words(kind: str) -> str:
    """A kind of product for people."""
    return ProductKind(kind).value.replace("_", " ") if kind in set(ProductKind) else kind


def problem_words(problem: Problem) -> str:
    """A problem in words, with its detail."""
    return str(PROBLEM_WORDS[problem.what]) % {"detail": problem.detail}


def versions() -> list[Protocol]:
    """Every version, the newest first."""
    return list(Protocol.objects.select_related("approved_by", "proposed_by").order_by("-version", "-pk"))


def in_work() -> Protocol | None:
    """The version that is being written or looked at."""
    return Protocol.objects.in_work().select_related("approved_by", "proposed_by").first()


def step_rows(protocol: Protocol, problems: list[Problem] | None = None) -> list[StepRow]:
    """The steps of a version; for one in work each with what is new against the version in force."""
    base = None if protocol.state == ProtocolState.PUBLISHED else Protocol.objects.in_force().first()
    before = {step.code: step for step in base.steps.all()} if base else None
    found = problems or []
    return [_row(step, before, [p for p in found if p.step == step.code]) for step in sorted(protocol.steps.all(), key=lambda step: (hours_of(step), step.position))]


def _row(step: ProtocolStep, before: dict[str, ProtocolStep] | None, found: list[Problem]) -> StepRow:
    hours = step.expires_hours
    late = _("%(hours)s h") % {"hours": hours} if hours < 96 else ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}
    return StepRow(
        step=step,
        name=step.words,
        when=when_words(step),
        purpose=str(PURPOSE_WORDS[step.purpose]),
        for_whom=condition_words(step),
        asks=asks_words(step),
        too_late=late,
        mark=_mark(step, before),
        problems=[problem_words(problem) for problem in found],
    )


_COMPARED = (
    "purpose", "scope", "phase", "first_session_only", "course_end_only", "min_depth_hundredths", "product_kinds", "title",
    "wording", "offset_hours", "offset_days", "local_time", "expires_hours", "questions", "reminder_hours", "call_hours",
)  # fmt: skip


def _mark(step: ProtocolStep, before: dict[str, ProtocolStep] | None) -> str:
    if before is None:
        return ""
    if step.code not in before:
        return "new"
    same = all(getattr(step, name) == getattr(before[step.code], name) for name in _COMPARED)
    return "" if same else "changed"


def removed_steps(protocol: Protocol) -> list[str]:
    """Steps of the version in force that a version in work no longer has."""
    base = Protocol.objects.in_force().first()
    if base is None or protocol.state not in {"draft", "proposed", "approved"}:
        return []
    kept = set(protocol.steps.values_list("code", flat=True))
    return [step.words for step in base.steps.all() if step.code not in kept]


def plans_for_preview(site_ids: frozenset[int] | set[int] | list[int], *, limit: int = 12) -> list[Plan]:
    """The latest plans of the actor's sites, one a patient, to look at a wording with a real one."""
    rows = Plan.objects.filter(site__in=site_ids).select_related("patient", "site__clinic", "session__course")
    seen: dict[int, Plan] = {}
    for plan in rows.order_by("-ended_at", "-pk")[: limit * 4]:
        seen.setdefault(plan.patient_id, plan)
    return list(seen.values())[:limit]


def protocol_hash(protocol: Protocol) -> str:
    """SHA-256 of everything that a version says and sets: its numbers and note, and each step with its wording."""
    numbers = Protocol.objects.filter(pk=protocol.pk).values("urgent_minutes", "same_day_hours", "routine_working_days", "deep_from_hundredths", "note")
    steps = [{name: value for name, value in step.items() if name not in {"id", "protocol_id"}} for step in protocol.steps.order_by("code").values()]
    return hashlib.sha256(json.dumps([list(numbers), steps], sort_keys=True, default=str).encode()).hexdigest()

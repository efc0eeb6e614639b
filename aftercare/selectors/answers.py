"""Answers in words: for staff as they were given, for the patient as what they mean now."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from aftercare import pages
from aftercare.models import CheckIn, CheckInResponse, Concern, Plan
from aftercare.rules import RULES
from aftercare.rules.meaning import expected_signs
from aftercare.rules.texts import texts_for
from aftercare.selectors.instructions import WaitGroup, instructions_of, wall_words
from aftercare.selectors.presence import (
    Presence,
    closed_words,
    notice_words,
    presence,
    sooner_words,
    told_words,
    urgent_words,
)
from aftercare.selectors.rulebook import policy
from aftercare.states import Level
from clinic.clock import local_date
from clinic.findings import Finding
from clinic.rulebook import book, policy_version_in

Words = str | Promise


@dataclass(frozen=True)
class Line:
    """One question, its answer in words, and whether it stands out."""

    question: str
    answer: str
    stands_out: bool = False


@dataclass(frozen=True)
class AnswersInWords:
    """Answers and the rules that fired, for a clinician."""

    lines: list[Line]
    findings: list[Finding]
    free_text: str


@dataclass(frozen=True)
class AnswerPage:
    """What a patient reads after sending: emergency first exactly when the rules say so (SETTLED 3)."""

    level: str
    call_emergency: bool
    tone: str
    icon: str
    title: str
    paragraphs: list[str] = field(default_factory=list)
    waiting: list[WaitGroup] = field(default_factory=list)
    notice: str = ""
    is_closed: bool = False
    closed: str = ""  # whom to call until the clinic opens
    calls_us_first: bool = False
    next_questions: str = ""


def findings_of(response: CheckInResponse) -> list[Finding]:
    """The T-rules that fired, with their words and source."""
    version = policy_version_in(response.rules_version)
    texts = texts_for(book("T").at_version(version)) if version else RULES
    found = []
    for fired in response.rules:
        text = texts.get(fired["rule"])
        found.append(
            Finding(
                rule=fired["rule"],
                severity=fired["triage"],
                words=text.words if text else "",
                source=text.source if text else "",
                proposed=bool(text and text.proposed),
            )
        )
    return found


def answers_in_words(check_in: CheckIn) -> AnswersInWords:
    """Question by question, in the order asked; red flags and “not sure” stand out."""
    answers = check_in.response.answers
    lines: list[Line] = []
    for page in pages.pages_for(check_in.response.asked, answers):
        if page.kind == "flags":
            lines += _flag_lines(answers)
        elif page.kind not in {"words", "satisfaction"} and page.name != "satisfaction":
            lines += [_line(page, key, answers[key]) for key in page.keys if key in answers]
    if check_in.response.left_early:
        lines.append(Line(_("No answer"), _("The patient left here. The questions that follow have no answer."), stands_out=True))
    elif check_in.response.ended_early:
        lines.append(Line(_("Not asked"), _("The questions ended here: what was ticked is urgent.")))
    if check_in.response.hair_count is not None:
        lines.append(Line(_("Hairs in 60 seconds"), str(check_in.response.hair_count)))
    if check_in.response.satisfaction is not None:
        lines.append(Line(str(pages.BY_NAME["satisfaction"].title), f"{check_in.response.satisfaction} / 10"))
    return AnswersInWords(lines, findings_of(check_in.response), str(answers.get("free_text") or ""))


def _line(page: pages.Page, key: str, value: Any) -> Line:
    options = {option.value: option.words for option in page.options}
    if value is None:
        return Line(str(page.title), _("Not sure"), stands_out=True)
    if page.kind == "checks":
        return Line(str(options.get(key, key)), _("Yes") if value else _("No"), stands_out=bool(value))
    if page.kind == "products":
        used = [f"{options.get(item['kind'], item['kind'])} ({_hours(item['hoursAfter'])})" for item in value]
        return Line(str(page.title), ", ".join(used) or _("None of these"), stands_out=bool(used))
    if page.kind == "changes":
        said = [str(options.get(item, item)) for item in value]
        return Line(str(page.title), ", ".join(said) or _("Nothing"), stands_out=bool(said))
    if isinstance(value, bool):
        return Line(str(page.title), _("Yes") if value else _("No"), stands_out=value)
    return Line(str(page.title), str(options.get(str(value), value)))


def page_in_words(page: pages.Page, values: dict[str, Any]) -> str:
    """What one page says, for the log of a concern: “Pain: 7”; of the red flags only those that stand out, where any does."""
    if page.kind == "words":
        return ""
    lines = _flag_lines(values) if page.kind == "flags" else [_line(page, key, values[key]) for key in page.keys if key in values and key != "health_words"]
    loud = [line for line in lines if line.stands_out] if page.kind == "flags" else lines
    return "; ".join(f"{line.question} {line.answer}" for line in loud or lines)


def _hours(hours: float) -> str:
    """Every choice that is kept as this number: “not sure when” is kept, and judged, as the first day."""
    return " / ".join(str(words) for _v, words, number in pages.WHEN_USED if number == hours) or str(hours)


def _flag_lines(answers: dict[str, Any]) -> list[Line]:
    lines = []
    for _question, title, options in pages.FLAGS:
        said, blank = [], False
        for option in options:
            key, _colon, value = option.value.partition(":")
            given = answers.get(key)
            blank = blank or (key in answers and given is None)
            if given is True or (value and given == value):
                said.append(str(option.words))
        if _question == "Q6" and answers.get("temp_c") is not None:
            said.append(f"{number_format(answers['temp_c'])} °C")
        words = ", ".join(said) or (_("Not sure") if blank else pgettext("amount", "None"))
        lines.append(Line(str(title), words, stands_out=bool(said) or blank))
    return lines


_HEAD: dict[str, tuple[str, str, Words]] = {
    Level.URGENT: ("action", "exclamation-octagon", gettext_lazy("You need to speak to us now.")),
    Level.SAME_DAY: ("warn", "telephone", gettext_lazy("A clinician will look at this today.")),
    Level.ROUTINE: ("booked", "chat-left-text", gettext_lazy("A clinician will look at this. It is not urgent.")),
    Level.REASSURE: ("clear", "check-circle", gettext_lazy("What you describe is expected at this time.")),
}


def answer_page(check_in: CheckIn, *, at: datetime) -> AnswerPage:
    """What the answers mean now, in words that promise no more than the clinic does.

    What came after them, and was not added, can make it more, never less.
    """
    response, found = check_in.response, _concerns(check_in)
    ladder = list(Level)
    concern = min(found, key=lambda one: ladder.index(Level(one.level)), default=None)
    level = concern.level if concern is not None else response.triage
    # shown once, it stays: also where only what was sent later called for it
    call_emergency = response.call_emergency or any(one.emergency_shown_at for one in found)
    tone, icon, title = _HEAD[level]
    now = presence(check_in.site, at)
    if level == Level.URGENT and now.nobody:  # “us” only while somebody of us is there
        title = _("You need medical advice now.")
    if level == Level.SAME_DAY and concern is not None and local_date(concern.due_at, check_in.site.zone) > local_date(at, check_in.site.zone):
        title = _("A clinician will look at this when we open.")
    paragraphs = _paragraphs(level, now=now, check_in=check_in, concern=concern)
    if call_emergency:
        title = _("Call %(number)s now.") % {"number": check_in.site.emergency_number}
        paragraphs = [told_words(now, check_in.site)]
    return AnswerPage(
        level, call_emergency, tone, icon, str(title), paragraphs,
        waiting=instructions_of(check_in.plan, at=at).waiting,
        notice=notice_words(now, check_in.site, at=at),
        is_closed=now.is_open is False, closed=closed_words(check_in.site),
        calls_us_first=level == Level.URGENT and not call_emergency and now.is_open is not False,
        next_questions=next_questions(check_in, at=at),
    )  # fmt: skip


def _concerns(check_in: CheckIn) -> list[Concern]:
    """The concern of these answers, and those of answers that came after them."""
    own = getattr(check_in, "concern", None)
    apart = Concern.objects.filter(patient_id=check_in.patient_id, check_in=None, reasons__contains=[{"of": str(check_in.uuid)}])
    return [*([own] if own is not None else []), *apart]


def _paragraphs(level: str, *, now: Presence, check_in: CheckIn, concern: Concern | None) -> list[str]:
    site = check_in.site
    due = wall_words(concern.due_at, site.zone) if concern is not None else ""
    if level == Level.URGENT:
        return urgent_words(now, site, due=due)
    if level == Level.SAME_DAY:
        return [_("We aim to call you by %(due)s. Keep your phone near.") % {"due": due}, sooner_words(now, site)]
    if level == Level.ROUTINE:
        # what the first answers mean is no word about what came later
        meant = [] if concern is not None and any("later" in reason for reason in concern.reasons) else _meaning(check_in)
        return [_("We will get back to you by %(due)s.") % {"due": due}, *meant]
    return _meaning(check_in) or [expected_words(check_in.plan, at=check_in.response.answered_at)]


_SIGNS: dict[str, Words] = {
    "redness": gettext_lazy("A little redness is normal now. It should be gone by %(until)s. If it is not, call us."),
    "redness_strong": gettext_lazy("Redness like this is normal now. It should be clearly less by %(until)s. If it is not, call us."),
    "swelling": gettext_lazy("This swelling is normal now. It should be gone by %(until)s. If it is not, call us."),
    "pain": gettext_lazy("Some tenderness is normal now. It should be gone by %(until)s. If it is not, or it grows, call us."),
    "spots": gettext_lazy("Small spots of blood can appear until %(until)s. If new ones come later, call us."),
    "itch": gettext_lazy("Itching like after mild sunburn is normal now. A gentle moisturiser without fragrance helps. It should stop by %(until)s."),
    "flaking": gettext_lazy("Flaking like after mild sunburn is normal now. It should stop by %(until)s."),
    "shedding": gettext_lazy("More hair can fall out for some weeks. It should be as usual again by %(until)s. Tell us if it is not."),
}


def _meaning(check_in: CheckIn) -> list[str]:
    """What each sign that was described means now, with the wall-clock time from which it no longer is expected."""
    response, plan = check_in.response, check_in.plan
    fired = {rule["rule"] for rule in response.rules}
    signs = expected_signs(response.answers, elapsed=response.answered_at - plan.ended_at, fired=fired, policy=policy())
    found = []
    for sign in signs:
        until = plan.ended_at + timedelta(hours=sign.until_hours)
        found.append(str(_SIGNS[sign.sign]) % {"until": wall_words(until, plan.zone)})
    return found


def next_questions(check_in: CheckIn, *, at: datetime) -> str:
    """When the next check-in comes, in words; empty when there is none."""
    following = check_in.plan.check_ins.unanswered().filter(opens_at__gt=at).order_by("opens_at", "pk").first()
    return wall_words(following.opens_at, check_in.plan.zone) if following is not None else ""


def expected_words(plan: Plan, *, at: datetime) -> str:
    """What is expected at this time after the session, for somebody who is well (RULES section 4, S0, S1)."""
    hours = (at - plan.ended_at) / timedelta(hours=1)
    if hours <= 72:
        until = wall_words(plan.ended_at + timedelta(hours=72), plan.zone)
        return _("Redness and tenderness should be gone, or nearly so, by %(until)s.") % {"until": until}
    days = int(hours // 24)
    if days < 10:
        return _("Your skin should have healed by the end of the first week.")
    if days <= 56:
        return _("If more hair falls out now, that can go on until week eight.")
    return _("By now everything should be as before, and hair should fall out no more than usual.")

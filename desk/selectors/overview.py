"""The patient's overview: may I treat, with what, and what comes next?"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from aftercare import selectors as after
from appointments import selectors as visits
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.permissions import level, may
from patients import selectors as people
from patients.models import Intake, Patient
from patients.selectors.brought import waiting_imports
from patients.vocabulary import AnsweredBy
from treatments import selectors as sessions
from treatments.models import TreatmentSession
from treatments.rules.dose import change_in_words
from treatments.vocabulary import SessionState


@dataclass(frozen=True)
class Step:
    """What comes next, and where it is done. `post`: the address takes a POST."""

    words: str
    url: str = ""
    post: bool = False


def overview(patient: Patient, *, actor: Actor, at: datetime) -> dict[str, Any]:
    """Who, alerts, cleared or why not, last settings, next step. Clinical parts only for who may see them."""
    today = local_date(at, patient.site.zone)
    found: dict[str, Any] = {
        "patient": patient,
        "today": today,
        "desk_word": people.desk_word(patient, as_of=today),
        "holds": people.open_holds(patient) if may(actor, "hold:see") else [],
        "consent": people.consent_state(patient) if may(actor, "consent:state") else None,
        **(_who_answered(patient) if may(actor, "intake:state") else {}),
        "next": visits.next_appointment(patient, at) if may(actor, "appointment:view") else None,
        "window": sessions.next_window(patient, today=today) if may(actor, "course:view") else None,
        "course": sessions.open_course(patient) if may(actor, "course:view") else None,
        "age": patient.age_on(today),
        "changes": list(people.unreviewed_changes(patient)),
    }
    found |= _progress(patient, found) if may(actor, "course:view") else {"done": 0, "dots": []}
    if level(actor, "session:read") == "full":
        found |= _clinical(patient, actor, today, at)
    return found | {"step": next_step(patient, found, actor, today)}


def _who_answered(patient: Patient) -> dict[str, Intake | None]:
    """`typed_in`: the newest answers as they were given, if staff typed them in, or a part of them. `amended`: the same with what the clinic wrote in since, if it did."""
    newest = people.latest_answers(patient)
    if newest is None:
        return {"typed_in": None, "amended": None}
    given = people.amendments(newest)[-1]
    typed = given.answered_by != AnsweredBy.PATIENT or given.typed_by
    return {"typed_in": given if typed else None, "amended": newest if newest.pk != given.pk else None}


def _progress(patient: Patient, found: dict[str, Any]) -> dict[str, Any]:
    """How many sessions of the open course took place: `●●○○`."""
    course, window, today = found["course"], found["window"], found["today"]
    through = course is not None and patient.pk in sessions.through([patient.pk])
    done = sessions.done_sessions(patient).filter(course=course).count() if course else 0
    planned = max(course.planned_sessions, done) if course else 0
    days = (window.opens_on - today).days if window else 0
    return {"done": done, "dots": [number < done for number in range(planned)], "opens_in": days, "window_open": window and days <= 0 and today <= window.closes_on,
            "window_over": window and today > window.closes_on, "through": through}  # fmt: skip


def _clinical(patient: Patient, actor: Actor, today: date, at: datetime) -> dict[str, Any]:
    eligibility, taken = people.eligibility_on(patient, as_of=today), people.medicines_of(patient)
    allergies_asked, metals = people.allergies_told(patient)
    last_two = list(sessions.done_sessions(patient).select_related("operator", "course").prefetch_related("blocks__zones", "blocks__device", "blocks__cartridge__lot", "product_uses__product")[:2])
    last = last_two[0] if last_two else None
    answered, waiting = after.newest_check_ins(patient, at=at)
    rows = patient.sessions.filter(entered_in_error=None).exclude(state=SessionState.SIGNED).select_related("operator").order_by("-pk")
    unfinished: list[Any] = list(sessions.with_signer(rows))
    return {
        "clinical": True,
        "eligibility": eligibility,
        "findings": people.findings_of(eligibility),
        "allergies": patient.allergies.filter(ended_at=None),
        "allergies_asked": allergies_asked,
        "metals": metals,
        "to_ask": people.allergies_to_ask(patient),
        "brought": waiting_imports(patient),
        "unread": people.unread_answers(patient),
        "medications": taken.lines,
        "medicines_asked": taken.asked,
        "last": last,
        "last_settings": _with_change(*last_two) if last else [],
        "last_days": (today - local_date(last.started_at, last.site.zone)).days if last and last.started_at else None,
        "events": list(patient.adverse_events.filter(closed_at=None)),
        "concerns": after.concerns_of(patient),
        "plans": after.plans_to_decide(patient),
        "check_in": answered,
        "check_in_words": (after.step_words(answered.code), after.level_words(answered.response.triage)) if answered else None,
        "waiting_check_in": waiting,
        "unfinished": unfinished,
        "others_sign": [record for record in unfinished if record.state == SessionState.ENDED and (record.nobody_signs or record.signs != actor.staff_id)],
        "home_plan": sessions.home.running(patient),
    }


def _with_change(last: TreatmentSession, before: TreatmentSession | None = None) -> list[dict[str, Any]]:
    """Settings of the last session, each with its difference to the one before: “1.00 → 1.25 mm”."""
    earlier = {row["zone"]: row["depth_hundredths"] for row in sessions.settings_of(before)} if before else {}
    rows = sessions.settings_of(last)
    return [row | {"change": change_in_words(earlier[row["zone"]], row["depth_hundredths"]) if row["zone"] in earlier else ""} for row in rows]


def next_step(patient: Patient, found: dict[str, Any], actor: Actor, today: date) -> Step | None:
    """The one thing to do now, the most pressing first; None when nobody here may do it."""
    uuid, consent, record = patient.uuid, found["consent"], _record_to_finish(found, actor)
    if patient.deceased_on and (record is None or record.state != SessionState.ENDED):
        return None
    if record is not None:
        words = _("Sign session %(n)s") if record.state == SessionState.ENDED else _("Go on with session %(n)s")
        return Step(words % {"n": record.number}, reverse("treatments:session", args=[record.uuid]))
    if found.get("concerns"):
        return Step(_("Answer the concern"), reverse("aftercare:concern", args=[found["concerns"][0].uuid]))
    if (found["changes"] or found["desk_word"].code != "may_book") and may(actor, "screening:view"):
        return Step(_("Look at the screening"), reverse("patients:screening", args=[uuid]))
    if consent and not consent.is_good and may(actor, "consent:record"):
        return Step(_("Sign consent"), reverse("patients:consent", args=[uuid]))
    if not found["course"] and may(actor, "course:change"):
        return Step(_("Plan a course"), reverse("treatments:course", args=[uuid]))
    if found["next"] and local_date(found["next"].starts_at, patient.site.zone) == today and may(actor, "session:draft"):
        return Step(_("Open a session"), reverse("treatments:open_session", args=[uuid]), post=True)
    if not found["next"] and found.get("through") and may(actor, "course:change"):
        return Step(_("Decide how to go on"), reverse("treatments:course", args=[uuid]))
    if not found["next"] and may(actor, "appointment:book"):
        return Step(_("Book"), reverse("appointments:book", args=[uuid]))
    return None


def _record_to_finish(found: dict[str, Any], actor: Actor) -> TreatmentSession | None:
    """The newest record that the actor may go on with or sign. One that has ended is signed by its author alone (SECURITY, “author only”), or by who took that over (0046)."""
    records: list[TreatmentSession] = found.get("unfinished", [])
    for record in records:
        if record not in found["others_sign"] and may(actor, "session:sign" if record.state == SessionState.ENDED else "session:draft"):
            return record
    return None

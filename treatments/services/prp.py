"""Platelet-rich plasma: planned, drawn, the tube checked by two people, used (S19; E43–E45)."""

from datetime import datetime
from decimal import Decimal

import pghistory

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from patients import selectors as people
from treatments import selectors
from treatments.models import PrpUse, TreatmentSession, TubeCheck
from treatments.services.drafts import check_taken_over
from treatments.services.errors import NotOpen
from treatments.vocabulary import CheckHow, SessionState


class PrpRefused(Refused):
    """PRP is not possible for this patient today, or not at this step."""


class TubeNotChecked(Refused):
    """Two people must have said that the tube is this patient's, after it was drawn."""


def _locked(record: TreatmentSession) -> TreatmentSession:
    locked = TreatmentSession.objects.select_for_update(of=("self",)).select_related("site", "patient").get(pk=record.pk)
    if locked.state == SessionState.SIGNED or hasattr(locked, "entered_in_error"):
        raise NotOpen("This record is closed.")
    check_taken_over(locked)
    return locked


def plan_prp(*, record: TreatmentSession, by: Actor, at: datetime) -> PrpUse:
    """PRP is meant to be part of this session. Raises PrpRefused when E43–E45 or the consent say no."""
    with audit.write(by=by, action="prp.plan"):
        locked = _locked(record)
        _allowed(locked, at)
        row, made = PrpUse.objects.get_or_create(session=locked, defaults={"planned_at": at, "planned_by": by.name[:160]})
        if not made and row.given_up_at and not row.used_at:
            row.given_up_at, row.given_up_reason = None, ""
            row.save(update_fields=["given_up_at", "given_up_reason"])
    return row


def _allowed(record: TreatmentSession, at: datetime) -> None:
    worst, triggers = selectors.prp.eligibility(record.patient, record.site.today(at))
    if worst not in ("CLEAR", "CAUTION"):
        rules = ", ".join(sorted({t["rule"] for t in triggers if t["class"] == worst})) or worst
        raise PrpRefused(f"PRP is not possible today: {rules} is {worst}.")
    consent = people.session_consent(record.patient)
    if consent is None or not consent["signed"] or "prp" not in consent["procedures"]:
        raise PrpRefused("The consent that is in force does not cover PRP (S03).")


def _row(record: TreatmentSession) -> PrpUse:
    row = PrpUse.objects.select_for_update().filter(session=record).first()
    if row is None or row.given_up_at:
        raise PrpRefused("PRP is not planned in this session.")
    return row


def draw_prp(*, record: TreatmentSession, drawn_at: datetime, tube_label: str, by: Actor, at: datetime) -> PrpUse:
    """Blood was drawn. Another draw makes the checks noted before it void, whatever time is typed for it. Raises PrpRefused."""
    with audit.write(by=by, action="prp.draw"):
        locked = _locked(record)
        row = _row(locked)
        if row.used_at:
            raise PrpRefused("It was used already.")
        if drawn_at > at:
            raise PrpRefused("The time lies in the future.", field="drawn_at")
        # kept in the history of the row: the typed time and the label may be the same for two tubes, the order of notes is not
        newest = locked.tube_checks.order_by("-pk").values_list("pk", flat=True).first()
        pghistory.context(**{selectors.prp.CHECKS_BEFORE: newest or 0})
        if row.drawn_at is not None:  # the tube before is put away first, or a draw with the same time and label would leave no history
            row.drawn_at = None
            row.save(update_fields=["drawn_at"])
        row.drawn_at, row.tube_label = drawn_at, tube_label[:60]
        row.save(update_fields=["drawn_at", "tube_label"])
    return row


def check_tube(*, record: TreatmentSession, staff: Staff, matches: bool, how: CheckHow, by: Actor, at: datetime) -> TubeCheck:
    """One person's word about the label on the tube. Each person's newest word counts."""
    with audit.write(by=by, action="prp.check"):
        locked = _locked(record)
        row = _row(locked)
        if row.drawn_at is None:
            raise PrpRefused("Note first when the blood was drawn.")
        if row.used_at:
            raise PrpRefused("It was used already.")
        return TubeCheck.objects.create(
            session=locked, by=staff, name=staff.display_name, matches=matches, tube_label=row.tube_label, how=how, at=at
        )


def use_prp(*, record: TreatmentSession, used_at: datetime, volume_ml: Decimal, by: Actor, at: datetime) -> PrpUse:
    """It is put on this patient. Raises TubeNotChecked, PrpRefused."""
    with audit.write(by=by, action="prp.use"):
        locked = _locked(record)
        row = _row(locked)
        _allowed(locked, at)
        if locked.started_at is None:
            raise PrpRefused("Start the session first.")
        checks = selectors.prp.checks_that_count(locked, row)
        if any(not check.matches for check in checks):
            raise TubeNotChecked("Somebody said that the label is not this patient's. Don't use this tube.")
        if len({check.by_id for check in checks}) < 2:
            raise TubeNotChecked("Two people must check the tube before it is used.")
        if row.drawn_at is None or used_at < row.drawn_at or used_at > at:
            raise PrpRefused("The time of use lies before the draw, or in the future.", field="used_at")
        row.used_at, row.volume_ml = used_at, volume_ml
        row.save(update_fields=["used_at", "volume_ml"])
    return row


def give_up_prp(*, record: TreatmentSession, reason: str, by: Actor, at: datetime) -> PrpUse:
    """It was not used: not enough plasma, the tube thrown away, the patient changed their mind."""
    with audit.write(by=by, action="prp.give_up", reason=reason):
        row = _row(_locked(record))
        if row.used_at:
            raise PrpRefused("It was used already.")
        row.given_up_at, row.given_up_reason = at, reason[:200]
        row.save(update_fields=["given_up_at", "given_up_reason"])
    return row

"""S01–S04, S10–S12, S20: may this session start at all?"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from clinic.models import Staff
from clinic.roles import OperatorRole
from patients import services as people
from patients.models import Consent, ConsentText, Intake, Rescreen
from tests.journeys.session_rules.model import BY, Case, Step, judging
from tests.journeys.session_rules.sessions import (
    after,
    baseline_of,
    course_of,
    draft,
    first_session,
    first_with_baseline,
    gap,
    numbered,
)
from tests.treatments.make import DAY
from treatments.models import (
    AdverseEvent,
    TreatmentSession,
)


def operator_with(**values: Any) -> Callable[[TreatmentSession], object]:
    """The operator's row says otherwise."""
    return lambda record: Staff.objects.filter(pk=record.operator_id).update(**values)


def answering(**answers: Any) -> Callable[[TreatmentSession], object]:
    """The patient's answers, whole."""
    return lambda record: Intake.objects.filter(patient=record.patient).update(answers={"pregnancy": "no", "fitzpatrick": "II", **answers})


def rescreened(**values: Any) -> Callable[[TreatmentSession], object]:
    """What was asked on the day says otherwise."""
    return lambda record: Rescreen.objects.filter(patient=record.patient).update(**values)


def held(record: TreatmentSession) -> object:
    """A check-in holds the session."""
    return people.place_hold(patient=record.patient, blocks=["session"], cause_kind="check_in", cause_uuid=None, reason="pus", by=BY, at=DAY)


def with_open_event(record: TreatmentSession) -> object:
    """An adverse event is open."""
    return AdverseEvent.objects.create(patient=record.patient, what="granuloma", onset_at=DAY, recorded_at=DAY, recorded_by="x")


def older_text(record: TreatmentSession) -> object:
    """What the patient signed was a wording of before the one in force."""
    old = ConsentText.objects.filter(version="0").first() or people.publish_consent_text(
        version="0", language="en", text="Earlier words.", procedures=["scalp_microneedling"], off_label=True, by=BY, at=DAY - timedelta(days=400)
    )
    return Consent.objects.filter(patient=record.patient).update(text=old)


def consent_with(**values: Any) -> Callable[[TreatmentSession], object]:
    """The signed consent says otherwise."""
    return lambda record: Consent.objects.filter(patient=record.patient).update(**values)


def without(**which: Any) -> Callable[[TreatmentSession], object]:
    """One part of the baseline is taken away again."""
    def change(record: TreatmentSession) -> object:
        rows: Any = {"view": record.patient.photos, "kind": record.patient.measurements}[next(iter(which))]
        return rows.filter(**which).update(error_at=DAY, error_reason="mistyped", error_by="x")
    return change


CASES: dict[str, Case] = {
    "S01 asked today": Case("S01", "", draft(), (
        Step(None), Step("BLOCK", change=rescreened(on=date(2026, 3, 1))), Step(None, change=rescreened(on=date(2026, 3, 2))),
        Step("BLOCK", change=rescreened(changed=True, reviewed_at=None)))),
    "S02 eligibility": Case("S02", "", draft(), (Step(None), Step("BLOCK", change=answering(pregnancy="possible")), Step(None, change=answering(smoking="yes")))),
    "S03 consent": Case("S03", "", draft(), (Step(None), Step("BLOCK", change=lambda r: Consent.objects.filter(patient=r.patient).update(withdrawn_at=DAY)))),
    "S03 an earlier wording": Case("S03", "", draft(), (Step(None), Step("BLOCK", change=older_text))),
    "S03 the off-label statement": Case("S03", "", draft(), (Step("BLOCK", change=consent_with(off_label_understood=False)), Step(None, change=consent_with(off_label_understood=True)))),
    "S03 another procedure": Case("S03", "", draft(), (Step("BLOCK", change=consent_with(procedures=["other"])), Step(None, change=consent_with(procedures=["scalp_microneedling"])))),
    "S04 no valid credential": Case("S04", "", draft(), (Step("BLOCK", change=operator_with(credential_valid=False)), Step(None, change=operator_with(credential_valid=True)))),
    "S04 role and credential": Case("S04", "", draft(), (
        Step("BLOCK", change=operator_with(operator_role=OperatorRole.AESTHETICIAN)), Step(None, change=operator_with(operator_role=OperatorRole.NURSE)),
        Step("BLOCK", change=operator_with(credential_expires_on=date(2026, 3, 1))), Step(None, change=operator_with(credential_expires_on=date(2026, 3, 2))))),
    **{f"S10 {n} days": Case("S10", "", after(n), (Step(s),)) for n, s in ((6, "BLOCK"), (7, "REASON"), (27, "REASON"), (28, None), (42, None), (43, "NOTE"), (180, "NOTE"))},
    "S10 181 days": Case("S10", "", after(181), (Step("BLOCK"), Step("NOTE", {"full_rescreen_done": True}))),
    **{f"S10 maintenance, {n} days": Case("S10", "", after(n, phase="maintenance"), (Step(s),)) for n, s in ((55, "NOTE"), (56, None), (92, None), (93, "NOTE"))},
    "S11 a hold": Case("S11", "", draft(), (Step(None), Step("BLOCK", change=held))),
    "S11 an open event": Case("S11", "", draft(), (Step(None), Step("BLOCK", change=with_open_event))),
    "S12 six sessions": Case("S12", "", numbered(6), (Step(None),)),
    "S12 seven sessions": Case("S12", "", numbered(7), (Step("REASON"),)),
    "S12 no response at the second": Case("S12", "", numbered(2), (Step(None, elsewhere=judging("no response")),)),
    "S12 no response at the third": Case("S12", "", numbered(3), (
        Step(None), Step("REASON", elsewhere=judging("no response")), Step(None, elsewhere=judging("a response is seen")), Step(None, elsewhere=judging("not judged yet")))),
    "S12 a day before month 6": Case("S12", "", course_of(date(2025, 9, 3)), (Step(None, elsewhere=judging("no response")),)),
    "S12 no response at month 6": Case("S12", "", course_of(date(2025, 9, 2)), (Step(None), Step("REASON", elsewhere=judging("no response")))),
    "S20 baseline": Case("S20", "", first_session, (Step("BLOCK"), Step("REASON", {"baseline_waiver_reason": "camera broken"}))),
    **{f"S20 without {name}": Case("S20", "", first_with_baseline, (Step(None), Step("BLOCK", change=without(**which)), Step("REASON", {"baseline_waiver_reason": "camera broken"})))
       for name, which in {"a view": {"view": "occipital"}, "a grade": {"kind": "sinclair"}, "a density": {"kind": "hair_density"}}.items()},
    "S20 180 days after the last": Case("S20", "", gap(180), (Step(None),)),
    "S20 of the consultation": Case("S20", "", first_with_baseline, (
        Step(None, change=baseline_of(DAY - timedelta(days=180))), Step("BLOCK", change=baseline_of(DAY - timedelta(days=181))))),
    "S20 181 days after the last": Case("S20", "", gap(181), (
        Step("BLOCK"), Step("REASON", {"baseline_waiver_reason": "camera broken"}), Step("BLOCK", {"baseline_waiver_reason": ""}), Step(None, change=baseline_of(DAY)))),
}  # fmt: skip

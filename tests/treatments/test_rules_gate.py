"""S01–S04, S11, S20: whether the session may start at all (docs/rules/session.md, *May it start at all*)."""

from typing import Any

import pytest

from tests.treatments.judged import GONE, STAGES, day, planned, put, said, whole

FROM_START = STAGES[1:]
ELIGIBLE = {"CLEAR": True, "CAUTION": True, "REVIEW": False, "INCOMPLETE": False, "DEFER": False, "ABSOLUTE": False}
ROLES = {
    "dermatologist": True, "physician": True, "nurse": True, "licensed_practitioner": True, "trichologist": False,
    "aesthetician": False, "other": False,
}  # fmt: skip


def blocked(rule: str, yes: bool) -> dict[str, str]:
    """That rule alone, as BLOCK."""
    return {rule: "BLOCK"} if yes else {}


class TestNothingIsWrong:
    @pytest.mark.parametrize("stage", STAGES)
    def test_with_a_whole_record(self, stage: str) -> None:
        assert said(whole(stage)) == {}

    def test_with_the_required_keys_alone_in_a_draft(self) -> None:
        assert said(planned()) == {}
        assert said(planned(stage="plan", plan="clinic")) == {}

    def test_what_is_absent_counts_from_start_on(self) -> None:
        owed = {"S01": "BLOCK", "S02": "BLOCK", "S03": "BLOCK", "S20": "BLOCK"}
        assert said(planned(stage="start")) == owed
        closing = owed | {"S18 mid_scalp": "NOTE", "S18 vertex": "NOTE", "S21": "REASON", "S25": "REASON"}
        bare = put(put(planned(), "zones[0].endpoint", GONE), "zones[1].endpoint", GONE)
        assert said(bare | {"stage": "checkout"}) == closing
        assert said(bare | {"stage": "signoff"}) == closing | {"S26": "BLOCK"}


class TestS01Screen:
    @pytest.mark.parametrize("stage", STAGES)
    @pytest.mark.parametrize(
        ("changes", "in_a_draft", "from_start"),
        [
            pytest.param({"sameDayScreenDone": False}, True, True, id="not done"),
            pytest.param({"sameDayScreenDone": GONE}, False, True, id="not said"),
            pytest.param({"sameDayScreenDone": GONE, "screenDate": GONE}, False, True, id="nothing said"),
            pytest.param({"sameDayScreenDone": GONE, "screenDate": day(1)}, True, True, id="not said, of yesterday"),
            pytest.param({"screenDate": GONE}, False, False, id="done without a date"),
            pytest.param({"screenDate": day(0)}, False, False, id="of the day"),
            pytest.param({"screenDate": day(1)}, True, True, id="of the day before"),
            pytest.param({"screenDate": day(-1)}, True, True, id="of the day after"),
            pytest.param({"screenChangeUnreviewed": True}, True, True, id="a change was not looked at"),
            pytest.param({"screenChangeUnreviewed": GONE}, False, False, id="no change is the default"),
        ],
    )
    def test_same_day(self, stage: str, changes: dict[str, Any], in_a_draft: bool, from_start: bool) -> None:
        assert said(whole(stage, **changes)) == blocked("S01", in_a_draft if stage == "plan" else from_start)


class TestS02Eligibility:
    @pytest.mark.parametrize("stage", STAGES)
    @pytest.mark.parametrize(("overall", "good"), ELIGIBLE.items())
    def test_clear_or_caution(self, stage: str, overall: str, good: bool) -> None:
        assert said(whole(stage, eligibility=overall)) == blocked("S02", not good)

    @pytest.mark.parametrize("stage", STAGES)
    def test_absent_counts_from_start(self, stage: str) -> None:
        assert said(whole(stage, eligibility=GONE)) == blocked("S02", stage != "plan")


class TestS03Consent:
    @pytest.mark.parametrize("stage", STAGES)
    @pytest.mark.parametrize(
        ("changes", "bad"),
        [
            pytest.param({"consent.signed": False}, True, id="unsigned"),
            pytest.param({"consent.version": "2"}, True, id="older"),
            pytest.param({"consent.currentVersion": "3a"}, True, id="a newer one in force"),
            pytest.param({"consent.version": " 3 "}, True, id="versions are not among the texts that are trimmed before they are compared"),
            pytest.param({"consent.procedures": ["prp"]}, True, id="not for needling"),
            pytest.param({"consent.procedures": []}, True, id="for nothing"),
            pytest.param({"consent.procedures": ["other"]}, True, id="for something else"),
            pytest.param({"consent.procedures": ["scalp_microneedling"]}, True, id="not for the prp"),
            pytest.param({"consent.procedures": ["scalp_microneedling"], "prp": GONE}, False, id="no prp"),
            pytest.param({"consent.procedures": ["prp", "prp", "scalp_microneedling"]}, False, id="said twice"),
            pytest.param({"consent.offLabelStatement": False}, True, id="no off-label statement"),
        ],
    )
    def test_covers_what_is_done(self, stage: str, changes: dict[str, Any], bad: bool) -> None:
        assert said(whole(stage, **changes)) == blocked("S03", bad)

    @pytest.mark.parametrize("stage", STAGES)
    def test_absent_counts_from_start(self, stage: str) -> None:
        assert said(whole(stage, consent=GONE)) == blocked("S03", stage != "plan")


class TestS04Operator:
    @pytest.mark.parametrize(("role", "good"), ROLES.items())
    def test_roles(self, role: str, good: bool) -> None:
        assert said(planned(**{"operator.role": role})) == blocked("S04", not good)

    @pytest.mark.parametrize(
        ("changes", "bad"),
        [
            pytest.param({"operator.credentialValid": False}, True, id="not valid"),
            pytest.param({"operator.credentialExpires": day(0)}, False, id="through the printed day"),
            pytest.param({"operator.credentialExpires": day(1)}, True, id="expired yesterday"),
            pytest.param({"operator.credentialExpires": day(-1)}, False, id="tomorrow"),
            pytest.param({"operator.credentialExpires": GONE}, False, id="no date"),
            pytest.param(
                {"operator.credentialValid": False, "operator.credentialExpires": day(-9)}, True, id="not valid, dated"
            ),
        ],
    )
    @pytest.mark.parametrize("stage", STAGES)
    def test_credential(self, stage: str, changes: dict[str, Any], bad: bool) -> None:
        assert said(whole(stage, **changes)) == blocked("S04", bad)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("event", [False, True, GONE])
@pytest.mark.parametrize("hold", [False, True, GONE])
def test_s11_a_hold_needs_a_named_clinician(stage: str, event: Any, hold: Any) -> None:
    held = event is True or hold is True
    changes = {"openAdverseEvent": event, "holdNextSession": hold}
    assert said(whole(stage, **changes)) == {}
    assert said(whole(stage, holdReleasedBy=GONE, **changes)) == blocked("S11", held)


FAULTS = [
    *({"baseline.photoViews": [view for view in whole()["baseline"]["photoViews"] if view != missing]}
      for missing in whole()["baseline"]["photoViews"]),
    {"baseline.photoViews": []},
    {"baseline.gradeRecorded": False},
    {"baseline.densitySiteRecorded": False},
]  # fmt: skip


class TestS20Baseline:
    @pytest.mark.parametrize("stage", STAGES)
    @pytest.mark.parametrize("fault", FAULTS, ids=str)
    def test_before_session_1(self, stage: str, fault: dict[str, Any]) -> None:
        assert said(whole(stage, **fault)) == {"S20": "REASON"}
        assert said(whole(stage, **fault, **{"baseline.waiverReason": GONE})) == {"S20": "BLOCK"}

    @pytest.mark.parametrize("stage", STAGES)
    def test_absent_counts_from_start(self, stage: str) -> None:
        assert said(whole(stage, baseline=GONE)) == blocked("S20", stage != "plan")

    @pytest.mark.parametrize(
        ("phase", "number", "days", "due"),
        [
            ("initial", 1, None, True),
            ("initial", GONE, None, True),
            (GONE, GONE, 28, True),
            (GONE, 1, 28, True),
            ("initial", 2, 28, False),
            ("initial", 2, None, False),
            ("maintenance", 1, 60, False),
            ("maintenance", 1, None, False),
            ("initial", 2, 180, False),
            ("initial", 2, 181, True),
            ("maintenance", 1, 180, False),
            ("maintenance", 9, 181, True),
        ],
    )
    def test_when_it_is_due(self, phase: Any, number: Any, days: int | None, due: bool) -> None:
        last = GONE if days is None else day(days)
        changes = {"phase": phase, "sessionNumber": number, "lastSessionDate": last, "fullRescreenDone": True}
        found = said(whole(baseline=GONE, **changes))
        assert found.get("S20") == ("BLOCK" if due else None)
        found = said(whole(**changes, **{"baseline.gradeRecorded": False}))
        assert found.get("S20") == ("REASON" if due else None)

    def test_repeated_views_are_accepted(self) -> None:
        assert said(whole(**{"baseline.photoViews[6]": "vertex"})) == {}

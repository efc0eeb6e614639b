"""The session rules in words: complete, with sources, proposed defaults said to be that, in the clinic's own numbers."""

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.treatments.judged import planned, whole
from treatments.rules import DEFAULT, RULES, SessionPolicy, findings_for, session, texts_for
from treatments.rules.policy import policy_from

RULE_IDS = [f"S{number:02d}" for number in range(1, 27)]
# Rows marked `P`, the allowed roles (S04) and the zone limits (S08): defaults that a clinician must confirm.
PROPOSED = {"S01", "S03", "S04", "S08", "S09", "S10", "S13", "S17", "S20", "S23"}


class TestTexts:
    def test_every_rule_has_one(self) -> None:
        assert list(RULES) == RULE_IDS

    @pytest.mark.parametrize("rule", RULE_IDS)
    def test_each_says_all_and_leaves_no_gap(self, rule: str) -> None:
        text = RULES[rule]
        parts = (text.title, text.words, text.threshold, text.source)
        assert all(parts)
        assert not [part for part in parts if "{" in part or "!" in part]
        assert text.id == rule

    @pytest.mark.parametrize("rule", RULE_IDS)
    def test_proposed_defaults_are_marked_and_said(self, rule: str) -> None:
        assert RULES[rule].proposed == (rule in PROPOSED)
        assert ("proposed default" in RULES[rule].source) == (rule in PROPOSED)

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("S07", "0.20–2.50 mm; reason above 1.50 mm; note at 1.50 and below 0.50 mm"),
            (
                "S08",
                "frontal hairline 1.00, temple left 1.00, temple right 1.00, mid scalp 1.25, vertex 1.50, "
                "occipital 1.50 mm",
            ),
            ("S09", "1.00 mm"),
            ("S10", "at least 7 days; a reason under 28; 28–42 at first, 56–92 in maintenance; re-screen after 180"),
            ("S12", "6 sessions; session 3; month 6"),
            ("S13", "24 h, read after 24 h; note to 48 h; 180 days"),
            ("S14", "24 h"),
            ("S15", "24 h; note to 72 h"),
            ("S16", "4.5 mg/kg and 600 mg in 12 h"),
            ("S17", "6 passes"),
            ("S20", "6 views; again after 180 days"),
            ("S22", "1.00 mm; 1 a week"),
            ("S23", "8 of 10"),
        ],
    )
    def test_thresholds(self, rule: str, words: str) -> None:
        assert RULES[rule].threshold == words

    @pytest.mark.parametrize("rule", RULE_IDS)
    def test_nobody_is_told_that_it_is_approved_for_hair_loss(self, rule: str) -> None:
        assert "FDA" not in RULES[rule].words


class TestAClinicsOwnNumbers:
    @pytest.mark.parametrize("number", [row.name for row in fields(SessionPolicy) if row.name not in ("dark_skin", "words", "version") and not row.name.startswith("photo_")])
    def test_each_number_is_shown_somewhere(self, number: str) -> None:
        value = getattr(DEFAULT, number)
        others: dict[str, Any] = {
            "zone_limits": {"vertex": 90},
            "allowed_roles": ("nurse",), "required_views": ("vertex",),
        }  # fmt: skip
        own = texts_for(replace(DEFAULT, **{number: others.get(number) or value + 24}))
        assert own != RULES

    def test_findings_speak_in_them(self) -> None:
        own = replace(DEFAULT, passes_reason_above=3)
        result = session(planned(**{"zones[0].passes": 4}), own)
        [finding] = findings_for(result, own)
        assert finding.words == "Passes: More than 3 passes over one zone."
        assert "6" not in finding.words


class TestFindings:
    def test_one_a_result_with_words_source_and_subject(self) -> None:
        result = session(whole(products=[{"kind": "aha", "id": "Peel", "lot": "1"}], **{"zones[0].passes": 7}))
        found = findings_for(result)
        assert [(f.rule, f.severity, f.subject) for f in found] == [
            ("S14", "BLOCK_PRODUCT", "Peel"), ("S17", "REASON", "vertex"),
        ]  # fmt: skip
        for finding in found:
            text = RULES[finding.rule]
            assert finding.words == f"{text.title}: {text.words}"
            assert (finding.source, finding.proposed) == (text.source, text.proposed)

    def test_a_home_plan_within_its_limits_is_not_told_what_would_be_wrong(self) -> None:
        home = {"lengthMm": 0.5, "perWeek": 1, "professionalApproval": True}
        given = {"plan": "home_device", "sessionStart": "2026-03-02T10:00:00Z", "home": home}
        [noted] = findings_for(session(given), policy_from({"home_most_depth": 75}))
        assert (noted.severity, noted.words) == ("NOTE", "Home plan: Within 0.75 mm and 1 a week, approved by name. A home plan is always noted.")
        [stopped] = findings_for(session(given | {"home": home | {"perWeek": 2}}))
        assert (stopped.severity, stopped.words) == ("BLOCK", f"Home plan: {RULES['S22'].words}")

    def test_without_a_subject(self) -> None:
        [finding] = findings_for(session(whole(painReadings=[8])))
        assert (finding.rule, finding.subject, finding.proposed) == ("S23", "", True)

    def test_errors_have_none(self) -> None:
        assert findings_for(session({})) == []

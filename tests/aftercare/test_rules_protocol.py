"""Words of the clinic: a closed list of names, substituted once (R34). Steps: for whom, and what a version still lacks."""

from dataclasses import replace

import pytest

from aftercare.rules.protocol import RED_FLAGS, Condition, Problem, StepFacts, Treatment, applies, problems
from aftercare.rules.wording import PLACEHOLDERS, fill, has_address, has_claim, paragraphs, unknown_names


class TestNames:
    """`{name}`: known ones are replaced, nothing else happens."""

    @pytest.mark.parametrize("name", PLACEHOLDERS)
    def test_each_known_name_is_accepted_and_filled(self, name: str) -> None:
        assert unknown_names(f"a {{{name}}} b") == []
        assert fill(f"a {{{name}}} b", {name: "X"}) == "a X b"

    @pytest.mark.parametrize(
        ("text", "unknown"),
        [
            ("{fist_name}", ["fist_name"]), ("{}", [""]), ("{ first_name }", [" first_name "]), ("{first_name.pk}", ["first_name.pk"]),
            ("{0}", ["0"]), ("{first_name!r}", ["first_name!r"]), ("{{ first_name }}", [" first_name ", "{", "}"]),
            ("{% load x %}", ["% load x %"]), ("a { b", ["{"]), ("a } b", ["}"]), ("{a} {a} {b}", ["a", "b"]), ("none", []),
        ],
    )  # fmt: skip
    def test_anything_else_in_braces_is_unknown(self, text: str, unknown: list[str]) -> None:
        assert unknown_names(text) == unknown

    def test_a_value_with_braces_is_not_read_again(self) -> None:
        assert fill("{first_name}", {"first_name": "{phone}", "phone": "1"}) == "{phone}"

    def test_an_unknown_name_stays_as_it_is(self) -> None:
        assert fill("{x} {phone}", {"phone": "1"}) == "{x} 1"

    @pytest.mark.parametrize("text", ["see https://x.example", "www.x.example", "Write to me@x.example", "HTTP://X.example"])
    def test_addresses_are_seen(self, text: str) -> None:
        assert has_address(text)

    def test_a_sentence_is_no_address(self) -> None:
        assert not has_address("Call us at 020 7946 0123. We are open from 9.")

    @pytest.mark.parametrize("text", ["approved for hair loss", "FDA-approved to treat thinning hair", "aprobado para la caída del cabello"])
    def test_the_claim_that_is_never_printed_is_seen(self, text: str) -> None:
        assert has_claim(text)

    def test_blank_lines_part_paragraphs(self) -> None:
        assert paragraphs(" a\r\nb\r\n\r\n\r\nc \n \n") == ["a\nb", "c"]


FIRST = Treatment("initial", 1, 4, 100, frozenset({"serum_sterile"}))


@pytest.mark.parametrize(
    ("condition", "to", "expected"),
    [
        (Condition(), FIRST, True),
        (Condition(phase="initial"), FIRST, True),
        (Condition(phase="maintenance"), FIRST, False),
        (Condition(first_session_only=True), FIRST, True),
        (Condition(first_session_only=True), replace(FIRST, number=2), False),
        (Condition(course_end_only=True), FIRST, False),
        (Condition(course_end_only=True), replace(FIRST, number=4), True),
        (Condition(course_end_only=True), replace(FIRST, number=5), True),
        (Condition(min_depth_hundredths=100), FIRST, True),
        (Condition(min_depth_hundredths=101), FIRST, False),
        (Condition(product_kinds=frozenset({"minoxidil", "serum_sterile"})), FIRST, True),
        (Condition(product_kinds=frozenset({"minoxidil"})), FIRST, False),
        (Condition(first_session_only=True, min_depth_hundredths=150), FIRST, False),
    ],
)
def test_a_step_is_for_the_sessions_that_fit_every_condition(condition: Condition, to: Treatment, expected: bool) -> None:
    assert applies(condition, to) is expected


GOOD = [
    StepFacts("instructions", "aftercare_instructions", 0, 72),
    StepFacts("check_24h", "check_in", 24, 20, questions=RED_FLAGS, reminder_hours=12, call_hours=24),
]


class TestProblems:
    """What stands against publishing."""

    def _of(self, *steps: StepFacts) -> list[Problem]:
        return problems(steps, ["en", "es"])

    def test_a_good_version_has_none(self) -> None:
        assert self._of(*GOOD) == []

    def test_instructions_must_go_at_once_to_everybody(self) -> None:
        late, some = replace(GOOD[0], hours=1), replace(GOOD[0], condition=Condition(first_session_only=True))
        for step in (late, some):
            assert self._of(step, GOOD[1]) == [Problem("", "no_instructions")]

    def test_silence_in_the_first_days_must_lead_to_a_call(self) -> None:
        assert self._of(GOOD[0], replace(GOOD[1], call_hours=None)) == [Problem("", "no_call")]

    def test_a_check_in_without_a_red_flag_question(self) -> None:
        step = replace(GOOD[1], questions=RED_FLAGS - {"Q5", "Q8"})
        assert self._of(GOOD[0], step) == [Problem("check_24h", "red_flags", "Q5, Q8")]

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"wording": {"en": "Hi {nme}", "es": "Hola"}}, "unknown_name"),
            ({"wording": {"en": "Hi", "es": ""}}, "language_missing"),
            ({"wording": {"en": "x" * 2001, "es": "x"}}, "too_long"),
            ({"wording": {"en": "www.x.example", "es": "x"}}, "address"),
            ({"wording": {"en": "approved for hair loss", "es": "x"}}, "claim"),
            ({"hours": 9601}, "too_late"),
            ({"expires_hours": 0}, "never_valid"),
            ({"questions": frozenset({"Q1"})}, "questions_without_check_in"),
            ({"purpose": "care_note"}, "nothing_to_say"),
        ],
    )
    def test_each_mistake_has_its_word(self, change: dict[str, object], what: str) -> None:
        step = replace(StepFacts("extra", "results_review", 48, 24), **change)  # type: ignore[arg-type]
        assert [(problem.step, problem.what) for problem in self._of(*GOOD, step)] == [("extra", what)]

    def test_a_call_comes_after_its_reminder(self) -> None:
        assert self._of(GOOD[0], replace(GOOD[1], call_hours=12)) == [Problem("check_24h", "call_before_reminder")]

    @pytest.mark.parametrize(("call", "expires", "closes"), [(167, 20, None), (168, 20, "168"), (200, 20, "168"), (200, 240, None), (240, 240, "240")])
    def test_a_call_comes_while_the_questions_are_open(self, call: int, expires: int, closes: str | None) -> None:
        """The reminder says that somebody phones: after the questions have closed nobody does."""
        found = self._of(*GOOD, replace(GOOD[1], code="later", hours=600, call_hours=call, expires_hours=expires))
        assert found == ([Problem("later", "call_too_late", closes)] if closes else [])

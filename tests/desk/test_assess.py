"""`manage.py assess`: one case or a list of cases from standard input, judged without a database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.assessment import assess
from tests.patients.screened import asked

ROOT = Path(__file__).parents[2]
GOOD: dict[str, Any] = {"type": "eligibility", "input": asked({})}
CLEAR = {"overall": "CLEAR", "triggers": []}
CHECKIN = {
    "type": "checkin",
    "input": {"sessionEnd": "2026-03-02T10:00Z", "answeredAt": "2026-03-02T12:00Z", "answers": {"redness": 1}},
}


def told(value: Any) -> Any:
    """What is printed for a value."""
    return assess(json.dumps(value).encode()).output


def paths(output: Any) -> list[str]:
    """Paths of an error object."""
    assert set(output) == {"errors"}
    return sorted(error["path"] for error in output["errors"])


def run(text: bytes, **environment: str) -> tuple[int, str, str]:
    """The command itself in a process of its own, with no database to reach."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "BROKER_", "CACHE_"))
    }
    clean |= {"DATABASE_HOST": "/nowhere", "DATABASE_PORT": "1"} | environment
    done = subprocess.run(
        [sys.executable, "manage.py", "assess"],
        input=text,
        capture_output=True,
        cwd=ROOT,
        env=clean,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class TestTheCommand:
    def test_prints_the_result_of_one_case(self) -> None:
        code, out, err = run(json.dumps(GOOD).encode())
        assert (code, json.loads(out), err) == (0, CLEAR, "")

    def test_prints_a_list_in_the_order_of_the_cases_and_ends_with_2_for_one_bad_case(self) -> None:
        code, out, err = run(json.dumps([CHECKIN, {"type": "session", "input": {}}, GOOD]).encode())
        first, second, third = json.loads(out)
        assert first["triage"] == "REASSURE"
        assert "sessionStart" in paths(second)
        assert third == CLEAR
        assert (code, err) == (2, "")

    @pytest.mark.parametrize(
        "text", [b"", b"{", b"\xff\xfe{}", pytest.param(b"[" * 5000, id="deep"), b'{"type": "eligibility" "input": {}}']
    )
    def test_answers_malformed_json_without_a_traceback(self, text: bytes) -> None:
        code, out, err = run(text)
        assert (code, paths(json.loads(out)), err) == (2, [""], "")


class TestACase:
    def test_needs_type_and_input(self) -> None:
        assert paths(told({})) == ["input", "type"]

    @pytest.mark.parametrize("name", ["Eligibility", "", None, 1, ["eligibility"], {}])
    def test_has_a_known_type(self, name: Any) -> None:
        assert paths(told({"type": name, "input": {}})) == ["type"]

    def test_has_no_other_keys(self) -> None:
        assert paths(told(GOOD | {"id": "V001", "expected": CLEAR})) == ["expected", "id"]

    @pytest.mark.parametrize("value", [None, 1, "x", True])
    def test_is_an_object(self, value: Any) -> None:
        assert paths(told(value)) == [""]
        [in_a_list, good] = told([value, GOOD])
        assert paths(in_a_list) == [""]
        assert good == CLEAR

    def test_a_list_of_none_is_an_empty_list(self) -> None:
        assert assess(b"[]").output == []
        assert not assess(b"[]").bad

    def test_a_list_inside_a_list_is_no_case(self) -> None:
        assert paths(told([[GOOD]])[0]) == [""]

    @pytest.mark.parametrize("kind", ["eligibility", "session", "checkin"])
    def test_paths_start_at_the_input(self, kind: str) -> None:
        assert paths(told({"type": kind, "input": []})) == [""]
        assert "input.x" not in paths(told({"type": kind, "input": {"x": 1}}))
        assert "x" in paths(told({"type": kind, "input": {"x": 1}}))


class TestJsonItself:
    @pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", pytest.param("9" * 5000, id="long")])
    def test_numbers_that_are_none_are_named_by_their_path(self, literal: str) -> None:
        text = json.dumps({"type": "eligibility", "input": asked({"temp_today_c": "?"})}).replace('"?"', literal)
        answer = assess(text.encode())
        assert (paths(answer.output), answer.bad) == (["answers.temp_today_c"], True)

    @pytest.mark.parametrize("literal", ["NaN", "Infinity"])
    def test_they_are_no_case_either(self, literal: str) -> None:
        assert paths(assess(literal.encode()).output) == [""]
        assert paths(assess(f'{{"type": "session", "input": {literal}}}'.encode()).output) == [""]

    def test_a_repeated_key_is_named_beside_the_other_errors(self) -> None:
        text = json.dumps(GOOD | {"input": asked({"keloyd": 1, "smoking": "yes"})})
        text = text.replace('"smoking": "yes"', '"smoking": "yes", "smoking": "no"')
        assert paths(assess(text.encode()).output) == ["answers.keloyd", "answers.smoking"]

    def test_a_repeated_key_inside_a_list_entry(self) -> None:
        text = json.dumps(GOOD | {"input": asked({"allergies": [{"substance": "latex"}, {"substance": "other"}]})})
        text = text.replace('{"substance": "other"}', '{"substance": "other", "substance": "other"}')
        assert paths(assess(text.encode()).output) == ["answers.allergies[1].substance"]

    def test_a_repeated_key_of_the_case(self) -> None:
        text = b'{"type": "checkin", "type": "checkin", "input": {}, "input": {}}'
        assert paths(assess(text).output) == ["input", "type"]

    def test_a_byte_order_mark_is_passed_over(self) -> None:
        assert assess(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()).output == CLEAR

    def test_half_a_surrogate_pair_can_be_printed(self) -> None:
        answer = assess(b'{"type": "eligibility", "input": {"\\ud800": "\\udfff"}}')
        assert json.loads(json.dumps(answer.output)) == answer.output

    def test_deep_nesting_inside_the_input(self) -> None:
        text = '{"type": "eligibility", "input": {"answers": ' + "[" * 300 + "]" * 300 + "}}"
        assert "answers" in paths(assess(text.encode()).output)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_get_an_answer(text: bytes) -> None:
    answer = assess(text)
    json.dumps(answer.output, allow_nan=False)
    assert answer.bad or answer.output == []


def test_the_rules_bring_neither_django_nor_celery() -> None:
    code = "import desk.assessment, sys; print(sorted({'django', 'celery', 'psycopg'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, timeout=60, check=True)
    assert done.stdout.decode().strip() == "[]"

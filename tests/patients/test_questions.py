"""The questions: every condition of the table is asked, in short and plain words, and short for a healthy person."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import textstat
from django.utils import translation

from patients.questions import PAGES, QUESTIONS, pages_for
from patients.questions.walk import CHANGES, is_confirmable, keys_of, missing, steps, ticked
from patients.rules.reading import ANSWER_KEYS
from patients.rules.vocabulary import QUESTIONS as VALUES
from scripts import messages

CSS = ("static/css/anagen.css", "static/css/patient.css")
# words of the trade that a person with the condition knows, and nobody else needs
TERMS = re.compile(
    r"actinic keratosis|alopecia areata|androgenetic alopecia|telogen effluvium|traction alopecia|lichen planus|scleroderma|dermatitis|psoriasis|vitiligo|isotretinoin|"
    r"roaccutane|accutane|chemotherapy|radiotherapy|prednisolone|apixaban|rivaroxaban|edoxaban|dabigatran|clopidogrel|warfarin|heparin|aspirin|ibuprofen|ginkgo|"
    r"finasteride|dutasteride|minoxidil|propylene glycol|mesotherapy|radiofrequency|botulinum toxin|hba1c|platelet|circulation|retinoid|pacemaker|keloid|inr|prp|interpreter",
    re.I,
)


def grade(text: str) -> float:
    """Flesch–Kincaid grade level (Kincaid 1975), as textstat counts it; a colon ends a sentence."""
    return float(textstat.flesch_kincaid_grade(re.sub(r"[:;]", ".", text)))


def texts() -> Iterator[str]:
    """Every sentence of the questions."""
    for page in PAGES:
        yield from (str(page.title), str(page.hint))
        for question in page.every:
            yield from (str(question.words), str(question.row), str(question.hint), *(str(words) for _value, words in question.options))
            yield from (str(text) for f in question.follow_ups for text in (f.words, f.hint))


class TestComplete:
    """RULES section 2, “Question to the patient”."""

    def test_every_question_and_detail_of_the_table_is_asked(self) -> None:
        asked = {key for page in PAGES for key in keys_of(page)}
        assert set(ANSWER_KEYS) - asked == {"consent", "platelets_10e9_l", "hb_g_dl"}  # the signature itself, and laboratory values

    def test_nothing_is_asked_that_the_rules_do_not_know(self) -> None:
        asked = {key for page in PAGES for key in keys_of(page)}
        assert {key for key in asked if not key.startswith("allergy_")} <= set(ANSWER_KEYS)

    @pytest.mark.parametrize("key", sorted(set(VALUES) - {"consent", "expectation_or_distress", "fitzpatrick"}))
    def test_each_answer_of_the_table_is_offered(self, key: str) -> None:
        assert sorted(value for value, _words in QUESTIONS[key].options) == sorted(VALUES[key])

    @pytest.mark.parametrize("sex", ["female", "other", "unknown"])
    def test_pregnancy_is_asked_of_everybody_but_men(self, sex: str) -> None:
        assert "pregnancy" in {page.name for page in pages_for(sex)} and "pregnancy" not in {page.name for page in pages_for("male")}

    def test_not_sure_is_always_possible(self) -> None:
        without = [
            question.key for page in PAGES for question in page.every
            if question.kind in {"choice", "pictures", "allergy"} and not {"unsure", "possible", "undiagnosed"} & {value for value, _words in question.options}
        ]  # fmt: skip
        assert without == ["interpreter_needed"]

    def test_every_row_has_words_and_a_way_to_say_no(self) -> None:
        for page in PAGES:
            for row in page.rows:
                assert row.row and (row.kind in {"date", "procedures", "checks"} or row.negative), row.key


class TestWalk:
    """Which screen comes when."""

    def test_a_healthy_man_passes_twelve_screens_and_a_woman_thirteen(self) -> None:
        assert [len(steps(pages_for(sex), {})) for sex in ("male", "female")] == [12, 13]

    def test_details_come_right_after_what_was_ticked(self) -> None:
        names = [step.name for step in steps(pages_for("male"), {"ticked": {"skin": ["psoriasis"]}})]
        assert names[names.index("skin") + 1] == "skin-more"

    def test_who_returns_is_asked_what_changed_and_only_that(self) -> None:
        kept = [page.name for page in pages_for("male") if not page.always]
        extras = {"since": {"intake": "x", "on": "2026-03-03", "confirmed": kept}}
        assert [step.name for step in steps(pages_for("male"), extras)] == [CHANGES, "today", "blood", "treatments"]

    def test_a_page_that_the_earlier_answers_do_not_cover_is_asked(self) -> None:
        skin = next(page for page in PAGES if page.name == "skin")
        whole = {row.key: "never" for row in skin.rows}
        assert is_confirmable(skin, whole) and not is_confirmable(skin, {**whole, "eczema": None})
        assert not is_confirmable(next(page for page in PAGES if page.always), {key: "no" for key in QUESTIONS})

    def test_what_is_missing_keeps_its_order(self) -> None:
        walk = steps(pages_for("male"), {})
        assert [step.name for step in missing(walk, ["today", "skin"])][:2] == ["about", "hair"]
        assert ticked(walk[1].page, {"ticked": {"today": ["scalp_wound", "unsure"]}})[0].key == "scalp_wound"  # type: ignore[arg-type]


class TestWords:
    """Reading age about 11: school grade 6."""

    def test_the_questions_together_read_at_grade_five_or_below(self) -> None:
        with translation.override("en"):
            whole = ". ".join(TERMS.sub("it", text).rstrip(".?") for text in texts() if text)
        assert grade(whole) <= 5.0, grade(whole)

    def test_no_single_sentence_reads_above_grade_ten(self) -> None:
        with translation.override("en"):
            hard = {text: round(found, 1) for text in texts() if len(text.split()) >= 5 and (found := grade(TERMS.sub("it", text))) > 10}
        assert hard == {}

    def test_the_measure_tells_hard_from_easy(self) -> None:
        assert grade("Do you smoke or vape?") < 3
        assert grade("Notwithstanding contraindications, periprocedural anticoagulation necessitates interdisciplinary consultation.") > 15

    def test_no_sentence_shouts(self) -> None:
        assert [text for text in texts() if "!" in text] == []


@pytest.mark.parametrize("sheet", CSS)
def test_each_detail_appears_with_its_answer_without_javascript(sheet: str) -> None:
    css = (messages.ROOT / sheet).read_text()
    wanted = {value for page in PAGES for question in page.every for f in question.follow_ups for value in f.when}
    assert {value for value in wanted if f'input[value="{value}"]:checked) > .follow-up--{value}' not in css} == set()


def test_each_picture_is_there_and_its_folder_says_who_confirms() -> None:
    folder = Path(messages.ROOT / "static" / "img" / "choices")
    for page in PAGES:
        for question in page.questions:
            if question.kind == "pictures":
                assert all((folder / f"{question.key}-{value}.svg").exists() for value, _words in question.options if value != "unsure")
    assert "clinician to confirm" in (folder / "README.md").read_text()

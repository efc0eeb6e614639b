"""What patients read asks for no more than eleven years of age, about school grade 6: every page and mail, measured with textstat.

English: Flesch–Kincaid grade (Kincaid 1975). Spanish: Fernández-Huerta (1959), where 70 to 80 is “fairly easy” and 80 to 90 “easy”.
Only sentences count, not labels of three words; names of illnesses and medicines that a person with them knows are left out.
"""

import re
from collections.abc import Callable, Iterator
from statistics import mean

import pytest
import textstat

from clinic.models import Site, Staff
from desk.demo import cast
from tests.house.spoken import walked
from tests.patients.test_questions import TERMS

pytestmark = [pytest.mark.house, pytest.mark.django_db]
FEWEST = 20  # words: below it the measure says nothing
NAMES = "Riverside Dermatology|Harley site|Ana Ruiz|Dr Amara Osei|Olivia|Marsh|1 Riverside|The serum_sterile|The minoxidil|microneedling|microagujas|cuero cabelludo"
SPANISH_TERMS = (
    r"queratosis actínica|alopecia \w+|efluvio telógeno|liquen plano|esclerodermia|dermatitis|psoriasis|vitíligo|isotretinoína|roaccutane|accutane|quimioterapia|radioterapia|prednisolona|"
    r"apixab[aá]n|rivaroxab[aá]n|edoxab[aá]n|dabigatr[aá]n|clopidogrel|warfarina|heparina|aspirina|ibuprofeno|ginkgo|finasterida|dutasterida|minoxidil|propilenglicol|mesoterapia|radiofrecuencia|"
    r"toxina botulínica|hba1c|plaquetas?|circulación|retinoides?|marcapasos|queloides?|inr|prp|intérprete|anticoagulantes?|corticoides"
)
_WORD = re.compile(r"[^\W\d_]+")


@pytest.fixture
def speaks() -> Iterator[Callable[[str], None]]:
    """textstat keeps its language for the whole process: it goes back."""
    yield textstat.set_lang
    textstat.set_lang("en_US")


def sentences(said: list[str], terms: str) -> str:
    """The sentences of a page: addresses, figures, names and terms gone; lists and labels end like sentences."""
    runs = []
    for text in said:
        kept = re.sub(r"\S+@\S+|https?://\S+|⟦.*?⟧", " ", text)
        kept = re.sub(r"\d[\d:.,/ ]*", " ", re.sub(terms, "it", kept, flags=re.I)).strip()
        if len(_WORD.findall(kept)) >= 4:
            runs.append(kept if kept[-1] in ".?!:" else f"{kept}.")
    return " ".join(" ".join(runs).replace(":", ".").split())


def measured(language: str, site: Site, amara: Staff, terms: str, measure: Callable[[str], float]) -> dict[str, float]:
    """Each page and mail with enough sentences to say something; subject lines are no text of their own."""
    pages = {words.where: sentences(words.said, f"{terms}|{NAMES}") for words in walked(language, site, amara) if not words.where.endswith(" subject")}
    return {where: measure(text) for where, text in pages.items() if len(_WORD.findall(text)) >= FEWEST}


def test_every_english_page_and_mail_reads_at_grade_six(site: Site, amara: Staff, speaks: Callable[[str], None]) -> None:
    speaks("en_US")
    found = measured("en", site, amara, TERMS.pattern, textstat.flesch_kincaid_grade)
    assert len(found) > 200
    assert {where: round(grade, 1) for where, grade in found.items() if grade > 6.0} == {}
    assert mean(found.values()) < 3.5


def test_no_english_sentence_asks_for_a_college(site: Site, amara: Staff, speaks: Callable[[str], None]) -> None:
    speaks("en_US")
    said = {text for words in walked("en", site, amara) for run in words.said for text in re.split(r"(?<=[.?!:;]) ", sentences([run], f"{TERMS.pattern}|{NAMES}"))}
    assert {text: grade for text in said if len(_WORD.findall(text)) >= 5 and (grade := textstat.flesch_kincaid_grade(text)) > 11.5} == {}


def test_every_spanish_page_and_mail_is_easy(site: Site, amara: Staff, speaks: Callable[[str], None]) -> None:
    speaks("es")
    found = measured("es", site, amara, SPANISH_TERMS, textstat.fernandez_huerta)
    assert len(found) > 200
    assert {where: round(ease, 1) for where, ease in found.items() if ease < 70.0} == {}
    assert mean(found.values()) > 85


@pytest.mark.parametrize(("language", "text"), [("en", cast.CONSENT), ("es", cast.CONSENT_ES)])
def test_the_consent_text_of_the_demo_is_as_plain(language: str, text: str, speaks: Callable[[str], None]) -> None:
    speaks(language)
    plain = sentences(text.splitlines(), NAMES)
    assert textstat.flesch_kincaid_grade(plain) <= 6.0 if language == "en" else textstat.fernandez_huerta(plain) >= 70.0


def test_the_measure_tells_hard_from_easy(speaks: Callable[[str], None]) -> None:
    speaks("en_US")
    assert textstat.flesch_kincaid_grade(sentences(["Wash your hair from Wed 14:30."], NAMES)) < 3
    assert textstat.flesch_kincaid_grade("Notwithstanding contraindications, periprocedural anticoagulation necessitates interdisciplinary consultation.") > 15
    assert sentences(["Not sure", "Call us: 020 7946 0100, or write to a@b.example"], NAMES) == "Call us. or write to."

"""J2: five minutes for a healthy patient, counted on the pages as they are served, with the consent text of the demo clinic."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from clinic import links
from clinic.audit import Actor
from clinic.models import Link, Site
from desk.demo import cast
from patients import services
from patients.services import PersonData
from tests.patients import effort

BY = Actor(kind="command", name="test")
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
BORN = date(1985, 3, 27)
APART = {"date of birth", "consent", "done"}  # the consent text is the clinic’s own, and must be read whole


def measured(site: Site, sex: str, language: str) -> effort.Effort:
    """A new patient of this sex, in this language."""
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        for code, text in (("en", cast.CONSENT), ("es", cast.CONSENT_ES)):
            services.publish_consent_text(version="1", language=code, text=text, procedures=["scalp_microneedling"], off_label=True, by=BY, at=NOW)
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=BORN, sex=sex, email="ana@patients.example", language=language)
        patient = services.register_patient(data=data, site=site, by=BY, at=NOW)
        path = "/l/" + links.mint_token(Link.objects.get(patient_uuid=patient.uuid), at=NOW) + "/"
        return effort.of_a_healthy_patient(Client(headers={"Accept-Language": language}), path, BORN)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("sex", ["male", "female"])
def test_a_healthy_patient_needs_five_minutes(site: Site, sex: str, language: str) -> None:
    """Ceilings for the questions with their review, then for all from the mail's link to “we have your answers”."""
    whole = measured(site, sex, language)
    questions = effort.Effort({name: cost for name, cost in whole.pages.items() if name not in APART})
    more = sex == "female"
    assert (questions.screens, questions.taps) == (13 + more, 17 + 2 * more), questions.pages
    assert questions.words <= (900 if language == "en" else 990), questions.pages
    assert questions.minutes <= (5.0 if language == "en" else 5.5), questions.pages
    assert (whole.screens, whole.taps) == (16 + more, 25 + 2 * more), whole.pages
    # a quarter of a minute of it is what the consent text says of plasma: whoever signs it has read it (S03)
    assert whole.minutes <= (7.05 if language == "en" else 7.6), whole.pages


def test_the_count_sees_what_a_patient_sees() -> None:
    page = effort.Page(
        "<header>no</header><main><h1>Two words</h1><p hidden>no</p><details><summary>Three more words</summary><p>no</p></details>"
        '<div class="follow-up"><label>no <input type="radio" name="a" value="1"></label></div><button name="rows" value="none">It’s one</button></main>no'
    )
    assert page.words == ["Two", "words", "Three", "more", "words", "It’s", "one"]
    assert ("rows", "none") in page.buttons and ("a", "1") in page.controls

"""J2: the intake behind the link. What is ticked is asked about, the rest is answered with no; nothing typed is lost."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from clinic.audit import Actor
from clinic.models import Site
from patients import selectors, services
from patients.forms.intake.fields import NumberField
from patients.models import ConsentText, Intake, Patient
from patients.questions import PAGES
from patients.rules.vocabulary import QUESTIONS as VALUES
from patients.selectors import words
from patients.services import PersonData
from tests.patients.walking import phone, sign, walk

BY = Actor(kind="command", name="test")
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _frozen(db: None) -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ana(site: Site) -> Patient:
    """A new patient with a link, and a text to sign."""
    services.publish_consent_text(version="1", language="en", text="What it is.\n\nOff-label use.", procedures=["scalp_microneedling"], off_label=True, by=BY, at=NOW)
    data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male", email="ana@patients.example")
    return services.register_patient(data=data, site=site, by=BY, at=NOW)


def draft_of(patient: Patient) -> Intake:
    return Intake.objects.get(patient=patient, state="draft")


class TestHealthy:
    """Five minutes: the fewest screens, every question answered."""

    def test_passes_twelve_screens_and_every_question_has_its_answer(self, ana: Patient) -> None:
        client = phone(ana)
        assert len(walk(client)) == 12
        asked = {q.into or q.key for page in PAGES for q in page.every if q.kind in {"choice", "flag"} and not q.note and page.name != "pregnancy"}
        answers = draft_of(ana).answers
        assert asked <= set(answers) and answers["allergies"] == [] and answers["fitzpatrick"] == "II"
        assert {key: value for key, value in answers.items() if key in VALUES and value not in VALUES[key]} == {}

    def test_is_cleared_by_the_rules(self, ana: Patient) -> None:
        client = phone(ana)
        walk(client)
        assert "We have your answers" in sign(client).content.decode()
        assert selectors.eligibility_on(ana, as_of=TODAY).overall == "CLEAR"


class TestTicked:
    """Details follow, only for what was ticked."""

    def test_a_ticked_row_is_asked_about_and_the_others_are_no(self, ana: Patient) -> None:
        passed = walk(phone(ana), {"skin": {"rows": ["psoriasis"]}, "skin-more": {"psoriasis": "scalp_cleared", "psoriasis_scalp_clear_since_0": "1", "psoriasis_scalp_clear_since_1": "9",
                                                                              "psoriasis_scalp_clear_since_2": "2026"}})  # fmt: skip
        assert passed[passed.index("skin") + 1] == "skin-more"
        answers = draft_of(ana).answers
        assert (answers["psoriasis"], answers["psoriasis_scalp_clear_since"], answers["eczema"]) == ("scalp_cleared", "2026-09-01", "never")

    def test_not_sure_of_a_page_asks_each_of_its_questions(self, ana: Patient) -> None:
        unsure = {key: "unsure" for key in ("psoriasis", "eczema", "koebner_disease", "herpes", "head_skin_cancer", "keloid", "raised_scar", "post_inflammatory_marks", "poor_healing")}
        walk(phone(ana), {"skin": {"rows": ["unsure"]}, "skin-more": unsure})
        assert {draft_of(ana).answers[key] for key in unsure} == {"unsure"}

    def test_nothing_chosen_is_an_error_that_leads_to_the_first_box(self, ana: Patient) -> None:
        page = phone(ana).post("/l/intake/skin/", {})
        text = page.content.decode()
        assert page.status_code == 422 and 'href="#id_rows_0"' in text and 'id="id_rows_0"' in text and "<title>Error:" in " ".join(text.split())

    def test_none_and_something_is_refused_and_the_tick_stays(self, ana: Patient) -> None:
        page = phone(ana).post("/l/intake/skin/", {"rows": ["none", "eczema"]})
        text = page.content.decode()
        assert page.status_code == 422 and "or take them away first" in text and text.count(" checked") == 1
        assert not Intake.objects.filter(patient=ana).exclude(answers={}).exists()

    @pytest.mark.parametrize("name", ["today", "hair", "hopes"])
    def test_the_enter_key_never_answers_none(self, ana: Patient, name: str) -> None:
        page = phone(ana).get(f"/l/intake/{name}/").content.decode()
        buttons = re.findall(r"<button[^>]*type=\"submit\"[^>]*>", page.split('id="main"')[1])
        assert "name=" not in buttons[0] and 'name="rows" value="none"' in buttons[1]
        assert 'value="none" checked' not in page and 'type="hidden" name="rows"' not in page

    def test_a_page_answered_with_none_says_so_and_asks_again(self, ana: Patient) -> None:
        client = phone(ana)
        client.post("/l/intake/skin/", {"rows": ["none"]})
        assert "You answered “None of these”." in client.get("/l/intake/skin/").content.decode()
        assert client.post("/l/intake/skin/", {}).status_code == 422

    def test_a_no_on_the_next_screen_takes_the_tick_away(self, ana: Patient) -> None:
        walk(phone(ana), {"skin": {"rows": ["raised_scar"]}, "skin-more": {"raised_scar": "no"}})
        draft = draft_of(ana)
        assert draft.answers["raised_scar"] == "no" and draft.extras["ticked"]["skin"] == []

    @pytest.mark.parametrize(
        ("typed", "value"),
        [({"delivered": ("3", "9", "2026")}, "2026-09-03"), ({"unknown": True}, None)],
    )
    def test_a_date_is_given_or_said_to_be_unknown(self, ana: Patient, typed: dict[str, object], value: str | None) -> None:
        boxes = {f"scalp_dye_on_{i}": part for i, part in enumerate(typed.get("delivered", ()))}  # type: ignore[arg-type,var-annotated]
        more = boxes | ({"scalp_dye_on_unknown": "on"} if typed.get("unknown") else {})
        walk(phone(ana), {"treatments": {"rows": ["scalp_dye_on"]}, "treatments-more": more})
        assert draft_of(ana).answers["scalp_dye_on"] == value

    def test_a_missing_date_names_both_ways_out(self, ana: Patient) -> None:
        client = phone(ana)
        client.post("/l/intake/treatments/", {"rows": ["home_roller"]})
        page = client.post("/l/intake/treatments-more/", {"home_roller": "yes"})
        assert page.status_code == 422 and "or tick “I do not know the date”" in page.content.decode()
        assert 'href="#id_home_roller_last_used_on_0"' in page.content.decode()

    def test_allergies_become_the_list_of_the_rules_and_not_sure_counts_as_severe(self, ana: Patient) -> None:
        walk(phone(ana), {"allergies": {"rows": ["allergy_latex", "allergy_anaesthetic", "allergy_other"]},
                          "allergies-more": {"allergy_latex": "unsure", "allergy_anaesthetic": "severe", "allergy_anaesthetic_name": "lidocaine", "allergy_other": "no"}})  # fmt: skip
        found = {entry["substance"]: entry for entry in draft_of(ana).answers["allergies"]}
        assert found["anaesthetic"] == {"substance": "anaesthetic", "anaphylaxis": True, "name": "lidocaine"}
        assert found["latex"]["anaphylaxis"] is True and "other" not in found

    @pytest.mark.parametrize(("typed", "value"), [("38.2", 38.2), ("38,2", 38.2), ("100.8", 38.2)])
    def test_a_temperature_is_read_in_both_scales_and_with_a_comma(self, ana: Patient, typed: str, value: float) -> None:
        walk(phone(ana), {"today": {"rows": ["fever_or_unwell"]}, "today-more": {"fever_or_unwell": "yes", "temp_today_c": typed}})
        assert draft_of(ana).answers["temp_today_c"] == value

    def test_words_of_the_patient_reach_the_clinician_and_never_the_rules(self, ana: Patient) -> None:
        walk(phone(ana), {"health": {"rows": ["heart_disease"]}, "health-more": {"heart_disease": "low_bp", "heart_disease_words": "since 2019"}})
        draft = draft_of(ana)
        assert "heart_disease_words" not in draft.answers
        lines = [line for group in words.answers_in_words(draft) for line in group["lines"]]
        assert ("In the patient’s words", "since 2019") in [(str(question), answer) for question, answer in lines]


class TestNothingIsLost:
    """J2: closing the tab loses nothing."""

    def test_a_half_filled_page_comes_back_as_it_was_typed_and_counts_for_nothing(self, ana: Patient) -> None:
        client = phone(ana)
        answer = client.post("/l/intake/about/", {"preferred_name": "Nana", "then": "keep"})
        assert answer.status_code == 204
        text = phone(ana).get("/l/intake/about/").content.decode()
        assert 'value="Nana"' in text and "There is a problem" not in text
        assert draft_of(ana).pages_done == [] and draft_of(ana).answers == {}

    def test_finish_later_says_until_when_and_the_link_goes_on_there(self, ana: Patient) -> None:
        client = phone(ana)
        client.post("/l/intake/about/", {"interpreter_needed": "no"})
        page = client.post("/l/intake/today/", {"rows": ["scalp_wound"], "then": "later"}, follow=True)
        assert "It works until 8 Dec 2026" in page.content.decode()
        assert phone(ana).get("/l/intake/", follow=True).request["PATH_INFO"] == "/l/intake/today/"

    def test_a_change_from_the_review_comes_back_to_it(self, ana: Patient) -> None:
        client = phone(ana)
        walk(client)
        answer = client.post("/l/intake/sun/", {"fitzpatrick": "V", "then": "review"}, follow=True)
        assert answer.request["PATH_INFO"] == "/l/intake/review/" and "Brown skin" in answer.content.decode()

    def test_a_change_that_opens_details_asks_them_first(self, ana: Patient) -> None:
        client = phone(ana)
        walk(client)
        answer = client.post("/l/intake/skin/", {"rows": ["eczema"], "then": "review"}, follow=True)
        assert answer.request["PATH_INFO"] == "/l/intake/skin-more/"
        answer = client.post("/l/intake/skin-more/", {"eczema": "history_clear", "then": "review"}, follow=True)
        assert answer.request["PATH_INFO"] == "/l/intake/review/"

    def test_a_lost_field_never_clears_an_answer_of_another_page(self, ana: Patient) -> None:
        client = phone(ana)
        walk(client, {"health": {"rows": ["diabetes"]}, "health-more": {"diabetes": "yes", "hba1c_percent": "7,2"}})
        client.post("/l/intake/sun/", {"fitzpatrick": "I"})
        assert draft_of(ana).answers["hba1c_percent"] == 7.2

    def test_the_review_says_where_details_are_missing(self, ana: Patient) -> None:
        client = phone(ana)
        walk(client)
        client.post("/l/intake/skin/", {"rows": ["psoriasis"]})
        client.post("/l/intake/about/", {"interpreter_needed": "no"})
        page = " ".join(client.get("/l/intake/review/").content.decode().split())
        skin = page.split("Skin and scars</h2>")[1].split("</section>")[0]
        assert "Not all answered yet." in skin and "No to all 8" in skin and page.count("answered yet") == 1
        assert "Answer what is missing" in page

    def test_consent_does_not_open_before_every_screen_is_answered(self, ana: Patient) -> None:
        client = phone(ana)
        walk(client)
        client.post("/l/intake/skin/", {"rows": ["psoriasis"]})
        assert sign(client).request["PATH_INFO"] == "/l/intake/review/"
        assert Intake.objects.get(patient=ana).state == "draft"


class TestReturning:
    """“Has this changed since DATE?”; earlier answers are never shown back."""

    @pytest.fixture
    def back(self, ana: Patient) -> Client:
        """Ana, three months after she answered and somebody read it."""
        client = phone(ana)
        walk(client, {"skin": {"rows": ["psoriasis"]}, "skin-more": {"psoriasis": "active_elsewhere", "psoriasis_treatment": "SECRETWORDS"}})
        sign(client)
        services.invite_to_intake(patient=ana, by=BY, at=NOW)
        return phone(ana)

    def test_confirms_in_a_few_screens_and_the_answers_hold(self, ana: Patient, back: Client) -> None:
        assert walk(back) == ["changes", "today", "blood", "treatments"]
        sign(back)
        latest = selectors.latest_answers(ana)
        assert latest is not None and latest.answers["psoriasis"] == "active_elsewhere" and latest.answers["fitzpatrick"] == "II"
        assert latest.answers["psoriasis_treatment"] == "SECRETWORDS" and latest.extras["notes"]["hair_pattern"] == "crown"

    def test_never_shows_what_was_answered_before(self, ana: Patient, back: Client) -> None:
        seen = back.get("/l/intake/", follow=True).content.decode()
        assert "since 24 Nov 2026" in seen
        walk(back, {"changes": {"rows": ["skin"]}, "skin": {"rows": ["eczema"]}, "skin-more": {"eczema": "history_clear"}})
        for page in ("changes", "skin", "skin-more", "review"):
            seen += back.get(f"/l/intake/{page}/").content.decode()
        assert "SECRETWORDS" not in seen and "Nothing has changed since 24 Nov 2026" in seen

    def test_staff_see_what_changed(self, ana: Patient, back: Client) -> None:
        walk(back, {"changes": {"rows": ["skin"]}, "skin": {"rows": ["eczema"]}, "skin-more": {"eczema": "active_elsewhere"}})
        sign(back)
        latest = selectors.latest_answers(ana)
        assert latest is not None
        earlier = words.earlier_of(latest)
        assert earlier is not None
        changed = {str(change.question): (change.before, change.now) for change in words.changes_between(earlier, latest)}
        assert set(changed) == {"Psoriasis, anywhere", "Eczema or dermatitis"}
        assert changed["Eczema or dermatitis"] == ("I never had it", "On my body, but not on my scalp")

    def test_not_sure_asks_everything(self, back: Client) -> None:
        assert len(walk(back, {"changes": {"rows": ["unsure"]}})) == 13


class TestWishes:
    """Preferred name, pronouns, interpreter, language."""

    def test_reach_the_record_when_the_answers_are_sent(self, ana: Patient) -> None:
        client = phone(ana)
        walk(client, {"about": {"preferred_name": "Nana", "pronouns": "they", "interpreter_needed": "yes", "interpreter": "Quechua"}})
        sign(client)
        ana.refresh_from_db()
        assert (ana.preferred_name, ana.pronouns, ana.interpreter) == ("Nana", "they", "Quechua")
        assert ana in Patient.objects.filter(search_name__contains="nana")

    def test_an_interpreter_needs_a_language(self, ana: Patient) -> None:
        page = phone(ana).post("/l/intake/about/", {"interpreter_needed": "yes"})
        assert page.status_code == 422 and "Write this in a few words" in page.content.decode()

    def test_who_answers_in_spanish_is_written_to_in_spanish(self, ana: Patient) -> None:
        ConsentText.objects.get()
        client = phone(ana)
        client.post("/l/language/", {"language": "es", "next": "/l/intake/"})
        walk(client)
        sign(client)
        ana.refresh_from_db()
        latest = selectors.latest_answers(ana)
        assert latest is not None and (ana.language, latest.language) == ("es", "es")
        assert latest.wording_sha256 == words.wording_sha256("es") and words.wording_sha256("es") != words.wording_sha256("en")


@pytest.mark.parametrize(("language", "shown"), [("en-gb", "7.2"), ("es", "7,2")])
def test_a_number_is_shown_as_the_language_writes_it_and_read_with_a_point_or_a_comma(language: str, shown: str) -> None:
    with translation.override(language):
        form = forms.Form(initial={"hba1c": 7.2})
        form.fields["hba1c"] = NumberField(3, 20)
        assert f'value="{shown}"' in str(form["hba1c"])
        assert form.fields["hba1c"].clean("7,2") == form.fields["hba1c"].clean("7.2") == 7.2


@pytest.mark.django_db
def test_a_form_in_another_language_says_so_and_says_which(ana: Patient) -> None:
    client = phone(ana)
    walk(client)
    assert "in your language yet" not in client.get("/l/intake/consent/").content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    page = client.get("/l/intake/consent/").content.decode()
    assert "Todavía no tenemos este formulario en su idioma." in page and '<div class="consent-text" lang="en"' in page
    services.publish_consent_text(version="1", language="es", text="Qué es.", procedures=["scalp_microneedling"], off_label=True, by=BY, at=NOW)
    page = client.get("/l/intake/consent/").content.decode()
    assert "Todavía no tenemos" not in page and '<div class="consent-text" lang="es"' in page


class TestAfterItWasSent:
    """SETTLED 19: the link works until submitted. What comes after it is refused in words, and makes no draft."""

    @pytest.fixture
    def sent(self, ana: Patient) -> Client:
        client = phone(ana)
        walk(client)
        sign(client)
        return client

    @pytest.mark.parametrize("then", ["", "keep", "later"])
    def test_a_change_from_an_old_page_is_not_saved_and_says_so(self, sent: Client, ana: Patient, then: str) -> None:
        answer = sent.post("/l/intake/blood/", {"rows": ["blood_thinner"], "then": then})
        page = " ".join(answer.content.decode().split())
        assert answer.status_code == 409
        assert f"Your answers were sent on Tue 24 Nov, 10:00. What you changed now was not saved. Call us on {ana.site.phone} to tell us, or ask for a new link." in page
        assert f"In an emergency call {ana.site.emergency_number}." in page
        assert Intake.objects.filter(patient=ana).count() == 1

    @pytest.mark.parametrize("path", ["", "blood/", "review/", "consent/", "later/"])
    def test_its_pages_lead_to_received(self, sent: Client, path: str) -> None:
        answer = sent.get(f"/l/intake/{path}", follow=True)
        assert answer.request["PATH_INFO"] == "/l/intake/done/" and "We have your answers" in answer.content.decode()

    def test_sent_twice_is_received(self, sent: Client, ana: Patient) -> None:
        assert "We have your answers" in sign(sent).content.decode()
        assert Intake.objects.filter(patient=ana).count() == 1

    def test_sent_while_another_tab_was_saving_keeps_no_draft(self, ana: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        """The page was asked for before the link was used, and writes after it."""
        client, tab = phone(ana), phone(ana)
        walk(client)
        opened = services.open_draft

        def slower(**given: object) -> Intake:
            monkeypatch.undo()
            sign(client)
            return opened(**given)  # type: ignore[arg-type]

        monkeypatch.setattr("patients.views.intake.services.open_draft", slower)
        answer = tab.post("/l/intake/blood/", {"rows": ["blood_thinner"]})
        assert answer.status_code == 409 and "was not saved" in answer.content.decode()
        assert Intake.objects.filter(patient=ana).count() == 1

    def test_a_new_link_of_the_clinic_opens_the_questions_again(self, sent: Client, ana: Patient) -> None:
        services.invite_to_intake(patient=ana, by=BY, at=NOW)
        again = phone(ana)
        assert again.get("/l/intake/", follow=True).request["PATH_INFO"] == "/l/intake/changes/"

"""No mail, page or calendar file gives a time for minoxidil to a patient for whom it waits for a prescriber (E05, E06, E32; S14)."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from aftercare import emails, selectors, services
from aftercare.emails.compose import step_mail
from aftercare.models import Plan
from clinic.models import Site, Staff
from patients import services as people
from patients.models import Patient
from tests.aftercare.make import ENDED, TASK, make_course, make_session
from tests.aftercare.test_link_pages import _link, _open

pytestmark = pytest.mark.django_db
ASK = {"en": "Minoxidil: ask your prescriber first.", "es": "Minoxidil: pregunte primero a quien se lo recetó."}
HELD: list[dict[str, Any]] = [{"heart_disease": "heart_disease"}, {"breastfeeding": "yes"}, {"pregnancy": "possible"}]


def _plan(site: Site, amara: Staff, *, allowed_early: bool = False, language: str = "en", **answers: Any) -> Plan:
    data = people.PersonData("Ana", "Ruiz", birth_on=date(1985, 3, 27), sex="female", email="ana@patient.example", language=language)
    patient: Patient = people.register_patient(data=data, site=site, by=TASK, at=ENDED)
    Patient.objects.filter(pk=patient.pk).update(mail_mode="full")
    draft = people.open_draft(patient=patient, by=TASK, at=ENDED)
    given = {"fitzpatrick": "II", "pregnancy": "no", "hair_medicines": ["topical_minoxidil"], **answers}
    draft = people.save_intake_page(intake=draft, page="x", answers=given, drop=set(), by=TASK, at=ENDED)
    people.submit_intake(intake=draft, by=TASK, at=ENDED, today=site.today(ENDED))
    session = make_session(make_course(patient, amara), amara, ended_at=ENDED, minoxidil_early_allowed=allowed_early)
    plan = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED)
    assert plan is not None
    return Plan.objects.select_related("patient", "site__clinic", "session__site", "session__patient", "protocol").get(pk=plan.pk)


def _first_mail(plan: Plan, language: str) -> Any:
    step = plan.protocol.steps.get(code="instructions")
    return step_mail(step, plan, "https://x.example/l/…/", language=language, at=ENDED)


@pytest.mark.parametrize("answers", HELD)
@pytest.mark.parametrize("allowed_early", [False, True])
def test_the_list_has_no_time_and_says_to_ask(site: Site, amara: Staff, answers: dict[str, Any], allowed_early: bool) -> None:
    known = selectors.instructions_of(_plan(site, amara, allowed_early=allowed_early, **answers), at=ENDED)
    assert "minoxidil" not in {wait.code for wait in known.waits}
    assert known.ask_about_minoxidil and not known.minoxidil_by_prescriber


def test_who_may_use_it_reads_the_time_as_before(site: Site, amara: Staff) -> None:
    plan = _plan(site, amara)
    known = selectors.instructions_of(plan, at=ENDED)
    assert "minoxidil" in {wait.code for wait in known.waits} and not known.ask_about_minoxidil
    assert ASK["en"] not in _first_mail(plan, "en").text


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_mail_says_so_in_the_patients_language(site: Site, amara: Staff, language: str) -> None:
    plan = _plan(site, amara, language=language, heart_disease="heart_disease")
    from django.utils import translation

    with translation.override(language):
        mail = _first_mail(plan, language)
    for shown in (mail.text, mail.html):
        assert ASK[language] in shown
        assert shown.lower().count("minoxidil") == 1, "no other line names it, least of all with a time"


def test_the_page_says_so_and_the_calendar_has_no_time_of_its_own(site: Site, amara: Staff) -> None:
    plan = _plan(site, amara, heart_disease="heart_disease")
    phone = _open(_link("aftercare", plan, "plan", plan, ENDED), ENDED)
    with time_machine.travel(ENDED, tick=False):
        page = phone.get(reverse("aftercare_links:instructions")).content.decode()
    assert ASK["en"] in page and page.lower().count("minoxidil") == 1
    known = selectors.instructions_of(plan, at=ENDED)
    entries = emails.times_file(plan, known.groups, at=ENDED).count(b"BEGIN:VEVENT")
    assert entries == len({wait.until for wait in known.waits})


def test_the_clinics_own_words_give_no_time_either(site: Site, amara: Staff) -> None:
    from aftercare.selectors.wording import names_of

    plan = _plan(site, amara, heart_disease="heart_disease")
    assert names_of(plan, selectors.instructions_of(plan, at=ENDED))["minoxidil_from"] == "when your prescriber allows it, and not before"

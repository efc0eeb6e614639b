"""Which language a page speaks: the visitor's choice, the patient's, the browser's; staff always the clinic's own."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone, translation

from clinic import env, links
from clinic.audit import Actor
from clinic.models import Link, OutboxMessage, Site, Staff
from patients import services
from patients.models import Patient
from patients.services import PersonData

BY = Actor(kind="command", name="test")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BORN = date(1985, 3, 27)
ENGLISH, SPANISH = "What is your date of birth?", "¿Cuál es su fecha de nacimiento?"


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> Iterator[None]:
    """The limiter counts links per minute over all tests."""
    cache.clear()
    yield
    cache.clear()


def patient_in(site: Site, language: str) -> Patient:
    data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=BORN, email="ana@patients.example", language=language)
    return services.register_patient(data=data, site=site, by=BY, at=timezone.now())


def address(site: Site, language: str) -> str:
    """The path of a fresh intake link."""
    link = Link.objects.get(patient_uuid=patient_in(site, language).uuid)
    return "/l/" + links.mint_token(link, at=timezone.now()) + "/"


@pytest.mark.django_db
class TestTheFirstPage:
    """Offered without a login, before anything is known."""

    @pytest.mark.parametrize(("language", "words"), [("en", ENGLISH), ("es", SPANISH)])
    def test_speaks_the_patients_language_whatever_the_browser_asks_for(self, site: Site, language: str, words: str) -> None:
        answer = Client().get(address(site, language), headers={"Accept-Language": "de-DE,de;q=0.9"})
        assert words in answer.content.decode()
        assert f'<html lang="{language}">' in answer.content.decode()

    def test_offers_the_other_language_by_its_own_name(self, site: Site) -> None:
        assert 'value="es" lang="es">Español</button>' in Client().get(address(site, "en")).content.decode()

    def test_a_choice_holds_on_this_page_and_behind_it(self, site: Site) -> None:
        client, path = Client(), address(site, "en")
        answer = client.post(path, {"language": "es"}, follow=True)
        assert answer.redirect_chain == [(path, 302)] and SPANISH in answer.content.decode()
        client.post(path, {"day": "27", "month": "3", "year": "1985"})
        assert '<html lang="es">' in client.get("/l/intake/", follow=True).content.decode()
        back = client.post("/l/language/", {"language": "en", "next": "/l/intake/"}, follow=True)
        assert '<html lang="en">' in back.content.decode()

    def test_a_choice_changes_nothing_in_the_database(self, site: Site) -> None:
        path = address(site, "en")
        before = (Link.objects.values().get(), Patient.objects.values().get())
        Client().post(path, {"language": "es"})
        assert (Link.objects.values().get(), Patient.objects.values().get()) == before

    def test_the_choice_ends_with_the_browser_or_with_finish(self, site: Site) -> None:
        client = Client()
        client.post(address(site, "en"), {"language": "es"})
        cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
        assert cookie["httponly"] and not cookie["max-age"] and not cookie["expires"]
        client.post("/l/finish/")
        assert client.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"] == 0

    @pytest.mark.parametrize(
        "typed", [{"language": "xx", "next": "/l/x/"}, {"language": "es", "next": "https://elsewhere.example/l/"}, {"language": "es", "next": "//elsewhere.example/l/"},
                  {"language": "es", "next": "/patients/"}, {"language": "es"}, {}],
    )  # fmt: skip
    def test_a_language_or_page_that_is_not_ours_is_refused(self, db: None, typed: dict[str, str]) -> None:
        answer = Client().post("/l/language/", typed)
        assert answer.status_code == 400 and settings.LANGUAGE_COOKIE_NAME not in answer.cookies


@pytest.mark.django_db
class TestDeadLinks:
    """They follow the browser, never a link: all dead links look alike (R32)."""

    @pytest.mark.parametrize(("asked", "words"), [("es-MX,es;q=0.9", "Este enlace no funciona"), ("de,en;q=0.5", "This link does not work"), ("", "This link does not work"), ("§§§", "This link does not work")])
    def test_speak_as_the_browser_asks(self, asked: str, words: str) -> None:
        assert words in Client().get(f"/l/{'A' * 43}/", headers={"Accept-Language": asked}).content.decode()

    def test_a_revoked_spanish_link_looks_like_an_unknown_one(self, site: Site) -> None:
        path = address(site, "es")
        Link.objects.update(revoked_at=timezone.now())
        assert Client().get(path).content == Client().get(f"/l/{'A' * 43}/").content


@pytest.mark.django_db
def test_staff_pages_stay_in_the_clinics_own_language(site: Site, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
    client = client_as(rosa)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    answer = client.get("/patients/", headers={"Accept-Language": "es"})
    assert '<html lang="en-gb">' in answer.content.decode()
    assert translation.get_language() == settings.LANGUAGE_CODE


@pytest.mark.django_db
def test_what_is_planned_follows_a_changed_language(site: Site) -> None:
    patient = patient_in(site, "en")
    data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=BORN, email="ana@patients.example", language="es")
    services.change_patient(patient=patient, data=data, by=BY, at=timezone.now())
    assert OutboxMessage.objects.get(patient_uuid=patient.uuid).language == "es"
    assert Link.objects.get(patient_uuid=patient.uuid).language == "es"


@pytest.mark.django_db
def test_a_third_language_needs_only_a_catalogue(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "pt" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalog = Catalog(locale="pt")
    catalog.add(ENGLISH, "Qual é a sua data de nascimento?")
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalog)
    with override_settings(LANGUAGES=env.languages(tmp_path), LOCALE_PATHS=[tmp_path]):
        text = Client().get(address(site, "pt")).content.decode()
    assert "Qual é a sua data de nascimento?" in text and '<html lang="pt">' in text

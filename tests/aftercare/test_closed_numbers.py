"""Whom to call while the clinic is closed: aftercare and check-in mails name the clinic's number for it, or the emergency line alone.
No number is ever made up.
"""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import translation

from aftercare import services
from aftercare.models import Plan
from clinic.audit import Actor
from clinic.mail_settings import FIELDS, change_mail_settings
from clinic.models import Clinic, OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS, Mail
from tests.aftercare.make import ENDED, TASK, make_plan

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
OPEN = {"en": "call 020 7946 0123 while we are open", "es": "llame al 020 7946 0123 mientras estamos abiertos"}
CLOSED = {"en": "115 while we are closed", "es": "al 115 mientras estamos cerrados"}
ANY_HOUR = {"en": "In an emergency, at any hour, call 999 first.", "es": "En una emergencia, a cualquier hora, llame primero al 999."}
FOOT = {"en": "While we are closed: 115.", "es": "Mientras estamos cerrados: 115."}
LANGUAGES = ("en", "es")


def mails(plan: Plan) -> dict[str, Mail]:
    """Instructions, a check-in, its reminder: what a patient may turn to at night."""
    services.remind_check_in(check_in=plan.check_ins.order_by("opens_at")[0], by=TASK, at=ENDED)
    found = {}
    for kind in ("aftercare_instructions", "check_in", "check_in_reminder"):
        row = OutboxMessage.objects.filter(kind=kind, patient_uuid=plan.patient.uuid).order_by("send_after")[0]
        with translation.override(row.language):
            found[kind] = KINDS[kind].build(row, row.send_after)
    return found


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<style.*?</style>", "", html))).split())


def called(html: str) -> set[str]:
    """The numbers that a tap calls."""
    return set(re.findall(r'href="tel:([^"]+)"', html))


@pytest.fixture
def numbered(site: Site) -> Site:
    Site.objects.filter(pk=site.pk).update(out_of_hours_phone="115")
    site.refresh_from_db()
    return site


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_a_number_every_mail_names_it_in_both_parts(language: str, numbered: Site, amara: Staff) -> None:
    for kind, mail in mails(make_plan(numbered, amara, language=language)).items():
        for said in (" ".join(mail.text.split()), words(mail.html).replace("115 .", "115.")):
            assert OPEN[language] in said and CLOSED[language] in said, (kind, said)
            assert FOOT[language] in said, kind
        assert "115" in called(mail.html) and called(mail.html) <= {"02079460123", "115", "999"}, kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_one_the_emergency_line_alone(language: str, site: Site, amara: Staff) -> None:
    for kind, mail in mails(make_plan(site, amara, language=language)).items():
        for said in (" ".join(mail.text.split()), words(mail.html)):
            assert OPEN[language] in said and ANY_HOUR[language] in said, (kind, said)
            assert not re.search(r"while we are closed|mientras estamos cerrados|out-of-hours|fuera de horario", said, re.I), kind
        assert called(mail.html) <= {"02079460123", "999"}, kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_neutral_mail_names_it_in_its_foot(language: str, numbered: Site, amara: Staff) -> None:
    for kind, mail in mails(make_plan(numbered, amara, language=language, mail_mode="neutral")).items():
        assert FOOT[language] in " ".join(mail.text.split()) and FOOT[language] in words(mail.html).replace("115 .", "115."), kind


def test_the_instructions_give_it_beside_the_signs_for_which_to_call(numbered: Site, amara: Staff) -> None:
    said = words(mails(make_plan(numbered, amara))["aftercare_instructions"].html)
    assert re.search(r"Call us if .*fever\. 020 7946 0123 While we are closed: 115 ", said), said


class TestTheManagerSetsIt:
    """On *How mail leaves*, one box a site."""

    def _name(self, site: Site) -> str:
        return f"closed_{site.uuid.hex}"

    def test_keeps_shows_and_empties(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        client = client_as(max_)
        assert client.post("/mail-settings/", {self._name(site): " +44 115 "}).status_code == 302
        site.refresh_from_db()
        assert site.out_of_hours_phone == "+44 115"
        said = client.get("/mail-settings/").content.decode()
        assert 'value="+44 115"' in said and "mails name 999 alone" in said
        client.post("/mail-settings/", {self._name(site): ""})
        site.refresh_from_db()
        assert site.out_of_hours_phone == ""

    @pytest.mark.parametrize("bad", ["call the vet", "12", "1" * 41, "115<b>", "115 or 116"])
    def test_what_is_no_number_is_said_beside_its_field(self, bad: str, site: Site, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post("/mail-settings/", {self._name(site): bad, "daily_cap": "500"})
        assert answer.status_code == 422 and answer.context["form"].errors[self._name(site)]
        assert 'value="500"' in answer.content.decode()
        site.refresh_from_db()
        assert site.out_of_hours_phone == "" and Clinic.objects.get().daily_cap is None

    def test_of_another_site_nothing_is_shown_or_changed(self, site: Site, other_site: Site, max_: Staff, client_as: SignIn) -> None:
        client = client_as(max_)
        assert other_site.uuid.hex not in client.get("/mail-settings/").content.decode()
        client.post("/mail-settings/", {self._name(site): "115", self._name(other_site): "116"})
        other_site.refresh_from_db()
        assert other_site.out_of_hours_phone == ""

    def test_the_service_refuses_another_site(self, other_site: Site, max_: Staff) -> None:
        values: dict[str, Any] = dict.fromkeys(FIELDS) | {"reply_to": ""}
        with pytest.raises(PermissionDenied):
            change_mail_settings(values=values, closed={other_site.pk: "116"}, by=Actor.of_staff(max_), at=ENDED)

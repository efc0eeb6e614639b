"""Every URL × role × method (R01–R04, R06–R08, R10–R12, R14, R28): the table, the guard and what comes back agree."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path, reverse

from clinic.matrix import level_for
from clinic.middleware import ViewGuard
from clinic.models import Clinic, Site, Staff
from clinic.roles import Role
from tests.house import world
from tests.house.url_table import TABLE
from tests.house.walker import METHODS, Page, described, pages

pytestmark = pytest.mark.house
PUBLIC = {"healthz", "readyz", "links:landing", "links:finish", "links:language", "links:unsubscribe", "mail_provider_events", "join", "appointments:feed", "desk:wall"}
STAFF_PAGES = [page for page in pages() if page.mark and page.mark.kind == "staff"]
LINK_PAGES = [page for page in pages() if page.mark and page.mark.kind == "link"]
WHO = {Role.CLINICIAN: "amara", Role.FRONT_DESK: "rosa", Role.MANAGER: "max", Role.AUDITOR: "iris"}


class TestTheTable:
    """R01, R02."""

    def test_every_url_has_a_row_and_every_row_a_url(self) -> None:
        assert {page.name: described(page) for page in pages()} == TABLE

    def test_every_url_has_a_name(self) -> None:
        assert [page.route for page in pages() if not page.name] == []

    def test_public_pages_are_a_frozen_list(self) -> None:
        assert {page.name for page in pages() if page.mark and page.mark.kind == "public"} == PUBLIC

    def test_a_new_url_without_a_row_is_noticed(self) -> None:
        planted = Page("planted", "planted/", lambda request: HttpResponse("secret"), None, ())
        assert {p.name: described(p) for p in [*pages(), planted]} != TABLE


@pytest.mark.django_db
def test_a_view_without_a_mark_answers_403(amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    """A planted page whose check was forgotten."""

    def forgotten(request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")

    urls = type("urls", (), {"urlpatterns": [path("forgotten/", forgotten, name="forgotten")], "handler403": "clinic.views.errors.forbidden"})
    request = RequestFactory().get("/forgotten/")
    request.resolver_match = None
    with override_settings(ROOT_URLCONF=urls), pytest.raises(Exception, match="without a mark"):
        ViewGuard(lambda r: HttpResponse())(request)
        ViewGuard(lambda r: HttpResponse()).process_view(request, forgotten, (), {})


def _url(page: Page, objects: dict[str, str], **other: str) -> str:
    return reverse(page.name, kwargs={name: (objects | other)[name] for name in page.arguments})


def _signed_in(name: str) -> Client:
    client = Client(raise_request_exception=False)
    staff = Staff.objects.get(email=f"{name}@demo.example")
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def objects(db: None) -> dict[str, str]:
    """The demo with its canaries."""
    return world.load()


def _cell(page: Page, role: Role, method: str, status: int) -> str:
    """Empty when the answer is what the matrix says; else what is wrong."""
    assert page.mark is not None
    right = page.mark.methods.get(method)
    level = level_for(frozenset({role}), right) if right else "none"
    if right is None:
        wanted, good = "405", status == 405
    elif level == "none":
        wanted, good = "403", status == 403
    elif level == "limited" and status == 403:
        wanted, good = "the limited part", True
    elif method in ("GET", "HEAD"):
        wanted, good = "200, 302 or 404", status in (200, 302, 404)
    else:
        wanted, good = "no 403, 405 or 500", status not in (403, 405) and status < 500
    return "" if good else f"{page.name} {method} as {role}: {status}, wanted {wanted}"


def test_each_cell_behaves_and_a_denied_body_holds_nothing(objects: dict[str, str]) -> None:
    """R03, R10: no clinical word reaches the desk, the manager or the auditor."""
    wrong: list[str] = []
    for role, name in WHO.items():
        client = _signed_in(name)
        for page in STAFF_PAGES:
            for method in METHODS:
                answer = client.generic(method, _url(page, objects))
                wrong += filter(None, [_cell(page, role, method, answer.status_code)])
                seen = answer.content.decode("utf-8", "replace") if not answer.streaming else ""
                if world.CANARY in seen and (role is not Role.CLINICIAN or answer.status_code in (403, 404, 405)):
                    wrong.append(f"{page.name} {method} shows a clinical word to {role}")
    assert not wrong, "\n".join(wrong)


def test_anonymous_gets_the_sign_in_page_and_nothing_else(objects: dict[str, str]) -> None:
    wrong = []
    for page in STAFF_PAGES:
        for method in METHODS:
            answer = Client(raise_request_exception=False).generic(method, _url(page, objects))
            if answer.status_code not in (302, 403) or (answer.status_code == 302 and "/accounts/login/" not in answer["Location"]):
                wrong.append(f"{page.name} {method}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_link_pages_open_to_nobody_without_a_verified_visit(objects: dict[str, str]) -> None:
    """R38: a staff session is no key either."""
    wrong = []
    for client in (Client(raise_request_exception=False), _signed_in("amara")):
        client.cookies[settings.LINK_COOKIE_NAME] = "A" * 43
        for page in LINK_PAGES:
            for method in METHODS:
                status = client.generic(method, _url(page, objects)).status_code
                assert page.mark is not None
                wanted = (404, 403) if method in page.mark.methods else (405, 403)
                wrong += [] if status in wanted else [f"{page.name} {method}: {status}"]
    assert not wrong, "\n".join(wrong)


# The protocol is the clinic's own, one for all its sites: those who may see one see every version.
OF_THE_WHOLE_CLINIC = {
    f"aftercare:{name}"
    for name in (
        "protocol_version", "protocol_targets", "protocol_step", "remove_step", "preview_step", "test_step", "propose_protocol",
        "approve_protocol", "send_back_protocol", "reopen_protocol", "publish_protocol", "discard_protocol",
    )
} | {
    f"patients:{name}"
    for name in ("consent_draft", "approve_consent_text", "discard_consent_text", "propose_consent_text", "send_back_consent_text")
}  # fmt: skip


def test_a_version_that_is_nobody_s_does_not_exist(objects: dict[str, str]) -> None:
    """For those who may see protocols an unknown one is a 404, like anything else."""
    client, nobody = _signed_in("max"), {**objects, "protocol_uuid": str(uuid4()), "draft": str(uuid4())}
    found = {page.name: client.generic("POST", _url(page, nobody)).status_code for page in STAFF_PAGES if page.name in OF_THE_WHOLE_CLINIC}
    assert set(found) == OF_THE_WHOLE_CLINIC
    assert {name: status for name, status in found.items() if status not in (403, 404, 405)} == {}


# Arguments that belong to no site: the clinic has one set of rules for all its sites.
CLINIC_WIDE = frozenset({"book", "language", "policy", "table"})  # a table of results counts the sites of who asks


def test_an_object_of_another_site_looks_like_one_that_does_not_exist(objects: dict[str, str]) -> None:
    """R07: same status for a foreign id and for one that is nobody's."""
    clinic = Clinic.objects.get()
    other = Site.objects.create(clinic=clinic, name="Leeds site", zone="Europe/London", phone="0113 496 0000")
    stranger = Staff(email="stranger@demo.example", name="Sam Stranger", roles=[r.value for r in Role])
    stranger.set_password("correct horse battery")
    stranger.save()
    stranger.sites.add(other)
    client, wrong = _signed_in("stranger"), []
    for page in STAFF_PAGES:
        if set(page.arguments) <= CLINIC_WIDE or page.name in OF_THE_WHOLE_CLINIC:
            continue
        for method in ("GET", "POST"):
            foreign = client.generic(method, _url(page, objects)).status_code
            nobody = client.generic(method, _url(page, {key: str(uuid4()) if len(v) == 36 else v for key, v in objects.items()})).status_code
            if foreign != nobody or foreign not in (404, 405):
                wrong.append(f"{page.name} {method}: foreign {foreign}, nobody's {nobody}")
    assert not wrong, "\n".join(wrong)


def test_a_form_for_another_patient_is_refused(objects: dict[str, str]) -> None:
    """R12: the hidden check value must be this page's patient."""
    client = _signed_in("amara")
    url = reverse("patients:release_hold", kwargs={"patient": objects["patient"], "hold": objects["hold"]})
    answer = client.post(url, {"subject": str(uuid4()), "reason": "wrong page"})
    assert answer.status_code == 409 and b"another patient" in answer.content


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(objects: dict[str, str]) -> None:
    """R14."""
    client, rosa = _signed_in("rosa"), Staff.objects.get(email="rosa@demo.example")
    assert client.get("/patients/").status_code == 200
    Staff.objects.filter(pk=rosa.pk).update(roles=[])
    assert client.get("/patients/").status_code == 403
    Staff.objects.filter(pk=rosa.pk).update(is_active=False)
    assert client.get("/patients/").status_code == 302


def test_no_second_factor_no_page(objects: dict[str, str]) -> None:
    """R15."""
    client, wrong = _signed_in("amara"), []
    with override_settings(MFA_REQUIRED=True):
        for page in STAFF_PAGES:
            answer = client.get(_url(page, objects))
            if answer.status_code != 302 or "/2fa/" not in answer["Location"]:
                wrong.append(page.name)
    assert not wrong, "\n".join(wrong)


def test_extra_keys_in_a_form_change_nothing(objects: dict[str, str]) -> None:
    """R11: names of columns that the form does not have are ignored."""
    from patients.models import Patient

    client, patient = _signed_in("rosa"), Patient.objects.get(uuid=objects["patient"])
    before: dict[str, Any] = {"number": patient.number, "site_id": patient.site_id, "deceased_on": patient.deceased_on}
    client.post(reverse("patients:edit", kwargs={"patient": patient.uuid}), {
        "subject": str(patient.uuid), "given_name": "Neu", "family_name": "Name", "birth_on_0": "1", "birth_on_1": "2", "birth_on_2": "1980",
        "sex": "female", "language": "en", "mail_mode": "full", "number": "1", "site": "999", "deceased_on": "2020-01-01", "merged_into": "1",
    })  # fmt: skip
    patient.refresh_from_db()
    assert patient.given_name == "Neu"
    assert {name: getattr(patient, name) for name in before} == before

"""What managers do with accounts (R14, R21, R22, R24, R26; “Staff account” and “Lost MFA” in SECURITY.md)."""

import csv
import io
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings as house
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinic import staffing
from clinic.audit import Actor
from clinic.models import AccessEvent, OutboxMessage, Site, Staff, StaffInvitation, StaffProposal
from clinic.outbox.kinds import KINDS
from clinic.roles import Role, StaffAct
from clinic.staffing import Duties
from tests.clinic.account_steps import NEW_PASSWORD, Answer, built, confirm, enrol, is_in, sign_in

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 9, 0, 12, tzinfo=UTC)
WHY = "started on Monday"


@pytest.fixture(autouse=True)
def clock() -> Any:
    cache.clear()
    with time_machine.travel(AT, tick=False) as found:
        yield found


def _fresh(staff: Staff) -> Client:
    """Signed in, and the password confirmed a moment ago."""
    client = Client()
    sign_in(client, staff)
    confirm(client)
    return client


@pytest.fixture
def manager(max_: Staff) -> Client:
    """Max's browser."""
    return _fresh(max_)


@pytest.fixture
def mona(site: Site) -> Staff:
    """Mona Berg, a second manager."""
    staff = Staff(email="mona@riverside.example", name="Mona Berg", roles=[Role.MANAGER.value])
    staff.set_password("correct horse battery")
    staff.save()
    staff.sites.add(site)
    return staff


def _form(site: Site, **other: Any) -> dict[str, Any]:
    return {
        "name": "Nia Okafor", "title": "", "email": "Nia@Riverside.example", "roles": ["front_desk"], "sites": [str(site.uuid)],
        "operator_role": "", "reason": WHY, **other,
    }  # fmt: skip


def _duties_form(staff: Staff, site: Site, **other: Any) -> dict[str, Any]:
    return {
        "name": staff.name, "title": staff.title, "roles": staff.roles, "sites": [str(site.uuid)], "operator_role": staff.operator_role,
        "reason": WHY, **other,
    }  # fmt: skip


def _act(client: Client, name: str, staff: Staff, reason: str = WHY) -> Answer:
    return client.post(reverse(f"staff:{name}", kwargs={"staff": staff.uuid}), {"reason": reason})


def _event(action: str) -> AccessEvent:
    return AccessEvent.objects.filter(action=action).latest("pk")


class TestTheList:
    """Who is here."""

    def test_shows_roles_sites_second_factor_and_last_sign_in(self, manager: Client, amara: Staff, stranger: Staff) -> None:
        page = manager.get("/staff/").content.decode()
        for words in ("Dr Amara Osei", amara.email, "Clinician", "Harley site", "not set up", "never", "24 Nov 2026"):
            assert words in page
        assert stranger.email not in page, "staff of another site"

    def test_is_for_managers(self, amara: Staff, rosa: Staff, iris: Staff, manager: Client, client_as: Callable[[Staff], Client]) -> None:
        assert [client_as(staff).get("/staff/").status_code for staff in (amara, rosa, iris)] == [403] * 3
        assert 'href="/staff/"' in manager.get("/staff/").content.decode()

    def test_asks_no_question_for_each_person(self, manager: Client, site: Site, django_assert_max_num_queries: Any) -> None:
        for number in range(30):
            Staff.objects.create_user(f"p{number}@riverside.example", None, name=f"Person {number}", roles=["front_desk"]).sites.add(site)
        with django_assert_max_num_queries(14):
            manager.get("/staff/")


class TestInviting:
    """A link, never a password by the manager."""

    def test_makes_an_account_that_can_not_sign_in_and_queues_the_mail(self, manager: Client, site: Site) -> None:
        answer = manager.post("/staff/invite/", _form(site))
        nia = Staff.objects.get(email="nia@riverside.example")
        assert answer["Location"] == f"/staff/{nia.uuid}/" and not nia.has_usable_password()
        assert (nia.name, nia.roles, [s.name for s in nia.sites.all()]) == ("Nia Okafor", ["front_desk"], ["Harley site"])
        row = OutboxMessage.objects.get(recipient=nia.email)
        assert (row.kind, row.scope, row.state, row.context) == ("staff_invite", "account", "planned", {})
        event = _event("staff.invite")
        assert event.actor_name == "Max Brandt" and "front_desk" in event.subject and "@" not in event.subject

    def test_walks_from_the_mail_to_the_first_page(self, manager: Client, site: Site, settings: Any) -> None:
        settings.MFA_REQUIRED = False
        manager.post("/staff/invite/", _form(site))
        row = OutboxMessage.objects.get(kind="staff_invite")
        assert KINDS[row.kind].may_send(row, AT).word == "go"
        mail = built(row, AT)
        assert mail.subject == "Riverside Dermatology: your staff account" and "Max Brandt has made" in mail.text and "Nia Okafor" in mail.html
        path = next(line for line in mail.text.splitlines() if "/join/" in line).removeprefix(house.PUBLIC_URL)
        assert path.split("/")[2] not in str(StaffInvitation.objects.values()[0])
        client = Client()
        assert b"Welcome, Nia Okafor" in client.get(path).content
        page = client.post(path, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}, follow=True)
        assert "Your password is set" in page.content.decode()
        nia = Staff.objects.get(email="nia@riverside.example")
        settings.MFA_REQUIRED = True
        sign_in(client, nia, NEW_PASSWORD)
        assert client.get("/patients/")["Location"] == reverse("mfa_activate_totp")
        assert KINDS[row.kind].may_send(row, AT).word == "cancel", "a second copy does not go any more"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": ""}, "name"), ({"email": "nia at riverside"}, "email"), ({"email": "ROSA@riverside.example"}, "email"), ({"roles": []}, "roles"),
            ({"roles": ["superuser"]}, "roles"), ({"sites": []}, "sites"), ({"roles": ["clinician"]}, "operator_role"),
            ({"credential_expires_on": "31 Feb"}, "credential_expires_on"), ({"operator_role": "barber"}, "operator_role"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_beside_the_field_and_loses_nothing(self, manager: Client, site: Site, rosa: Staff, wrong: dict[str, Any], field: str) -> None:
        before = Staff.objects.count()
        answer = manager.post("/staff/invite/", _form(site, title="Typed", **wrong))
        assert answer.status_code == 422 and set(answer.context["form"].errors) == {field}
        page = answer.content.decode()
        target = f"div_id_{field}" if field in {"roles", "sites"} else f"id_{field}"
        assert 'value="Typed"' in page and "There is a problem" in page
        assert f'href="#{target}"' in page and f'id="{target}"' in page
        assert Staff.objects.count() == before and not OutboxMessage.objects.exists()

    def test_gives_no_site_that_is_not_the_managers(self, manager: Client, other_site: Site, site: Site) -> None:
        """R08."""
        answer = manager.post("/staff/invite/", _form(site, sites=[str(other_site.uuid)]))
        assert answer.status_code == 422 and "sites" in answer.context["form"].errors
        assert "Leeds site" not in manager.get("/staff/invite/").content.decode()

    def test_extra_keys_change_nothing(self, manager: Client, site: Site) -> None:
        """R11."""
        manager.post("/staff/invite/", _form(site, is_active="", password="x" * 20, sign_in_round="9", uuid="0" * 32, id="1"))
        nia = Staff.objects.get(email="nia@riverside.example")
        assert nia.is_active and not nia.has_usable_password() and nia.sign_in_round == 0

    def test_can_be_sent_again_and_the_earlier_link_dies(self, manager: Client, site: Site) -> None:
        manager.post("/staff/invite/", _form(site))
        nia = Staff.objects.get(email="nia@riverside.example")
        first = OutboxMessage.objects.get(kind="staff_invite")
        assert _act(manager, "invite_again", nia).status_code == 302
        assert OutboxMessage.objects.filter(kind="staff_invite").count() == 2
        assert KINDS["staff_invite"].may_send(first, AT).word == "cancel"
        assert b"opens until" in manager.get(f"/staff/{nia.uuid}/").content

    def test_is_not_for_somebody_who_has_joined(self, manager: Client, rosa: Staff) -> None:
        assert _act(manager, "invite_again", rosa).status_code == 422


class TestChanging:
    """Roles and sites."""

    def test_counts_at_the_next_click_and_ends_the_sessions(self, manager: Client, rosa: Staff, site: Site) -> None:
        """R14, T7."""
        hers = Client()
        sign_in(hers, rosa)
        assert hers.get("/patients/register/").status_code == 200
        answer = manager.post(f"/staff/{rosa.uuid}/", _duties_form(rosa, site, roles=["manager"], title="Ms"))
        assert answer.status_code == 302 and not is_in(hers)
        rosa.refresh_from_db()
        assert (rosa.roles, rosa.title) == (["manager"], "Ms")
        event = _event("staff.change")
        assert (event.actor_name, event.reason) == ("Max Brandt", WHY) and f"staff {rosa.pk}: manager" in event.subject

    def test_of_the_name_alone_ends_no_session(self, manager: Client, rosa: Staff, site: Site) -> None:
        hers = Client()
        sign_in(hers, rosa)
        manager.post(f"/staff/{rosa.uuid}/", _duties_form(rosa, site, name="Rosa Lind-Marsh"))
        assert is_in(hers) and Staff.objects.get(pk=rosa.pk).name == "Rosa Lind-Marsh"

    def test_writes_who_and_why_into_the_history(self, manager: Client, rosa: Staff, max_: Staff, site: Site) -> None:
        manager.post(f"/staff/{rosa.uuid}/", _duties_form(rosa, site, name="Rosa Lind-Marsh"))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pgh_context->>'action', pgh_context->>'reason', pgh_context->>'staff', name FROM clinic_staffevent "
                "WHERE pgh_obj_id = %s ORDER BY pgh_id DESC LIMIT 1", [rosa.pk],
            )  # fmt: skip
            assert cursor.fetchone() == ("staff.change", WHY, str(max_.pk), "Rosa Lind-Marsh")

    def test_of_a_clinician_keeps_profession_and_licence(self, manager: Client, amara: Staff, site: Site) -> None:
        manager.post(f"/staff/{amara.uuid}/", _duties_form(amara, site, credential_valid="on", credential_expires_on="2027-06-30"))
        amara.refresh_from_db()
        assert (amara.operator_role, amara.credential_valid, amara.credential_expires_on) == ("dermatologist", True, date(2027, 6, 30))
        assert amara.credential_valid_on(date(2027, 6, 30)) and not amara.credential_valid_on(date(2027, 7, 1))

    def test_leaves_the_sites_that_the_manager_does_not_see(self, manager: Client, rosa: Staff, site: Site, other_site: Site) -> None:
        rosa.sites.add(other_site)
        manager.post(f"/staff/{rosa.uuid}/", _duties_form(rosa, site))
        assert set(rosa.sites.all()) == {site, other_site}

    @pytest.mark.parametrize("reason", ["", "   ", "why"])
    def test_needs_a_reason_and_keeps_what_was_typed(self, manager: Client, rosa: Staff, site: Site, reason: str) -> None:
        answer = manager.post(f"/staff/{rosa.uuid}/", _duties_form(rosa, site, name="Rosa Neu", reason=reason))
        assert answer.status_code == 422 and set(answer.context["form"].errors) == {"reason"} and 'value="Rosa Neu"' in answer.content.decode()
        assert Staff.objects.get(pk=rosa.pk).name == "Rosa Lind"

    def test_of_somebody_at_another_site_is_not_found(self, manager: Client, stranger: Staff, site: Site) -> None:
        """R07."""
        for path in (f"/staff/{stranger.uuid}/", f"/staff/{stranger.uuid}/disable/"):
            assert manager.post(path, _duties_form(stranger, site)).status_code == 404


class TestFreshSignIn:
    """Re-authentication first."""

    @pytest.mark.parametrize("name", ["disable", "end_sessions", "person", "invite"])
    def test_is_asked_before_the_act_and_the_form_goes_on_afterwards(self, max_: Staff, rosa: Staff, site: Site, name: str) -> None:
        client = Client()
        sign_in(client, max_)
        path = "/staff/invite/" if name == "invite" else reverse(f"staff:{name}", kwargs={"staff": rosa.uuid})
        form = _form(site) if name == "invite" else _duties_form(rosa, site, name="Rosa Neu")
        before = Staff.objects.count(), AccessEvent.objects.filter(action__startswith="staff.", reason=WHY).count()
        answer = client.post(path, form)
        assert answer["Location"] == f"/accounts/reauthenticate/?next={path.replace('/', '%2F')}"
        assert (Staff.objects.count(), AccessEvent.objects.filter(action__startswith="staff.", reason=WHY).count()) == before
        done = confirm(client, path)
        assert done.status_code == 302 and done["Location"].startswith("/staff/")
        rosa.refresh_from_db()
        happened = {"disable": not rosa.is_active, "end_sessions": rosa.sign_in_round == 1, "person": rosa.name == "Rosa Neu", "invite": Staff.objects.count() == before[0] + 1}
        assert happened[name]

    def test_lasts_five_minutes(self, manager: Client, rosa: Staff, clock: Any) -> None:
        clock.shift(299)
        assert _act(manager, "end_sessions", rosa)["Location"] == f"/staff/{rosa.uuid}/"
        clock.shift(2)
        assert _act(manager, "end_sessions", rosa)["Location"].startswith("/accounts/reauthenticate/")

    def test_an_act_that_waited_for_the_password_does_not_run_after_a_break(self, max_: Staff, rosa: Staff, clock: Any) -> None:
        client = Client()
        sign_in(client, max_)
        path = f"/staff/{rosa.uuid}/disable/"
        client.post(path, {"reason": WHY})
        clock.shift(901)
        client.get("/staff/")
        confirm(client, path)
        rosa.refresh_from_db()
        assert rosa.is_active


class TestDisabling:
    """R22, R24: gone at once, never deleted."""

    def test_ends_every_session_at_once_and_keeps_the_account(self, manager: Client, rosa: Staff) -> None:
        phones = [Client() for _ in range(2)]
        for phone in phones:
            sign_in(phone, rosa)
        _act(manager, "disable", rosa)
        assert not any(is_in(phone) for phone in phones)
        sign_in(phones[0], rosa)
        assert not is_in(phones[0]) and Staff.objects.filter(pk=rosa.pk, is_active=False).exists()
        assert _event("staff.disable").reason == WHY

    def test_and_enabling_brings_no_old_session_back(self, manager: Client, rosa: Staff) -> None:
        phone = Client()
        sign_in(phone, rosa)
        _act(manager, "disable", rosa)
        _act(manager, "enable", rosa)
        assert not is_in(phone)
        sign_in(phone, rosa)
        assert is_in(phone)

    def test_closes_an_open_invitation(self, manager: Client, site: Site) -> None:
        manager.post("/staff/invite/", _form(site))
        nia = Staff.objects.get(email="nia@riverside.example")
        _act(manager, "disable", nia)
        _act(manager, "enable", nia)
        assert not nia.invitations.get().is_open(AT)

    def test_ending_the_sessions_alone_leaves_the_account(self, manager: Client, rosa: Staff) -> None:
        phone = Client()
        sign_in(phone, rosa)
        _act(manager, "end_sessions", rosa)
        assert not is_in(phone)
        sign_in(phone, rosa)
        assert is_in(phone)

    @pytest.mark.parametrize(
        ("act", "words"),
        [("enable", "is enabled already"), ("reset_mfa", "no second factor to reset"), ("invite_again", "has a password already")],
    )
    def test_what_is_not_there_to_do_is_said(self, manager: Client, rosa: Staff, act: str, words: str) -> None:
        answer = _act(manager, act, rosa)
        assert answer.status_code == 422 and words in answer.content.decode()
        assert not AccessEvent.objects.filter(action=f"staff.{act}").exists()

    @pytest.mark.parametrize("act", ["disable", "end_sessions"])
    def test_needs_a_reason_beside_its_own_field(self, manager: Client, rosa: Staff, act: str) -> None:
        answer = _act(manager, act, rosa, reason="")
        assert answer.status_code == 422 and answer.content.decode().count("Say why.") == 1
        assert f'id="error_1_id_{act}_reason"' in answer.content.decode()
        rosa.refresh_from_db()
        assert rosa.is_active and rosa.sign_in_round == 0


@pytest.mark.django_db(transaction=True)
class TestLostPhone:
    """Lost MFA: another manager resets, and the person enrols anew."""

    def test_takes_the_factor_and_the_sessions_away_and_tells_the_person(self, max_: Staff, rosa: Staff, settings: Any) -> None:
        phone = Client()
        sign_in(phone, rosa)
        person = enrol(phone, rosa)
        manager = _fresh(max_)
        assert _act(manager, "reset_mfa", rosa).status_code == 302
        assert not Authenticator.objects.filter(user=rosa).exists() and not is_in(phone)
        settings.MFA_REQUIRED = True
        sign_in(phone, rosa)
        assert phone.get("/patients/")["Location"] == reverse("mfa_activate_totp")
        assert phone.post("/accounts/2fa/authenticate/", {"code": person.recovery[0]}).status_code == 302 and not is_in(phone)
        row = OutboxMessage.objects.get(recipient=rosa.email)
        assert row.kind == "staff_second_factor_reset" and "has reset the second factor" in built(row, AT).text


class TestNotOnYourself:
    """Never the own account, neither by the page nor by a forged form."""

    @pytest.mark.parametrize("act", ["disable", "enable", "reset_mfa", "end_sessions", "invite_again"])
    def test_no_act(self, manager: Client, max_: Staff, act: str) -> None:
        answer = _act(manager, act, max_)
        assert answer.status_code == 422
        max_.refresh_from_db()
        assert max_.is_active and max_.sign_in_round == 0

    def test_no_change(self, manager: Client, max_: Staff, site: Site) -> None:
        answer = manager.post(f"/staff/{max_.uuid}/", _duties_form(max_, site, roles=["manager", "clinician"], operator_role="nurse"))
        assert answer.status_code == 422 and Staff.objects.get(pk=max_.pk).roles == ["manager"]

    def test_the_page_offers_none(self, manager: Client, max_: Staff) -> None:
        page = manager.get(f"/staff/{max_.uuid}/").content.decode()
        assert "This is your own account" in page and "Disable the account" not in page and 'name="roles"' not in page


class TestASecondManager:
    """Role auditor needs two managers."""

    def _proposal(self, client: Client, iris: Staff) -> StaffProposal:
        assert _act(client, "disable", iris).status_code == 302
        return StaffProposal.objects.get()

    def _decide(self, client: Client, proposal: StaffProposal, word: str = "approve") -> Answer:
        return client.post(reverse("staff:decide", kwargs={"proposal": proposal.uuid}), {"decision": word})

    @pytest.mark.parametrize("act", ["disable", "change"])
    def test_what_touches_an_auditor_waits(self, manager: Client, iris: Staff, site: Site, act: str) -> None:
        if act == "disable":
            _act(manager, "disable", iris)
        else:
            manager.post(f"/staff/{iris.uuid}/", _duties_form(iris, site, roles=["front_desk"]))
        iris.refresh_from_db()
        assert iris.is_active and iris.roles == ["auditor"]
        assert StaffProposal.objects.get().act == act and _event("staff.propose").reason == WHY
        assert b"Waits for a second manager" in manager.get("/staff/").content

    def test_making_somebody_an_auditor_waits(self, manager: Client, rosa: Staff, mona: Staff, site: Site) -> None:
        manager.post(f"/staff/{rosa.uuid}/", _duties_form(rosa, site, roles=["auditor"]))
        rosa.refresh_from_db()
        assert rosa.roles == ["front_desk"]
        self._decide(_fresh(mona), StaffProposal.objects.get())
        rosa.refresh_from_db()
        assert rosa.roles == ["auditor"]

    def test_an_invited_auditor_has_no_role_until_then(self, manager: Client, mona: Staff, site: Site) -> None:
        manager.post("/staff/invite/", _form(site, roles=["auditor", "front_desk"]))
        nia = Staff.objects.get(email="nia@riverside.example")
        assert nia.roles == ["front_desk"] and OutboxMessage.objects.filter(kind="staff_invite").count() == 1
        self._decide(_fresh(mona), StaffProposal.objects.get())
        nia.refresh_from_db()
        assert nia.roles == ["auditor", "front_desk"]

    def test_approves_and_it_is_done_with_both_names(self, manager: Client, iris: Staff, mona: Staff, max_: Staff) -> None:
        answer = self._decide(_fresh(mona), self._proposal(manager, iris))
        iris.refresh_from_db()
        assert answer["Location"] == "/staff/" and not iris.is_active
        event = _event("staff.disable")
        assert event.actor_name == "Mona Berg" and f"staff {max_.pk}" in event.reason and WHY in event.reason

    def test_refuses_and_nothing_is_done(self, manager: Client, iris: Staff, mona: Staff) -> None:
        self._decide(_fresh(mona), self._proposal(manager, iris), "refuse")
        iris.refresh_from_db()
        assert iris.is_active and StaffProposal.objects.get().approved is False

    def test_who_proposed_can_not_approve_but_can_take_it_back(self, manager: Client, iris: Staff) -> None:
        proposal = self._proposal(manager, iris)
        assert self._decide(manager, proposal).status_code == 422 and Staff.objects.get(pk=iris.pk).is_active
        assert self._decide(manager, proposal, "refuse").status_code == 302

    def test_the_person_concerned_can_not_decide(self, manager: Client, mona: Staff, site: Site) -> None:
        manager.post(f"/staff/{mona.uuid}/", _duties_form(mona, site, roles=["manager", "auditor"]))
        hers = _fresh(mona)
        assert self._decide(hers, StaffProposal.objects.get()).status_code == 422
        assert Staff.objects.get(pk=mona.pk).roles == ["manager"]

    def test_decides_once(self, manager: Client, iris: Staff, mona: Staff) -> None:
        proposal, hers = self._proposal(manager, iris), _fresh(mona)
        self._decide(hers, proposal)
        assert self._decide(hers, proposal, "refuse").status_code == 404
        with pytest.raises(staffing.AlreadyDecided):
            staffing.decide(proposal=proposal, approve=True, by=Actor.of_staff(mona), at=AT)

    def test_the_same_act_is_not_proposed_twice(self, manager: Client, iris: Staff) -> None:
        self._proposal(manager, iris)
        answer = _act(manager, "disable", iris)
        assert answer.status_code == 422 and b"waits for a second manager already" in answer.content

    def test_is_asked_for_the_password_too(self, manager: Client, iris: Staff, mona: Staff, clock: Any) -> None:
        proposal, hers = self._proposal(manager, iris), _fresh(mona)
        clock.shift(301)
        assert self._decide(hers, proposal)["Location"].startswith("/accounts/reauthenticate/")

    def test_of_another_site_sees_nothing_of_it(self, manager: Client, iris: Staff, mona: Staff, other_site: Site) -> None:
        proposal = self._proposal(manager, iris)
        mona.sites.set([other_site])
        assert self._decide(_fresh(mona), proposal).status_code == 404

    def test_a_decision_that_is_none_is_refused(self, manager: Client, iris: Staff, mona: Staff) -> None:
        proposal = self._proposal(manager, iris)
        assert self._decide(_fresh(mona), proposal, "maybe").status_code == 422 and StaffProposal.objects.get().decided_at is None


class TestTheLastManager:
    """There is always one left."""

    def test_can_not_be_reached_by_anybody(self, manager: Client, max_: Staff, mona: Staff, site: Site) -> None:
        hers = _fresh(mona)
        _act(manager, "disable", mona)
        assert not is_in(hers) and Staff.objects.get(pk=max_.pk).is_active
        assert _act(manager, "disable", max_).status_code == 422

    def test_a_manager_who_was_disabled_meanwhile_does_nothing(self, max_: Staff, mona: Staff, rosa: Staff) -> None:
        late = Actor.of_staff(mona)
        staffing.act_on(act=StaffAct.DISABLE, staff=mona, reason=WHY, by=Actor.of_staff(max_), at=AT)
        with pytest.raises(staffing.NotAManager):
            staffing.act_on(act=StaffAct.DISABLE, staff=rosa, reason=WHY, by=late, at=AT)
        with pytest.raises(staffing.NotAManager):
            staffing.act_on(act=StaffAct.DISABLE, staff=max_, reason=WHY, by=late, at=AT)

    @pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK, Role.AUDITOR])
    def test_nobody_else_acts_on_accounts(self, rosa: Staff, amara: Staff, role: Role) -> None:
        amara.roles = [role.value]
        amara.save()
        with pytest.raises(staffing.NotAManager):
            staffing.act_on(act=StaffAct.DISABLE, staff=rosa, reason=WHY, by=Actor.of_staff(amara), at=AT)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_managers_who_disable_each_other_at_once_leave_one(max_: Staff, mona: Staff) -> None:
    gate, refused = threading.Barrier(2), []

    def strike(by: Staff, at_whom: Staff) -> None:
        actor = Actor.of_staff(by)
        gate.wait()
        try:
            staffing.act_on(act=StaffAct.DISABLE, staff=at_whom, reason=WHY, by=actor, at=AT)
        except staffing.NotAManager:
            refused.append(by.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=strike, args=pair) for pair in ((max_, mona), (mona, max_))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1 and Staff.objects.filter(is_active=True, roles=["manager"]).count() == 1


class TestAccessReview:
    """R24."""

    def test_names_everybody_with_roles_sites_factor_and_last_sign_in(self, manager: Client, amara: Staff, rosa: Staff, stranger: Staff) -> None:
        Staff.objects.filter(pk=rosa.pk).update(is_active=False, name="=cmd|' /C calc'!A0")
        answer = manager.get("/staff/access-review.csv")
        rows = list(csv.reader(io.StringIO(answer.content.decode())))
        assert rows == [
            ["name", "e-mail", "roles", "sites", "second factor", "last sign-in", "active"],
            ["Dr Amara Osei", "amara@riverside.example", "clinician", "Harley site", "no", "never", "yes"],
            ["Max Brandt", "max@riverside.example", "manager", "Harley site", "no", "2026-11-24T09:00+00:00", "yes"],
            ["'=cmd|' /C calc'!A0", "rosa@riverside.example", "front_desk", "Harley site", "no", "never", "no"],
        ]
        assert answer["Content-Disposition"] == 'attachment; filename="access-review.csv"' and _event("staff.access_review").allowed

    def test_a_fresh_database_has_no_account(self) -> None:
        assert not Staff.objects.exists()

    def test_there_is_no_way_to_delete_an_account(self) -> None:
        from tests.house.walker import pages

        found = [page.name for page in pages() if "delete" in page.name or "remove" in page.name]
        assert set(found) == {  # time away, a shift, a step of a draft, own settings: none is an account
            "appointments:remove_absence", "aftercare:remove_shift", "aftercare:remove_step", "treatments:remove_annotation", "treatments:remove_preset",
        }  # fmt: skip


def test_duties_survive_the_wait_of_a_proposal() -> None:
    duties = Duties("Nia", "Dr", ("auditor", "clinician"), (3, 9), "nurse", True, date(2027, 1, 31))
    assert Duties.of_json(duties.as_json()) == duties
    assert Duties.of_json(Duties("Nia", "", (), ()).as_json()) == Duties("Nia", "", (), ())

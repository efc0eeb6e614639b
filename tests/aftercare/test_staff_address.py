"""A colleague's address that bounces: alerts still go, a manager is told, and no patient's name is tied to it (J6, MESSAGES.md)."""

from datetime import timedelta

import pytest
from django.test import Client

from aftercare import selectors, services
from aftercare.models import Concern, OnCallShift
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff, Suppression
from clinic.outbox import alarms, events
from clinic.outbox.events import Said
from clinic.outbox.states import Delivery
from clinic.smtp import Outcome
from tests.aftercare.make import ENDED, TASK, make_plan, make_response
from tests.aftercare.test_views import SignIn
from tests.clinic.outbox_make import FakeRelay, drain, fresh

pytestmark = pytest.mark.django_db
LATER = ENDED + timedelta(hours=25)
ADDRESS = "amara@riverside.example"


@pytest.fixture
def concern(site: Site, amara: Staff) -> Concern:
    """Pus after a day; its mail to Amara has gone."""
    Staff.objects.filter(pk=amara.pk).update(email=ADDRESS)
    make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=LATER, discharge="pus")
    drain(FakeRelay(), at=LATER)
    return Concern.objects.get()


def _bounce(word: Delivery = Delivery.BOUNCED) -> None:
    row = OutboxMessage.objects.filter(kind="concern_alert").latest("pk")
    assert events.record(fresh(row), Said(word, row.recipient, "bounce", "5.2.1"), at=LATER)


def _states() -> list[str]:
    return list(OutboxMessage.objects.filter(kind="concern_alert").order_by("pk").values_list("state", flat=True))


def _escalate(concern: Concern) -> None:
    at = LATER + timedelta(minutes=31)
    assert services.escalate_concern(concern=concern, by=TASK, at=at)
    drain(FakeRelay(), at=at)


@pytest.mark.parametrize("word", [Delivery.BOUNCED, Delivery.COMPLAINED])
def test_the_next_alert_goes_all_the_same(concern: Concern, word: Delivery) -> None:
    _bounce(word)
    _escalate(concern)
    assert _states() == ["sent", "sent"]


def test_so_does_the_mail_to_sign_in(concern: Concern, client: Client) -> None:
    _bounce()
    client.post("/accounts/password/reset/", {"email": ADDRESS})
    row = OutboxMessage.objects.get(scope="account")
    drain(FakeRelay(), at=row.send_after)
    assert fresh(row).state == "sent"


def test_an_address_refused_at_the_door_is_tried_again_too(site: Site, amara: Staff) -> None:
    make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=LATER, discharge="pus")
    relay = FakeRelay()
    relay.answers[amara.email] = Outcome("bad_address", 550, "the address was refused with 550")
    drain(relay, at=LATER)
    _escalate(Concern.objects.get())
    assert _states() == ["failed", "sent"] and Suppression.objects.get().patient_uuid is None


def test_no_patient_is_tied_to_it_and_none_is_listed(concern: Concern, rosa: Staff) -> None:
    _bounce()
    assert Suppression.objects.get().patient_uuid is None
    assert selectors.unreached(Actor.of_staff(rosa)) == []


def test_an_alarm_rings_until_a_manager_has_mended_it(concern: Concern, max_: Staff, client_as: SignIn) -> None:
    assert "staff_address" not in {alarm.name for alarm in alarms.alarms()}
    _bounce()
    assert "staff_address" in {alarm.name for alarm in alarms.alarms()}
    manager, who = client_as(max_), Staff.objects.get(email=ADDRESS)
    page = manager.get("/aftercare/messages/").content.decode()
    assert "Mail does not reach these colleagues" in page and ADDRESS in page
    assert f"/staff/{who.uuid}/" in page and "mail came back" in manager.get(f"/staff/{who.uuid}/").content.decode()
    done = manager.post(f"/staff/{who.uuid}/address-works/", follow=True)
    assert "Mail counts as arriving at this address again." in done.content.decode()
    row = Suppression.objects.get()
    assert row.lifted_at is not None and row.handled_by == max_.display_name
    assert "staff_address" not in {alarm.name for alarm in alarms.alarms()}
    assert manager.post(f"/staff/{who.uuid}/address-works/").status_code == 302 and Suppression.objects.count() == 1


def test_only_managers_see_and_lift_it(concern: Concern, rosa: Staff, okoro: Staff, client_as: SignIn) -> None:
    _bounce()
    who = Staff.objects.get(email=ADDRESS)
    for other in (rosa, okoro):
        client = client_as(other)
        assert "colleagues" not in client.get("/aftercare/messages/").content.decode()
        assert client.post(f"/staff/{who.uuid}/address-works/").status_code == 403


def test_no_alarm_for_somebody_who_may_not_sign_in(concern: Concern) -> None:
    _bounce()
    Staff.objects.filter(email=ADDRESS).update(is_active=False)
    assert "staff_address" not in {alarm.name for alarm in alarms.alarms()}


def test_an_alert_to_an_address_known_to_fail_goes_to_the_others_too(site: Site, amara: Staff, okoro: Staff) -> None:
    OnCallShift.objects.create(site=site, staff=amara, starts_at=ENDED, ends_at=ENDED + timedelta(days=3))
    Suppression.objects.create(address=amara.email.lower(), reason="mail came back 5.2.1", kind="bounced")
    make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=LATER, discharge="pus")
    assert set(OutboxMessage.objects.filter(kind="concern_alert").values_list("recipient", flat=True)) == {amara.email, okoro.email}


class TestSharedAddress:
    """Two patients with one address: both are listed, and lifting it for one lifts it for both."""

    def test_both_are_listed(self, site: Site, amara: Staff, rosa: Staff) -> None:
        first = make_plan(site, amara, email="family@patient.example").patient
        second = make_plan(site, amara, email="Family@patient.example", given_name="Tom").patient
        Suppression.objects.create(address="family@patient.example", patient_uuid=first.uuid, reason="mail came back", kind="bounced")
        listed = selectors.unreached(Actor.of_staff(rosa))
        assert {patient.pk for _row, patient in listed} == {first.pk, second.pk}
        services.lift_address(pk=listed[0][0].pk, patient=second, by=Actor.of_staff(rosa), at=LATER)
        assert selectors.unreached(Actor.of_staff(rosa)) == []

    def test_one_found_by_a_colleague_s_mail_is_listed_for_the_patient_who_has_it(self, concern: Concern, site: Site, rosa: Staff) -> None:
        patient = concern.patient
        type(patient).objects.filter(pk=patient.pk).update(email=ADDRESS)
        _bounce()
        assert [who.pk for _row, who in selectors.unreached(Actor.of_staff(rosa))] == [patient.pk]

"""An address, or consent, that comes while a message is still of use: another takes the place of the one that could not go."""

from datetime import datetime, timedelta

import pytest
import time_machine

from aftercare import services, tasks
from aftercare.emails import messages_to_plan_again
from aftercare.models import CallTask, Plan
from clinic.audit import Actor
from clinic.models import Link, OutboxMessage, Site, Staff, Suppression
from clinic.outbox import events
from clinic.outbox.events import Said
from clinic.outbox.states import Delivery
from clinic.smtp import Outcome
from patients import services as people
from patients.models import Patient
from patients.services import choose_mail
from patients.services.people import PersonData, change_patient, invite_to_intake
from tests.aftercare.make import ENDED, TASK, make_patient, make_plan, make_response, make_session
from tests.clinic.outbox_make import FakeRelay, drain

pytestmark = pytest.mark.django_db
BAD = Outcome("bad_address", 550, "the address was refused with 550")
HOUR = timedelta(hours=1)


def give(patient: Patient, email: str, *, at: datetime) -> None:
    """The desk types an address."""
    patient.refresh_from_db()
    data = {name: getattr(patient, name) for name in PersonData.__dataclass_fields__} | {"email": email}
    change_patient(patient=patient, data=PersonData(**data), by=TASK, at=at)


def look(at: datetime) -> None:
    """The sweeps of that minute, twice."""
    with time_machine.travel(at, tick=False):
        for _again in range(2):
            tasks.plan_ended_sessions()
            tasks.remind_missed_check_ins()


def states(plan: Plan, code: str) -> list[tuple[str, str]]:
    rows = OutboxMessage.objects.filter(planned_message__plan=plan, planned_message__code=code).order_by("planned_message__occurrence")
    return [(row.key.rpartition(":")[2], row.state) for row in rows]


def test_instructions_go_to_the_address_that_comes_on_the_day(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara, email="")
    relay = FakeRelay()
    drain(relay, at=ENDED + HOUR)
    look(ENDED + 2 * HOUR)
    assert states(plan, "instructions") == [("0", "skipped")]
    give(plan.patient, "new@patient.example", at=ENDED + 3 * HOUR)
    look(ENDED + 3 * HOUR)
    drain(relay, at=ENDED + 3 * HOUR)
    assert states(plan, "instructions") == [("0", "skipped"), ("1", "sent")]
    assert relay.asked == ["new@patient.example"]
    row = OutboxMessage.objects.get(key=f"aftercare:{plan.session.uuid}:instructions:1")
    assert row.moves.order_by("pk")[0].reason == "an address or consent came"
    assert row.expires_at == ENDED + timedelta(hours=72)


def test_consent_that_comes_later_does_the_same(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara, mail_mode="none")
    drain(FakeRelay(), at=ENDED + HOUR)
    choose_mail(patient=plan.patient, mail_mode="neutral", invitations=True, language="en", by=TASK, at=ENDED + 2 * HOUR)
    look(ENDED + 2 * HOUR)
    assert states(plan, "instructions") == [("0", "skipped"), ("1", "planned")]


def test_an_address_that_was_refused_and_is_corrected(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara, email="typo@patient.example")
    relay = FakeRelay()
    relay.answers["typo@patient.example"] = BAD
    drain(relay, at=ENDED + HOUR)
    look(ENDED + HOUR)
    assert states(plan, "instructions") == [("0", "failed")]
    give(plan.patient, "right@patient.example", at=ENDED + 2 * HOUR)
    look(ENDED + 2 * HOUR)
    drain(relay, at=ENDED + 2 * HOUR)
    assert states(plan, "instructions") == [("0", "failed"), ("1", "sent")]


def says(plan: Plan, code: str, event: Delivery, *, at: datetime, status: str = "5.1.1") -> None:
    """What is said of the newest message of this step after it left."""
    row = OutboxMessage.objects.filter(planned_message__plan=plan, planned_message__code=code).latest("pk")
    assert row.state == "sent" and events.record(row, Said(event, row.recipient, "bounce", status), at=at)


def test_one_that_came_back_is_as_good_as_refused(site: Site, amara: Staff) -> None:
    """A relay takes the mail, and says an hour later that there is no such address."""
    plan = make_plan(site, amara, email="typo@patient.example")
    relay = FakeRelay()
    drain(relay, at=ENDED + HOUR)
    says(plan, "instructions", Delivery.BOUNCED, at=ENDED + HOUR)
    look(ENDED + HOUR)
    assert states(plan, "instructions") == [("0", "sent")]  # the address is still the same: nothing goes there
    give(plan.patient, "right@patient.example", at=ENDED + 2 * HOUR)
    look(ENDED + 2 * HOUR)
    drain(relay, at=ENDED + 2 * HOUR)
    assert states(plan, "instructions") == [("0", "sent"), ("1", "sent")] and relay.asked[1:] == ["right@patient.example"]
    give(plan.patient, "third@patient.example", at=ENDED + 3 * HOUR)
    look(ENDED + 3 * HOUR)
    assert len(states(plan, "instructions")) == 2  # the second address took it


@pytest.mark.parametrize("said", [[Delivery.SOFT], [Delivery.DEFERRED], [Delivery.BOUNCED, Delivery.DELIVERED], [Delivery.DELIVERED], [Delivery.BOUNCED, Delivery.COMPLAINED]])
def test_not_for_a_full_mailbox_a_delay_or_one_that_arrived_after_all(said: list[Delivery], site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    drain(FakeRelay(), at=ENDED + HOUR)
    for minutes, event in enumerate(said):
        says(plan, "instructions", event, at=ENDED + HOUR + timedelta(minutes=minutes), status="")
    give(plan.patient, "right@patient.example", at=ENDED + 2 * HOUR)
    look(ENDED + 2 * HOUR)
    assert states(plan, "instructions") == [("0", "sent")]


def test_one_that_bounced_after_it_was_said_to_be_delivered_did_not_arrive(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    drain(FakeRelay(), at=ENDED + HOUR)
    for minutes, event in enumerate((Delivery.DELIVERED, Delivery.BOUNCED)):
        says(plan, "instructions", event, at=ENDED + HOUR + timedelta(minutes=minutes))
    give(plan.patient, "right@patient.example", at=ENDED + 2 * HOUR)
    look(ENDED + 2 * HOUR)
    assert states(plan, "instructions") == [("0", "sent"), ("1", "planned")]


def test_the_desk_phones_at_once_about_a_check_in_that_came_back(site: Site, amara: Staff) -> None:
    """Day 7 has no hours of a call: without one nobody would ask at all."""
    plan = make_plan(site, amara)
    at = ENDED + timedelta(days=7)
    for days in range(8):
        drain(FakeRelay(), at=ENDED + timedelta(days=days))
    look(at)
    assert not CallTask.objects.filter(check_in__code="check_day7").exists()
    says(plan, "check_day7", Delivery.BOUNCED, at=at)
    look(at)
    task = CallTask.objects.get(check_in__code="check_day7")
    assert task.reason == "no_mail" and task.check_in.reminded_at is None


def test_no_call_and_no_second_mail_for_a_check_in_that_only_waits(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    at = ENDED + timedelta(days=7)
    for days in range(8):
        drain(FakeRelay(), at=ENDED + timedelta(days=days))
    says(plan, "check_day7", Delivery.SOFT, at=at, status="4.2.2")
    look(at)
    assert not CallTask.objects.filter(check_in__code="check_day7").exists()


def test_an_address_that_works_again(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    gone = Suppression.objects.create(address=plan.patient.email, patient_uuid=plan.patient.uuid, reason="bounced")
    drain(FakeRelay(), at=ENDED + HOUR)
    look(ENDED + HOUR)
    assert states(plan, "instructions") == [("0", "skipped")]
    services.lift_address(pk=gone.pk, patient=plan.patient, by=Actor.of_staff(amara), at=ENDED + 2 * HOUR)
    look(ENDED + 2 * HOUR)
    assert states(plan, "instructions") == [("0", "skipped"), ("1", "planned")]


def test_what_is_too_late_stays_as_it_ended_and_what_is_not_goes_in_order(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara, email="")
    for hours in (1, 25, 49):
        drain(FakeRelay(), at=ENDED + hours * HOUR)
    at = ENDED + 50 * HOUR  # the 24 h check-in was of use for 20 hours, the instructions are for 72
    give(plan.patient, "new@patient.example", at=at)
    look(at)
    assert states(plan, "check_24h") == [("0", "skipped")]
    assert states(plan, "instructions")[1:] == [("1", "planned")] and states(plan, "check_48h")[1:] == [("1", "planned")]
    relay = FakeRelay()
    for minutes in range(3):
        drain(relay, at=at + timedelta(minutes=2 * minutes))
    assert relay.mails[0]["Subject"].partition(": ")[2] == "information after your visit" and len(relay.mails) == 2


def test_a_check_in_that_the_desk_has_phoned_about_is_not_asked_again(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara, email="")
    at = ENDED + 25 * HOUR
    drain(FakeRelay(), at=at)
    look(at)
    task = CallTask.objects.get(check_in__code="check_24h")
    services.finish_call(task=task, result="fine", by=Actor.of_staff(amara), at=at)
    give(plan.patient, "new@patient.example", at=at + HOUR)
    look(at + HOUR)
    assert states(plan, "check_24h") == [("0", "skipped")]


def test_one_whose_call_still_waits_is_asked_by_mail_too_and_its_call_stays(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara, email="")
    at = ENDED + 25 * HOUR
    drain(FakeRelay(), at=at)
    look(at)
    give(plan.patient, "new@patient.example", at=at + HOUR)
    look(at + HOUR)
    drain(FakeRelay(), at=at + HOUR + timedelta(minutes=2))
    drain(FakeRelay(), at=at + HOUR + timedelta(minutes=5))
    assert states(plan, "check_24h")[-1] == ("1", "sent") and CallTask.objects.get(check_in__code="check_24h").done_at is None
    asked = plan.check_ins.get(code="check_24h")
    assert asked.message.occurrence == 1
    make_response(asked, at=at + 2 * HOUR)


def test_nothing_for_who_died_asked_not_to_be_contacted_or_is_in_a_later_plan(site: Site, amara: Staff) -> None:
    for fields in ({"deceased_on": ENDED.date()}, {"do_not_contact": True}):
        plan = make_plan(site, amara, email="", **fields)
        drain(FakeRelay(), at=ENDED + HOUR)
        Patient.objects.filter(pk=plan.patient_id).update(email=f"p{plan.pk}@patient.example")
    plan = make_plan(site, amara, email="")
    drain(FakeRelay(), at=ENDED + HOUR)
    session = make_session(plan.session.course, amara, ended_at=ENDED + 2 * HOUR, number=2)
    services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED + 2 * HOUR)
    Patient.objects.filter(pk=plan.patient_id).update(email="q@patient.example")
    assert [message.plan_id for message in messages_to_plan_again(ENDED + 3 * HOUR)] == []


class TestLinks:
    def _states(self, patient: Patient) -> list[tuple[str, str]]:
        rows = OutboxMessage.objects.filter(patient_uuid=patient.uuid, kind="intake_invitation").order_by("pk")
        return [(row.key.partition("~")[2], row.state) for row in rows]

    def test_the_intake_link_goes_to_the_first_address(self, site: Site) -> None:
        patient = make_patient(site, email="")
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        assert self._states(patient) == [("", "skipped")]
        give(patient, "new@patient.example", at=ENDED + HOUR)
        give(patient, "new@patient.example", at=ENDED + 2 * HOUR)
        assert self._states(patient) == [("", "skipped"), ("1", "planned")]
        relay = FakeRelay()
        drain(relay, at=ENDED + 2 * HOUR)
        assert relay.asked == ["new@patient.example"]

    def test_a_refused_address_that_is_corrected_gets_a_new_link(self, site: Site) -> None:
        """The old one was sent to somebody else's mailbox, or none: it does not open any more (R37)."""
        patient = make_patient(site, email="typo@patient.example")
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        relay = FakeRelay()
        relay.answers["typo@patient.example"] = BAD
        drain(relay, at=ENDED + timedelta(minutes=1))
        give(patient, "right@patient.example", at=ENDED + HOUR)
        drain(relay, at=ENDED + HOUR)
        assert [state for _key, state in self._states(patient)] == ["failed", "sent"]
        assert Link.objects.filter(purpose="intake", revoked_at=None).count() == 1

    def test_one_that_came_back_gets_a_new_link_too(self, site: Site) -> None:
        patient = make_patient(site, email="typo@patient.example")
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        relay = FakeRelay()
        drain(relay, at=ENDED + timedelta(minutes=1))
        row = OutboxMessage.objects.get(patient_uuid=patient.uuid, kind="intake_invitation")
        assert events.record(row, Said(Delivery.BOUNCED, "typo@patient.example", "bounce", "5.1.1"), at=ENDED + timedelta(minutes=2))
        give(patient, "right@patient.example", at=ENDED + HOUR)
        drain(relay, at=ENDED + HOUR)
        assert [state for _key, state in self._states(patient)] == ["sent", "sent"] and relay.asked[1:] == ["right@patient.example"]
        assert Link.objects.filter(purpose="intake", revoked_at=None).count() == 1
        give(patient, "third@patient.example", at=ENDED + 2 * HOUR)
        assert len(self._states(patient)) == 2

    def test_one_that_arrived_is_not_sent_again(self, site: Site) -> None:
        """Who changes the address asks for the questions: a link that arrived was another mailbox's."""
        patient = make_patient(site)
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        drain(FakeRelay(), at=ENDED + timedelta(minutes=1))
        give(patient, "right@patient.example", at=ENDED + HOUR)
        assert [state for _key, state in self._states(patient)] == ["sent"]

    def test_not_after_the_link_is_over_nor_when_another_was_sent(self, site: Site) -> None:
        patient = make_patient(site, email="")
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        invite_to_intake(patient=patient, by=TASK, at=ENDED + HOUR)
        give(patient, "new@patient.example", at=ENDED + 2 * HOUR)
        assert [state for _key, state in self._states(patient)] == ["skipped", "skipped", "planned"]
        other = make_patient(site, email="")
        invite_to_intake(patient=other, by=TASK, at=ENDED)
        give(other, "other@patient.example", at=ENDED + timedelta(days=15))
        assert [state for _key, state in self._states(other)] == ["skipped"]

    def _answer(self, patient: Patient, at: datetime) -> None:
        """At the clinic, on the tablet or read out by the desk: the link stays as it is."""
        draft = people.open_draft(patient=patient, by=TASK, at=at)
        draft = people.save_intake_page(intake=draft, page="sun", answers={"fitzpatrick": "II", "pregnancy": "no"}, drop=set(), by=TASK, at=at)
        people.submit_intake(intake=draft, by=TASK, at=at, today=patient.site.today(at))

    @pytest.mark.parametrize("first", ["", "typo@patient.example"])
    def test_nobody_is_asked_what_was_answered_at_the_clinic_meanwhile(self, site: Site, first: str) -> None:
        """Neither by the old link, nor by a new one in the place of one that went to a wrong address."""
        patient = make_patient(site, email=first)
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        relay = FakeRelay()
        relay.answers["typo@patient.example"] = BAD
        drain(relay, at=ENDED + timedelta(minutes=1))
        self._answer(patient, ENDED + HOUR)
        give(patient, "new@patient.example", at=ENDED + 2 * HOUR)
        drain(relay, at=ENDED + 2 * HOUR)
        assert [state for _key, state in self._states(patient)] == ["failed" if first else "skipped"] and "new@patient.example" not in relay.asked

    def test_an_invitation_that_waits_is_asked_again_when_it_is_due(self, site: Site) -> None:
        patient = make_patient(site)
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        self._answer(patient, ENDED + timedelta(seconds=30))
        relay = FakeRelay()
        drain(relay, at=ENDED + HOUR)
        row = OutboxMessage.objects.get(patient_uuid=patient.uuid, kind="intake_invitation")
        assert (row.state, row.reason, relay.asked) == ("skipped", "the questions have been answered since", [])

    def test_who_is_asked_anew_after_the_answers_gets_the_invitation(self, site: Site, amara: Staff) -> None:
        """And what a clinician amends in the old answers doesn't stop it."""
        patient = make_patient(site)
        self._answer(patient, ENDED - HOUR)
        invite_to_intake(patient=patient, by=TASK, at=ENDED)
        people.amend_answers(
            patient=patient, changes={"keloid": "unsure"}, source="a letter", staff=amara, by=TASK, at=ENDED + timedelta(seconds=30), today=site.today(ENDED)
        )
        relay = FakeRelay()
        drain(relay, at=ENDED + HOUR)
        assert relay.asked == [patient.email]

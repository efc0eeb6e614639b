"""An address, or consent to mail, that comes after the booking: what is planned goes; until then the timeline says why it would not."""

from datetime import timedelta
from unittest import mock

import pytest

from aftercare.selectors import message_timeline
from appointments.models import VisitType
from clinic.audit import Actor
from clinic.models import Link, OutboxMessage, Site, Staff
from clinic.outbox import deliver
from patients.models import Patient
from patients.services import choose_mail
from patients.services.people import PersonData, change_patient
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from tests.clinic.outbox_make import FakeRelay

DUE = at_hour(11, days=8) + timedelta(minutes=1)


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


def reminder() -> OutboxMessage:
    return OutboxMessage.objects.get(kind="appointment_reminder")


def give_address(patient: Patient, email: str) -> None:
    data = {name: getattr(patient, name) for name in PersonData.__dataclass_fields__} | {"email": email}
    change_patient(patient=patient, data=PersonData(**data), by=DESK, at=NOW + timedelta(hours=1))


@pytest.mark.django_db
class TestLateAddress:
    """Asked when it is due, not when it is planned."""

    def test_the_reminder_goes_to_the_address_that_came_later(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site, email="")
        make_visit(patient, needling, amara, at_hour(11, days=10))
        give_address(patient, "new@patient.example")
        relay = FakeRelay()
        with mock.patch.object(deliver, "open_carrier", relay):
            deliver.drain(at=DUE)
        assert (reminder().state, reminder().recipient) == ("sent", "new@patient.example")

    def test_the_reminder_goes_once_mail_is_wanted(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site, mail_mode="none")
        make_visit(patient, needling, amara, at_hour(11, days=10))
        choose_mail(patient=patient, mail_mode="neutral", invitations=True, language="en", by=DESK, at=NOW + timedelta(hours=1))
        with mock.patch.object(deliver, "open_carrier", FakeRelay()):
            deliver.drain(at=DUE)
        assert reminder().state == "sent"

    @pytest.mark.parametrize(("fields", "reason"), [({"email": ""}, "no e-mail address"), ({"mail_mode": "none"}, "please phone")])
    def test_without_either_it_is_skipped_when_due_and_the_reason_stands_there_before(
        self, site: Site, amara: Staff, needling: VisitType, fields: dict[str, str], reason: str
    ) -> None:
        patient = make_clear(site, **fields)
        make_visit(patient, needling, amara, at_hour(11, days=10))
        lines = message_timeline(patient, actor=Actor.of_staff(amara), now=NOW)
        assert {line.message.state for line in lines} == {"planned"} and all(reason in line.reason for line in lines)
        with mock.patch.object(deliver, "open_carrier", FakeRelay()):
            deliver.drain(at=DUE)
        assert reminder().state == "skipped" and reason in reminder().reason

    def test_a_first_address_revokes_nothing_a_changed_one_does(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site, email="")
        make_visit(patient, needling, amara, at_hour(11, days=10))
        give_address(patient, "new@patient.example")
        assert not Link.objects.exclude(revoked_at=None).exists()
        patient.refresh_from_db()
        give_address(patient, "other@patient.example")
        assert Link.objects.get(purpose="appointment").revoked_reason == "e-mail address changed"


@pytest.mark.django_db
def test_open_links_speak_the_language_that_the_patient_chooses(site: Site, amara: Staff, needling: VisitType) -> None:
    patient = make_clear(site, language="en")
    make_visit(patient, needling, amara, at_hour(11, days=10))
    choose_mail(patient=patient, mail_mode="full", invitations=True, language="es", by=DESK, at=NOW)
    assert set(Link.objects.values_list("language", flat=True)) == {"es"}
    assert set(OutboxMessage.objects.filter(state="planned").values_list("language", flat=True)) == {"es"}

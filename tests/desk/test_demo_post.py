"""What the demo's post brings back can be seen and mended by those who would."""

import io
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command

from clinic.audit import Actor
from clinic.models import Staff, Suppression
from clinic.outbox.suppress import arrives
from desk.demo import cast
from patients import selectors
from patients.models import Patient

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)


def test_a_link_is_locked_and_two_addresses_fail() -> None:
    with time_machine.travel(AT, tick=False):
        call_command("seed_demo", patients=60, seed=7, verbosity=0, stdout=io.StringIO())
        rosa = Actor.of_staff(Staff.objects.get(email="rosa@demo.example"))
        line, patient = selectors.locked_links(rosa, AT)[0]
        assert line.locked and line.waits and line.link.purpose == "intake"
        assert selectors.locked_count(rosa, AT) == 1 and not patient.intakes.exists()
        failing = Suppression.objects.filter(lifted_at=None)
        colleague = failing.get(patient_uuid=None)
        assert colleague.address in {address for address, *_rest in cast.STAFF}
        theirs = Patient.objects.get(uuid__in=failing.exclude(patient_uuid=None).values("patient_uuid"))
        assert not arrives([theirs.email])

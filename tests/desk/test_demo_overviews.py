"""Every patient of the demo has an overview that opens, every session its record: they hold each kind of thing that a clinic writes down."""

import io
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from clinic.models import Staff
from patients.models import Patient
from treatments.models import TreatmentSession

pytestmark = pytest.mark.django_db


def test_each_opens_for_a_clinician(client_as: Callable[[Staff], Client]) -> None:
    call_command("seed_demo", patients=60, verbosity=0, stdout=io.StringIO())
    client = client_as(Staff.objects.get(email="amara@demo.example"))
    assert [s.pk for s in TreatmentSession.objects.all() if client.get(f"/treatments/sessions/{s.uuid}/").status_code != 200] == []
    assert [patient.number for patient in Patient.objects.all() if client.get(f"/patients/{patient.uuid}/").status_code != 200] == []

"""Every patient of the demo has an overview that opens: its timeline holds each kind of thing that the clinic writes down."""

import io
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from clinic.models import Staff
from patients.models import Patient

pytestmark = pytest.mark.django_db


def test_each_opens_for_a_clinician(client_as: Callable[[Staff], Client]) -> None:
    call_command("seed_demo", patients=120, verbosity=0, stdout=io.StringIO())
    client = client_as(Staff.objects.get(email="amara@demo.example"))
    assert [patient.number for patient in Patient.objects.all() if client.get(f"/patients/{patient.uuid}/").status_code != 200] == []

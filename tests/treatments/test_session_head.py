"""What stands above the record at the chair: allergies are “none declared” only where they were asked."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Site, Staff
from patients.models import Intake
from tests.treatments.make import DAY, make_draft, make_ready

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]


@pytest.mark.parametrize(
    ("answers", "drop", "words"),
    [
        ({"allergies": [], "metal_allergy": "none"}, False, "none declared"),
        ({"allergies": [], "metal_allergy": "nickel"}, False, "nickel"),
        ({}, True, "not asked yet"),
    ],
)
def test_none_is_said_only_of_whom_was_asked(site: Site, amara: Staff, client_as: SignIn, answers: dict[str, Any], drop: bool, words: str) -> None:
    patient = make_ready(site, **answers)
    if drop:
        intake = Intake.objects.get(patient=patient)
        Intake.objects.filter(pk=intake.pk).update(
            answers={key: value for key, value in intake.answers.items() if key not in ("allergies", "metal_allergy")}, pages_done=[]
        )
    record = make_draft(site, amara, patient=patient)
    with time_machine.travel(DAY, tick=False):
        page = client_as(amara).get(reverse("treatments:session", args=[record.uuid])).text
    line = re.sub(r"<[^>]+>", "", page[page.index("Allergies:") : page.index("Allergies:") + 300].split("</span>")[0])
    assert line == f"Allergies: {words}"

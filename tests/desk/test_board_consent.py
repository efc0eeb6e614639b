"""The board says of each visit whether consent is missing, or was given to a text that is not in force any more."""

from datetime import timedelta

import pytest

from clinic.audit import Actor
from clinic.models import Site, Staff
from desk import selectors
from patients import selectors as people
from patients.models import Patient
from patients.services import publish_consent_text, sign_consent, withdraw_consent
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit


def publish(version: str, *, days_ago: int) -> object:
    return publish_consent_text(
        version=version, language="en", text=f"Words of {version}.", procedures=["scalp_microneedling"], off_label=True, by=DESK, at=NOW - timedelta(days=days_ago)
    )


def missing(site: Site, actor: Staff, patient: Patient) -> list[str]:
    board = selectors.board(site, NOW.date(), actor=Actor.of_staff(actor), at=NOW)
    lines = [line for _code, _words, group in board.groups for line in group if line.visit.patient_id == patient.pk]
    return [str(one.words) for one in lines[0].missing]


@pytest.mark.django_db
def test_missing_signed_outdated_withdrawn(site: Site, amara: Staff) -> None:
    needling = make_clinic(site, amara)
    patient = make_clear(site)
    patient.consents.all().delete()
    make_visit(patient, needling, amara, at_hour(15, days=0))
    assert "consent" in missing(site, amara, patient) and people.consent_codes([patient.pk]) == {}
    text = publish("t1", days_ago=0)
    consent = sign_consent(patient=patient, text=text, signed_name="O M", off_label_understood=True, photos=False, by=DESK, at=NOW)  # type: ignore[arg-type]
    assert not [words for words in missing(site, amara, patient) if "consent" in words]
    publish("t2", days_ago=0)
    assert "consent to the new text" in missing(site, amara, patient)
    assert people.consent_codes([patient.pk]) == {patient.pk: people.consent_state(patient).code} == {patient.pk: "outdated"}
    withdraw_consent(consent=consent, reason="x", by=DESK, at=NOW)
    assert "consent" in missing(site, amara, patient) and people.consent_codes([patient.pk]) == {patient.pk: people.consent_state(patient).code}

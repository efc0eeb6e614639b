"""One order of locks for all writes about a patient, so that planning and answering never wait for each other in a ring."""

from patients.models import Patient


def lock_patient(patient_id: int) -> None:
    """Lock the patient's row first, before sessions, plans, check-ins or holds. Rows that only refer to it go on."""
    Patient.objects.select_for_update(no_key=True).only("pk").get(pk=patient_id)

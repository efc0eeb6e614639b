"""Prints one working patient link of each purpose, with the date of birth, as JSON: for screenshots of the demo only."""

import json
import os
import sys
from datetime import timedelta
from typing import Any

import django


def found(at: Any) -> list[tuple[str, Any, Any]]:
    """Purpose, patient and subject uuid."""
    from aftercare.models import CheckIn, Plan
    from appointments.models import Appointment, Recall

    visit = Appointment.objects.filter(starts_at__gt=at + timedelta(days=3), state="booked").select_related("patient__site").order_by("pk")[0]
    recall = Recall.objects.filter(state="due").select_related("patient__site").order_by("-closes_on")[0]
    check_in = CheckIn.objects.filter(response=None, opens_at__lte=at, closes_at__gt=at).select_related("plan__patient__site").order_by("pk").first()
    plan = Plan.objects.select_related("patient__site").order_by("-ended_at")[0]
    rows = [
        ("intake", recall.patient, recall.patient.uuid), ("appointment", visit.patient, visit.uuid), ("rescreen", visit.patient, visit.uuid),
        ("choose_time", recall.patient, recall.patient.uuid), ("aftercare", plan.patient, plan.uuid),
    ]  # fmt: skip
    return rows + ([("check_in", check_in.plan.patient, check_in.uuid)] if check_in else [])


def main() -> int:
    """Refuses anything but the demo."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    from django.utils import timezone

    from clinic import links
    from clinic.audit import Actor
    from clinic.models import Clinic

    if not Clinic.objects.filter(is_demo=True).exists():
        sys.exit("Only for the demo clinic.")
    at, by = timezone.now(), Actor.of_command("shots")
    rows = []
    for purpose, patient, subject in found(at):
        link = links.make_link(
            purpose=purpose, site=patient.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language="en",
            subject_kind=purpose, subject_uuid=subject, expires_at=at + timedelta(days=1), by=by, at=at,
        )  # fmt: skip
        rows.append({"purpose": purpose, "url": links.url_for(links.mint_token(link, at=at)), "birth": patient.birth_on.isoformat()})
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())

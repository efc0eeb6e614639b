"""`python -m tests.journeys.ended '{"email": …, "hours": …}'`: a new patient with one ended, unplanned session, in the running stack's database."""

import json
import os
import sys
from datetime import timedelta

import django


def main() -> None:
    """Prints the patient's and the session's uuid and the date of birth."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    from django.utils import timezone

    from clinic.models import Site, Staff
    from patients.services.people import _next_number
    from tests.aftercare.make import make_course, make_patient, make_session

    given = json.loads(sys.argv[1])
    at, email, hours = timezone.now(), given.pop("email"), given.pop("hours")
    staff = Staff.objects.get(email="amara@demo.example")
    patient = make_patient(Site.objects.get(name="Harley site"), number=_next_number(), email=email, created_at=at, **given)
    session = make_session(make_course(patient, staff), staff, ended_at=at - timedelta(hours=hours))
    print(json.dumps({"patient": str(patient.uuid), "session": str(session.uuid), "born": patient.birth_on.isoformat(), "email": email}))


if __name__ == "__main__":
    main()

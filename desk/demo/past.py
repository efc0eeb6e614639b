"""The visits of the year behind: arrived, shown into a room, done. So the reports of waiting times have something to count."""

import random
from datetime import datetime, timedelta

from appointments.models import Appointment, Room, StatusChange, VisitType
from clinic.models import Site
from treatments.models import TreatmentSession


def past_visits(site: Site, dice: random.Random, at: datetime) -> int:
    """One visit a session, where the clinician was free; most were waiting a few minutes, some long. Returns how many."""
    visit_type, rooms = VisitType.objects.get(code="session"), list(Room.objects.filter(site=site).order_by("pk"))
    rows: list[Appointment] = []
    busy: dict[int, datetime] = {}
    for session in TreatmentSession.objects.filter(site=site, appointment=None, started_at__lt=at - timedelta(days=2)).order_by("started_at", "pk"):
        closed = session.started_at is not None and session.started_at.weekday() == 6
        if session.started_at is None or closed or session.started_at < busy.get(session.operator_id, session.started_at):
            continue
        ends = session.started_at + timedelta(minutes=visit_type.minutes)
        busy[session.operator_id] = ends
        rows.append(
            Appointment(
                patient_id=session.patient_id, site=site, visit_type=visit_type, clinician_id=session.operator_id, room=dice.choice(rooms), session=session,
                starts_at=session.started_at, ends_at=ends, state="done", state_since=ends, booked_at=session.started_at - timedelta(days=21), booked_by="Rosa Delgado",
                in_room_at=session.started_at - timedelta(minutes=dice.randrange(0, 5)),
            )
        )  # fmt: skip
    made = Appointment.objects.bulk_create(rows, batch_size=2000)
    changes = []
    for row in made:
        assert row.in_room_at is not None and row.session is not None
        waited = timedelta(minutes=dice.choice([2, 3, 4, 5, 6, 8, 11, 24]))
        left = (row.session.ended_at or row.ends_at) + timedelta(minutes=dice.randrange(2, 9))
        for when, was, now in ((row.booked_at, "", "booked"), (row.in_room_at - waited, "booked", "arrived"), (row.starts_at, "arrived", "in_session"), (left, "in_session", "done")):
            changes.append(StatusChange(appointment=row, at=when, was=was, now=now, what="state" if was else "booked", by="Rosa Delgado"))
    StatusChange.objects.bulk_create(changes, batch_size=4000)
    return len(made)

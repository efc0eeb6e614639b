"""A simulated clinic year, and an independent recomputation of its mail that finds no difference. `make simulate` for full size."""

import os
import time as clock
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from aftercare.models import CheckInResponse, Concern
from aftercare.states import Level
from appointments.models import Appointment
from clinic.models import MailChoice, OutboxMessage, Site, Staff
from patients.models import Hold, Patient
from tests.simulate.expected import Expectation, Message
from tests.simulate.year import Journal, Year, instant, zones_of
from treatments.models import EnteredInError

FULL = int(os.environ.get("SIMULATE", "0"))
pytestmark = [pytest.mark.django_db(transaction=True)]


def run(amara: Staff, site: Site, *, patients: int, seed: int, tick: timedelta) -> Journal:
    away = Site.objects.create(clinic=site.clinic, name="Hudson site", zone="America/New_York", phone="212 555 0100", emergency_number="911")
    year = Year(
        amara, [site, away], patients=patients, start=instant("2026-03-01" if FULL else "2026-10-20"), end=instant("2027-03-01" if FULL else "2027-04-05"),
        tick=tick, seed=seed,
    )  # fmt: skip
    for zone in zones_of([site, away]):
        offsets = [(year.journal.start + timedelta(days=n)).astimezone(zone).utcoffset() for n in range((year.journal.end - year.journal.start).days)]
        assert sum(a != b for a, b in pairwise(offsets)) >= 2, "both clock changes lie in the year"
    return year.run()


def actual() -> dict[tuple[str, str, str], OutboxMessage]:
    """By session, step and whether it is the reminder, from the outbox's own keys and causes."""
    found = {}
    from aftercare.models import CheckIn, PlannedMessage

    for message in PlannedMessage.objects.select_related("outbox", "plan__session"):
        found[(str(message.plan.session.uuid), message.code, "")] = message.outbox
    checks = {check.uuid: check for check in CheckIn.objects.select_related("plan__session")}
    for row in OutboxMessage.objects.filter(kind="check_in_reminder"):
        check = checks[row.cause_uuid]  # type: ignore[index]
        found[(str(check.plan.session.uuid), check.code, "reminder")] = row
    return found


def differences(expected: list[Message], rows: dict[tuple[str, str, str], OutboxMessage], journal: Journal) -> list[str]:
    """In words. A second mail in the very look in which the address failed may have failed or been skipped."""
    wanted = {(str(m.session), m.code, "reminder" if m.is_reminder else ""): m for m in expected}
    found = [f"missing {key}" for key in wanted.keys() - rows.keys()] + [f"unexpected {key}: {rows[key].state}" for key in rows.keys() - wanted.keys()]
    gone = {message_id: at for at, message_id, _to in journal.sent}
    for key in wanted.keys() & rows.keys():
        message, row = wanted[key], rows[key]
        same = row.state == message.state or {row.state, message.state} == {"failed", "skipped"}
        if not same:
            found.append(f"{key}: should be {message.state}, is {row.state} ({row.reason}); wish {message.wish}, look {message.look}")
        elif message.state == "sent" and (row.sent_at != message.sent or gone.get(row.message_id) != message.sent):
            found.append(f"{key}: should have gone {message.sent}, went {row.sent_at}")
    return found


def test_a_year_of_mail_is_as_the_documents_say(amara: Staff, site: Site) -> None:
    began = clock.monotonic()
    journal = run(amara, site, patients=FULL or 8, seed=11, tick=timedelta(hours=1 if FULL else 6))
    drove = clock.monotonic() - began
    expected, rows = Expectation(journal).all(), actual()
    found = differences(expected, rows, journal)
    states = Counter(message.state for message in expected)
    print(f"\n{FULL or 8} patients, {len(journal.recorded_at)} sessions, {len(expected)} messages {dict(states)}, driven in {drove:.0f} s")
    print(f"{len(journal.bounced)} bounces, {len(journal.refusing)} dead addresses, {Counter(row.reason for row in rows.values() if row.state != 'sent').most_common(14)}")
    assert found == [], f"{len(found)} differences: " + "\n".join(found[:20])
    assert len(set(message_id for _at, message_id, _to in journal.sent)) == len(journal.sent), "nothing twice"
    happened = _what_happened(journal)
    print(happened)
    assert not FULL or FULL < 500 or all(happened.values()), "a year of many patients holds all of it"
    assert states["sent"] > 50 and isinstance(began, float) and isinstance(journal.start, datetime)
    _the_check_would_notice(expected, rows, journal)


def _what_happened(journal: Journal) -> dict[str, int]:
    """How often each thing that the year must hold did happen, from the records."""
    answers = CheckInResponse.objects.values_list("answers", flat=True)
    levels = Counter(Concern.objects.values_list("level", flat=True))
    return {
        "sessions": len(journal.recorded_at), "visits cancelled": Appointment.objects.filter(state="cancelled").count(),
        "pregnancies": sum("pregnancy" in (given.get("health_changes") or []) for given in answers),
        "red flags": levels[Level.URGENT.value], "same-day calls": levels[Level.SAME_DAY.value], "holds": Hold.objects.count(),
        "bounces": len(journal.bounced), "dead addresses": len(journal.refusing), "opted out": MailChoice.objects.filter(wanted=False).count(),
        "entered in error": EnteredInError.objects.count(), "died": Patient.objects.filter(deceased_on__isnull=False).count(),
    }  # fmt: skip


def _the_check_would_notice(expected: list[Message], rows: dict[tuple[str, str, str], OutboxMessage], journal: Journal) -> None:
    """Guards the guard: one row that went an hour late, one that is gone, one in another state."""
    key, late = next((key, row) for key, row in rows.items() if row.state == "sent")
    late.sent_at = (late.sent_at or journal.start) + timedelta(hours=1)
    assert len(differences(expected, rows, journal)) == 1
    del rows[key]
    assert len(differences(expected, rows, journal)) == 1
    rows[key] = late
    late.state = "cancelled"
    assert len(differences(expected, rows, journal)) == 1

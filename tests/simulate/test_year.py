"""A simulated clinic year, and an independent recomputation of its mail that finds no difference. `make simulate` for full size."""

import os
import time as clock
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from aftercare.models import CheckIn, CheckInResponse, Concern, PlannedMessage
from aftercare.states import Level
from clinic.models import MailChoice, OutboxMessage, Site, Staff
from patients.models import Hold, Patient
from tests.simulate import kept
from tests.simulate.expected import Expectation
from tests.simulate.expected_plans import Message
from tests.simulate.expected_visits import VisitMail
from tests.simulate.year import Journal, Year, instant, zones_of
from treatments.models import EnteredInError

FULL = int(os.environ.get("SIMULATE", "0"))
SEED = int(os.environ.get("SEED", "11"))
KEEP = os.environ.get("KEEP", "")  # a folder: the driven year is set aside there, or taken up if it lies there already
LOOK = int(os.environ.get("LOOK", "0"))  # hours between looks; given, many patients have the shorter year of the few
pytestmark = [pytest.mark.django_db(transaction=True)]


def run(amara: Staff, site: Site, *, patients: int, seed: int, tick: timedelta) -> Journal:
    away = Site.objects.create(clinic=site.clinic, name="Hudson site", zone="America/New_York", phone="212 555 0100", emergency_number="911")
    colleagues = [
        Staff.objects.create(email=f"sim{n}@riverside.example", name=f"Colleague {n}", roles=["clinician"]) for n in range(2 + patients // 250)
    ]
    year = Year(
        amara, [site, away], patients=patients, start=instant("2026-03-01" if FULL and not LOOK else "2026-10-20"),
        end=instant("2027-03-01" if FULL and not LOOK else "2027-04-05"),
        tick=tick, seed=seed, colleagues=colleagues,
    )  # fmt: skip
    for zone in zones_of([site, away]):
        offsets = [(year.journal.start + timedelta(days=n)).astimezone(zone).utcoffset() for n in range((year.journal.end - year.journal.start).days)]
        assert sum(a != b for a, b in pairwise(offsets)) >= 2, "both clock changes lie in the year"
    return year.run()


Key = tuple[str, str, int, str]  # session, step, occurrence, "reminder" or ""


def actual() -> dict[Key, OutboxMessage]:
    """By session, step, occurrence and whether it is the reminder."""
    found: dict[Key, OutboxMessage] = {}
    for message in PlannedMessage.objects.select_related("outbox", "plan__session"):
        key = (str(message.plan.session.uuid), message.code, message.occurrence, "")
        assert key not in found and message.outbox.key.endswith(f":{message.occurrence}")
        found[key] = message.outbox
    checks = {check.uuid: check for check in CheckIn.objects.select_related("plan__session")}
    count: Counter[UUID] = Counter()
    for row in OutboxMessage.objects.filter(kind="check_in_reminder").order_by("pk"):
        check = checks[row.cause_uuid]  # type: ignore[index]
        key = (str(check.plan.session.uuid), check.code, count[check.uuid], "reminder")
        count[check.uuid] += 1
        assert key not in found
        found[key] = row
    return found


def actual_of_visits() -> dict[UUID, list[OutboxMessage]]:
    """By visit, in the order in which they were queued."""
    found: dict[UUID, list[OutboxMessage]] = defaultdict(list)
    for row in OutboxMessage.objects.filter(cause_kind="appointment").order_by("pk"):
        assert row.cause_uuid is not None
        found[row.cause_uuid].append(row)
    return found


def differences_of_visits(expected: dict[UUID, list[VisitMail]], rows: dict[UUID, list[OutboxMessage]], journal: Journal) -> list[str]:
    """In words: kind by kind and wish by wish. One that a dead address refused may have failed or been skipped."""
    gone = {message_id: (at, to) for at, message_id, to in journal.sent}
    found = []
    for visit in expected.keys() | rows.keys():
        wanted = sorted(expected.get(visit, []), key=lambda mail: (mail.kind, mail.wish))
        there = sorted(rows.get(visit, []), key=lambda row: (row.kind, row.wished_at))
        if [(mail.kind, mail.wish) for mail in wanted] != [(row.kind, row.wished_at) for row in there]:
            found.append(f"visit {visit}: should be {[(m.kind, str(m.wish)) for m in wanted]}, are {[(r.kind, str(r.wished_at)) for r in there]}")
            continue
        for mail, row in zip(wanted, there, strict=True):
            same = row.state == mail.state or {row.state, mail.state} == {"failed", "skipped"}
            if not same:
                found.append(f"visit {visit} {mail.kind}: should be {mail.state}, is {row.state} ({row.reason}); wish {mail.wish}, look {mail.look}")
            elif mail.state == "sent" and (row.sent_at != mail.sent or gone.get(row.message_id) != (mail.sent, mail.to)):
                found.append(f"visit {visit} {mail.kind}: should have gone {mail.sent} to {mail.to}, went {row.sent_at} to {row.recipient}")
    return found


def differences(expected: list[Message], rows: dict[Key, OutboxMessage], journal: Journal) -> list[str]:
    """In words. A second mail in the very look in which the address failed may have failed or been skipped."""
    wanted: dict[Key, Message] = {}
    found = []
    for m in expected:
        key = (str(m.session), m.code, m.occurrence, "reminder" if m.is_reminder else "")
        if key in wanted:
            found.append(f"expected twice {key}: {[(str(one.wish), str(one.planned), str(one.ends), one.state, str(one.sent)) for one in (wanted[key], m)]}")
        wanted[key] = m
    found += [f"missing {key}" for key in wanted.keys() - rows.keys()] + [f"unexpected {key}: {rows[key].state}" for key in rows.keys() - wanted.keys()]
    gone = {message_id: (at, to) for at, message_id, to in journal.sent}
    for key in wanted.keys() & rows.keys():
        message, row = wanted[key], rows[key]
        same = row.state == message.state or {row.state, message.state} == {"failed", "skipped"}
        if not same:
            found.append(f"{key}: should be {message.state}, is {row.state} ({row.reason}); wish {message.wish}, look {message.look}")
        elif message.state == "sent" and (row.sent_at != message.sent or gone.get(row.message_id) != (message.sent, message.to)):
            found.append(f"{key}: should have gone {message.sent} to {message.to}, went {row.sent_at} to {row.recipient}")
    return found


def expectation_of(journal: Journal, rows: dict[Key, OutboxMessage]) -> Expectation:
    """What should have happened; of the rows it gets their Message-IDs, to find them in what the relay saw."""
    return Expectation(journal, {key[:3]: row.message_id for key, row in rows.items() if not key[3]})


def test_a_year_of_mail_is_as_the_documents_say(amara: Staff, site: Site) -> None:
    began = clock.monotonic()
    if kept.is_there(KEEP):
        journal = kept.take_up(KEEP)
    else:
        journal = run(amara, site, patients=FULL or 8, seed=SEED, tick=timedelta(hours=LOOK or (1 if FULL else 6)))
        if KEEP:
            kept.set_aside(KEEP, journal)
    drove = clock.monotonic() - began
    rows = actual()
    expectation = expectation_of(journal, rows)
    expected = expectation.all()
    visits, of_visits = expectation.of_visits, actual_of_visits()
    found = differences(expected, rows, journal) + differences_of_visits(visits, of_visits, journal)
    states = Counter(message.state for message in expected)
    print(f"\n{Patient.objects.count()} patients, {len(journal.recorded_at)} sessions, {len(expected)} messages {dict(states)}, driven in {drove:.0f} s")
    print(f"{len(journal.bounced)} bounces, {len(journal.refusing)} dead addresses, {Counter(row.reason for row in rows.values() if row.state != 'sent').most_common(14)}")
    mails = [mail for mails in visits.values() for mail in mails]
    print(f"{len(visits)} visits, {len(mails)} messages about them {dict(Counter(f'{mail.kind[12:]} {mail.state}' for mail in mails))}")
    assert found == [], f"{len(found)} differences: " + "\n".join(found[:20])
    assert len(set(message_id for _at, message_id, _to in journal.sent)) == len(journal.sent), "nothing twice"
    happened = _what_happened(journal)
    print(happened)
    assert not FULL or FULL < 500 or all(happened.values()), "a year of many patients holds all of it"
    assert states["sent"] > 50 and isinstance(began, float) and isinstance(journal.start, datetime)
    _the_check_would_notice(expected, rows, journal)
    _it_would_of_visits(visits, of_visits, journal)


def _what_happened(journal: Journal) -> dict[str, int]:
    """How often each thing that the year must hold did happen, from the records."""
    answers = CheckInResponse.objects.values_list("answers", flat=True)
    done = Counter(event.what for event in journal.visits)
    levels = Counter(Concern.objects.values_list("level", flat=True))
    return {
        "sessions": len(journal.recorded_at), **{f"visits {what}": done[what] for what in ("booked", "moved", "cancelled", "undone")},
        "courses through": OutboxMessage.objects.filter(kind="follow_up_invitation", reason__startswith="all planned sessions").count(),
        "visits confirmed": journal.confirmed, "bookings refused": journal.refused_bookings,
        "pregnancies": sum("pregnancy" in (given.get("health_changes") or []) for given in answers),
        "red flags": levels[Level.URGENT.value], "same-day calls": levels[Level.SAME_DAY.value], "holds": Hold.objects.count(),
        "bounces": len(journal.bounced), "dead addresses": len(journal.refusing), "opted out": MailChoice.objects.filter(wanted=False).count(),
        "entered in error": EnteredInError.objects.count(), "planned again": PlannedMessage.objects.filter(occurrence__gt=0).count(),
        "died": Patient.objects.filter(deceased_on__isnull=False).count(),
    }  # fmt: skip


def _the_check_would_notice(expected: list[Message], rows: dict[Key, OutboxMessage], journal: Journal) -> None:
    """Guards the guard: one row that went an hour late, one that is gone, one in another state."""
    key, late = next((key, row) for key, row in rows.items() if row.state == "sent")
    late.sent_at = (late.sent_at or journal.start) + timedelta(hours=1)
    assert len(differences(expected, rows, journal)) == 1
    del rows[key]
    assert len(differences(expected, rows, journal)) == 1
    rows[key] = late
    late.state = "cancelled"
    assert len(differences(expected, rows, journal)) == 1


def _it_would_of_visits(expected: dict[UUID, list[VisitMail]], rows: dict[UUID, list[OutboxMessage]], journal: Journal) -> None:
    """As above: one that went an hour late, one in another state, one too few."""
    row = next((row for found in rows.values() for row in found if row.state == "sent"), None)
    if row is None or row.cause_uuid is None:
        assert not FULL
        return
    row.sent_at = (row.sent_at or journal.start) + timedelta(hours=1)
    assert len(differences_of_visits(expected, rows, journal)) == 1
    row.state = "cancelled"
    assert len(differences_of_visits(expected, rows, journal)) == 1
    rows[row.cause_uuid].remove(row)
    assert len(differences_of_visits(expected, rows, journal)) == 1

"""The days when clocks change, in three zones: what the calendar file and the mail say, read by another parser than the one that wrote it."""

import json
import shutil
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from appointments import emails, selectors, services
from appointments.models import Appointment, VisitType, WorkingHours
from clinic.clock import resolve_local
from clinic.models import OutboxMessage, Site, Staff
from tests.appointments.make import DESK, make_clear, make_clinic

ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv/bin"))
PARSER = ROOT / "node_modules/ical.js/dist/ical.es5.cjs"
_READ = """
const ICAL = require(process.argv[1]);
const all = new ICAL.Component(ICAL.parse(require('fs').readFileSync(0, 'utf8')));
const events = all.getAllSubcomponents('vevent').map(part => { const e = new ICAL.Event(part); return {
  uid: e.uid, sequence: e.sequence, starts: e.startDate.toJSDate().toISOString(), ends: e.endDate.toJSDate().toISOString(),
  zone: e.startDate.zone.tzid, summary: e.summary, status: part.getFirstPropertyValue('status'), organizer: part.getFirstPropertyValue('organizer') }; });
process.stdout.write(JSON.stringify({ method: all.getFirstPropertyValue('method'), version: all.getFirstPropertyValue('version'), events }));
"""
# zone, day, wall-clock hour; two nights when clocks change, one zone with half an hour and none
CASES = [
    ("Europe/London", date(2027, 3, 28), time(0, 30)), ("Europe/London", date(2027, 3, 28), time(2, 30)), ("Europe/London", date(2027, 3, 28), time(9)),
    ("Europe/London", date(2027, 10, 31), time(0, 30)), ("Europe/London", date(2027, 10, 31), time(2, 30)), ("Europe/London", date(2027, 10, 31), time(9)),
    ("America/New_York", date(2027, 3, 14), time(1, 30)), ("America/New_York", date(2027, 3, 14), time(3, 30)), ("America/New_York", date(2027, 3, 14), time(9)),
    ("America/New_York", date(2027, 11, 7), time(0, 30)), ("America/New_York", date(2027, 11, 7), time(2, 30)), ("America/New_York", date(2027, 11, 7), time(9)),
    ("Asia/Kolkata", date(2027, 3, 28), time(9)), ("Asia/Kolkata", date(2027, 10, 31), time(9)),
]  # fmt: skip
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(NODE is None or not PARSER.exists(), reason="no Node, or ical.js is not installed")]


def read(ics: bytes) -> dict[str, Any]:
    """What ical.js makes of the file."""
    found = subprocess.run([str(NODE), "-e", _READ, str(PARSER)], input=ics, capture_output=True, check=True, timeout=60)
    return dict(json.loads(found.stdout))


def event(ics: bytes) -> dict[str, Any]:
    (one,) = read(ics)["events"]
    return dict(one)


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    """Somebody who works around the clock."""
    kind = make_clinic(site, amara)
    WorkingHours.objects.update(starts=time(0), ends=time(23, 59))
    site.opening_hours.update(opens=time(0), closes=time(23, 59))
    return kind


def visit_at(site: Site, needling: VisitType, amara: Staff, zone: str, on: date, at: time) -> Appointment:
    Site.objects.filter(pk=site.pk).update(zone=zone)
    site.refresh_from_db()
    wish = services.Wish(starts_at=resolve_local(on, at, zone), clinician=amara)
    return services.book_appointment(patient=make_clear(site), visit_type=needling, wish=wish, by=DESK, at=NOW)


@pytest.mark.parametrize(("zone", "on", "at"), CASES)
def test_the_file_holds_the_instant_that_the_clock_on_the_wall_shows(site: Site, needling: VisitType, amara: Staff, zone: str, on: date, at: time) -> None:
    visit = visit_at(site, needling, amara, zone, on, at)
    found = event(emails.ics(visit, "REQUEST", NOW))
    starts, ends = (datetime.fromisoformat(found[name]) for name in ("starts", "ends"))
    local = starts.astimezone(ZoneInfo(zone))
    assert (local.date(), local.time()) == (on, at)
    assert ends - starts == timedelta(minutes=45)
    assert (found["zone"], found["status"], found["sequence"]) == ("UTC", "CONFIRMED", 0)


@pytest.mark.parametrize(("zone", "on", "at"), CASES)
def test_a_patient_who_reads_it_elsewhere_comes_at_the_same_instant(site: Site, needling: VisitType, amara: Staff, zone: str, on: date, at: time) -> None:
    visit = visit_at(site, needling, amara, zone, on, at)
    row = OutboxMessage.objects.get(cause_uuid=visit.uuid, kind="appointment_confirmed")
    mail = emails.visits.build(row, NOW)
    assert f"{on.day} {on:%B} {on.year}, {at:%H:%M}" in mail.text, "the mail says the clinic's clock"
    (_name, kind, ics), = mail.attachments
    assert 'method="REQUEST"' in kind
    abroad = datetime.fromisoformat(event(ics)["starts"]).astimezone(ZoneInfo("Pacific/Auckland"))
    assert abroad == resolve_local(on, at, zone)


def test_moved_and_cancelled_keep_the_entry_and_raise_its_number(site: Site, needling: VisitType, amara: Staff) -> None:
    visit = visit_at(site, needling, amara, "Europe/London", date(2027, 3, 27), time(10))
    first = event(emails.ics(visit, "REQUEST", NOW))
    moved = services.move_appointment(appointment=visit, wish=services.Wish(starts_at=visit.starts_at + timedelta(days=1), clinician=amara), by=DESK, at=NOW)
    second = event(emails.ics(moved, "REQUEST", NOW))
    gone = services.cancel_appointment(appointment=moved, reason="ill", by=DESK, at=NOW)
    third = read(emails.ics(gone, "CANCEL", NOW))
    assert third["method"] == "CANCEL"
    last = third["events"][0]
    assert first["uid"] == second["uid"] == last["uid"]
    assert int(first["sequence"]) < int(second["sequence"]) < int(last["sequence"])
    assert last["status"] == "CANCELLED"
    assert "needl" not in json.dumps(third).lower()


def test_a_clinicians_feed_is_read_by_it_too(site: Site, needling: VisitType, amara: Staff) -> None:
    visits = [visit_at(site, needling, amara, "Europe/London", date(2027, 3, day), time(11)) for day in (27, 28, 29)]
    found = read(selectors.feed_ics(amara, NOW))
    assert [one["starts"] for one in found["events"]] == [visit.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") for visit in visits]
    assert {one["summary"] for one in found["events"]} == {"Appointment"}


@pytest.mark.parametrize(("zone", "day", "hours"), [
    ("Europe/London", date(2027, 3, 28), 23), ("Europe/London", date(2027, 10, 31), 25), ("America/New_York", date(2027, 3, 14), 23),
    ("America/New_York", date(2027, 11, 7), 25), ("Asia/Kolkata", date(2027, 3, 28), 24),
])  # fmt: skip
def test_a_day_of_slots_has_as_many_as_its_hours_hold(site: Site, needling: VisitType, amara: Staff, zone: str, day: date, hours: int) -> None:
    """A slot exists once, and no hour is skipped: every half hour of the day that begins before the last visit must end."""
    Site.objects.filter(pk=site.pk).update(zone=zone)
    site.refresh_from_db()
    starts = [slot.starts_at for slot in selectors.free_slots(site=site, visit_type=needling, from_on=day, to_on=day, at=NOW)]
    first, close = resolve_local(day, time(0), zone), resolve_local(day, time(23, 59), zone)
    wanted = [first + timedelta(minutes=30 * n) for n in range(2 * hours) if first + timedelta(minutes=30 * n + 55) <= close]
    assert starts == wanted
    assert len(set(starts)) == len(starts)

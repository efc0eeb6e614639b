"""Real threads on one row: one cartridge, one signature, one draft."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from tests.treatments.make import (
    DAY,
    END,
    make_cartridge,
    make_device,
    make_draft,
    make_ended,
    make_entry,
    make_started,
)
from treatments import services
from treatments.models import DeviceBlock, SignedRecord, TreatmentSession
from treatments.services import CartridgeTaken, ChangedMeanwhile, NotReady

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act` in `count` threads at one instant; a refusal is its result."""
    barrier = Barrier(count)

    def run(number: int) -> Any:
        try:
            barrier.wait()
            return act(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_of_eight_sessions_one_gets_the_cartridge(site: Site, amara: Staff) -> None:
    drafts = [make_draft(site, amara, make_entry(site, cartridge=None, zones=())) for _ in range(8)]
    unit, pen, by = make_cartridge(site, lot="ONE"), make_device(site), Actor.of_staff(amara)
    entry = make_entry(site, device=pen, cartridge=unit)

    def save(number: int) -> TreatmentSession:
        return services.save_session(record=drafts[number], version=drafts[number].version, entry=entry, by=by, at=DAY)

    answers = together(8, save)
    assert sum(isinstance(a, TreatmentSession) for a in answers) == 1
    assert sum(isinstance(a, CartridgeTaken) for a in answers) == 7
    assert DeviceBlock.objects.filter(cartridge=unit).count() == 1


def test_of_eight_savings_of_one_draft_one_wins(site: Site, amara: Staff) -> None:
    record, by = make_draft(site, amara), Actor.of_staff(amara)
    block = record.blocks.get()
    entries = [make_entry(site, device=block.device, cartridge=block.cartridge) for _ in range(8)]
    answers = together(8, lambda n: services.save_session(record=record, version=record.version, entry=entries[n], by=by, at=DAY))
    assert sum(isinstance(a, TreatmentSession) for a in answers) == 1
    assert sum(isinstance(a, ChangedMeanwhile) for a in answers) == 7


def refused_to_wait(act: Callable[[], Any]) -> bool:
    """Whether `act` would have to wait for a lock that this thread's open transaction holds."""

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        act()

    def closed() -> None:
        try:
            run()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(closed).exception()
    assert error is None or isinstance(error, OperationalError), error
    return error is not None


def test_a_zone_that_is_being_closed_is_waited_for_by_the_start(site: Site, amara: Staff) -> None:
    """S24 is asked before the needle touches the skin: neither passes the other unseen."""
    record, by = make_draft(site, amara), Actor.of_staff(amara)
    with transaction.atomic():
        services.exclude_zones(course=record.course, zones=["vertex"], reason="mole", by=by, at=DAY)
        assert refused_to_wait(lambda: services.start_session(record=record, by=by, at=DAY))
    with pytest.raises(services.Blocked):
        services.start_session(record=record, by=by, at=DAY)


def test_a_start_is_waited_for_by_who_closes_a_zone(site: Site, amara: Staff) -> None:
    record, by = make_draft(site, amara), Actor.of_staff(amara)

    def close() -> None:
        services.exclude_zones(course=record.course, zones=["vertex"], reason="mole", by=by, at=DAY)

    with transaction.atomic():
        services.start_session(record=record, by=by, at=DAY)
        assert refused_to_wait(close)
    with pytest.raises(Refused, match="not signed yet"):
        close()


def locks(act: Callable[[], Any]) -> list[str]:
    """The tables whose rows `act` locks, in order."""
    with CaptureQueriesContext(connection) as seen:
        act()
    found = [re.search(r'FROM "(\w+)".*FOR UPDATE', query["sql"]) for query in seen.captured_queries]
    return [match[1] for match in found if match]


def test_who_ends_with_bleeding_and_who_notes_an_event_lock_in_one_order(site: Site, amara: Staff) -> None:
    """The patient before the session. The other way round each would hold what the other waits for, and one would fail."""
    record, by = make_started(site, amara), Actor.of_staff(amara)
    block = record.blocks.get()
    block.zones.update(endpoint="frank_bleeding")
    ending = locks(lambda: services.end_session(record=record, ended_at=END, by=by, at=END))
    ended = TreatmentSession.objects.get(pk=record.pk)
    assert ended.adverse_events.exists()
    saving = locks(lambda: services.save_session(record=ended, version=ended.version, entry=make_entry(site, device=block.device, cartridge=block.cartridge), by=by, at=END))
    for order in (ending, saving):
        assert order.index("patients_patient") < order.index("treatments_treatmentsession")


def test_of_eight_signatures_one_is_kept(site: Site, amara: Staff) -> None:
    record = make_ended(site, amara)
    answers = together(8, lambda _n: services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END))
    assert sum(isinstance(a, SignedRecord) for a in answers) == 1
    assert sum(isinstance(a, NotReady) for a in answers) == 7


def test_records_signed_at_once_form_one_chain(site: Site, amara: Staff) -> None:
    records = [make_ended(site, amara) for _ in range(6)]
    together(6, lambda n: services.sign_session(record=records[n], signer=amara, by=Actor.of_staff(amara), at=END))
    assert SignedRecord.objects.count() == 6 and services.broken_records() == []

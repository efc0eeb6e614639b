"""Real threads on one row: a plan is made once, an answer taken once, a concern claimed once (R30, MESSAGES fault 12)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from aftercare import services
from aftercare.models import CheckInResponse, Concern, ConcernEvent, Plan, PlannedMessage, Protocol
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from tests.aftercare.make import (
    ENDED,
    TASK,
    make_course,
    make_draft,
    make_patient,
    make_plan,
    make_response,
    make_session,
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def _together(count: int, act: Callable[[int], Any]) -> list[Any]:
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


def test_four_workers_make_one_plan(site: Site, amara: Staff) -> None:
    session = make_session(make_course(make_patient(site), amara), amara)
    plans = _together(4, lambda _n: services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED))
    assert not [plan for plan in plans if isinstance(plan, Exception)]
    assert len({plan.pk for plan in plans}) == Plan.objects.count() == Protocol.objects.count() == 1
    assert PlannedMessage.objects.count() == OutboxMessage.objects.count() == 11


def test_a_plan_against_its_cancel_leaves_one_row_a_key(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)

    def act(number: int) -> Any:
        if number % 2:
            return services.cancel_plan(plan=plan, by=TASK, at=ENDED)
        return services.plan_aftercare(session_uuid=plan.session.uuid, by=TASK, at=ENDED)

    answers = _together(4, act)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"cancelled"}
    assert OutboxMessage.objects.count() == 11


def test_twenty_submissions_are_one_answer(site: Site, amara: Staff) -> None:
    check_in = make_draft(make_plan(site, amara).check_ins.get(code="check_24h"), discharge="pus")
    at = ENDED + timedelta(hours=25)
    answers = _together(20, lambda _n: services.submit_check_in(check_in=check_in, by=TASK, at=at))
    refused = [a for a in answers if isinstance(a, services.AlreadySubmitted)]
    assert len(refused) == 19
    assert CheckInResponse.objects.count() == Concern.objects.count() == 1
    assert OutboxMessage.objects.filter(kind="concern_alert").count() == 1


def test_the_sweep_and_the_patient_make_one_answer(site: Site, amara: Staff) -> None:
    check_in = make_draft(make_plan(site, amara).check_ins.get(code="check_24h"), discharge="pus")
    at = ENDED + timedelta(hours=25)
    services.save_page(check_in=check_in, page="itch", values={"itch": 0}, by=TASK, at=at - services.IDLE)

    def act(number: int) -> Any:
        if number % 2:
            return services.submit_check_in(check_in=check_in, by=TASK, at=at)
        return services.send_unfinished(check_in=check_in, by=TASK, at=at)

    answers = _together(8, act)
    assert len([a for a in answers if isinstance(a, CheckInResponse)]) == 1
    assert not [a for a in answers if isinstance(a, Exception) and not isinstance(a, services.AlreadySubmitted)]
    assert CheckInResponse.objects.count() == Concern.objects.count() == 1


def test_of_two_clinicians_one_gets_it_and_one_is_told(site: Site, amara: Staff, okoro: Staff) -> None:
    at = ENDED + timedelta(hours=25)
    make_response(make_plan(site, amara).check_ins.get(code="check_24h"), at=at, discharge="pus")
    concern = Concern.objects.get()
    actors = [Actor.of_staff(amara), Actor.of_staff(okoro)]
    answers = _together(8, lambda n: services.claim_concern(concern=concern, by=actors[n % 2], at=at))
    assert len([a for a in answers if isinstance(a, services.TakenByColleague)]) == 4
    assert ConcernEvent.objects.filter(kind="claimed").count() == 1

"""Faults 12 and 13: one plan made by four processes at once; cancel, opt-out, new address, red flag at every moment."""

import os
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from aftercare import services
from aftercare.models import Plan, PlannedMessage
from clinic import mail_choices
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox import cancel, claim
from clinic.outbox import kinds as registry
from clinic.outbox.kinds import Mail
from patients.models import Patient
from patients.services import place_hold
from tests.aftercare.make import TASK, make_course, make_patient, make_session
from tests.faults.crew import Gate, fork, full, sender
from tests.faults.relay import Relay

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def at_once(folder: Path, amount: int, work: Any) -> list[int]:
    """`work(number)` in so many processes, let go together."""
    start = time.time() + 0.5

    def each(number: int) -> None:
        while time.time() < start:
            pass
        work(number)

    return [child.wait() for child in [fork(partial(each, number)) for number in range(amount)]]


def test_12_the_same_plan_made_by_four_processes_is_one(site: Site, amara: Staff, tmp_path: Path) -> None:
    for round_ in range(full(20, 3)):
        session = make_session(make_course(make_patient(site, email=f"p{round_}@patient.example"), amara), amara, ended_at=timezone.now())
        codes = at_once(tmp_path, 4, lambda _n, uuid=session.uuid: services.plan_aftercare(session_uuid=uuid, by=TASK, at=timezone.now()))
        assert codes == [0] * 4
        plan = Plan.objects.get(session=session)
        keys = Counter(OutboxMessage.objects.filter(cause_uuid=plan.uuid).values_list("key", flat=True))
        assert max(keys.values()) == 1 and len(keys) == PlannedMessage.objects.filter(plan=plan).count() > 8


def test_12_also_against_a_cancel(site: Site, amara: Staff, tmp_path: Path) -> None:
    for round_ in range(full(20, 3)):
        session = make_session(make_course(make_patient(site, email=f"q{round_}@patient.example"), amara), amara, ended_at=timezone.now())
        assert services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=timezone.now())

        def work(number: int, uuid: Any = session.uuid) -> None:
            if number == 0:
                services.cancel_plan(plan=Plan.objects.get(session__uuid=uuid), by=TASK, at=timezone.now())
            else:
                services.plan_aftercare(session_uuid=uuid, by=TASK, at=timezone.now())

        assert at_once(tmp_path, 4, work) == [0] * 4
        rows = OutboxMessage.objects.filter(cause_uuid=Plan.objects.get(session=session).uuid)
        assert set(rows.values_list("state", flat=True)) == {"cancelled"}


class Four:
    """Four patients, each with one due message that a change is about to meet."""

    def __init__(self, site: Site, staff: Staff) -> None:
        self.rows: dict[str, OutboxMessage] = {}
        self.patients: dict[str, Patient] = {}
        codes = {"cancel": "check_24h", "opt_out": "invitation", "address": "check_24h", "red_flag": "invitation"}
        for change, code in codes.items():
            ended = timezone.now() - (timedelta(days=30) if code == "invitation" else timedelta(hours=25))
            session = make_session(make_course(make_patient(site, email=f"{change}@patient.example"), staff), staff, ended_at=ended)
            plan = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ended)
            assert plan is not None
            row = OutboxMessage.objects.get(pk=plan.messages.get(code=code).outbox_id)
            OutboxMessage.objects.filter(cause_uuid=plan.uuid).exclude(pk=row.pk).update(state="cancelled")
            OutboxMessage.objects.filter(pk=row.pk).update(send_after=timezone.now(), expires_at=timezone.now() + timedelta(hours=5))
            self.rows[change], self.patients[change] = row, plan.patient

    def change(self) -> int:
        """All four. Returns how many messages the cancel still caught."""
        at = timezone.now()
        caught = cancel(reason="entered in error", by=TASK, at=at, pk=self.rows["cancel"].pk)
        mail_choices.choose_invitations(patient_uuid=self.patients["opt_out"].uuid, wanted=False, by=TASK, at=at)
        Patient.objects.filter(pk=self.patients["address"].pk).update(email="new@patient.example")
        place_hold(patient=self.patients["red_flag"], blocks=["invitations"], cause_kind="test", cause_uuid=None, reason="red flag", by=TASK, at=at)
        return caught

    def states(self) -> dict[str, str]:
        return {change: OutboxMessage.objects.get(pk=row.pk).state for change, row in self.rows.items()}


@pytest.fixture
def four(site: Site, amara: Staff) -> Four:
    return Four(site, amara)


STOPPED = {"cancel": "cancelled", "opt_out": "skipped", "address": "sent", "red_flag": "held"}


def test_13_while_planned(four: Four, relay: Relay) -> None:
    assert four.change() == 1
    assert sender(relay.port).wait() == 0
    assert four.states() == STOPPED and relay.to == ["new@patient.example"]


def test_13_while_claimed(four: Four, relay: Relay, tmp_path: Path) -> None:
    gate, real = Gate(tmp_path), claim.intend

    def late(*args: Any, **how: Any) -> Any:
        gate.stop_here()
        return real(*args, **how)

    child = sender(relay.port, OUTBOX_LEASE_SECONDS=30, before=lambda: setattr(claim, "intend", late))
    gate.wait()
    assert set(four.states().values()) == {"claimed"}
    assert four.change() == 1
    gate.open()
    assert child.wait() == 0
    assert four.states() == STOPPED and relay.to == ["new@patient.example"]


def test_13_while_sending_it_has_gone_and_the_page_says_so(four: Four, relay: Relay, tmp_path: Path) -> None:
    gate = Gate(tmp_path)

    def plant() -> None:
        for name, kind in list(registry.KINDS.items()):

            def build(row: OutboxMessage, at: datetime, real: Any = kind.build) -> Mail:
                gate.stop_here()
                return real(row, at)  # type: ignore[no-any-return]

            registry.KINDS[name] = registry.Kind(name, kind.may_send, build, kind.doubt, kind.urgent, kind.scope, kind.wording_version)

    child = sender(relay.port, OUTBOX_LEASE_SECONDS=30, before=plant)
    gate.wait()
    assert set(four.states().values()) == {"sending"}
    assert four.change() == 0, "0 says that it had gone"
    gate.open()
    assert child.wait() == 0
    assert set(four.states().values()) == {"sent"} and sorted(relay.to) == sorted(f"{change}@patient.example" for change in four.rows)
    assert os.getpid() != child.pid

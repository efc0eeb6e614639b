"""What the demo holds for the front desk, at whatever hour it is loaded."""

import io
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from appointments import selectors
from appointments.models import Occupation, Offer, WaitingListEntry
from clinic.models import OutboxMessage
from desk.demo import cast
from patients.models import Consent, Intake
from treatments.models import EarlierSession

pytestmark = pytest.mark.django_db

BY_DAY, AT_NIGHT = datetime(2026, 11, 24, 10, 20, tzinfo=UTC), datetime(2026, 11, 29, 23, 40, tzinfo=UTC)


@pytest.fixture(params=[BY_DAY, AT_NIGHT], ids=["tuesday morning", "sunday night"])
def loaded(request: pytest.FixtureRequest) -> datetime:
    """The demo, loaded then."""
    at: datetime = request.param
    with time_machine.travel(at, tick=False):
        call_command("seed_demo", patients=60, seed=7, verbosity=0, stdout=io.StringIO())
    return at


class TestForTheFrontDesk:
    """Each of the things that a receptionist would look for."""

    def test_everything_is_there(self, loaded: datetime) -> None:
        offers = Offer.objects.filter(answered_at=None, expires_at__gt=loaded)
        assert 1 <= offers.count() <= 3
        assert OutboxMessage.objects.filter(kind="waiting_offer", cause_uuid__in=offers.values("uuid"), state="planned").count() == offers.count()
        slot = offers[0].slot
        assert Occupation.objects.filter(freed=slot, resource_kind="clinician").exists(), "the time is held meanwhile"
        assert slot.was.state == "cancelled"
        for offer in offers:
            gate = selectors.gate_for(offer.entry.patient, offer.entry.visit_type, at=loaded, but=offer.entry.gives_up_id)
            assert not gate.why_not(slot.site.today(slot.starts_at)), "a yes would be booked"
        assert WaitingListEntry.objects.filter(ended_at=None).count() == 4
        paper = Intake.objects.get(answered_by="paper")
        assert (paper.state, paper.typed_by) == ("submitted", "Rosa Delgado") and paper.paper_on
        consent = Consent.objects.get(on_paper=True)
        assert (consent.patient_id, consent.paper_on) == (paper.patient_id, paper.paper_on)
        earlier = EarlierSession.objects.filter(source="list of the old system").order_by("-on")
        assert [(loaded.date() - row.on).days for row in earlier] == [42, 77]
        with time_machine.travel(loaded, tick=False):
            for _start in range(2):  # the code works again after a restart
                screen = Client()
                assert screen.post("/wall/", {"code": cast.WALL_CODE}).status_code == 302
                assert "Harley site" in screen.get("/wall/").text
                call_command("seed_demo", verbosity=0, stdout=io.StringIO())

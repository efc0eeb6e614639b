"""On call: who is alerted, in which order, when the clock runs out; the rota's page; handing over; adverse events."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from aftercare import selectors, services
from aftercare.models import CheckInResponse, Concern, ConcernEvent, OnCallShift, Plan
from aftercare.rules.escalation import uncovered, whom_to_alert
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS
from patients.models import Hold
from tests.aftercare.make import ENDED, TASK, make_hours, make_plan, make_response
from tests.aftercare.test_views import SignIn
from tests.conftest import _staff
from treatments.models import AdverseEvent

NIGHT = datetime(2026, 3, 3, 22, 0, tzinfo=UTC)
NOON = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


class TestWhom:
    """The rule, without a database."""

    @pytest.mark.parametrize(
        ("on_call", "alerted", "at_once", "expected"),
        [
            ([1, 2], set(), False, [1]), ([1, 2], {1}, False, [2]), ([1, 2], {1, 2}, False, [1, 2, 3, 4]),
            ([], set(), False, [3, 4]), ([1, 2], set(), True, [1, 2, 3, 4]), ([2, 1], {9}, False, [2]), ([3], {3}, False, [3, 4]),
        ],
    )  # fmt: skip
    def test_the_next_on_the_rota_then_everybody(self, on_call: list[int], alerted: set[int], at_once: bool, expected: list[int]) -> None:
        found = whom_to_alert(on_call=on_call, alerted=frozenset(alerted), everybody=[3, 4], all_at_once=at_once)
        assert found == expected

    def test_hours_without_anybody(self) -> None:
        hour = [NOON + timedelta(hours=n) for n in range(10)]
        spans = [(hour[3], hour[5]), (hour[1], hour[2]), (hour[4], hour[6])]
        assert uncovered(spans, since=hour[0], until=hour[8]) == [(hour[0], hour[1]), (hour[2], hour[3]), (hour[6], hour[8])]
        assert uncovered([(hour[0], hour[9])], since=hour[1], until=hour[8]) == []
        assert uncovered([], since=hour[1], until=hour[8]) == [(hour[1], hour[8])]


@pytest.fixture
def okoro(site: Site) -> Staff:
    """N. Okoro, a colleague."""
    from clinic.roles import Role

    return _staff(site, "okoro@riverside.example", "Nkem Okoro", Role.CLINICIAN)


@pytest.fixture
def plan(site: Site, amara: Staff, okoro: Staff) -> Plan:
    """Olivia's plan at a site with hours and two clinicians."""
    make_hours(site)
    return make_plan(site, amara)


def _shift(site: Site, staff: Staff, place: int = 1, *, hours: int = 24) -> OnCallShift:
    return OnCallShift.objects.create(site=site, staff=staff, place=place, starts_at=ENDED, ends_at=ENDED + timedelta(days=hours))


def _alerted(concern: Concern, escalation: int) -> list[str]:
    rows = OutboxMessage.objects.filter(kind="concern_alert", key__startswith=f"concern:{concern.uuid}:{escalation}:")
    return sorted(row.recipient.split("@")[0] for row in rows)


def _flagged(plan: Plan, at: datetime = NIGHT) -> Concern:
    make_response(plan.check_ins.get(code="check_24h"), at=at, discharge="pus")
    return Concern.objects.get()


class TestAlerts:
    """First, next, everybody."""

    def test_at_night_the_first_then_the_second_then_all(self, plan: Plan, site: Site, amara: Staff, okoro: Staff) -> None:
        _shift(site, okoro), _shift(site, amara, 2)
        concern = _flagged(plan)
        assert _alerted(concern, 0) == ["okoro"]
        at = NIGHT
        for escalation, expected in ((1, ["amara"]), (2, ["amara", "okoro"])):
            at += timedelta(minutes=31)
            assert services.escalate_concern(concern=concern, by=TASK, at=at)
            assert _alerted(concern, escalation) == expected

    def test_who_was_told_is_known_by_the_person_not_by_the_address(self, plan: Plan, site: Site, amara: Staff, okoro: Staff) -> None:
        """An address may change meanwhile, or be gone from an old message."""
        _shift(site, okoro), _shift(site, amara, 2)
        concern = _flagged(plan)
        OutboxMessage.objects.filter(kind="concern_alert").update(recipient="")
        Staff.objects.filter(pk=okoro.pk).update(email="okoro.new@riverside.example")
        assert services.escalate_concern(concern=concern, by=TASK, at=NIGHT + timedelta(minutes=31))
        assert _alerted(concern, 1) == ["amara"]

    def test_an_urgent_one_by_day_reaches_all_who_work_there(self, plan: Plan, site: Site, okoro: Staff) -> None:
        _shift(site, okoro)
        assert _alerted(_flagged(plan, NOON), 0) == ["amara", "okoro"]

    def test_without_a_rota_everybody(self, plan: Plan) -> None:
        assert _alerted(_flagged(plan), 0) == ["amara", "okoro"]

    def test_the_mail_says_that_one_is_on_call(self, plan: Plan, site: Site, okoro: Staff) -> None:
        _shift(site, okoro)
        _flagged(plan)
        row = OutboxMessage.objects.get(kind="concern_alert")
        assert "You are on call now." in KINDS[row.kind].build(row, NIGHT).text

    def test_somebody_who_has_left_is_not_called(self, plan: Plan, site: Site, okoro: Staff) -> None:
        _shift(site, okoro)
        Staff.objects.filter(pk=okoro.pk).update(is_active=False)
        assert _alerted(_flagged(plan), 0) == ["amara"]


class TestRota:
    """The table and its page."""

    def test_a_place_is_had_by_one_at_a_time(self, site: Site, amara: Staff, okoro: Staff) -> None:
        by = Actor.of_staff(amara)
        span = {"starts_at": ENDED, "ends_at": ENDED + timedelta(hours=12), "by": by, "at": ENDED}
        services.add_shift(site=site, staff=amara, place=1, **span)  # type: ignore[arg-type]
        services.add_shift(site=site, staff=okoro, place=2, **span)  # type: ignore[arg-type]
        with pytest.raises(services.PlaceTaken):
            services.add_shift(site=site, staff=okoro, place=1, **span)  # type: ignore[arg-type]

    def test_ending_a_running_shift_keeps_its_past(self, site: Site, amara: Staff) -> None:
        shift = _shift(site, amara)
        services.remove_shift(shift=shift, by=Actor.of_staff(amara), at=NOON)
        shift.refresh_from_db()
        assert shift.ends_at == NOON
        later = OnCallShift.objects.create(site=site, staff=amara, starts_at=NIGHT, ends_at=NIGHT + timedelta(hours=1))
        services.remove_shift(shift=later, by=Actor.of_staff(amara), at=NOON)
        assert not OnCallShift.objects.filter(pk=later.pk).exists()

    @time_machine.travel(NOON, tick=False)
    def test_the_page_shows_now_gaps_and_a_promise_that_is_not_kept(self, client_as: SignIn, site: Site, amara: Staff) -> None:
        make_hours(site)
        OnCallShift.objects.create(site=site, staff=amara, starts_at=NOON, ends_at=NOON + timedelta(days=2))
        site.clinic.watched_round_the_clock = True
        site.clinic.save()
        page = client_as(amara).get(reverse("aftercare:rota")).content.decode()
        assert "now, called as number 1" in page
        assert "Thu 5 Mar, 18:00 – Fri 6 Mar, 09:00" in page
        assert "Patients are told that answers are watched day and night" in page

    @time_machine.travel(NOON, tick=False)
    def test_a_shift_is_typed_in_the_site_s_time(self, client_as: SignIn, site: Site, amara: Staff) -> None:
        client, address = client_as(amara), reverse("aftercare:add_shift", kwargs={"site_uuid": site.uuid})
        data = {"staff": amara.pk, "place": "1", "starts_at": "2026-07-01T18:00", "ends_at": "2026-07-02T08:00"}
        assert client.post(address, data).status_code == 302
        assert OnCallShift.objects.get().starts_at == datetime(2026, 7, 1, 17, 0, tzinfo=UTC)
        bad = client.post(address, {**data, "ends_at": "2026-07-01T08:00", "starts_at": "2026-07-01T09:00"})
        assert bad.status_code == 422
        assert "The end must be later than the beginning." in bad.content.decode()
        assert client.post(address, data).status_code == 409

    @time_machine.travel(NOON, tick=False)
    def test_the_desk_sees_the_rota_and_changes_nothing(self, client_as: SignIn, site: Site, rosa: Staff) -> None:
        client = client_as(rosa)
        page = client.get(reverse("aftercare:rota")).content.decode()
        assert "Put somebody on call" not in page
        assert "Hand over" not in page
        assert client.post(reverse("aftercare:add_shift", kwargs={"site_uuid": site.uuid}), {}).status_code == 403


class TestHandover:
    """A named colleague has it from now on."""

    def test_it_moves_with_words_and_mail(self, plan: Plan, amara: Staff, okoro: Staff) -> None:
        concern, by = _flagged(plan), Actor.of_staff(amara)
        services.claim_concern(concern=concern, by=by, at=NIGHT)
        services.hand_over_concern(concern=concern, to=okoro, words="call at 8", by=by, at=NIGHT + timedelta(minutes=5))
        concern.refresh_from_db()
        assert (concern.claimed_by_id, concern.state) == (okoro.pk, "claimed")
        assert ConcernEvent.objects.get(kind="handed_over").words == "Nkem Okoro: call at 8"
        row = OutboxMessage.objects.get(kind="concern_alert", key__startswith=f"concern:{concern.uuid}:1:")
        assert KINDS[row.kind].may_send(row, NIGHT).word == "go"
        assert "handed a check-in over to you" in KINDS[row.kind].build(row, NIGHT).text

    def test_only_by_the_one_who_has_it_and_to_a_clinician_of_the_site(self, plan: Plan, amara: Staff, okoro: Staff, rosa: Staff) -> None:
        concern, by = _flagged(plan), Actor.of_staff(amara)
        with pytest.raises(services.NotYours):
            services.hand_over_concern(concern=concern, to=okoro, words="x", by=by, at=NIGHT)
        services.claim_concern(concern=concern, by=by, at=NIGHT)
        for other in (rosa, amara):
            with pytest.raises(services.NotAColleague):
                services.hand_over_concern(concern=concern, to=other, words="x", by=by, at=NIGHT)

    def test_from_the_page(self, client_as: SignIn, plan: Plan, amara: Staff, okoro: Staff) -> None:
        concern = _flagged(plan)
        services.claim_concern(concern=concern, by=Actor.of_staff(amara), at=NIGHT)
        client = client_as(amara)
        assert "Before you go, give each one to a colleague." in client.get(reverse("aftercare:rota")).content.decode()
        address = reverse("aftercare:hand_over_concern", kwargs={"concern_uuid": concern.uuid})
        data = {"to": okoro.pk, "words": "", "subject": str(plan.patient.uuid)}
        refused = client.post(address, data)
        assert refused.status_code == 422
        assert "Write what your colleague must know." in refused.content.decode()
        assert client.post(address, {**data, "words": "call at 8"}).status_code == 302
        concern.refresh_from_db()
        assert concern.claimed_by_id == okoro.pk


class TestAdverseEvent:
    """Recorded in the act of closing; it holds the next session itself."""

    def _close(self, plan: Plan, amara: Staff, **more: object) -> Concern:
        concern, by = _flagged(plan), Actor.of_staff(amara)
        services.claim_concern(concern=concern, by=by, at=NIGHT)
        return services.close_concern(concern=concern, outcome="adverse_event", words="seen", by=by, at=NIGHT, **more)  # type: ignore[arg-type]

    def test_it_is_linked_to_concern_and_session(self, plan: Plan, amara: Staff) -> None:
        concern = self._close(plan, amara, event=services.EventNoted("Folliculitis", 2, False))
        event = AdverseEvent.objects.get()
        assert (event.session, event.what, event.grade) == (plan.session, "Folliculitis", 2)
        assert Concern.objects.get(pk=concern.pk).adverse_event == event
        assert list(Hold.objects.filter(released_at=None).values_list("cause_kind", flat=True)) == ["adverse_event"]

    def test_it_began_when_the_patient_told_of_it_and_not_when_it_was_closed(self, plan: Plan, amara: Staff) -> None:
        concern, by = _flagged(plan), Actor.of_staff(amara)
        services.claim_concern(concern=concern, by=by, at=NIGHT)
        event = services.EventNoted("Folliculitis", 2)
        services.close_concern(concern=concern, outcome="adverse_event", words="seen", event=event, by=by, at=NIGHT + timedelta(days=3))
        assert AdverseEvent.objects.get().onset_at == CheckInResponse.objects.get().answered_at == NIGHT

    def test_a_clinician_puts_in_the_true_beginning(self, client_as: SignIn, plan: Plan, amara: Staff) -> None:
        concern = _flagged(plan)
        services.claim_concern(concern=concern, by=Actor.of_staff(amara), at=NIGHT)
        address = reverse("aftercare:close_concern", kwargs={"concern_uuid": concern.uuid})
        data = {"outcome": "adverse_event", "words": "seen", "event_what": "Pus", "event_grade": "2", "subject": str(plan.patient.uuid)}
        with time_machine.travel(NIGHT + timedelta(days=2), tick=False):
            client = client_as(amara)
            page = client.get(reverse("aftercare:concern", kwargs={"concern_uuid": concern.uuid})).content.decode()
            assert 'value="2026-03-03T22:00"' in page
            late = client.post(address, {**data, "event_onset_at": "2026-03-09T08:00"})
            assert late.status_code == 422 and "lies in the future" in late.content.decode()
            assert 'value="2026-03-09T08:00"' in late.content.decode(), "nothing typed is lost"
            assert client.post(address, {**data, "event_onset_at": "2026-03-03T08:30"}).status_code == 302
        assert AdverseEvent.objects.get().onset_at == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)

    def test_without_words_nothing_is_closed(self, plan: Plan, amara: Staff) -> None:
        with pytest.raises(services.OutcomeMissing):
            self._close(plan, amara)
        assert Concern.objects.get().state == "claimed"
        assert not AdverseEvent.objects.exists()

    def test_the_page_asks_for_its_words_and_shows_it_afterwards(self, client_as: SignIn, plan: Plan, amara: Staff) -> None:
        concern = _flagged(plan)
        services.claim_concern(concern=concern, by=Actor.of_staff(amara), at=NIGHT)
        client, address = client_as(amara), reverse("aftercare:close_concern", kwargs={"concern_uuid": concern.uuid})
        data = {"outcome": "adverse_event", "words": "seen", "event_what": "", "event_grade": "2", "subject": str(plan.patient.uuid)}
        refused = client.post(address, data)
        assert refused.status_code == 422
        assert "Write what the adverse event is." in refused.content.decode()
        assert client.post(address, {**data, "event_what": "Folliculitis"}).status_code == 302
        page = client.get(reverse("aftercare:concern", kwargs={"concern_uuid": concern.uuid})).content.decode()
        assert "Folliculitis" in page
        assert reverse("treatments:session", kwargs={"session": plan.session.uuid}) in page


def test_somebody_is_there_only_when_somebody_is(plan: Plan, site: Site, amara: Staff) -> None:
    assert selectors.presence(site, NIGHT).nobody
    assert selectors.presence(site, NOON).is_open
    site.clinic.watched_round_the_clock = True
    site.clinic.save()
    assert selectors.presence(site, NIGHT).somebody, "without a rota the clinic's word counts"
    shift = OnCallShift.objects.create(site=site, staff=amara, starts_at=NOON, ends_at=NIGHT)
    assert selectors.presence(site, NIGHT).nobody
    OnCallShift.objects.filter(pk=shift.pk).update(ends_at=NIGHT + timedelta(hours=1))
    assert selectors.presence(site, NIGHT).somebody


class TestTakingOver:
    """What waits with somebody who does not answer, or can't, is taken over with one press."""

    LATE = NOON + timedelta(hours=3)

    def _held(self, plan: Plan, amara: Staff) -> Concern:
        make_response(plan.check_ins.get(code="check_24h"), at=NOON, discharge="pus")
        concern = Concern.objects.get()
        return services.claim_concern(concern=concern, by=Actor.of_staff(amara), at=NOON + timedelta(minutes=5))

    def test_not_before_the_clock_ran_out(self, plan: Plan, amara: Staff, okoro: Staff) -> None:
        concern = self._held(plan, amara)
        with pytest.raises(services.TakenByColleague):
            services.claim_concern(concern=concern, by=Actor.of_staff(okoro), at=NOON + timedelta(minutes=20))

    def test_once_the_others_were_alerted_and_the_log_says_from_whom(self, plan: Plan, amara: Staff, okoro: Staff) -> None:
        concern = self._held(plan, amara)
        assert services.escalate_concern(concern=concern, by=TASK, at=self.LATE)
        services.claim_concern(concern=concern, by=Actor.of_staff(okoro), at=self.LATE + timedelta(minutes=1))
        concern.refresh_from_db()
        assert (concern.claimed_by, concern.state) == (okoro, "claimed")
        assert [event.words for event in concern.events.filter(kind="claimed")] == ["", f"taken over from {amara.display_name}"]
        row = OutboxMessage.objects.filter(kind="concern_alert", recipient=amara.email).latest("pk")
        assert KINDS[row.kind].may_send(row, self.LATE).word == "go"
        mail = KINDS[row.kind].build(row, self.LATE)
        assert "taken a check-in over from you" in mail.text and "a colleague has a check-in now" in mail.subject

    def test_not_from_the_one_who_just_took_it_over(self, plan: Plan, amara: Staff, okoro: Staff, site: Site) -> None:
        from clinic.roles import Role

        third, concern = _staff(site, "third@riverside.example", "Third One", Role.CLINICIAN), self._held(plan, amara)
        services.escalate_concern(concern=concern, by=TASK, at=self.LATE)
        services.claim_concern(concern=concern, by=Actor.of_staff(okoro), at=self.LATE + timedelta(minutes=1))
        with pytest.raises(services.TakenByColleague, match="Nkem Okoro"):
            services.claim_concern(concern=concern, by=Actor.of_staff(third), at=self.LATE + timedelta(minutes=1))

    def test_not_while_a_next_try_is_planned_or_the_patient_was_reached(self, plan: Plan, amara: Staff, okoro: Staff) -> None:
        concern, by = self._held(plan, amara), Actor.of_staff(amara)
        services.escalate_concern(concern=concern, by=TASK, at=self.LATE)
        services.log_call(concern=concern, words="no answer", reached=False, next_try_at=self.LATE + timedelta(minutes=20), by=by, at=self.LATE)
        concern.refresh_from_db()
        assert not selectors.may_be_taken_over(concern, at=self.LATE + timedelta(minutes=10))
        assert selectors.may_be_taken_over(concern, at=self.LATE + timedelta(minutes=20))
        services.log_call(concern=concern, words="well", reached=True, by=by, at=self.LATE + timedelta(minutes=21))
        concern.refresh_from_db()
        assert not selectors.may_be_taken_over(concern, at=self.LATE + timedelta(days=2))

    @pytest.mark.parametrize("gone", ["account", "role", "site"])
    def test_at_once_from_who_can_not_act_any_more(self, plan: Plan, amara: Staff, okoro: Staff, gone: str) -> None:
        concern = self._held(plan, amara)
        if gone == "site":
            amara.sites.clear()
        else:
            amara.is_active, amara.roles = gone != "account", ["front_desk"] if gone == "role" else amara.roles
            amara.save()
        services.claim_concern(concern=concern, by=Actor.of_staff(okoro), at=NOON + timedelta(minutes=6))
        concern.refresh_from_db()
        assert concern.claimed_by == okoro
        told = OutboxMessage.objects.filter(key__endswith=f":1:{amara.uuid}").exists()
        assert told is (gone != "account")

    def test_the_page_offers_it(self, plan: Plan, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        concern = self._held(plan, amara)
        address = reverse("aftercare:concern", kwargs={"concern_uuid": concern.uuid})
        with time_machine.travel(self.LATE, tick=False):
            client = client_as(okoro)
            assert "Take over from" not in client.get(address).content.decode()
            services.escalate_concern(concern=concern, by=TASK, at=self.LATE)
            assert f"Take over from {amara.display_name}" in client.get(address).content.decode()


@pytest.mark.parametrize("gone", ["account", "role", "site"])
def test_an_alert_does_not_go_alone_to_who_is_no_clinician_of_the_site_any_more(plan: Plan, site: Site, amara: Staff, okoro: Staff, gone: str) -> None:
    OnCallShift.objects.create(site=site, staff=okoro, place=1, starts_at=NIGHT - timedelta(hours=1), ends_at=NIGHT + timedelta(days=9))
    if gone == "site":
        okoro.sites.clear()
    else:
        okoro.is_active, okoro.roles = gone != "account", ["front_desk"] if gone == "role" else okoro.roles
        okoro.save()
    make_response(plan.check_ins.get(code="check_24h"), at=NIGHT, discharge="pus")
    assert set(OutboxMessage.objects.filter(kind="concern_alert").values_list("recipient", flat=True)) == {amara.email}
    assert selectors.on_call_at(site.pk, NIGHT) == [] and selectors.on_call_names(Actor.of_staff(amara), at=NIGHT) == []
    shown = selectors.rotas(Actor.of_staff(amara), at=NIGHT)[0]
    assert shown.gaps, "hours that only somebody covers who can't act are hours without anybody"

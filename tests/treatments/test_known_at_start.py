"""A session is judged by what was known when it started (decision 0011): what is learnt later neither stops nor excuses the signature."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.rulebook import stamp
from patients import services as people
from patients.models import Allergy, ConsentText, Intake
from patients.vocabulary import Gate
from tests.treatments.make import (
    DAY,
    END,
    make_draft,
    make_ended,
    make_entry,
    make_product,
    make_ready,
    make_signed,
    make_started,
)
from treatments import selectors, services
from treatments.models import AdverseEvent, CartridgeLot, Device, PatchTest, SessionPolicy, TreatmentSession
from treatments.rules import RULES_VERSION
from treatments.rules.vocabulary import Stage
from treatments.services import Blocked, EventEntry, ZoneEntry

LATER = END + timedelta(hours=20)
SIGNED = LATER + timedelta(hours=1)


def answers(record: TreatmentSession, **changed: object) -> None:
    """The patient has answered otherwise, the day after."""
    Intake.objects.create(
        patient=record.patient, state="submitted", answers={"pregnancy": "no", "fitzpatrick": "II", **changed},
        started_at=LATER, saved_at=LATER, submitted_at=LATER,
    )  # fmt: skip


def pregnant(record: TreatmentSession) -> None:
    answers(record, pregnancy="yes")


def changed_unreviewed(record: TreatmentSession) -> None:
    people.record_rescreen(patient=record.patient, on=LATER.date(), changed=True, words="new tablets", by=Actor.of_task("t"), at=LATER)


def consent_withdrawn(record: TreatmentSession) -> None:
    people.withdraw_consent(consent=record.patient.consents.get(), reason="by phone", by=Actor.of_task("t"), at=LATER)


def new_wording(record: TreatmentSession) -> None:
    people.publish_consent_text(version="2", language="en", text="Other words.", procedures=["scalp_microneedling"], off_label=True, by=Actor.of_task("t"), at=LATER)
    assert ConsentText.objects.count() == 2


def held(record: TreatmentSession) -> None:
    people.place_hold(patient=record.patient, blocks=["session"], cause_kind="concern", cause_uuid=None, reason="x", by=Actor.of_task("t"), at=LATER)


def recalled(record: TreatmentSession) -> None:
    services.recall_lot(lot=CartridgeLot.objects.get(), reason="not sterile", by=Actor.of_task("t"), at=LATER)


def set_aside(record: TreatmentSession) -> None:
    services.quarantine_lot(lot=CartridgeLot.objects.get(), reason="a reaction", by=Actor.of_task("t"), at=LATER)


def pen_broken(record: TreatmentSession) -> None:
    Device.objects.update(out_of_service=True)


@pytest.mark.parametrize("learnt", [pregnant, changed_unreviewed, consent_withdrawn, new_wording, held, recalled, set_aside, pen_broken])
class TestLearntAfterwards:
    def test_the_record_can_be_signed(self, learnt: Callable[[TreatmentSession], None], site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        learnt(record)
        services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=SIGNED)
        record.refresh_from_db()
        assert record.state == "signed"

    def test_the_next_one_would_not_start_with_it(self, learnt: Callable[[TreatmentSession], None], site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        learnt(record)
        assert selectors.evaluate(record, "start").blocks()


class TestKnownAtTheStart:
    def test_an_answer_made_good_afterwards_does_not_excuse_it(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        kept = record.patient.screenings.get(gate="start")
        assert kept.at == record.started_at
        # a kept screening is never changed; the start at another time has none, and is judged by another one
        TreatmentSession.objects.filter(pk=record.pk).update(started_at=DAY + timedelta(minutes=1))
        keep_screening(record, pregnancy="yes")
        answers(record)
        with pytest.raises(Blocked) as stop:
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=SIGNED)
        assert [f.rule for f in stop.value.findings] == ["S02"]

    def test_the_consent_of_that_time_counts(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        record.patient.consents.update(withdrawn_at=DAY - timedelta(minutes=1), withdrawn_reason="before")
        with pytest.raises(Blocked) as stop:
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=SIGNED)
        assert [f.rule for f in stop.value.findings] == ["S03"]

    def test_the_change_that_waited_at_the_start_counts(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        record.patient.rescreens.update(changed=True)
        assert "S01" in [f.rule for f in selectors.evaluate(record, "signoff").blocks()]

    @pytest.mark.parametrize("answered", ["yes", "possible"])
    def test_a_pregnancy_told_in_the_room_still_stops_minoxidil(self, answered: str, site: Site, amara: Staff) -> None:
        lotion = make_product(site, name="Minoxidil 5 %", kind="minoxidil")
        record = make_started(site, amara, make_entry(site, products=((lotion, 24.0),)))
        assert not selectors.evaluate(record, "checkout").blocks()
        answers(record, pregnancy=answered)
        assert [f.rule for f in selectors.evaluate(record, "checkout").blocks()] == ["S14"]


class TestAllergies:
    """Minoxidil goes on after the session: a patient who is allergic to it gets none (S13)."""

    def ended(self, site: Site, amara: Staff) -> TreatmentSession:
        lotion = make_product(site, name="Minoxidil 5 %", kind="minoxidil")
        return make_ended(site, amara, make_entry(site, products=((lotion, 24.0),)))

    def note(self, record: TreatmentSession, at: datetime) -> Allergy:
        return Allergy.objects.create(patient=record.patient, substance="minoxidil", name="minoxidil", noted_at=at)

    def test_heard_of_after_the_patient_left_it_is_about_the_next_session(self, site: Site, amara: Staff) -> None:
        record = self.ended(site, amara)
        self.note(record, END + timedelta(seconds=1))
        assert services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=SIGNED).session == record

    @pytest.mark.parametrize("at", [DAY - timedelta(days=1), DAY + timedelta(minutes=5), END])
    def test_heard_of_while_the_patient_was_here_it_blocks(self, at: datetime, site: Site, amara: Staff) -> None:
        record = self.ended(site, amara)
        self.note(record, at)
        assert [f.rule for f in selectors.evaluate(record, "signoff").blocks()] == ["S13"]

    def test_one_that_was_struck_off_later_was_there_then(self, site: Site, amara: Staff) -> None:
        record = self.ended(site, amara)
        row = self.note(record, DAY)
        for ended_at, rules in ((LATER, ["S13"]), (DAY + timedelta(minutes=1), [])):
            Allergy.objects.filter(pk=row.pk).update(ended_at=ended_at)
            assert [f.rule for f in selectors.evaluate(record, "signoff").blocks()] == rules

    def test_one_of_an_unknown_day_was_always_there(self, site: Site, amara: Staff) -> None:
        record = self.ended(site, amara)
        Allergy.objects.create(patient=record.patient, substance="minoxidil", name="minoxidil")
        assert [f.rule for f in selectors.evaluate(record, "signoff").blocks()] == ["S13"]


class TestPatchTests:
    """The test that counts is the newest one of those that were on when the session started (S13)."""

    def test_one_put_on_after_the_session_says_nothing_about_it(self, site: Site, amara: Staff) -> None:
        serum, patient, by = make_product(site), make_ready(site), Actor.of_staff(amara)
        on = DAY - timedelta(days=4)
        counted = PatchTest.objects.create(patient=patient, product=serum, applied_at=on, read_at=on + timedelta(hours=50), result="negative", by="x")
        entry = make_entry(site, products=((serum, 0.0),))
        record = services.start_session(record=make_draft(site, amara, entry, patient=patient), by=by, at=DAY)
        record = services.end_session(record=record, ended_at=END, by=by, at=END)
        services.apply_patch_test(patient=patient, product=serum, by=by, at=LATER)
        record = services.save_session(record=record, version=record.version, entry=entry, by=by, at=LATER)
        assert record.product_uses.get().patch_test == counted
        assert services.sign_session(record=record, signer=amara, by=by, at=SIGNED).session == record

    def test_nor_does_one_of_the_end_make_good_that_there_was_none(self, site: Site, amara: Staff) -> None:
        serum, by, entry = make_product(site), Actor.of_staff(amara), make_entry(site)
        record = make_ended(site, amara, entry)
        services.apply_patch_test(patient=record.patient, product=serum, by=by, at=LATER)
        record = services.save_session(record=record, version=record.version, entry=replace(entry, products=((serum, 0.0),)), by=by, at=LATER)
        assert record.product_uses.get().patch_test is None
        assert [f.rule for f in selectors.evaluate(record, "signoff").blocks()] == ["S13"]


class TestAnEventOfBefore:
    """S11 looks at the events that were open when the session started, however they stand now."""

    def closed(self, site: Site, amara: Staff, at: datetime) -> AdverseEvent:
        """Of an earlier session, noted the day after it and closed at that instant."""
        before, by = make_signed(site, amara, at=DAY - timedelta(days=30)).session, Actor.of_staff(amara)
        noted = DAY - timedelta(days=29)
        event = services.record_adverse_event(patient=before.patient, record=before, entry=EventEntry("Folliculitis", noted), by=by, at=noted)
        people.record_rescreen(patient=before.patient, on=DAY.date(), changed=False, words="", by=by, at=DAY)
        return self.close(event, amara, at)

    def close(self, event: AdverseEvent, amara: Staff, at: datetime) -> AdverseEvent:
        return services.close_adverse_event(event=event, kind="recovered", outcome="Well.", ended_on=at.date(), by=Actor.of_staff(amara), at=at)

    def reopen(self, event: AdverseEvent, amara: Staff, at: datetime) -> AdverseEvent:
        return services.events.reopen_adverse_event(event=event, reason="Came back.", by=Actor.of_staff(amara), at=at)

    @pytest.mark.parametrize("again", [DAY + timedelta(minutes=5), LATER])
    def test_one_that_was_closed_then_and_is_open_again_stops_no_signature(self, again: datetime, site: Site, amara: Staff) -> None:
        by, event = Actor.of_staff(amara), self.closed(site, amara, DAY - timedelta(days=20))
        record = services.start_session(record=make_draft(site, amara, patient=event.patient), by=by, at=DAY)
        if again < END:
            self.reopen(event, amara, again)
        record = services.end_session(record=record, ended_at=END, by=by, at=END)
        if again > END:
            self.reopen(event, amara, again)
        assert services.sign_session(record=record, signer=amara, by=by, at=SIGNED).session == record

    def test_it_holds_the_next_one_as_ever(self, site: Site, amara: Staff) -> None:
        event = self.closed(site, amara, DAY - timedelta(days=20))
        self.reopen(event, amara, DAY - timedelta(days=1))
        assert [f.rule for f in selectors.evaluate(make_draft(site, amara, patient=event.patient), "start").blocks()] == ["S11"]

    @pytest.mark.parametrize(
        ("opened", "shut", "rules"),
        [(None, None, []), (-2, None, ["S11"]), (-2, -1, []), (0, None, ["S11"]), (0, 1, ["S11"]), (1, None, []), (1, 2, [])],
    )
    def test_how_it_stood_at_the_start_is_told_by_its_history(self, opened: int | None, shut: int | None, rules: list[str], site: Site, amara: Staff) -> None:
        """Closed three minutes before; opened again and closed again so many minutes after the start. But for the first case it is open now."""
        event = self.closed(site, amara, DAY - timedelta(minutes=3))
        record = make_draft(site, amara, patient=event.patient)
        TreatmentSession.objects.filter(pk=record.pk).update(started_at=DAY, state="started")
        if opened is not None:
            self.reopen(event, amara, DAY + timedelta(minutes=opened))
        if shut is not None:
            self.close(event, amara, DAY + timedelta(minutes=shut))
            self.reopen(event, amara, LATER)
        assert [f.rule for f in selectors.evaluate(TreatmentSession.objects.get(pk=record.pk), "checkout").blocks() if f.rule == "S11"] == rules


def keep_screening(record: TreatmentSession, **changed: object) -> None:
    """A screening as the gate would have kept it, of a patient who answered otherwise."""
    answers(record, **changed)
    people.screen_patient(patient=record.patient, gate=Gate.START, as_of=DAY.date(), by=Actor.of_task("t"), at=DAY + timedelta(minutes=1))


def test_a_ready_patient_is_ready(site: Site, amara: Staff) -> None:
    assert selectors.evaluate(make_draft(site, amara, patient=make_ready(site)), "start").overall == "OK"


class TestNumbers:
    """“Old decisions keep theirs”: a session is judged by the numbers in force when it began."""

    def approved(self, at: datetime, **values: object) -> None:
        SessionPolicy.objects.create(
            version=SessionPolicy.objects.count() + 1, values=values, words={}, reason="x", proposed_by="Max", approved_by="Amara", at=at
        )

    def deep(self, site: Site, amara: Staff) -> TreatmentSession:
        """At 2.00 mm, which a reason allowed."""
        entry = make_entry(site, zones=(ZoneEntry("vertex", 200, 4, "mild_erythema"),), reasons={"S07:vertex": "x", "S08:vertex": "x", "S09:vertex": "x"})
        return make_started(site, amara, entry)

    def test_those_approved_after_the_end_do_not_stop_the_signature(self, site: Site, amara: Staff) -> None:
        record = services.end_session(record=self.deep(site, amara), ended_at=END, by=Actor.of_staff(amara), at=END)
        self.approved(LATER, depth_most=150)
        assert selectors.policy().depth_most == 150
        signed = services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=SIGNED)
        assert json.loads(signed.content)["rules_version"] == stamp(RULES_VERSION, 0)

    def test_those_approved_in_mid_session_do_not_keep_the_patient(self, site: Site, amara: Staff) -> None:
        record = self.deep(site, amara)
        self.approved(DAY + timedelta(minutes=1), depth_most=150)
        assert services.end_session(record=record, ended_at=END, by=Actor.of_staff(amara), at=END).ended_at == END

    def test_those_of_the_start_stand_though_they_were_loosened_since(self, site: Site, amara: Staff) -> None:
        self.approved(DAY - timedelta(days=1), passes_reason_above=3)
        record = make_draft(site, amara)
        assert "S17" in {f.rule for f in selectors.evaluate(record, Stage.START).findings}
        TreatmentSession.objects.filter(pk=record.pk).update(started_at=DAY, state="started")
        self.approved(DAY + timedelta(minutes=1))
        record.refresh_from_db()
        assert "S17" in {f.rule for f in selectors.evaluate(record, Stage.CHECKOUT).findings}

    def test_a_draft_is_judged_by_today_s(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara, make_entry(site, zones=(ZoneEntry("vertex", 200, 4, "mild_erythema"),)))
        self.approved(DAY, depth_most=150)
        assert any(f.severity == "BLOCK" and f.subject == "vertex" for f in selectors.evaluate(record, Stage.START).findings)

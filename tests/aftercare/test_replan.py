"""A record changed after the session ended changes nothing in the plan unless a clinician says so (SETTLED 1)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import InternalError, ProgrammingError
from django.test import Client
from django.utils import translation

from aftercare import services
from aftercare.models import CheckIn, Plan, Protocol, Replan
from aftercare.rules.aftercare import Change, Done, what_changed
from aftercare.selectors import difference, instructions_of, plans_to_decide, record_of
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS, Mail
from tests.aftercare.make import ENDED, TASK, make_course, make_patient, make_plan, make_response, make_session
from tests.clinic.outbox_make import FakeRelay, drain
from tests.treatments.make import make_signed
from treatments.models import (
    Addendum,
    Device,
    DeviceBlock,
    Product,
    ProductUse,
    SignedRecord,
    TreatmentSession,
    ZoneRecord,
)
from treatments.services import mark_entered_in_error

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
LATER = ENDED + timedelta(hours=5)
WHY = "Depth was typed later"


def deepen(session: TreatmentSession, hundredths: int = 150) -> None:
    """The operator completes the record."""
    device = Device.objects.create(site=session.site, name="Pen", type="pen", max_depth_hundredths=250)
    block = DeviceBlock.objects.create(session=session, device=device)
    ZoneRecord.objects.create(block=block, zone="vertex", depth_hundredths=hundredths, passes=4)


def put_on(session: TreatmentSession, kind: str = "minoxidil", name: str = "Minoxidil 5%") -> None:
    product = Product.objects.create(site=session.site, name=name, kind=kind)
    ProductUse.objects.create(session=session, product=product)


def again(plan: Plan, staff: Staff, *, at: datetime = LATER, done: Done | None = None) -> Replan:
    session = TreatmentSession.objects.get(pk=plan.session_id)
    return services.replan_aftercare(plan=plan, done=done or record_of(session), reason=WHY, by=Actor.of_staff(staff), at=at)


def rows(plan: Plan, code: str = "instructions") -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(planned_message__plan=plan, planned_message__code=code).order_by("planned_message__occurrence"))


def mail(row: OutboxMessage, at: datetime) -> Mail:
    with translation.override(row.language):
        return KINDS[row.kind].build(row, at)


def gone(plan: Plan, relay: FakeRelay | None = None) -> FakeRelay:
    """The instructions leave."""
    relay = relay or FakeRelay()
    drain(relay, at=ENDED + timedelta(minutes=1))
    assert rows(plan)[0].state == "sent"
    return relay


def seen_in(page: str) -> str:
    """The state that a page shows, as its form sends it back."""
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found.group(1)


def steps_for_deep(manager: Staff) -> None:
    """A version with two steps for deep sessions alone: a note and a check-in."""
    services.ensure_default_protocol(by=TASK, at=ENDED - timedelta(days=9))
    draft = services.start_draft(by=Actor.of_staff(manager), at=ENDED - timedelta(days=8))
    step = draft.steps.model
    note = {"purpose": "care_note", "offset_hours": 6, "wording": {"en": "Sleep with your head up.", "es": "Duerma con la cabeza alta."}}
    check = {"purpose": "check_in", "offset_hours": 30, "questions": ["Q1", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9"]}
    for code, values in {"deep_note": note, "deep_check": check}.items():
        step.objects.create(protocol=draft, code=code, scope="session", position=90, expires_hours=48, min_depth_hundredths=100, **values)
    Protocol.objects.in_force().update(state="retired")
    Protocol.objects.filter(pk=draft.pk).update(state="published")


class TestWithoutAWord:
    def test_nothing_changes(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        before = (plan.basis, instructions_of(plan, at=LATER), mail(rows(plan)[0], LATER).text.replace("/l/", ""))
        states = [(row.key, row.state, row.send_after) for row in OutboxMessage.objects.order_by("pk")]
        deepen(plan.session)
        put_on(plan.session)
        TreatmentSession.objects.filter(pk=plan.session_id).update(minoxidil_early_allowed=True)
        services.plan_aftercare(session_uuid=plan.session.uuid, by=TASK, at=LATER)
        plan = Plan.objects.select_related("session", "protocol").get(pk=plan.pk)
        assert (plan.basis, instructions_of(plan, at=LATER)) == before[:2]
        assert "minoxidil was put on" not in mail(rows(plan)[0], LATER).text
        assert [(row.key, row.state, row.send_after) for row in OutboxMessage.objects.order_by("pk")] == states
        assert plans_to_decide(plan.patient) == [plan]

    def test_one_that_was_not_changed_asks_nothing(self, site: Site, amara: Staff) -> None:
        assert plans_to_decide(make_plan(site, amara).patient) == []

    def test_a_second_treatment_reads_the_first_as_it_was_planned(self, site: Site, amara: Staff) -> None:
        first = make_plan(site, amara)
        deepen(first.session)
        session = make_session(first.session.course, amara, ended_at=ENDED + timedelta(hours=20), number=2)
        second = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED + timedelta(hours=20))
        assert second is not None and not instructions_of(second, at=LATER).is_deep


class TestPlannedAgain:
    def test_a_corrected_mail_goes_once_and_begins_with_what_changed(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        relay = gone(plan)
        deepen(plan.session)
        put_on(plan.session)
        row = again(plan, amara)
        first, corrected = rows(plan)
        assert (first.state, corrected.state, corrected.send_after) == ("sent", "planned", LATER)
        assert corrected.key == f"aftercare:{plan.session.uuid}:instructions:1" and corrected.expires_at == first.expires_at
        assert row.message is not None and row.message.outbox_id == corrected.pk
        drain(relay, at=LATER)
        sent = relay.mails[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        html = relay.mails[-1].get_body(("html",)).get_content()  # type: ignore[union-attr]
        order = [sent.index(words) for words in ("Hello Olivia", "SOME OF OUR ADVICE HAS CHANGED:", "went deeper than we first wrote", "PLEASE WAIT UNTIL")]
        assert order == sorted(order)
        for words in ("Your scalp can be more tender.", "Minoxidil was put on your scalp.", "Please go by this mail"):
            assert words in sent and words in html
        assert "On your scalp since the visit: Minoxidil 5%." in sent and "Some of our advice has changed" in html
        drain(relay, at=LATER + timedelta(hours=1))
        assert len(relay.mails) == 2

    def test_in_spanish(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara, language="es")
        gone(plan)
        deepen(plan.session)
        again(plan, amara)
        text = mail(rows(plan)[1], LATER).text
        assert "ALGUNOS DE NUESTROS CONSEJOS HAN CAMBIADO:" in text and "más profundo" in text and "deeper" not in text

    def test_a_neutral_mail_says_nothing_and_its_page_says_it(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara, mail_mode="neutral")
        gone(plan)
        deepen(plan.session)
        again(plan, amara)
        said = mail(rows(plan)[1], LATER)
        assert "changed" not in said.text and "deeper" not in said.text + said.subject

    def test_twice_pressed_is_once_planned(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        deepen(plan.session)
        again(plan, amara)
        with pytest.raises(services.NothingToPlan):
            again(plan, amara)
        assert len(rows(plan)) == 2 and Replan.objects.count() == 1

    def test_instructions_that_wait_are_not_doubled(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        deepen(plan.session)
        assert again(plan, amara).message is None
        [row] = rows(plan)
        assert row.state == "planned" and "more tender" in mail(row, LATER).text and "HAS CHANGED" not in mail(row, LATER).text

    def test_what_a_patient_would_not_read_otherwise_sends_nothing(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        deepen(plan.session, 75)
        assert again(plan, amara).message is None and len(rows(plan)) == 1

    def test_two_changes_before_it_leaves_are_one_mail_and_none_when_taken_back(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        first = record_of(plan.session)
        again(plan, amara, done=Done(150))
        again(plan, amara, done=Done(150, (("Serum", "serum_sterile"),)), at=LATER + timedelta(minutes=1))
        _sent, corrected = rows(plan)
        text = mail(corrected, LATER).text
        assert "went deeper" in text and "On your scalp since the visit: Serum." in text
        again(plan, amara, done=first, at=LATER + timedelta(minutes=2))
        drain(FakeRelay(), at=LATER + timedelta(minutes=3))
        corrected.refresh_from_db()
        assert (corrected.state, corrected.reason) == ("skipped", "the advice is again as it was mailed")

    def test_a_second_correction_says_what_changed_since_the_first(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        relay = gone(plan)
        again(plan, amara, done=Done(150))
        drain(relay, at=LATER)
        again(plan, amara, done=Done(150, (("Serum", "serum_sterile"),)), at=LATER + timedelta(hours=1))
        text = mail(rows(plan)[2], LATER).text
        assert "On your scalp since the visit: Serum." in text and "went deeper" not in text

    def test_one_that_did_not_arrive_leaves_the_first_as_what_was_told(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        again(plan, amara, done=Done(150))
        OutboxMessage.objects.filter(pk=rows(plan)[1].pk).update(state="failed")
        again(plan, amara, done=Done(150, minoxidil_early=True), at=LATER + timedelta(hours=1))
        assert "went deeper" in mail(rows(plan)[2], LATER).text

    def test_when_the_times_are_over_no_mail_goes(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        deepen(plan.session)
        at = ENDED + timedelta(hours=72)
        plan.refresh_from_db()
        found = difference(plan, record_of(plan.session), now=instructions_of(plan, at=at), at=at)
        assert found.mail.startswith("The waiting times are over")
        assert again(plan, amara, at=at).message is None and len(rows(plan)) == 1

    def test_the_patient_confirms_anew(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        services.note_read(plan=plan, taught_back=True, by=TASK, at=LATER)
        deepen(plan.session)
        again(plan, amara)
        plan.refresh_from_db()
        assert plan.read_at is None and plan.taught_back is None

    def test_steps_come_and_go_with_what_was_done(self, site: Site, amara: Staff, max_: Staff) -> None:
        steps_for_deep(max_)
        plan = make_plan(site, amara)
        assert rows(plan, "deep_note") == []
        again(plan, amara, done=Done(150))
        assert [row.state for row in rows(plan, "deep_note")] == ["planned"] and CheckIn.objects.unanswered().filter(code="deep_check").count() == 1
        again(plan, amara, done=Done(50), at=LATER + timedelta(minutes=1))
        [row] = rows(plan, "deep_note")
        assert (row.state, row.reason) == ("cancelled", "planned again: not for this treatment")
        assert not CheckIn.objects.unanswered().filter(code="deep_check").exists()
        again(plan, amara, done=Done(160), at=LATER + timedelta(minutes=2))
        assert [row.state for row in rows(plan, "deep_note")] == ["cancelled", "planned"]
        assert [row.key[-2:] for row in rows(plan, "deep_check")] == [":0", ":1"]

    def test_what_had_gone_does_not_go_again_and_can_still_be_answered(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        relay = gone(plan)
        drain(relay, at=ENDED + timedelta(hours=25))
        deepen(plan.session)
        again(plan, amara, at=ENDED + timedelta(hours=26))
        assert len(rows(plan, "check_24h")) == 1
        asked = plan.check_ins.get(code="check_24h")
        assert asked.cancelled_at is None
        make_response(asked, at=ENDED + timedelta(hours=27))

    def test_times_and_wishes_stay(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        before = {row.key: (row.send_after, row.expires_at) for row in OutboxMessage.objects.all()}
        deepen(plan.session)
        again(plan, amara)
        assert {row.key: (row.send_after, row.expires_at) for row in OutboxMessage.objects.all()} == before


class TestWhoAndWhen:
    @pytest.mark.parametrize("who", ["rosa", "max_", "iris"])
    def test_only_a_clinician(self, who: str, site: Site, amara: Staff, request: pytest.FixtureRequest) -> None:
        plan = make_plan(site, amara)
        with pytest.raises(PermissionDenied):
            again(plan, request.getfixturevalue(who), done=Done(150))
        assert not Replan.objects.exists()

    def test_a_reason_is_owed(self, site: Site, amara: Staff) -> None:
        with pytest.raises(Refused, match="short reason"):
            services.replan_aftercare(plan=make_plan(site, amara), done=Done(150), reason=" ", by=Actor.of_staff(amara), at=LATER)

    def test_not_after_a_later_session_nor_for_a_mistake(self, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        session = make_session(plan.session.course, amara, ended_at=ENDED + timedelta(days=30), number=2)
        second = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED + timedelta(days=30))
        assert second is not None
        mark_entered_in_error(record=session, reason="Wrong patient", staff=amara, by=Actor.of_staff(amara), at=LATER)
        for each in (plan, second):
            with pytest.raises(services.NotRunning):
                again(each, amara, done=Done(150))

    def test_it_stays_for_ever_with_who_and_why(self, site: Site, amara: Staff) -> None:
        row = again(make_plan(site, amara), amara, done=Done(150))
        assert (row.reason, row.by, row.before["deepest"], row.after["deepest"]) == (WHY, Actor.of_staff(amara).name[:160], 0, 150)
        with pytest.raises((ProgrammingError, InternalError)):
            Replan.objects.update(reason="other")


class TestTheRule:
    def test_each_change_by_itself(self) -> None:
        serum, minoxidil = (("Serum", "serum_sterile"),), (("M", "minoxidil"),)
        assert what_changed(Done(50), Done(99)) == []
        assert what_changed(Done(99), Done(100)) == [Change.DEEPER]
        assert what_changed(Done(100), Done(99)) == [Change.LESS_DEEP]
        assert what_changed(Done(), Done(products=serum)) == [Change.ON_THE_SCALP]
        assert Done(products=serum + minoxidil) == Done(products=minoxidil + serum)
        assert what_changed(Done(), Done(products=minoxidil)) == [Change.ON_THE_SCALP, Change.MINOXIDIL_APPLIED]
        assert what_changed(Done(products=minoxidil), Done()) == [Change.ON_THE_SCALP]
        assert what_changed(Done(), Done(minoxidil_early=True)) == [Change.MINOXIDIL_FREE]
        assert what_changed(Done(minoxidil_early=True), Done()) == [Change.MINOXIDIL_WAITS]


def amended_by_an_addendum(site: Site, amara: Staff) -> tuple[SignedRecord, Plan, datetime]:
    """A signed record, its plan, when it ended; an addendum says 1.50 mm."""
    signed = make_signed(site, amara)
    ended = signed.session.ended_at
    assert ended is not None
    plan = services.plan_aftercare(session_uuid=signed.session.uuid, by=TASK, at=ended)
    assert plan is not None
    Addendum.objects.create(record=signed, text="The vertex was 1.50 mm.", by=amara, at=ended, sha256="0" * 64)
    return signed, plan, ended


class TestThePage:
    def url(self, plan: Plan) -> str:
        return f"/aftercare/sessions/{plan.session.uuid}/"

    @time_machine.travel(LATER, tick=False)
    def test_shows_the_difference_asks_for_a_reason_and_plans_once(self, client_as: SignIn, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        deepen(plan.session)
        client = client_as(amara)
        seen = client.get(self.url(plan))
        page = seen.content.decode()
        for words in ("Nothing changes for the patient unless you say so", "1.50 mm", "went deeper than we first wrote", "A corrected mail goes out now"):
            assert words in page
        assert "See the difference and decide" in client.get(f"/aftercare/patients/{plan.patient.uuid}/messages/").content.decode()
        assert "See the difference and decide" in client.get(self.url(plan), headers={"HX-Request": "true"}).content.decode()
        data = {"subject": str(plan.patient.uuid), "seen": seen.context["found"].digest}
        empty = client.post(self.url(plan), data)
        assert empty.status_code == 422 and "Write a short reason." in empty.content.decode() and not Replan.objects.exists()
        for _press in range(2):
            assert client.post(self.url(plan), data | {"reason": WHY}).status_code == 302
        assert Replan.objects.count() == 1 and len(rows(plan)) == 2
        page = client.get(self.url(plan)).content.decode()
        assert "The aftercare goes by what is known now." in page and WHY in page
        assert "See the difference" not in client.get(f"/aftercare/patients/{plan.patient.uuid}/messages/").content.decode()

    @time_machine.travel(LATER, tick=False)
    def test_a_page_that_is_older_than_the_record_decides_nothing(self, client_as: SignIn, site: Site, amara: Staff) -> None:
        plan = make_plan(site, amara)
        deepen(plan.session)
        client = client_as(amara)
        data = {"subject": str(plan.patient.uuid), "seen": client.get(self.url(plan)).context["found"].digest, "reason": WHY}
        put_on(plan.session)
        answer = client.post(self.url(plan), data)
        assert answer.status_code == 409 and "Minoxidil 5%" in answer.content.decode() and WHY in answer.content.decode()
        assert not Replan.objects.exists()

    def test_the_desk_and_the_manager_see_neither_page_nor_line(self, client_as: SignIn, site: Site, amara: Staff, rosa: Staff, max_: Staff) -> None:
        plan = make_plan(site, amara)
        deepen(plan.session)
        for staff in (rosa, max_):
            client = client_as(staff)
            assert client.get(self.url(plan)).status_code == 403
            assert "See the difference" not in client.get(f"/aftercare/patients/{plan.patient.uuid}/messages/").content.decode()

    def test_after_an_addendum_a_clinician_says_what_it_means(self, client_as: SignIn, site: Site, amara: Staff) -> None:
        _signed, plan, ended = amended_by_an_addendum(site, amara)
        product = Product.objects.create(site=site, name="Late serum", kind="serum_sterile")
        with time_machine.travel(ended + timedelta(hours=1), tick=False):
            client = client_as(amara)
            page = client.get(self.url(plan)).content.decode()
            assert "What the addendum means for the aftercare" in page and 'value="0.75"' in page
            data = {"subject": str(plan.patient.uuid), "deepest": "x", "reason": WHY, "products": [str(product.uuid)], "seen": seen_in(page)}
            wrong = client.post(self.url(plan), data)
            assert wrong.status_code == 422 and "like 0.75" in wrong.content.decode() and WHY in wrong.content.decode()
            assert client.post(self.url(plan), data | {"deepest": "1.50"}).status_code == 302
        plan.refresh_from_db()
        assert plan.basis == {"deepest": 150, "products": [["Late serum", "serum_sterile"]], "minoxidil_early": False}
        assert plans_to_decide(plan.patient) == [], "it goes by the addendum now"

    @pytest.mark.parametrize("meanwhile", ["a colleague planned", "another addendum"])
    def test_a_page_that_is_older_than_the_last_word_decides_nothing(self, client_as: SignIn, site: Site, amara: Staff, meanwhile: str) -> None:
        """What was typed stays, and is sent again once it was looked at: also after a mistake in a field."""
        signed, plan, ended = amended_by_an_addendum(site, amara)
        with time_machine.travel(ended + timedelta(hours=1), tick=False):
            client = client_as(amara)
            data = {"subject": str(plan.patient.uuid), "deepest": "1.25", "reason": WHY, "seen": seen_in(client.get(self.url(plan)).content.decode())}
            if meanwhile == "another addendum":
                Addendum.objects.create(record=signed, text="No, it was 1.00 mm.", by=amara, at=ended, sha256="1" * 64)
            else:
                again(plan, amara, at=ended, done=Done(150, (), False))
            before = Replan.objects.count()
            stale = client.post(self.url(plan), data)
            page = stale.content.decode()
            assert stale.status_code == 409 and "changed meanwhile" in page and 'value="1.25"' in page and WHY in page
            assert Replan.objects.count() == before
            wrong = client.post(self.url(plan), data | {"seen": seen_in(page), "reason": ""})
            assert wrong.status_code == 422
            assert client.post(self.url(plan), data | {"seen": seen_in(wrong.content.decode())}).status_code == 302
        plan.refresh_from_db()
        assert plan.basis and plan.basis["deepest"] == 125

    def test_the_patients_page_says_what_changed(self, site: Site, amara: Staff, client: Client) -> None:
        plan = make_plan(site, amara)
        gone(plan)
        again(plan, amara, done=Done(150))
        plan.refresh_from_db()
        from aftercare.selectors import corrections

        assert corrections(plan, instructions_of(plan, at=LATER)) == ["Your treatment went deeper than we first wrote. Your scalp can be more tender."]

    def test_a_patient_without_mail_is_to_be_phoned(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site, email="")
        session = make_session(make_course(patient, amara), amara)
        plan = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED)
        assert plan is not None
        found = difference(plan, Done(150), now=instructions_of(plan, at=LATER), at=LATER)
        assert found.mail == "No mail goes: no e-mail address; please phone."

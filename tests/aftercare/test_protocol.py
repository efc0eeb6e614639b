"""A change of the protocol from draft to the mail that a patient gets: states, rights, old plans, preview and test."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, connection, transaction
from django.test import Client
from django.urls import reverse

from aftercare import emails, services
from aftercare.models import Plan, Protocol, ProtocolStep
from aftercare.selectors.messages import kind_words
from aftercare.selectors.protocol import protocol_hash
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS
from tests.aftercare.make import ENDED, TASK, as_recorded, make_course, make_patient, make_plan, make_session
from tests.aftercare.test_views import SignIn
from tests.clinic.outbox_make import FakeRelay, drain

LATER = ENDED + timedelta(days=40)
WORDS = {"en": "Dear {first_name}, wash from {wash_from}.\n\nCall {phone}.", "es": "Hola {first_name}."}
NOTE: dict[str, Any] = {
    "title": "Hat advice", "purpose": "care_note", "offset_hours": 48, "offset_days": None, "local_time": None, "expires_hours": 24,
    "scope": "session", "wording": {"en": "Wear a hat, {first_name}.", "es": "Lleve sombrero, {first_name}."},
}  # fmt: skip


@pytest.fixture
def manager(max_: Staff) -> Actor:
    """Max."""
    return Actor.of_staff(max_)


@pytest.fixture
def clinician(amara: Staff) -> Actor:
    """Dr Amara."""
    return Actor.of_staff(amara)


@pytest.fixture
def draft(site: Site, manager: Actor) -> Protocol:
    """Version 2, in work."""
    return services.start_draft(by=manager, at=ENDED)


def _publish(draft: Protocol, manager: Actor, clinician: Actor) -> Protocol:
    services.propose_protocol(protocol=draft, by=manager, at=ENDED)
    services.approve_protocol(protocol=draft, sha256=protocol_hash(draft), by=clinician, at=ENDED)
    return services.publish_protocol(protocol=draft, by=manager, at=ENDED)


def _change(draft: Protocol, code: str, by: Actor, **values: Any) -> ProtocolStep:
    return services.save_step(protocol=draft, code=code, values=values, by=by)


class TestVersions:
    """draft → proposed → approved → published; the one before retires."""

    def test_a_draft_is_a_copy_and_nothing_stands_against_it(self, draft: Protocol) -> None:
        base = Protocol.objects.get(state="published")
        assert (draft.version, draft.state) == (base.version + 1, "draft")
        assert list(draft.steps.values_list("code", "offset_hours", "offset_days")) == list(
            base.steps.values_list("code", "offset_hours", "offset_days")
        )
        assert services.problems_of(draft) == []

    def test_the_depth_of_more_tender_is_a_number_of_the_version(self, draft: Protocol, manager: Actor, clinician: Actor, max_: Staff, client_as: Any) -> None:
        """Proposed default 1.00 mm; old plans keep the number of their version."""
        before = Protocol.objects.get(state="published")
        assert before.deep_from_hundredths == draft.deep_from_hundredths == 100
        client = client_as(max_)
        sent = {"urgent_minutes": 30, "same_day_hours": 8, "routine_working_days": 3, "note": "deeper", "deep_from_mm": "0.1"}
        address = reverse("aftercare:protocol_targets", args=[draft.uuid])
        assert client.post(address, sent).status_code == 422
        draft.refresh_from_db()
        assert draft.deep_from_hundredths == 100
        assert client.post(address, sent | {"deep_from_mm": "1.25"}).status_code == 302
        draft = _publish(draft, manager, clinician)
        before.refresh_from_db()
        assert (before.deep_from_hundredths, draft.deep_from_hundredths) == (100, 125)
        page = client.get(reverse("aftercare:protocol")).content.decode()
        assert "is said from 1.25 mm" in page and "proposed defaults" in page

    def test_there_is_one_at_a_time(self, draft: Protocol, manager: Actor) -> None:
        with pytest.raises(services.DraftOpen):
            services.start_draft(by=manager, at=ENDED)

    def test_publishing_retires_the_one_before(self, draft: Protocol, manager: Actor, clinician: Actor) -> None:
        _publish(draft, manager, clinician)
        assert list(Protocol.objects.order_by("version").values_list("state", flat=True)) == ["retired", "published"]
        assert Protocol.objects.in_force().get().approved_by_id == clinician.staff_id

    def test_nothing_is_published_without_a_clinician(self, draft: Protocol, manager: Actor) -> None:
        for _round in range(2):
            with pytest.raises(services.WrongState):
                services.publish_protocol(protocol=draft, by=manager, at=ENDED)
            if draft.state == "draft":
                draft = services.propose_protocol(protocol=draft, by=manager, at=ENDED)

    def test_changing_it_again_voids_the_approval(self, draft: Protocol, manager: Actor, clinician: Actor) -> None:
        services.propose_protocol(protocol=draft, by=manager, at=ENDED)
        services.approve_protocol(protocol=draft, sha256=protocol_hash(draft), by=clinician, at=ENDED)
        again = services.reopen_protocol(protocol=draft, by=manager, at=ENDED)
        assert (again.state, again.approved_by, again.approved_at) == ("draft", None, None)

    def test_a_clinician_sends_it_back_with_words(self, draft: Protocol, manager: Actor, clinician: Actor) -> None:
        services.propose_protocol(protocol=draft, by=manager, at=ENDED)
        back = services.send_back_protocol(protocol=draft, words="48 h is too late", by=clinician, at=ENDED)
        assert (back.state, back.sent_back_words) == ("draft", "48 h is too late")

    def test_rights_are_of_two_people(self, draft: Protocol, manager: Actor, clinician: Actor) -> None:
        with pytest.raises(PermissionDenied):
            services.propose_protocol(protocol=draft, by=clinician, at=ENDED)
        services.propose_protocol(protocol=draft, by=manager, at=ENDED)
        with pytest.raises(PermissionDenied):
            services.approve_protocol(protocol=draft, sha256=protocol_hash(draft), by=manager, at=ENDED)

    def test_nor_does_one_person_of_both_roles_do_it_alone(self, draft: Protocol, max_: Staff, clinician: Actor) -> None:
        max_.roles = ["manager", "clinician"]
        max_.save()
        both = Actor.of_staff(max_)
        services.propose_protocol(protocol=draft, by=both, at=ENDED)
        with pytest.raises(services.NeedsAnotherClinician, match="Another clinician must approve it"):
            services.approve_protocol(protocol=draft, sha256=protocol_hash(draft), by=both, at=ENDED)
        draft.refresh_from_db()
        assert (draft.state, draft.approved_by) == ("proposed", None)
        services.approve_protocol(protocol=draft, sha256=protocol_hash(draft), by=clinician, at=ENDED)

    def test_what_is_approved_is_what_was_read(self, client_as: SignIn, draft: Protocol, manager: Actor, amara: Staff) -> None:
        services.propose_protocol(protocol=draft, by=manager, at=ENDED)
        client, read = client_as(amara), protocol_hash(draft)
        assert f'name="sha256" value="{read}"' in client.get(_url("protocol_version", draft)).content.decode()
        services.reopen_protocol(protocol=draft, by=manager, at=ENDED)
        _change(draft, "check_48h", manager, offset_hours=49)
        services.propose_protocol(protocol=draft, by=manager, at=ENDED)
        answer = client.post(_url("approve_protocol", draft), {"sha256": read})
        draft.refresh_from_db()
        assert (answer.status_code, draft.state) == (409, "proposed")
        assert "not the one you read" in answer.content.decode()

    def test_an_unknown_name_is_an_error_when_it_is_proposed(self, draft: Protocol, manager: Actor) -> None:
        _change(draft, "check_48h", manager, wording={"en": "Hi {name}", "es": "Hola"})
        with pytest.raises(services.NotReady) as refusal:
            services.propose_protocol(protocol=draft, by=manager, at=ENDED)
        assert [(p.step, p.what, p.detail) for p in refusal.value.found] == [("check_48h", "unknown_name", "name")]

    def test_a_discarded_number_is_not_used_again(self, draft: Protocol, manager: Actor) -> None:
        services.discard_protocol(protocol=draft, by=manager, at=ENDED)
        assert services.start_draft(by=manager, at=ENDED).version == draft.version + 1

    def test_the_database_keeps_published_steps_as_they_are(self, draft: Protocol) -> None:
        step = ProtocolStep.objects.filter(protocol__state="published").order_by("pk")[0]
        acts: list[Callable[[], object]] = [
            lambda: ProtocolStep.objects.filter(pk=step.pk).update(title="x"),
            lambda: ProtocolStep.objects.filter(pk=step.pk).delete(),
            lambda: connection.cursor().execute("UPDATE aftercare_protocolstep SET title = 'x' WHERE id = %s", [step.pk]),
        ]
        for act in acts:
            with pytest.raises(Error, match="only while their version is a draft"), transaction.atomic():
                act()


class TestPlans:
    """Which plan follows which version."""

    def test_old_plans_keep_theirs_and_new_ones_follow_the_new(
        self, site: Site, amara: Staff, draft: Protocol, manager: Actor, clinician: Actor
    ) -> None:
        old = make_plan(site, amara)
        _change(draft, "check_48h", manager, offset_hours=50)
        _change(draft, "new", manager, **NOTE)
        _publish(draft, manager, clinician)
        new = make_plan(site, amara, email="new@patient.example")
        assert old.protocol.version == 1
        assert new.protocol.version == draft.version
        assert old.messages.get(code="check_48h").send_after == ENDED + timedelta(hours=48)
        assert new.messages.get(code="check_48h").send_after == ENDED + timedelta(hours=50)
        assert not old.messages.filter(code="own_1").exists()
        assert new.messages.get(code="own_1").send_after == ENDED + timedelta(hours=48)

    def test_the_mail_carries_the_words_and_the_timeline_the_name(
        self, site: Site, amara: Staff, draft: Protocol, manager: Actor, clinician: Actor
    ) -> None:
        _change(draft, "check_48h", manager, wording=WORDS)
        _change(draft, "new", manager, **NOTE)
        _publish(draft, manager, clinician)
        plan = make_plan(site, amara)
        row = plan.messages.get(code="check_48h").outbox
        mail = KINDS[row.kind].build(row, row.send_after)
        for part in (mail.text, mail.html):
            assert "Dear Olivia, wash from Tue 3 Mar, 14:30." in part
        assert mail.text.index("Dear Olivia") < mail.text.index("/l/")
        assert mail.subject == "Riverside Dermatology: a few questions for you"
        note = plan.messages.get(code="own_1").outbox
        assert kind_words(note) == "Message, Hat advice"
        sent = KINDS[note.kind].build(note, note.send_after)
        assert "Wear a hat, Olivia." in sent.text
        assert "From Thu 5 Mar, 14:30" in sent.text
        assert KINDS[note.kind].may_send(note, note.send_after).word == "go"

    def test_words_of_a_patient_are_never_a_template(self, site: Site, amara: Staff, draft: Protocol, manager: Actor, clinician: Actor) -> None:
        _change(draft, "instructions", manager, wording={"en": "Dear {first_name} <b>x</b> & co", "es": "{first_name}"})
        _publish(draft, manager, clinician)
        plan = make_plan(site, amara, given_name="{phone}{% now %}<i>")
        row = plan.messages.get(code="instructions").outbox
        mail = KINDS[row.kind].build(row, ENDED)
        assert "Dear {phone}{% now %}<i> <b>x</b> & co" in mail.text
        assert "&lt;b&gt;x&lt;/b&gt; &amp; co" in mail.html
        assert "<b>x" not in mail.html

    def test_conditions_choose_the_sessions(self, site: Site, amara: Staff, draft: Protocol, manager: Actor, clinician: Actor) -> None:
        cases: dict[str, dict[str, Any]] = {
            "first": {"first_session_only": True}, "last": {"course_end_only": True}, "deep": {"min_depth_hundredths": 50},
        }  # fmt: skip
        for title, values in cases.items():
            _change(draft, "new", manager, **{**NOTE, "title": title, **values})
        _publish(draft, manager, clinician)
        course = make_course(make_patient(site), amara, planned_sessions=2)
        names = []
        for number in (1, 2):
            session = make_session(course, amara, number=number, ended_at=ENDED + timedelta(days=30 * number))
            plan = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED + timedelta(days=30 * number))
            assert plan is not None
            names.append(sorted(m.step.title for m in plan.messages.filter(code__startswith="own")))
        assert names == [["first"], ["last"]]

    def test_neutral_mode_shows_none_of_the_words(self, site: Site, amara: Staff, draft: Protocol, manager: Actor, clinician: Actor) -> None:
        _change(draft, "instructions", manager, wording={"en": "CANARYWORDS", "es": "x"})
        _publish(draft, manager, clinician)
        row = make_plan(site, amara, mail_mode="neutral").messages.get(code="instructions").outbox
        mail = KINDS[row.kind].build(row, ENDED)
        assert "CANARYWORDS" not in mail.text + mail.html


class TestLooking:
    """Preview and test."""

    def test_the_preview_is_the_mail_and_leaves_nothing_behind(self, site: Site, amara: Staff, draft: Protocol, manager: Actor) -> None:
        plan = make_plan(site, amara)
        step = _change(draft, "check_48h", manager, wording=WORDS)
        before = OutboxMessage.objects.count()
        mail = emails.preview_step(step, plan, language="en", full=True)
        assert "Dear Olivia, wash from Tue 3 Mar, 14:30." in mail.text
        assert "/l/…/" in mail.text
        assert OutboxMessage.objects.count() == before

    def test_a_test_goes_to_oneself_about_nobody_real(self, site: Site, amara: Staff, draft: Protocol, manager: Actor) -> None:
        make_plan(site, amara)
        step = _change(draft, "check_48h", manager, wording=WORDS)
        row = services.send_test(step=step, language="en", by=manager, at=LATER)
        mail = KINDS[row.kind].build(row, LATER)
        assert (row.recipient, row.patient_uuid) == ("max@riverside.example", None)
        assert mail.subject == "Test: Riverside Dermatology: a few questions for you"
        assert "Dear Alex" in mail.text
        assert "Olivia" not in mail.text + mail.html


def _url(name: str, draft: Protocol, code: str = "") -> str:
    kwargs = {"protocol_uuid": draft.uuid} | ({"code": code} if code else {})
    return reverse(f"aftercare:{name}", kwargs=kwargs)


FORM = {
    "title": "Check-in, 48 hours", "purpose": "check_in", "counting": "hours", "offset_hours": "50", "offset_days": "", "local_time": "",
    "expires_hours": "20", "scope": "session", "phase": "", "min_depth_mm": "", "questions": ["Q1", "Q2", "Q3", "Q13"],
    "reminder_hours": "", "call_hours": "", "wording_en": "Hello {first_name}.", "wording_es": "Hola {first_name}.",
}  # fmt: skip


class TestPages:
    """As the manager and the clinician meet them."""

    def test_a_step_is_changed_and_marked(self, client_as: SignIn, max_: Staff, draft: Protocol) -> None:
        client = client_as(max_)
        assert client.post(_url("protocol_step", draft, "check_48h"), FORM).status_code == 302
        step = draft.steps.get(code="check_48h")
        assert (step.offset_hours, step.title, step.wording["es"]) == (50, "", "Hola {first_name}.")
        assert step.questions == ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9", "Q13"]
        page = client.get(_url("protocol_version", draft)).content.decode()
        assert "50 h after the end" in page
        assert "changed" in page

    def test_bad_input_names_the_field_and_keeps_what_was_typed(self, client_as: SignIn, max_: Staff, draft: Protocol) -> None:
        client = client_as(max_)
        bad = {**FORM, "counting": "days", "offset_days": "x", "expires_hours": "", "wording_en": "Hi {nmae}, www.x.example"}
        answer = client.post(_url("protocol_step", draft, "check_48h"), bad)
        page = answer.content.decode()
        assert answer.status_code == 422
        for words in ("Type a whole number.", "Say the day and the time.", "Say for how many hours", "“nmae”", "No web or mail address"):
            assert words in page
        assert "Hi {nmae}, www.x.example" in page
        assert draft.steps.get(code="check_48h").offset_hours == 48

    def test_a_call_after_the_questions_have_closed_is_refused_beside_its_field(self, client_as: SignIn, max_: Staff, draft: Protocol) -> None:
        client = client_as(max_)
        answer = client.post(_url("protocol_step", draft, "check_48h"), {**FORM, "call_hours": "200"})
        assert answer.status_code == 422 and "value=\"200\"" in answer.content.decode()
        assert answer.context["form"].errors["call_hours"] == ["Nobody would phone: the questions close after 168 hours. The call must come before that."]
        assert client.post(_url("protocol_step", draft, "check_48h"), {**FORM, "call_hours": "167"}).status_code == 302

    def test_a_check_in_of_the_course_is_still_asked_after_the_next_session(self, draft: Protocol, manager: Actor, clinician: Actor, site: Site, amara: Staff) -> None:
        """“The course: once in a course, it stays” (SETTLED 5: course steps stay)."""
        _change(draft, "check_day57", manager, scope="course")
        _publish(draft, manager, clinician)
        plan = make_plan(site, amara)
        second = make_session(plan.session.course, amara, ended_at=ENDED + timedelta(days=30), number=2)
        services.plan_aftercare(session_uuid=second.uuid, by=TASK, at=ENDED + timedelta(days=30))
        assert plan.check_ins.get(code="check_day28").cancelled_reason == "superseded by the next session"
        assert plan.check_ins.get(code="check_day57").cancelled_at is None
        drain(FakeRelay(), at=ENDED + timedelta(days=57, hours=1))
        assert plan.messages.get(code="check_day57").outbox.state == "sent"

    def test_the_clinician_sees_what_waits_and_approves(self, client_as: SignIn, max_: Staff, amara: Staff, draft: Protocol) -> None:
        assert client_as(max_).post(_url("propose_protocol", draft)).status_code == 302
        client = client_as(amara)
        assert "waits for a clinician" in client.get(reverse("aftercare:protocol")).content.decode()
        assert "Approve this version" in client.get(_url("protocol_version", draft)).content.decode()
        client.post(_url("approve_protocol", draft), {"sha256": protocol_hash(draft)})
        draft.refresh_from_db()
        assert (draft.state, draft.approved_by_id) == ("approved", amara.pk)

    def test_what_is_not_ready_is_listed_instead(self, client_as: SignIn, max_: Staff, draft: Protocol, manager: Actor) -> None:
        services.remove_step(protocol=draft, code="instructions", by=manager)
        answer = client_as(max_).post(_url("propose_protocol", draft))
        assert answer.status_code == 422
        assert "There must be instructions that go at once, to everybody." in answer.content.decode()

    def test_a_manager_previews_with_a_real_patient_but_sees_no_record(
        self, client_as: SignIn, site: Site, amara: Staff, max_: Staff, draft: Protocol
    ) -> None:
        from treatments.models import Product, ProductUse

        plan = make_plan(site, amara)
        product = Product.objects.create(site=site, name="CANARYSERUM", kind="serum_sterile")
        ProductUse.objects.create(session=plan.session, product=product)
        as_recorded(plan)
        address = f"{_url('preview_step', draft, 'instructions')}?plan={plan.uuid}"
        seen = client_as(max_).get(address).content.decode()
        assert "Hello Olivia" in seen
        assert "CANARYSERUM" not in seen
        assert "CANARYSERUM" in client_as(amara).get(address).content.decode()

    def test_the_desk_previews_with_an_invented_patient_alone(
        self, client_as: SignIn, site: Site, amara: Staff, rosa: Staff, draft: Protocol
    ) -> None:
        plan = make_plan(site, amara)
        seen = client_as(rosa).get(f"{_url('preview_step', draft, 'check_24h')}?plan={plan.uuid}").content.decode()
        assert "Hello Alex" in seen
        assert "Olivia" not in seen

    def test_each_page_of_it_opens_for_those_who_may(self, client_as: SignIn, max_: Staff, draft: Protocol) -> None:
        client: Client = client_as(max_)
        for address in (reverse("aftercare:protocol"), _url("protocol_version", draft), _url("protocol_step", draft, "new"), _url("preview_step", draft, "invitation")):
            assert client.get(address).status_code == 200, address


def test_a_plan_of_the_first_version_is_untouched_by_all_this(site: Site, amara: Staff, draft: Protocol) -> None:
    plan: Plan = make_plan(site, amara)
    assert plan.messages.count() == 11

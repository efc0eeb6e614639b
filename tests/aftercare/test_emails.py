"""Mails: may this go now, neutral subjects, wall-clock times, both parts, and nothing in neutral mode (R34, SETTLED 20)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from html import unescape

import pytest

from aftercare import services
from aftercare.emails import build, kinds
from aftercare.models import Concern, Plan
from clinic.audit import Actor
from clinic.models import Link, LinkToken, OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS, Mail
from patients.models import Hold
from tests.aftercare.make import ENDED, TASK, as_recorded, make_plan, make_response, may_use_minoxidil
from tests.clinic.outbox_make import FakeRelay, drain
from treatments import services as courses

DAY1 = ENDED + timedelta(hours=24)
CANARIES = ("needl", "scalp", "hair", "minoxidil", "shed", "Olivia", "Marsh", "redness", "session", "treatment")


def _row(plan: Plan, code: str) -> OutboxMessage:
    return plan.messages.get(code=code).outbox


def _built(row: OutboxMessage, at: datetime = DAY1) -> Mail:
    return KINDS[row.kind].build(row, at)


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's plan, in full mail mode."""
    return make_plan(site, amara)


CODES = [
    "instructions", "check_24h", "check_48h", "check_72h", "check_day7", "check_day14", "check_day28", "check_day57",
    "invitation", "results_month3", "results_month6",
]  # fmt: skip


def test_a_check_in_is_asked_about_and_written_in_few_questions(
    plan: Plan, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    row = _row(plan, "check_24h")
    with django_assert_max_num_queries(1):
        assert KINDS[row.kind].may_send(row, DAY1).word == "go"
    # most of them for the link, its token and what was done; two for the clinic's own numbers; four for whether minoxidil waits (E05, E06, E32)
    with django_assert_max_num_queries(15):
        _built(row)


def test_the_first_mail_goes_at_once_also_after_the_sending_hours_and_the_others_wait(site: Site, amara: Staff) -> None:
    type(site.clinic).objects.update(send_from=time(8), send_until=time(18))
    ended = datetime(2026, 3, 2, 19, 30, tzinfo=UTC)
    plan = make_plan(site, amara, at=ended, ended_at=ended)
    drain(FakeRelay(), at=ended)
    assert _row(plan, "instructions").state == "sent"
    drain(FakeRelay(), at=ended + timedelta(hours=24))
    waits = _row(plan, "check_24h")
    assert (waits.state, waits.send_after) == ("planned", datetime(2026, 3, 4, 8, tzinfo=UTC))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("mode", ["full", "neutral"])
def test_subjects_are_neutral_and_both_parts_hold_the_link(site: Site, amara: Staff, code: str, mode: str) -> None:
    mail = _built(_row(make_plan(site, amara, mail_mode=mode), code))
    assert mail.subject.startswith("Riverside Dermatology: ")
    assert not any(word.lower() in mail.subject.lower() for word in CANARIES)
    assert "\n" not in mail.subject
    if code.startswith("results") and mode == "full":
        return
    assert "/l/" in mail.text
    assert "/l/" in mail.html


@pytest.mark.parametrize("code", CODES)
def test_neutral_mode_says_only_that_something_waits(site: Site, amara: Staff, code: str) -> None:
    mail = _built(_row(make_plan(site, amara, mail_mode="neutral"), code))
    seen = unescape(f"{mail.text} {mail.html}").lower()
    assert not [word for word in CANARIES if word.lower() in seen]
    assert "something is waiting" in seen


def test_the_instructions_name_wall_clock_times_first(plan: Plan) -> None:
    mail = _built(_row(may_use_minoxidil(plan), "instructions"), ENDED)
    lines = [line for line in mail.text.splitlines() if line.startswith(("From ", "  - "))]
    assert [line.strip()[:22] for line in lines] == [
        "From Tue 3 Mar, 14:30", "- Wash your hair, gent", "- Retinoids, acids, sc", "- Minoxidil, if you us",
        "From Wed 4 Mar, 14:30", "- Sun on the scalp, ho",
        "From Thu 5 Mar, 14:30", "- Hard exercise, heavy",
    ]  # fmt: skip
    for part in (mail.text.lower(), unescape(mail.html).lower()):
        places = [part.index(words) for words in ("from tue 3 mar, 14:30", "what is normal", "pus, bleeding", "call 999 at once")]
        assert places == sorted(places), "the times first, then normal, not normal, emergency"
        assert "020 7946 0123" in part


def test_times_are_those_of_the_site_in_summer_too(site: Site, amara: Staff) -> None:
    july = ENDED.replace(month=7)
    mail = _built(_row(make_plan(site, amara, ended_at=july, at=july), "instructions"), july)
    assert "Your treatment ended Thu 2 Jul, 15:30" in mail.text


def test_a_prescriber_s_word_on_minoxidil_replaces_the_time(site: Site, amara: Staff) -> None:
    plan = may_use_minoxidil(make_plan(site, amara))
    plan.session.minoxidil_early_allowed = True
    plan.session.save()
    mail = _built(_row(as_recorded(plan), "instructions"), ENDED)
    assert "Minoxidil: as your prescriber told you." in mail.text
    assert mail.text.count("Minoxidil") == 1


def test_every_mail_says_how_to_reach_a_person_and_that_nobody_watches(plan: Plan) -> None:
    mail = _built(_row(plan, "check_24h"))
    assert "Nobody watches the answers round the clock" in mail.text
    assert "Replies are read during opening hours" in mail.text
    assert "Willow and stone" in mail.text


def test_each_attempt_has_its_own_token_and_one_link(plan: Plan) -> None:
    first, second = _built(_row(plan, "check_24h")), _built(_row(plan, "check_24h"))
    assert first.text != second.text
    assert Link.objects.filter(purpose="check_in").count() == 1
    assert LinkToken.objects.count() == 2
    assert not any(token.sha256 in first.text for token in LinkToken.objects.all())


def test_the_alert_to_a_clinician_says_nothing_about_the_patient(plan: Plan) -> None:
    make_response(plan.check_ins.get(code="check_24h"), at=DAY1, discharge="pus", free_text="CANARYTEXT")
    mail = _built(OutboxMessage.objects.get(kind="concern_alert"))
    seen = unescape(f"{mail.subject} {mail.text} {mail.html}").lower()
    assert not [w for w in (*CANARIES, "canarytext", "pus", "urgent") if w.lower() in seen.replace("riverside dermatology", "")]
    assert f"/aftercare/concerns/{Concern.objects.get().uuid}/" in mail.text
    assert mail.subject == "Riverside Dermatology: a check-in needs you"


class TestMaySend:
    """Asked again just before each mail leaves."""

    def _word(self, plan: Plan, code: str, at: datetime = DAY1) -> tuple[str, str]:
        row = _row(plan, code)
        verdict = KINDS[row.kind].may_send(row, at)
        return verdict.word, verdict.reason

    def test_care_goes(self, plan: Plan) -> None:
        assert {self._word(plan, code)[0] for code in ("instructions", "check_24h", "check_day57", "invitation")} == {"go"}

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("deceased_on", datetime(2026, 3, 3).date(), "died"),
            ("do_not_contact", True, "not to be contacted"),
            ("mail_mode", "none", "the desk phones"),
        ],
    )
    def test_the_patient_s_no_is_a_skip_with_its_reason(self, plan: Plan, field: str, value: object, reason: str) -> None:
        setattr(plan.patient, field, value)
        plan.patient.save()
        for code in ("instructions", "check_24h", "invitation", "results_month3"):
            word, why = self._word(plan, code)
            assert word == "skip"
            assert reason in why

    def test_a_red_flag_holds_the_invitation_and_lets_care_go(self, plan: Plan) -> None:
        make_response(plan.check_ins.get(code="check_24h"), at=DAY1, discharge="pus")
        assert self._word(plan, "invitation") == ("hold", "a red flag is open")
        assert self._word(plan, "check_48h")[0] == "go"

    def test_a_routine_hold_lets_the_invitation_go(self, plan: Plan) -> None:
        make_response(plan.check_ins.get(code="check_day7"), at=DAY1, dark_spots=True)
        assert Hold.objects.filter(released_at=None).exists()
        assert self._word(plan, "invitation")[0] == "go"

    def test_closing_the_concern_puts_the_held_invitation_back(self, plan: Plan, amara: Staff) -> None:
        make_response(plan.check_ins.get(code="check_24h"), at=DAY1, discharge="pus")
        row = _row(plan, "invitation")
        OutboxMessage.objects.filter(pk=row.pk).update(state="held", reason=kinds.HELD_BY_FLAG)
        concern, by = Concern.objects.get(), Actor.of_staff(amara)
        services.claim_concern(concern=concern, by=by, at=DAY1)
        services.close_concern(concern=concern, outcome="advice", words="fine", by=by, at=DAY1)
        row.refresh_from_db()
        assert row.state == "planned"

    def test_an_answered_check_in_is_not_asked_again(self, plan: Plan) -> None:
        make_response(plan.check_ins.get(code="check_24h"), at=DAY1)
        assert self._word(plan, "check_24h") == ("skip", "already answered")

    def test_a_reminder_asks_whether_it_was_answered(self, plan: Plan) -> None:
        check_in = plan.check_ins.get(code="check_24h")
        services.remind_check_in(check_in=check_in, by=TASK, at=DAY1)
        row = OutboxMessage.objects.get(kind="check_in_reminder")
        assert kinds.may_send_reminder(row, DAY1).word == "go"
        assert "/l/" in build.check_in_reminder(row, DAY1).text
        make_response(check_in, at=DAY1)
        assert kinds.may_send_reminder(row, DAY1).reason == "already answered"

    def test_a_cancelled_plan_cancels(self, plan: Plan) -> None:
        Plan.objects.filter(pk=plan.pk).update(state="cancelled", state_reason="session entered in error")
        assert self._word(plan, "instructions") == ("cancel", "session entered in error")

    def test_an_alert_is_not_sent_once_somebody_has_it(self, plan: Plan, amara: Staff) -> None:
        make_response(plan.check_ins.get(code="check_24h"), at=DAY1, discharge="pus")
        row = OutboxMessage.objects.get(kind="concern_alert")
        assert kinds.may_send_alert(row, DAY1).word == "go"
        services.claim_concern(concern=Concern.objects.get(), by=Actor.of_staff(amara), at=DAY1)
        assert kinds.may_send_alert(row, DAY1).word == "skip"


@pytest.mark.parametrize(("kind_of", "said"), [("session", ("skip", "already booked")), ("consultation", ("go", "")), ("review", ("go", ""))])
def test_an_invitation_is_skipped_when_the_next_session_is_booked(plan: Plan, amara: Staff, kind_of: str, said: tuple[str, str]) -> None:
    from appointments.models import Appointment, VisitType

    kind, _new = VisitType.objects.get_or_create(
        code="kind-for-test", defaults={"name": "Visit", "kind": kind_of, "minutes": 45}
    )
    begins = DAY1 + timedelta(days=30)
    Appointment.objects.create(
        patient=plan.patient, site=plan.site, visit_type=kind, clinician=amara, starts_at=begins,
        ends_at=begins + timedelta(minutes=45), state_since=DAY1, booked_at=DAY1, booked_by="Rosa",
    )  # fmt: skip
    row = _row(plan, "invitation")
    verdict = KINDS[row.kind].may_send(row, DAY1)
    assert (verdict.word, verdict.reason) == said


class TestInvitationAndCourse:
    """No invitation to a session that nobody plans (docs/decisions/0021)."""

    def word(self, plan: Plan, at: datetime) -> tuple[str, str]:
        row = _row(plan, "invitation")
        verdict = KINDS[row.kind].may_send(row, at)
        return verdict.word, verdict.reason

    def test_goes_while_sessions_are_to_come(self, plan: Plan) -> None:
        assert self.word(plan, DAY1 + timedelta(days=27)) == ("go", "")

    def test_not_after_the_last_planned_session(self, plan: Plan) -> None:
        plan.session.course.__class__.objects.update(planned_sessions=1)
        word, reason = self.word(plan, DAY1 + timedelta(days=27))
        assert word == "skip" and reason.startswith("all planned sessions took place")

    def test_not_when_the_course_was_stopped(self, plan: Plan, amara: Staff) -> None:
        courses.end_course(course=plan.session.course, reason="moves", by=Actor.of_staff(amara), at=DAY1)
        assert self.word(plan, DAY1 + timedelta(days=27)) == ("skip", "the course is over")

    @pytest.mark.parametrize(("day", "word"), [(27, "skip"), (54, "skip"), (55, "go")])
    def test_waits_for_the_window_of_maintenance(self, plan: Plan, amara: Staff, day: int, word: str) -> None:
        courses.plan_course(patient=plan.patient, planned_sessions=4, phase="maintenance", indication="AGA", staff=amara, by=Actor.of_staff(amara), at=DAY1)
        assert self.word(plan, DAY1 + timedelta(days=day))[0] == word


def test_the_drain_sends_what_is_due_holds_the_invitation_and_tells_the_clinician(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clinic.outbox import deliver
    from clinic.outbox.mime import Letter
    from clinic.smtp import Outcome

    sent: list[tuple[str, str]] = []

    class Relay:
        def send(self, letter: Letter) -> Outcome:
            sent.append((letter.recipient, dict(letter.headers)["Subject"]))
            return Outcome("sent", 250, "ok")

        def quit(self) -> None:
            pass

    monkeypatch.setattr(deliver, "open_carrier", lambda channel: Relay())
    deliver.drain(at=ENDED + timedelta(minutes=1))
    assert sent == [("olivia@patient.example", "Riverside Dermatology: information after your visit")]
    make_response(plan.check_ins.get(code="check_24h"), at=DAY1, discharge="pus")
    deliver.drain(at=DAY1 + timedelta(minutes=1))
    assert sent[1:] == [("amara@riverside.example", "Riverside Dermatology: a check-in needs you")]
    window = plan.messages.get(code="invitation").send_after
    deliver.drain(at=window + timedelta(minutes=1))
    states = {m.code: (m.outbox.state, m.outbox.reason) for m in plan.messages.select_related("outbox")}
    assert states["instructions"][0] == "sent"
    assert states["check_24h"] == ("skipped", "already answered")
    assert states["invitation"] == ("held", "a red flag is open")
    assert states["check_48h"][0] == "skipped"
    assert states["check_day28"][0] == "sent"
    assert states["check_day57"][0] == "planned"

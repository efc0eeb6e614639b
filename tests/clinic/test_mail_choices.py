"""Stopping what isn't care: one click from the mail program (RFC 8058), and the patient's own page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aftercare.models import Plan
from clinic import links, mail_choices
from clinic.audit import Actor
from clinic.models import Link, MailChoice, OutboxMessage, Site, Staff, Suppression
from patients.models import Patient
from tests.aftercare.make import make_plan
from tests.clinic.outbox_make import FakeRelay, drain, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    return make_plan(site, amara)


def row_of(plan: Plan, code: str) -> OutboxMessage:
    return OutboxMessage.objects.get(pk=plan.messages.get(code=code).outbox_id)


def sent_invitation(plan: Plan, relay: FakeRelay | None = None) -> tuple[OutboxMessage, Any]:
    row, relay = row_of(plan, "invitation"), relay or FakeRelay()
    OutboxMessage.objects.exclude(pk=row.pk).update(state="cancelled")
    drain(relay, at=row.send_after)
    [mail] = relay.mails
    return row, mail


def stop_url(mail: Any) -> str:
    return re.fullmatch(r"<https?://[^/]+(/l/stop/[\w-]+/)>", mail["List-Unsubscribe"]).group(1)  # type: ignore[union-attr]


class TestHeaders:
    """RFC 8058."""

    def test_an_invitation_has_them_on_one_line_each(self, plan: Plan) -> None:
        relay = FakeRelay()
        _row, mail = sent_invitation(plan, relay)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert len(mail["List-Unsubscribe"]) < 120 and mail["List-Unsubscribe"].count("http") == 1
        line = next(line for line in relay.letters[0].raw.split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
        assert line.endswith(b">")

    @pytest.mark.parametrize("code", ["instructions", "check_24h", "check_day57"])
    def test_care_has_none(self, plan: Plan, code: str) -> None:
        row, relay = row_of(plan, code), FakeRelay()
        OutboxMessage.objects.exclude(pk=row.pk).update(state="cancelled")
        drain(relay, at=row.send_after)
        assert relay.mails[0]["List-Unsubscribe"] is None
        body = relay.mails[0].get_body(("plain",))
        assert body is not None and "stop these invitations" not in body.get_content()

    def test_the_address_says_nothing_of_the_patient(self, plan: Plan) -> None:
        _row, mail = sent_invitation(plan)
        assert str(plan.patient.uuid) not in mail["List-Unsubscribe"] and plan.patient.email not in mail["List-Unsubscribe"]


class TestOneClick:
    """Only a POST acts."""

    def _post(self, url: str) -> int:
        body = "List-Unsubscribe=One-Click"
        return Client(enforce_csrf_checks=True).post(url, body, content_type="application/x-www-form-urlencoded").status_code

    def test_a_post_without_cookies_stops_invitations(self, plan: Plan) -> None:
        _row, mail = sent_invitation(plan)
        waiting = OutboxMessage.objects.filter(kind="follow_up_invitation")
        waiting.update(state="planned")
        assert self._post(stop_url(mail)) == 200
        assert not mail_choices.wants_invitations(plan.patient.uuid)
        assert set(waiting.values_list("state", "reason")) == {("skipped", "opted out of invitations")}

    def test_twice_is_as_once(self, plan: Plan) -> None:
        _row, mail = sent_invitation(plan)
        assert [self._post(stop_url(mail)) for _ in range(3)] == [200, 200, 200]
        assert MailChoice.objects.count() == 1

    def test_wrong_dates_of_birth_shut_it_to_nobody(self, plan: Plan) -> None:
        """RFC 8058: the act asks for no date of birth. Revoked and expired it is shut, as ever (R32)."""
        row, mail = sent_invitation(plan)
        Link.objects.filter(purpose="preferences").update(wrong_birth_dates=links.MOST_WRONG_BIRTH_DATES)
        assert self._post(stop_url(mail)) == 200
        assert not mail_choices.wants_invitations(plan.patient.uuid)
        Link.objects.filter(purpose="preferences").update(expires_at=row.send_after)
        assert self._post(stop_url(mail)) == 404

    def test_a_get_changes_nothing(self, plan: Plan, client: Client) -> None:
        _row, mail = sent_invitation(plan)
        for method in (client.get, client.head):
            assert method(stop_url(mail)).status_code == 200
        assert not MailChoice.objects.exists()
        assert client.put(stop_url(mail)).status_code == 405

    def test_care_goes_on(self, plan: Plan) -> None:
        _row, mail = sent_invitation(plan)
        self._post(stop_url(mail))
        care, relay = row_of(plan, "check_day57"), FakeRelay()
        OutboxMessage.objects.filter(pk=care.pk).update(state="planned")
        drain(relay, at=care.send_after)
        assert fresh(care).state == "sent"

    def test_another_invitation_is_skipped_with_the_reason(self, plan: Plan) -> None:
        row, mail = sent_invitation(plan)
        self._post(stop_url(mail))
        OutboxMessage.objects.filter(pk=row.pk).update(state="planned")
        drain(FakeRelay(), at=row.send_after)
        assert (fresh(row).state, fresh(row).reason) == ("skipped", "opted out of invitations")

    def test_unknown_used_up_and_other_purposes_look_the_same(self, plan: Plan, client: Client) -> None:
        """R32."""
        at = timezone.now()
        other = links.make_link(
            purpose="intake", site=plan.site, patient_uuid=plan.patient.uuid, birth_on=plan.patient.birth_on, language="en",
            subject_kind="patient", subject_uuid=plan.patient.uuid, by=Actor.of_task("t"), at=at,
        )  # fmt: skip
        tokens = ["A" * 43, links.mint_token(other, at=at)]
        _row, mail = sent_invitation(plan)
        Link.objects.filter(purpose="preferences").update(revoked_at=at)
        answers = [client.get(f"/l/stop/{token}/") for token in tokens] + [client.get(stop_url(mail))]
        answers += [client.post(f"/l/stop/{token}/") for token in tokens] + [client.post(stop_url(mail))]
        assert {answer.status_code for answer in answers} == {404}
        assert len({re.sub(rb'csrf[^>]+|/l/stop/[^"]+|nonce="[^"]+"', b"", answer.content) for answer in answers}) == 1
        assert not MailChoice.objects.exists()


class TestPage:
    """Behind the date of birth."""

    @pytest.fixture
    def opened(self, plan: Plan) -> Client:
        _row, mail = sent_invitation(plan)
        text, client, born = mail.get_body(("plain",)).get_content(), Client(), plan.patient.birth_on
        [url] = re.findall(r"stop these invitations:\s+https?://[^/]+(/l/[\w-]+/)", text)
        names = [field for field in client.get(url).context["form"].fields]
        values = dict(zip(names, (born.day, born.month, born.year), strict=False))
        assert client.post(url, values).status_code == 302
        return client

    def _patient(self, plan: Plan) -> Patient:
        return Patient.objects.get(pk=plan.patient.pk)

    def test_shows_what_is_chosen(self, opened: Client, plan: Plan) -> None:
        page = opened.get("/l/preferences/")
        assert page.status_code == 200 and page.context["form"].initial == {"mail_mode": "full", "invitations": "yes", "language": "en"}

    def test_keeps_a_new_choice(self, opened: Client, plan: Plan) -> None:
        answer = opened.post("/l/preferences/", {"mail_mode": "neutral", "invitations": "no", "language": "es"})
        assert answer.status_code == 302
        assert (self._patient(plan).mail_mode, self._patient(plan).language) == ("neutral", "es")
        assert not mail_choices.wants_invitations(plan.patient.uuid)
        opened.post("/l/preferences/", {"mail_mode": "neutral", "invitations": "yes", "language": "es"})
        assert mail_choices.wants_invitations(plan.patient.uuid)

    def _suppress(self, plan: Plan, kind: str) -> Suppression:
        return Suppression.objects.create(address=plan.patient.email.lower(), patient_uuid=plan.patient.uuid, kind=kind, reason="by its reader")

    def _invited_again(self, plan: Plan) -> tuple[str, str]:
        row = row_of(plan, "invitation")
        OutboxMessage.objects.filter(pk=row.pk).update(state="planned")
        drain(FakeRelay(), at=row.send_after)
        return fresh(row).state, fresh(row).reason

    def test_a_yes_after_a_complaint_is_obeyed(self, opened: Client, plan: Plan) -> None:
        """0016: marking as spam stops invitations. The page shows that, and what the patient says later counts."""
        complaint = self._suppress(plan, "complained")
        assert opened.get("/l/preferences/").context["form"].initial["invitations"] == "no"
        opened.post("/l/preferences/", {"mail_mode": "full", "invitations": "no", "language": "en"})
        assert Suppression.objects.get(pk=complaint.pk).lifted_at is None and not mail_choices.wants_invitations(plan.patient.uuid)
        opened.post("/l/preferences/", {"mail_mode": "full", "invitations": "yes", "language": "en"})
        complaint.refresh_from_db()
        assert complaint.lifted_at is not None and complaint.handled_by == "patient by preferences link"
        assert mail_choices.wants_invitations(plan.patient.uuid) and self._invited_again(plan)[0] == "sent"

    def test_an_address_that_came_back_stays_so_whatever_is_chosen(self, opened: Client, plan: Plan) -> None:
        bounce = self._suppress(plan, "bounced")
        opened.post("/l/preferences/", {"mail_mode": "full", "invitations": "yes", "language": "en"})
        bounce.refresh_from_db()
        assert bounce.lifted_at is None and self._invited_again(plan) == ("skipped", "mail does not reach this address")

    def test_a_yes_that_is_not_the_patient_s_own_lifts_nothing(self, plan: Plan) -> None:
        complaint = self._suppress(plan, "complained")
        mail_choices.choose_invitations(patient_uuid=plan.patient.uuid, wanted=True, by=Actor.of_task("t"), at=timezone.now())
        complaint.refresh_from_db()
        assert complaint.lifted_at is None

    @pytest.mark.parametrize("bad", [{}, {"mail_mode": "everything", "invitations": "no", "language": "en"}, {"mail_mode": "full", "invitations": "no", "language": "xx"}])
    def test_anything_else_is_refused_beside_the_field(self, bad: dict[str, str], opened: Client, plan: Plan) -> None:
        answer = opened.post("/l/preferences/", bad)
        assert answer.status_code == 422 and self._patient(plan).mail_mode == "full"

    def test_without_the_visit_it_does_not_open(self, plan: Plan, client_as: Callable[[Staff], Client], amara: Staff) -> None:
        assert Client().get("/l/preferences/").status_code == 404 == client_as(amara).get("/l/preferences/").status_code


def test_a_changed_language_or_address_counts_for_what_is_planned(plan: Plan) -> None:
    """Also when the change comes a second before it leaves."""
    row = row_of(plan, "check_24h")
    Patient.objects.filter(pk=plan.patient.pk).update(email="new@patient.example", language="es")
    OutboxMessage.objects.exclude(pk=row.pk).update(state="cancelled")
    relay = FakeRelay()
    drain(relay, at=row.send_after + timedelta(seconds=1))
    assert relay.asked == ["new@patient.example"] and (fresh(row).recipient, fresh(row).language) == ("new@patient.example", "es")

"""The clinic's Messages page: how mail is doing, search, and whom mail does not reach; and how mail leaves, for the manager."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercare import selectors
from aftercare.models import Plan
from aftercare.selectors.messages import _KINDS, NEVER_READ, all_messages
from clinic.audit import Actor
from clinic.models import Breaker, Clinic, OutboxMessage, OutboxMove, Site, Staff, Suppression
from clinic.outbox.kinds import KINDS
from patients.models import Patient
from tests.aftercare.make import make_plan

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    return make_plan(site, amara)


def page(client: Client, **query: str) -> Any:
    return client.get("/aftercare/messages/", query)


class TestHealth:
    """Lag, rate, failures."""

    def test_counts_what_is_due_sent_failed_and_held(self, plan: Plan) -> None:
        now = timezone.now()
        OutboxMessage.objects.update(state="cancelled")
        rows = list(OutboxMessage.objects.order_by("pk")[:6])
        OutboxMessage.objects.filter(pk=rows[0].pk).update(state="planned", send_after=now - timedelta(minutes=12))
        OutboxMessage.objects.filter(pk=rows[1].pk).update(state="held")
        for row, state, ago in ((rows[2], "sent", 10), (rows[3], "sent", 300), (rows[4], "failed", 20), (rows[5], "bounced", 5), (rows[5], "sent", 60 * 30)):
            OutboxMove.objects.create(message=row, at=now - timedelta(minutes=ago), state=state, by="t")
        health = selectors.mail_health(now)
        assert (health.due, health.oldest_due_minutes, health.is_late, health.held) == (1, 12, True, 1)
        assert (health.sent_hour, health.sent_day, health.failed_day, health.bounced_day, health.failed_share) == (1, 2, 1, 1, 33)

    def test_says_when_sending_pauses_and_why(self, rosa: Staff, plan: Plan, client_as: SignIn) -> None:
        Breaker.objects.create(pk="smtp", open_until=timezone.now() + timedelta(minutes=5), reason="the relay refused our sign-in")
        assert "the relay refused our sign-in" in page(client_as(rosa)).content.decode()


class TestSearch:
    """By name, address, number, kind."""

    @pytest.mark.parametrize("words", ["marsh", "OLIVIA@patient", "check in", "invitation"])
    def test_finds(self, words: str, plan: Plan, amara: Staff, client_as: SignIn) -> None:
        assert page(client_as(amara), q=words).context["rows"]

    @pytest.mark.parametrize("words", ["nobody", "%", "999999999999999999999", "' OR 1=1", "\x00"])
    def test_finds_nothing_and_breaks_nothing(self, words: str, plan: Plan, amara: Staff, client_as: SignIn) -> None:
        answer = page(client_as(amara), q=words)
        assert answer.status_code == 200 and answer.context["rows"] == []

    def test_another_site_s_patients_are_not_found(self, plan: Plan, stranger: Staff, client_as: SignIn) -> None:
        assert page(client_as(stranger), q="marsh").context["rows"] == []


class TestUnreached:
    """Mail does not reach these patients: please phone."""

    def _suppress(self, plan: Plan) -> Suppression:
        return Suppression.objects.create(address="olivia@patient.example", patient_uuid=plan.patient.uuid, reason="refused with 550", kind="bounced")

    def test_the_desk_sees_name_and_phone_and_lifts_it(self, plan: Plan, rosa: Staff, client_as: SignIn) -> None:
        row, client = self._suppress(plan), client_as(rosa)
        assert "07700 900123" in page(client).content.decode()
        answer = client.post(f"/aftercare/patients/{plan.patient.uuid}/address-works/", {"subject": plan.patient.uuid, "address": row.pk}, follow=True)
        assert "Mail goes to this address again." in answer.content.decode()
        row.refresh_from_db()
        assert row.lifted_at is not None and row.handled_by == "Rosa Lind" and "07700 900123" not in page(client).content.decode()

    def test_not_by_a_manager_and_not_for_another_patient(self, plan: Plan, max_: Staff, rosa: Staff, site: Site, amara: Staff, client_as: SignIn) -> None:
        row, other = self._suppress(plan), make_plan(site, amara, email="other@patient.example").patient
        url = f"/aftercare/patients/{plan.patient.uuid}/address-works/"
        assert client_as(max_).post(url, {"subject": plan.patient.uuid, "address": row.pk}).status_code == 403
        client_as(rosa).post(f"/aftercare/patients/{other.uuid}/address-works/", {"subject": other.uuid, "address": row.pk})
        row.refresh_from_db()
        assert row.lifted_at is None

    def test_a_new_address_ends_it(self, plan: Plan, rosa: Staff, client_as: SignIn) -> None:
        self._suppress(plan)
        type(plan.patient).objects.update(email="new@patient.example")
        assert not page(client_as(rosa)).context["unreached"]


    def test_every_page_of_the_patient_says_it_and_theirs_offers_what_to_do(self, plan: Plan, rosa: Staff, amara: Staff, max_: Staff, client_as: SignIn) -> None:
        url, said = f"/aftercare/patients/{plan.patient.uuid}/messages/", "E-mail does not arrive: please phone"
        assert said not in client_as(rosa).get(url).text
        self._suppress(plan)
        for path in (url, f"/patients/{plan.patient.uuid}/", f"/appointments/of/{plan.patient.uuid}/"):
            assert said in client_as(rosa).get(path).text, path
        own = client_as(rosa).get(url).text
        assert "refused with 550" in own and "It works again" in own and "mail to the address comes back; please phone" in own
        assert "refused with 550" in client_as(max_).get(url).text and "It works again" not in client_as(max_).get(url).text

    def test_a_complaint_is_no_bounce(self, plan: Plan, rosa: Staff, client_as: SignIn) -> None:
        Suppression.objects.create(address="olivia@patient.example", patient_uuid=plan.patient.uuid, reason="spam button", kind="complained")
        assert "E-mail does not arrive" not in client_as(rosa).get(f"/aftercare/patients/{plan.patient.uuid}/messages/").text


class TestOrder:
    """What can be acted on stands first."""

    def test_unasked_the_next_two_days_and_what_was(self, plan: Plan, rosa: Staff, client_as: SignIn) -> None:
        now = timezone.now()
        soon, later, gone = OutboxMessage.objects.filter(patient_uuid=plan.patient.uuid).order_by("pk")[:3]
        OutboxMessage.objects.exclude(pk__in=[soon.pk, later.pk, gone.pk]).update(state="planned", send_after=now + timedelta(days=90))
        OutboxMessage.objects.filter(pk=soon.pk).update(state="planned", send_after=now + timedelta(days=2, minutes=-1))
        OutboxMessage.objects.filter(pk=later.pk).update(state="planned", send_after=now + timedelta(days=2, minutes=1))
        OutboxMessage.objects.filter(pk=gone.pk).update(state="sent", send_after=now - timedelta(days=3))
        shown = [row.message.pk for row, _patient in page(client_as(rosa)).context["rows"]]
        assert shown == [soon.pk, gone.pk]
        planned = [row.message.send_after for row, _patient in page(client_as(rosa), state="planned").context["rows"]]
        assert len(planned) > 3 and planned == sorted(planned)
        assert later.pk in [row.message.pk for row, _patient in page(client_as(rosa), q="marsh").context["rows"]]


class TestHowMailLeaves:
    """The manager's page."""

    RIGHT = {"reply_to": "care@riverside.example", "send_from": "08:00", "send_until": "20:00", "quiet_from": "12:00", "quiet_until": "13:00", "daily_cap": "500", "domain_per_minute": "30", "mail_details_days": "180"}

    def test_keeps_and_shows(self, max_: Staff, client_as: SignIn) -> None:
        client = client_as(max_)
        assert client.post("/mail-settings/", self.RIGHT).status_code == 302
        clinic = Clinic.objects.get()
        assert (clinic.send_from, clinic.quiet_until, clinic.daily_cap, clinic.domain_per_minute, clinic.mail_details_days) == (time(8), time(13), 500, 30, 180)
        assert 'value="08:00"' in client.get("/mail-settings/").content.decode()
        client.post("/mail-settings/", {})
        clinic.refresh_from_db()
        assert (clinic.send_from, clinic.daily_cap, clinic.mail_details_days, clinic.reply_to) == (None, None, None, "")

    @pytest.mark.parametrize(
        ("bad", "field"),
        [
            ({"send_until": ""}, "send_until"), ({"send_from": ""}, "send_from"), ({"quiet_until": "12:00"}, "quiet_until"),
            ({"reply_to": "nobody"}, "reply_to"), ({"reply_to": "zoë@riverside.example"}, "reply_to"), ({"daily_cap": "-1"}, "daily_cap"),
            ({"mail_details_days": "89"}, "mail_details_days"), ({"mail_details_days": "3651"}, "mail_details_days"),
            ({"send_from": "25:00"}, "send_from"), ({"domain_per_minute": "many"}, "domain_per_minute"),
            ({"quiet_from": "07:00", "quiet_until": "21:00"}, "send_until"),
        ],
    )
    def test_a_wrong_value_is_said_beside_its_field_and_nothing_typed_is_lost(self, bad: dict[str, str], field: str, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post("/mail-settings/", self.RIGHT | bad)
        assert answer.status_code == 422 and answer.context["form"].errors[field]
        assert (Clinic.objects.get().daily_cap is None and 'value="30"' in answer.content.decode()) or "domain_per_minute" in bad

    def test_the_proposed_number_stands_there_as_a_proposal(self, max_: Staff, client_as: SignIn) -> None:
        said = client_as(max_).get("/mail-settings/").content.decode()
        assert 'value="365"' in said and "Proposed: 365" in said and "Empty: nothing is removed." in said

    def test_only_the_manager(self, amara: Staff, rosa: Staff, iris: Staff, client_as: SignIn) -> None:
        assert {client_as(who).get("/mail-settings/").status_code for who in (amara, rosa, iris)} == {403}


def test_a_message_whose_details_were_removed_still_tells_its_story(plan: Plan, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
    row = OutboxMessage.objects.filter(patient_uuid=plan.patient.uuid, kind="check_in").order_by("pk")[0]
    long_ago = timezone.now() - timedelta(days=800)
    OutboxMove.objects.create(message=row, at=long_ago, state="skipped", reason="its time had passed before it could go", by="clinic.drain")
    OutboxMessage.objects.filter(pk=row.pk).update(
        state="skipped", reason="its time had passed before it could go", recipient="", context={"step": row.context["step"]},
        thinned_at=datetime(2026, 5, 6, tzinfo=UTC), recipient_tag="0" * 32,
    )
    said = client_as(amara).get(f"/aftercare/messages/{row.uuid}/").content.decode()
    assert "were removed on 6 May 2026" in said and "its time had passed before it could go" in said and "Check-in, " in said
    assert "To:" not in said and "You may see what became of it" not in said
    assert "were removed on" in client_as(rosa).get(f"/aftercare/messages/{row.uuid}/").content.decode()


def test_every_kind_that_staff_may_read_has_a_name_by_which_it_is_found() -> None:
    named = {kind.name for kind in KINDS.values() if kind.scope not in NEVER_READ} - {"probe"}
    assert named and named <= set(_KINDS)


def test_the_largest_table_is_never_read_whole(plan: Plan, amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
    """Among 10,000 messages the list goes by an index, whatever is asked."""
    people = Patient.objects.bulk_create(
        Patient(site=plan.patient.site, number=700_000 + n, given_name="Ann", family_name=f"Other{n}", search_name=f"other{n} ann", birth_on=START.date(), created_at=START)
        for n in range(400)
    )
    OutboxMessage.objects.bulk_create(
        OutboxMessage(key=f"many:{n}", kind="check_in", scope="care", patient_uuid=people[n % 400].uuid, state="sent" if n % 50 else "failed",
                      send_after=START + timedelta(minutes=n), recipient="a@b.example") for n in range(10_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE clinic_outboxmessage")
        for words in ("", "marsh", "invitation", "nobody at all"):
            for state in ("", "failed", "sent"):
                with CaptureQueriesContext(connection) as seen:
                    all_messages(actor_of(amara), state=state, words=words, now=timezone.now())
                asked = [str(query["sql"]) for query in seen if 'FROM "clinic_outboxmessage"' in str(query["sql"])]
                assert len(asked) == (words != "nobody at all")  # nobody is found: the table is not asked at all
                for sql in asked:
                    cursor.execute(f"EXPLAIN {sql}")
                    steps = "\n".join(row[0] for row in cursor.fetchall())
                    assert "Seq Scan on clinic_outboxmessage" not in steps, (words, state, steps)

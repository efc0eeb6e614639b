"""Patch tests: read more than once, waited for between 48 and 96 hours, one neutral mail (S13)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS
from tests.treatments.make import DAY, make_draft, make_entry, make_product, make_ready
from treatments import selectors, services, tasks
from treatments.models import PatchReading, PatchTest

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db


def hours(number: float) -> timedelta:
    """A span."""
    return timedelta(hours=number)


def apply(site: Site, staff: Staff, ago: float, **patient: Any) -> PatchTest:
    """A serum that went on some hours before DAY."""
    person = make_ready(site)
    for name, value in patient.items():
        setattr(person, name, value)
    person.save()
    return services.apply_patch_test(patient=person, product=make_product(site), by=Actor.of_staff(staff), at=DAY - hours(ago))


def read(test: PatchTest, staff: Staff, result: str, after: float) -> None:
    """A reading some hours after it went on."""
    services.read_patch_test(test=test, result=result, by=Actor.of_staff(staff), at=test.applied_at + hours(after))


class TestReadings:
    def test_the_worst_counts_and_each_is_kept(self, site: Site, amara: Staff) -> None:
        test = apply(site, amara, 120)
        read(test, amara, "negative", 48)
        read(test, amara, "positive", 96)
        test.refresh_from_db()
        assert (test.result, test.read_at) == ("positive", test.applied_at + hours(96))
        read(test, amara, "negative", 110)
        test.refresh_from_db()
        assert test.result == "positive" and test.readings.count() == 3

    def test_two_taps_are_one_test_and_one_reading(self, site: Site, amara: Staff, okoro: Staff) -> None:
        """A second test would hold S13 back when the first is read, and ask the patient twice to come."""
        test, by = apply(site, amara, 120), Actor.of_staff(amara)
        same: dict[str, Any] = {"patient": test.patient, "product": test.product}
        assert services.apply_patch_test(**same, by=by, at=test.applied_at + timedelta(seconds=2)) == test
        read(test, amara, "negative", 48)
        services.read_patch_test(test=test, result="negative", by=by, at=test.applied_at + hours(48) + timedelta(seconds=2))
        assert PatchTest.objects.count() == 1 and test.readings.count() == 1
        services.read_patch_test(test=test, result="doubtful", by=by, at=test.applied_at + hours(48) + timedelta(seconds=3))
        assert test.readings.count() == 2
        others = [
            services.apply_patch_test(**same, by=by, at=test.applied_at + timedelta(seconds=2), place="left arm"),
            services.apply_patch_test(**same, by=Actor.of_staff(okoro), at=test.applied_at + timedelta(seconds=2)),
            services.apply_patch_test(**same, by=by, at=test.applied_at + timedelta(minutes=1)),
        ]
        assert len({test.pk, *(other.pk for other in others)}) == 4

    def test_one_that_was_given_up_is_not_the_first_tap(self, site: Site, amara: Staff) -> None:
        test, by = apply(site, amara, 120), Actor.of_staff(amara)
        services.patch.give_up_patch_test(test=test, reason="wrong arm", by=by, at=test.applied_at)
        assert services.apply_patch_test(patient=test.patient, product=test.product, by=by, at=test.applied_at) != test

    def test_readings_only_grow(self, site: Site, amara: Staff) -> None:
        test = apply(site, amara, 120)
        read(test, amara, "negative", 48)
        for act in (lambda: PatchReading.objects.update(result="negative"), lambda: PatchReading.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()

    def test_one_that_was_given_up_is_not_read(self, site: Site, amara: Staff) -> None:
        test = apply(site, amara, 60)
        services.patch.give_up_patch_test(test=test, reason="Washed off.", by=Actor.of_staff(amara), at=DAY)
        with pytest.raises(services.patch.PatchTestOver):
            read(test, amara, "negative", 60)

    def test_a_later_reading_does_not_spoil_a_session_that_had_a_valid_one(self, site: Site, amara: Staff) -> None:
        test = apply(site, amara, 72)
        read(test, amara, "negative", 48)
        record = make_draft(site, amara, make_entry(site, products=((test.product, 0.0),)), patient=test.patient)
        assert "S13" not in {f.rule for f in selectors.evaluate(record, "start").findings}
        read(test, amara, "positive", 96)
        assert "S13" not in {f.rule for f in selectors.evaluate(record, "start").findings}

    def test_a_positive_reading_before_the_session_stops_the_product(self, site: Site, amara: Staff) -> None:
        test = apply(site, amara, 96)
        read(test, amara, "positive", 48)
        read(test, amara, "negative", 90)
        record = make_draft(site, amara, make_entry(site, products=((test.product, 0.0),)), patient=test.patient)
        assert "S13" in {f.rule for f in selectors.evaluate(record, "start").blocks()}


class TestWaiting:
    @pytest.mark.parametrize(
        ("ago", "state"), [(23.9, "early"), (24, "short"), (47.9, "short"), (48, "due"), (96, "due"), (96.1, "late")]
    )
    def test_to_the_hour(self, ago: float, state: str, site: Site, amara: Staff) -> None:
        apply(site, amara, ago)
        assert [one.state for one in selectors.patch.waiting(Actor.of_staff(amara), DAY)] == [state]

    def test_an_early_reading_does_not_end_the_wait_and_one_at_48_hours_does(self, site: Site, amara: Staff) -> None:
        test, by = apply(site, amara, 60), Actor.of_staff(amara)
        read(test, amara, "negative", 26)
        assert selectors.patch.due_count(by, DAY) == 1
        read(test, amara, "negative", 48)
        assert selectors.patch.due_count(by, DAY) == 0

    def test_of_the_actor_s_sites_only(self, site: Site, amara: Staff, stranger: Staff) -> None:
        apply(site, amara, 60)
        assert selectors.patch.waiting(Actor.of_staff(stranger), DAY) == []

    def test_the_list_and_the_home_page_name_it(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        apply(site, amara, 60)
        with time_machine.travel(DAY, tick=False):
            page = client_as(amara).get(reverse("treatments:patch_list")).content.decode()
            assert "Olivia Marsh" in page and "read now, until" in page
            assert "patch test to read" in client_as(amara).get(reverse("desk:today")).content.decode()


class TestTheMail:
    def test_once_a_test_and_it_names_nothing(self, site: Site, amara: Staff) -> None:
        test = apply(site, amara, 1)
        with time_machine.travel(DAY, tick=False):
            assert (tasks.remind_of_patch_tests(), tasks.remind_of_patch_tests()) == (1, 0)
        row = OutboxMessage.objects.get(kind="please_come_by")
        assert (row.state, row.send_after, row.expires_at) == ("planned", test.applied_at + hours(44), test.applied_at + hours(96))
        mail = KINDS[row.kind].build(row, row.send_after)
        for part in (mail.subject, mail.text, mail.html):
            assert not any(word in part.lower() for word in ("patch", "test", "serum", "scalp", "hair", "needl", "skin"))
        assert "Wednesday 4 March, 09:00" in mail.text and "020 7946 0123" in mail.text

    @pytest.mark.parametrize(("fields", "reason"), [({"mail_mode": "none"}, "phone"), ({"email": ""}, "no e-mail")])
    def test_without_consent_or_address_it_says_why_nothing_goes(self, fields: dict[str, str], reason: str, site: Site, amara: Staff) -> None:
        apply(site, amara, 1, **fields)
        with time_machine.travel(DAY, tick=False):
            tasks.remind_of_patch_tests()
        row = OutboxMessage.objects.get(kind="please_come_by")
        verdict = KINDS[row.kind].may_send(row, row.send_after)
        assert row.state == "planned" and verdict.word == "skip" and reason in verdict.reason

    def test_not_once_it_was_read(self, site: Site, amara: Staff) -> None:
        test = apply(site, amara, 1)
        with time_machine.travel(DAY, tick=False):
            tasks.remind_of_patch_tests()
        read(test, amara, "negative", 44)
        row = OutboxMessage.objects.get(kind="please_come_by")
        assert KINDS[row.kind].may_send(row, row.send_after).word == "cancel"


class TestPages:
    def test_applied_read_and_given_up(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, serum = make_ready(site), make_product(site)
        page, subject = reverse("treatments:patch_tests", args=[patient.uuid]), {"subject": str(patient.uuid)}
        with time_machine.travel(DAY, tick=False):
            client = client_as(amara)
            assert client.post(page, subject | {"product": "nothing"}).status_code == 422
            assert client.post(page, subject | {"product": str(serum.uuid), "place": "behind the ear"}).status_code == 302
        test = PatchTest.objects.get()
        assert (test.place, test.applied_at) == ("behind the ear", DAY)
        with time_machine.travel(DAY + hours(50), tick=False):
            client = client_as(amara)
            url = reverse("treatments:read_test", args=[test.uuid])
            answer = client.post(url, subject | {"result": ""})
            assert answer.status_code == 422 and "Choose a result." in answer.content.decode()
            assert client.post(url, subject | {"result": "negative", "note": "Nothing."}).status_code == 302
            assert PatchReading.objects.get().note == "Nothing."
            assert client.post(reverse("treatments:give_up_test", args=[test.uuid]), subject | {"text": ""}).status_code == 422

    def test_an_expired_or_withdrawn_product_is_not_offered(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        make_product(site, name="Old serum", expires_on=DAY.date() - timedelta(days=1))
        make_product(site, name="Gone serum", withdrawn=True)
        make_product(site, name="Good serum", expires_on=DAY.date())
        with time_machine.travel(DAY, tick=False):
            text = client_as(amara).get(reverse("treatments:patch_tests", args=[patient.uuid])).content.decode()
        assert "Good serum" in text and "Old serum" not in text and "Gone serum" not in text

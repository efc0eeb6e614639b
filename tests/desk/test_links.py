"""Links over a patient's life: a corrected date of birth, five wrong ones, a cancelled visit (SECURITY.md, R37, R38)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftercare.emails import build
from aftercare.models import CheckIn
from appointments import services as visits
from appointments.emails import appointment_link
from appointments.models import Appointment, VisitType
from clinic import links
from clinic.errors import Refused
from clinic.models import Link, OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS
from patients.models import Patient
from patients.services import send_link_again
from patients.services.people import PersonData, change_patient
from tests.aftercare import make as after
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit

DAY1 = after.ENDED + timedelta(hours=25)
WRONG = date(1970, 1, 1)
TRUE = date(1985, 3, 28)
VISIT = reverse("appointments_link:appointment")


def correct(patient: Patient, *, at: datetime, **fields: object) -> Patient:
    """What the desk types into the person's data."""
    data = {name: getattr(patient, name) for name in PersonData.__dataclass_fields__} | fields
    return change_patient(patient=patient, data=PersonData(**data), by=DESK, at=at)


def try_date(link: Link, typed: date, *, at: datetime, times: int = 1) -> None:
    """So many wrong dates."""
    for _time in range(times):
        with pytest.raises(links.LinkDead):
            links.verify_birth_date(link=link, typed=typed, at=at, ip_prefix="", user_agent="")


def behind(url: str, at: datetime) -> Link | None:
    """The live link of an address in a mail."""
    return links.find(url.rstrip("/").rsplit("/", 1)[1], at=at)


def opens(link: Link | None, typed: date, *, at: datetime) -> bool:
    """Whether this date of birth opens it."""
    return link is not None and bool(links.verify_birth_date(link=link, typed=typed, at=at, ip_prefix="", user_agent=""))


@pytest.fixture
def asked(site: Site, amara: Staff) -> CheckIn:
    return after.make_plan(site, amara).check_ins.get(code="check_24h")


@pytest.mark.django_db
class TestBirthDate:
    """A corrected date of birth is what every live link asks for from then on."""

    def test_the_mailed_link_asks_for_the_corrected_date(self, asked: CheckIn) -> None:
        url = build._check_in_url(asked, DAY1)
        correct(asked.patient, at=DAY1, birth_on=TRUE)
        assert opens(behind(url, DAY1), TRUE, at=DAY1)

    def test_tries_against_the_wrong_date_lock_nothing_any_more(self, asked: CheckIn) -> None:
        url = build._check_in_url(asked, DAY1)
        try_date(Link.objects.get(subject_uuid=asked.uuid), TRUE, at=DAY1, times=5)
        assert behind(url, DAY1) is None
        correct(asked.patient, at=DAY1, birth_on=TRUE)
        assert opens(behind(url, DAY1), TRUE, at=DAY1)

    def test_nothing_else_wakes_a_link_or_forgives_tries(self, asked: CheckIn) -> None:
        build._check_in_url(asked, DAY1)
        link = Link.objects.get(subject_uuid=asked.uuid)
        try_date(link, WRONG, at=DAY1, times=3)
        correct(asked.patient, at=DAY1, phone="020 7946 0000")
        link.refresh_from_db()
        assert link.wrong_birth_dates == 3
        links.revoke(by=DESK, at=DAY1, reason="staff click", pk=link.pk)
        correct(asked.patient, at=DAY1, birth_on=TRUE)
        link.refresh_from_db()
        assert link.birth_on != TRUE and not links.is_alive(link, DAY1)


@pytest.mark.django_db
class TestReuse:
    """A mail carries a link that opens."""

    def test_a_locked_link_is_not_mailed_again_and_stays_locked(self, asked: CheckIn) -> None:
        first = build._check_in_url(asked, DAY1)
        assert behind(build._check_in_url(asked, DAY1), DAY1) == behind(first, DAY1)
        locked = Link.objects.get(subject_uuid=asked.uuid)
        try_date(locked, WRONG, at=DAY1, times=5)
        second = behind(build._check_in_url(asked, DAY1 + timedelta(hours=12)), DAY1)
        locked.refresh_from_db()
        assert second is not None and second != locked and links.is_locked(locked, DAY1)

    def test_nor_one_of_a_visit(self, site: Site, amara: Staff) -> None:
        visit = make_visit(make_clear(site), make_clinic(site, amara), amara, at_hour(11, days=10))
        first = appointment_link(visit, by=DESK, at=NOW)
        assert appointment_link(visit, by=DESK, at=NOW) == first
        try_date(first, WRONG, at=NOW, times=5)
        second = appointment_link(visit, by=DESK, at=NOW)
        assert second != first and links.is_alive(second, NOW)


@pytest.mark.django_db
class TestCancelledVisit:
    """The links of a visit end with it, once the cancelling can't be taken back any more (R37)."""

    @pytest.fixture
    def visit(self, site: Site, amara: Staff) -> Appointment:
        needling: VisitType = make_clinic(site, amara)
        return make_visit(make_clear(site), needling, amara, at_hour(11, days=10))

    def phone_of(self, visit: Appointment) -> Client:
        phone, born = Client(), visit.patient.birth_on
        token = links.mint_token(appointment_link(visit, by=DESK, at=NOW), at=NOW)
        phone.post(f"/l/{token}/", {"day": born.day, "month": born.month, "year": born.year})
        return phone

    def test_the_page_says_cancelled_while_it_can_be_undone_then_the_link_is_dead(self, visit: Appointment) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            phone = self.phone_of(visit)
            assert phone.post(VISIT, {"do": "cancel"}).status_code == 302
            page = phone.get(VISIT).content.decode()
            assert "Cancelled" in page and 'value="undo"' in page
            clock.shift(timedelta(minutes=3, seconds=1))
            assert phone.get(VISIT).status_code == 404
        link = Link.objects.get(purpose="appointment", subject_uuid=visit.uuid)
        assert link.revoked_reason == "the visit was cancelled" and link.expires_at == NOW + timedelta(minutes=3)

    def test_undone_in_time_it_lives_until_the_visit(self, visit: Appointment) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            phone = self.phone_of(visit)
            phone.post(VISIT, {"do": "cancel"})
            clock.shift(timedelta(minutes=2))
            assert phone.post(VISIT, {"do": "undo"}).status_code == 302
            clock.shift(timedelta(minutes=5))
            assert phone.get(VISIT).status_code == 200
        link = Link.objects.get(purpose="appointment", subject_uuid=visit.uuid)
        assert link.expires_at == visit.starts_at + timedelta(hours=2) and link.revoked_reason == ""

    def test_undone_later_by_the_desk_the_next_mail_has_a_new_one(self, visit: Appointment) -> None:
        first = appointment_link(visit, by=DESK, at=NOW)
        visits.cancel_appointment(appointment=visit, reason="ill", by=DESK, at=NOW)
        later = NOW + timedelta(hours=1)
        visit = visits.undo_change(appointment=visit, by=DESK, at=later)
        second = appointment_link(visit, by=DESK, at=later)
        first.refresh_from_db()
        assert second != first and not links.is_alive(first, later) and links.is_alive(second, later)


@pytest.mark.django_db
class TestThePage:
    """Staff see what became of each link, and unlock, revoke or send it again."""

    @pytest.fixture
    def link(self, asked: CheckIn) -> Link:
        made = links.make_link(
            purpose="check_in", site=asked.site, patient_uuid=asked.patient.uuid, birth_on=asked.patient.birth_on, language="en", subject_kind="check_in",
            subject_uuid=asked.uuid, by=DESK, at=timezone.now(),
        )  # fmt: skip
        Link.objects.filter(pk=made.pk).update(wrong_birth_dates=5)
        made.refresh_from_db()
        return made

    def url(self, name: str, link: Link) -> str:
        return reverse(f"patients:{name}", args=[link.patient_uuid, link.uuid])

    def test_today_and_the_list_name_who_is_to_be_phoned(self, link: Link, rosa: Staff, client_as: Callable[[Staff], Client], asked: CheckIn) -> None:
        desk = client_as(rosa)
        assert "1 locked link" in " ".join(desk.get(reverse("desk:today")).content.decode().split())
        assert asked.patient.name in desk.get(reverse("patients:locked_links")).content.decode()
        page = desk.get(reverse("patients:links", args=[link.patient_uuid])).content.decode()
        assert "Locked: five wrong dates of birth" in page and "Check-in" in page and "not yet" in page

    def test_unlocking_needs_how_one_made_sure(self, link: Link, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        desk, sent = client_as(rosa), {"subject": str(link.patient_uuid)}
        answer = desk.post(self.url("unlock_link", link), sent | {"reason": " "})
        assert answer.status_code == 422 and "Write how you made sure" in answer.content.decode()
        assert desk.post(self.url("unlock_link", link), sent | {"reason": "called back on the known number"}).status_code == 302
        link.refresh_from_db()
        assert link.wrong_birth_dates == 0 and links.is_alive(link, timezone.now())
        assert "locked link" not in desk.get(reverse("desk:today")).content.decode()

    def test_only_what_is_locked_is_unlocked(self, link: Link) -> None:
        links.revoke(pk=link.pk, by=DESK, at=timezone.now(), reason="by staff")
        with pytest.raises(Refused, match="not locked"):
            links.unlock(link=link, reason="called back", by=DESK, at=timezone.now())

    def test_revoking_ends_it_at_once(self, link: Link, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        assert client_as(rosa).post(self.url("revoke_link", link), {"subject": str(link.patient_uuid)}).status_code == 302
        link.refresh_from_db()
        assert link.revoked_at and link.revoked_reason == "by staff"

    def test_sending_again_replaces_it_and_the_mail_is_neutral(self, link: Link, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        assert client_as(rosa).post(self.url("send_link", link), {"subject": str(link.patient_uuid)}).status_code == 302
        link.refresh_from_db()
        fresh = Link.objects.get(purpose="check_in", subject_uuid=link.subject_uuid, revoked_at=None)
        assert link.revoked_reason == "sent again" and fresh.expires_at == link.expires_at
        row = OutboxMessage.objects.get(kind="link_again")
        mail = KINDS[row.kind].build(row, row.send_after)
        assert KINDS[row.kind].may_send(row, row.send_after).word == "go"
        assert behind(next(word for word in mail.text.split() if "/l/" in word), timezone.now()) == fresh
        for part in (mail.subject, mail.text, mail.html):
            assert not any(word in part.lower() for word in ("needl", "scalp", "hair", "treatment", "1985"))

    @pytest.mark.parametrize("fields", [{"email": ""}, {"mail_mode": "none"}])
    def test_without_an_address_or_consent_the_old_one_stays(self, link: Link, asked: CheckIn, fields: dict[str, str]) -> None:
        Patient.objects.filter(pk=asked.patient.pk).update(**fields)
        with pytest.raises(Refused, match="Nothing was sent"):
            send_link_again(link=link, patient=Patient.objects.get(pk=asked.patient.pk), by=DESK, at=timezone.now())
        link.refresh_from_db()
        assert link.revoked_at is None

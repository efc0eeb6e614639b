"""Intake and consent on paper, typed in later and marked so: the date on the paper, who typed it, when."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import selectors, services
from patients.models import Consent, ConsentText, Intake, Patient
from tests.treatments.make import make_patient

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
YESTERDAY = date(2026, 11, 24)
DESK = Actor(kind="staff", name="Rosa Lind")


def publish(version: str, days_ago: int) -> ConsentText:
    return services.publish_consent_text(
        version=version, language="en", text=f"Exact words {version}.", procedures=["scalp_microneedling"], off_label=True, by=DESK, at=NOW - timedelta(days=days_ago)
    )


def sign(patient: Patient, text: ConsentText, on: date = YESTERDAY) -> Consent:
    return services.record_paper_consent(
        patient=patient, text=text, paper_on=on, signed_name="Olivia Marsh", off_label_understood=True, photos=False, by=DESK, at=NOW
    )


@pytest.mark.django_db
class TestConsent:
    """The version that was signed, its date and name; typed in by whom and when."""

    def test_keeps_both_dates_and_both_names(self, site: Site) -> None:
        row = sign(make_patient(site), publish("2026-11", 30))
        assert (row.on_paper, row.paper_on, row.signed_name) == (True, YESTERDAY, "Olivia Marsh")
        assert (row.signed_at, row.by) == (NOW, "Rosa Lind")

    def test_an_older_version_counts_as_outdated(self, site: Site) -> None:
        old, _new, patient = publish("2026-01", 300), publish("2026-11", 30), make_patient(site)
        sign(patient, old)
        assert selectors.consent_state(patient).code == "outdated"

    @pytest.mark.parametrize(("on", "words"), [(date(2026, 11, 26), "in the future"), (date(2026, 10, 1), "exists since"), (date(1900, 1, 2), "before the patient was born")])
    def test_a_date_that_can_not_be_is_refused(self, site: Site, on: date, words: str) -> None:
        text = publish("2026-11", 30)
        with pytest.raises(services.PaperDateWrong, match=words) as refused:
            sign(make_patient(site), text, on)
        assert refused.value.field == "paper_on" and not Consent.objects.exists()

    def test_a_paper_from_before_a_withdrawal_does_not_bring_the_consent_back(self, site: Site) -> None:
        patient, text = make_patient(site), publish("2026-11", 30)
        row = sign(patient, text, YESTERDAY - timedelta(days=5))
        services.withdraw_consent(consent=row, reason="by phone", by=DESK, at=NOW - timedelta(hours=1))
        with pytest.raises(services.PaperDateWrong, match="took a consent back"):
            sign(patient, text)
        assert selectors.consent_state(patient).code == "withdrawn"
        sign(patient, text, NOW.date())
        assert selectors.consent_state(patient).is_good


@pytest.mark.django_db
class TestIntake:
    """The sheet."""

    @pytest.mark.parametrize("amended", [False, True])
    def test_a_paper_from_before_newer_answers_does_not_take_their_place(self, site: Site, amara: Staff, amended: bool) -> None:
        """Typed in later it would be the newest, and a keloid that was told since would be gone (RULES 2, E04)."""
        patient, told_at = make_patient(site), NOW - timedelta(days=1)
        draft = services.open_draft(patient=patient, by=Actor.of_command("test"), at=told_at)
        services.save_intake_page(intake=draft, page="x", answers={"pregnancy": "no", "keloid": "personal"}, drop=set(), by=Actor.of_command("test"), at=told_at)
        services.submit_intake(intake=draft, by=Actor.of_command("test"), at=told_at, today=YESTERDAY)
        if amended:
            services.note_medicine(patient=patient, entry=services.MedicineEntry("apixaban"), staff=amara, by=Actor.of_staff(amara), at=NOW - timedelta(minutes=1))
        with pytest.raises(services.PaperDateWrong, match="24 Nov 2026") as refused:
            services.open_paper_intake(patient=patient, paper_on=YESTERDAY - timedelta(days=1), by=DESK, at=NOW)
        assert refused.value.field == "paper_on" and not patient.intakes.filter(state="draft").exists()
        assert selectors.eligibility_on(patient, as_of=NOW.date()).overall == "ABSOLUTE"
        services.open_paper_intake(patient=patient, paper_on=YESTERDAY, by=DESK, at=NOW)  # of the same day: nobody knows which came first

    def test_is_marked_with_its_date_and_who_typed_it(self, site: Site) -> None:
        patient = make_patient(site)
        draft = services.open_paper_intake(patient=patient, paper_on=YESTERDAY, by=DESK, at=NOW)
        Intake.objects.filter(pk=draft.pk).update(answers={"pregnancy": "no", "fitzpatrick": "II"})
        services.submit_intake(intake=draft, by=DESK, at=NOW, today=NOW.date())
        row = Intake.objects.get(patient=patient)
        assert (row.answered_by, row.paper_on, row.typed_by, row.submitted_at) == ("paper", YESTERDAY, "Rosa Lind", NOW)

    def test_what_the_patient_sent_names_nobody_of_the_staff(self, site: Site) -> None:
        draft = services.open_draft(patient=make_patient(site), by=Actor(kind="link", name="patient"), at=NOW)
        services.submit_intake(intake=draft, by=Actor(kind="link", name="patient"), at=NOW, today=NOW.date())
        draft.refresh_from_db()
        assert (draft.answered_by, draft.typed_by, draft.paper_on) == ("patient", "", None)


@pytest.mark.django_db
class TestPages:
    """Where the desk needs it, and where it is shown."""

    @pytest.fixture
    def rosa_s(self, rosa: Staff) -> Client:
        client = Client()
        client.force_login(rosa, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def test_consent_is_typed_in_and_shown_as_such(self, site: Site, rosa_s: Client) -> None:
        text = publish("2026-11", 400)
        patient = make_patient(site)
        url = reverse("patients:paper_consent", kwargs={"patient": patient.uuid})
        data = {"subject": str(patient.uuid), "version": str(text.pk), "signed_name": "Olivia Marsh", "off_label_understood": "on", "paper_on_0": "24", "paper_on_1": "11", "paper_on_2": "2026"}
        with time_machine.travel(NOW, tick=False):
            wrong = rosa_s.post(url, data | {"paper_on_0": "31"})
            assert wrong.status_code == 422 and "This is not a real date" in wrong.content.decode() and 'value="31"' in wrong.content.decode()
            assert rosa_s.post(url, data).status_code == 302
            for name in ("patients:screening", "desk:patient_overview"):
                page = rosa_s.get(reverse(name, kwargs={"patient": patient.uuid})).content.decode()
                assert "on paper" in page and "24 Nov 2026" in page and "typed in by Rosa Lind" in page, name

    def test_questions_begin_with_the_date_on_the_sheet(self, site: Site, rosa_s: Client) -> None:
        patient = make_patient(site)
        url = reverse("patients:paper_intake", kwargs={"patient": patient.uuid})
        with time_machine.travel(NOW, tick=False):
            assert rosa_s.post(url, {"subject": str(patient.uuid)}).status_code == 422
            answer = rosa_s.post(url, {"subject": str(patient.uuid), "paper_on_0": "24", "paper_on_1": "11", "paper_on_2": "2026"})
        assert answer.status_code == 302 and answer["Location"].endswith("/intake/")
        assert Intake.objects.get(patient=patient).paper_on == YESTERDAY

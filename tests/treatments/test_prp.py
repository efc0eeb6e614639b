"""PRP in a session: eligible, drawn, the tube checked by two people with their own login, used (S19; E43–E45)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client, override_settings
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import AccessEvent, Site, Staff
from desk.selectors import timeline
from patients import services as people
from patients.models import Intake, Patient
from tests.treatments.make import DAY, DESK, END, make_draft, make_entry, make_ready
from treatments import selectors, services
from treatments.models import PrpUse, TreatmentSession, TubeCheck
from treatments.selectors.results import results_of
from treatments.services.prp import PrpRefused, TubeNotChecked
from treatments.vocabulary import CheckHow

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db


def ready_for_prp(site: Site, **changes: Any) -> Patient:
    """Answers that leave PRP free, and a consent that covers it."""
    patient = make_ready(site)
    good = {"prp_condition": "none", "cancer_history": "no", "liver_disease": "no"} | changes
    row = Intake.objects.get(patient=patient)
    row.answers = row.answers | good
    row.save()
    text = people.publish_consent_text(
        version="2", language="en", text="With PRP.", procedures=["scalp_microneedling", "prp"], off_label=True, by=DESK, at=DAY - timedelta(days=1)
    )
    people.sign_consent(patient=patient, text=text, signed_name="Olivia Marsh", off_label_understood=True, photos=True, by=DESK, at=DAY - timedelta(hours=2))
    return patient


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """PRP eligibility is clear; its own rules are tested with the patients' room."""
    monkeypatch.setattr(selectors.prp, "eligibility", lambda patient, day: ("CLEAR", []))


def draft(site: Site, amara: Staff) -> TreatmentSession:
    """A record that may start, of a patient whose consent covers PRP."""
    return make_draft(site, amara, make_entry(site), patient=ready_for_prp(site))


def drawn(site: Site, amara: Staff) -> TreatmentSession:
    """Started, planned, drawn."""
    by, record = Actor.of_staff(amara), draft(site, amara)
    services.prp.plan_prp(record=record, by=by, at=DAY)
    record = services.start_session(record=record, by=by, at=DAY)
    services.prp.draw_prp(record=record, drawn_at=DAY, tube_label="Olivia Marsh", by=by, at=DAY)
    return TreatmentSession.objects.get(pk=record.pk)


def check(record: TreatmentSession, staff: Staff, *, matches: bool = True, minutes: int = 5) -> None:
    """One person's word."""
    at = DAY + timedelta(minutes=minutes)
    services.prp.check_tube(record=record, staff=staff, matches=matches, how=CheckHow.OWN_LOGIN, by=Actor.of_staff(staff), at=at)


def use(record: TreatmentSession, staff: Staff, minutes: int = 20) -> PrpUse:
    """Six millilitres."""
    at = DAY + timedelta(minutes=minutes)
    return services.prp.use_prp(record=record, used_at=at, volume_ml=Decimal(6), by=Actor.of_staff(staff), at=at)


class TestPlanning:
    def test_is_refused_without_a_consent_that_covers_it(self, free: None, site: Site, amara: Staff) -> None:
        with pytest.raises(PrpRefused, match="S03"):
            services.prp.plan_prp(record=make_draft(site, amara), by=Actor.of_staff(amara), at=DAY)

    def test_the_worst_class_of_prp_s_own_rules_counts(self, site: Site, amara: Staff) -> None:
        patient = ready_for_prp(site, prp_condition="sepsis")
        worst, triggers = selectors.prp.eligibility(patient, DAY.date())
        assert worst == "ABSOLUTE" and {"rule": "E44", "class": "ABSOLUTE"}.items() <= next(t for t in triggers if t["rule"] == "E44").items()
        with pytest.raises(PrpRefused, match="E44 is ABSOLUTE"):
            services.prp.plan_prp(record=make_draft(site, amara, patient=patient), by=Actor.of_staff(amara), at=DAY)

    def test_what_is_only_planned_is_not_told_to_the_rules(self, free: None, site: Site, amara: Staff) -> None:
        record = draft(site, amara)
        services.prp.plan_prp(record=record, by=Actor.of_staff(amara), at=DAY)
        record = TreatmentSession.objects.get(pk=record.pk)
        assert "prp" not in selectors.session_input(record, "start", None)


@pytest.mark.usefixtures("free")
class TestTwoPeople:
    def test_one_is_not_enough_and_the_same_one_twice_is_one(self, site: Site, amara: Staff) -> None:
        record = drawn(site, amara)
        check(record, amara), check(record, amara, minutes=6)
        with pytest.raises(TubeNotChecked, match="Two people"):
            use(record, amara)

    def test_two_are(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = drawn(site, amara)
        check(record, amara), check(record, okoro)
        row = use(record, amara)
        assert (row.volume_ml, row.used_at) == (Decimal(6), DAY + timedelta(minutes=20))
        given = selectors.session_input(TreatmentSession.objects.get(pk=record.pk), "checkout", None)["prp"]
        assert given["patientMatch"] and sorted(given["tubeCheckBy"]) == ["Dr Amara Osei", "Nurse Ngozi Okoro"] and given["volumeMl"] == 6.0

    def test_one_no_stops_it_and_that_person_s_newer_word_counts(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = drawn(site, amara)
        check(record, amara), check(record, okoro, matches=False)
        with pytest.raises(TubeNotChecked, match="not this patient's"):
            use(record, amara)
        check(record, okoro, minutes=10)
        assert use(record, amara).used_at

    def test_another_draw_makes_the_checks_void(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = drawn(site, amara)
        check(record, amara), check(record, okoro)
        at = DAY + timedelta(minutes=10)
        services.prp.draw_prp(record=record, drawn_at=at, tube_label="Olivia Marsh", by=Actor.of_staff(amara), at=at)
        with pytest.raises(TubeNotChecked):
            use(record, amara)

    @pytest.mark.parametrize("typed", [0, 10, 12, 15], ids=["same time and label", "before the checks", "the minute of a check", "now"])
    def test_another_draw_does_whatever_time_is_typed_for_it(self, site: Site, amara: Staff, okoro: Staff, typed: int) -> None:
        """The moment the draw is noted tells: the label is the same for every tube of the patient, and a typed time has minutes only."""
        record = drawn(site, amara)
        check(record, amara, minutes=11), check(record, okoro, minutes=12)
        services.prp.draw_prp(
            record=record, drawn_at=DAY + timedelta(minutes=typed), tube_label="Olivia Marsh", by=Actor.of_staff(amara), at=DAY + timedelta(minutes=15)
        )
        with pytest.raises(TubeNotChecked, match="Two people"):
            use(record, amara)
        assert selectors.prp.checks_that_count(record, PrpUse.objects.get()) == []
        check(record, amara, minutes=16)
        with pytest.raises(TubeNotChecked, match="Two people"):
            use(record, amara)
        check(record, okoro, minutes=17)
        assert use(record, amara).used_at

    def test_a_check_in_the_same_instant_as_the_draw_counts_when_it_was_noted_after_it(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = drawn(site, amara)
        check(record, amara, minutes=0), check(record, okoro, minutes=0)
        assert use(record, amara).used_at

    def test_not_before_the_session_has_started_nor_before_the_draw(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = drawn(site, amara)
        check(record, amara, minutes=1), check(record, okoro, minutes=1)
        with pytest.raises(PrpRefused, match="before the draw"):
            services.prp.use_prp(record=record, used_at=DAY - timedelta(minutes=1), volume_ml=Decimal(6), by=Actor.of_staff(amara), at=END)

    def test_two_of_the_same_name_are_two(self, site: Site, amara: Staff, okoro: Staff) -> None:
        Staff.objects.filter(pk=okoro.pk).update(name=amara.name, title=amara.title)
        okoro.refresh_from_db()
        record = drawn(site, amara)
        check(record, amara), check(record, okoro)
        use(record, amara)
        assert len(set(selectors.session_input(TreatmentSession.objects.get(pk=record.pk), "checkout", None)["prp"]["tubeCheckBy"])) == 2


@pytest.mark.usefixtures("free")
class TestTheRecord:
    def test_is_not_signed_while_prp_is_open(self, site: Site, amara: Staff) -> None:
        record, by = drawn(site, amara), Actor.of_staff(amara)
        record = services.end_session(record=record, ended_at=END, by=by, at=END)
        with pytest.raises(services.NotReady, match="PRP"):
            services.sign_session(record=record, signer=amara, by=by, at=END)
        services.prp.give_up_prp(record=record, reason="Too little plasma.", by=by, at=END)
        signed = services.sign_session(record=record, signer=amara, by=by, at=END)
        assert '"given_up":"Too little plasma."' in signed.content

    def test_holds_it_and_freezes_it(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record, by = drawn(site, amara), Actor.of_staff(amara)
        check(record, amara), check(record, okoro)
        use(record, amara)
        record = services.end_session(record=record, ended_at=END, by=by, at=END)
        signed = services.sign_session(record=record, signer=amara, by=by, at=END)
        assert '"volume_ml":"6.0"' in signed.content and "Nurse Ngozi Okoro" in signed.content
        for act in (
            lambda: PrpUse.objects.update(volume_ml=7), lambda: PrpUse.objects.all().delete(), lambda: TubeCheck.objects.update(matches=False),
            lambda: TubeCheck.objects.create(session=record, by=amara, name="x", matches=True, tube_label="x", how="own_login", at=END),
        ):  # fmt: skip
            with pytest.raises(DatabaseError), transaction.atomic():
                act()


@pytest.mark.usefixtures("free")
class TestWhatIsSeenAfterwards:
    def ended(self, site: Site, amara: Staff, okoro: Staff, *, used: bool) -> TreatmentSession:
        record = drawn(site, amara)
        if used:
            check(record, amara), check(record, okoro)
            use(record, amara)
        else:
            services.prp.give_up_prp(record=record, reason="clotted", by=Actor.of_staff(amara), at=DAY + timedelta(minutes=6))
        return services.end_session(record=record, ended_at=DAY + timedelta(minutes=40), by=Actor.of_staff(amara), at=DAY + timedelta(minutes=40))

    @pytest.mark.parametrize(("used", "mark"), [(True, "1 PRP"), (False, "1")])
    def test_the_plot_and_its_table_mark_it_and_so_does_the_timeline(self, site: Site, amara: Staff, okoro: Staff, used: bool, mark: str) -> None:
        record = self.ended(site, amara, okoro, used=used)
        found = results_of(record.patient, at=DAY + timedelta(days=1))
        assert [number for _on, number in found.sessions] == [mark] and [row["label"] for row in found.plot["sessions"]] == [mark]
        entries = timeline(record.patient, actor=Actor.of_staff(amara), at=DAY + timedelta(days=1)).entries
        said = next(entry.detail for entry in entries if entry.title == "Session 1")
        assert said == ("Dr Amara Osei · with PRP, 6.0 mL" if used else "Dr Amara Osei")


@pytest.mark.usefixtures("free")
class TestAtTheChair:
    @pytest.fixture(autouse=True)
    def day(self) -> Any:
        """The day of the session."""
        with time_machine.travel(DAY + timedelta(minutes=6), tick=False):
            yield

    def sent(self, record: TreatmentSession, **changes: str) -> dict[str, str]:
        return {"subject": str(record.patient.uuid), "is_theirs": "yes", "email": "okoro@riverside.example", "password": "correct horse battery"} | changes

    def test_a_second_person_confirms_with_their_own_password(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        record, client = drawn(site, amara), client_as(amara)
        with override_settings(MFA_REQUIRED=False):
            assert client.post(reverse("treatments:prp_witness", args=[record.uuid]), self.sent(record)).status_code == 302
        row = TubeCheck.objects.get()
        assert (row.by, row.how, row.matches) == (okoro, "at_chair", True)
        assert AccessEvent.objects.filter(action="witness.confirm", allowed=True).count() == 1

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"password": "wrong"}, "is not right"), ({"email": "nobody@riverside.example"}, "is not right"),
            ({"email": "amara@riverside.example"}, "That is you"), ({"email": "rosa@riverside.example"}, "not a clinician"), ({"is_theirs": ""}, "Read the label"),
        ],
    )  # fmt: skip
    def test_nobody_else_does(self, changes: dict[str, str], words: str, site: Site, amara: Staff, okoro: Staff, rosa: Staff, client_as: SignIn) -> None:
        record, client = drawn(site, amara), client_as(amara)
        with override_settings(MFA_REQUIRED=False):
            answer = client.post(reverse("treatments:prp_witness", args=[record.uuid]), self.sent(record, **changes))
        assert answer.status_code == 422 and words in answer.content.decode() and not TubeCheck.objects.exists()
        assert "correct horse battery" not in answer.content.decode()

    def test_without_their_second_factor_it_is_refused_where_one_is_required(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        from clinic.witness import NotConfirmed, confirm_identity

        with override_settings(MFA_REQUIRED=True), pytest.raises(NotConfirmed):
            confirm_identity(None, email="okoro@riverside.example", password="correct horse battery", code="", by=Actor.of_staff(amara))  # type: ignore[arg-type]

    def test_step_by_step_on_the_page(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        record = draft(site, amara)
        subject = {"subject": str(record.patient.uuid)}

        def url(name: str) -> str:
            return reverse(f"treatments:{name}", args=[record.uuid])

        client = client_as(amara)
        assert client.post(url("prp"), subject).status_code == 302
        services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)
        assert client.post(url("prp_draw"), subject | {"tube_label": ""}).status_code == 422
        assert client.post(url("prp_draw"), subject | {"tube_label": "Marsh"}).status_code == 302
        assert client.post(url("prp_check"), subject | {"is_theirs": "yes"}).status_code == 302
        assert client.post(url("prp_use"), subject | {"volume_ml": "6"}).status_code == 422
        assert client_as(okoro).post(url("prp_check"), subject | {"is_theirs": "yes"}).status_code == 302
        again = client.post(url("prp_draw"), subject | {"tube_label": "Marsh"}, follow=True).content.decode()
        assert "The checks made before do not count any more" in again and again.count("before the newest word or draw") == 2
        assert client.post(url("prp_use"), subject | {"volume_ml": "6"}).status_code == 422
        assert client.post(url("prp_check"), subject | {"is_theirs": "yes"}).status_code == 302
        assert client_as(okoro).post(url("prp_check"), subject | {"is_theirs": "yes"}).status_code == 302
        assert client.post(url("prp_use"), subject | {"volume_ml": "0"}).status_code == 422
        assert client.post(url("prp_use"), subject | {"volume_ml": "6"}).status_code == 302
        assert "6.0 mL" in client.get(url("prp")).content.decode()

"""Registering, searching, intake, clearance, holds."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from patients import selectors, services
from patients.forms import PersonForm
from patients.models import Consent, Intake, Patient, Screening
from patients.services import PersonData
from tests.treatments.test_race import locks

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
DESK = Actor(kind="command", name="test")


def register(site: Site, given: str = "Núria", family: str = "García", **fields: object) -> Patient:
    data = PersonData(given_name=given, family_name=family, birth_on=date(1985, 3, 27), **{"email": "nuria@patient.example", "phone": "+44 7700 900123"} | fields)  # type: ignore[arg-type]
    return services.register_patient(data=data, site=site, by=DESK, at=NOW)


def answered(patient: Patient, **answers: object) -> Intake:
    draft = services.open_draft(patient=patient, by=DESK, at=NOW)
    return services.save_intake_page(intake=draft, page="today", answers={"pregnancy": "no", **answers}, drop=set(), by=DESK, at=NOW)


@pytest.mark.django_db
class TestRegister:
    """J1."""

    def test_queues_the_intake_mail_in_the_same_transaction(self, site: Site) -> None:
        patient = register(site)
        row = OutboxMessage.objects.get(patient_uuid=patient.uuid)
        assert (row.kind, row.state, row.recipient) == ("intake_invitation", "planned", "nuria@patient.example")

    @pytest.mark.parametrize(("fields", "reason"), [({"email": ""}, "no e-mail address"), ({"mail_mode": "none"}, "please phone")])
    def test_says_why_no_mail_goes(self, site: Site, fields: dict[str, str], reason: str) -> None:
        row = OutboxMessage.objects.get(patient_uuid=register(site, **fields).uuid)
        assert row.state == "skipped" and reason in row.reason

    def test_the_same_form_twice_is_one_patient(self, site: Site) -> None:
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1990, 1, 1))
        first, second = (services.register_patient(data=data, site=site, by=DESK, at=NOW, form_key="k") for _ in range(2))
        assert first == second and Patient.objects.count() == 1

    def test_a_date_of_birth_in_the_future_is_refused(self, site: Site) -> None:
        with pytest.raises(services.BornInFuture):
            services.register_patient(data=PersonData(given_name="Ana", family_name="", birth_on=date(2027, 1, 1)), site=site, by=DESK, at=NOW)


class TestPersonForm:
    """Bad input gets a clear error beside its field."""

    def form(self, **fields: str) -> PersonForm:
        typed = {"given_name": "Ana", "family_name": "Ruiz", "birth_on_0": "1", "birth_on_1": "2", "birth_on_2": "1980", "sex": "female",
                 "language": "en", "mail_mode": "full"} | fields  # fmt: skip
        return PersonForm(typed, today=TODAY)

    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("email", "ana@localhost", "has a name, an @ and a domain"),
            ("email", "jürgen@example.org", "accents before the @"),
            ("birth_on_2", "2030", "in the future"),
            ("birth_on_1", "13", "not a real date"),
            ("given_name", "x" * 300, "150"),
            ("phone", "12", "seven digits"),
        ],
    )
    def test_names_the_fault(self, field: str, typed: str, words: str) -> None:
        form = self.form(**{field: typed})
        assert not form.is_valid()
        assert words in str(form.errors)

    def test_direction_marks_are_dropped_and_emoji_kept(self) -> None:
        form = self.form(given_name="A\u202ena 🌱")
        assert form.is_valid(), form.errors
        assert form.person().given_name == "Ana 🌱"


@pytest.mark.django_db
class TestFinding:
    """Search that forgives, and duplicates before anything is saved."""

    @pytest.mark.parametrize("typed", ["garcia", "Garcia nuria", "nuria gracia", "07700900123", "27.3.1985", "27 Mar 1985", "nuria@patient"])
    def test_finds_by_what_people_type(self, site: Site, rosa: Staff, actor_of: Callable[[Staff], Actor], typed: str) -> None:
        patient = register(site)
        assert patient in selectors.found_patients(typed, actor_of(rosa))

    def test_another_sites_patients_are_not_found(self, site: Site, stranger: Staff, actor_of: Callable[[Staff], Actor]) -> None:
        register(site)
        assert selectors.found_patients("garcia", actor_of(stranger)) == []

    def test_a_likely_duplicate_is_named_with_what_matches(self, site: Site, rosa: Staff, actor_of: Callable[[Staff], Actor]) -> None:
        patient = register(site)
        found = selectors.duplicate_candidates(
            given_name="Nuria", family_name="Garcia", birth_on=date(1985, 3, 27), phone="07700 900123", email="", actor=actor_of(rosa)
        )
        assert found[0].patient == patient and {"name", "date of birth", "phone"} <= set(found[0].matches)

    def test_who_differs_by_a_letter_has_a_similar_name_and_not_the_same(self, site: Site, rosa: Staff, actor_of: Callable[[Staff], Actor]) -> None:
        register(site)
        found = selectors.duplicate_candidates(given_name="Nuri", family_name="Garcia", birth_on=date(1990, 1, 2), phone="", email="", actor=actor_of(rosa))
        assert [candidate.matches for candidate in found] == [("or similar name",)]


@pytest.mark.django_db
class TestAllergiesOfAnswers:
    """Declared allergies become the patient's list, each with the moment at which the clinic heard of it."""

    def send(self, patient: Patient, days: int, *entries: dict[str, object]) -> list[tuple[str, bool, object]]:
        at = NOW + timedelta(days=days)
        draft = services.open_draft(patient=patient, by=DESK, at=at)
        draft = services.save_intake_page(intake=draft, page="scalp", answers={"pregnancy": "no", "allergies": list(entries)}, drop=set(), by=DESK, at=at)
        services.submit_intake(intake=draft, by=DESK, at=at, today=TODAY + timedelta(days=days))
        return [(row.name, row.anaphylaxis, row.noted_at) for row in patient.allergies.order_by("pk")]

    def test_an_anaphylaxis_told_later_is_kept_and_never_lost_again(self, site: Site) -> None:
        patient, mild = register(site), {"substance": "latex", "name": "latex", "anaphylaxis": False}
        assert self.send(patient, 0, mild) == [("latex", False, NOW)]
        assert self.send(patient, 1, mild | {"anaphylaxis": True}) == [("latex", True, NOW)]
        assert self.send(patient, 2, mild) == [("latex", True, NOW)]

    def test_nothing_leaves_the_list_because_it_is_not_named_again(self, site: Site) -> None:
        patient = register(site)
        self.send(patient, 0, {"substance": "latex", "name": "latex"})
        assert [name for name, _severe, _at in self.send(patient, 1, {"substance": "other", "name": "plums"})] == ["latex", "plums"]


@pytest.mark.django_db
class TestScreening:
    """The gate after the intake."""

    def test_keeps_input_version_and_result(self, site: Site) -> None:
        patient = register(site)
        services.submit_intake(intake=answered(patient, psoriasis="history_clear"), by=DESK, at=NOW, today=TODAY)
        row = Screening.objects.get(patient=patient)
        assert row.overall == "REVIEW" and row.input["answers"]["psoriasis"] == "history_clear" and row.rules_version.startswith("E-")

    def test_a_clinician_lifts_a_review_and_nothing_else(self, site: Site, amara: Staff, actor_of: Callable[[Staff], Actor]) -> None:
        patient = register(site)
        services.submit_intake(intake=answered(patient, psoriasis="history_clear", keloid="personal"), by=DESK, at=NOW, today=TODAY)
        by = actor_of(amara)
        services.clear_finding(patient=patient, rule="E02", evidence="letter of 3 Nov", staff=amara, by=by, at=NOW)
        with pytest.raises(services.NotLiftable):
            services.clear_finding(patient=patient, rule="E04", evidence="letter", staff=amara, by=by, at=NOW)
        classes = {t["rule"]: t["class"] for t in selectors.eligibility_on(patient, as_of=TODAY).triggers}
        assert classes == {"E02": "CAUTION", "E04": "ABSOLUTE"}

    def test_a_steroid_injection_of_an_unknown_day_counts_from_the_day_of_the_answer(self, site: Site) -> None:
        """“In the last month”: the latest that it can be (E43, SCHEMA 2.5: before date + 1 month)."""
        patient = register(site)
        services.submit_intake(intake=answered(patient, local_steroid_injection_on=None), by=DESK, at=NOW, today=TODAY)
        waits = date(2026, 12, 24)
        for day, expected in ((TODAY, waits.isoformat()), (waits - timedelta(days=1), waits.isoformat()), (waits, None)):
            found = selectors.eligibility_on(patient, as_of=day, prp=True).triggers
            assert [t["lifts_on"] for t in found if t["rule"] == "E43"] == ([expected] if expected else []), day
        assert all(t["rule"] != "E43" for t in selectors.eligibility_on(patient, as_of=TODAY).triggers)

    def test_the_desk_reads_no_reason(self, site: Site) -> None:
        patient = register(site)
        services.submit_intake(intake=answered(patient, keloid="personal"), by=DESK, at=NOW, today=TODAY)
        word = selectors.desk_word(patient, as_of=TODAY)
        assert word.code == "not_possible" and "keloid" not in word.words.lower()

    def test_the_desk_is_not_told_to_book_under_a_hold(self, site: Site) -> None:
        patient = register(site)
        services.submit_intake(intake=answered(patient), by=DESK, at=NOW, today=TODAY)
        assert selectors.desk_word(patient, as_of=TODAY).code == "may_book"
        services.place_hold(patient=patient, blocks=["session"], cause_kind="test", cause_uuid=None, reason="patch test", by=DESK, at=NOW)
        assert selectors.desk_word(patient, as_of=TODAY).code == "may_book"
        services.place_hold(patient=patient, blocks=["booking"], cause_kind="concern", cause_uuid=patient.uuid, reason="pus", by=DESK, at=NOW)
        word = selectors.desk_word(patient, as_of=TODAY)
        assert (word.code, word.words, word.state) == ("clinician_review", "Clinician first", "action")


@pytest.mark.django_db
def test_a_hold_is_placed_once_a_cause_and_released_with_a_reason(site: Site) -> None:
    patient = register(site)
    cause = patient.uuid
    for blocks in (["booking"], ["session"]):
        services.place_hold(patient=patient, blocks=blocks, cause_kind="concern", cause_uuid=cause, reason="red flag", by=DESK, at=NOW)
    (hold,) = selectors.open_holds(patient)
    assert hold.blocks == ["booking", "session"]
    services.release_hold(hold=hold, reason="seen today", by=DESK, at=NOW)
    assert selectors.open_holds(patient) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_submissions_of_one_intake_give_one(site: Site) -> None:
    patient = register(site)
    draft, gate, results = answered(patient), threading.Barrier(20), []

    def send() -> None:
        gate.wait()
        try:
            services.submit_intake(intake=draft, by=DESK, at=NOW, today=TODAY)
            results.append("sent")
        except services.AlreadySubmitted:
            results.append("already received")
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["already received"] * 19 + ["sent"]
    assert Screening.objects.count() == 1 and Consent.objects.count() == 0


@pytest.mark.django_db
def test_who_sends_answers_and_who_amends_them_lock_in_one_order(site: Site, amara: Staff) -> None:
    """The patient before the draft. The other way round each would hold what the other waits for, and one would fail."""
    patient, by = register(site), Actor.of_staff(amara)
    services.submit_intake(intake=answered(patient), by=DESK, at=NOW, today=TODAY)
    draft = services.open_draft(patient=patient, by=DESK, at=NOW)
    noting = locks(lambda: services.note_medicine(patient=patient, entry=services.MedicineEntry("apixaban"), staff=amara, by=by, at=NOW))
    assert noting.index("patients_patient") < noting.index("patients_intake")  # the draft: a first page that is saved meanwhile is not written over
    draft = services.save_intake_page(intake=draft, page="x", answers={"pregnancy": "no"}, drop=set(), by=DESK, at=NOW)
    assert locks(lambda: services.submit_intake(intake=draft, by=DESK, at=NOW, today=TODAY))[:2] == ["patients_patient", "patients_intake"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_first_page_that_is_saved_while_the_clinic_amends_is_not_lost(site: Site, amara: Staff) -> None:
    """The draft was empty when the amendment looked, and it wrote its own extras over the ticks and notes of the page."""
    patient, by = register(site), Actor.of_staff(amara)
    services.submit_intake(intake=answered(patient), by=DESK, at=NOW, today=TODAY)
    draft = services.open_draft(patient=patient, by=DESK, at=NOW)

    def note() -> None:
        services.note_medicine(patient=patient, entry=services.MedicineEntry("apixaban"), staff=amara, by=by, at=NOW)

    with transaction.atomic():
        services.save_intake_page(intake=draft, page="about", answers={}, drop=set(), by=DESK, at=NOW, extras={"notes": {"interpreter": "Dari"}})
        thread = threading.Thread(target=lambda: (note(), connection.close()))
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()
    draft.refresh_from_db()
    assert draft.extras["notes"] == {"interpreter": "Dari"}

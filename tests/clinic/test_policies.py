"""Rules as the clinic runs them: a manager proposes, a clinician approves; old decisions keep their version."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from aftercare.selectors.rulebook import policy as triage_policy
from clinic import policies
from clinic.audit import Actor
from clinic.models import AccessEvent, PolicyProposal, Site, Staff
from clinic.numbers import brackets_in
from clinic.rulebook import book, books, policy_version_in, stamp
from patients import selectors, services
from patients.models import EligibilityPolicy, Patient
from patients.rules.findings import findings_for
from patients.services import PersonData
from patients.vocabulary import Gate
from treatments.selectors import policy as session_policy

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
DESK = Actor(kind="command", name="test")


def proposed(max_: Staff, code: str = "E", values: dict[str, object] | None = None, words: dict[str, str] | None = None) -> PolicyProposal:
    return policies.propose(
        rules=book(code), values={"well_days": 4} if values is None else values, words=words or {}, reason="Our physician asks for it.",
        staff=max_, by=Actor.of_staff(max_), at=NOW,
    )  # fmt: skip


def approved(max_: Staff, amara: Staff, **what: object) -> int:
    row = proposed(max_, **what)  # type: ignore[arg-type]
    return policies.approve(proposal=row, staff=amara, by=Actor.of_staff(amara), at=NOW).version


def recovered(site: Site, days_ago: int) -> Patient:
    """A patient who has been well for so many days."""
    data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male")
    patient = services.register_patient(data=data, site=site, by=DESK, at=NOW)
    draft = services.open_draft(patient=patient, by=DESK, at=NOW)
    answers = {"fever_or_unwell": "recovered", "well_since": date(2026, 11, 24 - days_ago).isoformat()}
    draft = services.save_intake_page(intake=draft, page="scalp", answers=answers, drop=set(), by=DESK, at=NOW)
    services.submit_intake(intake=draft, by=DESK, at=NOW, today=TODAY)
    return patient


@pytest.mark.django_db
class TestProposing:
    @pytest.mark.parametrize(
        ("code", "values", "name"),
        [
            ("E", {"well_days": -1}, "well_days"), ("E", {"well_days": 1.5}, "well_days"), ("E", {"adult_years": 17}, "adult_years"),
            ("E", {"surgery_defer_months": 13}, "surgery_defer_months"), ("E", {"no_such": 1}, "no_such"),
            ("S", {"zone_limits.vertex": 300}, "zone_limits.vertex"), ("S", {"depth_reason_above": 260}, "depth_reason_above"),
            ("S", {"allowed_roles": []}, "allowed_roles"), ("S", {"allowed_roles": ["barber"]}, "allowed_roles"),
            ("S", {"initial_opens_days": 50}, "initial_opens_days"), ("T", {"strong_pain": 9}, "strong_pain"), ("T", {"fever_c": True}, "fever_c"),
        ],
    )  # fmt: skip
    def test_a_number_that_can_not_be_is_named(self, max_: Staff, code: str, values: dict[str, object], name: str) -> None:
        with pytest.raises(policies.NumbersWrong) as wrong:
            proposed(max_, code, values)
        assert list(wrong.value.faults) == [name]
        assert not PolicyProposal.objects.exists()

    @pytest.mark.parametrize(
        "words", ["{well_days.__class__}", "{0}", "{}", "{well_days!r}", "{well_days:>9999999}", "{secret}", "{", "  "]
    )
    def test_only_plain_names_of_numbers_may_stand_in_brackets(self, max_: Staff, words: str) -> None:
        with pytest.raises(policies.NumbersWrong) as wrong:
            proposed(max_, values={}, words={"E31": words})
        assert list(wrong.value.faults) == ["E31"]

    def test_what_is_in_force_already_is_no_change(self, max_: Staff) -> None:
        with pytest.raises(policies.NothingChanges):
            proposed(max_, values={})

    def test_one_waits_at_a_time(self, max_: Staff) -> None:
        proposed(max_)
        with pytest.raises(policies.ProposalOpen):
            proposed(max_, values={"well_days": 5})
        assert proposed(max_, "S", {"passes_reason_above": 4}).state == "open"


@pytest.mark.django_db
class TestDeciding:
    def test_nobody_approves_the_own_proposal(self, max_: Staff) -> None:
        max_.roles = ["manager", "clinician"]
        max_.save()
        with pytest.raises(policies.NeedsAnotherPerson):
            policies.approve(proposal=proposed(max_), staff=max_, by=Actor.of_staff(max_), at=NOW)

    def test_it_is_decided_once(self, max_: Staff, amara: Staff) -> None:
        row = proposed(max_)
        policies.decline(proposal=row, reason="Two days are enough.", staff=amara, by=Actor.of_staff(amara), at=NOW)
        with pytest.raises(policies.ProposalClosed):
            policies.approve(proposal=row, staff=amara, by=Actor.of_staff(amara), at=NOW)
        assert not EligibilityPolicy.objects.exists()

    def test_a_version_that_came_between_is_noticed(self, max_: Staff, amara: Staff) -> None:
        row = proposed(max_)
        EligibilityPolicy.objects.create(version=1, values={}, words={}, proposed_by="x", approved_by="y", at=NOW)
        with pytest.raises(policies.ProposalOutdated):
            policies.approve(proposal=row, staff=amara, by=Actor.of_staff(amara), at=NOW)

    def test_each_set_takes_its_own_numbers(self, max_: Staff, amara: Staff) -> None:
        assert approved(max_, amara) == 1
        assert approved(max_, amara, code="S", values={"zone_limits.vertex": 125, "allowed_roles": ["nurse"]}) == 1
        assert approved(max_, amara, code="T", values={"severe_pain": 9}) == 1
        assert selectors.policy().well_days == 4
        assert (session_policy().zone_limits["vertex"], session_policy().zone_limits["occipital"]) == (125, 150)
        assert session_policy().allowed_roles == ("nurse",)
        assert triage_policy().severe_pain == 9
        assert approved(max_, amara, values={"well_days": 5}) == 2


@pytest.mark.django_db
class TestWhatItDoes:
    def test_a_new_number_decides_from_now_on_and_an_old_decision_keeps_its_own(self, site: Site, max_: Staff, amara: Staff) -> None:
        patient = recovered(site, days_ago=3)
        before = patient.screenings.get()
        approved(max_, amara)
        after = services.screen_patient(patient=patient, gate=Gate.RECHECK, as_of=TODAY, by=DESK, at=NOW)
        before.refresh_from_db()
        assert (before.overall, before.rules_version) == ("CLEAR", "E-2026.11")
        assert (after.overall, after.triggers[0]["lifts_on"], after.rules_version) == ("DEFER", "2026-11-25", "E-2026.11+1")

    def test_the_preview_names_who_would_change_and_nobody_else(self, site: Site, max_: Staff) -> None:
        touched, _healthy = recovered(site, days_ago=3), recovered(site, days_ago=9)
        rules = book("E")
        effects = rules.preview(rules.in_force(), rules.read({"well_days": 4}, {}, 1), NOW).effects
        assert [(e.patient_uuid, e.before, e.after) for e in effects] == [(touched.uuid, "CLEAR", "DEFER (E31 DEFER)")]

    def test_who_is_answering_again_is_not_left_out_of_the_preview(self, site: Site) -> None:
        touched = recovered(site, days_ago=3)
        services.open_draft(patient=touched, by=DESK, at=NOW)
        rules = book("E")
        assert [e.patient_uuid for e in rules.preview(rules.in_force(), rules.read({"well_days": 4}, {}, 1), NOW).effects] == [touched.uuid]

    def test_own_words_speak_in_own_numbers(self, max_: Staff, amara: Staff) -> None:
        approved(max_, amara, values={"well_days": 4}, words={"E31": "Unwell. Come back {well_days} days after."})
        result = {"triggers": [{"rule": "E31", "class": "DEFER", "lifts_on": None}]}
        assert findings_for(result, selectors.policy())[0].words.endswith("Come back 4 days after.")

    @pytest.mark.parametrize("code", ["E", "S", "T"])
    def test_every_rule_can_be_worded_and_every_bracket_it_uses_is_known(self, code: str) -> None:
        rules = book(code)
        assert list(rules.templates) == list(rules.texts(rules.policy()))
        assert set().union(*(brackets_in(text) for text in rules.templates.values())) <= rules.brackets

    def test_three_sets(self) -> None:
        assert [rules.code for rules in books()] == ["E", "S", "T"]

    def test_the_name_of_the_rules_holds_the_version(self) -> None:
        assert (stamp("E-1", 0), stamp("E-1", 12)) == ("E-1", "E-1+12")
        assert [policy_version_in(name) for name in ("E-1", "E-1+12", "")] == [0, 12, 0]


@pytest.mark.django_db
@pytest.mark.time_machine(NOW)
class TestPages:
    def form(self, client: Client, code: str, **changed: object) -> dict[str, object]:
        page = client.get(f"/rules/{code}/propose/")
        assert page.status_code == 200
        form = page.context["form"]
        return {name: form[name].value() for name in form.fields} | {"reason": "Our physician asks for it."} | changed

    def test_from_proposal_to_force(self, client_as: Callable[[Staff], Client], max_: Staff, amara: Staff, site: Site) -> None:
        recovered(site, days_ago=3)
        manager, clinician = client_as(max_), client_as(amara)
        answer = manager.post("/rules/E/propose/", self.form(manager, "E", well_days="4"))
        assert answer.status_code == 302, answer.context["form"].errors
        url = answer["Location"]
        seen_by_manager, seen_by_clinician = manager.get(url).content.decode(), clinician.get(url).content.decode()
        assert "1 would change" in seen_by_manager and "Ana Ruiz" not in seen_by_manager
        assert "Ana Ruiz" in seen_by_clinician and "DEFER (E31 DEFER)" in seen_by_clinician
        assert "A change is waiting" in manager.get("/rules/").content.decode()
        assert AccessEvent.objects.filter(action="policy.preview", staff_id=amara.pk).count() == 1
        assert manager.post(f"{url}approve/").status_code == 403
        assert clinician.post(f"{url}approve/").status_code == 302
        page = manager.get("/rules/").content.decode()
        assert "Version 1 of this clinic, approved by Dr Amara" in page and "4 days" in page

    def test_patients_of_another_site_are_counted_and_not_named(self, client_as: Callable[[Staff], Client], max_: Staff, amara: Staff, site: Site) -> None:
        patient = recovered(site, days_ago=3)
        patient.site = Site.objects.create(clinic=site.clinic, name="Leeds site", zone="Europe/London", phone="0113 496 0000")
        patient.save()
        manager = client_as(max_)
        url = manager.post("/rules/E/propose/", self.form(manager, "E", well_days="4"))["Location"]
        page = client_as(amara).get(url).content.decode()
        assert "1 would change" in page and "1 of them is at another site" in page and "Ana Ruiz" not in page and str(patient.uuid) not in page

    def test_who_begins_another_while_one_waits_is_told_before_typing(self, client_as: Callable[[Staff], Client], max_: Staff) -> None:
        manager = client_as(max_)
        assert "is waiting" not in manager.get("/rules/S/propose/").content.decode()
        row = proposed(max_, "S", {"passes_reason_above": 4})
        page = manager.get("/rules/S/propose/").content.decode()
        assert "Another proposal for these rules is waiting." in page and str(row.uuid) in page
        assert "is waiting" not in manager.get("/rules/E/propose/").content.decode()

    def test_a_depth_is_typed_in_millimetres(self, client_as: Callable[[Staff], Client], max_: Staff) -> None:
        manager = client_as(max_)
        manager.post("/rules/S/propose/", self.form(manager, "S", **{"zone_limits.vertex": "1.25"}))
        assert PolicyProposal.objects.get().values == {"zone_limits.vertex": 125}

    def test_a_wrong_number_says_so_beside_its_field_and_keeps_the_rest(self, client_as: Callable[[Staff], Client], max_: Staff) -> None:
        manager = client_as(max_)
        answer = manager.post("/rules/S/propose/", self.form(manager, "S", **{"zone_limits.vertex": "15", "pain_pause": "7"}))
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["zone_limits.vertex"]
        assert 'value="15"' in answer.content.decode() and 'value="7"' in answer.content.decode()
        assert not PolicyProposal.objects.exists()

    def test_declining_needs_a_reason(self, client_as: Callable[[Staff], Client], max_: Staff, amara: Staff) -> None:
        row, clinician = proposed(max_), client_as(amara)
        assert clinician.post(f"/rules/proposals/{row.uuid}/decline/", {"reason": ""}).status_code == 422
        assert clinician.post(f"/rules/proposals/{row.uuid}/decline/", {"reason": "No."}).status_code == 302
        row.refresh_from_db()
        assert (row.state, row.decision_reason) == ("declined", "No.")

    def test_an_unknown_rule_set_is_not_there(self, client_as: Callable[[Staff], Client], max_: Staff) -> None:
        assert client_as(max_).get("/rules/Z/propose/").status_code == 404

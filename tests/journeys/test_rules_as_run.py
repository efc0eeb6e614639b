"""Rules as the clinic runs them, in the browser: proposed, looked at by whom it touches, approved by somebody else; an old decision keeps its version."""

from typing import Any

import pytest

from tests.journeys.conftest import Clinic, Visitor
from tests.journeys.fresh import clear_patient, copy_row

pytestmark = pytest.mark.journey
# E31's days without symptoms. Nobody of the demo has been unwell, so no other journey depends on it; it is put back in the end.
NUMBER, LONGER, AS_IT_COMES = "well_days", "10", "2"
BOTH = "mira"


def recovered_patient(clinic: Clinic) -> tuple[str, str]:
    """Somebody new who has been well again for five days: uuid and name."""
    uuid, family, _born, _address, given = clear_patient(clinic)
    clinic.rows(
        "UPDATE patients_intake i SET answers = answers || jsonb_build_object('fever_or_unwell', 'recovered', 'well_since', (current_date - 5)::text) "
        "FROM patients_patient p WHERE p.id = i.patient_id AND p.uuid = %s", uuid,
    )  # fmt: skip
    return str(uuid), f"{given} {family}"


def manager_and_clinician(clinic: Clinic) -> None:
    """Somebody who holds both roles, of no site, so that no list of a site names them."""
    (max_,) = clinic.rows("SELECT id FROM clinic_staff WHERE email = 'max@demo.example'")[0]
    changes = {"uuid": "gen_random_uuid()", "email": f"'{BOTH}@demo.example'", "name": "'Mira Both'", "roles": "ARRAY['manager', 'clinician']"}
    copy_row(clinic, "clinic_staff", max_, changes)


def version(clinic: Clinic) -> int:
    """The clinic's newest version of the E-rules."""
    return int(clinic.rows("SELECT coalesce(max(version), 0) FROM patients_eligibilitypolicy")[0][0])


def decides(visitor: Visitor, patient: str) -> None:
    """“Anything changed today?”, asked once more: the rules run."""
    page = visitor.go(f"/patients/{patient}/rescreen/")
    page.check("input[name=changed][value=no]")
    visitor.press("Note for today")


def proposes(visitor: Visitor, days: str, reason: str) -> str:
    """From the rules' page; returns the address of the proposal."""
    visitor.go("/rules/")
    visitor.follow("Propose a change to E")
    visitor.check()
    visitor.page.fill(f"input[name={NUMBER}]", days)
    visitor.page.fill("textarea[name=reason]", reason)
    visitor.press("Propose")
    visitor.sees("It comes into force when a clinician approves it.")
    return visitor.page.url.removeprefix(visitor.clinic.base)


def row_of(visitor: Visitor, name: str) -> list[Any]:
    """What the preview says of a patient: now, then."""
    row = visitor.page.locator("section", has=visitor.page.get_by_role("heading", name="Whom it touches")).get_by_role("row").filter(has_text=name)
    return list(row.get_by_role("cell").all_inner_texts()[1:])


def test_a_threshold_is_proposed_seen_approved_and_put_back_and_old_decisions_keep_theirs(clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
    patient, name = recovered_patient(clinic)
    manager_and_clinician(clinic)
    first = version(clinic)
    at_desk.sign_in("max")
    at_chair.sign_in("amara")

    # Given a decision by the rules as they are
    decides(at_chair, patient)

    # When the manager proposes: a wrong number is said beside its field and nothing typed is lost
    at_desk.go("/rules/E/propose/")
    at_desk.page.fill(f"input[name={NUMBER}]", "-1")
    at_desk.page.fill("textarea[name=reason]", "Two colds came back.")
    at_desk.press("Propose")
    at_desk.sees("A whole number from 0 to 3650.")
    assert at_desk.page.input_value("textarea[name=reason]") == "Two colds came back."
    proposal = proposes(at_desk, LONGER, "Two colds came back.")

    # Then the manager sees how many would change, not who; and can't approve
    assert "would change" in at_desk.page.inner_text("main") and name not in at_desk.page.inner_text("main")
    assert not at_desk.page.get_by_role("button", name="Approve").count()
    at_desk.go("/rules/")
    at_desk.sees("A change is waiting for a clinician.")

    # And the clinician sees who, and approves
    at_chair.go("/rules/")
    at_chair.follow("See what would change")
    assert at_chair.page.url.endswith(proposal)
    before, after = row_of(at_chair, name)
    assert "E31" not in before and "E31 DEFER" in after
    at_chair.sees("Two colds came back.")
    at_chair.press("Approve")
    at_chair.sees(f"Version {first + 1} is in force. Earlier decisions keep theirs.")
    at_chair.sees(f"Version {first + 1} of this clinic, approved by Dr Amara Osei")
    assert "10 days" in at_chair.page.locator("#rules-E").inner_text()

    # The old decision keeps its version, a new one is made by the new
    decides(at_chair, patient)
    at_chair.go(f"/patients/{patient}/screening/")
    at_chair.sees("E31")
    with at_chair.page.expect_navigation():
        at_chair.page.locator("section", has=at_chair.page.get_by_role("heading", name="Earlier decisions")).get_by_role("link").last.click()
    rules = at_chair.page.locator("dl.summary-list dt").get_by_text("Rules", exact=True).locator("xpath=following-sibling::dd[1]").inner_text()
    assert rules == "E-2026.11" + (f"+{first}" if first else "")
    assert "E31" not in at_chair.page.inner_text("main section >> nth=0")
    at_chair.check()

    # Put back by somebody who holds both roles: not by their own hand
    both = Visitor(clinic, at_desk.page.context.browser.new_context(viewport={"width": 1280, "height": 900}))  # type: ignore[union-attr]
    both.sign_in(BOTH)
    back = proposes(both, AS_IT_COMES, "Back to what Anagen comes with.")
    both.sees("You proposed this. Another clinician must approve it.")
    assert not both.page.get_by_role("button", name="Approve").count()
    token = both.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    both.page.request.post(f"{clinic.base}{back}approve/", form={"csrfmiddlewaretoken": token}, headers={"Referer": both.page.url})
    assert version(clinic) == first + 1, "a crafted approval of the own proposal does nothing"
    both.page.context.close()
    at_chair.go(back)
    assert "E31 DEFER" in row_of(at_chair, name)[0]
    at_chair.press("Approve")
    at_chair.sees(f"Version {first + 2} of this clinic")
    at_chair.go(f"/patients/{patient}/screening/")
    assert "E31" not in at_chair.page.locator("section", has=at_chair.page.get_by_role("heading", name="Findings for today")).inner_text()
    stamps = clinic.rows("SELECT rules_version FROM patients_screening s JOIN patients_patient p ON p.id = s.patient_id WHERE p.uuid = %s ORDER BY s.id", patient)
    assert [stamp for (stamp,) in stamps] == [rules, f"E-2026.11+{first + 1}"]

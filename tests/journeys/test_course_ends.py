"""A course comes to its end, at the chair and at the desk: through, and somebody decides; or stopped, and nobody is asked back (decision 0021)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser

from appointments import services as appointments
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from clinic.roles import Role
from patients.models import Patient
from tests.conftest import _copy_template
from tests.journeys.chair import PASSWORD, clinic_in_process, make_clinician, make_site
from tests.journeys.conftest import Visitor
from tests.treatments.make import DAY, make_signed

pytestmark = pytest.mark.journey
NOW = DAY + timedelta(days=30)
SWEEP = Actor.of_task("appointments.open_recalls")


@dataclass
class House:
    """One site with a doctor at the chair and somebody at the desk."""

    site: Site
    amara: Staff
    chair: Visitor
    desk: Visitor
    clock: Any

    def patient(self, name: str, *, planned: int) -> Patient:
        """Whose first session was 30 days ago; the sweep of this morning has run."""
        record = make_signed(self.site, self.amara)
        record.session.patient.courses.update(planned_sessions=planned)
        Patient.objects.filter(pk=record.session.patient_id).update(family_name=name, search_name=f"{name.lower()} olivia")
        appointments.open_recalls(by=SWEEP, at=NOW)
        return Patient.objects.get(pk=record.session.patient_id)


def signed_in(browser: Browser, base: str, staff: Staff) -> Visitor:
    """A screen of their own."""
    visitor = Visitor(SimpleNamespace(base=base), browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce"))  # type: ignore[arg-type]
    sign_in(visitor, staff)
    return visitor


def sign_in(visitor: Visitor, staff: Staff) -> None:
    """Once more, when days have gone by."""
    visitor.page.context.clear_cookies()
    visitor.go("/accounts/login/")
    visitor.page.fill("input[name=login]", staff.email)
    visitor.page.fill("input[name=password]", PASSWORD)
    visitor.press("Sign in")


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[House]:
    """One app for this file; each journey brings its own patient."""
    with clinic_in_process(django_db_blocker, _copy_template, NOW) as (base, clock):
        site = make_site()
        amara = make_clinician(site, "Amara Osei")
        rosa = make_clinician(site, "Rosa Lind")
        rosa.roles, rosa.title, rosa.operator_role = [Role.FRONT_DESK.value], "", ""
        rosa.save()
        found = House(site, amara, signed_in(chromium, base, amara), signed_in(chromium, base, rosa), clock)
        yield found
        for visitor in (found.chair, found.desk):
            visitor.page.context.close()
        for connection in connections.all():
            connection.close()


def in_recalls(visitor: Visitor, name: str, show: str = "open") -> Any:
    """The patient's line in one of the recall lists."""
    visitor.go(f"/appointments/recalls/?show={show}")
    visitor.check()
    return visitor.page.locator("li.recall").filter(has_text=name)


def test_a_course_that_is_through_waits_for_a_decision_and_goes_on_in_maintenance(house: House) -> None:
    # Given somebody whose only planned session took place 30 days ago
    patient = house.patient("Throughley", planned=1)

    # Then the desk sees them in the recall list, marked, and can't tick them for a mail
    line = in_recalls(house.desk, "Throughley")
    assert "all planned sessions took place: a clinician decides first" in line.inner_text()
    assert line.locator("input[type=checkbox]").count() == 0
    recall = str(patient.recalls.get().uuid)
    token = house.desk.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    sent = OutboxMessage.objects.filter(patient_uuid=patient.uuid).count()
    form: dict[str, str | float | bool] = {"csrfmiddlewaretoken": token, "recall": recall}
    house.desk.page.request.post(f"{house.desk.clinic.base}/appointments/recalls/invite/", form=form, headers={"Referer": house.desk.page.url})
    assert OutboxMessage.objects.filter(patient_uuid=patient.uuid).count() == sent, "a crafted invitation is not sent either"

    # And the desk's overview offers no decision, the clinician's does
    house.desk.go(f"/patients/{patient.uuid}/")
    assert "Decide how to go on" not in house.desk.page.inner_text("main")
    house.chair.go(f"/patients/{patient.uuid}/")
    house.chair.sees("Decide how to go on")
    house.chair.follow("Decide how to go on")
    house.chair.sees("All planned sessions took place.")
    assert house.chair.page.input_value("[name=phase]") == "maintenance"
    assert "Next window" not in house.chair.page.inner_text("main"), "no window before somebody has decided"

    # When maintenance is planned: first with a slip, which says so and keeps the rest
    house.chair.page.fill("[name=planned_sessions]", "0")
    house.chair.page.fill("[name=indication]", "Male pattern hair loss")
    house.chair.press("Plan and sign")
    assert house.chair.page.input_value("[name=indication]") == "Male pattern hair loss"
    house.chair.check()
    house.chair.page.fill("[name=planned_sessions]", "4")
    house.chair.press("Plan and sign")

    # Then its own window counts: days 56 to 92 after the session
    house.chair.sees("The course is planned.")
    house.chair.sees("Next window: Mon 27 Apr – Tue 2 Jun 2026")
    house.chair.go(f"/patients/{patient.uuid}/")
    assert "Decide how to go on" not in house.chair.page.inner_text("main")
    appointments.open_recalls(by=SWEEP, at=NOW)
    assert in_recalls(house.desk, "Throughley").count() == 0

    # And on the day on which it opens the desk may invite them
    house.clock.move_to(DAY + timedelta(days=55, hours=20))
    appointments.open_recalls(by=SWEEP, at=DAY + timedelta(days=55, hours=20))
    sign_in(house.desk, Staff.objects.get(name="Rosa Lind"))
    assert in_recalls(house.desk, "Throughley").locator("input[type=checkbox]").count() == 1
    house.clock.move_to(NOW)
    for visitor, name in ((house.desk, "Rosa Lind"), (house.chair, "Amara Osei")):
        sign_in(visitor, Staff.objects.get(name=name))


def test_a_course_is_stopped_with_a_reason_and_nobody_is_asked_back(house: House) -> None:
    # Given somebody in the middle of a course, due to come back
    patient = house.patient("Stopperton", planned=4)
    assert in_recalls(house.desk, "Stopperton").locator("input[type=checkbox]").count() == 1

    # When the clinician stops the course: not without a reason
    house.chair.go(f"/treatments/of/{patient.uuid}/")
    house.chair.sees("Next window")
    house.chair.page.get_by_text("Stop here", exact=True).click()
    house.chair.press("Stop the course")
    house.chair.sees("Say why the course ends here.")
    assert house.chair.page.locator("details.act[open]").count() == 1
    house.chair.page.get_by_label("Why it ends here").fill("Moves to Lisbon")
    house.chair.press("Stop the course")

    # Then it says who and why, and what is next
    house.chair.sees("The course is over. Nobody is invited to a further session.")
    house.chair.sees("The last course ended on 1 Apr 2026: Moves to Lisbon (Dr Amara Osei).")
    assert not house.chair.page.get_by_role("button", name="Open a session").count()
    house.chair.go(f"/patients/{patient.uuid}/")
    house.chair.sees("Plan a course")

    # And the desk finds them left out, with the reason
    appointments.open_recalls(by=SWEEP, at=NOW)
    assert in_recalls(house.desk, "Stopperton").count() == 0
    assert "Left out: The course is over" in in_recalls(house.desk, "Stopperton", "dismissed").inner_text()

    # Nor can the desk stop a course
    token = house.desk.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    form: dict[str, str | float | bool] = {"csrfmiddlewaretoken": token, "subject": str(patient.uuid), "do": "end", "reason": "x"}
    answer = house.desk.page.request.post(f"{house.desk.clinic.base}/treatments/of/{patient.uuid}/", form=form, headers={"Referer": house.desk.page.url})
    assert answer.status == 403

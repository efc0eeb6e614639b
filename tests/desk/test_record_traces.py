"""The last rows of the map in RULES 9: who vouches for what, what was asked of people, what was sent."""

import json
from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aftercare.models import Concern
from appointments.models import Appointment
from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.fhir import bundle_of, checked
from patients import services as people
from patients.models import Patient
from tests.appointments.make import make_clinic
from tests.clinic.outbox_make import fresh, make_row, probe
from tests.desk.test_records import NOW, read
from tests.treatments.make import DAY, make_course, make_ended, make_ready, make_signed
from treatments import services
from treatments.models import CoSignature, EarlierSession, TreatmentSession

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def targets(row: Any) -> set[str]:
    return {ref.reference for ref in row.target}


class TestWhoVouches:
    def test_a_clearance_is_a_document_with_its_origin(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site, heart_disease="heart_disease")
        people.clear_finding(patient=patient, rule="E32", evidence="Letter of Dr Kay, 1 March", staff=amara, by=Actor.of_staff(amara), at=NOW)
        found = read(patient)
        (letter,), (origin,) = found["DocumentReference"], found["Provenance"]
        (raw,) = [e["resource"] for e in json.loads(checked(bundle_of(patient, at=NOW)))["entry"] if e["resource"]["resourceType"] == "DocumentReference"]
        assert b64decode(raw["content"][0]["attachment"]["data"]).decode() == "Letter of Dr Kay, 1 March"
        assert (letter.status, letter.docStatus) == ("current", "final") and "E32" in letter.description
        issue = next(row for row in found["DetectedIssue"] if row.code.text.startswith("E32"))
        assert targets(origin) == {f"urn:uuid:{letter.id}", f"urn:uuid:{issue.id}"}
        assert origin.reason[0].text == "Letter of Dr Kay, 1 March" and origin.agent[0].who.reference == letter.author[0].reference

    def test_a_withdrawn_clearance_stays_and_clears_nothing(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site, heart_disease="heart_disease")
        by = Actor.of_staff(amara)
        row = people.clear_finding(patient=patient, rule="E32", evidence="Letter", staff=amara, by=by, at=NOW)
        type(row).objects.filter(pk=row.pk).update(withdrawn_at=NOW, withdrawn_reason="Wrong letter")
        (letter,), (origin,) = (read(patient)[kind] for kind in ("DocumentReference", "Provenance"))
        assert letter.status == "superseded" and "Wrong letter" in letter.description and targets(origin) == {f"urn:uuid:{letter.id}"}

    def test_a_signature_with_the_reasons_that_were_given(self, site: Site, amara: Staff, okoro: Staff) -> None:
        ended = make_ended(site, amara)
        TreatmentSession.objects.filter(pk=ended.pk).update(reasons={"S20": "Photos refused"})
        signed = services.sign_session(record=TreatmentSession.objects.get(pk=ended.pk), signer=amara, by=Actor.of_staff(amara), at=NOW)
        CoSignature.objects.create(record=signed, by=okoro, name=okoro.name, at=NOW, sha256=signed.sha256)
        (row,) = read(ended.patient)["Provenance"]
        assert targets(row) == {f"urn:uuid:{ended.uuid}"} and [one.text for one in row.reason] == ["S20: Photos refused"]
        assert [one.type.coding[0].code for one in row.agent] == ["author", "verifier"]
        assert [one.type[0].code for one in row.signature] == ["1.2.840.10065.1.12.1.1", "1.2.840.10065.1.12.1.13"]

    def test_signed_in_place_of_one_who_left_the_author_stays_the_author(self, site: Site, amara: Staff, okoro: Staff) -> None:
        ended = make_ended(site, amara)
        Staff.objects.filter(pk=amara.pk).update(is_active=False)
        by = Actor.of_staff(okoro)
        services.take_over_signature(record=ended, staff=okoro, reason="I was in the room.", by=by, at=NOW)
        services.sign_session(record=TreatmentSession.objects.get(pk=ended.pk), signer=okoro, by=by, at=NOW)
        found = read(ended.patient)
        (row,) = found["Provenance"]
        assert [one.type.coding[0].code for one in row.agent] == ["author", "attester"] and [one.type[0].code for one in row.signature] == ["1.2.840.10065.1.12.1.5"]
        names = {f"urn:uuid:{one.id}": one.name[0].text for one in found["Practitioner"]}
        assert [names[one.who.reference] for one in row.agent] == [amara.display_name, okoro.display_name]
        assert [one.text for one in row.reason] == [f"{okoro.display_name} signs in place of {amara.display_name}: I was in the room."]

    def test_what_the_successor_wrote_before_the_operator_came_back_is_told_apart(self, site: Site, amara: Staff, okoro: Staff) -> None:
        """Nobody's work becomes another's (decision 0046), in a file for another clinic neither."""
        ended = make_ended(site, amara)
        Staff.objects.filter(pk=amara.pk).update(is_active=False)
        services.take_over_signature(record=ended, staff=okoro, reason="I was in the room.", by=Actor.of_staff(okoro), at=NOW)
        TreatmentSession.objects.filter(pk=ended.pk).update(notes="Bled a little at the vertex.")
        Staff.objects.filter(pk=amara.pk).update(is_active=True)
        services.sign_session(record=TreatmentSession.objects.get(pk=ended.pk), signer=amara, by=Actor.of_staff(amara), at=NOW)
        (row,) = read(ended.patient)["Provenance"]
        assert [one.type.coding[0].code for one in row.agent] == ["author"]
        assert [one.text for one in row.reason] == [
            f"{okoro.display_name} had taken the signature over from {amara.display_name}: I was in the room.", "Written since it was taken over: notes",
        ]  # fmt: skip

    def test_entered_in_error_says_who_and_why(self, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara).session
        services.mark_entered_in_error(record=record, reason="Wrong patient", staff=amara, by=Actor.of_staff(amara), at=NOW)
        assert {row.activity.text: [one.text for one in row.reason or []] for row in read(record.patient)["Provenance"]} == {
            "Signed and locked": [], "Marked as entered in error": ["Wrong patient"],
        }  # fmt: skip

    def test_the_file_itself_is_an_event_and_a_look_is_none(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        assert "AuditEvent" not in read(patient)
        bundle = bundle_of(patient, at=NOW, by=amara)
        checked(bundle)
        (event,) = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "AuditEvent"]
        (who,) = [entry["resource"] for entry in bundle["entry"] if entry["fullUrl"] == event["agent"][0]["who"]["reference"]]
        assert who["name"][0]["text"] == amara.display_name and event["type"]["code"] == "110106" and event["agent"][0]["requestor"] is True


class TestPlansAndTimes:
    def test_a_course_has_its_goal(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        make_course(patient, amara, planned_sessions=6)
        found = read(patient)
        (plan,), (goal,) = found["CarePlan"], found["Goal"]
        assert plan.goal[0].reference == f"urn:uuid:{goal.id}" and goal.description.text == "6 sessions of the initial phase"
        assert (goal.lifecycleStatus, str(goal.startDate)) == ("active", "2026-03-01")

    def test_a_visit_takes_a_slot_of_the_clinician_s_schedule_and_a_cancelled_one_none(self, site: Site, amara: Staff, okoro: Staff) -> None:
        patient = make_ready(site)
        kind = make_clinic(site, amara, okoro)
        for hours, who, state in ((24, amara, "booked"), (48, amara, "cancelled"), (72, okoro, "booked")):
            start = DAY + timedelta(hours=hours)
            Appointment.objects.create(
                patient=patient, site=site, visit_type=kind, clinician=who, starts_at=start, ends_at=start + timedelta(minutes=30), state=state,
                state_since=DAY, booked_at=DAY, booked_by="t",
            )  # fmt: skip
        found = read(patient)
        slots = {f"urn:uuid:{row.id}": row for row in found["Slot"]}
        assert len(found["Schedule"]) == 2 and len(slots) == 2 and {row.status for row in slots.values()} == {"busy"}
        by_state = {(row.status, bool(row.slot)) for row in found["Appointment"]}
        assert by_state == {("booked", True), ("cancelled", False)}
        for row in found["Appointment"]:
            for ref in row.slot or []:
                assert (slots[ref.reference].start, slots[ref.reference].end) == (row.start, row.end)

    def test_a_session_elsewhere_is_a_day_and_its_source(self, site: Site) -> None:
        patient = make_ready(site)
        EarlierSession.objects.create(patient=patient, on=DAY.date() - timedelta(days=60), source="Letter of another clinic", added_at=NOW, added_by="t")
        (row,) = read(patient)["Procedure"]
        assert str(row.performedDateTime) == "2026-01-01" and "Letter of another clinic" in row.note[0].text and row.performedPeriod is None


class TestWhatWasAskedAndSent:
    def test_a_concern_is_a_task_with_its_clock_and_outcome(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        open_ = Concern.objects.create(patient=patient, site=site, level="URGENT", opened_at=NOW, due_at=NOW + timedelta(minutes=30))
        Concern.objects.create(patient=patient, site=site, level="SAME_DAY", opened_at=NOW, due_at=NOW + timedelta(hours=8), state="closed", claimed_by=amara,
                               closed_by=amara, closed_at=NOW, outcome="advice")  # fmt: skip
        rows = {row.priority: row for row in read(patient)["Task"]}
        assert (rows["stat"].status, rows["stat"].id, rows["stat"].owner) == ("requested", str(open_.uuid), None)
        assert rows["stat"].restriction.period.end == NOW + timedelta(minutes=30)
        assert rows["urgent"].status == "completed" and rows["urgent"].output[0].valueString and rows["urgent"].owner is not None

    @pytest.mark.parametrize(
        ("state", "kind", "status"),
        [
            ("sent", "Communication", "completed"), ("failed", "Communication", "not-done"), ("planned", "CommunicationRequest", "active"),
            ("held", "CommunicationRequest", "on-hold"), ("cancelled", "CommunicationRequest", "revoked"), ("skipped", "CommunicationRequest", "revoked"),
        ],
    )  # fmt: skip
    def test_a_message_by_its_state_never_its_text(self, site: Site, state: str, kind: str, status: str) -> None:
        patient = make_ready(site)
        with probe():
            queued = make_row(patient_uuid=patient.uuid, context={"text": "CANARYQZX"}, recipient="canary@patient.example")
        type(queued).objects.filter(pk=queued.pk).update(state=state, reason="a reason")
        (row,) = [row for row in read(patient)[kind] if row.statusReason and row.statusReason.text == "a reason"]
        assert row.status == status and row.payload is None
        text = checked(bundle_of(patient, at=NOW))
        assert "CANARYQZX" not in text and "canary@patient.example" not in text

    def test_mail_between_staff_and_account_mail_are_not_in_it(self, site: Site) -> None:
        patient = make_ready(site)
        before = len(read(patient)["CommunicationRequest"])
        for scope, more in (("staff", 0), ("account", 0), ("care", 1)):
            with probe(scope=scope):
                assert fresh(make_row(patient_uuid=patient.uuid)).scope == scope
            assert len(read(patient)["CommunicationRequest"]) == before + more

    def test_as_many_queries_for_many(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)

        def more() -> int:
            for _number in range(3):
                with probe():
                    make_row(patient_uuid=patient.uuid)
                concern = Concern.objects.create(patient=patient, site=site, level="ROUTINE", opened_at=NOW, due_at=NOW, claimed_by=amara, state="claimed")
                concern.events.create(kind="noted", at=NOW, by_staff=amara, by_name=amara.name, words="phoned")
            with CaptureQueriesContext(connection) as queries:
                bundle_of(Patient.objects.select_related("site__clinic").get(pk=patient.pk), at=NOW)
            return len(queries)

        assert more() == more()

"""The overview's next step and the timeline: everything once, newest first, by kind, by right, in a constant number of queries."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aftercare.services import open_call_task
from aftercare.states import CallReason
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from desk import selectors
from patients import services as people
from patients.models import Patient, RecordImport
from tests.aftercare.make import make_plan
from tests.treatments.make import (
    DAY,
    make_baseline,
    make_course,
    make_draft,
    make_ended,
    make_product,
    make_ready,
    make_signed,
)
from treatments import services as treatments
from treatments.models import AdverseEvent, HomePlan, Photo, TreatmentSession
from treatments.rules.measures import Method, Unit
from treatments.selectors.photos import photo_consent_text
from treatments.services import MeasureEntry
from treatments.vocabulary import MeasurementKind as K
from treatments.vocabulary import PhotoUse

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
NOW = DAY + timedelta(hours=3)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def of(staff: Staff) -> Actor:
    return Actor.of_staff(staff)


def mails(patient: Patient, number: int, *, step: timedelta = timedelta(minutes=1), kind: str = "appointment_confirmed") -> None:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(key=f"k{n}-{kind}-{patient.pk}", kind=kind, scope="appointment", patient_uuid=patient.uuid, send_after=DAY - step * n, sent_at=DAY - step * n, state="sent")
        for n in range(number)
    )


def walk(patient: Patient, staff: Staff, shown: str = "") -> list[selectors.Page]:
    """All pages, from the newest to the last."""
    pages = [selectors.timeline(patient, actor=of(staff), at=NOW, shown=shown)]
    while pages[-1].older_than:
        pages.append(selectors.timeline(patient, actor=of(staff), at=NOW, shown=shown, before=pages[-1].older_than))
    return pages


class TestTimeline:
    def test_has_what_happened_newest_first(self, site: Site, amara: Staff) -> None:
        signed = make_signed(site, amara)
        patient = signed.session.patient
        AdverseEvent.objects.create(patient=patient, what="itch", onset_at=DAY + timedelta(hours=2), recorded_at=NOW, recorded_by="x")
        mails(patient, 1)
        page = selectors.timeline(patient, actor=of(amara), at=NOW)
        assert [entry.at for entry in page.entries] == sorted((entry.at for entry in page.entries), reverse=True)
        titles = [entry.title for entry in page.entries]
        assert titles[0] == "Adverse event, grade 1: itch"
        assert {"Session 1", "6 photos", "Consent, version 1"} <= set(titles) and {entry.kind for entry in page.entries} >= {"messages", "screenings", "photos"}
        assert next(entry.state for entry in page.entries if entry.title == "Session 1") == "signed"

    def test_a_filter_shows_one_kind_and_what_is_still_to_come(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        mails(patient, 2)
        OutboxMessage.objects.create(key="later", kind="check_in", scope="care", patient_uuid=patient.uuid, send_after=NOW + timedelta(days=3))
        everything = selectors.timeline(patient, actor=of(amara), at=NOW)
        only = selectors.timeline(patient, actor=of(amara), at=NOW, shown="messages")
        assert {entry.kind for entry in only.entries} == {"messages"} and len(only.entries) == 4  # the consent form went by mail too
        assert sum(entry.kind == "messages" for entry in everything.entries) == 3

    def test_nothing_runs_of_one_who_has_died(self, site: Site, amara: Staff) -> None:
        patient = make_signed(site, amara).session.patient
        HomePlan.objects.create(
            patient=patient, device_name="Roller", device_type="roller", length_hundredths=50, every_days=7, approved_by=amara, recorded_at=DAY, judged={}, policy_version=0
        )
        for day, runs in ((None, 2), (DAY.date(), 0)):
            patient.deceased_on = day
            patient.save(update_fields=["deceased_on"])
            entries = selectors.timeline(patient, actor=of(amara), at=NOW).entries
            assert sum(entry.state == "runs" for entry in entries) == runs
        assert sum(entry.state == "ended: the patient has died" for entry in entries) == 2

    def test_an_unknown_kind_is_all_kinds(self, site: Site, amara: Staff) -> None:
        assert selectors.timeline(make_ready(site), actor=of(amara), at=NOW, shown="secrets").shown == ""

    @pytest.mark.parametrize("step", [timedelta(0), timedelta(minutes=1)])
    def test_pages_lose_nothing_and_say_nothing_twice(self, site: Site, amara: Staff, step: timedelta) -> None:
        """Also when more happened at one instant than the page has left."""
        patient = make_ready(site)
        mails(patient, 20, step=timedelta(minutes=1))
        mails(patient, 20, step=step, kind="check_in")
        Photo.objects.bulk_create(
            Photo(patient=patient, view="vertex", file_name=f"f{n}", width=1, height=1, sha256="0", taken_at=DAY - timedelta(days=n), uploaded_by="x") for n in range(30)
        )
        pages = walk(patient, amara)
        entries = [entry for page in pages for entry in page.entries]
        assert len(pages) > 1
        assert sum(entry.kind == "messages" for entry in entries) == 41 and sum(entry.kind == "photos" for entry in entries) == 30

    def test_photos_of_a_day_are_one_line_and_mistakes_are_none(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        for view, wrong in (("vertex", None), ("midline", None), ("occipital", NOW)):
            Photo.objects.create(patient=patient, view=view, file_name=view, width=1, height=1, sha256="0", taken_at=DAY, uploaded_by="x", error_at=wrong)
        photos = [entry for entry in selectors.timeline(patient, actor=of(amara), at=NOW).entries if entry.kind == "photos"]
        assert [(entry.title, entry.detail) for entry in photos] == [("2 photos", "midline, vertex")]

    def test_the_desk_sees_what_its_rights_give_and_of_a_hold_only_that_it_is(self, site: Site, rosa: Staff, amara: Staff) -> None:
        patient = make_signed(site, amara).session.patient
        mails(patient, 1)
        people.place_hold(patient=patient, blocks=["session"], cause_kind="person", cause_uuid=None, reason="QZX fever", by=of(amara), at=DAY)
        page = selectors.timeline(patient, actor=of(rosa), at=NOW)
        assert set(page.kinds) == {"messages", "appointments", "check-ins", "holds"}
        assert {entry.kind for entry in page.entries} <= set(page.kinds)
        assert [(e.title, e.detail) for e in page.entries if e.kind == "holds"] == [("Held: the next session", "")]
        assert selectors.timeline(patient, actor=of(rosa), at=NOW, shown="sessions").shown == ""

    @pytest.mark.parametrize(
        ("entry", "words"),
        [
            (MeasureEntry(K.WASH_TEST, Method.COUNT, (Decimal(1),), Unit.HAIRS_A_DAY), "1 hair a day"),
            (MeasureEntry(K.SATISFACTION, Method.QUESTIONNAIRE, (Decimal(1),), Unit.SCORE), "1 point"),
            (MeasureEntry(K.SATISFACTION, Method.QUESTIONNAIRE, (Decimal(2),), Unit.SCORE), "2 points"),
            (MeasureEntry(K.GLOBAL_GRADE, Method.PHOTO_REVIEW, (Decimal(-1),), Unit.SCORE), "−1 a little less hair"),
            (MeasureEntry(K.TERMINAL_VELLUS, Method.TRICHOSCOPY, (), Unit.RATIO, parts={"terminal": 10, "vellus": 3}, place="midline"), "3.3 terminal per vellus"),
        ],
    )
    def test_a_reading_is_said_as_a_person_would(self, site: Site, amara: Staff, entry: MeasureEntry, words: str) -> None:
        patient = make_ready(site)
        make_baseline(patient, amara, DAY - timedelta(days=30))  # a grade against it needs its photo
        treatments.record_measurement(patient=patient, entry=entry, by=of(amara), at=DAY)
        newest = selectors.timeline(patient, actor=of(amara), at=NOW, shown="measurements").entries[0]
        assert newest.title.partition(": ")[2] == words

    def test_everything_is_on_it_each_with_its_filter(self, site: Site, amara: Staff) -> None:
        patient, by = make_ready(site), of(amara)
        make_course(patient, amara)
        entry = MeasureEntry(K.HAIR_DENSITY, Method.TRICHOSCOPY, (Decimal(92),), Unit.PER_CM2, area_cm2=Decimal(1), place="midline")
        wrong = treatments.record_measurement(patient=patient, entry=entry, by=by, at=DAY)[0]
        treatments.mark_measurement_in_error(measurement=wrong, reason="another patient", by=by, at=DAY)
        treatments.apply_patch_test(patient=patient, product=make_product(site, name="Serum"), by=by, at=DAY)
        hold = people.place_hold(patient=patient, blocks=["booking", "session"], cause_kind="person", cause_uuid=None, reason="fever", by=by, at=DAY)
        people.release_hold(hold=hold, reason="well again", by=by, at=DAY + timedelta(hours=1))
        people.draft_rescreen(patient=patient, on=DAY.date() + timedelta(days=1), changed=True, words="new tablets", by=by, at=DAY)
        text = photo_consent_text(PhotoUse.RECORD)
        treatments.photos.give_photo_consent(patient=patient, use=PhotoUse.RECORD, shown_sha256=text.sha256, signed_name="Olivia Marsh", on_paper=False, by=by, at=DAY)
        RecordImport.objects.create(patient=patient, source="Hospital", sha256="0" * 64, bytes=1, at=DAY, by=amara)
        lines = {(entry.kind, entry.title): entry for page in walk(patient, amara) for entry in page.entries}
        expected = {
            ("sessions", "Course of 4 sessions planned, initial"): "runs", ("measurements", "Hair density: 92 hairs/cm²"): "entered in error",
            ("patch-tests", "Patch test, Serum"): "not read yet", ("holds", "Held: booking, the next session"): "released",
            ("screenings", f"Asked again for {DAY + timedelta(days=1):%-d %b %Y}"): "something changed", ("imports", "Record read from Hospital"): "",
        }  # fmt: skip
        assert {key: lines[key].state for key in expected} == expected
        assert any(kind == "photos" and title.startswith("Photos, consent to") for kind, title in lines)
        assert lines["holds", "Held: booking, the next session"].detail == "fever · well again"
        for kind, title in expected:
            assert (kind, title) in {(entry.kind, entry.title) for page in walk(patient, amara, kind) for entry in page.entries}

    def test_a_call_of_the_desk_is_on_it(self, site: Site, amara: Staff, rosa: Staff) -> None:
        check_in = make_plan(site, amara, at=DAY - timedelta(days=2), ended_at=DAY - timedelta(days=2)).check_ins.get(code="check_24h")
        open_call_task(check_in=check_in, reason=CallReason.MISSED, by=Actor.of_task("t"), at=DAY)
        for staff in (amara, rosa):
            calls = [e for e in selectors.timeline(check_in.patient, actor=of(staff), at=NOW, shown="check-ins").entries if e.title.startswith("Call")]
            assert [(e.state, e.url) for e in calls] == [("to call", f"/aftercare/calls/{check_in.call_task.uuid}/")]

    def test_another_patient_s_things_are_not_on_it(self, site: Site, amara: Staff) -> None:
        mails(make_ready(site), 3)
        other = make_signed(site, amara).session.patient
        own = [entry for entry in selectors.timeline(other, actor=of(amara), at=NOW).entries if entry.kind == "messages"]
        assert len(own) == OutboxMessage.objects.filter(patient_uuid=other.uuid).count() == 1  # the consent form alone

    def test_the_number_of_queries_is_constant(self, site: Site, amara: Staff) -> None:
        patient = make_signed(site, amara).session.patient
        mails(patient, 1)
        assert patient.site.zone  # known before either page is built
        with CaptureQueriesContext(connection) as few:
            selectors.timeline(patient, actor=of(amara), at=NOW)
        mails(patient, 60, kind="check_in")
        for n in range(5):
            AdverseEvent.objects.create(patient=patient, what=f"e{n}", onset_at=DAY, recorded_at=DAY, recorded_by="x")
        with CaptureQueriesContext(connection) as many:
            selectors.timeline(patient, actor=of(amara), at=NOW)
        assert len(few.captured_queries) == len(many.captured_queries)


class TestOverviewPage:
    def test_answers_in_one_screen(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        asked = record.patient.intakes.get()
        asked.answers |= {"allergies": []}
        asked.save()
        page = client_as(amara).get(f"/patients/{record.patient.uuid}/").content.decode()
        for words in ("Clear", "Consent signed", "none declared", "1 of 4", "Window opens", "Mon 30 Mar", "0.75 mm × 4", "Mild erythema", "lot L", "Timeline"):
            assert words in page, words

    def test_says_why_not_with_its_source(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site, pregnancy="possible")
        page = client_as(amara).get(f"/patients/{patient.uuid}/").content.decode()
        assert "E05" in page and "Source:" in page and "Look at the screening" in page

    def test_the_desk_reads_no_reason_and_no_setting(self, site: Site, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        page = client_as(rosa).get(f"/patients/{record.patient.uuid}/").content.decode()
        assert "0.75 mm" not in page and "Last session" not in page and "Allergies" not in page

    @pytest.mark.parametrize("before", ["yesterday", "2026-03-02T10:00", "%00", "9999-99-99"])
    def test_an_instant_that_is_none_is_ignored(self, site: Site, amara: Staff, client_as: SignIn, before: str) -> None:
        assert client_as(amara).get(f"/patients/{make_ready(site).uuid}/?before={before}").status_code == 200

    def test_the_fragment_is_the_timeline_alone(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        answer = client_as(amara).get(f"/patients/{make_ready(site).uuid}/?show=sessions", headers={"HX-Request": "true"})
        assert "<html" not in answer.content.decode() and 'id="timeline"' in answer.content.decode()


class TestNextStep:
    def step(self, patient: Patient, staff: Staff) -> str:
        found = selectors.overview(patient, actor=of(staff), at=NOW)["step"]
        return found.words if found else ""

    def test_goes_through_a_patient_s_course(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        assert self.step(patient, amara) == "Plan a course"
        make_course(patient, amara)
        assert self.step(patient, amara) == "Book"

    def test_a_course_that_is_through_waits_for_a_decision(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_signed(site, amara).session.patient
        patient.courses.update(planned_sessions=1)
        assert self.step(patient, amara) == "Decide how to go on"
        page = client_as(amara).get(f"/patients/{patient.uuid}/").content.decode()
        assert "All planned sessions took place" in page and "Window opens" not in page

    def test_an_unfinished_record_comes_first(self, site: Site, amara: Staff) -> None:
        draft = make_draft(site, amara)
        assert self.step(draft.patient, amara) == "Go on with session 1"
        TreatmentSession.objects.filter(pk=draft.pk).update(state="ended", started_at=DAY, ended_at=DAY)
        assert self.step(draft.patient, amara) == "Sign session 1"

    def test_a_colleague_s_record_is_not_offered_to_sign(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        """Only the author signs; the others are told who that is, and what else is to be done."""
        ended = make_ended(site, amara)
        assert self.step(ended.patient, okoro) == "Book"
        words = "Session 1 is not signed yet. Only Dr Amara Osei can sign it."
        assert words in client_as(okoro).get(f"/patients/{ended.patient.uuid}/").content.decode()
        assert words not in client_as(amara).get(f"/patients/{ended.patient.uuid}/").content.decode()

    def test_an_own_record_is_offered_though_a_colleague_s_is_newer(self, site: Site, amara: Staff, okoro: Staff) -> None:
        own = make_ended(site, amara)
        newer = treatments.open_session(patient=own.patient, operator=okoro, by=of(okoro), at=NOW)
        TreatmentSession.objects.filter(pk=newer.pk).update(state="ended", started_at=NOW, ended_at=NOW)
        assert self.step(own.patient, amara) == "Sign session 1"

    def test_a_patient_who_is_not_cleared_is_looked_at_before_booking(self, site: Site, amara: Staff) -> None:
        assert self.step(make_ready(site, pregnancy="possible"), amara) == "Look at the screening"

    def test_a_held_patient_shows_the_hold(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        people.place_hold(patient=patient, blocks=["session"], cause_kind="test", cause_uuid=None, reason="pus", by=of(amara), at=NOW)
        page = client_as(amara).get(f"/patients/{patient.uuid}/").content.decode()
        assert "On hold" in page and "pus" in page


class TestUnsignedOnTheHomePage:
    def test_stands_there_oldest_first(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        new = make_ended(site, amara, at=DAY - timedelta(days=1))
        old = make_ended(site, amara, at=DAY - timedelta(days=9))
        Patient.objects.filter(pk=old.patient_id).update(given_name="Oldest")
        page = client_as(amara).get("/today/").content.decode()
        assert "Waiting for your signature" in page
        assert page.index("Oldest Marsh") < page.index(f"/treatments/sessions/{new.uuid}/")

    def test_is_nobody_else_s(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        make_ended(site, amara)
        assert "Waiting for your signature" not in client_as(okoro).get("/today/").content.decode()

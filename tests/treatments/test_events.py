"""Adverse events: grade and seriousness apart, open ones hold the next session, closed with an outcome, a draft to print (RULES 7)."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import AccessEvent, Site, Staff
from patients import selectors as people
from tests.treatments.make import DAY, END, make_draft, make_ended, make_entry, make_signed, make_started
from treatments import selectors, services
from treatments.models import AdverseEvent, TreatmentSession
from treatments.rules.events import EventFacts, hints, is_possible_end, needs_end
from treatments.services import EventEntry, SessionEntry, ZoneEntry

SignIn = Callable[[Staff], Client]
LATER = DAY + timedelta(days=10)


class TestHints:
    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            (EventFacts("Infection", 4, False), "Is it not serious?"),
            (EventFacts("Infection", 5, True, ("hospitalisation",)), "death is not among"),
            (EventFacts("Infection", 3, True, ("death",)), "the grade is not 5"),
            (EventFacts("Infection", 2, True), "Name the reason"),
            (EventFacts("Erythema", 1, False, (), "expected", 8), "for up to 7 days"),
            (EventFacts("Granuloma", 2, False, (), "expected"), "is rare"),
        ],
    )
    def test_say_what_does_not_fit(self, facts: EventFacts, words: str) -> None:
        assert any(words in hint for hint in hints(facts))

    @pytest.mark.parametrize(
        "facts",
        [
            EventFacts("Erythema", 1, False, (), "expected", 7), EventFacts("Infection", 3, True, ("hospitalisation",), "unexpected"),
            EventFacts("Infection", 1, True, ("intervention",)), EventFacts("Shedding", 1, False, (), "expected", 40),
        ],
    )  # fmt: skip
    def test_a_low_grade_may_be_serious_and_a_high_one_need_not_be(self, facts: EventFacts) -> None:
        assert hints(facts) == []

    @pytest.mark.parametrize(("kind", "owed"), [("recovered", True), ("recovered_with_sequelae", True), ("fatal", True), ("not_recovered", False), ("unknown", False), ("no_event", False)])
    def test_which_outcomes_have_an_end(self, kind: str, owed: bool) -> None:
        assert needs_end(kind) is owed

    @pytest.mark.parametrize(("day", "fits"), [(1, False), (2, True), (3, True), (4, False)])
    def test_an_end_lies_between_onset_and_today(self, day: int, fits: bool) -> None:
        assert is_possible_end(date(2026, 3, day), date(2026, 3, 2), date(2026, 3, 3)) is fits


def note(record: Any, amara: Staff, at: Any = END, **changes: Any) -> AdverseEvent:
    """A fainting."""
    values: dict[str, Any] = {"what": "Fainting", "onset_at": at, "grade": 2} | changes
    return services.record_adverse_event(patient=record.patient, record=record, entry=EventEntry(**values), by=Actor.of_staff(amara), at=at)


def close(event: AdverseEvent, amara: Staff, at: Any = END, **changes: Any) -> AdverseEvent:
    """Recovered at once."""
    values: dict[str, Any] = {"kind": "recovered", "outcome": "Well.", "ended_on": at.date()} | changes
    return services.close_adverse_event(event=event, by=Actor.of_staff(amara), at=at, **values)


@pytest.mark.django_db
class TestHolding:
    def test_an_open_event_blocks_the_next_session_until_it_is_closed(self, site: Site, amara: Staff) -> None:
        signed = make_signed(site, amara, at=DAY - timedelta(days=30)).session
        event = note(signed, amara, at=DAY - timedelta(days=20))
        nxt = make_draft(site, amara, patient=signed.patient)
        assert "S11" in {f.rule for f in selectors.evaluate(nxt, "start").blocks()}
        close(event, amara, at=DAY - timedelta(days=1))
        assert "S11" not in {f.rule for f in selectors.evaluate(nxt, "start").findings}
        services.events.reopen_adverse_event(event=event, reason="Fainted again.", by=Actor.of_staff(amara), at=DAY)
        assert "S11" in {f.rule for f in selectors.evaluate(nxt, "start").blocks()}

    def test_it_does_not_stop_the_signature_of_its_own_session(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        note(record, amara)
        record.refresh_from_db()
        signed = services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=LATER)
        assert '"what":"Fainting"' in signed.content and '"no_adverse_event":false' in signed.content

    def test_none_and_an_event_at_once_can_t_be_signed(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        note(record, amara)
        type(record).objects.filter(pk=record.pk).update(no_adverse_event=True)
        with pytest.raises(services.NotReady, match="Untick it"):
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=LATER)

    def test_one_that_comes_up_after_the_signature_is_linked_and_leaves_the_record_alone(self, site: Site, amara: Staff) -> None:
        signed = make_signed(site, amara)
        event = note(signed.session, amara, at=LATER)
        signed.refresh_from_db()
        assert event.session == signed.session and "Fainting" not in signed.content and services.broken_records() == []


    def bled(self, site: Site, amara: Staff) -> tuple[TreatmentSession, SessionEntry]:
        """Ended, with frank bleeding at two zones."""
        entry, by = make_entry(site), Actor.of_staff(amara)
        record = make_started(site, amara, entry)
        bled = (ZoneEntry("vertex", 75, 4, "frank_bleeding"), ZoneEntry("mid_scalp", 50, 4, "frank_bleeding"))
        entry = replace(entry, zones=bled, fields=entry.fields | {"no_adverse_event": False})
        record = services.save_session(record=record, version=record.version, entry=entry, by=by, at=END)
        return services.end_session(record=record, ended_at=END, by=by, at=END), entry

    def test_bleeding_is_opened_once_a_zone_whatever_is_written_about_it(self, site: Site, amara: Staff) -> None:
        """S18: the next autosave finds the event by its origin, not by its words, zone or state; and opens no second hold."""
        record, entry = self.bled(site, amara)
        by, events = Actor.of_staff(amara), list(AdverseEvent.objects.order_by("zone"))
        assert [event.origin for event in events] == ["S18:mid_scalp", "S18:vertex"]
        said = EventEntry("Stopped after 2 min of pressure", onset_at=END, zone="frontal")
        services.events.change_adverse_event(event=events[0], entry=said, by=by, at=LATER)
        close(events[1], amara)
        record.refresh_from_db()
        services.save_session(record=record, version=record.version, entry=entry, by=by, at=LATER)
        assert AdverseEvent.objects.count() == 2
        assert len(people.open_holds(record.patient, "session")) == 1

    def test_the_database_keeps_it_to_one(self, site: Site, amara: Staff) -> None:
        record, _entry = self.bled(site, amara)
        with pytest.raises(IntegrityError, match="opened_once"), transaction.atomic():
            AdverseEvent.objects.create(patient=record.patient, session=record, what="x", zone="vertex", onset_at=END, recorded_at=END, recorded_by="x", origin="S18:vertex")

    def test_two_taps_note_it_once(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        """Beside the record and on the patient's page; another event from the same page is another event."""
        record, client = make_ended(site, amara), client_as(amara)
        for name, uuid in (("session", record.uuid), ("events", record.patient.uuid)):
            page = client.get(reverse(f"treatments:{name}", args=[uuid])).content.decode()
            key = re.search(r'name="form_key" value="([0-9a-f]{32})"[^>]*id="event-form-key"', page)
            assert key is not None
            url = reverse("treatments:event" if name == "session" else "treatments:events", args=[uuid])
            sent = {"subject": str(record.patient.uuid), "what": f"Fainting {name}", "grade": "1", "causality": "procedure", "form_key": key[1]}
            before = AdverseEvent.objects.count()
            for _tap in (1, 2):
                assert client.post(url, sent).status_code == 302
            assert AdverseEvent.objects.count() == before + 1
            assert client.post(url, sent | {"what": "Something else"}).status_code == 302
            assert AdverseEvent.objects.count() == before + 2


@pytest.mark.django_db
class TestRecordedByMistake:
    """Closed as “there was no event”: it answers nothing, and is never told as an event."""

    def mistaken(self, site: Site, amara: Staff) -> TreatmentSession:
        record = make_ended(site, amara)
        close(note(record, amara), amara, kind="no_event", outcome="Another patient’s.", ended_on=None)
        record.refresh_from_db()
        return record

    def answered(self, record: TreatmentSession) -> TreatmentSession:
        TreatmentSession.objects.filter(pk=record.pk).update(no_adverse_event=True)
        return TreatmentSession.objects.get(pk=record.pk)

    def line(self, record: TreatmentSession) -> bool:
        return next(gap.done for gap in selectors.checklist(record) if "Adverse events" in gap.words)

    def test_the_question_is_still_open(self, site: Site, amara: Staff) -> None:
        record = self.mistaken(site, amara)
        assert not self.line(record)
        with pytest.raises(services.NotReady, match="Say that there was no adverse event"):
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=LATER)
        assert self.line(self.answered(record))

    def test_a_true_one_beside_it_answers(self, site: Site, amara: Staff) -> None:
        record = self.mistaken(site, amara)
        note(record, amara, what="Hives")
        assert self.line(record)

    def test_the_signed_record_says_what_it_was(self, site: Site, amara: Staff) -> None:
        record = self.answered(self.mistaken(site, amara))
        note(other := make_ended(site, amara), amara)
        told, of_other = (json.loads(services.sign_session(record=row, signer=amara, by=Actor.of_staff(amara), at=LATER).content) for row in (record, TreatmentSession.objects.get(pk=other.pk)))
        assert told["no_adverse_event"] is True and [(row["what"], row["recorded_by_mistake"]) for row in told["adverse_events"]] == [("Fainting", True)]
        assert "grade" not in told["adverse_events"][0]
        assert [row["grade"] for row in of_other["adverse_events"]] == [2] and "recorded_by_mistake" not in of_other["adverse_events"][0]

    def test_page_and_print_say_so_too(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = self.answered(self.mistaken(site, amara))
        services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=LATER)
        for name in ("session", "record_print"):
            page = " ".join(client_as(amara).get(reverse(f"treatments:{name}", args=[record.uuid])).content.decode().split())
            shown = page[page.index("Adverse events, as known today"):]
            assert "recorded by mistake: there was no event" in shown[:800] and "grade" not in shown[:800].split("</ul>")[0]
            assert "No adverse event." in page


@pytest.mark.django_db
class TestClosing:
    def test_releases_the_hold_with_its_outcome(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        event = close(note(record, amara), amara)
        assert (event.outcome_kind, event.ended_on, event.closed_by) == ("recovered", END.date(), "Dr Amara Osei")
        assert people.open_holds(record.patient, "session") == []

    @pytest.mark.parametrize(("changes", "words"), [({"ended_on": None}, "On which day"), ({"ended_on": date(2026, 3, 1)}, "before the onset"), ({"ended_on": date(2026, 3, 3)}, "in the future")])
    def test_needs_a_day_that_can_be(self, changes: dict[str, Any], words: str, site: Site, amara: Staff) -> None:
        event = note(make_ended(site, amara), amara)
        with pytest.raises(services.events.WrongTime, match=words):
            close(event, amara, **changes)
        event.refresh_from_db()
        assert event.closed_at is None

    def test_what_is_closed_is_neither_changed_nor_closed_again(self, site: Site, amara: Staff) -> None:
        event = close(note(make_ended(site, amara), amara), amara)
        with pytest.raises(services.NotOpen):
            close(event, amara)
        with pytest.raises(services.NotOpen):
            services.events.change_adverse_event(event=event, entry=EventEntry("x", END), by=Actor.of_staff(amara), at=END)

    def test_an_onset_in_the_future_is_refused(self, site: Site, amara: Staff) -> None:
        with pytest.raises(services.events.WrongTime):
            note(make_ended(site, amara), amara, onset_at=LATER)

    def test_each_wording_stays_in_the_history(self, site: Site, amara: Staff) -> None:
        event = note(make_ended(site, amara), amara)
        services.events.change_adverse_event(event=event, entry=EventEntry("Fainting", END, grade=3), by=Actor.of_staff(amara), at=END)
        rows = AdverseEvent.pgh_event_model.objects.filter(pgh_obj_id=event.pk)  # type: ignore[attr-defined]
        assert list(rows.order_by("pgh_id").values_list("grade", flat=True)) == [2, 3]

    def test_reasons_for_seriousness_make_it_serious(self, site: Site, amara: Staff) -> None:
        event = note(make_ended(site, amara), amara, seriousness=("hospitalisation",))
        assert event.serious
        with pytest.raises(IntegrityError), transaction.atomic():
            AdverseEvent.objects.filter(pk=event.pk).update(serious=False)


@pytest.mark.django_db
class TestPages:
    @pytest.fixture(autouse=True)
    def later(self) -> Any:
        """Ten days after the session."""
        with time_machine.travel(LATER, tick=False):
            yield

    def test_from_noting_to_closing(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record, client = make_signed(site, amara).session, client_as(amara)
        page = reverse("treatments:events", args=[record.patient.uuid])
        subject = {"subject": str(record.patient.uuid)}
        sent = subject | {
            "session": str(record.uuid), "what": "Infection", "zone": "vertex", "grade": "3", "serious": "on", "seriousness": ["hospitalisation"],
            "causality": "procedure", "expectedness": "unexpected", "onset_at": "2026-03-05T08:00", "details": "Pus.", "action_taken": "Antibiotics.",
        }  # fmt: skip
        assert client.post(page, sent).status_code == 302
        event = AdverseEvent.objects.get()
        assert (event.session, event.grade, event.serious, event.seriousness, event.zone) == (record, 3, True, ["hospitalisation"], "vertex")
        shown = client.get(reverse("treatments:event_page", args=[event.uuid])).content.decode()
        assert "holds the next session" in shown and "hospital, or a longer stay" in shown
        answer = client.post(reverse("treatments:close_event", args=[event.uuid]), subject | {"kind": "recovered", "text": "Healed."})
        assert answer.status_code == 422 and "On which day was it over?" in answer.content.decode() and 'value="Healed."' in answer.content.decode()
        assert client.post(reverse("treatments:close_event", args=[event.uuid]), subject | {"kind": "recovered", "text": "Healed.", "ended_on": "2026-03-10"}).status_code == 302
        event.refresh_from_db()
        assert (event.outcome_kind, event.ended_on) == ("recovered", date(2026, 3, 10))
        assert client.post(reverse("treatments:reopen_event", args=[event.uuid]), subject | {"text": ""}).status_code == 422

    def test_in_the_session_it_is_short_and_stays_typed(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record, client = make_ended(site, amara), client_as(amara)
        subject = {"subject": str(record.patient.uuid)}
        answer = client.post(reverse("treatments:event", args=[record.uuid]), subject | {"what": "Fainted", "grade": "9"})
        assert answer.status_code == 422 and 'value="Fainted"' in answer.content.decode()
        assert client.post(reverse("treatments:event", args=[record.uuid]), subject | {"what": "Fainted", "grade": "2", "zone": "vertex"}).status_code == 302
        assert record.adverse_events.get().zone == "vertex"
        assert "Fainted" in client.get(reverse("treatments:course", args=[record.patient.uuid])).content.decode()

    def test_the_report_is_a_draft_without_the_patient_s_name(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        event = note(make_signed(site, amara).session, amara, at=LATER)
        for to in ("manufacturer", "regulator"):
            page = client_as(amara).get(reverse("treatments:event_report", args=[event.uuid]), {"to": to}).content.decode()
            assert "It was not sent to anybody." in page and "A person has to judge that" in page
            assert "UDI-1" in page and "Fainting" in page
            assert "Marsh" not in page and "1985" not in page and f"#{event.patient.number}" not in page
        assert AccessEvent.objects.filter(action="adverse_event.report", patient_uuid=event.patient.uuid).count() == 2

    @pytest.mark.parametrize("who", ["rosa", "max_", "iris"])
    def test_only_clinicians(self, who: str, site: Site, amara: Staff, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        event = note(make_signed(site, amara).session, amara, at=LATER)
        client = client_as(request.getfixturevalue(who))
        for name, key in (("event_page", event.uuid), ("event_report", event.uuid), ("events", event.patient.uuid)):
            assert client.get(reverse(f"treatments:{name}", args=[key])).status_code == 403

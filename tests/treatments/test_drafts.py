"""A draft that may arrive twice, settings that are taken over, presets of one clinician, and what differs between two pages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from tests.treatments.make import (
    DAY,
    make_cartridge,
    make_device,
    make_draft,
    make_ended,
    make_entry,
    make_signed,
    make_started,
)
from treatments import selectors, services
from treatments.forms import SessionForm
from treatments.models import SessionPreset, TreatmentSession, ZoneRecord
from treatments.services import ChangedMeanwhile, SessionEntry, ZoneEntry

pytestmark = pytest.mark.django_db
LATER = DAY + timedelta(minutes=2)


def noted(record: TreatmentSession, words: str, tab: str, seq: int, version: int, staff: Staff) -> TreatmentSession:
    """A save of the draft from an open page."""
    block = record.blocks.get()
    entry = SessionEntry(
        device=block.device, cartridge=block.cartridge, seal_intact=True, zones=(ZoneEntry("vertex", 75, 4, "mild_erythema"),),
        fields={"notes": words}, tab=tab, seq=seq,
    )  # fmt: skip
    return services.save_session(record=record, version=version, entry=entry, by=Actor.of_staff(staff), at=LATER)


class TestASaveThatArrivesTwice:
    def test_a_page_whose_answer_was_lost_saves_on_with_its_old_version(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        noted(record, "one", "page-a", 1, record.version, amara)
        assert noted(record, "two", "page-a", 2, record.version, amara).notes == "two"

    def test_the_same_save_again_changes_nothing(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        first = noted(record, "one", "page-a", 1, record.version, amara)
        again = noted(record, "one", "page-a", 1, record.version, amara)
        assert again.version == first.version

    def test_an_older_save_that_arrives_late_does_not_overwrite_a_newer_one(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        noted(record, "newer", "page-a", 2, record.version, amara)
        noted(record, "older", "page-a", 1, record.version, amara)
        assert TreatmentSession.objects.get(pk=record.pk).notes == "newer"

    def test_another_page_with_an_old_version_is_told(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        noted(record, "hers", "page-b", 1, record.version, okoro)
        with pytest.raises(ChangedMeanwhile, match="Nurse Ngozi Okoro"):
            noted(record, "mine", "page-a", 1, record.version, amara)

    def test_a_page_is_told_when_somebody_saved_between_its_own_saves(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        mine = noted(record, "mine", "page-a", 1, record.version, amara)
        noted(record, "hers", "page-b", 1, mine.version, okoro)
        with pytest.raises(ChangedMeanwhile):
            noted(record, "mine again", "page-a", 2, mine.version, amara)

    def test_pages_without_a_name_are_never_taken_for_one_another(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        noted(record, "one", "", 0, record.version, amara)
        with pytest.raises(ChangedMeanwhile):
            noted(record, "two", "", 0, record.version, amara)

    def test_a_change_of_device_ends_a_page_s_claim_to_have_saved_last(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        saved = noted(record, "one", "page-a", 1, record.version, amara)
        other = make_entry(site)
        assert other.device is not None and other.cartridge is not None
        services.change_block(record=saved, device=other.device, cartridge=other.cartridge, seal_intact=True, by=Actor.of_staff(amara), at=LATER)
        with pytest.raises(ChangedMeanwhile):
            services.save_session(record=saved, version=saved.version, entry=SessionEntry(tab="page-a", seq=2), by=Actor.of_staff(amara), at=LATER)


def second_draft(site: Site, staff: Staff, *zones: ZoneEntry) -> TreatmentSession:
    """The next session of a patient whose last one is signed."""
    old = make_signed(site, staff, DAY - timedelta(days=28)).session
    record = services.open_session(patient=old.patient, operator=staff, by=Actor.of_staff(staff), at=DAY)
    if zones:
        entry = replace(make_entry(site, zones=zones), fields={"no_adverse_event": False})
        record = services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(staff), at=DAY)
    return record


class TestCopyLast:
    def test_takes_depth_and_passes_and_leaves_what_happened(self, site: Site, amara: Staff) -> None:
        record = second_draft(site, amara)
        services.copy_last(record=record, version=record.version, by=Actor.of_staff(amara), at=LATER)
        record.refresh_from_db()
        block = record.blocks.get()
        assert [(z.zone, z.depth_hundredths, z.passes, z.endpoint) for z in block.zones.all()] == [("mid_scalp", 50, 4, ""), ("vertex", 75, 4, "")]
        assert (block.cartridge, block.seal_intact, record.no_adverse_event, record.pain_readings) == (None, False, False, [])
        assert not record.photos.exists() and not record.adverse_events.exists() and record.state == "draft"

    def test_what_this_record_says_already_stays(self, site: Site, amara: Staff) -> None:
        record = second_draft(site, amara, ZoneEntry("vertex", 100, 6, "pinpoint_bleeding", True), ZoneEntry("occipital", 60, 2, "none"))
        services.copy_last(record=record, version=record.version, by=Actor.of_staff(amara), at=LATER)
        zones = {z.zone: (z.depth_hundredths, z.passes, z.endpoint, z.below_hairline) for z in record.blocks.get().zones.all()}
        assert zones["vertex"] == (75, 4, "pinpoint_bleeding", True)
        assert zones["occipital"] == (60, 2, "none", False)

    def test_the_course_so_far_is_known_for_each_zone(self, site: Site, amara: Staff) -> None:
        histories = selectors.zone_histories(second_draft(site, amara))
        assert histories["vertex"].course.mm == "3.00" and histories["vertex"].last is not None
        assert histories["temple_left"].course.sessions == 0 and histories["temple_left"].last is None

    def test_a_session_entered_in_error_adds_no_dose(self, site: Site, amara: Staff) -> None:
        record = second_draft(site, amara)
        services.mark_entered_in_error(record=record.course.sessions.get(state="signed"), reason="wrong patient", staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert selectors.zone_histories(record)["vertex"].course.sessions == 0


def changed_last_time(site: Site, staff: Staff, *after: ZoneEntry) -> TreatmentSession:
    """The next draft of a patient whose last session changed from its pen to “Pen Y” and went on with these zones."""
    by, then = Actor.of_staff(staff), DAY - timedelta(days=28)
    old = make_started(site, staff, make_entry(site, zones=(ZoneEntry("mid_scalp", 50, 4, "none"), ZoneEntry("vertex", 75, 4, "none"))), then)
    pen, unit = make_device(site, name="Pen Y"), make_cartridge(site, lot="Y1")
    services.change_block(record=old, device=pen, cartridge=unit, seal_intact=True, by=by, at=then)
    old.refresh_from_db()
    entry = replace(make_entry(site, device=pen, cartridge=unit, zones=after), fields={"no_adverse_event": True, "aftercare_delivered": True, "sharps_and_cleaning_confirmed": True})
    old = services.save_session(record=old, version=old.version, entry=entry, by=by, at=then)
    services.end_session(record=old, ended_at=then + timedelta(minutes=40), by=by, at=then + timedelta(minutes=40))
    return services.open_session(patient=old.patient, operator=staff, by=by, at=DAY)


class TestCopyingFromTwoDevices:
    """A second device is part of the same record (SETTLED 7): all zones are copied, and the page says which."""

    def zones(self, record: TreatmentSession) -> dict[str, int]:
        return {zone.zone: zone.depth_hundredths for zone in ZoneRecord.objects.filter(block__session=record)}

    def copied(self, record: TreatmentSession, client: Client) -> str:
        """What the page says after the button."""
        sent = {"subject": str(record.patient.uuid)}
        return client.post(reverse("treatments:copy_last", args=[record.uuid]), sent, follow=True).content.decode()

    def test_zones_of_both_with_the_newest_device(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = changed_last_time(site, amara, ZoneEntry("occipital", 60, 2, "none"), ZoneEntry("vertex", 100, 2, "none"))
        page = self.copied(record, client_as(amara))
        assert self.zones(record) == {"mid_scalp": 50, "vertex": 100, "occipital": 60} and record.blocks.get().device.name == "Pen Y"
        assert "Settings copied from session 1: Pen Y; Mid-scalp, Vertex, Occipital." in page and "more than one device" in page

    def test_where_nothing_was_noted_after_the_change_the_earlier_zones_are_copied(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = changed_last_time(site, amara)
        assert "Mid-scalp, Vertex." in self.copied(record, client_as(amara)) and self.zones(record) == {"mid_scalp": 50, "vertex": 75}

    def test_without_any_zone_it_says_so(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = changed_last_time(site, amara)
        ZoneRecord.objects.all().delete()
        page = self.copied(record, client_as(amara))
        assert "Session 1 has no zones. Only its device is copied: Pen Y." in page and "Settings copied" not in page

    def test_a_preset_holds_them_all(self, site: Site, amara: Staff) -> None:
        record = changed_last_time(site, amara, ZoneEntry("occipital", 60, 2, "none"))
        old = selectors.last_session(record.patient)
        assert old is not None
        preset = services.save_preset(record=old, name="Whole", staff=amara, by=Actor.of_staff(amara))
        assert [row["zone"] for row in preset.zones] == ["mid_scalp", "vertex", "occipital"]

    def test_what_was_needled_before_the_change_in_this_record_is_not_said_twice(self, site: Site, amara: Staff) -> None:
        by = Actor.of_staff(amara)
        record = services.start_session(record=make_draft(site, amara), by=by, at=DAY)
        preset = services.save_preset(record=record, name="Both", staff=amara, by=by)
        services.change_block(record=record, device=make_device(site, name="Pen Y"), cartridge=make_cartridge(site, lot="Y1"), seal_intact=True, by=by, at=DAY)
        record.refresh_from_db()
        with pytest.raises(Refused, match="before the device"):
            services.apply_preset(record=record, version=record.version, preset=preset, by=by, at=DAY)
        assert ZoneRecord.objects.filter(block__session=record).count() == 2


class TestUndoAfterCopying:
    def zones(self, record: TreatmentSession) -> dict[str, tuple[int, int | None, str]]:
        return {z.zone: (z.depth_hundredths, z.passes, z.endpoint) for z in ZoneRecord.objects.filter(block__session=record)}

    def copied(self, record: TreatmentSession, staff: Staff) -> TreatmentSession:
        return services.copy_last(record=record, version=record.version, by=Actor.of_staff(staff), at=LATER)

    def undone(self, record: TreatmentSession, staff: Staff) -> TreatmentSession:
        record = TreatmentSession.objects.get(pk=record.pk)
        return services.undo_copy(record=record, version=record.version, by=Actor.of_staff(staff), at=LATER)

    def test_what_was_there_before_comes_back(self, site: Site, amara: Staff) -> None:
        record = second_draft(site, amara, ZoneEntry("vertex", 100, 6, "pinpoint_bleeding"), ZoneEntry("occipital", 60, 2, "none"))
        device, before = record.blocks.get().device, self.zones(record)
        record = self.copied(record, amara)
        assert self.zones(record) != before and record.blocks.get().device != device
        record = self.undone(record, amara)
        assert self.zones(record) == before and record.blocks.get().device == device
        assert record.blocks.get().cartridge is not None

    def test_an_empty_draft_is_empty_again(self, site: Site, amara: Staff) -> None:
        record = self.undone(self.copied(second_draft(site, amara), amara), amara)
        assert not record.blocks.exists() and record.before_copy is None

    def test_what_was_typed_since_stays(self, site: Site, amara: Staff) -> None:
        record = self.copied(second_draft(site, amara), amara)
        block = record.blocks.get()
        unit = make_cartridge(site, lot="LATER")
        entry = SessionEntry(
            device=block.device, cartridge=unit, zones=(ZoneEntry("vertex", 80, 4), ZoneEntry("mid_scalp", 50, 4, "none"), ZoneEntry("occipital", 50, 2)),
            fields={"notes": "since then"},
        )  # fmt: skip
        services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(amara), at=LATER)
        record = self.undone(record, amara)
        assert self.zones(record) == {"vertex": (80, 4, ""), "mid_scalp": (50, 4, "none"), "occipital": (50, 2, "")}
        assert record.notes == "since then" and record.blocks.get().cartridge == unit

    def test_copying_twice_is_undone_once(self, site: Site, amara: Staff) -> None:
        record = self.copied(self.copied(second_draft(site, amara), amara), amara)
        assert not self.undone(record, amara).blocks.exists()

    def test_a_preset_is_undone_alike(self, site: Site, amara: Staff) -> None:
        by = Actor.of_staff(amara)
        preset = services.save_preset(record=make_draft(site, amara), name="Crown", staff=amara, by=by)
        record = make_draft(site, amara, make_entry(site, zones=(ZoneEntry("vertex", 150, 2, "none"),)))
        before = self.zones(record)
        record = services.apply_preset(record=record, version=record.version, preset=preset, by=by, at=LATER)
        assert self.zones(self.undone(record, amara)) == before

    def test_only_once_and_not_over_another_device(self, site: Site, amara: Staff) -> None:
        record = self.undone(self.copied(second_draft(site, amara), amara), amara)
        with pytest.raises(services.NothingToUndo):
            self.undone(record, amara)

    def test_a_second_block_is_not_touched(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        preset = services.save_preset(record=record, name="Crown", staff=amara, by=Actor.of_staff(amara))
        ZoneRecord.objects.update(depth_hundredths=110)
        record = services.apply_preset(record=record, version=record.version, preset=preset, by=Actor.of_staff(amara), at=LATER)
        other = make_entry(site)
        assert other.device and other.cartridge
        services.change_block(record=record, device=other.device, cartridge=other.cartridge, seal_intact=True, by=Actor.of_staff(amara), at=LATER)
        with pytest.raises(services.NothingToUndo):
            self.undone(record, amara)

    def test_in_the_browser_without_script_it_is_one_button(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record, client = second_draft(site, amara), client_as(amara)
        where = reverse("treatments:session", args=[record.uuid])
        assert "Undo copying" not in client.get(where).content.decode()
        sent = {"subject": str(record.patient.uuid), "version": record.version, "notes": "typed"}
        assert client.post(reverse("treatments:copy_last", args=[record.uuid]), sent).status_code == 302
        page = client.get(where).content.decode()
        assert "Undo copying" in page and reverse("treatments:undo_copy", args=[record.uuid]) in page
        record.refresh_from_db()
        answer = client.post(reverse("treatments:undo_copy", args=[record.uuid]), {"subject": str(record.patient.uuid)}, follow=True)
        page = answer.content.decode()
        assert "as they were before" in page and "Undo copying" not in page and "typed" in page
        assert not record.blocks.exists()


class TestPresets:
    def test_a_preset_keeps_depth_and_passes_and_gives_them_back(self, site: Site, amara: Staff) -> None:
        by = Actor.of_staff(amara)
        preset = services.save_preset(record=make_draft(site, amara), name=" Crown ", staff=amara, by=by)
        assert preset.name == "Crown" and {"zone": "vertex", "depth_hundredths": 75, "passes": 4} in preset.zones
        record = make_draft(site, amara, make_entry(site, zones=(ZoneEntry("vertex", 150, 2, "none"),)))
        saved = services.apply_preset(record=record, version=record.version, preset=preset, by=by, at=LATER)
        assert {z.zone: (z.depth_hundredths, z.passes, z.endpoint) for z in saved.blocks.get().zones.all()} == {
            "vertex": (75, 4, "none"), "mid_scalp": (50, 4, ""),
        }  # fmt: skip

    def test_the_same_name_is_replaced_and_others_keep_theirs(self, site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_draft(site, amara)
        for staff in (amara, amara, okoro):
            services.save_preset(record=record, name="Crown", staff=staff, by=Actor.of_staff(staff))
        assert SessionPreset.objects.count() == 2
        assert [preset.staff for preset in selectors.presets_of(okoro.pk)] == [okoro]
        assert not selectors.presets_of(None).exists()

    @pytest.mark.parametrize("name", ["", "   "])
    def test_a_preset_needs_a_name(self, site: Site, amara: Staff, name: str) -> None:
        with pytest.raises(Refused, match="name"):
            services.save_preset(record=make_draft(site, amara), name=name, staff=amara, by=Actor.of_staff(amara))

    def test_a_preset_needs_a_zone(self, site: Site, amara: Staff) -> None:
        with pytest.raises(Refused, match="depth of one zone"):
            services.save_preset(record=make_draft(site, amara, make_entry(site, zones=())), name="Empty", staff=amara, by=Actor.of_staff(amara))

    def test_there_are_no_more_than_fit_on_the_page(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        for number in range(12):
            services.save_preset(record=record, name=f"P{number}", staff=amara, by=Actor.of_staff(amara))
        with pytest.raises(Refused, match="as many presets as fit"):
            services.save_preset(record=record, name="one more", staff=amara, by=Actor.of_staff(amara))
        services.save_preset(record=record, name="P3", staff=amara, by=Actor.of_staff(amara))

    def test_nobody_writes_a_preset_without_a_name_behind_it(self, site: Site, amara: Staff) -> None:
        with pytest.raises((PermissionDenied, ValueError, TypeError)):
            services.save_preset(record=make_draft(site, amara), name="x", staff=amara, by=None)  # type: ignore[arg-type]


class TestDifferences:
    def test_names_each_field_with_both_values_in_words(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        sent = {"version": "1", "depth_vertex": "1,250", "endpoint_vertex": "frank_bleeding", "fitzpatrick": "II", "seal_intact": "", "notes": "x"}
        found = {field: (stored, mine) for field, stored, mine in SessionForm(sent, record=record, today=DAY.date()).differences()}
        assert found["Vertex Depth, mm"] == ("0.75", "1.25")
        assert found["Vertex Endpoint"] == ("Mild erythema", "Frank bleeding")
        assert found["Seal was intact"] == ("yes", "no")
        assert found["Notes"] == ("–", "x")
        assert "Fitzpatrick skin type" not in found

    def test_numbers_that_read_differently_are_the_same(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        found = [field for field, _stored, _mine in SessionForm({"depth_vertex": "0,7500"}, record=record, today=DAY.date()).differences()]
        assert "Vertex Depth, mm" not in found


class TestTheChecklistLeadsToTheGap:
    def test_the_first_empty_field_of_a_zone(self, site: Site, amara: Staff) -> None:
        gaps = selectors.checklist(make_ended(site, amara, make_entry(site, zones=(ZoneEntry("vertex", 75, 4, "none"), ZoneEntry("occipital", 75, None, "none")))))
        gap = next(gap for gap in gaps if not gap.done)
        assert (gap.href, str(gap.hint)) == ("#id_passes_occipital", "Occipital")

    def test_a_reason_that_is_owed(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara, make_entry(site, zones=(ZoneEntry("frontal_hairline", 125, 4, "none"),)))
        gap = selectors.checklist(record)[-1]
        assert not gap.done and gap.href == "#reason-s08frontal_hairline"


class TestSavingByItselfIsABackgroundRequest:
    """R19: whatever the page says about itself, with or without the header, an autosave neither extends nor skips the end of a login."""

    @pytest.mark.parametrize("query", ["", "?skip=1", "?X-Background=0", "?keepalive=true", "?last_activity=9999999999"])
    def test_a_login_ends_although_the_draft_saves_itself(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client], query: str) -> None:
        with time_machine.travel(DAY, tick=False) as clock:
            record, client = make_draft(site, amara), client_as(amara)
            assert client.get(f"/treatments/sessions/{record.uuid}/").status_code == 200
            for number in range(1, 11):
                clock.shift(89)
                sent = {"subject": str(record.patient.uuid), "version": record.version, "tab": "page-a", "seq": number, "pain": "3"}
                assert client.post(f"/treatments/sessions/{record.uuid}/autosave/{query}", sent, headers={"HX-Request": "true"}).status_code == 200
            clock.shift(15)
            answer = client.post(f"/treatments/sessions/{record.uuid}/autosave/{query}", sent | {"seq": 11, "pain": "9"}, headers={"HX-Request": "true"})
            assert answer.status_code == 401 and "HX-Redirect" not in answer
            record.refresh_from_db()
            assert record.pain_readings == [3]
            assert client.get("/today/")["Location"].startswith("/accounts/reauthenticate/")

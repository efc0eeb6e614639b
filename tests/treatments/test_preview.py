"""What a proposal for the S-rules would change: judged on the next session as it stands, on plans for home, on signed records and photos."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.rulebook import Preview, book
from patients.models import Allergy, Patient
from tests.treatments.make import (
    DAY,
    DESK,
    make_baseline,
    make_course,
    make_draft,
    make_ended,
    make_entry,
    make_patient,
    make_product,
    make_ready,
    make_signed,
    make_started,
)
from treatments import services
from treatments.models import PatchTest, Photo, Product, SignedRecord, TreatmentSession
from treatments.services import ZoneEntry
from treatments.services.home import HomeEntry, record_home_plan

pytestmark = pytest.mark.django_db
AT = DAY + timedelta(days=30)
VIEWS_OF_FOUR = ["frontal_hairline", "vertex", "midline", "occipital"]


def previewed(at: Any = AT, **values: Any) -> Preview:
    """What these numbers would change against the rules as they come."""
    rules = book("S")
    return rules.preview(rules.in_force(), rules.read({name.replace("__", "."): value for name, value in values.items()}, {}, 1), at)


def changes(found: Preview) -> list[tuple[str, str, str]]:
    return [(effect.basis, effect.before, effect.after) for effect in found.effects]


class TestTheLastSessionRepeated:
    """Depth, zone limits, passes, interval: with the settings of last time."""

    def test_a_zone_limit_touches_who_was_needled_deeper(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        found = previewed(zone_limits__vertex=74, zone_limits__mid_scalp=50)
        assert [effect.patient_uuid for effect in found.effects] == [record.patient.uuid]
        assert changes(found) == [("session 1 of 2 Mar 2026, as if repeated", "S08, Vertex: nothing", "S08, Vertex: needs your reason")]
        assert (found.judged, found.cut) == (1, False)

    def test_at_the_limit_itself_nobody_is_named(self, site: Site, amara: Staff) -> None:
        make_ended(site, amara)
        assert previewed(zone_limits__vertex=75).effects == []

    def test_an_open_draft_speaks_for_itself(self, site: Site, amara: Staff) -> None:
        patient = make_ended(site, amara).patient
        make_draft(site, amara, make_entry(site, zones=(ZoneEntry("occipital", 90, 2, ""),)), at=AT, patient=patient)
        assert changes(previewed(zone_limits__vertex=74)) == []
        assert changes(previewed(zone_limits__occipital=80)) == [
            ("open draft of session 2", "S08, Occipital: nothing", "S08, Occipital: needs your reason")
        ]

    def test_a_draft_without_a_zone_takes_the_settings_of_last_time(self, site: Site, amara: Staff) -> None:
        patient = make_ended(site, amara).patient
        services.open_session(patient=patient, operator=amara, by=DESK, at=AT)
        assert len(previewed(zone_limits__vertex=74).effects) == 1

    def test_a_session_under_way_keeps_its_numbers_and_the_next_one_is_judged(self, site: Site, amara: Staff) -> None:
        entry = make_entry(site, zones=(ZoneEntry("vertex", 75, 4, ""),))
        entry.fields["pain_readings"] = [8]
        make_started(site, amara, entry)
        assert previewed(pain_pause=5).effects == []
        assert [basis for basis, _now, _then in changes(previewed(zone_limits__vertex=74))] == ["session 1 of 2 Mar 2026, as if repeated"]

    def test_days_count_from_a_needling_elsewhere_too(self, site: Site, amara: Staff) -> None:
        patient = make_ended(site, amara).patient
        patient.earlier_sessions.create(on=(AT - timedelta(days=10)).date(), source="a letter", added_at=AT, added_by="x")
        assert changes(previewed(interval_free_days=10, initial_opens_days=10))[0][1:] == ("S10: needs your reason", "S10: nothing")

    def test_the_length_of_the_course_and_the_month_of_a_response(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        record.course.response = "none"
        record.course.save()
        assert changes(previewed(response_by_session=2))[0][1:] == ("S12: nothing", "S12: needs your reason")
        assert previewed(DAY + timedelta(days=30), response_by_months=1).effects == []
        assert len(previewed(DAY + timedelta(days=31), response_by_months=1).effects) == 1

    @pytest.mark.parametrize("how", ["ended", "error", "dead"])
    def test_who_has_no_session_to_come_is_not_judged(self, how: str, site: Site, amara: Staff) -> None:
        record = make_signed(site, amara).session
        if how == "ended":
            services.end_course(course=record.course, reason="moved away", by=Actor.of_staff(amara), at=AT)
        elif how == "error":
            services.mark_entered_in_error(record=record, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=AT)
        else:
            Patient.objects.filter(pk=record.patient_id).update(deceased_on=AT.date())
        assert previewed(zone_limits__vertex=74).effects == []


class TestBaseline:
    """S20 on photos, grade and density as recorded now."""

    def waiting(self, site: Site, amara: Staff, views: list[str]) -> Patient:
        patient = make_ready(site)
        make_course(patient, amara)
        make_baseline(patient, amara)
        Photo.objects.exclude(view__in=views).delete()
        return patient

    def test_fewer_views_let_those_start_who_have_them(self, site: Site, amara: Staff) -> None:
        patient = self.waiting(site, amara, VIEWS_OF_FOUR)
        found = previewed(DAY, required_views=VIEWS_OF_FOUR)
        assert [effect.patient_uuid for effect in found.effects] == [patient.uuid]
        assert changes(found) == [("session 1, nothing set yet", "S20: stops", "S20: nothing")]

    def test_one_view_short_stays_stopped(self, site: Site, amara: Staff) -> None:
        self.waiting(site, amara, VIEWS_OF_FOUR[1:])
        assert previewed(DAY, required_views=VIEWS_OF_FOUR).effects == []

    def test_after_session_1_it_is_not_due(self, site: Site, amara: Staff) -> None:
        make_ended(site, amara)
        Photo.objects.filter(view="vertex").delete()
        assert previewed(required_views=[view for view in VIEWS_OF_FOUR if view != "vertex"]).effects == []

    def test_a_longer_gap_asks_for_no_new_baseline_and_no_full_rescreen(self, site: Site, amara: Staff) -> None:
        make_ended(site, amara)
        late = DAY + timedelta(days=200)
        (row,) = changes(previewed(late, rescreen_after_days=200))
        assert row[1:] == ("S10: stops; S20: stops", "S10: note; S20: nothing")
        assert changes(previewed(late, rescreen_after_days=199)) == []

    def test_depth_is_not_judged_where_none_is_set(self, site: Site, amara: Staff) -> None:
        """A zone that only stands in, and an operator whom nobody has chosen."""
        self.waiting(site, amara, VIEWS_OF_FOUR)
        assert previewed(DAY, depth_shallow_below=60, allowed_roles=["nurse"], zone_limits__vertex=20).effects == []


class TestProducts:
    """S13, S14 with the patch tests of now; S16 with last time's cream."""

    def with_serum(self, site: Site, amara: Staff, *, applied_before: timedelta, read_after: timedelta = timedelta(hours=25), **product: Any) -> TreatmentSession:
        record = make_ended(site, amara)
        serum = make_product(site, **product)
        test = PatchTest.objects.create(patient=record.patient, product=serum, applied_at=AT - applied_before, by="x")
        services.read_patch_test(test=test, result="negative", by=DESK, at=AT - applied_before + read_after)
        record.product_uses.create(product=serum)
        return record

    def test_a_shorter_life_of_a_patch_test(self, site: Site, amara: Staff) -> None:
        self.with_serum(site, amara, applied_before=timedelta(days=90, minutes=1))
        assert changes(previewed(patch_valid_hours=90 * 24))[0][1:] == (
            "S13, HA serum: nothing", "S13, HA serum: needs your reason",
        )  # fmt: skip
        assert previewed(AT - timedelta(minutes=1), patch_valid_hours=90 * 24).effects == []

    def test_a_longer_wait_before_it_is_read(self, site: Site, amara: Staff) -> None:
        self.with_serum(site, amara, applied_before=timedelta(days=3), read_after=timedelta(hours=30))
        assert previewed(patch_hours=30).effects == []
        assert changes(previewed(patch_hours=31))[0][2] == "S13, HA serum: stops this product"

    def test_who_is_allergic_is_stopped_both_ways(self, site: Site, amara: Staff) -> None:
        record = self.with_serum(site, amara, applied_before=timedelta(days=100))
        Allergy.objects.create(patient=record.patient, substance="serum_ingredient", name="Hyaluronic acid")
        assert previewed(patch_valid_hours=90 * 24).effects == []

    def minoxidil(self, site: Site, amara: Staff) -> TreatmentSession:
        record = make_ended(site, amara)
        record.product_uses.create(product=make_product(site, name="Minoxidil 5 %", kind="minoxidil", ingredients=[]), hours_after=12)
        return record

    def test_a_shorter_wait_for_minoxidil(self, site: Site, amara: Staff) -> None:
        self.minoxidil(site, amara)
        assert changes(previewed(topical_wait_hours=12))[0][1:] == (
            "S14, Minoxidil 5 %: needs your reason", "S14, Minoxidil 5 %: nothing",
        )  # fmt: skip

    def test_it_changes_nothing_for_who_may_not_have_it_at_all(self, site: Site, amara: Staff) -> None:
        intake = self.minoxidil(site, amara).patient.intakes.get()
        intake.answers = intake.answers | {"breastfeeding": "yes"}
        intake.save()
        assert previewed(topical_wait_hours=12).effects == []

    @pytest.mark.parametrize(("per_kg", "touched"), [(4.0, False), (3.99, True)])
    def test_less_lidocaine_a_kilogram(self, per_kg: float, touched: bool, site: Site, amara: Staff) -> None:
        """9 g of 4 % is 360 mg: 4.0 mg/kg for 90 kg. It was not wiped off yet in the draft, which no number asks."""
        cream = Product.objects.create(site=site, name="Lido 4", kind="other", is_anaesthetic=True, lot="L")
        numbing = {
            "product": cream, "strength_percent": Decimal(4), "area_cm2": Decimal(100), "grams": Decimal(9), "weight_kg": Decimal(90),
            "on_at": DAY - timedelta(minutes=40), "off_at": DAY - timedelta(minutes=5),
        }  # fmt: skip
        make_draft(site, amara, make_entry(site, anaesthetic=numbing))
        found = changes(previewed(DAY, anaesthetic_mg_per_kg=per_kg))
        assert found == ([("open draft of session 1", "S16, Lido 4: nothing", "S16, Lido 4: stops this product")] if touched else [])


class TestPast:
    """Signed records, with the input that each holds."""

    def test_pain_is_judged_on_past_sessions_alone(self, site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        found = previewed(pain_pause=3)
        assert found.effects == []
        (past,) = found.past
        assert (past.judged, past.differ, past.rules, past.unread) == (1, 1, (("S23 Pain", 1),), 0)
        assert previewed(pain_pause=4).past[0].differ == 0
        assert "signed in the last 90 days" in past.words

    def test_older_ones_and_mistakes_do_not_count(self, site: Site, amara: Staff) -> None:
        signed = make_signed(site, amara)
        assert previewed(DAY + timedelta(days=90), pain_pause=3).past[0].judged == 1
        assert previewed(DAY + timedelta(days=90, seconds=1), pain_pause=3).past[0].judged == 0
        services.mark_entered_in_error(record=signed.session, reason="Wrong patient.", staff=amara, by=DESK, at=AT)
        assert previewed(pain_pause=3).past[0].judged == 0

    def test_acids_before_a_session(self, site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        content = '{"input":[%s]}'
        given = dict(SIGNED, preTopicals=[{"kind": "aha", "lastUsedAt": (DAY - timedelta(hours=80)).isoformat()}])
        _replace(SignedRecord.objects.get(), content, given)
        assert previewed(acid_note_hours=81).past[0].rules == (("S15 Acids before the session", 1),)
        assert previewed(acid_note_hours=80).past[0].differ == 0

    def test_a_record_that_lacks_what_the_rules_ask_is_counted_apart(self, site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        _replace(SignedRecord.objects.get(), '{"input":[%s]}', {"painReadings": [9]})
        assert [(row.judged, row.differ, row.unread) for row in previewed(pain_pause=3).past] == [(0, 0, 1)]

    def test_words_alone_change_no_result(self, site: Site, amara: Staff) -> None:
        make_signed(site, amara)
        rules = book("S")
        assert rules.preview(rules.in_force(), rules.read({}, {"S10": "Too soon."}, 1), AT) == Preview([], 0)


SIGNED = {
    "stage": "signoff", "sessionStart": DAY.isoformat(), "operator": {"role": "nurse", "credentialValid": True}, "device": {"maxDepthMm": 2.5},
    "cartridge": {"lot": "A", "expiry": "2027-01", "usedBefore": False, "sealIntact": True}, "zones": [{"zone": "vertex", "depthMm": 0.75}],
}  # fmt: skip


def _replace(record: SignedRecord, content: str, given: dict[str, Any]) -> None:
    """Another session's record with this content: what is signed can't be changed."""
    old = record.session
    other = TreatmentSession.objects.create(
        patient=old.patient, course=old.course, site=old.site, number=9, operator=old.operator, opened_at=DAY, planned_start_at=DAY, started_at=DAY, ended_at=DAY,
        saved_at=DAY, saved_by="x", state="ended",
    )  # fmt: skip
    services.mark_entered_in_error(record=old, reason="Out of the way.", staff=old.operator, by=DESK, at=DAY)
    SignedRecord.objects.create(session=other, content=content % json.dumps(given), sha256="0" * 64, signed_by=old.operator, signed_name="x", signed_at=DAY)


class TestHomeAndPhotos:
    """Plans that run, and photos of the last 90 days."""

    @pytest.mark.parametrize(("most", "touched"), [(50, False), (49, True)])
    def test_a_plan_for_home(self, most: int, touched: bool, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        entry = HomeEntry(device_type="roller", device_name="Roller", length_hundredths=50, every_days=10, approved=True)
        record_home_plan(patient=patient, entry=entry, staff=amara, by=DESK, at=DAY)
        found = previewed(home_most_depth=most)
        assert changes(found) == ([("plan for home", "S22: note", "S22: stops")] if touched else [])
        assert found.past == []

    def test_photos_are_judged_as_measured(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        for number, sharpness in enumerate((59, 60, 75, 80)):
            Photo.objects.create(
                patient=patient, view="vertex", file_name=f"f{number}", width=3000, height=3000, sha256="0" * 64, taken_at=DAY, uploaded_by="x",
                measures={"sharpness": sharpness, "brightness": 120, "burnt_percent": 0},
            )  # fmt: skip
        (past,) = previewed(photo_sharpness_least=80).past
        assert (past.judged, past.differ, [count for _words, count in past.rules]) == (4, 2, [2])


def test_the_number_of_queries_is_constant(site: Site, amara: Staff) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            previewed(zone_limits__vertex=74, required_views=VIEWS_OF_FOUR, home_most_depth=99, photo_short_side_px=1000)
        return len(seen.captured_queries)

    def more() -> None:
        record = make_ended(site, amara)
        minoxidil = Product.objects.filter(kind="minoxidil").first() or make_product(site, name="Minoxidil 5 %", kind="minoxidil")
        record.product_uses.create(product=minoxidil, hours_after=12)
        waiting = make_ready(site)
        make_course(waiting, amara)
        make_baseline(waiting, amara)

    more()
    before = asked()
    more()
    more()
    assert asked() == before <= 25

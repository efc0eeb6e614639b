"""What a request says in its body and its query: another patient's or another site's is refused or ignored (R08, R12)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django import forms
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from aftercare.models import Plan
from appointments.models import Appointment, Recall, Room
from appointments.views.common import clinicians
from clinic.audit import Actor
from clinic.models import Clinic, Site, Staff
from patients.models import Medication, Patient
from tests.house import world
from tests.house.test_tables import event_tables
from tests.house.test_urls import STAFF_PAGES, _signed_in, _url
from treatments.models import Cartridge, CartridgeLot, Device, PatchTest, Product, SessionPreset, TreatmentSession

pytestmark = [pytest.mark.house, pytest.mark.django_db]
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("clinic", "patients", "treatments", "appointments", "aftercare", "desk")
# posts that are not about one patient, each with its reason
NO_SUBJECT = {
    "aftercare:answer_for": "the demo's check-in is answered: it goes back without a look at the form",
    "mail_settings": "of the clinic",
    "aftercare:protocol": "of the clinic", "appointments:my_feed": "one's own", "appointments:new": "the patient is chosen in the form",
    "appointments:invite_recalls": "many patients", "appointments:stranded_visits": "many patients", "appointments:add_absence": "staff", "appointments:remove_absence": "staff",
    "appointments:close_site": "of the site", "appointments:reopen_site": "of the site", "appointments:set_hours": "staff",
    "appointments:set_room": "of the site", "appointments:change_visit_type": "of the clinic", "appointments:set_booking_rules": "of the site",
    "appointments:add_room": "of the site", "appointments:make_screen": "of the site", "appointments:revoke_screen": "of the site",
    "appointments:imports": "nobody yet", "appointments:decide_doubles": "a file", "appointments:confirm_import": "a file",
    "appointments:discard_import": "a file", "appointments:export_patients": "everybody", "kept_form": "one's own", "patients:register": "there is no patient yet", "patients:wording": "questions, not patients",
    **dict.fromkeys((f"patients:{name}_consent_text" for name in ("approve", "discard", "propose", "send_back", "start")), "the text is the clinic's"),
    "patients:consent_draft": "the text is the clinic's",
    "staff:person": "staff", "staff:disable": "staff", "staff:enable": "staff", "staff:end_sessions": "staff", "staff:invite_again": "staff", "staff:address_works": "staff",
    **dict.fromkeys(
        (f"aftercare:{name}" for name in (
            "draft_protocol", "protocol_targets", "protocol_step", "remove_step", "test_step", "propose_protocol", "approve_protocol",
            "send_back_protocol", "reopen_protocol", "publish_protocol", "discard_protocol",
        )), "the protocol is the clinic's",
    ), "aftercare:add_shift": "staff", "aftercare:remove_shift": "staff",
    "treatments:prepare_lot": "stock", "treatments:mail_lot": "many patients", "treatments:prepare_product": "stock", "treatments:mail_product": "many patients", "treatments:recall_product": "stock", "treatments:discard_unit": "stock", "treatments:recall_lot": "stock",
    "treatments:release_lot": "stock", "treatments:withdraw_product": "stock", "treatments:cosign_setting": "of the clinic",
    "desk:propose_policy": "of the clinic", "desk:approve_policy": "of the clinic", "desk:decline_policy": "of the clinic",
    "desk:withdraw_policy": "of the clinic",
    "staff:reset_mfa": "staff", "staff:invite": "staff", "staff:decide": "staff", "treatments:add_device": "stock",
    "treatments:next_reading": "no patient is named", "treatments:reading": "the reader must not know who it is", "treatments:retire_device": "stock", "treatments:add_lot": "stock", "treatments:quarantine": "stock", "treatments:formula": "stock", "treatments:add_product": "stock",
}  # fmt: skip
# names that a view reads from a body or a query by itself, and that name an object; each has a test below (check_in: tests/aftercare/test_late_answers.py)
IDS = {"address", "check_in", "column", "plan", "preset", "product", "recall", "room", "row", "session", "site", "slot", "subject", "test", "visit"}
# the other ones: words, choices, numbers, drafts and times
WORDS = {
    "after", "again", "all", "asked", "before", "more", "note", "preset_name", "scan", "to", "anyway", "back", "by", "clinician", "code", "colour", "confirm", "decision", "do", "end", "ends", "expected", "form_key", "from", "handover_reason", "language", "name", "next", "on", "on_paper", "out",
    "overdue", "page", "q", "query", "quiet", "reason", "result", "sha256", "show", "start", "starts", "state", "tell", "then", "version", "view", "visit_type", "wash", "with",
}  # fmt: skip


@pytest.fixture
def objects() -> dict[str, str]:
    """The demo with its canaries."""
    return world.load()


@dataclass
class Foreign:
    """One object of each kind at a site where nobody of the demo works."""

    site: Site
    staff: Staff
    patient: Patient
    room: Room
    device: Device
    product: Product
    cartridge: Cartridge
    recall: Recall


@pytest.fixture
def foreign(objects: dict[str, str]) -> Foreign:
    """Moves a second of everything to another site."""
    site = Site.objects.create(clinic=Clinic.objects.get(), name="Leeds site", zone="Europe/London", phone="0113 496 0000")
    staff = Staff(email="sam@demo.example", name="Sam Stranger", roles=["clinician"])
    staff.set_unusable_password()
    staff.save()
    staff.sites.add(site)
    recall = Recall.objects.exclude(uuid=objects["recall"]).exclude(patient__uuid=objects["patient"]).order_by("pk")[0]
    Patient.objects.filter(pk=recall.patient_id).update(site=site)
    Recall.objects.filter(pk=recall.pk).update(site=site)
    lot = CartridgeLot.objects.filter(cartridges__in=Cartridge.objects.filter(lot__site__isnull=False)).order_by("-pk")[0]
    CartridgeLot.objects.filter(pk=lot.pk).update(site=site)
    found: dict[str, Any] = {}
    for model in (Device, Product, Room):
        row = model._default_manager.order_by("-pk")[0]
        model._default_manager.filter(pk=row.pk).update(site=site)
        found[model.__name__.lower()] = row
    cartridge = Cartridge.objects.filter(lot=lot).order_by("pk")[0]
    return Foreign(site=site, staff=staff, patient=Patient.objects.get(pk=recall.patient_id), cartridge=cartridge, recall=recall, **found)


def written() -> dict[str, int]:
    """Rows of the history, a table each: whatever is changed adds one."""
    return {model._meta.label: model._default_manager.count() for model in event_tables()}


class TestSubject:
    """R12: a form names its patient, and another one's is refused."""

    def test_each_post_about_a_patient_refuses_another_one_s_form(self, objects: dict[str, str]) -> None:
        taken: dict[str, set[int]] = {}
        other = str(Patient.objects.exclude(uuid=objects["patient"]).order_by("pk")[0].uuid)
        for name in ("amara", "rosa", "max"):
            client = _signed_in(name)
            for page in STAFF_PAGES:
                assert page.mark is not None
                for subject in ([other, ""] if "POST" in page.mark.methods and page.name not in NO_SUBJECT else []):
                    before = written()
                    answer = client.post(_url(page, objects), {"subject": subject})
                    taken.setdefault(page.name, set()).add(answer.status_code)
                    assert written() == before, page.name
        assert len(taken) > 45
        assert {name: codes for name, codes in taken.items() if 409 not in codes or codes - {409, 403}} == {}

    def test_the_exceptions_are_pages_that_post(self) -> None:
        assert set(NO_SUBJECT) <= {page.name for page in STAFF_PAGES if page.mark and "POST" in page.mark.methods}


def read_by_hand() -> set[str]:
    """Every name that a view takes out of request.POST or request.GET without a form."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in [*(ROOT / package).glob("views*.py"), *(ROOT / package).glob("views/*.py")]:
            found |= names_taken(path.read_text())
    return found


def names_taken(text: str) -> set[str]:
    """Literal names in `….POST["x"]`, `….GET.get("x")`, `….POST.getlist("x")` and `"x" in ….POST`."""
    found: set[Any] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Subscript) and _is_sent(node.value) and isinstance(node.slice, ast.Constant):
            found.add(node.slice.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_sent(node.func.value) and node.args:
            found |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) and any(_is_sent(c) for c in node.comparators):
            found.add(node.left.value)
    return found


def _is_sent(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"POST", "GET"}


class TestByHand:
    """R08, for what a view reads by itself."""

    def test_every_name_is_known_to_be_an_object_or_words(self) -> None:
        assert read_by_hand() - IDS - WORDS == set()
        assert names_taken('a = request.POST["x"]; b = request.GET.get("y", ""); c = request.POST.getlist("z"); d = "w" in request.POST') == set("xyzw")

    @pytest.mark.parametrize("page", ["desk:today", "appointments:day", "appointments:recalls", "appointments:waiting_list", "appointments:working_time", "appointments:stranded_visits"])
    @pytest.mark.parametrize("asked", ["foreign", "nobody's", "no id"])
    def test_a_site_of_others_is_refused(self, foreign: Foreign, page: str, asked: str) -> None:
        value = {"foreign": str(foreign.site.uuid), "nobody's": str(uuid4()), "no id": "' OR 1=1 --"}[asked]
        answer = _signed_in("amara").get(reverse(page), {"site": value})
        assert 400 <= answer.status_code < 500
        assert foreign.site.name not in answer.content.decode()

    @pytest.mark.parametrize("value", ["foreign", "²", "9" * 40, "-1"])
    def test_a_room_of_others_is_ignored(self, foreign: Foreign, objects: dict[str, str], value: str) -> None:
        visit = Appointment.objects.get(uuid=objects["appointment"])
        Appointment.objects.filter(pk=visit.pk).update(room=None, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=45))
        url = reverse("appointments:change", kwargs={"appointment": visit.uuid, "to": "arrived"})
        answer = _signed_in("rosa").post(url, {"subject": objects["patient"], "room": str(foreign.room.pk) if value == "foreign" else value})
        visit.refresh_from_db()
        assert answer.status_code < 500
        assert visit.room is None or visit.room.site_id == visit.site_id

    @pytest.mark.parametrize("column", ["c", "r", "c²", "r²", "r99999999999999999999"])
    def test_a_column_of_others_is_refused_or_ignored(self, foreign: Foreign, objects: dict[str, str], column: str) -> None:
        visit = Appointment.objects.get(uuid=objects["appointment"])
        value = {"c": f"c{foreign.staff.pk}", "r": f"r{foreign.room.pk}"}.get(column, column)
        starts = (visit.starts_at + timedelta(hours=1)).isoformat()[:16]
        ends = (visit.starts_at + timedelta(hours=2)).isoformat()[:16]
        data = {"subject": objects["patient"], "column": value, "starts": starts, "ends": ends}
        answer = _signed_in("rosa").post(reverse("appointments:drag", kwargs={"appointment": visit.uuid}), data)
        clinician = visit.clinician_id
        visit.refresh_from_db()
        assert answer.status_code < 500
        assert visit.clinician_id == clinician
        assert visit.room_id != foreign.room.pk

    def test_a_slot_with_a_clinician_of_others_is_refused(self, foreign: Foreign, objects: dict[str, str]) -> None:
        words, day = "Choose a time from the list.", f"{(timezone.now() + timedelta(days=30)).isoformat()}|"
        for name, key in (("appointments:book", "patient"), ("appointments:move", "appointment")):
            before, url = written(), reverse(name, kwargs={key: objects[key]})
            data = {"subject": objects["patient"], "slot": f"{day}{foreign.staff.pk}", "visit_type": "consultation"}
            answer = _signed_in("rosa").post(url, data)
            assert answer.status_code == 422 and words in answer.content.decode()
            assert written() == before
            own = Staff.objects.get(email="amara@demo.example").pk  # who works here gets further than that
            assert words not in _signed_in("rosa").post(url, data | {"slot": f"{day}{own}"}).content.decode()

    @pytest.mark.parametrize("value", ["foreign", "²", "9" * 40, "x"])
    def test_a_clinician_of_others_is_not_looked_for(self, foreign: Foreign, objects: dict[str, str], value: str) -> None:
        url = reverse("appointments:book", kwargs={"patient": objects["patient"]})
        asked = {"visit_type": "session", "clinician": str(foreign.staff.pk) if value == "foreign" else value}
        answer = _signed_in("rosa").get(url, asked)
        assert answer.status_code == 200
        assert foreign.staff.name not in answer.content.decode()

    def test_a_product_or_a_patch_test_of_others_is_refused(self, foreign: Foreign, objects: dict[str, str]) -> None:
        url, client = reverse("treatments:patch_tests", kwargs={"patient": objects["patient"]}), _signed_in("amara")
        neighbour = Patient.objects.exclude(uuid=objects["patient"]).exclude(pk=foreign.patient.pk).order_by("pk")[0]
        own = Product.objects.exclude(pk=foreign.product.pk).order_by("pk")[0]
        test = PatchTest.objects.create(patient=neighbour, product=own, applied_at=timezone.now() - timedelta(days=3), by="t")
        before = written()
        for data in ({"product": str(foreign.product.uuid)}, {"test": str(test.pk), "result": "negative"}, {"test": "²", "result": "negative"}, {"product": "x"}):
            assert client.post(url, {"subject": objects["patient"], **data}).status_code < 500, data
        assert written() == before

    def test_a_medicine_of_others_is_not_said_to_be_a_blood_thinner(self, objects: dict[str, str]) -> None:
        neighbour = Patient.objects.exclude(uuid=objects["patient"]).order_by("pk")[0]
        theirs = Medication.objects.create(patient=neighbour, name="Zynotrel")
        url, before = reverse("patients:medicines", kwargs={"patient": objects["patient"]}), written()
        for row in (str(theirs.uuid), str(uuid4()), "²", "' OR 1=1 --"):
            answer = _signed_in("amara").post(url, {"subject": objects["patient"], "row": row, "stands_for": "blood_thinner"})
            assert answer.status_code == 404, row
        assert written() == before

    def test_a_session_of_others_is_not_tied_to_an_event(self, objects: dict[str, str]) -> None:
        other = TreatmentSession.objects.exclude(patient__uuid=objects["patient"]).exclude(started_at=None).order_by("pk")[0]
        url, day = reverse("treatments:events", kwargs={"patient": objects["patient"]}), timezone.now() - timedelta(hours=3)
        data = {"subject": objects["patient"], "session": str(other.uuid), "what": "itch", "grade": "1", "onset_0": f"{day:%Y-%m-%d}", "onset_1": f"{day:%H:%M}"}
        _signed_in("amara").post(url, data)
        assert not other.adverse_events.exists()

    def test_a_preset_of_others_is_not_there(self, objects: dict[str, str]) -> None:
        okoro = Staff.objects.get(email="okoro@demo.example")
        preset = SessionPreset.objects.create(staff=okoro, name="hers", zones=[])
        draft = TreatmentSession.objects.filter(state="draft", patient__site__in=okoro.sites.all()).order_by("pk").first()
        record = draft or TreatmentSession.objects.get(uuid=objects["session"])
        before = written()
        for name in ("apply_preset", "remove_preset"):
            url = reverse(f"treatments:{name}", kwargs={"session": str(record.uuid)})
            answer = _signed_in("amara").post(url, {"subject": str(record.patient.uuid), "preset": str(preset.uuid)})
            assert answer.status_code in (404, 409, 422), name
        assert written() == before and SessionPreset.objects.filter(pk=preset.pk).exists()

    def test_a_plan_of_others_is_not_previewed(self, foreign: Foreign, objects: dict[str, str]) -> None:
        plan = Plan.objects.exclude(patient__uuid=objects["patient"]).order_by("pk")[0]
        Patient.objects.filter(pk=plan.patient_id).update(site=foreign.site)
        Plan.objects.filter(pk=plan.pk).update(site=foreign.site)
        url = reverse("aftercare:preview_step", kwargs={"protocol_uuid": objects["protocol_uuid"], "code": objects["code"]})
        answer = _signed_in("amara").get(url, {"plan": str(plan.uuid)})
        assert answer.status_code == 404 and plan.patient.family_name not in answer.content.decode()

    def test_a_recall_of_others_is_not_invited(self, foreign: Foreign) -> None:
        before = written()
        answer = _signed_in("rosa").post(reverse("appointments:invite_recalls"), {"recall": [str(foreign.recall.uuid), "x"], "confirm": "1"})
        assert answer.status_code == 302
        assert written() == before

    def test_a_stranded_visit_of_others_is_not_moved(self, foreign: Foreign, objects: dict[str, str]) -> None:
        visit = Appointment.objects.get(uuid=objects["appointment"])
        Appointment.objects.filter(pk=visit.pk).update(site=foreign.site)
        before, own = written(), Staff.objects.get(email="amara@demo.example").pk
        slot = f"{(timezone.now() + timedelta(days=30)).isoformat()}|"
        for chosen in (own, foreign.staff.pk):
            data = {"visit": [str(visit.uuid), "x", str(uuid4())], f"{visit.uuid}-slot": f"{slot}{chosen}"}
            answer = _signed_in("rosa").post(reverse("appointments:stranded_visits"), data)
            assert answer.status_code == 422 and "Tick the visits first" in answer.content.decode()
        assert written() == before

    @pytest.mark.parametrize("value", ["foreign", "nobody's", "no id"])
    def test_a_patient_of_others_is_not_booked(self, foreign: Foreign, value: str) -> None:
        before, starts = written(), (timezone.now() + timedelta(days=30)).isoformat()[:16]
        clinician = Staff.objects.get(email="amara@demo.example")
        patient = {"foreign": str(foreign.patient.uuid), "nobody's": str(uuid4()), "no id": "x"}[value]
        data = {"patient": patient, "starts": starts, "clinician": clinician.pk, "visit_type": "consultation"}
        answer = _signed_in("rosa").post(reverse("appointments:new"), data)
        assert answer.status_code == (422 if value == "no id" else 404)
        assert foreign.patient.family_name not in answer.content.decode()
        assert written() == before

    def test_ids_in_the_query_and_in_headers_change_nothing(self, foreign: Foreign, objects: dict[str, str]) -> None:
        url = reverse("desk:patient_overview", kwargs={"patient": objects["patient"]})
        names = {"patient": str(foreign.patient.uuid), "uuid": str(foreign.patient.uuid), "subject": str(foreign.patient.uuid), "pk": str(foreign.patient.pk)}
        headers = {f"X-{name}": value for name, value in names.items()} | {"X-Original-Url": f"/patients/{foreign.patient.uuid}/"}
        shown = _signed_in("amara").get(url, names, headers=headers).content.decode()
        assert objects["patient"] in shown
        assert foreign.patient.family_name not in shown and str(foreign.patient.uuid) not in shown


def every_form() -> Iterator[type[forms.BaseForm]]:
    """Of our apps, imported or not."""
    for package in PACKAGES:
        for path in [*(ROOT / package).glob("*forms.py"), *(ROOT / package).glob("forms/*.py")]:
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    seen, left = set(), [forms.BaseForm]
    while left:
        for kind in left.pop().__subclasses__():
            if kind not in seen:
                seen.add(kind)
                left.append(kind)
    return (kind for kind in seen if kind.__module__.split(".")[0] in PACKAGES)


def built(objects: dict[str, str]) -> dict[str, forms.BaseForm]:
    """Each form that offers objects, as its page builds it for this site and patient."""
    from aftercare.forms import CorrectedForm, rota
    from aftercare.selectors import clinicians_of
    from appointments import forms as dates
    from clinic import staff_forms as staff
    from treatments import forms as rooms
    from treatments.forms import stock

    record = TreatmentSession.objects.get(uuid=objects["session"])
    patient, at = record.patient, timezone.now()
    site, today, people = patient.site, patient.site.today(at), clinicians(patient.site)
    sites, on_call = Site.objects.filter(pk=site.pk), clinicians_of(site.pk)
    made = [
        dates.FindForm(clinicians=people), dates.NewVisitForm(site=site, clinicians=people, today=today), dates.CourseForm(site=site, clinicians=people),
        dates.WaitingForm(patient=patient, entry=None, clinicians=people, at=at), dates.HoursForm(clinicians=people), dates.AbsenceForm(clinicians=people),
        rooms.PatchApplyForm(site=site, today=today), stock._Boxed(sites=sites, today=today), stock.LotForm(sites=sites, today=today),
        stock.ProductForm(sites=sites, today=today), rota.ShiftForm(staff=on_call, zone=site.zone), rota.HandOverForm(staff=on_call),
        rooms.SessionForm(record=record, today=today), rooms.BlockForm(record=record, today=today), CorrectedForm(site=site),
    ]  # fmt: skip
    max_ = Actor.of_staff(Staff.objects.get(email="max@demo.example"))
    return {f"{type(form).__module__.split('.')[0]}.{type(form).__name__}": form for form in [*made, staff.InviteForm(actor=max_), staff.ChangeForm(actor=max_), staff.DutiesForm(actor=max_)]}


class TestForms:
    """R08, R09: a field that takes an object takes none of another patient or another site."""

    def test_every_form_that_offers_objects_is_looked_at(self, objects: dict[str, str]) -> None:
        offering = {f"{kind.__module__.split('.')[0]}.{kind.__name__}" for kind in every_form() for field in kind.base_fields.values() if isinstance(field, forms.ModelChoiceField)}  # type: ignore[attr-defined]
        assert offering - set(built(objects)) == set()
        assert len(offering) >= 10

    def test_no_form_saves_a_model_by_itself(self) -> None:
        """R09, R11: neither ModelForms nor sets of forms, whose keys come from outside."""
        assert [kind.__name__ for kind in every_form() if issubclass(kind, forms.BaseModelForm)] == []
        used = [str(path) for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "formset" in path.read_text().lower()]
        assert used == []

    def test_no_field_takes_an_object_of_others(self, objects: dict[str, str], foreign: Foreign) -> None:
        others: dict[type[Any], Any] = {Staff: foreign.staff, Device: foreign.device, Product: foreign.product, Cartridge: foreign.cartridge, Site: foreign.site}
        others[Appointment] = Appointment.objects.exclude(patient__uuid=objects["patient"]).order_by("-pk")[0]
        tried = 0
        for name, form in built(objects).items():
            for field_name, field in form.fields.items():
                rows: Any = getattr(field, "queryset", None)
                if rows is None or rows.model not in others:
                    continue
                other, tried = others[rows.model], tried + 1
                key = str(getattr(other, getattr(field, "to_field_name", None) or "pk"))
                with pytest.raises(forms.ValidationError):
                    field.clean([key] if isinstance(field, forms.ModelMultipleChoiceField) else key)
                assert not rows.filter(pk=other.pk).exists(), f"{name}.{field_name}"
        assert tried >= 15


def test_written_notices_a_change(objects: dict[str, str]) -> None:
    before = written()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE patients_patient SET phone = '1' WHERE uuid = %s", [objects["patient"]])
    assert {label for label, count in written().items() if count != before[label]} == {"patients.PatientEvent"}

"""All that a patient may be shown or sent, rendered in one language: every page with and without errors, every mail, every .ics."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import time_machine
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from aftercare import services as after
from aftercare.emails import times_file
from aftercare.models import CheckIn, OnCallShift, Plan
from aftercare.selectors import instructions_of
from appointments import services as visits
from appointments.models import Offer
from appointments.rules import Wants
from clinic import links, mailkit
from clinic.models import Link, OutboxMessage, Site, Staff
from clinic.outbox import foot
from clinic.outbox.auto_reply import queue_auto_reply
from clinic.outbox.kinds import KINDS, Mail
from patients import emails as people_mails
from patients import services as people
from patients.models import Patient
from patients.questions import PAGES
from tests.aftercare.make import TASK, as_recorded, make_hours, make_plan, make_response
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from tests.house.reading import Words, of_calendar, of_html, of_mail
from treatments.models import Photo, Product, ProductUse

ENDED = NOW - timedelta(hours=25)


class Cast:
    """A small clinic whose patients all speak one language; `client` is a phone behind a link."""

    def __init__(self, language: str, site: Site, staff: Staff) -> None:
        self.language, self.site, self.staff = language, site, staff
        site.address, site.phone = "1 Riverside", "020 7946 0100"
        site.save()
        make_hours(site) if not site.opening_hours.exists() else None
        self.visit_type = make_clinic_once(site, staff)
        people.publish_consent_text(
            version="t", language=language, text="⟦consent⟧", procedures=["scalp_microneedling"], off_label=True, by=DESK, at=NOW - timedelta(days=9)
        )

    def plan(self, ended_at: Any = ENDED, **fields: Any) -> Plan:
        """An ended session with minoxidil on the scalp, and its messages."""
        plan = make_plan(self.site, self.staff, at=ended_at, ended_at=ended_at, language=self.language, **fields)
        kinds = ("minoxidil", "serum_sterile")
        for kind in kinds:
            product = Product.objects.get_or_create(site=self.site, name=f"The {kind}", kind=kind)[0]
            ProductUse.objects.create(session=plan.session, product=product)
        return as_recorded(plan)

    def clear(self) -> Patient:
        """A patient whom nothing stops."""
        return make_clear(self.site, language=self.language, email="o@patient.example", mail_mode="full")

    def link(self, purpose: str, patient: Patient, subject: Any) -> Link:
        """A fresh link."""
        return links.make_link(
            purpose=purpose, site=self.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language=self.language,
            subject_kind=purpose, subject_uuid=subject.uuid, by=TASK, at=timezone.now(),
        )  # fmt: skip

    def phone(self, link: Link) -> Client:
        """Behind the date of birth."""
        cache.clear()
        client, born = Client(), link.birth_on
        answer = client.post(f"/l/{links.mint_token(link, at=timezone.now())}/", {"day": born.day, "month": born.month, "year": born.year})
        assert answer.status_code == 302, answer.content
        return client


def make_clinic_once(site: Site, staff: Staff) -> Any:
    """Opening hours are made by `make_clinic` for every day of the week."""
    site.opening_hours.all().delete()
    return make_clinic(site, staff)


def _page(client: Client, path: str, data: dict[str, Any] | None = None) -> Words:
    """GET, or POST with `data`; redirects are followed."""
    cache.clear()  # the limiter
    answer = client.get(path, follow=True) if data is None else client.post(path, data, follow=True)
    assert answer.status_code in {200, 422, 409, 404, 403}, (path, answer.status_code)
    return of_html(f"{path} {data or ''}", answer.content.decode())


def landing_pages(cast: Cast) -> Iterator[Words]:
    """The first page, a wrong date, no date, a dead link, the end, errors."""
    patient = cast.plan().patient
    for purpose in links.PURPOSES:
        path = f"/l/{links.mint_token(cast.link(purpose, patient, patient), at=NOW)}/"
        yield _page(Client(), path)
    yield _page(Client(), path, {"day": "1", "month": "1", "year": "1990"})
    yield _page(Client(), path, {"day": "", "month": "", "year": ""})
    yield _page(Client(), path, {"day": "31", "month": "2", "year": "85"})
    speaks = Client(headers={"Accept-Language": cast.language})
    yield _page(speaks, "/l/no-such-token-at-all/")
    yield _page(speaks, "/l/finish/", {})
    yield _page(speaks, "/l/a/b/c/")
    strict = Client(enforce_csrf_checks=True, headers={"Accept-Language": cast.language})
    yield _page(strict, "/l/finish/", {})
    with translation.override(cast.language):
        yield of_html("a page that breaks", render_to_string("clinic/error_500.html", {"request_id": "1"}))
    stop = f"/l/stop/{links.mint_token(cast.link('preferences', patient, patient), at=NOW)}/"
    yield _page(speaks, stop)
    yield _page(speaks, stop, {"List-Unsubscribe": "One-Click"})


def intake_pages(cast: Cast) -> Iterator[Words]:
    """Every screen: as it opens, sent empty, with everything ticked, with what follows a tick; review, consent, later, done."""
    data = people.PersonData(given_name="Olivia", family_name="Marsh", birth_on=NOW.date().replace(year=1985), sex="female",
                             email="o2@patient.example", language=cast.language)  # fmt: skip
    patient = people.register_patient(data=data, site=cast.site, by=DESK, at=NOW)
    link = Link.objects.filter(patient_uuid=patient.uuid, purpose="intake").latest("pk")
    phone = cast.phone(link)
    yield _page(phone, "/l/intake/start/")
    yield _page(phone, "/l/intake/")
    yield _page(phone, "/l/intake/review/")
    for page in PAGES:
        path = f"/l/intake/{page.name}/"
        yield _page(phone, path)
        yield _page(phone, path, {})
        rows = [row.key for row in page.rows]
        if rows:
            yield _page(phone, path, {"rows": [*rows, "none"]})
            yield _page(phone, path, {"rows": "unsure"})
            yield _page(phone, path, {"rows": rows})
            yield _page(phone, f"{path}?more=1")
            yield from _follow_ups(phone, path)
    yield _page(phone, "/l/intake/review/")
    yield _page(phone, "/l/intake/consent/")
    yield _page(phone, "/l/intake/consent/", {})
    yield _page(phone, "/l/intake/later/")


def _follow_ups(phone: Client, path: str) -> Iterator[Words]:
    """The screen after the ticks: sent empty, and with the first and last choice of every question."""
    answer = phone.get(path, follow=True)
    here = answer.request["PATH_INFO"]
    yield of_html(f"{here} after the ticks", answer.content.decode())
    html = answer.content.decode()
    names: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*type=\"(?:radio|checkbox)\"[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and name.group(1) not in {"csrfmiddlewaretoken", "language"}:
            names.setdefault(name.group(1), []).append(value.group(1))
    for place in (0, -1):
        cache.clear()
        sent = phone.post(here, {name: values[place] for name, values in names.items()})
        if sent.status_code == 422:
            yield of_html(f"{here} answered {place}", sent.content.decode())


def healthy_intake(cast: Cast) -> Iterator[Words]:
    """Answered, signed, sent; then the form's own link, and what has changed since, a year later."""
    from tests.patients.walking import phone as phone_of
    from tests.patients.walking import sign, text_shown, walk

    data = people.PersonData(given_name="Ana", family_name="Ruiz", birth_on=NOW.date().replace(year=1985), email="a@patient.example", language=cast.language)
    patient = people.register_patient(data=data, site=cast.site, by=DESK, at=NOW)
    phone = phone_of(patient)
    walk(phone)
    yield _page(phone, "/l/intake/consent/", {"choice": "agree"})
    yield of_html("/l/intake/ signed", sign(phone).content.decode())
    yield _page(phone, "/l/intake/done/")
    consent = cast.phone(cast.link("consent", patient, patient))
    yield _page(consent, "/l/consent/")
    yield _page(consent, "/l/consent/", {"do": "withdraw"})
    yield _page(consent, "/l/consent/", {"do": "withdraw", "sure": "on", "reason": "x"})
    yield _page(consent, "/l/consent/", {"do": "sign"})
    yield _page(consent, "/l/consent/", {"do": "sign", "off_label_understood": "on", "agree": "on", "signed_name": "Ana Ruiz"} | text_shown(consent, "/l/consent/"))
    people.publish_consent_text(  # another version: only what is new stands open
        version="t2", language=cast.language, text="⟦consent⟧\n\n⟦a new paragraph⟧", procedures=["scalp_microneedling"], off_label=True, by=DESK, at=NOW
    )
    yield _page(consent, "/l/consent/")
    again = cast.phone(cast.link("intake", patient, patient))
    people_mails.intake_invitation(patient=patient, by=DESK, at=NOW)
    yield _page(again, "/l/intake/")
    choices = cast.phone(cast.link("preferences", patient, patient))
    yield _page(choices, "/l/preferences/")
    yield _page(choices, "/l/preferences/", {})
    yield _page(choices, "/l/preferences/", {"mail_mode": "full", "invitations": "no", "language": cast.language})


_ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("well", {}), ("a little", {"redness": 1, "redness_trend": "same", "swelling": 1, "pain": 2, "itch": 2, "flaking": 1, "shedding": "more"}),
    ("not sure", {"redness": None, "burning": None, "chills": None}),
    ("some", {"itch": 3, "flaking": 3, "numbness": True, "temp_c": 37.4, "health_changes": ["new_medicine"]}),
    ("today", {"discharge": "pus", "painful_lumps": True}), ("urgent", {"breathing_difficulty": True}), ("bleeding", {"bleeding": "wont_stop"}),
]  # fmt: skip


def check_in_pages(cast: Cast) -> Iterator[Words]:
    """Every page of every check-in, its errors, and what each kind of answers means, by day and by night."""
    from aftercare import pages

    plan = cast.plan()
    for check_in in plan.check_ins.order_by("opens_at"):
        at = max(check_in.opens_at, NOW) + timedelta(minutes=5)
        with time_machine.travel(at, tick=False):
            phone = cast.phone(cast.link("check_in", plan.patient, check_in))
            yield _page(phone, "/l/check-in/")
            for page in pages.PAGES:
                check_in.refresh_from_db()
                with _all_before(check_in, page.name):
                    path = f"/l/check-in/{page.name}/"
                    yield _page(phone, path)
                    if page.kind != "words":
                        yield _page(phone, path, {})
                        yield _page(phone, path, {"none": "1", "checks": "x", "temperature": "99"})
    for hour in (0, 12):
        for name, answers in _ANSWERS:
            yield from _meant(cast, name, answers, NOW + timedelta(hours=hour))
    night = NOW + timedelta(hours=12)
    shift = OnCallShift.objects.create(site=cast.site, staff=cast.staff, starts_at=night - timedelta(hours=1), ends_at=night + timedelta(hours=8))
    for name, answers in _ANSWERS[-3:]:
        yield from _meant(cast, f"{name} on call", answers, night)
    shift.delete()


@contextmanager
def _all_before(check_in: CheckIn, name: str) -> Iterator[None]:
    """A draft with red, sore, itching answers on every page before this one, so that follow-up pages are asked."""
    from aftercare import pages
    from tests.aftercare.make import WELL

    given = {**WELL, "redness": 1, "redness_trend": "same", "swelling": 1, "pain": 3, "pain_trend": "same", "products_used": []}
    draft: dict[str, Any] = {}
    for page in pages.PAGES:
        if page.name == name:
            break
        draft = pages.with_page(draft, page.name, {key: given[key] for key in page.keys if key in given})
    CheckIn.objects.filter(pk=check_in.pk).update(draft=draft)
    yield


def _meant(cast: Cast, name: str, answers: dict[str, Any], at: Any) -> Iterator[Words]:
    plan = cast.plan()
    check_in = plan.check_ins.order_by("opens_at")[0]
    with time_machine.travel(at, tick=False):
        make_response(check_in, at=at, **answers)
        phone = cast.phone(cast.link("check_in", plan.patient, check_in))
        found = _page(phone, "/l/check-in/done/")
        yield Words(f"{found.where} {name} {at:%H}", found.said, found.missing, found.html)


def aftercare_pages(cast: Cast) -> Iterator[Words]:
    """The instructions, the one question with a right and a wrong answer, the calendar file; a check-in that is not needed, instructions of a mistake."""
    plan = cast.plan()
    phone = cast.phone(cast.link("aftercare", plan.patient, plan))
    yield _page(phone, "/l/aftercare/")
    yield _page(phone, "/l/aftercare/", {"wash": "wrong"})
    yield _page(phone, "/l/aftercare/", {"wash": "right"})
    yield of_calendar("/l/aftercare/times.ics", phone.get("/l/aftercare/times.ics").content)
    with translation.override(cast.language):
        yield of_calendar("times.ics", times_file(plan, instructions_of(plan, at=NOW).groups, at=NOW))
    old = cast.plan(ended_at=NOW - timedelta(days=92), given_name="Old")
    now = cast.phone(cast.link("aftercare", old.patient, old))
    yield _page(now, "/l/aftercare/results/")
    Photo.objects.create(patient=old.patient, view="vertex", file_name="v", width=1, height=1, sha256="0" * 64, taken_at=old.ended_at, uploaded_by="t")
    yield _page(now, "/l/aftercare/results/")
    yield _page(now, "/l/aftercare/results/", {"change": "9"})
    now.post("/l/aftercare/results/", {"change": "1"})
    yield _page(now, "/l/aftercare/")
    CheckIn.objects.filter(plan=plan).update(cancelled_at=NOW, cancelled_reason="x")
    gone = cast.phone(cast.link("check_in", plan.patient, plan.check_ins.first()))
    yield _page(gone, "/l/check-in/")
    after.cancel_plan(plan=old, by=TASK, at=NOW)
    yield _page(now, "/l/aftercare/")


def appointment_pages(cast: Cast) -> Iterator[Words]:
    """One's visit in each state, moving, choosing, an offer taken, declined and gone, the question before it."""
    patient = cast.clear()
    visit = make_visit(patient, cast.visit_type, cast.staff, at_hour(14, days=5))
    phone = cast.phone(cast.link("appointment", patient, visit))
    for data in (None, {"do": "nothing"}, {"do": "confirm"}, {"do": "undo"}, {"do": "cancel"}, {"do": "confirm"}, {"do": "undo"}):
        yield _page(phone, "/l/appointment/", data)
    yield _page(phone, "/l/appointment/move/")
    yield _page(phone, "/l/appointment/move/", {})
    yield _page(phone, "/l/appointment/move/", {"slot": f"{at_hour(3).isoformat()}|{cast.staff.pk}"})
    yield _page(phone, "/l/appointment/move/", {"slot": f"{at_hour(11, days=6).isoformat()}|{cast.staff.pk}"})
    asked = cast.phone(cast.link("rescreen", patient, visit))
    for data in (None, {}, {"changed": "yes"}, {"changed": "no"}):
        yield _page(asked, "/l/rescreen/", data)
    soon = make_visit(cast.clear(), cast.visit_type, cast.staff, at_hour(15, days=0))
    late = cast.phone(cast.link("appointment", soon.patient, soon))
    yield _page(late, "/l/appointment/")
    yield _page(late, "/l/appointment/", {"do": "cancel"})
    other = cast.clear()
    chooser = cast.phone(cast.link("choose_time", other, other))
    yield _page(chooser, "/l/choose/")
    yield _page(chooser, "/l/choose/", {})
    yield _page(chooser, "/l/choose/", {"slot": f"{at_hour(12, days=7).isoformat()}|{cast.staff.pk}"})
    yield _page(chooser, "/l/choose/")
    _moved_and_cancelled(cast)
    yield from _offer_pages(cast)


def _moved_and_cancelled(cast: Cast) -> None:
    """Visits whose confirmation had gone: their patients are told."""
    moved, gone = (make_visit(cast.clear(), cast.visit_type, cast.staff, at_hour(hour, days=9)) for hour in (10, 14))
    OutboxMessage.objects.filter(cause_uuid__in=[moved.uuid, gone.uuid], kind="appointment_confirmed").update(state="sent", sent_at=NOW)
    visits.move_appointment(appointment=moved, wish=visits.Wish(starts_at=at_hour(12, days=9), clinician=cast.staff), by=DESK, at=NOW)
    visits.cancel_appointment(appointment=gone, reason="ill", by=DESK, at=NOW)


def _offer_pages(cast: Cast) -> Iterator[Words]:
    for patient in [cast.clear(), cast.clear(), cast.clear()]:
        kept = make_visit(patient, cast.visit_type, cast.staff, at_hour(9, days=20 + patient.pk % 7))
        visits.join_waiting_list(patient=patient, visit_type=cast.visit_type, wants=Wants(), clinician=None, gives_up=kept, by=DESK, at=NOW)
    given_back = make_visit(cast.clear(), cast.visit_type, cast.staff, at_hour(16))
    visits.cancel_appointment(appointment=given_back, reason="ill", by=DESK, at=NOW)
    visits.offer_freed_slots(by=TASK, at=NOW + timedelta(minutes=4))
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        offers = list(Offer.objects.filter(slot__was=given_back).select_related("entry__patient").order_by("pk"))
        phones = [cast.phone(cast.link("offer", offer.entry.patient, offer)) for offer in offers]
        for phone, data in zip(phones, ({"do": "no"}, {"do": "yes"}, {"do": "yes"}), strict=True):
            yield _page(phone, "/l/offer/")
            yield _page(phone, "/l/offer/", {"do": "nothing"})
            yield _page(phone, "/l/offer/", data)
            yield _page(phone, "/l/offer/", data)


def mails(cast: Cast) -> Iterator[Words]:
    """Every row that the outbox holds by now, with the foot that the house adds; and those that only a rule of their own sends."""
    queue_auto_reply(key=f"r{uuid4()}", recipient="o@patient.example", language=cast.language, in_reply_to="", at=NOW)
    for mode in ("neutral", "full"):
        cast.plan(mail_mode=mode)
    after.remind_check_in(check_in=CheckIn.objects.filter(response=None, cancelled_at=None).order_by("opens_at")[0], by=TASK, at=NOW)
    for row in OutboxMessage.objects.filter(language=cast.language).exclude(patient_uuid=None, kind__startswith="staff").order_by("pk"):
        if KINDS[row.kind].scope in {"staff", "account"}:
            continue
        with translation.override(row.language), mailkit.shared(foot.values_for(row, NOW)):
            mail = KINDS[row.kind].build(row, NOW)
        yield from of_mail(f"mail {row.kind} {row.context.get('step', '')}", mail)


def mails_by_template(cast: Cast) -> Iterator[Words]:
    """Each folder of templates once with the values that mails have, so that none is left out."""
    values = {
        "first_name": "Olivia", "site": cast.site, "clinic": cast.site.clinic, "sites": [cast.site], "when": "⟦w⟧", "clinician": "Dr Amara Osei",
        "cut_off_hours": 24, "url": "https://x.example/l/1/", "until": "⟦u⟧", "from_at": "⟦f⟧", "rescreen_url": "https://x.example/l/2/", "days": 14,
        "preferences_url": "https://x.example/l/3/", "unsubscribe_url": "https://x.example/l/4/", "window": None, "months": 3,
    }  # fmt: skip
    for name in patient_mails():
        yield from of_mail(f"template {name}", Mail(*mailkit.render(name, values, cast.language)))


def patient_mails() -> list[str]:
    """Folders of mails that patients get."""
    from scripts import messages

    return sorted({path.parent.name for path in messages.patient_templates() if path.parent.parent.name == "emails"})


_WALKED: dict[str, list[Words]] = {}


def walked(language: str, site: Site, staff: Staff) -> list[Words]:
    """All of it in one of the languages that Anagen speaks, walked once for all tests that only read."""
    if language not in _WALKED:
        cache.clear()
        with time_machine.travel(NOW, tick=False):
            _WALKED[language] = list(everything(Cast(language, site, staff)))
    return _WALKED[language]


def everything(cast: Cast) -> Iterator[Words]:
    """All of it."""
    for part in (landing_pages, intake_pages, healthy_intake, check_in_pages, aftercare_pages, appointment_pages, mails, mails_by_template):
        yield from part(cast)

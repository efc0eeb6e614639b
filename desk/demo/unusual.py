"""What does not go as planned, once each, with people of its own: written by the services that staff would use, at the times when they would have."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Max, OuterRef

from aftercare import services as after
from appointments import services as visits
from appointments.models import Appointment
from clinic import policies, staffing
from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.roles import OperatorRole, Role, StaffAct
from clinic.rulebook import book
from desk.demo import cast
from desk.demo.people import healthy
from patients import services as people
from patients.models import ConsentText, Patient
from patients.questions import pages_for
from treatments import services
from treatments.models import Cartridge, CartridgeLot, Course, Device, RecallContact, TreatmentSession
from treatments.services import SessionEntry, ZoneEntry

_WHY_STOPPED = ("moved to another town", "the patient sees no benefit", "the way here is too long", "wants tablets only")
_ELSEWHERE = "letter of the Northside Clinic"


@dataclass(frozen=True)
class _House:
    """Who works here, where, and the moment of loading."""

    site: Site
    at: datetime
    amara: Staff
    okoro: Staff
    lind: Staff
    desk: Actor

    def on(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A time of the clinic's day so many days ago; never a Sunday, when it is closed."""
        day = self.site.today(self.at) - timedelta(days=days)
        day -= timedelta(days=day.weekday() == 6)
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.site.zone))


def stop_courses(*, at: datetime) -> int:
    """Every second of the courses that run without a visit to come ends early, with a reason, some weeks after its last treatment. Returns how many."""
    amara, coming = Staff.objects.get(email="amara@demo.example"), Appointment.objects.filter(patient=OuterRef("patient"), starts_at__gt=at)
    treated = Course.objects.filter(ended_at=None, sessions__state="signed").exclude(Exists(coming))
    running = treated.annotate(took=Count("sessions"), last=Max("sessions__started_at")).filter(took__lt=F("planned_sessions"), planned_at__lt=at - timedelta(days=60))
    chosen = list(running.order_by("planned_at", "pk"))[::2]
    for number, course in enumerate(chosen):
        then = min(course.last + timedelta(days=20 + number % 3 * 5), at - timedelta(days=1))
        services.end_course(course=course, reason=_WHY_STOPPED[number % len(_WHY_STOPPED)], by=Actor.of_staff(amara), at=then)
    return len(chosen)


def add_unusual(site: Site, *, by: Actor, at: datetime) -> None:
    """A record in the wrong file and the right one, a session taken over, records of one who has left, closed zones, no response, blood values, a death, rules
    of the clinic's own, calls about a lot and a product.

    Each service speaks for itself in the history, so this stands outside of the one write that loads the rest.
    """
    amara, okoro, lind = (Staff.objects.get(email=f"{name}@demo.example") for name in ("amara", "okoro", "lind"))
    house = _House(site, at, amara, okoro, lind, Actor(kind="staff", name="Rosa Delgado"))
    _wrong_file(house)
    _taken_over(house)
    _one_who_left(house)
    _closed_zones(house)
    _no_response(house)
    _blood(house)
    _death(house)
    _own_rules(house)
    _tell_about_the_lot(house)
    for session in TreatmentSession.objects.filter(aftercare_plan=None, state="signed", entered_in_error=None).order_by("started_at", "pk"):
        after.plan_aftercare(session_uuid=session.uuid, by=by, at=at)


def _arrived(house: _House, given: str, family: str, born: date, sex: str, *, days: int) -> Patient:
    """Registered, answered and consented so many days ago; nothing stands in the way."""
    then = house.on(days, 9, 30)
    number = 900 + born.day
    data = people.PersonData(
        given_name=given, family_name=family, birth_on=born, sex=sex, phone=f"020 7946 0{number}", email=f"{given}.{family}@patients.example".lower()
    )  # fmt: skip
    patient = people.register_patient(data=data, site=house.site, by=house.desk, at=then, invite=False)
    draft = people.open_draft(patient=patient, by=house.desk, at=then)
    draft.answers = healthy(sex) | {"diagnosis": "androgenetic_alopecia", "fitzpatrick": "II"}
    draft.pages_done = [page.name for page in pages_for(sex)]
    draft.save(update_fields=["answers", "pages_done"])
    people.submit_intake(intake=draft, by=Actor(kind="link", name="patient by intake link"), at=then, today=house.site.today(then))
    text = ConsentText.objects.get(version=cast.CONSENT_VERSION, language="en")
    people.sign_consent(
        patient=patient, text=text, signed_name=patient.name, off_label_understood=True, photos=True, by=Actor(kind="link", name="patient by intake link"),
        at=then + timedelta(minutes=6), by_its_link=True,
    )  # fmt: skip
    return patient


def _course(house: _House, patient: Patient, *, days: int) -> Course:
    """Planned so many days ago, to go on after a first course at another clinic, whose last session was ten weeks before."""
    then = house.on(days, 10)
    services.note_earlier_sessions(rows=[(patient, house.site.today(then) - timedelta(days=70), _ELSEWHERE)], by=house.desk, at=then)
    return services.plan_course(
        patient=patient, planned_sessions=4, phase="maintenance", indication="Androgenetic alopecia", staff=house.amara, by=Actor.of_staff(house.amara), at=then
    )


def _entry(house: _House, *zones: ZoneEntry) -> SessionEntry:
    """The form filled in, with the next unit of an opened box."""
    unit = Cartridge.objects.filter(lot__site=house.site, lot__lot="A18", blocks=None, discarded_at=None).order_by("number").first()
    device = Device.objects.filter(site=house.site).order_by("pk")[0]
    fields = {"fitzpatrick": "II", "no_adverse_event": True, "aftercare_delivered": True, "sharps_and_cleaning_confirmed": True, "pain_readings": [3]}
    return SessionEntry(device=device, cartridge=unit, seal_intact=True, zones=zones or _ZONES, fields=fields)


_ZONES = (ZoneEntry("vertex", 100, 4, "mild_erythema"), ZoneEntry("mid_scalp", 75, 4, "mild_erythema"))


def _opened(house: _House, patient: Patient, staff: Staff, entry: SessionEntry, then: datetime) -> TreatmentSession:
    """Asked on arrival; a draft with this in it."""
    by = Actor.of_staff(staff)
    people.record_rescreen(patient=patient, on=house.site.today(then), changed=False, words="", by=house.desk, at=then - timedelta(minutes=9))
    record = services.open_session(patient=patient, operator=staff, by=by, at=then)
    return services.save_session(record=record, version=record.version, entry=entry, by=by, at=then)


def _signed(record: TreatmentSession, staff: Staff, *, began: datetime) -> TreatmentSession:
    """Ended half an hour after its beginning, and signed."""
    by, ended = Actor.of_staff(staff), began + timedelta(minutes=32)
    record = services.end_session(record=record, ended_at=ended, by=by, at=ended)
    services.sign_session(record=record, signer=staff, by=by, at=ended + timedelta(minutes=20))
    return TreatmentSession.objects.get(pk=record.pk)


def _wrong_file(house: _House) -> None:
    """Two patients whose names are nearly the same: a treatment was written for Anna and signed, and belongs to Hanna (decision 0027)."""
    anna = _arrived(house, "Anna", "Holm", date(1979, 5, 12), "female", days=40)
    hanna = _arrived(house, "Hanna", "Holm", date(1984, 11, 3), "female", days=33)
    for patient in (anna, hanna):
        _course(house, patient, days=10)
    began, by = house.on(4, 11, 15), Actor.of_staff(house.okoro)
    people.record_rescreen(patient=hanna, on=house.site.today(began), changed=False, words="", by=house.desk, at=began - timedelta(minutes=12))
    wrong = services.start_session(record=_opened(house, anna, house.okoro, _entry(house), began), by=by, at=began)
    wrong = _signed(wrong, house.okoro, began=began)
    noticed = house.on(2, 9, 10)
    reason = "Written for another patient with nearly the same name."
    services.mark_entered_in_error(record=wrong, reason=reason, staff=house.okoro, by=by, at=noticed)
    known = "The list of the day and the patient herself: she was here at 11:15."
    right = services.write_right_record(mistaken=wrong, patient=hanna, reason=known, by=by, at=noticed + timedelta(minutes=5))
    block = right.blocks.get()
    filled = replace(_entry(house), device=block.device, cartridge=block.cartridge)
    right = services.save_session(record=right, version=right.version, entry=filled, by=by, at=noticed + timedelta(minutes=9))
    services.sign_session(record=right, signer=house.okoro, by=by, at=noticed + timedelta(minutes=12))


def _taken_over(house: _House) -> None:
    """Nurse Okoro began, and was called away; Dr Lind went on, and signed (decision 0029)."""
    ines = _arrived(house, "Ines", "Calloway", date(1990, 2, 21), "female", days=30)
    _course(house, ines, days=14)
    began = house.on(2, 14)
    record = services.start_session(record=_opened(house, ines, house.okoro, _entry(house), began), by=Actor.of_staff(house.okoro), at=began)
    services.take_over_session(record=record, staff=house.lind, by=Actor.of_staff(house.lind), at=began + timedelta(minutes=13))
    _signed(record, house.lind, began=began)


def _one_who_left(house: _House) -> None:
    """A locum's last two records: one is signed in their place, with a reason (decision 0046); the other waits for a colleague to do so.

    On both a serum was put that its maker called back some days ago.
    """
    nair = Staff(
        email="nair@demo.example", title="Dr", name="Priya Nair", roles=[Role.CLINICIAN.value], operator_role=OperatorRole.PHYSICIAN, credential_valid=True,
        credential_expires_on=house.on(-200, 9).date(),
    )  # fmt: skip
    nair.set_unusable_password()
    nair.save()
    nair.sites.add(house.site)
    max_ = Staff.objects.get(email="max@demo.example")
    manager = Actor.of_staff(max_)
    serum = services.register_product(
        site=house.site, name="Copper peptide serum", kind="serum_sterile", lot="CP-31", ingredients=["copper tripeptide", "hyaluronic acid"],
        expires_on=house.on(-300, 9).date(), by=manager, at=house.on(44, 9),
    )  # fmt: skip
    by, records = Actor.of_staff(nair), []
    for given, family, born, hour in (("Marek", "Solis", date(1986, 1, 17), 11), ("Judith", "Amsel", date(1970, 10, 2), 15)):
        patient = _arrived(house, given, family, born, "male" if given == "Marek" else "female", days=43)
        _course(house, patient, days=41)
        patch, began = house.on(40, hour), house.on(36, hour)
        test = services.apply_patch_test(patient=patient, product=serum, by=by, at=patch, place="behind the left ear")
        services.read_patch_test(test=test, result="negative", by=by, at=patch + timedelta(hours=50))
        entry = replace(_entry(house), products=((serum, 0.0),))
        record = services.start_session(record=_opened(house, patient, nair, entry, began), by=by, at=began)
        ended = began + timedelta(minutes=32)
        records.append(services.end_session(record=record, ended_at=ended, by=by, at=ended))
    staffing.act_on(act=StaffAct.DISABLE, staff=nair, reason="Her time as a locum is over.", by=manager, at=house.on(30, 17))
    taken, colleague = house.on(28, 12), Actor.of_staff(house.amara)
    reason = "Dr Nair has left. I was in the room with her, and asked her on the phone."
    services.take_over_signature(record=records[0], staff=house.amara, reason=reason, by=colleague, at=taken)
    services.sign_session(record=records[0], signer=house.amara, by=colleague, at=taken + timedelta(minutes=4))
    services.recall_product(product=serum, reason="The maker found germs in some of its bottles.", by=manager, at=house.on(3, 10))
    services.recalls.prepare_contacts(thing=serum, staff=max_, by=manager, at=house.on(3, 10, 20))
    first = RecallContact.objects.filter(product=serum).order_by("pk")[0]
    told = "No spots and no fever in the weeks since. Knows when to call us."
    services.recalls.note_told(contact=first, note=told, by=Actor.of_staff(house.okoro), at=house.on(2, 15, 30))


def _closed_zones(house: _House) -> None:
    """A mole at the vertex that is to be looked at: today's draft still names the zone, so the session can't start (S24)."""
    gideon = _arrived(house, "Gideon", "Pryce", date(1972, 8, 7), "male", days=25)
    course = _course(house, gideon, days=9)
    reason = "Mole at the crown, to be looked at by dermoscopy first"
    services.exclude_zones(course=course, zones=["vertex"], reason=reason, by=Actor.of_staff(house.amara), at=house.on(9, 10, 20))
    _opened(house, gideon, house.amara, _entry(house, *(replace(zone, endpoint="") for zone in _ZONES)), house.at - timedelta(minutes=25))


def _no_response(house: _House) -> None:
    """One of the courses that run: some treatments, and nothing to be seen of them. The next one needs a reason (S12)."""
    coming = Appointment.objects.filter(patient=OuterRef("patient"), starts_at__gt=house.at)
    running = Course.objects.filter(ended_at=None, phase="initial", sessions__state="signed", patient__holds=None).annotate(took=Count("sessions"), booked=Exists(coming))
    course = running.filter(took__gte=2, took__lt=F("planned_sessions")).order_by("booked", "-took", "pk").first()
    if course is not None:
        words = "Photos side by side: no change. The patient sees none either."
        services.note_response(course=course, response="none", words=words, by=Actor.of_staff(house.amara), at=house.on(1, 16))


def _blood(house: _House) -> None:
    """One whose haemoglobin closes plasma alone (E44), one whose platelets close everything (E08)."""
    tobias = _arrived(house, "Tobias", "Wren", date(1981, 6, 9), "male", days=20)
    _course(house, tobias, days=6)
    selma = _arrived(house, "Selma", "Winters", date(1995, 9, 28), "female", days=12)
    by = Actor.of_staff(house.lind)
    for patient, platelets, haemoglobin in ((tobias, 240.0, 9.6), (selma, 82.0, 13.1)):
        taken = house.on(5, 8, 30)
        entry = people.LaboratoryEntry(on=house.site.today(taken), platelets_10e9_l=platelets, hb_g_dl=haemoglobin)
        people.note_laboratory(patient=patient, entry=entry, staff=house.lind, by=by, at=house.on(3, 17))


def _death(house: _House) -> None:
    """The family called. Nobody writes or phones from here on."""
    edmund = _arrived(house, "Edmund", "Farrow", date(1963, 3, 30), "male", days=140)
    _course(house, edmund, days=130)
    told = house.on(8, 10, 40)
    visits.record_death(patient=edmund, on=house.site.today(told) - timedelta(days=4), by=house.desk, at=told)


def _own_rules(house: _House) -> None:
    """A number of the E-rules as this clinic wants it: proposed by the manager, looked at and approved by a clinician."""
    max_ = Staff.objects.get(email="max@demo.example")
    proposal = policies.propose(
        rules=book("E"), values={"hba1c_valid_days": 90}, words={}, staff=max_, by=Actor.of_staff(max_), at=house.on(16, 11),
        reason="Our diabetes nurse asks for a value of the last three months.",
    )  # fmt: skip
    policies.approve(proposal=proposal, staff=house.amara, by=Actor.of_staff(house.amara), at=house.on(14, 9))


def _tell_about_the_lot(house: _House) -> None:
    """The manager made the list of whom the withdrawn lot concerns; one was phoned; the mails wait for a clinician to let them go (SETTLED 22)."""
    lot = CartridgeLot.objects.filter(site=house.site, lot=cast.WITHDRAWN_LOT, recalled=True).first()
    if lot is None:
        return
    max_ = Staff.objects.get(email="max@demo.example")
    services.recalls.prepare_contacts(thing=lot, staff=max_, by=Actor.of_staff(max_), at=house.at - timedelta(hours=20))
    first = RecallContact.objects.filter(lot=lot).order_by("pk").first()
    if first is not None:
        services.recalls.note_told(contact=first, note="No scabs, no fever. Comes for a look on Thursday.", by=Actor.of_staff(house.okoro), at=house.at - timedelta(hours=2))

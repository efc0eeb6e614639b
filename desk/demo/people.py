"""Patients with a year of history, written in bulk."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection

from aftercare.models import Plan, Protocol
from clinic.models import Site, Staff
from desk.demo import cast
from desk.demo.chart import give_prp
from desk.demo.house import history_cartridges
from desk.demo.measures import give_results
from desk.demo.signing import apply_products, sign_all
from patients.models import Allergy, Consent, ConsentText, Intake, Medication, Patient
from patients.names import digits, plain
from patients.questions import PAGES, pages_for
from treatments.models import (
    Course,
    Device,
    DeviceBlock,
    TreatmentSession,
    ZoneRecord,
)

HEALTHY: dict[str, Any] = {
    question.key: question.negative for page in PAGES for question in page.every if question.kind == "choice" and question.negative and not question.note
} | {"expectation_or_distress": "no"}


@dataclass
class People:
    """What was made."""

    patients: list[Patient]
    sessions: int


def healthy(sex: str) -> dict[str, Any]:
    """Answers without anything to report, of the questions that this person is asked."""
    return {key: value for key, value in HEALTHY.items() if sex != "male" or key not in ("pregnancy", "trying_to_conceive", "breastfeeding")}


def _answers(dice: random.Random, sex: str) -> dict[str, Any]:
    answers = healthy(sex) | {"diagnosis": "androgenetic_alopecia", "fitzpatrick": dice.choice(["I", "II", "II", "III", "III", "IV", "V", "VI"])}
    twist = dice.random()
    if twist < 0.08:
        answers |= {"psoriasis": "history_clear"}
    elif twist < 0.14:
        answers |= {"blood_thinner": "aspirin_low_dose_only", "aspirin_mg_per_day": 75}
    elif twist < 0.2:
        answers |= {"smoking": "yes"}
    elif twist < 0.25:
        answers |= {"allergies": [{"substance": "anaesthetic", "name": "lidocaine", "anaphylaxis": False}]}
    elif twist < 0.28:
        answers |= {"allergies": [{"substance": "medicine", "name": "penicillin", "anaphylaxis": True}]}
    if (pill := dice.random()) < 0.35:
        answers |= {"hair_medicines": ["topical_minoxidil"] if pill < 0.2 else ["finasteride"] if sex == "male" else ["oral_minoxidil"]}
    return answers


def _numbers(amount: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('patients_number') FROM generate_series(1, %s)", [amount])
        return [int(row[0]) for row in cursor.fetchall()]


def make_patients(site: Site, amount: int, dice: random.Random, at: datetime) -> list[Patient]:
    """Believable people, deterministic by the dice."""
    rows = []
    for number in _numbers(amount):
        sex = dice.choice(["female", "male", "male"])
        given, family = dice.choice(cast.GIVEN_F if sex == "female" else cast.GIVEN_M), dice.choice(cast.FAMILY)
        phone = f"020 7946 {dice.randrange(10000):04d}"
        rows.append(
            Patient(
                number=number, site=site, given_name=given, family_name=family, search_name=plain(f"{family} {given}"), sex=sex,
                birth_on=date(dice.randrange(1962, 2003), dice.randrange(1, 13), dice.randrange(1, 29)),
                email=f"{plain(given)}.{plain(family)}.{number}@patients.example".replace("'", "").replace("ł", "l").encode("ascii", "ignore").decode(),
                phone=phone, phone_digits=digits(phone), created_at=at - timedelta(days=dice.randrange(30, 380)),
            )
        )  # fmt: skip
    return Patient.objects.bulk_create(rows, batch_size=2000)


def give_answers(patients: list[Patient], dice: random.Random, at: datetime) -> None:
    """Most have answered and signed; one in twelve has not."""
    text = ConsentText.objects.get(version=cast.CONSENT_VERSION, language="en")
    answered = [p for p in patients if dice.random() > 0.08]
    Intake.objects.bulk_create(
        [
            Intake(patient=p, state="submitted", answers=_answers(dice, p.sex), pages_done=[page.name for page in pages_for(p.sex)],
                   started_at=p.created_at, saved_at=p.created_at, submitted_at=p.created_at)
            for p in answered
        ],
        batch_size=2000,
    )  # fmt: skip
    _keep_lists(Intake.objects.filter(patient__in=answered))
    Consent.objects.bulk_create(
        [
            Consent(patient=p, text=text, procedures=text.procedures, off_label_understood=True, photos=True, signed_name=p.name,
                    signed_at=p.created_at + timedelta(minutes=5), by="patient by intake link")
            for p in answered
        ],
        batch_size=2000,
    )  # fmt: skip


def _keep_lists(intakes: Iterable[Intake]) -> None:
    """Declared allergies and hair medicines as the lists that sending an intake makes of them."""
    Allergy.objects.bulk_create(
        [
            Allergy(patient_id=intake.patient_id, substance=entry["substance"], name=entry["name"], anaphylaxis=entry["anaphylaxis"], noted_at=intake.submitted_at)
            for intake in intakes
            for entry in intake.answers.get("allergies") or []
        ],
        batch_size=2000,
    )
    Medication.objects.bulk_create(
        [Medication(patient_id=intake.patient_id, name=name.replace("_", " "), noted_at=intake.submitted_at) for intake in intakes for name in intake.answers.get("hair_medicines") or []],
        batch_size=2000,
    )


def give_history(site: Site, patients: list[Patient], dice: random.Random, at: datetime) -> int:
    """Courses with signed sessions four to six weeks apart, each with its own cartridge. Returns how many."""
    operators = list(Staff.objects.filter(sites=site, roles__contains=["clinician"]).order_by("pk"))
    devices = list(Device.objects.filter(site=site).order_by("pk"))
    protocol = Protocol.objects.order_by("pk").last()
    courses = Course.objects.bulk_create(
        [Course(patient=p, planned_sessions=dice.choice([3, 4, 6]), planned_by=operators[0], planned_at=p.created_at) for p in patients if dice.random() < 0.75]
    )
    drafts = [session for course in courses for session in _sessions(course, site, operators, dice, at)]
    sessions = TreatmentSession.objects.bulk_create(drafts, batch_size=2000)
    cartridges = history_cartridges(site, len(sessions), at.date() + timedelta(days=200))
    blocks = DeviceBlock.objects.bulk_create(
        [DeviceBlock(session=s, device=devices[dice.random() > 0.7], cartridge=c, seal_intact=True) for s, c in zip(sessions, cartridges, strict=True)], batch_size=2000
    )
    zones = [zone for block in blocks for zone in _zones(block, dice)]
    ZoneRecord.objects.bulk_create(zones, batch_size=4000)
    Plan.objects.bulk_create(
        [Plan(session=s, patient=s.patient, site=site, protocol=protocol, ended_at=s.saved_at, zone=site.zone, planned_at=s.saved_at) for s in sessions],
        batch_size=2000,
    )
    apply_products(site, sessions, dice)
    if sessions:
        give_prp(sessions)
    sign_all(sessions)
    give_results(sessions, dice, at)
    return len(sessions)


def _sessions(course: Course, site: Site, operators: list[Staff], dice: random.Random, at: datetime) -> list[TreatmentSession]:
    found: list[TreatmentSession] = []
    number = count(1)
    begin = (course.planned_at + timedelta(days=7)).replace(hour=dice.randrange(9, 16), minute=dice.choice([0, 15, 30, 45]), second=0, microsecond=0)
    while begin < at - timedelta(days=9) and len(found) < course.planned_sessions:
        end = begin + timedelta(minutes=dice.randrange(25, 45))
        found.append(
            TreatmentSession(
                patient=course.patient, course=course, site=site, number=next(number), operator=dice.choice(operators), state="signed",
                opened_at=begin, planned_start_at=begin, started_at=begin, ended_at=end, saved_at=end, saved_by="demo", fitzpatrick="III",
                no_adverse_event=True, pain_readings=[dice.randrange(2, 6)], aftercare_delivered=True, sharps_and_cleaning_confirmed=True,
            )
        )  # fmt: skip
        begin += timedelta(days=dice.choice([28, 29, 30, 35, 42, 35, 30, 51]))
    return found


def _zones(block: DeviceBlock, dice: random.Random) -> list[ZoneRecord]:
    depth = (50, 75, 75, 100, 100, 125)[block.session.course_id % 6]
    return [
        ZoneRecord(block=block, zone=zone, depth_hundredths=depth, passes=dice.choice([2, 4]), endpoint=dice.choice(["mild_erythema", "pinpoint_bleeding"]))
        for zone in dice.sample(["frontal_hairline", "mid_scalp", "vertex"], k=2)
    ]  # fmt: skip

"""A believable year of results: densities with noise, repeated readings, a method that changes, grades, medicines, adverse events."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from clinic.models import Staff
from patients.models import Medication, Patient
from treatments.models import AdverseEvent, Course, Measurement, MeasurementSite, TreatmentSession
from treatments.rules.measures import Method, Quantity, Rater, Unit, canonical
from treatments.rules.measures.scores import dlqi, salt, sixty_second_count, terminal_to_vellus
from treatments.vocabulary import MeasurementKind as K

_EVENTS = ("Redness for longer than three days", "Itch and flaking", "Tender lumps in the needled area", "Headache on the evening after", "Folliculitis, two pustules")
_DRUGS = (("Minoxidil 5 % solution", "1 ml twice a day"), ("Finasteride 1 mg", "once a day"), ("Minoxidil 2.5 mg tablets", "once a day"))


@dataclass
class Story:
    """One patient's hair: where it began, where it goes, and how it is measured."""

    patient: Patient
    operator: Staff
    begins: datetime
    density: float
    gain: float
    method: Method
    later_method: Method
    place: MeasurementSite


def give_results(sessions: list[TreatmentSession], dice: random.Random, at: datetime) -> int:
    """Measurements, medicines and adverse events of everybody with sessions. Returns how many measurements."""
    own: dict[int, list[TreatmentSession]] = defaultdict(list)
    for session in sessions:
        own[session.patient_id].append(session)
    firsts = [min(rows, key=lambda s: s.opened_at) for rows in own.values()]
    places = MeasurementSite.objects.bulk_create(
        [MeasurementSite(patient=s.patient, label="Vertex, 22 cm from the glabella", made_at=s.opened_at, made_by=s.operator.display_name) for s in firsts], batch_size=2000
    )
    stories = [_story(session, place, dice) for session, place in zip(firsts, places, strict=True)]
    rows = [row for story in stories for row in _year(story, dice, at)]
    richest, areata = sorted(stories, key=lambda story: (story.begins, story.patient.pk))[:2] if len(stories) > 1 else (None, None)
    if richest is not None and areata is not None:
        rows += _patches(areata, dice, at)
        rows += list(_all_of_it(richest, dice, at))
        _medicines([richest], dice, at, always=True)
    Measurement.objects.bulk_create(rows, batch_size=2000)
    _medicines([story for story in stories if story is not richest and dice.random() < 0.3], dice, at)
    _events(sessions, dice, at)
    return len(rows)


def _story(first: TreatmentSession, place: MeasurementSite, dice: random.Random) -> Story:
    method = dice.choice([Method.TRICHOSCOPY, Method.TRICHOSCOPY, Method.TRICHOSCOPY, Method.HANDHELD_MICROSCOPE])
    later = Method.PHOTOTRICHOGRAM if dice.random() < 0.12 else method
    return Story(first.patient, first.operator, first.opened_at - timedelta(minutes=40), dice.gauss(96, 18), dice.gauss(11, 9), method, later, place)


def _year(story: Story, dice: random.Random, at: datetime) -> list[Measurement]:
    """Baseline and about every three months: density, a scale; from month three the 7-point grades and satisfaction."""
    found: list[Measurement] = []
    for visit in range(5):
        moment = story.begins + timedelta(days=91 * visit + (dice.randrange(-6, 9) if visit else 0))
        if moment > at - timedelta(days=2) or (visit and dice.random() < 0.12):
            continue
        found += _densities(story, moment, dice)
        found.append(_scale(story, moment, dice))
        if visit:
            found += _opinions(story, moment, dice)
    return found


def _reached(story: Story, moment: datetime) -> float:
    """Share of the gain reached by then: little in the first weeks, most by nine months."""
    return min(1.0, max(0.0, ((moment - story.begins).days - 30) / 240))


def _row(story: Story, kind: K, moment: datetime, **fields: Any) -> Measurement:
    values = {"method": Method.EXAMINATION, "by": story.operator.display_name, "operator": story.operator} | fields
    return Measurement(patient=story.patient, kind=kind, measured_at=moment, **values)


def _number(story: Story, kind: K, moment: datetime, value: float, unit: Unit, step: str = "0.1", **fields: Any) -> Measurement:
    typed = Quantity(Decimal(str(value)).quantize(Decimal(step)), unit)
    return _row(story, kind, moment, value=typed.value, unit=unit, canonical=canonical(typed).value, **fields)


def _densities(story: Story, moment: datetime, dice: random.Random) -> list[Measurement]:
    changed = (moment - story.begins).days > 150
    method = story.later_method if changed else story.method
    real = max(35.0, min(340.0, story.density + story.gain * _reached(story, moment) + (14 if method is Method.PHOTOTRICHOGRAM else 0)))
    readings = 3 if dice.random() < 0.35 else 1
    inches = method is Method.HANDHELD_MICROSCOPE and dice.random() < 0.5
    unit, factor = (Unit.PER_IN2, 6.4516) if inches else (Unit.PER_CM2, 1.0)
    clipped: dict[str, Any] = {"clipped": method is Method.PHOTOTRICHOGRAM, "area_cm2": Decimal("0.65") if method is Method.PHOTOTRICHOGRAM else Decimal(1), "place": story.place, "method": method}
    return [_number(story, K.HAIR_DENSITY, moment, dice.gauss(real, 3.2) * factor, unit, **clipped) for _n in range(readings)]


def _scale(story: Story, moment: datetime, dice: random.Random) -> Measurement:
    better = _reached(story, moment) > 0.6 and story.gain > 14
    if story.patient.sex == "male":
        grades = ("IV", "III vertex") if story.density < 95 else ("III vertex", "II")
        return _row(story, K.NORWOOD, moment, grade=grades[better])
    grades = ("3", "2") if story.density < 95 else ("2", "1")
    return _row(story, K.SINCLAIR, moment, grade=grades[better])


def _opinions(story: Story, moment: datetime, dice: random.Random) -> list[Measurement]:
    real = story.gain * _reached(story, moment) / 7
    found = []
    for rater, noise, bias in ((Rater.INVESTIGATOR, 0.6, 0.3), (Rater.PATIENT, 1.0, 0.5)):
        grade = max(-3, min(3, round(dice.gauss(real + bias, noise))))
        found.append(_number(story, K.GLOBAL_GRADE, moment, grade, Unit.SCORE, "1", rater=rater))
    happy = max(0, min(10, round(dice.gauss(6 + real, 1.4))))
    return [*found, _number(story, K.SATISFACTION, moment, happy, Unit.SCORE, "1", method=Method.QUESTIONNAIRE)]


def _all_of_it(story: Story, dice: random.Random, at: datetime) -> list[Measurement]:
    """Every other measure for the one whose year is shown."""
    found: list[Measurement] = []
    for visit in range(5):
        moment = story.begins + timedelta(days=91 * visit + visit)
        if moment > at:
            break
        found += _shafts(story, moment, visit, dice) + _counts(story, moment, visit, dice) + [_life(story, moment, visit, dice)]
    found += [_number(story, K.PAIN, story.begins + timedelta(days=1 + day), pain, Unit.SCORE, "1", method=Method.QUESTIONNAIRE) for day, pain in enumerate((5, 4, 2, 2, 1, 0, 0))]
    return found


def _shafts(story: Story, moment: datetime, visit: int, dice: random.Random) -> list[Measurement]:
    common: dict[str, Any] = {"place": story.place, "method": Method.TRICHOSCOPY}
    found = [_number(story, K.SHAFT_DIAMETER, moment, dice.gauss(47 + visit * 1.8, 1), Unit.MICROMETRE, **common) for _n in range(2)]
    found.append(_number(story, K.THIN_HAIRS, moment, dice.gauss(21 - visit * 1.9, 0.8), Unit.PERCENT, **common))
    parts = {"terminal": 70 + visit * 6 + dice.randrange(4), "vellus": 24 - visit * 3 + dice.randrange(3)}
    ratio = terminal_to_vellus(parts)
    return [*found, _row(story, K.TERMINAL_VELLUS, moment, parts=parts, canonical=ratio, unit=Unit.RATIO, **common)]


def _counts(story: Story, moment: datetime, visit: int, dice: random.Random) -> list[Measurement]:
    mornings = {f"morning_{n}": max(0, round(dice.gauss(19 - visit * 2.5, 3))) for n in (1, 2, 3)}
    pulled = {"vertex": max(0, 5 - visit), "parietal_left": dice.randrange(3), "parietal_right": dice.randrange(3), "occipital": dice.randrange(2), "bundle": 60}
    most = max(count for name, count in pulled.items() if name != "bundle")
    return [
        _row(story, K.SIXTY_SECOND_COUNT, moment, parts=mornings, canonical=sixty_second_count(mornings), unit=Unit.HAIRS, method=Method.COUNT),
        _row(story, K.PULL_TEST, moment, parts=pulled, canonical=Decimal(most), unit=Unit.HAIRS),
        _number(story, K.WASH_TEST, moment, max(10, dice.gauss(55 - visit * 6, 5)), Unit.HAIRS_A_DAY, "1", method=Method.COUNT),
    ]


def _life(story: Story, moment: datetime, visit: int, dice: random.Random) -> Measurement:
    items: list[int | None] = [max(0, min(3, round(dice.gauss(1.3 - visit * 0.25, 0.7)))) for _n in range(10)]
    parts = {f"item_{n}": item for n, item in enumerate(items, 1)}
    return _row(story, K.DLQI, moment, parts=parts, canonical=Decimal(dlqi(items, age=40)), unit=Unit.SCORE, method=Method.QUESTIONNAIRE)


def _patches(story: Story, dice: random.Random, at: datetime) -> list[Measurement]:
    """One with alopecia areata: SALT from its regions."""
    Course.objects.filter(patient=story.patient).update(indication="Alopecia areata")
    found: list[Measurement] = []
    for visit in range(5):
        moment = story.begins + timedelta(days=91 * visit + 2)
        regions = {"top": max(0, 60 - visit * 13 + dice.randrange(5)), "right": max(0, 20 - visit * 5), "left": max(0, 35 - visit * 9), "back": 10}
        found += [_row(story, K.SALT, moment, parts=regions, canonical=salt(regions), unit=Unit.PERCENT)] if moment < at else []
    return found


def _medicines(stories: list[Story], dice: random.Random, at: datetime, *, always: bool = False) -> None:
    rows = []
    for story in stories:
        names = _DRUGS[:2] if always else (dice.choice(_DRUGS),)
        for number, (name, dose) in enumerate(names):
            since = (story.begins + timedelta(days=45 * number - (20 if not always or number else 60))).date()
            stopped = since + timedelta(days=120) if always and number else None
            rows.append(Medication(patient=story.patient, name=name, dose=dose, started_on=since, ended_on=stopped if stopped and stopped < at.date() else None))
    Medication.objects.bulk_create(rows)


def _events(sessions: list[TreatmentSession], dice: random.Random, at: datetime) -> None:
    """Four in a hundred sessions, mostly mild, all closed."""
    rows = []
    for session in sessions:
        if dice.random() >= 0.04 or session.ended_at is None:
            continue
        onset = session.ended_at + timedelta(hours=dice.randrange(2, 60))
        closed = min(at, onset + timedelta(days=dice.randrange(2, 12)))
        rows.append(AdverseEvent(
            patient=session.patient, session=session, what=dice.choice(_EVENTS), grade=dice.choice([1, 1, 1, 1, 2, 2, 3]), onset_at=onset,
            recorded_at=onset, recorded_by=session.operator.display_name, closed_at=closed, outcome="Settled without treatment.",
        ))  # fmt: skip
    AdverseEvent.objects.bulk_create(rows, batch_size=2000)

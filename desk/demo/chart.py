"""What a clinician and a manager find in the demo: PRP in a course, a changed formula, an allergy without a name, a lot called back, a plan for home, a rule that waits."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from clinic import policies
from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.rulebook import book
from desk.demo import cast
from patients.models import Allergy, Intake, Patient
from treatments import services
from treatments.models import CartridgeLot, PrpUse, TreatmentSession, TubeCheck
from treatments.services.home import HomeEntry, record_home_plan


def give_prp(sessions: list[TreatmentSession]) -> None:
    """Whose year is the longest has platelet-rich plasma from the second session on, each tube checked by two. Before the records are signed."""
    own: dict[int, list[TreatmentSession]] = defaultdict(list)
    for session in sessions:
        own[session.patient_id].append(session)
    course = min(own.values(), key=lambda rows: (min(s.opened_at for s in rows), rows[0].patient_id))
    with_it = [s for s in course if s.number > 1 and s.started_at]
    pair = list(Staff.objects.filter(roles__contains=["clinician"], sites=course[0].site).order_by("pk")[:2])
    label = course[0].patient.name
    uses, checks = [], []
    for session in with_it:
        assert session.started_at is not None
        began, who = session.started_at, session.operator.display_name
        uses.append(
            PrpUse(session=session, planned_at=began - timedelta(minutes=5), planned_by=who, drawn_at=began + timedelta(minutes=1), tube_label=label,
                   used_at=began + timedelta(minutes=21), volume_ml=Decimal(6))
        )  # fmt: skip
        checks += [
            TubeCheck(session=session, by=staff, name=staff.display_name, matches=True, tube_label=label, how="own_login", at=began + timedelta(minutes=15 + place))
            for place, staff in enumerate(pair)
        ]
    PrpUse.objects.bulk_create(uses)
    TubeCheck.objects.bulk_create(checks)


def fill_chart(site: Site, patients: list[Patient], *, by: Actor, at: datetime) -> None:
    """Each thing once, with people who have a course that goes on."""
    going = Patient.objects.filter(pk__in=[p.pk for p in patients], courses__ended_at=None, courses__sessions__state="signed", intakes__state="submitted")
    quiet = going.filter(allergies=None, holds=None).select_related("site").distinct().order_by("-number")
    chosen = list(quiet[:3])
    amara, max_ = (Staff.objects.get(email=f"{name}@demo.example") for name in ("amara", "max"))
    _recall(site, at=at)
    if len(chosen) == 3:
        _unnamed_allergy(chosen[0])
        _other_formula(site, chosen[1], by=by, at=at)
        _home_plan(chosen[2], amara, at=at)
    policies.propose(
        rules=book("S"), values={"zone_limits.vertex": 100}, words={}, staff=max_, by=Actor.of_staff(max_), at=at - timedelta(hours=20),
        reason="Two patients had scabs after 1.25 mm at the vertex. We would like a reason above 1.00 mm.",
    )  # fmt: skip


def _recall(site: Site, *, at: datetime) -> None:
    """The maker called back a lot of which some units were used."""
    lot = CartridgeLot.objects.filter(site=site, lot=cast.WITHDRAWN_LOT).first()
    max_ = Staff.objects.get(email="max@demo.example")
    if lot is not None:
        services.recall_lot(lot=lot, reason="Maker's letter: the blister may not be tight", by=Actor.of_staff(max_), at=at - timedelta(days=1))


def _unnamed_allergy(patient: Patient) -> None:
    """Told with the answers; nobody has asked which serum it was."""
    intake = Intake.objects.filter(patient=patient, state="submitted").order_by("-submitted_at", "-pk")[0]
    intake.answers = intake.answers | {"allergies": [{"substance": "serum_ingredient", "anaphylaxis": False}]}
    intake.save(update_fields=["answers"])
    Allergy.objects.create(patient=patient, substance="serum_ingredient", name="serum_ingredient", noted_at=intake.submitted_at)


def _other_formula(site: Site, patient: Patient, *, by: Actor, at: datetime) -> None:
    """A serum that was tested and tolerated, and whose maker has changed it since (S13)."""
    product = services.register_product(
        site=site, name="Peptide serum", kind="serum_sterile", lot="PS-3", ingredients=["copper tripeptide-1", "hyaluronic acid"],
        expires_on=site.today(at) + timedelta(days=150), by=by, at=at - timedelta(days=90),
    )  # fmt: skip
    applied = at - timedelta(days=80)
    nurse = Actor.of_staff(Staff.objects.get(email="okoro@demo.example"))
    test = services.apply_patch_test(patient=patient, product=product, by=nurse, at=applied, place="inside of the forearm")
    services.read_patch_test(test=test, result="negative", by=nurse, at=applied + timedelta(hours=50))
    services.note_formula_change(product=product, on=site.today(at) - timedelta(days=12), reason="The maker's letter: another preservative", by=by, at=at - timedelta(days=10))


def _home_plan(patient: Patient, amara: Staff, *, at: datetime) -> None:
    """Half a millimetre, once in ten days."""
    entry = HomeEntry(device_type="roller", device_name="Titanium roller 0.5", length_hundredths=50, every_days=10, approved=True, note="Crown only. Not in the week before a session.")
    record_home_plan(patient=patient, entry=entry, staff=amara, by=Actor.of_staff(amara), at=at - timedelta(days=15))

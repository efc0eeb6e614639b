"""What the front desk finds in the demo: a wall screen that waits for its code, a paper that was typed in, a session from elsewhere, an open offer."""

import hashlib
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef

from appointments import emails, selectors
from appointments import services as visits
from appointments.models import Appointment, FreedSlot, Occupation, Offer, VisitType, WallScreen
from clinic import audit
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.models import Site
from desk.demo import cast
from desk.demo.people import healthy
from patients import services as people
from patients.models import ConsentText, Intake, Patient
from patients.questions import pages_for
from treatments.models import TreatmentSession
from treatments.services import note_earlier_sessions

_OFFER_HOURS = 2  # a clinic's offers live fifteen minutes; whoever looks at the demo comes later than that
_DESK = Actor(kind="staff", name="Rosa Delgado")


def wall_code(*, by: Actor, at: datetime) -> None:
    """A code that pairs one wall screen, for a month from each start: the same each time, as the demo's logins are."""
    site = Site.objects.filter(clinic__is_demo=True).order_by("pk").first()
    if site is None:
        return
    with audit.write(by=by, action="screen.make", reason="demo"):
        made = {"made_at": at, "made_by": "Max Brandt"}
        screen, _new = WallScreen.objects.get_or_create(site=site, name="Staff room", revoked_at=None, defaults=made)
        screen.code_hash, screen.code_expires_at = hashlib.sha256(cast.WALL_CODE.encode()).hexdigest(), at + timedelta(days=30)
        screen.save(update_fields=["code_hash", "code_expires_at"])


def type_in_paper(*, at: datetime) -> Patient | None:
    """Answers and consent of one patient were on paper, on a day when the computers stood still: typed in two days later, marked so."""
    patient = Patient.objects.exclude(Exists(Intake.objects.filter(patient=OuterRef("pk")))).select_related("site").order_by("-number").first()
    text = ConsentText.objects.filter(version="2026-11", language="en").first()
    if patient is None or text is None:
        return None
    typed = at - timedelta(days=2)
    paper_on = patient.site.today(at) - timedelta(days=4)
    draft = people.open_paper_intake(patient=patient, paper_on=paper_on, by=_DESK, at=typed)
    draft.answers = healthy(patient.sex) | {"diagnosis": "androgenetic_alopecia", "fitzpatrick": "II"}
    draft.pages_done = [page.name for page in pages_for(patient.sex)]
    draft.save(update_fields=["answers", "pages_done"])
    people.submit_intake(intake=draft, by=_DESK, at=typed, today=patient.site.today(typed))
    people.record_paper_consent(
        patient=patient, text=text, paper_on=paper_on, signed_name=patient.name, off_label_understood=True, photos=True, by=_DESK, at=typed
    )
    return patient


def note_elsewhere(*, at: datetime) -> Patient | None:
    """One patient came from another clinic with two sessions behind them: their days are known, nothing else."""
    treated = set(TreatmentSession.objects.values_list("patient_id", flat=True))
    answered = Intake.objects.filter(state="submitted", answered_by="patient").order_by("patient__number").select_related("patient__site")
    patient = next((intake.patient for intake in answered if intake.patient_id not in treated), None)
    if patient is not None:
        today = patient.site.today(at)
        days = [(patient, today - timedelta(days=days), "list of the old system") for days in (77, 42)]
        note_earlier_sessions(rows=days, by=_DESK, at=at - timedelta(days=20))
    return patient


def suited(visit: Appointment, *, at: datetime) -> bool:
    """Whether this patient may come as early as tomorrow: nothing stops them, and the distance from the last session is kept."""
    gate, day = selectors.gate_for(visit.patient, visit.visit_type, at=at, but=visit.pk), local_date(at + timedelta(days=1), visit.site.zone)
    return gate.interval(day).word not in ("early", "blocked", "before_window") and not gate.why_not(day)


def offer_a_time(site: Site, *, by: Actor, at: datetime) -> int:
    """Somebody has just cancelled; the time is offered to those whom it suits best. Returns how many were asked.

    Written here and not by the sweep, which makes offers from eight to eight only: the demo is loaded at any hour.
    """
    kind = VisitType.objects.get(code="session")
    soon = Appointment.objects.filter(site=site, visit_type=kind, state__in=["booked", "confirmed"], starts_at__range=(at + timedelta(hours=20), at + timedelta(days=4)))
    for visit in soon.order_by("starts_at")[:3]:
        visits.cancel_appointment(appointment=visit, reason="has a cold", tell=False, by=_DESK, at=at - timedelta(minutes=4))
        slot = FreedSlot.objects.select_related("site", "was").filter(was=visit, closed_at=None).first()
        entries = selectors.best_entries(slot, at=at) if slot else []
        if slot is None or not entries:
            continue
        until = at + timedelta(hours=_OFFER_HOURS)
        Occupation.objects.create(resource_kind="clinician", resource_id=slot.clinician_id, during=DateTimeTZRange(slot.starts_at, slot.ends_at), freed=slot, expires_at=until)
        for entry in entries:
            emails.waiting_offer(offer=Offer.objects.create(slot=slot, entry=entry, round=1, offered_at=at, expires_at=until), by=by, at=at)
        return len(entries)
    return 0

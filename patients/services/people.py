"""Registering and changing patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from clinic import audit, links
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Site
from clinic.nudges import nudge
from patients import emails
from patients.models import Patient
from patients.names import digits, searchable


class BornInFuture(Refused):
    """A date of birth that lies after today."""


class DeathDayWrong(Refused):
    """A day of death after today, or before the birth."""


class DeathKnown(Conflict):
    """Somebody has recorded it, or taken it back, already."""


@dataclass(frozen=True)
class PersonData:
    """What is known of a person, as the form cleaned it."""

    given_name: str
    family_name: str
    birth_on: date
    sex: str = "unknown"
    email: str = ""
    phone: str = ""
    preferred_name: str = ""
    pronouns: str = ""
    language: str = "en"
    mail_mode: str = "full"
    interpreter: str = ""
    do_not_contact: bool = False


def _searchable(data: PersonData) -> str:
    return searchable(data.family_name, data.given_name, data.preferred_name)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('patients_number')")
        return int(cursor.fetchone()[0])


def _next_numbers(amount: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('patients_number') FROM generate_series(1, %s)", [amount])
        return [int(row[0]) for row in cursor.fetchall()]


def _fields(data: PersonData) -> dict[str, object]:
    return {**data.__dict__, "search_name": _searchable(data), "phone_digits": digits(data.phone)}


def register_patient(
    *, data: PersonData, site: Site, by: Actor, at: datetime, form_key: str | None = None, invite: bool = True
) -> Patient:
    """Store a new patient and queue the intake link. The same `form_key` twice gives the same patient.

    Raises BornInFuture.
    """
    if data.birth_on > site.today(at):
        raise BornInFuture("The date of birth lies in the future.", field="birth_on")
    with audit.write(by=by, action="patient.register"):
        if form_key and (there := Patient.objects.filter(form_key=form_key).first()):
            return there
        try:
            with transaction.atomic():
                patient = Patient.objects.create(
                    site=site, number=_next_number(), created_at=at, form_key=form_key, **_fields(data)
                )
        except IntegrityError:
            return Patient.objects.get(form_key=form_key)
        if invite:
            emails.intake_invitation(patient=patient, by=by, at=at)
    return patient


def register_patients(*, people: Sequence[PersonData], site: Site, by: Actor, at: datetime) -> list[Patient]:
    """Many at once, from a file: nobody gets a mail, nothing is looked for. In the order given. Raises BornInFuture."""
    if any(data.birth_on > site.today(at) for data in people):
        raise BornInFuture("A date of birth lies in the future.", field="birth_on")
    with audit.write(by=by, action="patient.import"):
        rows = [Patient(site=site, number=number, created_at=at, **_fields(data)) for data, number in zip(people, _next_numbers(len(people)), strict=True)]
        return Patient.objects.bulk_create(rows, batch_size=1000)


def change_patient(*, patient: Patient, data: PersonData, by: Actor, at: datetime) -> Patient:
    """Change contact and personal data. A new address revokes the links sent to the old one (R37); a corrected date of birth is what the others ask for."""
    if data.birth_on > patient.site.today(at):
        raise BornInFuture("The date of birth lies in the future.", field="birth_on")
    with audit.write(by=by, action="patient.change"):
        locked = Patient.objects.select_for_update().get(pk=patient.pk)
        if locked.email and locked.email.lower() != data.email.lower():
            links.revoke(patient_uuid=locked.uuid, by=by, at=at, reason="e-mail address changed")
        spoke, born = locked.language, locked.birth_on
        for name, value in _fields(data).items():
            setattr(locked, name, value)
        locked.save()
        if locked.birth_on != born:
            links.correct_birth_date(patient_uuid=locked.uuid, birth_on=locked.birth_on, by=by, at=at)
        if locked.language != spoke:
            emails.follow_language(patient=locked, by=by)
        send_unsent_links(patient=locked, by=by, at=at)
    return locked


def send_unsent_links(*, patient: Patient, by: Actor, at: datetime) -> None:
    """Mail may go now that could not: links that still open are sent, and aftercare looks for what is still of use."""
    emails.send_unsent(patient=patient, by=by, at=at)
    nudge("aftercare.plan_ended_sessions")


def record_death(*, patient: Patient, on: date, by: Actor, at: datetime) -> Patient:
    """Stops everything quietly: links are revoked, and no message goes any more. Visits and lists are stopped by `appointments`.

    Raises DeathKnown, DeathDayWrong.
    """
    if not patient.birth_on <= on <= patient.site.today(at):
        raise DeathDayWrong(_("This day can't be: it lies ahead, or before the birth."), field="on")
    with audit.write(by=by, action="patient.deceased"):
        locked = Patient.objects.select_for_update().get(pk=patient.pk)
        if locked.deceased_on:
            raise DeathKnown(_("The death is recorded already."))
        locked.deceased_on = on
        locked.save(update_fields=["deceased_on"])
        links.revoke(patient_uuid=locked.uuid, by=by, at=at, reason="patient deceased")
    return locked


def undo_death(*, patient: Patient, reason: str, by: Actor, at: datetime) -> Patient:
    """It was recorded by mistake. Mails that are planned go again; links and visits that ended stay ended. Raises Refused."""
    if not reason.strip():
        raise Refused(_("Say how you know."), field="reason")
    with audit.write(by=by, action="patient.not_deceased", reason=reason[:300]):
        locked = Patient.objects.select_for_update().get(pk=patient.pk)
        if not locked.deceased_on:
            raise DeathKnown(_("This has been taken back already."))
        locked.deceased_on = None
        locked.save(update_fields=["deceased_on"])
    return locked


def invite_to_intake(*, patient: Patient, by: Actor, at: datetime) -> None:
    """Send the intake link again; earlier links stop working."""
    with audit.write(by=by, action="patient.invite"):
        links.revoke(patient_uuid=patient.uuid, purpose="intake", by=by, at=at, reason="sent again")
        emails.intake_invitation(patient=patient, by=by, at=at)

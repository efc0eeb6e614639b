"""Telling the patients whom a recalled lot or product concerns: a list, a neutral mail that two roles let go, a person who spoke with them."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from clinic.roles import Role
from treatments import emails, selectors
from treatments.models import RecallContact
from treatments.selectors import Thing, about
from treatments.vocabulary import ContactWay


class NotRecalled(Refused):
    """Only of what its maker called back."""


class TwoRoles(Refused):
    """Mail to many needs a manager and a clinician, two people (SETTLED 22)."""


def prepare_contacts(*, thing: Thing, staff: Staff, by: Actor, at: datetime) -> list[RecallContact]:
    """One row a patient who received the lot or product at the actor's sites; who is there already stays as it is. Nothing is sent.

    A mistaken record whose treatment is written down in the right one concerns nobody; one that nobody has put right still may.
    """
    with audit.write(by=by, action="recall.prepare"):
        locked = type(thing).objects.select_for_update().get(pk=thing.pk)
        if not locked.recalled:
            raise NotRecalled(_("Nothing of this is recalled."))
        known = set(RecallContact.objects.filter(**about(thing)).values_list("patient_id", flat=True))
        role = Role.MANAGER if Role.MANAGER in by.roles and Role.CLINICIAN not in by.roles else Role.CLINICIAN
        rows = []
        for row in selectors.received(thing, by):
            person = row.patient
            if row.replaced or person.pk in known or person.deceased_on:
                continue
            known.add(person.pk)
            way = ContactWay.PHONE if person.no_mail_because else ContactWay.MAIL
            rows.append(RecallContact(**about(thing), patient=person, way=way, prepared_at=at, prepared_by=staff, prepared_as=role.value))
        return RecallContact.objects.bulk_create(rows)


def may_release(thing: Thing, by: Actor) -> bool:
    """Whether this actor is the second role for the mails that wait: a clinician after a manager, or the other way round."""
    waiting = RecallContact.objects.filter(**about(thing), way=ContactWay.MAIL, released_at=None)
    return any(_is_second(row, by) for row in waiting)


def _is_second(row: RecallContact, by: Actor) -> bool:
    other = Role.CLINICIAN if row.prepared_as == Role.MANAGER.value else Role.MANAGER
    return other in by.roles and row.prepared_by_id != by.staff_id


def release_mails(*, thing: Thing, staff: Staff, by: Actor, at: datetime) -> int:
    """The second role lets the neutral mails go. Returns how many. Raises TwoRoles."""
    with audit.write(by=by, action="recall.mail"):
        rows = RecallContact.objects.select_for_update(of=("self",)).select_related("patient__site")
        found = list(rows.filter(**about(thing), way=ContactWay.MAIL, released_at=None, told_at=None, patient__site__in=by.site_ids))
        mine = [row for row in found if _is_second(row, by)]
        if not mine:
            raise TwoRoles("Mail to many needs a manager and a clinician: the other one lets it go.")
        for row in mine:
            row.released_at, row.released_by = at, staff
            row.save(update_fields=["released_at", "released_by"])
            emails.please_call(contact=row, by=by, at=at)
        return len(mine)


def note_told(*, contact: RecallContact, note: str, by: Actor, at: datetime) -> RecallContact:
    """Somebody spoke with the patient; a mail that has not gone is not needed any more."""
    with audit.write(by=by, action="recall.told"):
        row = RecallContact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if row.told_at is None:
            row.told_at, row.told_by, row.note = at, by.name[:160], note[:300]
            row.save(update_fields=["told_at", "told_by", "note"])
            emails.withdraw_please_call(contact=row, by=by, at=at)
    return row

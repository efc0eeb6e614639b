"""Telling the patients whom a recalled lot or product concerns: a list, a neutral mail that two roles let go, a person who spoke with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from clinic.roles import Role
from patients.models import Patient
from treatments import emails, selectors
from treatments.models import CartridgeLot, Product, RecallContact, TreatmentSession
from treatments.selectors import Thing, about
from treatments.vocabulary import ContactWay

PUT_RIGHT = "The record that named this patient was entered in error, and the treatment is written in the right one."


class NotRecalled(Refused):
    """Only of what its maker called back."""


class NotTheirs(Refused):
    """The recall concerns somebody else, as a corrected record shows."""


class TwoRoles(Refused):
    """Mail to many needs a manager and a clinician, two people (SETTLED 22)."""


def prepare_contacts(*, thing: Thing, staff: Staff, by: Actor, at: datetime) -> list[RecallContact]:
    """One row a patient who received the lot or product at the actor's sites; who is there already stays as it is. Nothing is sent.

    Who stands on the list of another site for the same lot is told there, once.
    A mistaken record whose treatment is written down in the right one concerns nobody; one that nobody has put right still may.
    """
    with audit.write(by=by, action="recall.prepare"):
        _lock([thing])
        if not type(thing).objects.get(pk=thing.pk).recalled:
            raise NotRecalled(_("Nothing of this is recalled."))
        known = set(RecallContact.objects.filter(selectors.of_recall(thing), withdrawn_at=None).values_list("patient_id", flat=True))
        rows = []
        for row in selectors.received(thing, by):
            person = row.patient
            if row.replaced or person.pk in known or person.deceased_on:
                continue
            known.add(person.pk)
            rows.append(_contact(thing, person, staff, by, at))
        _concerned_after_all(thing, known)
        return RecallContact.objects.bulk_create(rows)


def _concerned_after_all(thing: Thing, patients: Iterable[int]) -> None:
    """Who stands on the list is not told that an earlier word was a mistake: it is true now."""
    RecallContact.objects.filter(selectors.of_recall(thing), patient__in=list(patients), misled=True, set_right_at=None).update(misled=False)


def _lock(things: Sequence[Thing]) -> None:
    """The lists of these, at every site, in one order: whoever writes to one of them waits."""
    kinds: tuple[type[CartridgeLot] | type[Product], ...] = (CartridgeLot, Product)
    for model in kinds:
        same = [selectors.same_lot(thing) for thing in things if isinstance(thing, model)]
        if same:
            list(model.objects.select_for_update().filter(reduce(or_, same)).order_by("pk"))


def _contact(thing: Thing, person: Patient, staff: Staff, by: Actor, at: datetime) -> RecallContact:
    role = Role.MANAGER if Role.MANAGER in by.roles and Role.CLINICIAN not in by.roles else Role.CLINICIAN
    way = ContactWay.PHONE if person.no_mail_because else ContactWay.MAIL
    return RecallContact(**about(thing), patient=person, way=way, prepared_at=at, prepared_by=staff, prepared_as=role.value)


def correct_contacts(*, wrong: TreatmentSession, right: TreatmentSession, by: Actor, at: datetime) -> None:
    """The treatment of `wrong` is written into `right`: of each list that was prepared the wrong patient leaves and the right one joins.

    The contact of the wrong patient stays as a row. Where a mail may have gone, or somebody spoke with them, a person has to set it
    right. Who received the same thing in a record that stands is not touched. To be called in the transaction of the correction.
    """
    things = selectors.recalled_things(wrong)
    _lock(things)
    for thing in things:
        known = list(RecallContact.objects.select_for_update(of=("self",)).select_related("patient").filter(selectors.of_recall(thing)).order_by("pk"))
        concerned = selectors.who_received(thing)
        for row in known:
            if row.patient_id == wrong.patient_id and row.withdrawn_at is None and row.patient_id not in concerned:
                _withdraw(row, by, at)
        person = right.patient
        there = {row.patient_id for row in known if row.withdrawn_at is None}
        # of one who has died no list says that it was prepared
        prepared = bool(known) or wrong.patient.deceased_on is not None
        if prepared and person.pk in concerned - there and not person.deceased_on:
            staff = Staff.objects.get(pk=by.staff_id) if by.staff_id else right.operator
            _contact(thing, person, staff, by, at).save(force_insert=True)
            _concerned_after_all(thing, [person.pk])


def _withdraw(row: RecallContact, by: Actor, at: datetime) -> None:
    emails.withdraw_please_call(contact=row, reason=PUT_RIGHT, by=by, at=at)
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_because = at, by.name[:160], PUT_RIGHT
    row.misled = row.told_at is not None or emails.may_have_gone(row)
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_because", "misled"])


def may_release(thing: Thing, by: Actor) -> bool:
    """Whether this actor is the second role for the mails that wait: a clinician after a manager, or the other way round."""
    waiting = _mails(RecallContact.objects.all(), thing, by)
    return any(_is_second(row, by) for row in waiting)


def _mails(rows: QuerySet[RecallContact], thing: Thing, by: Actor) -> QuerySet[RecallContact]:
    """Those whose mail waits for the second role."""
    rows = rows.filter(selectors.of_recall(thing), way=ContactWay.MAIL, released_at=None, told_at=None, withdrawn_at=None)
    return rows.filter(patient__deceased_on=None, patient__site__in=by.site_ids)


def _is_second(row: RecallContact, by: Actor) -> bool:
    other = Role.CLINICIAN if row.prepared_as == Role.MANAGER.value else Role.MANAGER
    return other in by.roles and row.prepared_by_id != by.staff_id


def release_mails(*, thing: Thing, staff: Staff, by: Actor, at: datetime) -> int:
    """The second role lets the neutral mails go. Returns how many. Raises TwoRoles."""
    with audit.write(by=by, action="recall.mail"):
        rows = RecallContact.objects.select_for_update(of=("self",)).select_related("patient__site")
        found = list(_mails(rows, thing, by).order_by("pk"))
        mine = [row for row in found if _is_second(row, by)]
        if not mine:
            raise TwoRoles("Mail to many needs a manager and a clinician: the other one lets it go.")
        for row in mine:
            row.released_at, row.released_by = at, staff
            row.save(update_fields=["released_at", "released_by"])
            emails.please_call(contact=row, by=by, at=at)
        return len(mine)


def note_told(*, contact: RecallContact, note: str, by: Actor, at: datetime) -> RecallContact:
    """Somebody spoke with the patient; a mail that has not gone is not needed any more. Raises NotTheirs."""
    with audit.write(by=by, action="recall.told"):
        row = RecallContact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if row.withdrawn_at:
            raise NotTheirs(_("This recall does not concern this patient: the record that named them was put right."))
        if row.told_at is None:
            row.told_at, row.told_by, row.note = at, by.name[:160], note[:300]
            row.save(update_fields=["told_at", "told_by", "note"])
            emails.withdraw_please_call(contact=row, reason="the patient was told", by=by, at=at)
    return row


def note_set_right(*, contact: RecallContact, note: str, by: Actor, at: datetime) -> RecallContact:
    """Somebody told a patient that the recall does not concern them after all. Raises NotTheirs where nothing had reached them."""
    with audit.write(by=by, action="recall.set_right"):
        row = RecallContact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if not row.misled:
            raise NotTheirs(_("Nothing reached this patient by mistake."))
        if row.set_right_at is None:
            row.set_right_at, row.set_right_by, row.set_right_note = at, by.name[:160], note[:300]
            row.save(update_fields=["set_right_at", "set_right_by", "set_right_note"])
    return row

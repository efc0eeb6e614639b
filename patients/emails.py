"""Mail of this room: the invitation to the intake."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic import links, mailkit
from clinic.audit import Actor
from clinic.links import Purpose
from clinic.models import Link, OutboxMessage
from clinic.outbox import Kind, Mail, Scope, State, Verdict, kinds, people, queue, speak, suppress
from clinic.outbox.again import unsent
from clinic.outbox.people import Contact
from clinic.outbox.states import NO_ADDRESS, UNWANTED
from patients.models import Intake, Patient
from patients.vocabulary import IntakeState, MailMode

INTAKE_DAYS = 14
PREFERENCES, PREFERENCES_DAYS = "preferences", 400
CONSENT, CONSENT_DAYS = "consent", 180
AGAIN = "link_again"
_ANSWERED = "the questions have been answered since"
_LINKED = ("intake_invitation", "consent_link", AGAIN)


class _People:
    """What the outbox asks about patients."""

    def contacts(self, patients: Collection[UUID]) -> dict[UUID, Contact]:
        """Address and language as they are now."""
        rows = Patient.objects.filter(uuid__in=patients).values_list("uuid", "email", "language")
        return {uuid: Contact(email, language) for uuid, email, language in rows}

    def preferences_link(self, patient: UUID, by: Actor, at: datetime) -> Link:
        """A new link to what the patient wants of us."""
        found = Patient.objects.select_related("site").get(uuid=patient)
        return links.make_link(
            purpose=PREFERENCES, site=found.site, patient_uuid=found.uuid, birth_on=found.birth_on, language=found.language,
            subject_kind="patient", subject_uuid=found.uuid, by=by, at=at,
        )  # fmt: skip


def register() -> None:
    """Purposes and kinds."""
    links.register(
        Purpose("intake", _("Some questions about your health before your visit."), "patients_link:intake", timedelta(days=INTAKE_DAYS), consume="once")
    )
    links.register(
        Purpose("rescreen", _("One question before your visit."), "patients_link:rescreen", timedelta(days=3), consume="once")
    )
    links.register(
        Purpose(PREFERENCES, _("What we may send you."), "patients_link:preferences", timedelta(days=PREFERENCES_DAYS))
    )
    links.register(Purpose(CONSENT, _("A form to read, to sign, or to take back."), "patients_link:consent", timedelta(days=CONSENT_DAYS)))
    people.register(_People())
    kinds.register(Kind(AGAIN, _may_send, _build_again, scope=Scope.CARE))
    kinds.register(Kind("consent_link", _may_send, _build_consent, scope=Scope.CARE))
    kinds.register(Kind("intake_invitation", _may_send, _build, scope=Scope.CARE))


def intake_invitation(*, patient: Patient, by: Actor, at: datetime) -> OutboxMessage:
    """Queue the intake link. Without an address or consent to mail the row says why nothing goes."""
    return _with_link(patient, purpose="intake", kind="intake_invitation", by=by, at=at)


def consent_link(*, patient: Patient, by: Actor, at: datetime) -> OutboxMessage:
    """Queue a link to the form: to read what was signed, to sign what is new, or to take it back."""
    links.revoke(patient_uuid=patient.uuid, purpose=CONSENT, by=by, at=at, reason="sent again")
    return _with_link(patient, purpose=CONSENT, kind="consent_link", by=by, at=at)


def link_again(*, link: Link, patient: Patient, by: Actor, at: datetime) -> OutboxMessage:
    """A new link of any purpose, in place of one that was revoked because staff send it again."""
    return queue(
        kind=AGAIN, key=f"{AGAIN}:{link.uuid}", recipient=patient.email, patient_uuid=patient.uuid, cause_kind="link", cause_uuid=link.uuid,
        send_after=at, expires_at=link.expires_at, language=patient.language, zone=patient.site.zone, by=by, at=at,
    )  # fmt: skip


def _with_link(patient: Patient, *, purpose: str, kind: str, by: Actor, at: datetime) -> OutboxMessage:
    link = links.make_link(
        purpose=purpose, site=patient.site, patient_uuid=patient.uuid, birth_on=patient.birth_on,
        language=patient.language, subject_kind="patient", subject_uuid=patient.uuid, by=by, at=at,
    )  # fmt: skip
    state, reason = State.PLANNED, ""
    if not patient.email:
        state, reason = State.SKIPPED, NO_ADDRESS
    elif patient.mail_mode == MailMode.NONE:
        state, reason = State.SKIPPED, UNWANTED
    return queue(
        kind=kind, key=f"{purpose}:{link.uuid}", recipient=patient.email, patient_uuid=patient.uuid,
        cause_kind="link", cause_uuid=link.uuid, send_after=at, expires_at=link.expires_at, language=patient.language,
        zone=patient.site.zone, by=by, at=at, state=state, reason=reason,
    )  # fmt: skip


def send_unsent(*, patient: Patient, by: Actor, at: datetime) -> list[OutboxMessage]:
    """Links that had no address or no consent, or came back, go once an address is there that works, while they open: another row each, the old one stays as it ended.

    None to questions that were answered since, at the clinic for example.
    """
    if patient.no_mail_because or not suppress.arrives([patient.email]):
        return []
    afresh = {"intake_invitation": intake_invitation, "consent_link": consent_link}
    found: list[OutboxMessage] = []
    for row in unsent(at).filter(patient_uuid=patient.uuid, kind__in=_LINKED):
        link = Link.objects.filter(uuid=str(row.cause_uuid)).first()
        if link is not None and _answered_since(link):
            continue
        mails = OutboxMessage.objects.filter(kind=row.kind, cause_uuid=row.cause_uuid)
        if link is not None and link.revoked_at == at and row.kind in afresh:  # the address has just changed, and it never reached the old one
            found.append(afresh.pop(row.kind)(patient=patient, by=by, at=at))
        elif link is not None and links.is_alive(link, at) and not mails.filter(pk__gt=row.pk).exists():
            found.append(
                queue(
                    kind=row.kind, key=f"{row.key.partition('~')[0]}~{mails.count()}", recipient=patient.email, patient_uuid=patient.uuid,
                    cause_kind="link", cause_uuid=row.cause_uuid, send_after=at, expires_at=row.expires_at, language=patient.language,
                    zone=patient.site.zone, by=by, at=at, reason="an address or consent came",
                )
            )  # fmt: skip
    return found


def follow_language(*, patient: Patient, by: Actor) -> None:
    """Planned mails and live links speak the language that the patient has now."""
    speak(patient_uuid=patient.uuid, language=patient.language, by=by)
    links.speak(patient_uuid=patient.uuid, language=patient.language, by=by)


def _may_send(row: OutboxMessage, at: datetime) -> Verdict:
    patient = Patient.objects.get(uuid=str(row.patient_uuid))
    link = Link.objects.get(uuid=str(row.cause_uuid))
    if patient.deceased_on or patient.do_not_contact:
        return Verdict.cancel("the patient is not contacted any more")
    if patient.mail_mode == MailMode.NONE:
        return Verdict.skip(UNWANTED)
    if _answered_since(link):
        return Verdict.skip(_ANSWERED)
    if not links.is_alive(link, at):
        return Verdict.cancel("a newer link was sent")
    return Verdict.go()


def _answered_since(link: Link) -> bool:
    """Whether somebody answered the questions behind this link after it was made. What a clinician amends in them is no answer to a new invitation."""
    sent = Intake.objects.filter(patient__uuid=str(link.patient_uuid), submitted_at__gte=link.created_at).exclude(state=IntakeState.DRAFT)
    return link.purpose == "intake" and sent.exclude(extras__has_key="amended").exists()


def _build(row: OutboxMessage, at: datetime) -> Mail:
    return _built("intake_invitation", INTAKE_DAYS, row, at)


def _build_consent(row: OutboxMessage, at: datetime) -> Mail:
    return _built("consent_link", CONSENT_DAYS, row, at)


def _build_again(row: OutboxMessage, at: datetime) -> Mail:
    return _built(AGAIN, 0, row, at)


def _built(message: str, days: int, row: OutboxMessage, at: datetime) -> Mail:
    link = Link.objects.select_related("site", "site__clinic").get(uuid=str(row.cause_uuid))
    patient = Patient.objects.get(uuid=str(row.patient_uuid))
    context = {
        "first_name": patient.first_name,
        "site": link.site,
        "clinic": link.site.clinic,
        "url": links.url_for(links.mint_token(link, at=at)),
        "days": days,
        "words": links.PURPOSES[link.purpose].words,
    }
    return Mail(*mailkit.render(message, context, row.language))

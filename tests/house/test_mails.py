"""R34: every mail that a patient may get, in every language and both modes: neutral on the outside, nobody's name in full, nobody
else's link, no answer and no date of birth; one-click unsubscribe exactly where it is due.
"""

import hashlib
import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.utils import translation

from aftercare import services as after
from aftercare.models import CheckIn, Plan, Protocol
from appointments.emails import recall_invitation
from appointments.models import Recall
from clinic import links, mailkit
from clinic.models import LinkToken, OutboxMessage, Site, Staff
from clinic.outbox import foot
from clinic.outbox.auto_reply import queue_auto_reply
from clinic.outbox.kinds import KINDS, Mail
from clinic.outbox.mime import compose
from patients import services as people
from patients.models import Patient
from tests.aftercare.make import TASK, make_response
from tests.appointments.make import NOW
from tests.house.spoken import Cast, appointment_pages, healthy_intake
from treatments import emails as treatment_mails
from treatments.models import PatchTest, Product, RecallContact

pytestmark = [pytest.mark.house, pytest.mark.django_db]
Built = list[tuple[OutboxMessage, Mail]]

CLINICAL = re.compile(
    r"needl|scalp|\bhair|minoxidil|shedding|redness|microneedl|alopecia|derma ?roller|treatment|session"
    r"|aguj|cuero cabelludo|\bpelo|cabello|caída|enrojecimiento|micropunci|tratamiento|(?<!iniciar )sesi[óo]n",
    re.IGNORECASE,
)
"""What no inbox list may show. The clinic's own name is taken out before."""
TOKEN = re.compile(r"(?<=/)[\w-]{40,}(?=/)")
"""The secret of a link: letters by chance, which may spell anything (`agUJ`), so it is not read as words."""
SAID = "Canary sentence that the patient typed"


def built(language: str, site: Site, staff: Staff) -> Built:
    """Each row that the outbox holds after a walk through the clinic, built as the drain builds it."""
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        cast = Cast(language, site, staff)
        for part in (healthy_intake, appointment_pages):
            list(part(cast))
        for mode in ("neutral", "full"):
            plan = cast.plan(mail_mode=mode)
            first, second = plan.check_ins.order_by("opens_at")[:2]
            make_response(first, at=NOW, free_text=SAID)
            after.remind_check_in(check_in=CheckIn.objects.get(pk=second.pk), by=TASK, at=NOW)
            _rare(cast, plan)
        queue_auto_reply(key="r", recipient="o@patient.example", language=language, in_reply_to="", at=NOW)
        found = []
        for row in OutboxMessage.objects.filter(language=language).order_by("pk"):
            if KINDS[row.kind].scope in {"staff", "account"}:
                continue
            with translation.override(row.language), mailkit.shared(foot.values_for(row, NOW)) as values:
                mail = KINDS[row.kind].build(row, NOW)
            found.append((row, foot.with_headers(mail, values)))
    return found


def _rare(cast: Cast, plan: Plan) -> None:
    """What few patients get: a link sent again, a recalled product, a patch test to be seen, a recall, a message without questions."""
    product, patient = Product.objects.all()[0], plan.patient
    link = links.make_link(
        purpose="consent", site=cast.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language=cast.language,
        subject_kind="patient", subject_uuid=patient.uuid, expires_at=NOW + timedelta(days=9), by=TASK, at=NOW,
    )  # fmt: skip
    people.send_link_again(link=link, patient=patient, by=TASK, at=NOW)
    contact = RecallContact.objects.create(
        patient=patient, product=product, way="mail", prepared_at=NOW, prepared_by=cast.staff, prepared_as="manager"
    )
    treatment_mails.please_call(contact=contact, by=TASK, at=NOW)
    test = PatchTest.objects.create(patient=patient, product=product, applied_at=NOW, by=cast.staff.name)
    treatment_mails.please_come_by(test=test, by=TASK, at=NOW)
    recall = Recall.objects.create(patient=patient, site=cast.site, after=plan.session, opens_on=NOW.date(), closes_on=NOW.date() + timedelta(days=14))
    recall_invitation(recall=recall, by=TASK, at=NOW)
    message = plan.messages.filter(outbox__kind="check_in").order_by("-pk")[0]
    step = message.step
    step.protocol = Protocol.objects.filter(state="draft").first() or Protocol.objects.create(name="next", version=99, state="draft")
    step.pk, step.code, step.purpose, step.wording = None, f"note{plan.pk}", "care_note", {cast.language: "{first_name}"}
    step.save()
    type(message).objects.filter(pk=message.pk).update(step=step)
    OutboxMessage.objects.filter(pk=message.outbox_id).update(kind="care_note")


def kinds_of_patients() -> set[str]:
    """By the registry that the drain itself asks: a new mail can't be forgotten."""
    return {str(name) for name, kind in KINDS.items() if kind.scope not in {"staff", "account"}}


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_r34_no_mail_says_more_than_it_may(language: str, site: Site, amara: Staff) -> None:
    mails = built(language, site, amara)
    assert {row.kind for row, _mail in mails} == kinds_of_patients() and len(kinds_of_patients()) > 15, "every kind that patients get is here"
    modes = {(row.kind, Patient.objects.get(uuid=row.patient_uuid).mail_mode) for row, _mail in mails if row.patient_uuid}
    assert {kind for kind, mode in modes if mode == "full"} == {kind for kind, _mode in modes}
    wrong = [f"{row.kind} ({language}): {fault}" for row, mail in mails for fault in faults(row, mail)]
    assert wrong == [], "\n".join(sorted(set(wrong)))


def faults(row: OutboxMessage, mail: Mail) -> list[str]:
    """All that is wrong with one mail."""
    patient = Patient.objects.filter(uuid=row.patient_uuid).first() if row.patient_uuid else None
    outside = [mail.subject, preview_of(mail.html), *(name for name, _kind, _data in mail.attachments), *_calendar_words(mail)]
    everything = [mail.subject, mail.text, unescape(mail.html), *mail.headers.values(), *(data.decode() for _n, _k, data in mail.attachments)]
    found = [f"outside: {text[:60]}" for text in outside if clinical(text)]
    found += ["subject in two lines"] if re.search(r"[\r\n]", mail.subject) else []
    found += _of_person(patient, everything)
    found += [f"not neutral: {hit.group()}" for text in everything if patient and patient.mail_mode == "neutral" and (hit := clinical(text))]
    found += ["an answer"] if any(SAID in text for text in everything) else []
    found += [f"another's link: {word}" for word in _links_of_others(row, everything)]
    return found + _unsubscribe(row, mail) + _on_the_wire(row, mail, patient)


def clinical(text: str) -> re.Match[str] | None:
    """The first clinical word in a text, secrets of links left out."""
    return CLINICAL.search(TOKEN.sub("", text))


def preview_of(html: str) -> str:
    """What an inbox shows beside the subject: the words written for it, or else the first ones of the mail."""
    body = re.sub(r"(?s)<!--.*?-->|<style.*?</style>|<title.*?</title>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())[:140]


def _of_person(patient: Patient | None, texts: list[str]) -> list[str]:
    if patient is None:
        return []
    born = [patient.birth_on.isoformat(), f"{patient.birth_on:%d/%m/%Y}"] if patient.birth_on else []
    names = [rf"\b{re.escape(word)}\b" for word in (patient.family_name, *born, str(patient.uuid)) if word]
    return [f"of the person: {name}" for name in names if any(re.search(name, text) for text in texts)]


def _calendar_words(mail: Mail) -> list[str]:
    text = "\n".join(data.decode() for _name, kind, data in mail.attachments if "calendar" in kind).replace("\r\n ", "")
    return [line for line in text.splitlines() if line.startswith(("SUMMARY", "DESCRIPTION", "CATEGORIES", "ORGANIZER"))]


def _links_of_others(row: OutboxMessage, texts: list[str]) -> list[str]:
    tokens = {token for text in texts for token in re.findall(r"/l/(?:stop/)?([\w-]{40,})/", text)}
    owners = {token: LinkToken.objects.select_related("link").get(sha256=hashlib.sha256(token.encode()).hexdigest()).link for token in tokens}
    return [link.purpose for link in owners.values() if link.patient_uuid != row.patient_uuid]


def _unsubscribe(row: OutboxMessage, mail: Mail) -> list[str]:
    """RFC 8058 on what isn't care, and on nothing else: who stops care by one click would not know when to wash."""
    due = row.scope == "invitation"
    if not due:
        return ["unsubscribe where it is not due"] if "List-Unsubscribe" in mail.headers else []
    one = mail.headers.get("List-Unsubscribe", "")
    right = re.fullmatch(r"<https?://[^\s<>,]+/l/stop/[\w-]{40,}/>", one) and mail.headers.get("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    return [] if right else [f"no one-click unsubscribe: {one}"]


def _on_the_wire(row: OutboxMessage, mail: Mail, patient: Patient | None) -> list[str]:
    """The headers as they leave: nobody's name beside the address, nothing clinical in any of them."""
    row.first_attempt_at, row.message_id = NOW, f"<{row.uuid}@clinic.example>"  # as the intent writes them
    head = compose(row, mail, None).raw.partition(b"\r\n\r\n")[0].decode()
    found = ["clinical header"] if clinical(head) else []
    return found + (["name in a header"] if patient and re.search(rf"\b({patient.family_name}|{patient.given_name})\b", head) else [])


def test_the_search_for_faults_would_notice(site: Site, amara: Staff) -> None:
    """Guards the guard: a clinical subject, a family name, another patient's link, a missing one-click header."""
    with time_machine.travel(NOW, tick=False):
        cast = Cast("en", site, amara)
        plan, other = cast.plan(mail_mode="neutral"), cast.plan(mail_mode="full")
        row = OutboxMessage.objects.filter(patient_uuid=plan.patient.uuid, kind="check_in").first()
        theirs = OutboxMessage.objects.filter(patient_uuid=other.patient.uuid, kind="check_in").first()
        assert row is not None and theirs is not None
        with mailkit.shared({}):
            right, strange = KINDS["check_in"].build(row, NOW), KINDS["check_in"].build(theirs, NOW)
    assert faults(row, right) == []
    assert clinical(f"https://clinic.example/l/stop/{'agUJ' * 11}/") is None and clinical("una aguja /l/"), "chance spells words in secrets"
    assert faults(row, Mail("Your scalp", right.text, right.html))[0].startswith("outside")
    assert faults(row, Mail("Hello", f"Dear {plan.patient.family_name}", "")) != []
    assert "another's link: check_in" in faults(row, Mail("Hello", strange.text, ""))
    row.scope = "invitation"
    assert faults(row, right)[0].startswith("no one-click")

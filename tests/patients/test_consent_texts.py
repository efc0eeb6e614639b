"""A consent text from the manager's draft to the patient's signature: rights, hash, versions, what is new; the signed words stay."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import Error, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from clinic import links
from clinic.audit import Actor
from clinic.models import Link, Site, Staff
from patients import selectors, services
from patients.models import Consent, ConsentDraft, ConsentText, Patient
from patients.services import PersonData
from tests.patients.walking import text_shown

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
BY = Actor(kind="command", name="test")
OLD = "What it is.\n\nOff-label use.\n\nRisks."
NEW = "What it is.\n\nOff-label use.\n\nRisks, and what we do about them."


@pytest.fixture
def first(site: Site) -> ConsentText:
    """What patients signed until today."""
    return services.publish_consent_text(version="1", language="en", text=OLD, procedures=["scalp_microneedling"], off_label=True, by=BY, at=NOW)


@pytest.fixture
def manager(max_: Staff) -> Actor:
    """Max."""
    return Actor.of_staff(max_)


@pytest.fixture
def clinician(amara: Staff) -> Actor:
    """Dr Amara."""
    return Actor.of_staff(amara)


@pytest.fixture
def draft(first: ConsentText, manager: Actor) -> ConsentDraft:
    """The next version, proposed."""
    draft = services.start_consent_text(by=manager, at=NOW)
    services.save_consent_text(draft=draft, texts={"en": NEW}, off_label=True, by=manager, at=NOW)
    return services.propose_consent_text(draft=draft, by=manager, at=NOW)


@pytest.fixture
def signed(site: Site, first: ConsentText) -> Consent:
    """Ana's signature under the first text."""
    data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="female", email="ana@patients.example")
    patient = services.register_patient(data=data, site=site, by=BY, at=NOW)
    return services.sign_consent(patient=patient, text=first, signed_name="Ana Ruiz", off_label_understood=True, photos=False, by=BY, at=NOW)


class TestTheWay:
    """draft → proposed → in force."""

    def test_a_draft_begins_with_the_words_in_force(self, first: ConsentText, manager: Actor) -> None:
        draft = services.start_consent_text(by=manager, at=NOW)
        assert (draft.version, draft.texts, draft.state) == ("2026-1", {"en": OLD}, "draft")

    def test_a_draft_changes_nothing_for_patients(self, draft: ConsentDraft) -> None:
        text = selectors.text_in_force("en")
        assert text is not None and text.text == OLD

    def test_a_clinician_puts_it_into_force_with_version_and_hash(self, draft: ConsentDraft, clinician: Actor) -> None:
        services.approve_consent_text(draft=draft, sha256=services.text_hash(draft), by=clinician, at=LATER)
        text = selectors.text_in_force("en")
        assert text is not None
        assert (text.version, text.text, text.in_force_from, text.off_label) == (draft.version, NEW, LATER, True)
        assert text.sha256 == hashlib.sha256(NEW.encode()).hexdigest()

    def test_only_the_words_that_were_read(self, draft: ConsentDraft, manager: Actor, clinician: Actor) -> None:
        read = services.text_hash(draft)
        services.send_back_consent_text(draft=draft, words="shorter", by=clinician, at=NOW)
        services.save_consent_text(draft=draft, texts={"en": NEW + "\n\nMore."}, off_label=True, by=manager, at=NOW)
        services.propose_consent_text(draft=draft, by=manager, at=NOW)
        with pytest.raises(services.TextMoved):
            services.approve_consent_text(draft=draft, sha256=read, by=clinician, at=LATER)
        assert ConsentText.objects.count() == 1

    def test_a_draft_is_not_put_into_force(self, first: ConsentText, manager: Actor, clinician: Actor) -> None:
        draft = services.start_consent_text(by=manager, at=NOW)
        with pytest.raises(services.TextMoved):
            services.approve_consent_text(draft=draft, sha256=services.text_hash(draft), by=clinician, at=NOW)

    def test_every_language_that_patients_sign_in_is_renewed(self, first: ConsentText, manager: Actor) -> None:
        services.publish_consent_text(version="1", language="es", text="Qué es.", procedures=["scalp_microneedling"], off_label=True, by=BY, at=NOW)
        draft = services.start_consent_text(by=manager, at=NOW)
        services.save_consent_text(draft=draft, texts={"en": NEW, "es": "  "}, off_label=True, by=manager, at=NOW)
        with pytest.raises(services.TextMissing, match=dict(settings.LANGUAGES)["es"]):
            services.propose_consent_text(draft=draft, by=manager, at=NOW)

    def test_nothing_new_is_not_proposed(self, first: ConsentText, manager: Actor) -> None:
        draft = services.start_consent_text(by=manager, at=NOW)
        services.save_consent_text(draft=draft, texts={"en": OLD.replace("\n", "\r\n") + "  "}, off_label=True, by=manager, at=NOW)
        with pytest.raises(services.TextMissing):
            services.propose_consent_text(draft=draft, by=manager, at=NOW)

    def with_prp(self, text: str, manager: Actor, **more: str) -> ConsentDraft:
        draft = services.start_consent_text(by=manager, at=NOW)
        services.save_consent_text(draft=draft, texts={"en": text, **more}, off_label=True, covers_prp=True, by=manager, at=NOW)
        return services.propose_consent_text(draft=draft, by=manager, at=NOW)

    def test_who_signs_a_text_that_names_plasma_consents_to_it(self, first: ConsentText, manager: Actor, clinician: Actor) -> None:
        """S03 asks for a consent that covers PRP; without such a text no PRP can be planned."""
        draft = self.with_prp(f"{OLD}\n\nYour own plasma.", manager)
        (text,) = services.approve_consent_text(draft=draft, sha256=services.text_hash(draft), by=clinician, at=LATER)
        assert text.procedures == ["scalp_microneedling", "prp"] and first.procedures == ["scalp_microneedling"]
        assert services.start_consent_text(by=manager, at=LATER).covers_prp

    @pytest.mark.parametrize("words", ["We may add blood products.", "Plasmatic words.", "Our PRPs."])
    def test_nobody_consents_to_what_is_not_named(self, words: str, first: ConsentText, manager: Actor) -> None:
        with pytest.raises(services.TextMissing, match="English"):
            self.with_prp(f"{OLD}\n\n{words}", manager)

    def test_it_must_be_named_in_every_language(self, first: ConsentText, manager: Actor) -> None:
        services.publish_consent_text(version="1", language="es", text="Qué es.", procedures=["scalp_microneedling"], off_label=True, by=BY, at=NOW)
        with pytest.raises(services.TextMissing, match="Español"):
            self.with_prp(f"{OLD}\n\nPRP.", manager, es="Qué es esto.")

    def test_the_mark_is_part_of_what_was_read(self, draft: ConsentDraft) -> None:
        before = services.text_hash(draft)
        draft.covers_prp = True
        assert services.text_hash(draft) != before

    def test_one_at_a_time_also_for_the_database(self, draft: ConsentDraft, manager: Actor) -> None:
        with pytest.raises(services.TextOpen):
            services.start_consent_text(by=manager, at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentDraft.objects.create(version="x", written_by_id=manager.staff_id or 0, started_at=NOW)

    def test_a_discarded_number_is_not_used_again(self, draft: ConsentDraft, manager: Actor) -> None:
        services.discard_consent_text(draft=draft, by=manager, at=NOW)
        assert services.start_consent_text(by=manager, at=NOW).version == "2026-2"


class TestRights:
    """Two people."""

    def test_a_clinician_does_not_write_and_a_manager_does_not_approve(self, draft: ConsentDraft, manager: Actor, clinician: Actor) -> None:
        with pytest.raises(PermissionDenied):
            services.start_consent_text(by=clinician, at=NOW)
        with pytest.raises(PermissionDenied):
            services.approve_consent_text(draft=draft, sha256=services.text_hash(draft), by=manager, at=NOW)

    def test_somebody_with_both_roles_does_not_approve_their_own(self, draft: ConsentDraft, max_: Staff) -> None:
        max_.roles = ["manager", "clinician"]
        max_.save()
        with pytest.raises(services.NeedsAnother):
            services.approve_consent_text(draft=draft, sha256=services.text_hash(draft), by=Actor.of_staff(max_), at=NOW)


class TestSignedOnes:
    """They keep their exact text; signing again shows what is new."""

    def test_the_signed_text_stays_and_only_the_change_is_shown(self, signed: Consent, draft: ConsentDraft, clinician: Actor) -> None:
        patient = Patient.objects.get(pk=signed.patient_id)
        assert selectors.consent_state(patient).code == "signed"
        services.approve_consent_text(draft=draft, sha256=services.text_hash(draft), by=clinician, at=LATER)
        signed.refresh_from_db()
        assert (signed.text.text, signed.text.version) == (OLD, "1")
        assert selectors.consent_state(patient).code == "outdated"
        text = selectors.text_in_force("en")
        assert text is not None
        assert [(c.kind, c.words) for c in selectors.consent_changes(patient, text)] == [("gone", "Risks."), ("new", "Risks, and what we do about them.")]

    def test_the_database_keeps_every_text_as_it_is(self, first: ConsentText) -> None:
        with pytest.raises(Error), transaction.atomic():
            ConsentText.objects.filter(pk=first.pk).update(text="other")
        with pytest.raises(Error), transaction.atomic():
            ConsentText.objects.filter(pk=first.pk).delete()


class TestPages:
    """From the browser."""

    def test_from_the_draft_to_the_text_in_force(self, signed: Consent, max_: Staff, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        max_s, amaras = client_as(max_), client_as(amara)
        assert "Start a new version" in max_s.get("/patients/consent-texts/").content.decode()
        url = max_s.post("/patients/consent-texts/start/")["Location"]
        assert max_s.post(url, {"text_en": "", "text_es": "Hola"}).status_code == 422
        assert max_s.post(url, {"text_en": NEW.replace("\n", "\r\n"), "text_es": "", "off_label": "on"}).status_code == 302
        assert max_s.post(f"{url}propose/").status_code == 302
        page = amaras.get(url).content.decode()
        assert "<ins>Risks, and what we do about them.</ins>" in page and "<del>Risks.</del>" in page
        amaras.post(f"{url}approve/", {"sha256": "0" * 64})
        assert ConsentText.objects.count() == 1
        draft = ConsentDraft.objects.get()
        amaras.post(f"{url}approve/", {"sha256": services.text_hash(draft)})
        shown = amaras.get("/patients/consent-texts/").content.decode()
        assert "Version 2026-1" in shown and "0 signatures" in shown and "1 signature" in shown and "Risks, and what we do about them." in shown

    def test_sending_back_needs_words_and_keeps_the_page(self, draft: ConsentDraft, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        url = f"/patients/consent-texts/{draft.uuid}/send-back/"
        answer = client_as(amara).post(url, {"words": " "})
        assert answer.status_code == 422 and "Write what should change." in answer.content.decode()
        assert client_as(amara).post(url, {"words": "Say more on risks."}).status_code == 302
        draft.refresh_from_db()
        assert (draft.state, draft.sent_back_words) == ("draft", "Say more on risks.")

    def test_the_desk_does_not_see_drafts(self, draft: ConsentDraft, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        assert client_as(rosa).get("/patients/consent-texts/").status_code == 403


class TestSigningAtTheDesk:
    @pytest.mark.django_db
    def test_a_consent_in_force_is_said_so_that_nobody_signs_again(self, site: Site, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        by, at = Actor(kind="command", name="test"), timezone.now()
        text = services.publish_consent_text(version="1", text="What it is.", at=at, language="en", procedures=["scalp_microneedling"], off_label=True, by=by)
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male", email="ana@patients.example")
        ana = services.register_patient(data=data, site=site, by=by, at=at)
        words = "nothing has to be signed again"
        assert words not in client_as(rosa).get(f"/patients/{ana.uuid}/consent/").content.decode()
        services.sign_consent(patient=ana, text=text, signed_name="Ana Ruiz", off_label_understood=True, photos=False, by=by, at=at)
        assert words in client_as(rosa).get(f"/patients/{ana.uuid}/consent/").content.decode()


class TestSigningBehindItsLink:
    """What is new is signed from the mail; the same link then shows what was signed."""

    @pytest.mark.django_db
    def test_the_link_goes_on_and_shows_the_signature(self, site: Site) -> None:
        by, at = Actor(kind="command", name="test"), timezone.now()
        give: dict[str, Any] = {"language": "en", "procedures": ["scalp_microneedling"], "off_label": True, "by": by}
        first = services.publish_consent_text(version="1", text="What it is.", at=at, **give)
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male", email="ana@patients.example")
        ana = services.register_patient(data=data, site=site, by=by, at=at)
        services.sign_consent(patient=ana, text=first, signed_name="Ana Ruiz", off_label_understood=True, photos=False, by=by, at=at)
        services.publish_consent_text(version="2", text="What it is.\n\nWhat is new.", at=at + timedelta(seconds=1), **give)
        link = Link.objects.get(patient_uuid=ana.uuid, purpose="consent", revoked_at=None)
        phone = Client()
        phone.post("/l/" + links.mint_token(link, at=at) + "/", {"day": "27", "month": "3", "year": "1985"})
        page = phone.get("/l/consent/").content.decode()
        assert "What is new since you signed" in page and "<ins>What is new.</ins>" in page
        signature = {"do": "sign", "off_label_understood": "on", "agree": "on", "signed_name": "Ana Ruiz"} | text_shown(phone, "/l/consent/")
        answer = phone.post("/l/consent/", signature, follow=True)
        assert answer.status_code == 200 and "Signed by Ana Ruiz" in answer.content.decode() and "This link does not work" not in answer.content.decode()
        link.refresh_from_db()
        assert link.revoked_at is None and Link.objects.filter(patient_uuid=ana.uuid, purpose="consent").count() == 1

    @pytest.mark.django_db
    def test_never_under_words_that_were_published_after_the_page_was_opened(self, site: Site) -> None:
        by, at = Actor(kind="command", name="test"), timezone.now()
        give: dict[str, Any] = {"language": "en", "procedures": ["scalp_microneedling"], "off_label": True, "by": by}
        services.publish_consent_text(version="1", text="What it is.", at=at - timedelta(hours=2), **give)
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male", email="ana@patients.example")
        ana = services.register_patient(data=data, site=site, by=by, at=at)
        services.ask_consent(patient=ana, by=by, at=at)
        link = Link.objects.get(patient_uuid=ana.uuid, purpose="consent", revoked_at=None)
        phone = Client()
        phone.post("/l/" + links.mint_token(link, at=at) + "/", {"day": "27", "month": "3", "year": "1985"})
        signature = {"do": "sign", "off_label_understood": "on", "agree": "on", "signed_name": "Ana Ruiz"}
        opened = text_shown(phone, "/l/consent/")
        services.publish_consent_text(version="2", text="What it is.\n\nWhat is new.", at=at - timedelta(hours=1), **give)
        for stale in (opened, {}, {"sha256": "0" * 64}):
            answer = phone.post("/l/consent/", signature | stale)
            page = answer.content.decode()
            assert answer.status_code == 422 and "The text has changed since this page was opened" in page and "What is new." in page
            assert 'value="Ana Ruiz"' in page and "checked" not in page, "the name stays, agreeing is done anew"
        assert not Consent.objects.filter(patient=ana).exists()
        assert phone.post("/l/consent/", signature | text_shown(phone, "/l/consent/")).status_code == 302
        assert Consent.objects.get(patient=ana).text.version == "2"

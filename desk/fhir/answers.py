"""What the patient has told, and what the rules made of it: conditions, allergies, medicines, the answers, findings, consent.

What a patient says of themselves goes out as *unconfirmed*, with the patient as its source.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from desk.fhir.parts import Draft, Json, concept, day, listed, note
from desk.fhir.people import organization, practitioner
from patients import selectors as people
from patients.models import Intake
from patients.questions.model import FollowUp, Question
from patients.questions.pages import PAGES
from patients.rules.exchange.codes import (
    CATEGORIES,
    CONDITION_OF,
    METAL_WORDS,
    PREGNANT,
    SCALP,
    SUBSTANCE_SNOMED,
    SUBSTANCE_WORDS,
)
from patients.selectors.medicines import is_unknown
from patients.selectors.words import told_in
from patients.vocabulary import AllergyEnd

_SAID = {"verificationStatus": listed("condition-ver-status", "unconfirmed")}
# how a row of the list ended → clinical and verification status; what was entered in error has no clinical status (invariant ait-2 of R4)
_AS_ENDED: dict[str, tuple[str, str]] = {
    AllergyEnd.REFUTED: ("inactive", "refuted"), AllergyEnd.IN_ERROR: ("", "entered-in-error"), AllergyEnd.RESOLVED: ("resolved", "unconfirmed"),
}  # fmt: skip
_STEROID, _THINNER = "systemic_steroid", "blood_thinner"
_THINNER_WORDS = {
    "aspirin_low_dose_only": "Aspirin, low dose", "aspirin_high_dose": "Aspirin, high dose", "warfarin": "Warfarin", "doac": "Direct oral anticoagulant",
    "antiplatelet": "Antiplatelet medicine", "heparin": "Heparin", "two_or_more": "Two or more blood thinners", "other": "Another blood thinner",
}  # fmt: skip


def told(draft: Draft) -> None:
    """Everything that comes from the newest answers and the patient's lists."""
    intake = people.latest_answers(draft.patient)
    _allergies(draft, intake)
    _medicines(draft, intake)
    if intake:
        _conditions(draft, intake)
        _pregnancy(draft, intake)
        _response(draft, intake, _questionnaire(draft, intake))


def _said_by(draft: Draft, rows: list[Intake], key: str) -> Json | None:
    """The patient, where the patient said it; of what a clinician noted, took over or held against it, nobody is named. `rows`: `amendments`."""
    newest, source = rows[0], people.row_that_told(rows, key)
    return draft.subject if told_in(newest).get(key) == newest.answers.get(key) and "amended" not in source.extras else None


def _conditions(draft: Draft, intake: Intake) -> None:
    answers, rows, told = intake.answers, people.amendments(intake), told_in(intake)
    for key, answer in answers.items():
        row = CONDITION_OF.get((key, answer)) if isinstance(answer, str) else None
        if row is None:
            continue
        draft.add(
            "Condition", draft.id_of(intake, f"condition/{row.local}"), subject=draft.subject, asserter=_said_by(draft, rows, key),
            clinicalStatus=listed("condition-clinical", row.clinical), **_SAID,
            category=[listed("condition-category", "problem-list-item")], code=concept(row.words, local=row.local, snomed=row.snomed),
            bodySite=[concept(SCALP[1], snomed=SCALP[0])] if row.on_scalp else [], recordedDate=draft.moment(people.row_that_told(rows, key).submitted_at) if told.get(key) == answer else None,
            abatementDateTime=answers.get(row.ended_key) if row.ended_key else None,
        )  # fmt: skip


def _allergies(draft: Draft, intake: Intake | None) -> None:
    for row in draft.patient.allergies.order_by("pk"):
        about = _AS_ENDED.get(row.ended_because, ("inactive", "unconfirmed")) if row.ended_at else ("active", "unconfirmed")
        _allergy(draft, draft.id_of(row), row.name, row.substance, row.anaphylaxis, about, row.reaction, row.ended_reason, by=None if row.noted_by else draft.subject)
    metal = intake.answers.get("metal_allergy") if intake else None
    if intake and metal in METAL_WORDS:
        _allergy(draft, draft.id_of(intake, "metal_allergy"), METAL_WORDS[metal], f"metal.{metal}", False, ("active", "unconfirmed"), by=_said_by(draft, people.amendments(intake), "metal_allergy"))


def _allergy(
    draft: Draft, key: str, name: str, substance: str, anaphylaxis: bool, about: tuple[str, str], reaction: str = "", ended: str = "", *, by: Json | None
) -> None:
    """`about`: clinical and verification status. `by`: who said so, if it was the patient."""
    clinical, verified = about
    words = SUBSTANCE_WORDS.get(substance, "")
    named = f"{words}: {name}" if words and name in {substance, ""} else name
    draft.add(
        "AllergyIntolerance", key, patient=draft.subject, asserter=by, clinicalStatus=listed("allergyintolerance-clinical", clinical) if clinical else None,
        verificationStatus=listed("allergyintolerance-verification", verified), note=note(ended), category=[CATEGORIES.get(substance)],
        code=concept(words if name == substance and words else named, local=f"substance.{substance}", snomed=SUBSTANCE_SNOMED.get(name.casefold(), "")),
        criticality="high" if anaphylaxis else "unable-to-assess",
        reaction=[{"manifestation": [{"text": "Anaphylaxis"}], "description": reaction or None, "severity": "severe"}] if anaphylaxis else [{"manifestation": [{"text": reaction}]}] if reaction else [],
    )  # fmt: skip


def _medicines(draft: Draft, intake: Intake | None) -> None:
    for row in draft.patient.medications.order_by("pk"):
        period = {"start": day(row.started_on), "end": day(row.ended_on)}
        status = "entered-in-error" if row.in_error else "completed" if row.ended_on else "active"
        _medicine(draft, draft.id_of(row), row.name, status, period, row.dose, by=None if row.noted_by or is_unknown(row) else draft.subject)
    for key, name, status, period, dose in _declared(intake.answers) if intake else []:
        assert intake is not None
        _medicine(draft, draft.id_of(intake, f"medicine/{key}"), name, status, period, dose, by=_said_by(draft, people.amendments(intake), key))


def _declared(answers: dict[str, Any]) -> Iterator[tuple[str, str, str, Json, str]]:
    """Medicines that the rules ask about by name: key, words, status, period, dose."""
    taken = {"current": "active", "stopped": "completed"}
    if (said := answers.get("isotretinoin")) in taken:
        yield "isotretinoin", "Isotretinoin", taken[said], {"end": answers.get("isotretinoin_stopped_on")}, ""
    if (said := answers.get(_STEROID)) in taken:
        mg = answers.get("systemic_steroid_mg_per_day")
        yield _STEROID, "Systemic steroid", taken[said], {"end": answers.get("systemic_steroid_stopped_on")}, f"{mg} mg a day, as prednisolone" if mg else ""
    if (said := answers.get(_THINNER)) in _THINNER_WORDS:
        mg = answers.get("aspirin_mg_per_day")
        dose = "; ".join(part for part in (f"{mg} mg a day" if mg else "", answers.get("blood_thinner_name") or "") if part)
        yield _THINNER, _THINNER_WORDS[said], "active", {}, dose


def _medicine(draft: Draft, key: str, name: str, status: str, period: Json, dose: str, *, by: Json | None) -> None:
    draft.add(
        "MedicationStatement", key, status=status, subject=draft.subject, informationSource=by,
        medicationCodeableConcept=concept(name, snomed=SUBSTANCE_SNOMED.get(name.casefold(), "")), effectivePeriod=period, dosage=[{"text": dose}],
    )  # fmt: skip


def _pregnancy(draft: Draft, intake: Intake) -> None:
    said = PREGNANT.get(intake.answers.get("pregnancy", ""))
    if said:
        rows = people.amendments(intake)
        source, by = people.row_that_told(rows, "pregnancy"), _said_by(draft, rows, "pregnancy")
        draft.add(
            "Observation", draft.id_of(intake, "pregnancy"), status="final", code=concept("Pregnancy status", loinc="82810-3"), subject=draft.subject,
            performer=[by] if by else [], effectiveDateTime=day(source.paper_on) or draft.moment(source.submitted_at), valueCodeableConcept=concept(said[1], snomed=said[0]),
        )  # fmt: skip


def _questionnaire(draft: Draft, intake: Intake) -> str:
    """The questions as they are asked, under the hash of their wording; the canonical address of it."""
    key = draft.id_of(intake, "questionnaire")
    url, items = f"urn:uuid:{key}", []
    for page in PAGES:
        rows = [_item(question) for question in page.every if not question.note and question.kind != "allergy"]
        rows += [_item(more) for question in page.every if not question.note and question.kind != "allergy" for more in question.follow_ups]
        if any(row.kind == "allergy" for row in page.rows):
            rows.append({"linkId": "allergies", "text": "Allergies", "type": "string", "repeats": True})
        unique = {row["linkId"]: row for row in rows}
        items.append({"linkId": f"page.{page.name}", "text": str(page.title), "type": "group", "item": list(unique.values())})
    draft.add(
        "Questionnaire", key, url=url, version=intake.wording_sha256[:16] or "unknown", status="active", title="Questions before treatment",
        language="en", subjectType=["Patient"], item=[item for item in items if item["item"]],
    )  # fmt: skip
    return url


def _item(asked: Question | FollowUp) -> Json:
    if isinstance(asked, FollowUp):
        kind = {"date": "date", "date_any": "date", "number": "decimal", "temperature": "decimal"}.get(asked.kind, "string")
        return {"linkId": asked.key, "text": str(asked.words), "type": kind}
    key, kind = asked.into or asked.key, {"date": "date"}.get(asked.kind, "string")
    return {"linkId": key, "text": str(asked.words), "type": kind, "repeats": asked.kind in {"checks", "procedures"} or None}


def _response(draft: Draft, intake: Intake, questionnaire: str) -> None:
    """The answers by the keys of our rules, in the values of our rules: nothing is left out and nothing is worded anew."""
    asked = {question.into or question.key: str(question.words) for page in PAGES for question in page.every}
    asked |= {more.key: str(more.words) for page in PAGES for question in page.every for more in question.follow_ups}
    items = [{"linkId": key, "text": asked.get(key, ""), "answer": _values(value)} for key, value in sorted(told_in(intake).items()) if value is not None]
    draft.add(
        "QuestionnaireResponse", draft.id_of(intake), questionnaire=questionnaire, status="completed", subject=draft.subject,
        authored=draft.moment(intake.submitted_at), source=draft.subject if intake.answered_by == "patient" else None, item=[item for item in items if item["answer"]],
        language="en",
    )  # fmt: skip


def _values(value: Any) -> list[Json]:
    if isinstance(value, bool):
        return [{"valueBoolean": value}]
    if isinstance(value, (int, float)):
        return [{"valueDecimal": Decimal(str(value))}]
    if isinstance(value, list):
        return [answer for item in value for answer in _values(item)]
    if isinstance(value, dict):
        return [{"valueString": ", ".join(f"{key}: {item}" for key, item in value.items() if item not in (None, "", False))}]
    return [{"valueString": str(value)}] if str(value).strip() else []


_SEVERITY = {"ABSOLUTE": "high", "DEFER": "high", "REVIEW": "moderate", "INCOMPLETE": "moderate", "CAUTION": "low"}


def judged(draft: Draft) -> None:
    """What the rules say of the newest screening, with the clearances that stand against it."""
    row = draft.patient.screenings.select_related("intake").order_by("-at", "-pk").first()
    if row is None:
        return
    standing = {clearance.rule: clearance for clearance in draft.patient.clearances.filter(withdrawn_at=None).select_related("by").order_by("pk")}
    words = {finding.rule: finding.words for finding in people.findings_of(people.Eligibility(row.overall, row.triggers))}
    evidence = [{"detail": [{"reference": f"urn:uuid:{row.intake.uuid}"}]}] if row.intake and draft.has(row.intake) else []
    for trigger in row.triggers:
        rule, kind, part = trigger["rule"], trigger["class"], f"finding/{trigger['rule']}/{trigger.get('scope', '')}"
        cleared = standing.get(rule)
        draft.add(
            "DetectedIssue", draft.id_of(row, part), status="final", severity=_SEVERITY.get(kind), patient=draft.subject,
            identifiedDateTime=draft.moment(row.at), code=concept(f"{rule}: {kind}", local=f"finding.{rule}.{kind}"),
            detail=" ".join(filter(None, (str(words.get(rule, "")), f"Not before {trigger['lifts_on']}." if trigger.get("lifts_on") else ""))), evidence=evidence,
            mitigation=[{"action": {"text": f"Cleared by a clinician: {cleared.evidence}"}, "date": day(cleared.cleared_on), "author": practitioner(draft, cleared.by)}] if cleared else [],
        )  # fmt: skip
        if kind == "ABSOLUTE":
            draft.add(
                "Flag", draft.id_of(row, f"{part}/flag"), status="active", subject=draft.subject, category=[listed("flag-category", "clinical")],
                code=concept(f"{rule}: treatment not possible", local=f"finding.{rule}.{kind}"), period={"start": draft.moment(row.at)},
            )  # fmt: skip


def consents(draft: Draft) -> None:
    """Treatment and off-label use, photos level by level, e-mail: given, refused, or taken back."""
    patient = draft.patient
    for row in patient.consents.select_related("text").order_by("pk"):
        provision = {"type": "permit", "period": {"start": draft.moment(row.signed_at), "end": draft.moment(row.withdrawn_at)}}
        about = "Off-label use understood." if row.off_label_understood else ""
        _consent(draft, draft.id_of(row), "treatment", f"Treatment: {', '.join(row.procedures)}", row.withdrawn_at is None, draft.moment(row.signed_at),
                 f"Consent text {row.text.version} ({row.text.language}), SHA-256 {row.text.sha256}. {about}", provision)  # fmt: skip
    newest = {row.use: row for row in patient.photo_consents.select_related("text").order_by("at", "pk")}
    for use, decision in newest.items():
        provision = {"type": "permit" if decision.given else "deny", "period": {"start": draft.moment(decision.at)}}
        _consent(draft, draft.id_of(decision), "patient-privacy", f"Photos: {use}", True, draft.moment(decision.at),
                 f"Photo consent text {decision.text.version}, SHA-256 {decision.text.sha256}", provision)  # fmt: skip
    _consent(draft, draft.id_of(patient, "messages"), "patient-privacy", f"E-mail: {patient.mail_mode}", True, None, "Choice of e-mail: full, neutral, or none",
             {"type": "deny" if patient.mail_mode == "none" else "permit"})  # fmt: skip


def _consent(draft: Draft, key: str, scope: str, words: str, active: bool, at: str | None, policy: str, provision: Json) -> None:
    draft.add(
        "Consent", key, status="active" if active else "inactive", scope=listed("consentscope", scope), category=[{"text": words}], patient=draft.subject,
        dateTime=at, organization=[organization(draft, draft.patient.site)], policyRule={"text": policy}, provision=provision,
    )  # fmt: skip


"""Who vouches for what: clearances, signatures, errors, and the handing out of the file itself (Provenance, DocumentReference, AuditEvent)."""

import json
from base64 import b64encode
from collections.abc import Sequence

from clinic.models import Staff
from desk.fhir.parts import TERMINOLOGY, Draft, Json, coding, day
from desk.fhir.people import organization, practitioner
from treatments.models import SignedRecord

_AUTHORS_SIGNATURE = coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.1", "Author's Signature")
_FOR_THE_AUTHOR = coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.5", "Verification Signature")
_VERIFIERS_SIGNATURE = coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.13", "Review Signature")


def vouched(draft: Draft) -> None:
    """Clearances with what they rest on, and the signature of every session that is in the bundle."""
    _clearances(draft)
    rows = SignedRecord.objects.filter(session__patient=draft.patient).select_related(
        "session__site", "session__entered_in_error__by", "session__operator", "signed_by", "cosignature__by"
    ).prefetch_related("session__signature_handovers")
    for row in rows.order_by("pk"):
        _signature(draft, row)
        if (wrong := getattr(row.session, "entered_in_error", None)) is not None:
            _provenance(draft, draft.id_of(wrong, "provenance"), targets=[_of(row)], at=draft.moment(wrong.at), who=wrong.by,
                        activity="Marked as entered in error", reasons=[wrong.reason])  # fmt: skip


def _clearances(draft: Draft) -> None:
    newest = draft.patient.screenings.order_by("-at", "-pk").first()
    triggers = newest.triggers if newest else []
    for row in draft.patient.clearances.select_related("by").order_by("pk"):
        withdrawn = row.withdrawn_at is not None
        letter = draft.add(
            "DocumentReference", draft.id_of(row, "letter"), status="superseded" if withdrawn else "current", docStatus="final", type={"text": "Clearance by a clinician"},
            subject=draft.subject, date=draft.moment(row.at), author=[practitioner(draft, row.by)],
            description=f"{row.rule} cleared on {day(row.cleared_on)}" + (f"; withdrawn: {row.withdrawn_reason}" if withdrawn else ""),
            content=[{"attachment": {"contentType": "text/plain; charset=utf-8", "title": f"What clears {row.rule}", "data": b64encode(row.evidence.encode()).decode()}}],
        )  # fmt: skip
        issues = [] if withdrawn else [
            {"reference": f"urn:uuid:{key}", "type": "DetectedIssue"}
            for trigger in triggers
            if trigger["rule"] == row.rule and (key := draft.id_of(newest, f"finding/{row.rule}/{trigger.get('scope', '')}")) in draft.entries
        ]  # fmt: skip
        _provenance(draft, draft.id_of(row, "provenance"), targets=[letter, *issues], at=draft.moment(row.at), who=row.by, activity=f"Cleared {row.rule}", reasons=[row.evidence])


def _of(row: SignedRecord) -> Json:
    return {"reference": f"urn:uuid:{row.session.uuid}", "type": "Procedure"}


def _signature(draft: Draft, row: SignedRecord) -> None:
    zone, second = row.session.site.tz, getattr(row, "cosignature", None)
    reasons = [f"{rule}: {words}" for rule, words in sorted(row.session.reasons.items())]
    operator, taken_over = row.session.operator, list(row.session.signature_handovers.all())
    in_place = bool(taken_over) and operator != row.signed_by  # who treated is the author; who signed vouches for it
    reasons += [f"{one.to_name} signs in place of {one.before_name}: {one.reason}" for one in taken_over if in_place]
    if not in_place and (told := json.loads(row.content).get("signature")):  # the operator came back, and signed what another one had written meanwhile
        reasons += [f"{one['to']} had taken the signature over from {one['from']}: {one['reason']}" for one in told["handovers"]]
        reasons.append(f"Written since it was taken over: {', '.join(told['completed_since'])}")
    kind = _FOR_THE_AUTHOR if in_place else _AUTHORS_SIGNATURE
    signatures = [{"type": [kind], "when": draft.moment(row.signed_at, zone), "who": practitioner(draft, row.signed_by)}]
    if second is not None:
        signatures.append({"type": [_VERIFIERS_SIGNATURE], "when": draft.moment(second.at, zone), "who": practitioner(draft, second.by)})
    _provenance(draft, draft.id_of(row, "provenance"), targets=[_of(row)], at=draft.moment(row.signed_at, zone), who=operator if in_place else row.signed_by,
                beside=([("attester", row.signed_by)] if in_place else []) + ([("verifier", second.by)] if second else []), activity="Signed and locked", reasons=reasons, signatures=signatures)  # fmt: skip


def _provenance(
    draft: Draft, key: str, *, targets: list[Json], at: str | None, who: Staff, activity: str, reasons: list[str],
    beside: Sequence[tuple[str, Staff]] = (), signatures: list[Json] | None = None,
) -> None:  # fmt: skip
    agents = [("author", who), *beside]
    draft.add(
        "Provenance", key, target=targets, recorded=at, activity={"text": activity}, reason=[{"text": words} for words in reasons], signature=signatures or [],
        agent=[{"type": {"coding": [coding(TERMINOLOGY + "provenance-participant-type", word)]}, "who": practitioner(draft, staff)} for word, staff in agents],
    )  # fmt: skip


def handed_out(draft: Draft, by: Staff) -> None:
    """The making of this file, as an event of its own: who took it out, and when."""
    draft.add(
        "AuditEvent", draft.id_of(draft.patient, f"export/{draft.moment(draft.at)}"), recorded=draft.moment(draft.at), action="R", outcome="0",
        type=coding("http://dicom.nema.org/resources/ontology/DCM", "110106", "Export"), agent=[{"who": practitioner(draft, by), "requestor": True}],
        source={"observer": organization(draft, draft.patient.site)}, entity=[{"what": draft.subject}],
    )  # fmt: skip

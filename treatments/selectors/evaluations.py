"""What the rules say about a record, what is still missing, and what signing needs."""

from dataclasses import dataclass, field

from clinic.findings import Finding
from treatments.models import DeviceBlock, TreatmentSession
from treatments.rules import RANK, findings_for, session
from treatments.rules.vocabulary import Stage
from treatments.selectors.courses import policy
from treatments.selectors.inputs import block_input, session_input


@dataclass(frozen=True)
class Evaluation:
    """The S-rules on a record: results, findings with words, what is not filled in yet, reasons still owed."""

    overall: str
    results: list[dict[str, str]]
    findings: list[Finding]
    missing: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)

    def blocks(self, *, but: tuple[str, ...] = ()) -> list[Finding]:
        """Findings that stop, but for the rules named."""
        return [f for f in self.findings if f.severity in ("BLOCK", "BLOCK_PRODUCT") and f.rule not in but]


def reason_key(rule: str, subject: str) -> str:
    """How a signed reason is stored: `S08:vertex`."""
    return f"{rule}:{subject}" if subject else rule


def evaluate(record: TreatmentSession, stage: str) -> Evaluation:
    """Run the S-rules on every device block and merge: worst severity of each rule and subject (SETTLED 7)."""
    numbers = policy()
    blocks = list(record.blocks.select_related("device", "cartridge", "cartridge__lot").prefetch_related("zones"))
    missing = _missing(blocks)
    general = session_input(record, stage, None)  # asked once, whatever the number of devices
    inputs = [general | block_input(block) for block in blocks if block.zones.all() or (block.cartridge and stage == Stage.START)]
    worst: dict[tuple[str, str], dict[str, str]] = {}
    for given in inputs or [general]:
        answer = session(given, numbers)
        if "errors" in answer:
            missing += [f"{error['path']}: {error['message']}" for error in answer["errors"]]
            continue
        for row in answer["results"]:
            key = (row["rule"], row.get("zone", row.get("product", "")))
            if key not in worst or RANK[row["severity"]] > RANK[worst[key]["severity"]]:
                worst[key] = row
    results = [worst[key] for key in sorted(worst)]
    overall = max((row["severity"] for row in results), key=lambda s: RANK[s], default="OK")
    findings = findings_for({"results": results}, numbers)
    owed = [reason_key(f.rule, f.subject) for f in findings if f.severity == "REASON"]
    return Evaluation(overall, results, findings, missing, [key for key in owed if not record.reasons.get(key)])


def _missing(blocks: list[DeviceBlock]) -> list[str]:
    words = []
    if not blocks:
        words.append("Choose a device.")
    elif any(block.cartridge is None for block in blocks):
        words.append("Choose a cartridge.")
    if not any(block.zones.all() for block in blocks):
        words.append("Enter the depth of one zone at least.")
    return words

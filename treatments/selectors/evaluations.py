"""What the rules say about a record, what is still missing, and what signing needs."""

from dataclasses import dataclass, field
from typing import Any

from clinic.findings import Finding
from treatments.models import DeviceBlock, TreatmentSession
from treatments.rules import RANK, findings_for, session
from treatments.rules.policy import SessionPolicy
from treatments.rules.vocabulary import Stage
from treatments.selectors.courses import policy_of
from treatments.selectors.handovers import signer_of
from treatments.selectors.inputs import block_input, session_input
from treatments.selectors.off_shelf import off_shelf
from treatments.vocabulary import SessionState, Zone


@dataclass(frozen=True)
class Evaluation:
    """The S-rules on a record: results, findings with words, what is not filled in yet, reasons still owed.

    `withdrawn` are findings (`S05`, `S06`, `STOCK`) that stand only because a device, lot or product was taken out of use after it
    had touched skin. It can't be unmade: with a reason, which is signed with the record, they stop neither check-out nor signature (decision 0017).
    `happened` are the same of a record that replaces a mistaken one: the treatment took place before it was written here (decision 0027);
    and S04 of an operator who has left, when another clinician signs (decision 0046).
    `learnt` are S13, S15 and S16 of what is on the patient since the session began, or was before and came up then; each with the key of
    the words about it, which the signature needs (decision 0017).
    """

    overall: str
    results: list[dict[str, str]]
    findings: list[Finding]
    missing: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    learnt: dict[str, str] = field(default_factory=dict)

    def words_key(self, finding: Finding) -> str:
        """Under which key what a person says of this finding is kept with the record."""
        key = reason_key(finding.rule, finding.subject)
        return self.learnt.get(key, key)

    def blocks(self, *, but: tuple[str, ...] = ()) -> list[Finding]:
        """Findings that stop, but for the rules named and for what was explained."""
        stopping = [f for f in self.findings if f.severity in ("BLOCK", "BLOCK_PRODUCT") and f.rule not in but]
        return [f for f in stopping if reason_key(f.rule, f.subject) not in self.explained]


def reason_key(rule: str, subject: str) -> str:
    """How a signed reason is stored: `S08:vertex`."""
    return f"{rule}:{subject}" if subject else rule


def evaluate(record: TreatmentSession, stage: str) -> Evaluation:
    """Run the S-rules on every device block and merge: worst severity of each rule and subject (SETTLED 7)."""
    numbers = policy_of(record)
    blocks = list(record.blocks.select_related("device", "cartridge", "cartridge__lot").prefetch_related("zones"))
    missing = _missing(blocks)
    general = session_input(record, stage, None)  # asked once, whatever the number of devices
    used = [block for block in blocks if block.zones.all() or (block.cartridge and stage == Stage.START)]
    worst, wrong = worst_of([general | block_input(block) for block in used] or [general], numbers)
    worst |= (away := off_shelf(record))
    results = [worst[key] for key in sorted(worst)]
    overall = max((row["severity"] for row in results), key=lambda s: RANK[s], default="OK")
    findings = findings_for({"results": results}, numbers)
    owed = [reason_key(f.rule, f.subject) for f in findings if f.severity == "REASON"]
    withdrawn = _only_withdrawn(record, worst, general, used, numbers)
    withdrawn += sorted(reason_key(*key) for key in away) if record.started_at else []
    happened = _took_place(record, worst, general, used, numbers)
    learnt = _learnt(record, worst, general, numbers)
    given = {key for key in (*owed, *withdrawn, *happened) if record.reasons.get(key)}
    explained = {*withdrawn, *happened} & given | {key for key, words in learnt.items() if record.reasons.get(words)}
    return Evaluation(
        overall, results, findings, [*missing, *wrong], [key for key in owed if key not in given],
        withdrawn, sorted(explained), happened, learnt,
    )  # fmt: skip


Worst = dict[tuple[str, str], dict[str, str]]


def worst_of(inputs: list[dict[str, Any]], numbers: SessionPolicy) -> tuple[Worst, list[str]]:
    """The worst result of each rule and subject over all devices, and what is wrong with the input, in words."""
    worst: Worst = {}
    wrong: list[str] = []
    for given in inputs:
        answer = session(given, numbers)
        if "errors" in answer:
            wrong += [f"{error['path']}: {error['message']}" for error in answer["errors"]]
            continue
        for row in answer["results"]:
            key = (row["rule"], row.get("zone", row.get("product", "")))
            if key not in worst or RANK[row["severity"]] > RANK[worst[key]["severity"]]:
                worst[key] = row
    return worst, wrong


def _only_withdrawn(record: TreatmentSession, worst: Worst, general: dict[str, Any], used: list[DeviceBlock], numbers: SessionPolicy) -> list[str]:
    """Which of S05 and S06 would not stand if nothing had been recalled, set aside or retired since the start."""
    stopping = {key for key in worst if key[0] in ("S05", "S06") and worst[key]["severity"] == "BLOCK"}
    if not record.started_at or not stopping:
        return []
    otherwise, _wrong = worst_of([general | block_input(block, withdrawals=False) for block in used], numbers)
    return sorted(reason_key(*key) for key in stopping - set(otherwise))


def _learnt(record: TreatmentSession, worst: Worst, general: dict[str, Any], numbers: SessionPolicy) -> dict[str, str]:
    """What stops because of what is on this patient, and can't be unmade once the session runs: with the key of the words about it.

    S15 always: it was on the scalp before. S16 but for what can still be mended, which is a gap in what is told of the cream. S13 of what
    is used in the session itself; nobody but who treats knows whether it is on the scalp already, so a reason given for an old patch test
    is not taken for it, and what is meant for later is not explained.
    """
    if record.started_at is None:
        return {}
    stopping = sorted(key for key, row in worst.items() if key[0] in ("S13", "S15", "S16") and row["severity"] in ("BLOCK", "BLOCK_PRODUCT"))
    found: dict[str, str] = {}
    later = {product["id"] for product in general["products"] if product["hoursAfter"] > 0}
    for rule, subject in stopping:
        key = reason_key(rule, subject)
        if rule == "S13" and record.replaces is None and subject not in later:
            found[key] = f"{key} (used)"
        elif rule == "S15" or (rule == "S16" and not _gap_in_numbing(general, numbers)):
            found[key] = key
    return found


def _gap_in_numbing(general: dict[str, Any], numbers: SessionPolicy) -> bool:
    """Whether S16 would stand if nobody were allergic and hardly anything had been put on: then something about the cream is not told."""
    cream = general["anaesthetic"]
    hardly = {key: least for key, least in (("grams", 0.01), ("strengthPercent", 0.1)) if cream.get(key) is not None}
    otherwise, _wrong = worst_of([general | {"allergies": [], "anaesthetic": cream | hardly | {"otherMg12h": 0}}], numbers)
    return any(rule == "S16" for rule, _subject in otherwise)


def _took_place(record: TreatmentSession, worst: Worst, general: dict[str, Any], used: list[DeviceBlock], numbers: SessionPolicy) -> list[str]:
    """What stops, on a record that is written after the treatment: all but what can still be mended in it, which is S26.

    While the treatment still runs that is what the mistaken record held already; what is added now is refused as ever.
    And S04 on one that another clinician signs, because its operator has left since: they were judged when they started (decision 0046).
    """
    if record.started_at is None:
        return []
    if record.replaces is None:
        return ["S04"] if record.ended_at and ("S04", "") in worst and not signer_of(record).is_operator else []
    stopping = [key for key, row in worst.items() if row["severity"] in ("BLOCK", "BLOCK_PRODUCT") and key[0] != "S26"]
    if record.state == SessionState.STARTED and stopping:
        stopping = _held_by(record.replaces, stopping, general, used, numbers)
    return sorted(reason_key(*key) for key in stopping)


def _held_by(mistaken: TreatmentSession, stopping: list[tuple[str, str]], general: dict[str, Any], used: list[DeviceBlock], numbers: SessionPolicy) -> list[tuple[str, str]]:
    """Which of these the mistaken record held already: of its devices, cartridges and zones as they were then, its products and numbing, and the treatment as a whole.

    A device or cartridge that was taken since is judged by itself.
    """
    then = mistaken.blocks.select_related("device", "cartridge__lot").prefetch_related("zones")
    there, _wrong = worst_of([general | block_input(block) for block in then if block.zones.all()], numbers)
    since, _wrong = worst_of([general | block_input(block) for block in used if block.replaces_id is None], numbers)
    names = {"", *mistaken.product_uses.values_list("product__name", flat=True), *mistaken.pre_topicals.values_list("kind", flat=True)}
    numbing = getattr(mistaken, "anaesthetic", None)
    names |= {numbing.product.name if numbing.product else "anaesthetic"} if numbing else set()

    def was_there(rule: str, subject: str) -> bool:
        if rule not in _OF_A_BLOCK and subject not in set(Zone):
            return subject in names
        return _stops(there, rule, subject) and not _stops(since, rule, subject)

    return [key for key in stopping if was_there(*key)]


_OF_A_BLOCK = ("S05", "S06")


def _stops(found: Worst, rule: str, subject: str) -> bool:
    return (rule, subject) in found and found[rule, subject]["severity"] in ("BLOCK", "BLOCK_PRODUCT")


def _missing(blocks: list[DeviceBlock]) -> list[str]:
    words = []
    if not blocks:
        words.append("Choose a device.")
    elif any(block.cartridge is None for block in blocks):
        words.append("Choose a cartridge.")
    if not any(block.zones.all() for block in blocks):
        words.append("Enter the depth of one zone at least.")
    return words

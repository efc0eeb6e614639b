"""What signing needs, and where each gap is mended."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from treatments.models import AdverseEvent, TreatmentSession, ZoneRecord
from treatments.rules.vocabulary import Stage
from treatments.selectors.evaluations import Evaluation, evaluate
from treatments.vocabulary import EventOutcome
from treatments.words import ZONE_WORDS


@dataclass(frozen=True)
class Gap:
    """One line of the checklist: words, whether it is done, the part of the form, and the place that mends it."""

    words: Any
    done: bool
    part: str
    target: str = ""
    hint: Any = ""

    @property
    def href(self) -> str:
        """An address, or a place on this page."""
        return self.target or f"#{self.part}"


def events_that_were(record: TreatmentSession) -> QuerySet[AdverseEvent]:
    """Adverse events of a session, but for those closed as recorded by mistake: these answer no question."""
    return record.adverse_events.exclude(outcome_kind=EventOutcome.NO_EVENT)


def checklist(record: TreatmentSession, found: Evaluation | None = None) -> list[Gap]:
    """What signing needs. `found` is the evaluation at sign-off, if it is known already."""
    found = found or evaluate(record, Stage.SIGNOFF)
    rules = {f.rule for f in found.blocks()}
    zones = [zone for block in record.blocks.prefetch_related("zones") for zone in block.zones.all()]
    return [
        Gap(_("Asked today whether anything changed"), "S01" not in rules, "rescreen"),
        Gap(_("Cleared for today"), "S02" not in rules, "rescreen", _page("patients:screening", record, "S02" in rules)),
        Gap(_("Consent in force"), "S03" not in rules, "rescreen", _page("patients:consent", record, "S03" in rules)),
        Gap(_("Device and cartridge"), not (rules & {"S05", "S06"}) and not found.missing, "device"),
        _zones_gap(zones),
        Gap(_("Products allowed"), not (rules & {"S13", "S14", "S15", "S16", "STOCK"}), "topicals"),
        Gap(_("Adverse events: recorded, or “none”"), record.no_adverse_event or events_that_were(record).exists(), "reactions", "#id_no_adverse_event"),
        Gap(_("Written aftercare given"), record.aftercare_delivered, "aftercare", "#id_aftercare_delivered"),
        Gap(_("Sharps and cleaning"), record.sharps_and_cleaning_confirmed, "aftercare", "#id_sharps_and_cleaning_confirmed"),
        Gap(_("Start and end"), bool(record.started_at and record.ended_at), "actions"),
        _reasons_gap(found),
    ]


def _page(name: str, record: TreatmentSession, wanted: bool) -> str:
    return reverse(name, args=[record.patient.uuid]) if wanted else ""


def _zones_gap(zones: list[ZoneRecord]) -> Gap:
    """To the first field that is empty."""
    words = _("Every zone with passes and endpoint")
    for zone in zones:
        for kind, said in (("passes", zone.passes), ("endpoint", zone.endpoint)):
            if not said:
                return Gap(words, False, "scalp", f"#id_{kind}_{zone.zone}", ZONE_WORDS[zone.zone])  # type: ignore[index]
    return Gap(words, bool(zones), "scalp")


def _reasons_gap(found: Evaluation) -> Gap:
    """To the first reason that is owed."""
    owed = found.owed[0] if found.owed else ""
    return Gap(_("Reasons given"), not owed, "findings", f"#reason-{slugify(owed)}" if owed else "", owed.replace("_", " "))

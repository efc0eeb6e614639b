"""The clinic's own words of a step, filled for one plan: a closed list of names, substituted once."""

from django.utils.translation import gettext as _

from aftercare.models import Plan, ProtocolStep
from aftercare.rules.wording import fill, paragraphs
from aftercare.selectors.instructions import Instructions
from clinic.models import Site


def names_of(plan: Plan, instructions: Instructions) -> dict[str, str]:
    """The values of the closed list of names for one plan."""
    site: Site = plan.site
    times = {wait.code: wait.shown for wait in instructions.waits}
    return {
        "first_name": plan.patient.first_name,
        "clinic": site.clinic.name,
        "site": site.name,
        "phone": site.phone,
        "emergency_number": site.emergency_number,
        "ended": instructions.ended_shown,
        "wash_from": times["wash"],
        "products_from": times["products"],
        "minoxidil_from": times.get("minoxidil") or _by_a_prescriber(instructions),
        "sun_from": times["sun"],
        "sweat_from": times["sweat"],
    }


def _by_a_prescriber(instructions: Instructions) -> str:
    return _("when your prescriber allows it, and not before") if instructions.ask_about_minoxidil else _("the time that your prescriber told you")


def opening_of(step: ProtocolStep, plan: Plan, known: Instructions, *, language: str) -> list[str]:
    """A step's own words for a plan, as paragraphs; none where nothing is written in the language."""
    text = step.wording.get(language, "").strip()
    if not text:
        return []
    values = names_of(plan, known)
    return [fill(block, values) for block in paragraphs(text)]

"""What has changed since a patient was told, in a patient's words: it opens a corrected mail, and stands on its web copy."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from aftercare.models import Plan, Replan
from aftercare.rules.aftercare import Change, Done, what_changed
from aftercare.selectors.instructions import Instructions, care_policy, done_in


def change_words(changes: Iterable[Change], now: Instructions) -> list[str]:
    """What is different, in a patient's words."""
    if now.ask_about_minoxidil:  # no time for it is given, and no word of a prescriber: that has not changed
        changes = [change for change in changes if change not in (Change.MINOXIDIL_WAITS, Change.MINOXIDIL_FREE)]
    until = next((wait.shown for wait in now.waits if wait.code == "minoxidil"), "")
    names = ", ".join(now.applied)
    words = {
        Change.DEEPER: _("Your treatment went deeper than we first wrote. Your scalp can be more tender."),
        Change.LESS_DEEP: _("Your treatment was less deep than we first wrote."),
        Change.MINOXIDIL_WAITS: _("Minoxidil, if you use it: please wait until %(when)s.") % {"when": until},
        Change.MINOXIDIL_FREE: _("Minoxidil: as your prescriber told you."),
        Change.ON_THE_SCALP: _("On your scalp since the visit: %(names)s. Leave it there until you wash.") % {"names": names}
        if names
        else _("Nothing was left on your scalp that has to stay there until you wash."),
        Change.MINOXIDIL_APPLIED: _("Minoxidil was put on your scalp. Please read again when to call for help."),
    }
    return [words[change] for change in changes]


def corrections(plan: Plan, now: Instructions, *, replan: Replan | None = None) -> list[str]:
    """What has changed since a patient was told, for the corrected mail and its web copy. Empty when nothing has, or no mail said so."""
    found = replan or plan.replans.filter(message__isnull=False).order_by("-at", "-pk").first()
    if found is None:
        return []
    return change_words(what_changed(Done.from_json(found.told), done_in(plan), care_policy(plan.protocol)), now)

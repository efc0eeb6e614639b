"""Who treats: a colleague's session is taken over by name, never by opening its page (SECURITY, session drafts; decision 0029)."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from treatments import selectors
from treatments.models import TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.services.drafts import locked_session
from treatments.services.errors import Blocked
from treatments.vocabulary import SessionState


def take_over_session(*, record: TreatmentSession, staff: Staff, by: Actor, at: datetime) -> TreatmentSession:
    """From here on `staff` is the operator: judged by S04, and the one who signs. Who it was before stays in the history.

    A page that is open elsewhere is told at its next save. Raises NotOpen once the session has ended, Refused for the operator
    themself, Blocked for a colleague who may not go on with a session that runs (S04).
    """
    with audit.write(by=by, action=selectors.TAKE_OVER):
        locked = locked_session(record, SessionState.DRAFT, SessionState.STARTED)
        if locked.operator_id == staff.pk:
            raise Refused(_("This session is yours already."))
        locked.operator = staff
        locked.version, locked.saved_at, locked.saved_by, locked.saved_tab = locked.version + 1, at, by.name[:160], ""
        if locked.state == SessionState.STARTED:
            found = selectors.evaluate(locked, Stage.CHECKOUT)
            unfit = [finding for finding in found.findings if finding.rule == "S04"]
            if unfit:
                raise Blocked(_("You can’t go on with this session."), unfit, [], [])
        locked.save(update_fields=["operator", "version", "saved_at", "saved_by", "saved_tab"])
    return locked


def check_operator(record: TreatmentSession, by: Actor) -> None:
    """The one who starts is the one whom the record names and S04 judges. Raises Blocked."""
    if by.staff_id is not None and by.staff_id != record.operator_id:
        words = _("This is %(name)s’s session. Take it over first, if you are the one who treats.")
        raise Blocked(words % {"name": record.operator.display_name}, [], [], [])

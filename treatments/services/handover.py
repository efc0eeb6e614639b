"""Who treats, and who signs for one who has left: taken over by name, never by opening a page (SECURITY, session drafts; decisions 0029, 0046)."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Staff
from clinic.roles import Role
from treatments import selectors
from treatments.models import SignatureHandover, TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.services.content import canonical, content_of
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


def take_over_signature(*, record: TreatmentSession, staff: Staff, reason: str, by: Actor, at: datetime) -> SignatureHandover:
    """An ended record whose signer has left is signed by `staff`, who says why and how they know what was done.

    The operator stays the operator; the record as they left it is kept word for word. Once the operator is there again, they sign.
    Raises Refused while somebody can sign, and NotOpen before the end or after the signature.
    """
    with audit.write(by=by, action="session.take_over_signature", reason=reason):
        locked = locked_session(record, SessionState.ENDED)
        signer = selectors.signer_of(locked)
        if not signer.has_left:
            words = _("You sign this record already.") if signer.staff_id == staff.pk else _("%(name)s can still sign this record.") % {"name": signer.name}
            raise Refused(words)
        if Role.CLINICIAN not in by.roles:
            raise Refused(_("Only a clinician signs a record."))
        if not reason.strip():
            raise Refused(_("Say why, and how you know what was done."), field="handover_reason")
        content = canonical(content_of(locked, locked.operator, at, cosign=locked.site.clinic.cosign_records))
        return SignatureHandover.objects.create(
            session=locked, before_id=signer.staff_id, before_name=signer.name, to=staff, to_name=staff.display_name, reason=reason.strip()[:500], content=content, at=at
        )

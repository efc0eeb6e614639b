"""Steps of a session record: copy, start, change cartridge, end, sign."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.errors import Refused
from clinic.permissions import allow
from clinic.requests import HttpRequest
from patients import services as people
from treatments import selectors, services
from treatments.forms import BlockForm, EndForm
from treatments.models import SessionPreset, TreatmentSession
from treatments.views.fresh import ask_again
from treatments.views.page import again, form_of, page, record_of, saved_if_sent, staff_of, stopped
from treatments.vocabulary import Zone
from treatments.words import ZONE_WORDS


@allow(POST="session:draft")
def copy_last(request: HttpRequest, session: str) -> HttpResponse:
    """Settings of the last session; never cartridge, photos, events or signature."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    try:
        last = selectors.settings_to_copy(record)
        services.copy_last(record=record, version=record.version, by=request.actor, at=timezone.now())
    except Refused as refusal:
        return stopped(request, record, refusal)
    if last is not None:
        _say_copied(request, record, last)
    return again(record, "scalp")


def _say_copied(request: HttpRequest, record: TreatmentSession, last: selectors.LastSettings) -> None:
    """What is copied, by name; and that the depths were set for more than one device."""
    words = {"number": last.number, "device": last.devices[-1].name, "zones": ", ".join(str(ZONE_WORDS[Zone(zone.zone)]) for zone in last.zones)}
    if not last.zones:
        messages.warning(request, _("Session %(number)s has no zones. Only its device is copied: %(device)s.") % words)
    elif record.started_at:
        messages.success(request, _("Settings copied from session %(number)s: %(zones)s. Check each zone.") % words)
    else:
        messages.success(request, _("Settings copied from session %(number)s: %(device)s; %(zones)s. Choose a new cartridge and check each zone.") % words)
    if last.zones and len(last.devices) > 1:
        names = ", ".join(device.name for device in last.devices)
        messages.warning(request, _("Session %(number)s used more than one device: %(names)s. Check each depth against the device that you use now.") % (words | {"names": names}))


@allow(POST="session:draft")
def undo_copy(request: HttpRequest, session: str) -> HttpResponse:
    """One step back: what the copying changed is as it was, what was typed since stays."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    try:
        services.undo_copy(record=record, version=record.version, by=request.actor, at=timezone.now())
    except Refused as refusal:
        return stopped(request, record, refusal)
    messages.success(request, _("Undone: the settings are as they were before."))
    return again(record, "scalp")


@allow(POST="session:draft")
def apply_preset(request: HttpRequest, session: str) -> HttpResponse:
    """Depth and passes of one of the clinician's own presets."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    preset = _own_preset(request, request.POST.get("preset", ""))
    try:
        services.apply_preset(record=record, version=record.version, preset=preset, by=request.actor, at=timezone.now())
    except Refused as refusal:
        return stopped(request, record, refusal)
    messages.success(request, _("“%(name)s” is applied. Check each zone.") % {"name": preset.name})
    return again(record, "scalp")


@allow(POST="session:draft")
def keep_preset(request: HttpRequest, session: str) -> HttpResponse:
    """This record's depths and passes under a name."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    try:
        preset = services.save_preset(record=record, name=request.POST.get("preset_name", "")[:60], staff=staff_of(request), by=request.actor)
    except Refused as refusal:
        return stopped(request, record, refusal, preset_error=refusal.message)
    messages.success(request, _("Kept as “%(name)s”.") % {"name": preset.name})
    return again(record, "scalp")


@allow(POST="session:draft")
def remove_preset(request: HttpRequest, session: str) -> HttpResponse:
    """It is not offered any more."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    services.delete_preset(preset=_own_preset(request, request.POST.get("preset", "")), by=request.actor)
    messages.success(request, _("The preset is removed."))
    return again(record, "scalp")


def _own_preset(request: HttpRequest, uuid: str) -> SessionPreset:
    """One of the clinician's own; anybody else's is the same as none (R07)."""
    try:
        return selectors.presets_of(request.actor.staff_id).get(uuid=uuid)
    except (SessionPreset.DoesNotExist, ValidationError) as error:
        raise Http404 from error


@allow(POST="rescreen:record")
def nothing_changed(request: HttpRequest, session: str) -> HttpResponse:
    """Asked at the chair, answered “no”: noted for today (S01)."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    at = timezone.now()
    people.record_rescreen(patient=record.patient, on=record.site.today(at), changed=False, words="", by=request.actor, at=at)
    messages.success(request, _("Noted for today: nothing has changed."))
    return again(record, "rescreen")


@allow(POST="session:draft")
def take_over(request: HttpRequest, session: str) -> HttpResponse:
    """Whoever presses is the operator from now on."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    before = record.operator.display_name
    try:
        services.take_over_session(record=record, staff=staff_of(request), by=request.actor, at=timezone.now())
    except Refused as refusal:
        return stopped(request, record, refusal)
    messages.success(request, _("You have taken this session over from %(name)s. You treat, and you sign.") % {"name": before})
    return again(record)


@allow(POST="session:draft")
def start(request: HttpRequest, session: str) -> HttpResponse:
    """The needle may touch the skin."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    try:
        services.start_session(record=record, by=request.actor, at=timezone.now())
    except Refused as refusal:
        return stopped(request, record, refusal)
    messages.success(request, _("Started."))
    return again(record, "scalp")


@allow(POST="session:draft")
def change_block(request: HttpRequest, session: str) -> HttpResponse:
    """Another device or cartridge in mid-session."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    at = timezone.now()
    form = BlockForm(request.POST, record=record, today=record.site.today(at))
    if not form.is_valid():
        return page(request, record, form_of(record), 422, block_form=form)
    device, cartridge, seal = (form.cleaned_data[name] for name in ("new_device", "new_cartridge", "new_seal_intact"))
    try:
        services.change_block(record=record, device=device, cartridge=cartridge, seal_intact=seal, by=request.actor, at=at)
    except Refused as refusal:
        return stopped(request, record, refusal, block_form=form)
    messages.success(request, _("Changed. Record the zones treated from now on; the earlier ones stay."))
    return again(record)


@allow(POST="session:draft")
def end(request: HttpRequest, session: str) -> HttpResponse:
    """Check-out."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    at, form = timezone.now(), EndForm(request.POST)
    if not form.is_valid():
        return page(request, record, form_of(record), 422, end_form=form)
    try:
        services.end_session(record=record, ended_at=form.cleaned_data["ended_at"] or at, by=request.actor, at=at)
    except Refused as refusal:
        if refusal.field:
            form.add_error(refusal.field, refusal.message)
        return stopped(request, record, refusal, end_form=form)
    messages.success(request, _("Ended. The aftercare is planned now."))
    return again(record, "checklist")


@allow(POST="session:sign")
def take_over_signature(request: HttpRequest, session: str) -> HttpResponse:
    """Of an ended record whose signer has left: whoever presses signs it in their place, with a reason.

    What they had typed is saved after that, as theirs: the record as it was left is kept without it.
    """
    record, reason = record_of(request, session), request.POST.get("handover_reason", "")
    try:
        row = services.take_over_signature(record=record, staff=staff_of(request), reason=reason, by=request.actor, at=timezone.now())
    except Refused as refusal:
        beside = {"handover_error": refusal.message, "handover_reason": reason} if refusal.field else {}
        return stopped(request, record, refusal, typed=True, **beside)
    record, answer = saved_if_sent(request, record)
    if answer is not None:
        return answer
    messages.success(request, _("You sign this record in place of %(name)s. Check it first.") % {"name": row.before_name})
    return again(record, "checklist")


@allow(POST="session:sign")
def sign(request: HttpRequest, session: str) -> HttpResponse:
    """Sign & lock, by the operator, freshly signed in."""
    record, answer = saved_if_sent(request, record_of(request, session))
    if answer is not None:
        return answer
    if (answer := ask_again(request, reverse("treatments:session", args=[record.uuid]))) is not None:
        return answer
    try:
        services.sign_session(record=record, signer=staff_of(request), by=request.actor, at=timezone.now())
    except Refused as refusal:
        return stopped(request, record, refusal)
    messages.success(request, _("Signed and locked."))
    return again(record)

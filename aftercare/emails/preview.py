"""A step's mail looked at before it is in force: with a real patient's plan, or with an invented one. Nothing is kept."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation

from aftercare.emails.compose import step_mail
from aftercare.models import Plan, ProtocolStep
from aftercare.rules.aftercare import Treated
from aftercare.selectors.instructions import Instructions, care_policy, instructions_from, instructions_of
from clinic.models import Site
from clinic.outbox.kinds import Mail
from patients.models import Patient

EXAMPLE_NAME = ("Alex", "Example")


def step_time(step: ProtocolStep, ended_at: datetime) -> datetime:
    """About when a step would go, for a look at it."""
    if step.offset_days is None:
        return ended_at + timedelta(hours=step.offset_hours)
    return ended_at + timedelta(days=step.offset_days)


def preview_step(step: ProtocolStep, plan: Plan, *, language: str, full: bool) -> Mail:
    """The mail of a step for a real plan, as at the time of the step. Without `full`: nothing out of the record.

    A manager may see who, and the times; depth and products belong to the record and are left out.
    """
    at = step_time(step, plan.ended_at)
    with translation.override(language):
        known = instructions_of(plan, at=at)
        shown = known if full else _without_record(known)
        return step_mail(step, plan, f"{settings.PUBLIC_URL}/l/…/", language=language, at=at, instructions=shown)


def _without_record(known: Instructions) -> Instructions:
    return Instructions(known.ended_at, known.ended_shown, known.waits, known.minoxidil_by_prescriber, known.ask_about_minoxidil, wash_shown=known.wash_shown)


def example_mail(step: ProtocolStep, site: Site, *, language: str, at: datetime) -> Mail:
    """The mail of a step for an invented patient whose session ended so long ago that the step is due now."""
    plan = _example_plan(site, ended_at=at - (step_time(step, at) - at), language=language)
    deepest = step.min_depth_hundredths or 0
    treated = Treated(plan.ended_at, deepest, frozenset(step.product_kinds))
    with translation.override(language):
        known = instructions_from([treated], zone=plan.zone, at=at, policy=care_policy(step.protocol))
        return step_mail(step, plan, f"{settings.PUBLIC_URL}/l/…/", language=language, at=at, instructions=known)


def _example_plan(site: Site, *, ended_at: datetime, language: str) -> Plan:
    given, family = EXAMPLE_NAME
    patient = Patient(site=site, given_name=given, family_name=family, language=language, mail_mode="full")
    return Plan(patient=patient, site=site, ended_at=ended_at, zone=site.zone)

"""`manage.py seed_demo --patients N --seed S`: the demo clinic, deterministic at any size."""

import random
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from clinic import audit
from clinic.audit import Actor
from clinic.models import Clinic, Site
from desk.demo import chart, elsewhere, front, lists, live, past, people, photos, post, shelf, unusual
from desk.demo.house import build_house


class Command(BaseCommand):
    """Fills an empty database; leaves one with a clinic alone."""

    help = "Load the demo clinic."

    def add_arguments(self, parser: CommandParser) -> None:
        """Size and seed."""
        parser.add_argument("--patients", type=int, default=200)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--photos", type=int, default=12 if settings.DEMO else 0, help="patients with drawn photos")

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress shows while it works."""
        if settings.PRODUCTION:
            raise CommandError("The demo is not for production.")
        if options["patients"] < 20:
            raise CommandError("The demo needs at least 20 patients.")
        if Clinic.objects.exists():
            front.wall_code(by=Actor.of_command("seed_demo"), at=timezone.now())
            self.stdout.write("There is a clinic already; nothing was changed.")
            return
        began, by, at = time.monotonic(), Actor.of_command("seed_demo"), timezone.now()
        with transaction.atomic():  # all of it or nothing: where a clinic is, nothing is added
            site = self._fill(options, by=by, at=at)
            unusual.add_unusual(site, by=by, at=at)
        self.stdout.write(f"demo clinic ready in {time.monotonic() - began:.1f} s")

    def _fill(self, options: dict[str, Any], *, by: Actor, at: datetime) -> Site:
        """A clinic in its everyday, written in bulk."""
        dice = random.Random(options["seed"])
        with audit.write(by=by, action="demo.seed"):
            site = build_house(by=by, at=at)
            self.stdout.write("clinic, staff, rooms, stock")
            patients = people.make_patients(site, options["patients"], dice, at)
            people.give_answers(patients, dice, at)
            self.stdout.write(f"{len(patients)} patients with their answers")
            fresh = live.answered(patients)[:4]
            rest = [patient for patient in patients if patient not in fresh]
            self.stdout.write(f"{people.give_history(site, rest, dice, at)} sessions over a year")
            live.plan_live(site, fresh, by=by, at=at)
            booked = live.fill_calendar(site, rest[:150], dice, by=by, at=at)
            past.past_visits(site, dice, at)
            unusual.stop_courses(at=at)
            lists.fill_lists(site, at, by=by)
            front.offer_a_time(site, by=by, at=at)
            shelf.fill_shelf(site, rest, by=by, at=at)
            elsewhere.bring_record(site, at)
            chart.fill_chart(site, rest, by=by, at=at)
            front.type_in_paper(at=at)
            front.note_elsewhere(at=at)
            post.lock_a_link(by=by, at=at)
            post.bring_back(rest, at=at)
            front.wall_code(by=by, at=at)
            self.stdout.write(f"{photos.give_photos(rest, options['photos'], by=by, at=at)} drawn photos")
            self.stdout.write(f"{booked} visits, today and in the next days; recalls and a waiting list")
        return site

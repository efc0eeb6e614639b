"""`manage.py setup_clinic`: the first manager, site and hours of a real clinic."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.roles import Role
from clinic.staffing import invite_staff, set_up_clinic


class Command(BaseCommand):
    """Run once on an empty database. The manager then sets a password from “Forgot your password?”."""

    help = "Create the clinic, its first site (Monday to Friday) and its first manager."

    def add_arguments(self, parser: CommandParser) -> None:
        """All that a first day needs."""
        for name, words in (
            ("clinic", "name of the clinic"),
            ("site", "name of the first site"),
            ("phone", "number that patients call"),
            ("manager-email", "address of the first manager"),
            ("manager-name", "name of the first manager"),
        ):
            parser.add_argument(f"--{name}", required=True, help=words)
        parser.add_argument("--zone", default="Europe/London", help="IANA zone, e.g. Europe/London")
        parser.add_argument("--opens", default="09:00")
        parser.add_argument("--closes", default="17:30")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line says what is there now and what comes next."""
        by, at = Actor.of_command("setup_clinic"), timezone.now()
        try:
            site = set_up_clinic(
                name=options["clinic"],
                site_name=options["site"],
                zone=options["zone"],
                phone=options["phone"],
                opens=time.fromisoformat(options["opens"]),
                closes=time.fromisoformat(options["closes"]),
                by=by,
                at=at,
            )
        except (Refused, ValueError, ValidationError) as error:
            raise CommandError(str(error)) from error
        invite_staff(
            email=options["manager_email"],
            name=options["manager_name"],
            title="",
            roles=[Role.MANAGER],
            sites=[site],
            by=by,
            at=at,
        )
        self.stdout.write(f"{site.clinic.name}, {site.name} is ready. {options['manager_email']} sets a password at")
        self.stdout.write("/accounts/password/reset/ and then a second factor.")

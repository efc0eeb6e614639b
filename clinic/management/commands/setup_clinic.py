"""`manage.py setup_clinic`: the first manager, site and hours of a real clinic."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.invitations import INVITATION_DAYS, mint_url
from clinic.models import Site, StaffInvitation
from clinic.roles import Role
from clinic.staffing import Duties, invite_staff, set_up_clinic


class Command(BaseCommand):
    """Run once on an empty database. Prints a link by which the manager chooses a password; mail need not work yet."""

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
        parser.add_argument("--emergency-number", default="999", help="what patients call when life is in danger")
        parser.add_argument("--opens", default="09:00")
        parser.add_argument("--closes", default="17:30")

    def handle(self, *args: Any, **options: Any) -> None:
        """All or nothing; then one line on what is there and one on what comes next."""
        try:
            with transaction.atomic():
                site, invitation = self._set_up(options)
        except ValidationError as error:
            fields = error.message_dict.items() if hasattr(error, "error_dict") else [("", error.messages)]
            raise CommandError("; ".join(f"{name} {' '.join(words)}".strip() for name, words in fields)) from error
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{site.clinic.name}, {site.name} is ready.")
        self.stdout.write(f"{invitation.staff.name} opens this once, within {INVITATION_DAYS} days, and chooses a password:")
        self.stdout.write(mint_url(invitation))

    @staticmethod
    def _set_up(options: dict[str, Any]) -> tuple[Site, StaffInvitation]:
        by, at = Actor.of_command("setup_clinic"), timezone.now()
        try:
            opens, closes = time.fromisoformat(options["opens"]), time.fromisoformat(options["closes"])
        except ValueError as error:
            raise CommandError("--opens and --closes are times such as 09:00.") from error
        if closes <= opens:
            raise CommandError("--closes must be later than --opens.")
        site = set_up_clinic(
            name=options["clinic"], site_name=options["site"], zone=options["zone"], phone=options["phone"],
            emergency_number=options["emergency_number"], opens=opens, closes=closes, by=by, at=at,
        )  # fmt: skip
        manager = Duties(name=options["manager_name"].strip(), title="", roles=(Role.MANAGER.value,), sites=(site.pk,))
        return site, invite_staff(email=options["manager_email"].strip().lower(), duties=manager, by=by, at=at, mail=False)

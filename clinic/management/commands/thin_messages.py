"""`manage.py thin_messages`: remove addresses and details of mail that ended long ago. The clinic says how long (*How mail leaves*)."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.audit import Actor
from clinic.outbox import retention


class Command(BaseCommand):
    """The daily task does the same. What went, when and why stays."""

    help = "Remove addresses and details of finished messages that are older than the clinic keeps them."

    def add_arguments(self, parser: CommandParser) -> None:
        """--dry-run counts what a run would do."""
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
        parser.add_argument("--at", default="", help="as of this instant, e.g. 2026-03-02T14:30+00:00 (not in the future)")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line."""
        found = retention.sweep(at=_instant(options["at"]), by=Actor.of_command("thin_messages"), dry_run=options["dry_run"])
        if found.days is None:
            self.stdout.write("Everything is kept for good: the clinic has set no number of days.")
        elif not found.rows:
            self.stdout.write(f"Nothing is due: no finished message is older than {found.days} days and still has its address.")
        else:
            does, parts = "Would remove" if options["dry_run"] else "Removed", ", ".join(f"{scope} {count}" for scope, count in found.scopes)
            messages = "1 message" if found.rows == 1 else f"{found.rows} messages"
            self.stdout.write(f"{does} the address and details of {messages} that ended more than {found.days} days ago ({parts}).")


def _instant(words: str) -> datetime:
    """Raises CommandError for what is no instant, or lies ahead: that would remove what is not due."""
    now = timezone.now()
    try:
        at = datetime.fromisoformat(words) if words else now
    except ValueError as error:
        raise CommandError("--at is an instant such as 2026-03-02T14:30+00:00.") from error
    if at.tzinfo is None:
        raise CommandError("--at needs its zone, such as +00:00.")
    if at > now:
        raise CommandError("--at lies in the future.")
    return at

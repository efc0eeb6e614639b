"""`manage.py verify_records`: recompute the hashes of all signed records (R52)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from treatments.services import broken_records


class Command(BaseCommand):
    """Exit 1 and one line a record that was changed."""

    help = "Check that no signed record was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare."""
        wrong = broken_records()
        if wrong:
            raise CommandError("Changed since signing:\n" + "\n".join(wrong))
        self.stdout.write("All signed records are as they were signed.")

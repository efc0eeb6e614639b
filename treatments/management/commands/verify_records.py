"""`manage.py verify_records`: recompute the hashes of all signed records, and compare what stands beside their content (R52)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from treatments.services import broken_records
from treatments.services.chain import uncompared


class Command(BaseCommand):
    """Exit 1 and one line a record that was changed. What older records do not hold, and so can't be compared, is said."""

    help = "Check that no signed record was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare."""
        wrong = broken_records()
        unknown = uncompared()
        for words, number in unknown.items():
            self.stdout.write(f"Can’t be compared, for the content of {number} older record{'' if number == 1 else 's'} does not say it: {words}.")
        if wrong:
            raise CommandError("Changed since signing:\n" + "\n".join(wrong))
        self.stdout.write(f"All signed records are as they were signed{', as far as they can be compared' if unknown else ''}.")

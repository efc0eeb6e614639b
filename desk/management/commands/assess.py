"""`manage.py assess < case.json`: run the clinical rules on facts from standard input, without a database."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand

from desk.assessment import assess


class Command(BaseCommand):
    """Prints the result, or the list of results, as JSON. Exit 2 if any result is an error object."""

    help = "Run the eligibility, session or check-in rules on JSON from standard input."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Read all of standard input, answer once."""
        assessment = assess(sys.stdin.buffer.read())
        self.stdout.write(json.dumps(assessment.output, allow_nan=False))
        if assessment.bad:
            sys.exit(2)

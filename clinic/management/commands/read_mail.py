"""`manage.py read_mail`: bounces, complaints and replies, from standard input (a pipe of the mail server) or a maildir."""

import mailbox
import signal
import sys
from collections import Counter
from email.generator import BytesGenerator
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from clinic.outbox import inbox
from clinic.stopping import Stop


class Command(BaseCommand):
    """What was understood leaves `new/` for `cur/`; while the database is away everything stays where it is."""

    help = "Read bounces, complaints and replies."

    def add_arguments(self, parser: CommandParser) -> None:
        """One mail on standard input, or all that is new in a maildir, once or in a loop."""
        parser.add_argument("--to", default="", help="the address it was delivered to, as the mail server knows it")
        parser.add_argument("--maildir", help="a maildir instead of standard input")
        parser.add_argument("--loop", action="store_true", help="look again until told to stop")
        parser.add_argument("--every", type=float, default=60.0, help="seconds between looks")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 75 (try again later) for a pipe when the database is away, as mail servers expect."""
        if not options["maildir"]:
            self._one(options["to"])
            return
        folder = Path(options["maildir"])
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        stop = Stop(signal.SIGTERM, signal.SIGINT)
        while not stop.is_set():
            self._all(mailbox.Maildir(str(folder), create=False), stop)
            if not options["loop"]:
                return
            close_old_connections()
            stop.wait(options["every"])

    def _one(self, to: str) -> None:
        try:
            word = inbox.read(sys.stdin.buffer.read(inbox.MOST_BYTES + 1), to=to, at=timezone.now())
        except Error:
            raise CommandError("The database is away.", returncode=75) from None
        self.stdout.write(word)

    def _all(self, box: mailbox.Maildir, stop: Stop) -> None:
        totals: Counter[str] = Counter()
        try:
            for key in sorted(box.keys()):
                message = box.get_message(key)
                if stop.is_set() or message.get_subdir() != "new":
                    continue
                raw = BytesIO()
                BytesGenerator(raw, mangle_from_=False).flatten(message)
                totals[inbox.read(raw.getvalue(), at=timezone.now())] += 1
                message.set_subdir("cur")
                message.add_flag("S")
                box[key] = message
        except Error as error:
            self.stderr.write(f"the database is away: {type(error).__name__}")
        if totals:
            self.stdout.write(" ".join(f"{word}={count}" for word, count in sorted(totals.items())))

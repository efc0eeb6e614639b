"""A record from elsewhere: read whole or not at all, then taken over one by one, by the ordinary services."""

from patients.services.brought.reading import MOST_BYTES, BundleWrong, ReadBefore, read_record
from patients.services.brought.taking import AlreadyDecided, Choice, NotAcceptable, accept_proposal, put_aside

__all__ = ["MOST_BYTES", "AlreadyDecided", "BundleWrong", "Choice", "NotAcceptable", "ReadBefore", "accept_proposal", "put_aside", "read_record"]

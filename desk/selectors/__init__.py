"""Every read across the rooms."""

from desk.selectors.overview import overview
from desk.selectors.timeline import KINDS, Page, timeline
from desk.selectors.to_look_at import to_look_at
from desk.selectors.today import board, coming_lines, never_ended, unsigned_records

__all__ = ["KINDS", "Page", "board", "coming_lines", "never_ended", "overview", "timeline", "to_look_at", "unsigned_records"]

"""Every read across the rooms."""

from desk.selectors.overview import overview
from desk.selectors.timeline import KINDS, Page, timeline
from desk.selectors.today import board, coming_lines, unsigned_records

__all__ = ["KINDS", "Page", "board", "coming_lines", "overview", "timeline", "unsigned_records"]

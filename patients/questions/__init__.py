"""The intake's questions as data: pages of questions with their follow-ups (RULES section 2; keys of SCHEMA 2.3–2.5)."""

from patients.questions.model import FollowUp, Page, Question
from patients.questions.pages import PAGES, pages_for

__all__ = ["PAGES", "FollowUp", "Page", "Question", "pages_for"]

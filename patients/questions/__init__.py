"""The intake's questions as data: pages of questions with their follow-ups (RULES section 2; keys of SCHEMA 2.3–2.5)."""

from patients.questions.model import FollowUp, Page, Question
from patients.questions.pages import PAGES, QUESTIONS, pages_for
from patients.questions.walk import CHANGES, Step

__all__ = ["CHANGES", "PAGES", "QUESTIONS", "FollowUp", "Page", "Question", "Step", "pages_for"]

"""The pages of a check-in: questions, red flags, and the way through them."""

from aftercare.pages.flags import FLAGS, WHEN_USED
from aftercare.pages.questions import BY_NAME, PAGES, Answers, Option, Page, Words
from aftercare.pages.walk import (
    answers_of,
    asked_so_far,
    first_missing,
    flags_not_reached,
    hair_count_of,
    next_page,
    page_before,
    page_to_show,
    pages_for,
    progress,
    questions_of,
    satisfaction_of,
    unsure_questions,
    with_page,
)

__all__ = [
    "BY_NAME",
    "FLAGS",
    "PAGES",
    "WHEN_USED",
    "Answers",
    "Option",
    "Page",
    "Words",
    "answers_of",
    "asked_so_far",
    "first_missing",
    "flags_not_reached",
    "hair_count_of",
    "next_page",
    "page_before",
    "page_to_show",
    "pages_for",
    "progress",
    "questions_of",
    "satisfaction_of",
    "unsure_questions",
    "with_page",
]

"""The pages, in the order in which they are asked."""

from patients.questions import body, skin
from patients.questions.model import Page, Question

PAGES: tuple[Page, ...] = (
    body.ABOUT, body.TODAY, skin.SKIN, skin.HAIR, skin.PATTERN, skin.SUN, body.PREGNANCY, body.BLOOD, body.MEDICINES, body.ALLERGIES,
    body.TREATMENTS, body.HEALTH, body.HOPES,
)  # fmt: skip
QUESTIONS: dict[str, Question] = {question.key: question for page in PAGES for question in page.every}


def pages_for(sex: str) -> tuple[Page, ...]:
    """The pages that this patient is asked."""
    return tuple(page for page in PAGES if page.not_for != sex)

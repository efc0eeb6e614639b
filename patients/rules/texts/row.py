"""One row of words. Curly brackets name a number of the policy, so that the text shows what this clinic runs."""

from dataclasses import asdict

from clinic.findings import RuleText
from patients.rules.policy import EligibilityPolicy


def in_numbers(text: RuleText, policy: EligibilityPolicy) -> RuleText:
    """The row with the numbers of `policy` written in."""
    numbers = {
        name: f"{value:g}" if isinstance(value, int | float) else value for name, value in asdict(policy).items()
    }
    return RuleText(
        id=text.id,
        title=text.title,
        words=policy.words.get(text.id, text.words).format(**numbers),
        source=text.source,
        threshold=text.threshold.format(**numbers),
        lifts=text.lifts.format(**numbers),
        proposed=text.proposed,
        question=text.question,
    )

"""Password rules beside Django's own: 12–128 characters, no composition rule, no words of the house (R25)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clinic.models import Clinic

_ROWS = ("1234567890", "0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_CONTEXT_WORDS = ("anagen", "microneedling", "dermatology", "hairclinic")


class MaximumLengthValidator:
    """At most 128 characters, so that hashing can't be used to slow the house down."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a longer one."""
        if len(password) > 128:
            raise ValidationError(_("Use at most 128 characters."), code="password_too_long")

    def get_help_text(self) -> str:
        """What the form says."""
        return _("Use 12 to 128 characters. Any characters are fine.")


class ContextWordsValidator:
    """A password that is little more than the name of the product or of the clinic is guessed first."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError when words of the house make up half of it, however often they are repeated."""
        lowered = rest = password.lower()
        for word in (*_CONTEXT_WORDS, *_words_of_the_clinic()):
            rest = rest.replace(word, "")
        if len(rest) * 2 <= len(lowered):
            raise ValidationError(_("Choose something that does not name this app or your clinic."), code="password_context")

    def get_help_text(self) -> str:
        """What the form says."""
        return _("Do not use the name of this app, of your clinic, or of what it does.")


def _words_of_the_clinic() -> list[str]:
    names = Clinic.objects.values_list("name", flat=True)
    return [word for name in names for word in name.lower().split() if len(word) > 4]


class PatternValidator:
    """Rows of the keyboard and one short piece over and over are long and still guessed first; Django's list is of short ones."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for them."""
        lowered = password.lower()
        in_a_row = any(lowered in row * 14 or lowered in row[::-1] * 14 for row in _ROWS)
        if in_a_row or self._is_repeated(lowered):
            raise ValidationError(_("This password is too common."), code="password_too_common")

    @staticmethod
    def _is_repeated(password: str) -> bool:
        """A piece of up to eight characters, twice or more, and nothing else."""
        again = (password * 2).find(password, 1)
        return again < len(password) and again <= 8

    def get_help_text(self) -> str:
        """What the form says."""
        return _("Do not repeat one word, and do not follow the keys.")

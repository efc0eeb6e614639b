"""Password rules beside Django's own: 12–128 characters, no composition rule, no words of the house (R25)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

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
    """A password that is little more than the name of the product is guessed first."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError when a word of the house makes up half of it."""
        lowered = password.lower()
        if any(word in lowered and len(word) * 2 >= len(lowered) for word in _CONTEXT_WORDS):
            raise ValidationError(_("Choose something that does not name this app."), code="password_context")

    def get_help_text(self) -> str:
        """What the form says."""
        return _("Do not use the name of this app or of what the clinic does.")

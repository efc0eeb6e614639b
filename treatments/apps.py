"""What: devices, cartridges, courses, the session record, photos."""

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    """The session record."""

    name = "treatments"
    verbose_name = "Treatments"

    def ready(self) -> None:
        """The S-rules join the rule books; kinds of mail for the drain."""
        from treatments import emails
        from treatments.selectors.rulebook import register_book

        register_book()
        emails.register()

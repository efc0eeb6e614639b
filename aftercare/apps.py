"""Aftercare. Becoming ready registers its link purposes and its kinds of mail."""

from django.apps import AppConfig


class AftercareConfig(AppConfig):
    """Plans, check-ins, concerns."""

    name = "aftercare"
    verbose_name = "Aftercare"

    def ready(self) -> None:
        """Purposes for patient links, kinds for the drain."""
        from aftercare import emails, purposes
        from aftercare.selectors.rulebook import register_book

        purposes.register()
        emails.register()
        register_book()

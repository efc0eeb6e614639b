"""Who: patients, intake, screening, clearance, consent, holds."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """Registers the intake link and the intake mail."""

    name = "patients"
    verbose_name = "Patients"

    def ready(self) -> None:
        """Purposes and kinds."""
        from patients import emails
        from patients.selectors.rulebook import register_book

        emails.register()
        register_book()

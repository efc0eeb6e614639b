"""When: hours, slots, bookings."""

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    """Registers the appointment links and mails."""

    name = "appointments"
    verbose_name = "Appointments"

    def ready(self) -> None:
        """Purposes and kinds."""
        from appointments import emails

        emails.register()

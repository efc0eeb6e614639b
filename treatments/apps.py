"""What: devices, cartridges, courses, the session record, photos."""

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    """The session record."""

    name = "treatments"
    verbose_name = "Treatments"

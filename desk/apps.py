"""Pages that look across the rooms. Owns no data."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Today, patient overview, search, recalls, rules, messages."""

    name = "desk"
    verbose_name = "Desk"

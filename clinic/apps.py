"""The house. Migrating ends with the rights of the app's own database role."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClinicConfig(AppConfig):
    """Staff, rights, links, audit, outbox."""

    name = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        """Checks, the privileges hook, account mails, and what ends sessions."""
        from clinic import celery, checks, emails, mail_events, privileges, sessions
        from clinic.outbox import kinds
        from clinic.outbox.auto_reply import AUTO_REPLY
        from clinic.outbox.backend import ACCOUNT

        del celery, checks  # importing them registers them
        kinds.register(ACCOUNT)
        kinds.register(AUTO_REPLY)
        emails.register()
        mail_events.listen()
        sessions.listen()
        post_migrate.connect(privileges.apply, dispatch_uid="clinic.privileges")

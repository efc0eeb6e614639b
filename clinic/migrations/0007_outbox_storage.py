"""Room in each page for the moves of a row, and a vacuum that keeps up with a burst (MESSAGES.md, “PostgreSQL”)."""

from django.db import migrations

_SET = (
    "ALTER TABLE clinic_outboxmessage SET (fillfactor = 80, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0, "
    "autovacuum_vacuum_cost_delay = 0)"
)
_RESET = (
    "ALTER TABLE clinic_outboxmessage RESET (fillfactor, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor, "
    "autovacuum_vacuum_cost_delay)"
)


class Migration(migrations.Migration):
    """Storage parameters alone."""

    dependencies = [("clinic", "0006_delivery")]
    operations = [migrations.RunSQL(_SET, _RESET)]

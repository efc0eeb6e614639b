"""A key is unique by one index; the second, for LIKE, was never asked, and every move of a message wrote it.

Statistics follow a burst within a minute: by those of a table that was almost empty, a claim was seen to read all of it.
"""

from django.db import migrations, models

_SET = "ALTER TABLE clinic_outboxmessage SET (autovacuum_analyze_threshold = 2000, autovacuum_analyze_scale_factor = 0)"
_RESET = "ALTER TABLE clinic_outboxmessage RESET (autovacuum_analyze_threshold, autovacuum_analyze_scale_factor)"


class Migration(migrations.Migration):
    """The new constraint comes first: at no moment may a key stand twice."""

    dependencies = [("clinic", "0014_locked_links")]
    operations = [
        migrations.AddConstraint(model_name="outboxmessage", constraint=models.UniqueConstraint(fields=["key"], name="outbox_key_once")),
        migrations.AlterField(model_name="outboxmessage", name="key", field=models.CharField(max_length=200)),
        migrations.RunSQL(_SET, _RESET),
    ]

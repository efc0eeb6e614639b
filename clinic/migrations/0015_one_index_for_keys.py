"""A key is unique by one index. The second, for LIKE, was never asked and written with each move of each row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The new constraint comes first: at no moment may a key stand twice."""

    dependencies = [("clinic", "0014_locked_links")]
    operations = [
        migrations.AddConstraint(model_name="outboxmessage", constraint=models.UniqueConstraint(fields=["key"], name="outbox_key_once")),
        migrations.AlterField(model_name="outboxmessage", name="key", field=models.CharField(max_length=200)),
    ]

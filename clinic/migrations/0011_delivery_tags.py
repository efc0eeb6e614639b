"""Events of delivery hold a tag of the address instead of the address: their rows are only ever added, so it could never go.

The way back is for tests alone: a tag can't be turned into an address again.
"""

from typing import Any

from django.db import migrations, models

from clinic.outbox.tags import tag


def tag_addresses(apps: Any, _editor: Any) -> None:
    """Each different address once."""
    events = apps.get_model("clinic", "DeliveryEvent").objects
    for address in list(events.filter(address_tag__contains="@").values_list("address_tag", flat=True).distinct().order_by()):
        events.filter(address_tag=address).update(address_tag=tag(address))


class Migration(migrations.Migration):

    dependencies = [
        ("clinic", "0010_messages_by_time"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="deliveryevent", name="one_event_of_a_kind"),
        migrations.RenameField(model_name="deliveryevent", old_name="recipient", new_name="address_tag"),
        migrations.RunPython(tag_addresses, migrations.RunPython.noop),
        migrations.AlterField(model_name="deliveryevent", name="address_tag", field=models.CharField(max_length=32)),
        migrations.AddConstraint(
            model_name="deliveryevent",
            constraint=models.UniqueConstraint(fields=("message", "address_tag", "event"), name="one_event_of_a_kind"),
        ),
    ]

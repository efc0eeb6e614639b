"""Real foreign keys for what the house stores as plain uuids (SETTLED 10), and a sequence for patient numbers."""

from django.db import migrations

_TABLES = ("clinic_outboxmessage", "clinic_link", "clinic_accessevent", "clinic_suppression")


def _add(table: str) -> str:
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_patient FOREIGN KEY (patient_uuid) "
        "REFERENCES patients_patient (uuid) DEFERRABLE INITIALLY DEFERRED"
    )


class Migration(migrations.Migration):
    """Integrity without an import that looks right."""

    dependencies = [("patients", "0001_initial"), ("clinic", "0001_initial")]
    operations = [
        *(
            migrations.RunSQL(_add(table), f"ALTER TABLE {table} DROP CONSTRAINT {table}_patient")
            for table in _TABLES
        ),
        migrations.RunSQL("CREATE SEQUENCE patients_number START 10001", "DROP SEQUENCE patients_number"),
    ]

"""A real foreign key for the patients' choices about mail (SETTLED 10)."""

from django.db import migrations

_ADD = (
    "ALTER TABLE clinic_mailchoice ADD CONSTRAINT clinic_mailchoice_patient FOREIGN KEY (patient_uuid) "
    "REFERENCES patients_patient (uuid) DEFERRABLE INITIALLY DEFERRED"
)


class Migration(migrations.Migration):
    """Integrity without an import that looks right."""

    dependencies = [("patients", "0003_policy_wording"), ("clinic", "0006_delivery")]
    operations = [migrations.RunSQL(_ADD, "ALTER TABLE clinic_mailchoice DROP CONSTRAINT clinic_mailchoice_patient")]

"""What each plan goes by, out of its record as it is now: until today nothing else was kept (SETTLED 1)."""

from django.db import migrations

_FILL = """
UPDATE aftercare_plan plan SET basis = jsonb_build_object(
  'deepest', coalesce((SELECT max(zone.depth_hundredths) FROM treatments_zonerecord zone
    JOIN treatments_deviceblock block ON block.id = zone.block_id WHERE block.session_id = plan.session_id), 0),
  'products', coalesce((SELECT jsonb_agg(jsonb_build_array(product.name, product.kind) ORDER BY used.id) FROM treatments_productuse used
    JOIN treatments_product product ON product.id = used.product_id
    WHERE used.session_id = plan.session_id AND used.hours_after = 0 AND NOT product.is_anaesthetic), '[]'::jsonb),
  'minoxidil_early', session.minoxidil_early_allowed)
FROM treatments_treatmentsession session WHERE session.id = plan.session_id AND plan.basis IS NULL
"""


class Migration(migrations.Migration):
    """Data alone."""

    dependencies = [("aftercare", "0010_planned_again"), ("treatments", "0014_course_ends")]
    operations = [migrations.RunSQL(_FILL, migrations.RunSQL.noop)]

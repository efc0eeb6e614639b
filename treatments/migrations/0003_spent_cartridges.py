"""Two gaps closed: a row can't be moved into a signed record, and a cartridge that touched skin stays with its session.

The second is what single use means (S06): from the start of a session its blocks keep their cartridges, so that a unit
can't be freed by editing the record; and a discarded unit can't be taken.
"""

from django.db import migrations

_FREEZE = """
CREATE OR REPLACE FUNCTION refuse_change_of_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched jsonb[] := '{}';
  row_now jsonb;
  session_pk bigint;
BEGIN
  IF TG_OP <> 'INSERT' THEN touched := touched || to_jsonb(OLD); END IF;
  IF TG_OP <> 'DELETE' THEN touched := touched || to_jsonb(NEW); END IF;
  FOREACH row_now IN ARRAY touched LOOP
    IF TG_TABLE_NAME = 'treatments_treatmentsession' THEN
      session_pk := (row_now->>'id')::bigint;
    ELSIF TG_TABLE_NAME = 'treatments_zonerecord' THEN
      SELECT b.session_id INTO session_pk FROM treatments_deviceblock b WHERE b.id = (row_now->>'block_id')::bigint;
    ELSE
      session_pk := (row_now->>'session_id')::bigint;
    END IF;
    IF EXISTS (SELECT 1 FROM treatments_signedrecord r WHERE r.session_id = session_pk) THEN
      RAISE EXCEPTION 'the record of this session is signed; write an addendum' USING ERRCODE = '42501';
    END IF;
  END LOOP;
  RETURN COALESCE(NEW, OLD);
END $$;
"""
_SPENT = """
CREATE FUNCTION keep_spent_cartridge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.cartridge_id IS NOT NULL
     AND (TG_OP = 'DELETE' OR NEW.cartridge_id IS DISTINCT FROM OLD.cartridge_id OR NEW.session_id <> OLD.session_id)
     AND EXISTS (SELECT 1 FROM treatments_treatmentsession s WHERE s.id = OLD.session_id AND s.started_at IS NOT NULL) THEN
    RAISE EXCEPTION 'this cartridge was used in a session and stays in its record' USING ERRCODE = '23514';
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.cartridge_id IS NOT NULL
     AND (TG_OP = 'INSERT' OR NEW.cartridge_id IS DISTINCT FROM OLD.cartridge_id)
     AND EXISTS (SELECT 1 FROM treatments_cartridge c WHERE c.id = NEW.cartridge_id AND c.discarded_at IS NOT NULL) THEN
    RAISE EXCEPTION 'this cartridge was discarded' USING ERRCODE = '23514';
  END IF;
  RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER spent_cartridge BEFORE INSERT OR UPDATE OR DELETE ON treatments_deviceblock
  FOR EACH ROW EXECUTE FUNCTION keep_spent_cartridge();
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("treatments", "0002_frozen_when_signed")]
    operations = [
        migrations.RunSQL(_FREEZE, migrations.RunSQL.noop),
        migrations.RunSQL(_SPENT, "DROP FUNCTION keep_spent_cartridge CASCADE"),
    ]

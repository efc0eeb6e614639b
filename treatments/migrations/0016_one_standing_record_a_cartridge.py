"""Single use against every record that stands, also for raw SQL as the app's role (S06, R47; docs/decisions/0027).

A record that replaces another one is of the same treatment: the other one is entered in error for ever, has begun, and began at
the same instant at the same site. Its blocks name the units of the blocks that they replace. What these conditions look at can't
be taken back: an error is only ever added, and a session that began stays, with its row and its beginning.
"""

from django.db import migrations

_SESSION = """
CREATE FUNCTION keep_what_took_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.started_at IS NOT NULL THEN
      RAISE EXCEPTION 'a session that has begun stays on record' USING ERRCODE = '23514';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.id <> OLD.id OR (OLD.started_at IS NOT NULL AND NEW.started_at IS NULL) THEN
      RAISE EXCEPTION 'a session that has begun stays on record' USING ERRCODE = '23514';
    END IF;
    IF NEW.replaces_id IS DISTINCT FROM OLD.replaces_id
       OR (OLD.replaces_id IS NOT NULL AND (NEW.started_at IS DISTINCT FROM OLD.started_at OR NEW.site_id <> OLD.site_id)) THEN
      RAISE EXCEPTION 'which treatment a record is about does not change' USING ERRCODE = '23514';
    END IF;
  ELSIF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM treatments_treatmentsession s JOIN treatments_enteredinerror e ON e.session_id = s.id
    WHERE s.id = NEW.replaces_id AND s.started_at = NEW.started_at AND s.site_id = NEW.site_id
  ) THEN
    RAISE EXCEPTION 'a record replaces one of the same treatment that was entered in error' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER what_took_place BEFORE INSERT OR UPDATE OR DELETE ON treatments_treatmentsession
  FOR EACH ROW EXECUTE FUNCTION keep_what_took_place();
"""
_BLOCK = """
CREATE FUNCTION same_unit_in_the_right_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM treatments_deviceblock b JOIN treatments_treatmentsession s ON s.replaces_id = b.session_id
    WHERE b.id = NEW.replaces_id AND b.cartridge_id = NEW.cartridge_id AND s.id = NEW.session_id
  ) THEN
    RAISE EXCEPTION 'a cartridge is named again only in the record that replaces the mistaken one' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER same_unit BEFORE INSERT OR UPDATE ON treatments_deviceblock
  FOR EACH ROW EXECUTE FUNCTION same_unit_in_the_right_record();
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("treatments", "0015_the_right_record")]
    operations = [
        migrations.RunSQL(_SESSION, "DROP FUNCTION keep_what_took_place CASCADE"),
        migrations.RunSQL(_BLOCK, "DROP FUNCTION same_unit_in_the_right_record CASCADE"),
    ]

"""The steps of a version are written while it is a draft, and never after: old plans keep theirs."""

from django.db import migrations

_TRIGGER = """
CREATE FUNCTION refuse_step_of_no_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_there jsonb := to_jsonb(COALESCE(NEW, OLD));
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM aftercare_protocol p WHERE p.id = (row_there->>'protocol_id')::bigint AND p.state = 'draft'
  ) THEN
    RAISE EXCEPTION 'steps change only while their version is a draft' USING ERRCODE = '42501';
  END IF;
  RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER only_in_a_draft BEFORE INSERT OR UPDATE OR DELETE ON aftercare_protocolstep
FOR EACH ROW EXECUTE FUNCTION refuse_step_of_no_draft();
"""


class Migration(migrations.Migration):
    """One trigger."""

    dependencies = [("aftercare", "0004_protocol_in_work")]
    operations = [migrations.RunSQL(_TRIGGER, "DROP FUNCTION refuse_step_of_no_draft CASCADE")]

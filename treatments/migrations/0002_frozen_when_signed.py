"""What is signed stays as it is (R47): plain triggers, which the app can't switch off, beside the missing privileges."""

from django.db import migrations

_FREEZE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % refused: these rows are only ever added', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE FUNCTION refuse_change_of_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  session_pk bigint;
  row_before jsonb := to_jsonb(OLD);
BEGIN
  IF TG_OP = 'INSERT' THEN row_before := to_jsonb(NEW); END IF;
  IF TG_TABLE_NAME = 'treatments_treatmentsession' THEN
    session_pk := (row_before->>'id')::bigint;
  ELSIF TG_TABLE_NAME = 'treatments_zonerecord' THEN
    SELECT b.session_id INTO session_pk FROM treatments_deviceblock b WHERE b.id = (row_before->>'block_id')::bigint;
  ELSE
    session_pk := (row_before->>'session_id')::bigint;
  END IF;
  IF EXISTS (SELECT 1 FROM treatments_signedrecord r WHERE r.session_id = session_pk) THEN
    RAISE EXCEPTION 'the record of this session is signed; write an addendum' USING ERRCODE = '42501';
  END IF;
  RETURN COALESCE(NEW, OLD);
END $$;
"""
_CHILDREN = ("deviceblock", "zonerecord", "anaesthetic", "productuse", "pretopical")
_ONLY_ADDED = ("signedrecord", "addendum", "enteredinerror")


def _triggers() -> str:
    lines = [
        "CREATE TRIGGER frozen_when_signed BEFORE UPDATE OR DELETE ON treatments_treatmentsession "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_signed();"
    ]
    lines += [
        f"CREATE TRIGGER frozen_when_signed BEFORE INSERT OR UPDATE OR DELETE ON treatments_{child} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_signed();"
        for child in _CHILDREN
    ]
    for table in _ONLY_ADDED:
        lines.append(
            f"CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON treatments_{table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change();"
        )
        lines.append(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON treatments_{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
        )
    return "\n".join(lines)


class Migration(migrations.Migration):
    """Triggers on the session and its rows."""

    dependencies = [("treatments", "0001_initial")]
    operations = [
        migrations.RunSQL(_FREEZE, "DROP FUNCTION refuse_change_of_signed CASCADE; DROP FUNCTION refuse_change CASCADE"),
        migrations.RunSQL(_triggers(), migrations.RunSQL.noop),
    ]

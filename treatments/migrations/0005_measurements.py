"""Measures of section 5: sites, the canonical number, methods, raters, blinded readings. Scores agree with their parts (a constraint each)."""

import uuid
from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import treatments.rules.measures.vocabulary

# The places that stood in words become rows; a density's number was in hairs/cm2 and is its own canonical. How it was
# measured nobody wrote down: the method stays empty, so that it begins a series of its own.
_EARLIER_ROWS = """
UPDATE treatments_measurement SET uuid = gen_random_uuid() WHERE uuid IS NULL;
INSERT INTO treatments_measurementsite (uuid, patient_id, label, made_at, made_by)
  SELECT gen_random_uuid(), patient_id, site_on_scalp, min(measured_at), min(by) FROM treatments_measurement
  WHERE site_on_scalp <> '' GROUP BY patient_id, site_on_scalp;
UPDATE treatments_measurement m SET place_id = s.id FROM treatments_measurementsite s
  WHERE s.patient_id = m.patient_id AND s.label = m.site_on_scalp;
UPDATE treatments_measurement SET canonical = value, method = '' WHERE kind = 'hair_density';
SET CONSTRAINTS ALL IMMEDIATE;
"""
_COMPUTED = """
ALTER TABLE treatments_measurement ADD CONSTRAINT salt_is_computed CHECK (kind <> 'salt' OR (canonical = round(
  0.40 * (parts->>'top')::numeric + 0.18 * (parts->>'right')::numeric + 0.18 * (parts->>'left')::numeric + 0.24 * (parts->>'back')::numeric, 4)) IS TRUE);
ALTER TABLE treatments_measurement ADD CONSTRAINT ratio_is_computed CHECK (kind <> 'terminal_vellus' OR (
  canonical = round((parts->>'terminal')::numeric / NULLIF((parts->>'vellus')::numeric, 0), 4)) IS TRUE);
ALTER TABLE treatments_measurement ADD CONSTRAINT count_is_computed CHECK (kind <> 'sixty_second_count' OR (canonical = round(
  ((parts->>'morning_1')::numeric + (parts->>'morning_2')::numeric + (parts->>'morning_3')::numeric) / 3, 4)) IS TRUE);
"""
_NOT_COMPUTED = """
ALTER TABLE treatments_measurement DROP CONSTRAINT salt_is_computed;
ALTER TABLE treatments_measurement DROP CONSTRAINT ratio_is_computed;
ALTER TABLE treatments_measurement DROP CONSTRAINT count_is_computed;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0002_references"),
        ("treatments", "0004_photos"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BlindReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "view",
                    models.CharField(
                        choices=[
                            ("frontal_hairline", "frontal_hairline"),
                            ("vertex", "vertex"),
                            ("midline", "midline"),
                            ("temporal_left", "temporal_left"),
                            ("temporal_right", "temporal_right"),
                            ("occipital", "occipital"),
                        ],
                        max_length=20,
                    ),
                ),
                ("baseline_is_left", models.BooleanField()),
                ("opened_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.SmallIntegerField(blank=True, null=True)),
                ("unreadable", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["opened_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="BlindReadingEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False)),
                (
                    "view",
                    models.CharField(
                        choices=[
                            ("frontal_hairline", "frontal_hairline"),
                            ("vertex", "vertex"),
                            ("midline", "midline"),
                            ("temporal_left", "temporal_left"),
                            ("temporal_right", "temporal_right"),
                            ("occipital", "occipital"),
                        ],
                        max_length=20,
                    ),
                ),
                ("baseline_is_left", models.BooleanField()),
                ("opened_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.SmallIntegerField(blank=True, null=True)),
                ("unreadable", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MeasurementSite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=160)),
            ],
            options={
                "ordering": ["made_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MeasurementSiteEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("label", models.CharField(max_length=80)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=160)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="measurement",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="measurement",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="measurement",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="measurement",
            name="canonical",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=10, null=True),
        ),
        migrations.AddField(
            model_name="measurement",
            name="clipped",
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="measurement",
            name="confirmed",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="measurement",
            name="error_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="measurement",
            name="error_by",
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name="measurement",
            name="error_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="measurement",
            name="form_key",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="measurement",
            name="method",
            field=models.CharField(
                blank=True,
                choices=[
                    ("phototrichogram", "phototrichogram"),
                    ("trichoscopy", "trichoscopy"),
                    ("handheld_microscope", "handheld_microscope"),
                    ("macro_photo", "macro_photo"),
                    ("light_microscope", "light_microscope"),
                    ("examination", "examination"),
                    ("photo_review", "photo_review"),
                    ("count", "count"),
                    ("questionnaire", "questionnaire"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="measurement",
            name="operator",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="measurements",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="measurement",
            name="parts",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="measurement",
            name="rater",
            field=models.CharField(
                choices=[("investigator", "investigator"), ("blinded", "blinded"), ("patient", "patient")],
                default=treatments.rules.measures.vocabulary.Rater["INVESTIGATOR"],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="measurement",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="canonical",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=10, null=True),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="clipped",
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="confirmed",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="error_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="error_by",
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="error_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="form_key",
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="method",
            field=models.CharField(
                blank=True,
                choices=[
                    ("phototrichogram", "phototrichogram"),
                    ("trichoscopy", "trichoscopy"),
                    ("handheld_microscope", "handheld_microscope"),
                    ("macro_photo", "macro_photo"),
                    ("light_microscope", "light_microscope"),
                    ("examination", "examination"),
                    ("photo_review", "photo_review"),
                    ("count", "count"),
                    ("questionnaire", "questionnaire"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="operator",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="parts",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="rater",
            field=models.CharField(
                choices=[("investigator", "investigator"), ("blinded", "blinded"), ("patient", "patient")],
                default=treatments.rules.measures.vocabulary.Rater["INVESTIGATOR"],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
        migrations.AlterField(
            model_name="measurement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("norwood_hamilton", "norwood_hamilton"),
                    ("ludwig", "ludwig"),
                    ("sinclair", "sinclair"),
                    ("salt", "salt"),
                    ("hair_density", "hair_density"),
                    ("shaft_diameter", "shaft_diameter"),
                    ("thin_hairs", "thin_hairs"),
                    ("terminal_vellus", "terminal_vellus"),
                    ("global_grade", "global_grade"),
                    ("sixty_second_count", "sixty_second_count"),
                    ("pull_test", "pull_test"),
                    ("wash_test", "wash_test"),
                    ("dlqi", "dlqi"),
                    ("satisfaction", "satisfaction"),
                    ("pain", "pain"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="measurement",
            name="unit",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AlterField(
            model_name="measurementevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("norwood_hamilton", "norwood_hamilton"),
                    ("ludwig", "ludwig"),
                    ("sinclair", "sinclair"),
                    ("salt", "salt"),
                    ("hair_density", "hair_density"),
                    ("shaft_diameter", "shaft_diameter"),
                    ("thin_hairs", "thin_hairs"),
                    ("terminal_vellus", "terminal_vellus"),
                    ("global_grade", "global_grade"),
                    ("sixty_second_count", "sixty_second_count"),
                    ("pull_test", "pull_test"),
                    ("wash_test", "wash_test"),
                    ("dlqi", "dlqi"),
                    ("satisfaction", "satisfaction"),
                    ("pain", "pain"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="measurementevent",
            name="unit",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name="blindreading",
            name="baseline",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="treatments.photo"
            ),
        ),
        migrations.AddField(
            model_name="blindreading",
            name="later",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="treatments.photo"
            ),
        ),
        migrations.AddField(
            model_name="blindreading",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="blind_readings", to="patients.patient"
            ),
        ),
        migrations.AddField(
            model_name="blindreading",
            name="reader",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="blind_readings", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="measurement",
            name="reading",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="measurement",
                to="treatments.blindreading",
            ),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="reading",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="treatments.blindreading",
            ),
        ),
        migrations.AddField(
            model_name="blindreadingevent",
            name="baseline",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="treatments.photo",
            ),
        ),
        migrations.AddField(
            model_name="blindreadingevent",
            name="later",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="treatments.photo",
            ),
        ),
        migrations.AddField(
            model_name="blindreadingevent",
            name="patient",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="patients.patient",
            ),
        ),
        migrations.AddField(
            model_name="blindreadingevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="treatments.blindreading",
            ),
        ),
        migrations.AddField(
            model_name="blindreadingevent",
            name="reader",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="measurementsite",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="measurement_sites", to="patients.patient"
            ),
        ),
        migrations.AddField(
            model_name="measurement",
            name="place",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="measurements",
                to="treatments.measurementsite",
            ),
        ),
        migrations.AddField(
            model_name="measurementevent",
            name="place",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="treatments.measurementsite",
            ),
        ),
        migrations.AddField(
            model_name="measurementsiteevent",
            name="patient",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="patients.patient",
            ),
        ),
        migrations.AddField(
            model_name="measurementsiteevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="treatments.measurementsite",
            ),
        ),
        migrations.AddConstraint(
            model_name="blindreading",
            constraint=models.UniqueConstraint(fields=("baseline", "later", "reader"), name="one_reading_a_reader"),
        ),
        migrations.AddConstraint(
            model_name="blindreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer", None), ("answer__range", (-3, 3)), _connector="OR"), name="reading_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="blindreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("baseline", models.F("later")), _negated=True), name="two_photos"
            ),
        ),
        migrations.AddConstraint(
            model_name="blindreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", None), ("answered_at", None), ("unreadable", False)),
                    models.Q(("answer__isnull", False), ("answered_at__isnull", False), ("unreadable", False)),
                    models.Q(("answer", None), ("answered_at__isnull", False), ("unreadable", True)),
                    _connector="OR",
                ),
                name="reading_is_answered_whole",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="blindreading",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "treatments_blindreadingevent" ("answer", "answered_at", "baseline_id", "baseline_is_left", "id", "later_id", "opened_at", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reader_id", "unreadable", "uuid", "view") VALUES (NEW."answer", NEW."answered_at", NEW."baseline_id", NEW."baseline_is_left", NEW."id", NEW."later_id", NEW."opened_at", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."reader_id", NEW."unreadable", NEW."uuid", NEW."view"); RETURN NULL;',
                    hash="79e10fafea09c1fac2aee593708cacb16b0552d9",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_d82d3",
                    table="treatments_blindreading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="blindreading",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "treatments_blindreadingevent" ("answer", "answered_at", "baseline_id", "baseline_is_left", "id", "later_id", "opened_at", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reader_id", "unreadable", "uuid", "view") VALUES (NEW."answer", NEW."answered_at", NEW."baseline_id", NEW."baseline_is_left", NEW."id", NEW."later_id", NEW."opened_at", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."reader_id", NEW."unreadable", NEW."uuid", NEW."view"); RETURN NULL;',
                    hash="dca6de6832fefc395f2f43f8a1ab4e7097a5ad1b",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_4ded8",
                    table="treatments_blindreading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="blindreading",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "treatments_blindreadingevent" ("answer", "answered_at", "baseline_id", "baseline_is_left", "id", "later_id", "opened_at", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reader_id", "unreadable", "uuid", "view") VALUES (OLD."answer", OLD."answered_at", OLD."baseline_id", OLD."baseline_is_left", OLD."id", OLD."later_id", OLD."opened_at", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."reader_id", OLD."unreadable", OLD."uuid", OLD."view"); RETURN NULL;',
                    hash="ab090bf4b5614e4a893f448d1744cfd7337425e9",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_d3f99",
                    table="treatments_blindreading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="blindreadingevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="00a4d9a2a0cbbaa1bfaf0b769bc28a60cbe14070",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_bd092",
                    table="treatments_blindreadingevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="measurementsite",
            constraint=models.UniqueConstraint(fields=("patient", "label"), name="one_site_a_label"),
        ),
        migrations.AddConstraint(
            model_name="measurementsite",
            constraint=models.CheckConstraint(condition=models.Q(("label", ""), _negated=True), name="site_is_named"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measurementsite",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "treatments_measurementsiteevent" ("id", "label", "made_at", "made_by", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "uuid") VALUES (NEW."id", NEW."label", NEW."made_at", NEW."made_by", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."uuid"); RETURN NULL;',
                    hash="bed8e5b6de763cec14abcdb45b2eedc82cf7731c",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_426c8",
                    table="treatments_measurementsite",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measurementsite",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "treatments_measurementsiteevent" ("id", "label", "made_at", "made_by", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "uuid") VALUES (NEW."id", NEW."label", NEW."made_at", NEW."made_by", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."uuid"); RETURN NULL;',
                    hash="a5f6ea07a5c889866d2108cb371ce7ffed85f56a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_07b48",
                    table="treatments_measurementsite",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measurementsite",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "treatments_measurementsiteevent" ("id", "label", "made_at", "made_by", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "uuid") VALUES (OLD."id", OLD."label", OLD."made_at", OLD."made_by", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."uuid"); RETURN NULL;',
                    hash="17c620b07725224a3a8b9f20fee5a12f88849b55",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_62b36",
                    table="treatments_measurementsite",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measurementsiteevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ed6217f385db8a58f68ec0a3d24e1b54c8d5a28d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8312e",
                    table="treatments_measurementsiteevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(_EARLIER_ROWS, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="measurement",
            name="site_on_scalp",
        ),
        migrations.RemoveField(
            model_name="measurementevent",
            name="site_on_scalp",
        ),
        migrations.AlterField(
            model_name="measurement",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.AddIndex(
            model_name="measurement",
            index=models.Index(fields=["patient", "kind", "measured_at"], name="measure_by_patient"),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "norwood_hamilton",
                            "ludwig",
                            "sinclair",
                            "salt",
                            "hair_density",
                            "shaft_diameter",
                            "thin_hairs",
                            "terminal_vellus",
                            "global_grade",
                            "sixty_second_count",
                            "pull_test",
                            "wash_test",
                            "dlqi",
                            "satisfaction",
                            "pain",
                        ],
                    )
                ),
                name="measure_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("canonical", None),
                        ("kind__in", ["norwood_hamilton", "ludwig", "sinclair"]),
                        ("value", None),
                        models.Q(("grade", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("kind__in", ["norwood_hamilton", "ludwig", "sinclair"]), _negated=True),
                        ("canonical__isnull", False),
                        ("grade", ""),
                    ),
                    _connector="OR",
                ),
                name="measure_grade_or_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["norwood_hamilton", "ludwig", "sinclair"]), ("unit", "")),
                    models.Q(("kind", "salt"), ("unit__in", ["%"])),
                    models.Q(("kind", "hair_density"), ("unit__in", ["{hairs}/cm2", "{hairs}/[in_i]2"])),
                    models.Q(("kind", "shaft_diameter"), ("unit__in", ["um", "mm"])),
                    models.Q(("kind", "thin_hairs"), ("unit__in", ["%"])),
                    models.Q(("kind", "terminal_vellus"), ("unit__in", ["{ratio}"])),
                    models.Q(("kind", "global_grade"), ("unit__in", ["{score}"])),
                    models.Q(("kind", "sixty_second_count"), ("unit__in", ["{hairs}"])),
                    models.Q(("kind", "pull_test"), ("unit__in", ["{hairs}"])),
                    models.Q(("kind", "wash_test"), ("unit__in", ["{hairs}/d"])),
                    models.Q(("kind", "dlqi"), ("unit__in", ["{score}"])),
                    models.Q(("kind", "satisfaction"), ("unit__in", ["{score}"])),
                    models.Q(("kind", "pain"), ("unit__in", ["{score}"])),
                    _connector="OR",
                ),
                name="measure_unit_of_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("canonical", None),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("100"))), ("kind", "salt")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("400"))), ("kind", "hair_density")),
                    models.Q(("canonical__range", (Decimal("10"), Decimal("150"))), ("kind", "shaft_diameter")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("100"))), ("kind", "thin_hairs")),
                    models.Q(("canonical__gt", 0), ("kind", "terminal_vellus")),
                    models.Q(("canonical__range", (Decimal("-3"), Decimal("3"))), ("kind", "global_grade")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("300"))), ("kind", "sixty_second_count")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("60"))), ("kind", "pull_test")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("1000"))), ("kind", "wash_test")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("30"))), ("kind", "dlqi")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("10"))), ("kind", "satisfaction")),
                    models.Q(("canonical__range", (Decimal("0"), Decimal("10"))), ("kind", "pain")),
                    _connector="OR",
                ),
                name="measure_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "canonical",
                            django.db.models.functions.math.Round(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("value"), "/", models.Value(Decimal("6.4516"))
                                ),
                                precision=4,
                            ),
                        ),
                        ("unit", "{hairs}/[in_i]2"),
                    ),
                    models.Q(
                        (
                            "canonical",
                            django.db.models.expressions.CombinedExpression(models.F("value"), "*", models.Value(1000)),
                        ),
                        ("unit", "mm"),
                    ),
                    models.Q(
                        models.Q(("unit__in", ["{hairs}/[in_i]2", "mm"]), _negated=True),
                        models.Q(("value", None), ("canonical", models.F("value")), _connector="OR"),
                    ),
                    _connector="OR",
                ),
                name="measure_is_converted",
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(
                condition=models.Q(("error_at", None), models.Q(("error_reason", ""), _negated=True), _connector="OR"),
                name="measure_error_has_reason",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measurement",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "treatments_measurementevent" ("area_cm2", "by", "canonical", "clipped", "confirmed", "error_at", "error_by", "error_reason", "form_key", "grade", "id", "kind", "measured_at", "method", "operator_id", "parts", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_id", "rater", "reading_id", "session_id", "unit", "uuid", "value") VALUES (NEW."area_cm2", NEW."by", NEW."canonical", NEW."clipped", NEW."confirmed", NEW."error_at", NEW."error_by", NEW."error_reason", NEW."form_key", NEW."grade", NEW."id", NEW."kind", NEW."measured_at", NEW."method", NEW."operator_id", NEW."parts", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."place_id", NEW."rater", NEW."reading_id", NEW."session_id", NEW."unit", NEW."uuid", NEW."value"); RETURN NULL;',
                    hash="d4a5d02370eb4c4f102ccb2b697ec39c2de9f0d8",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_0bcde",
                    table="treatments_measurement",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measurement",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "treatments_measurementevent" ("area_cm2", "by", "canonical", "clipped", "confirmed", "error_at", "error_by", "error_reason", "form_key", "grade", "id", "kind", "measured_at", "method", "operator_id", "parts", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_id", "rater", "reading_id", "session_id", "unit", "uuid", "value") VALUES (NEW."area_cm2", NEW."by", NEW."canonical", NEW."clipped", NEW."confirmed", NEW."error_at", NEW."error_by", NEW."error_reason", NEW."form_key", NEW."grade", NEW."id", NEW."kind", NEW."measured_at", NEW."method", NEW."operator_id", NEW."parts", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."place_id", NEW."rater", NEW."reading_id", NEW."session_id", NEW."unit", NEW."uuid", NEW."value"); RETURN NULL;',
                    hash="e2964747bf565bd7c077252b1abc5321f4d956f0",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_313b5",
                    table="treatments_measurement",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="measurement",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "treatments_measurementevent" ("area_cm2", "by", "canonical", "clipped", "confirmed", "error_at", "error_by", "error_reason", "form_key", "grade", "id", "kind", "measured_at", "method", "operator_id", "parts", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_id", "rater", "reading_id", "session_id", "unit", "uuid", "value") VALUES (OLD."area_cm2", OLD."by", OLD."canonical", OLD."clipped", OLD."confirmed", OLD."error_at", OLD."error_by", OLD."error_reason", OLD."form_key", OLD."grade", OLD."id", OLD."kind", OLD."measured_at", OLD."method", OLD."operator_id", OLD."parts", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."place_id", OLD."rater", OLD."reading_id", OLD."session_id", OLD."unit", OLD."uuid", OLD."value"); RETURN NULL;',
                    hash="ea2a5fa138966372d3d640a1718635084f5554b2",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_08e42",
                    table="treatments_measurement",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(_COMPUTED, _NOT_COMPUTED),
    ]

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import appointments.models
import appointments.rules


class Migration(migrations.Migration):
    dependencies = [
        ('appointments', '0002_devices_and_undo'),
        ('clinic', '0001_initial'),
        ('patients', '0002_references'),
        ('treatments', '0003_spent_cartridges'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret_hash', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CalendarFeedEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('secret_hash', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Recall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('opens_on', models.DateField()),
                ('closes_on', models.DateField()),
                ('state', models.CharField(choices=[('due', 'due'), ('contacted', 'contacted'), ('booked', 'booked'), ('dismissed', 'dismissed'), ('done', 'done')], default=appointments.rules.RecallState['DUE'], max_length=10)),
                ('dismissed_because', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['closes_on', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='RecallEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('opens_on', models.DateField()),
                ('closes_on', models.DateField()),
                ('state', models.CharField(choices=[('due', 'due'), ('contacted', 'contacted'), ('booked', 'booked'), ('dismissed', 'dismissed'), ('done', 'done')], default=appointments.rules.RecallState['DUE'], max_length=10)),
                ('dismissed_because', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveField(
            model_name='offer',
            name='entry',
        ),
        migrations.RemoveField(
            model_name='occupation',
            name='offer',
        ),
        migrations.RemoveField(
            model_name='offerevent',
            name='pgh_obj',
        ),
        migrations.RemoveField(
            model_name='offerevent',
            name='entry',
        ),
        migrations.RemoveField(
            model_name='waitinglistentry',
            name='patient',
        ),
        migrations.RemoveField(
            model_name='waitinglistentry',
            name='site',
        ),
        migrations.RemoveField(
            model_name='waitinglistentry',
            name='visit_type',
        ),
        migrations.RemoveField(
            model_name='waitinglistentryevent',
            name='pgh_obj',
        ),
        migrations.RemoveField(
            model_name='waitinglistentryevent',
            name='patient',
        ),
        migrations.RemoveField(
            model_name='waitinglistentryevent',
            name='site',
        ),
        migrations.RemoveField(
            model_name='waitinglistentryevent',
            name='visit_type',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='visittype',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='visittype',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='visittype',
            name='delete_delete',
        ),
        migrations.RemoveField(
            model_name='recallattempt',
            name='window_opens_on',
        ),
        migrations.AddField(
            model_name='visittype',
            name='reminder_hours',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=appointments.models.default_reminders, size=None),
        ),
        migrations.AddField(
            model_name='visittype',
            name='waiting_limit_minutes',
            field=models.PositiveSmallIntegerField(default=15),
        ),
        migrations.AddField(
            model_name='visittypeevent',
            name='reminder_hours',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=appointments.models.default_reminders, size=None),
        ),
        migrations.AddField(
            model_name='visittypeevent',
            name='waiting_limit_minutes',
            field=models.PositiveSmallIntegerField(default=15),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='visittype',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_visittypeevent" ("buffer_minutes", "code", "id", "in_room_limit_minutes", "kind", "minutes", "name", "needs_device", "needs_room", "needs_screening", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reminder_hours", "waiting_limit_minutes") VALUES (NEW."buffer_minutes", NEW."code", NEW."id", NEW."in_room_limit_minutes", NEW."kind", NEW."minutes", NEW."name", NEW."needs_device", NEW."needs_room", NEW."needs_screening", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."reminder_hours", NEW."waiting_limit_minutes"); RETURN NULL;', hash='b0d67631998855a3082e9dbfc0493c9180e97887', operation='INSERT', pgid='pgtrigger_insert_insert_9c04a', table='appointments_visittype', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='visittype',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "appointments_visittypeevent" ("buffer_minutes", "code", "id", "in_room_limit_minutes", "kind", "minutes", "name", "needs_device", "needs_room", "needs_screening", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reminder_hours", "waiting_limit_minutes") VALUES (NEW."buffer_minutes", NEW."code", NEW."id", NEW."in_room_limit_minutes", NEW."kind", NEW."minutes", NEW."name", NEW."needs_device", NEW."needs_room", NEW."needs_screening", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."reminder_hours", NEW."waiting_limit_minutes"); RETURN NULL;', hash='cafd660fa4e2b91795e9482baa99547565fdf793', operation='UPDATE', pgid='pgtrigger_update_update_bcfd4', table='appointments_visittype', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='visittype',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_visittypeevent" ("buffer_minutes", "code", "id", "in_room_limit_minutes", "kind", "minutes", "name", "needs_device", "needs_room", "needs_screening", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reminder_hours", "waiting_limit_minutes") VALUES (OLD."buffer_minutes", OLD."code", OLD."id", OLD."in_room_limit_minutes", OLD."kind", OLD."minutes", OLD."name", OLD."needs_device", OLD."needs_room", OLD."needs_screening", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."reminder_hours", OLD."waiting_limit_minutes"); RETURN NULL;', hash='74fda88ae19cc24e829e29bfa922378739c56470', operation='DELETE', pgid='pgtrigger_delete_delete_2f7ae', table='appointments_visittype', when='AFTER')),
        ),
        migrations.AddField(
            model_name='calendarfeed',
            name='staff',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feed', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='calendarfeedevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='appointments.calendarfeed'),
        ),
        migrations.AddField(
            model_name='calendarfeedevent',
            name='staff',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recall',
            name='after',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='recall', to='treatments.treatmentsession'),
        ),
        migrations.AddField(
            model_name='recall',
            name='appointment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='recalls', to='appointments.appointment'),
        ),
        migrations.AddField(
            model_name='recall',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='patients.patient'),
        ),
        migrations.AddField(
            model_name='recall',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='clinic.site'),
        ),
        migrations.AddField(
            model_name='recallattempt',
            name='recall',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='appointments.recall'),
        ),
        migrations.AddField(
            model_name='recallevent',
            name='after',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='treatments.treatmentsession'),
        ),
        migrations.AddField(
            model_name='recallevent',
            name='appointment',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='appointments.appointment'),
        ),
        migrations.AddField(
            model_name='recallevent',
            name='patient',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='patients.patient'),
        ),
        migrations.AddField(
            model_name='recallevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='appointments.recall'),
        ),
        migrations.AddField(
            model_name='recallevent',
            name='site',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.site'),
        ),
        migrations.DeleteModel(
            name='Offer',
        ),
        migrations.DeleteModel(
            name='OfferEvent',
        ),
        migrations.DeleteModel(
            name='WaitingListEntry',
        ),
        migrations.DeleteModel(
            name='WaitingListEntryEvent',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calendarfeed',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_calendarfeedevent" ("id", "made_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "read_at", "revoked_at", "secret_hash", "staff_id") VALUES (NEW."id", NEW."made_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."read_at", NEW."revoked_at", NEW."secret_hash", NEW."staff_id"); RETURN NULL;', hash='f50f671f29b4793dfa5a69c8e1e8b7b1e7f7f9df', operation='INSERT', pgid='pgtrigger_insert_insert_69377', table='appointments_calendarfeed', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calendarfeed',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "appointments_calendarfeedevent" ("id", "made_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "read_at", "revoked_at", "secret_hash", "staff_id") VALUES (NEW."id", NEW."made_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."read_at", NEW."revoked_at", NEW."secret_hash", NEW."staff_id"); RETURN NULL;', hash='585885c85cc1181fa0470cb7db638555b51a3736', operation='UPDATE', pgid='pgtrigger_update_update_9e83a', table='appointments_calendarfeed', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calendarfeed',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_calendarfeedevent" ("id", "made_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "read_at", "revoked_at", "secret_hash", "staff_id") VALUES (OLD."id", OLD."made_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."read_at", OLD."revoked_at", OLD."secret_hash", OLD."staff_id"); RETURN NULL;', hash='21c941a2e638f4d4ee2fd9f8773649fa837f80f5', operation='DELETE', pgid='pgtrigger_delete_delete_0de5c', table='appointments_calendarfeed', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calendarfeedevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a1b1d3d6de6717b5afe074588a6ea347b27f111f', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_bec97', table='appointments_calendarfeedevent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='recall',
            index=models.Index(fields=['site', 'state', 'closes_on'], name='recalls_by_state'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='recall',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_recallevent" ("after_id", "appointment_id", "closes_on", "dismissed_because", "id", "opens_on", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "state", "uuid") VALUES (NEW."after_id", NEW."appointment_id", NEW."closes_on", NEW."dismissed_because", NEW."id", NEW."opens_on", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."site_id", NEW."state", NEW."uuid"); RETURN NULL;', hash='6e492c67abe644846ccda87bad1ad5f426092346', operation='INSERT', pgid='pgtrigger_insert_insert_781e7', table='appointments_recall', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='recall',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "appointments_recallevent" ("after_id", "appointment_id", "closes_on", "dismissed_because", "id", "opens_on", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "state", "uuid") VALUES (NEW."after_id", NEW."appointment_id", NEW."closes_on", NEW."dismissed_because", NEW."id", NEW."opens_on", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."site_id", NEW."state", NEW."uuid"); RETURN NULL;', hash='0550e34c2ca75339934d76f539674240a30f478b', operation='UPDATE', pgid='pgtrigger_update_update_9af15', table='appointments_recall', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='recall',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_recallevent" ("after_id", "appointment_id", "closes_on", "dismissed_because", "id", "opens_on", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "state", "uuid") VALUES (OLD."after_id", OLD."appointment_id", OLD."closes_on", OLD."dismissed_because", OLD."id", OLD."opens_on", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."site_id", OLD."state", OLD."uuid"); RETURN NULL;', hash='ac8143c86bc4a6214edfcb73c5c7e422caed68fc', operation='DELETE', pgid='pgtrigger_delete_delete_3f62f', table='appointments_recall', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='recallevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='82bb1fb28b44e37438cc34aaec19b87dbc63b861', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_32850', table='appointments_recallevent', when='BEFORE')),
        ),
        migrations.CreateModel(
            name='FreedSlot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('freed_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, max_length=200)),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='freed_slots', to='clinic.site')),
                ('was', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='freed', to='appointments.appointment')),
            ],
            options={
                'ordering': ['starts_at', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='occupation',
            name='freed',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='occupations', to='appointments.freedslot'),
        ),
        migrations.CreateModel(
            name='FreedSlotEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('freed_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, max_length=200)),
                ('clinician', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='appointments.freedslot')),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.site')),
                ('was', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='appointments.appointment')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('round', models.PositiveSmallIntegerField()),
                ('offered_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('accepted', models.BooleanField(null=True)),
                ('slot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='appointments.freedslot')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='WaitingListEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('from_time', models.TimeField(blank=True, null=True)),
                ('to_time', models.TimeField(blank=True, null=True)),
                ('not_before_on', models.DateField(blank=True, null=True)),
                ('added_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_because', models.CharField(blank=True, max_length=200)),
                ('clinician', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('gives_up', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='appointments.appointment')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='patients.patient')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='clinic.site')),
                ('visit_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='appointments.visittype')),
            ],
            options={
                'ordering': ['added_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='OfferEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('round', models.PositiveSmallIntegerField()),
                ('offered_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('accepted', models.BooleanField(null=True)),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='appointments.offer')),
                ('slot', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='appointments.freedslot')),
                ('entry', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='appointments.waitinglistentry')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='offer',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='appointments.waitinglistentry'),
        ),
        migrations.CreateModel(
            name='WaitingListEntryEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('from_time', models.TimeField(blank=True, null=True)),
                ('to_time', models.TimeField(blank=True, null=True)),
                ('not_before_on', models.DateField(blank=True, null=True)),
                ('added_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_because', models.CharField(blank=True, max_length=200)),
                ('clinician', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('gives_up', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='appointments.appointment')),
                ('patient', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='patients.patient')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='appointments.waitinglistentry')),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.site')),
                ('visit_type', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='appointments.visittype')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='freedslot',
            index=models.Index(condition=models.Q(('closed_at', None)), fields=['freed_at'], name='freed_slots_open'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='freedslot',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_freedslotevent" ("clinician_id", "closed_at", "ends_at", "freed_at", "id", "outcome", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "starts_at", "uuid", "was_id") VALUES (NEW."clinician_id", NEW."closed_at", NEW."ends_at", NEW."freed_at", NEW."id", NEW."outcome", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."site_id", NEW."starts_at", NEW."uuid", NEW."was_id"); RETURN NULL;', hash='110b7a6d77b7f663141a2348a52eafd2a89db8ec', operation='INSERT', pgid='pgtrigger_insert_insert_ebef0', table='appointments_freedslot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='freedslot',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "appointments_freedslotevent" ("clinician_id", "closed_at", "ends_at", "freed_at", "id", "outcome", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "starts_at", "uuid", "was_id") VALUES (NEW."clinician_id", NEW."closed_at", NEW."ends_at", NEW."freed_at", NEW."id", NEW."outcome", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."site_id", NEW."starts_at", NEW."uuid", NEW."was_id"); RETURN NULL;', hash='478bb5ee275e41a1ea32d117159e3c212aa7f907', operation='UPDATE', pgid='pgtrigger_update_update_7b641', table='appointments_freedslot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='freedslot',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_freedslotevent" ("clinician_id", "closed_at", "ends_at", "freed_at", "id", "outcome", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "starts_at", "uuid", "was_id") VALUES (OLD."clinician_id", OLD."closed_at", OLD."ends_at", OLD."freed_at", OLD."id", OLD."outcome", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."site_id", OLD."starts_at", OLD."uuid", OLD."was_id"); RETURN NULL;', hash='3d1ebb14387ea9a4a6efd6a382353dc2243fae89', operation='DELETE', pgid='pgtrigger_delete_delete_98f8e', table='appointments_freedslot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='freedslotevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8f69540b7654d99e1913e309a207ba0786b495fa', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c7173', table='appointments_freedslotevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='waitinglistentry',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('patient', 'visit_type'), name='waits_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='waitinglistentry',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_waitinglistentryevent" ("added_at", "clinician_id", "ended_at", "ended_because", "from_time", "gives_up_id", "id", "not_before_on", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "to_time", "uuid", "visit_type_id", "weekdays") VALUES (NEW."added_at", NEW."clinician_id", NEW."ended_at", NEW."ended_because", NEW."from_time", NEW."gives_up_id", NEW."id", NEW."not_before_on", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."site_id", NEW."to_time", NEW."uuid", NEW."visit_type_id", NEW."weekdays"); RETURN NULL;', hash='92f35392f6c0dffc4456d7bfd21b3c42d7f86b3f', operation='INSERT', pgid='pgtrigger_insert_insert_f2d2e', table='appointments_waitinglistentry', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='waitinglistentry',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "appointments_waitinglistentryevent" ("added_at", "clinician_id", "ended_at", "ended_because", "from_time", "gives_up_id", "id", "not_before_on", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "to_time", "uuid", "visit_type_id", "weekdays") VALUES (NEW."added_at", NEW."clinician_id", NEW."ended_at", NEW."ended_because", NEW."from_time", NEW."gives_up_id", NEW."id", NEW."not_before_on", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."site_id", NEW."to_time", NEW."uuid", NEW."visit_type_id", NEW."weekdays"); RETURN NULL;', hash='dd0efebe385d34bb37ec53824b1f3afd710e4f89', operation='UPDATE', pgid='pgtrigger_update_update_de81b', table='appointments_waitinglistentry', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='waitinglistentry',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_waitinglistentryevent" ("added_at", "clinician_id", "ended_at", "ended_because", "from_time", "gives_up_id", "id", "not_before_on", "patient_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "to_time", "uuid", "visit_type_id", "weekdays") VALUES (OLD."added_at", OLD."clinician_id", OLD."ended_at", OLD."ended_because", OLD."from_time", OLD."gives_up_id", OLD."id", OLD."not_before_on", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."site_id", OLD."to_time", OLD."uuid", OLD."visit_type_id", OLD."weekdays"); RETURN NULL;', hash='1d19059ca1cb9d917ba77dff0b8a5d0dd2371540', operation='DELETE', pgid='pgtrigger_delete_delete_a0e2b', table='appointments_waitinglistentry', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='offerevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d87cdda264098e4c00ff3efc6d2b8de679e57752', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7fc38', table='appointments_offerevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.UniqueConstraint(fields=('slot', 'entry'), name='offered_once'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted', True)), fields=('slot',), name='first_yes_wins'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='offer',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_offerevent" ("accepted", "answered_at", "entry_id", "expires_at", "id", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "round", "slot_id", "uuid") VALUES (NEW."accepted", NEW."answered_at", NEW."entry_id", NEW."expires_at", NEW."id", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."round", NEW."slot_id", NEW."uuid"); RETURN NULL;', hash='8c978bd42d5cbfc7766517ebd835a32c4fb29e13', operation='INSERT', pgid='pgtrigger_insert_insert_b9720', table='appointments_offer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='offer',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "appointments_offerevent" ("accepted", "answered_at", "entry_id", "expires_at", "id", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "round", "slot_id", "uuid") VALUES (NEW."accepted", NEW."answered_at", NEW."entry_id", NEW."expires_at", NEW."id", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."round", NEW."slot_id", NEW."uuid"); RETURN NULL;', hash='bcb931e0a32bf64d9b4f6fd57dc59bf5957292bc', operation='UPDATE', pgid='pgtrigger_update_update_a0c8f', table='appointments_offer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='offer',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "appointments_offerevent" ("accepted", "answered_at", "entry_id", "expires_at", "id", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "round", "slot_id", "uuid") VALUES (OLD."accepted", OLD."answered_at", OLD."entry_id", OLD."expires_at", OLD."id", OLD."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."round", OLD."slot_id", OLD."uuid"); RETURN NULL;', hash='cc92cd3a4a046e11c7d75e45aa194d47e6595294', operation='DELETE', pgid='pgtrigger_delete_delete_30669', table='appointments_offer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='waitinglistentryevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='64d89d8152a2a597415da8c37077b6d0d6cfb367', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d8f6e', table='appointments_waitinglistentryevent', when='BEFORE')),
        ),
    ]

"""Tickets raise suspicions, from these numbers on."""

import django.core.validators
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_general_rule(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("support", "SuspicionRule").objects.get_or_create(service_name="")


class Migration(migrations.Migration):

    dependencies = [
        ('support', '0012_runbooks'), ('health', '0018_suspicions_by_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='SuspicionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_name', models.CharField(blank=True, max_length=200, unique=True, verbose_name='service')),
                ('is_on', models.BooleanField(default=True, verbose_name='suspects incidents')),
                ('tickets', models.PositiveSmallIntegerField(default=4, validators=[django.core.validators.MinValueValidator(2), django.core.validators.MaxValueValidator(500)], verbose_name='tickets')),
                ('customers', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(2), django.core.validators.MaxValueValidator(500)], verbose_name='customers')),
                ('minutes', models.PositiveSmallIntegerField(default=60, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(1440)], verbose_name='minutes')),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('customers__lte', models.F('tickets'))), name='no_more_customers_than_tickets')],
            },
        ),
        migrations.RunPython(add_general_rule, migrations.RunPython.noop),
    ]

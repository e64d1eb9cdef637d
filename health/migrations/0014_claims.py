"""Claims with a way of their own, promises per service, and months that come due; no release had the columns removed."""

import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0015_customer_facts'),
        ('health', '0013_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('CLAIMED', 'Claimed'), ('GRANTED', 'Granted'), ('REFUSED', 'Refused')], default='CLAIMED', max_length=10)),
                ('number', models.CharField(max_length=60)),
                ('claimed_on', models.DateField()),
                ('claimed_at', models.DateTimeField()),
                ('amount', models.CharField(blank=True, max_length=60)),
                ('note', models.CharField(blank=True, max_length=1000)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ReckonedMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(unique=True)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('reckoned_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='downtime',
            name='a_claim_has_a_number',
        ),
        migrations.RemoveIndex(
            model_name='downtime',
            name='downtime_worst_first',
        ),
        migrations.RemoveField(
            model_name='downtime',
            name='claim',
        ),
        migrations.RemoveField(
            model_name='downtime',
            name='claim_note',
        ),
        migrations.RemoveField(
            model_name='downtime',
            name='claim_number',
        ),
        migrations.RemoveField(
            model_name='downtime',
            name='reckoned_at',
        ),
        migrations.AddField(
            model_name='service',
            name='promised_percent',
            field=models.DecimalField(db_default=Decimal('99.9'), decimal_places=2, default=Decimal('99.9'), max_digits=5, verbose_name='promised availability'),
        ),
        migrations.AlterField(
            model_name='downtime',
            name='service',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='downtimes', to='health.service'),
        ),
        migrations.AddIndex(
            model_name='downtime',
            index=models.Index(fields=['month', '-incident_seconds', '-degraded_seconds', 'id'], name='downtime_worst_first'),
        ),
        migrations.AddIndex(
            model_name='statechange',
            index=models.Index(condition=models.Q(('before__lt', 2), ('after__lt', 2), _connector='OR'), fields=['at'], name='state_change_of_trouble'),
        ),
        migrations.AddField(
            model_name='claim',
            name='claimed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claim',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='claim',
            name='downtime',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='claim', to='health.downtime'),
        ),
        migrations.AddIndex(
            model_name='reckonedmonth',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='month_due'),
        ),
    ]

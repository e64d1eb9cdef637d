"""Suspicions that tickets raise: with evidence instead of somebody's words."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0032_privileged_roles'),
        ('health', '0017_reviews_and_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='suspicion',
            name='evidence',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name='suspicion',
            name='reported_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='suspicion',
            name='seen',
            field=models.TextField(blank=True, verbose_name='what was seen'),
        ),
        migrations.AddConstraint(
            model_name='suspicion',
            constraint=models.CheckConstraint(condition=models.Q(('reported_by__isnull', False), models.Q(('evidence', {}), _negated=True), _connector='OR'), name='somebody_or_tickets_suspected_it'),
        ),
    ]

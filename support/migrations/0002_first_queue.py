"""A desk needs a queue to begin with."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_first_queue(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("support", "Queue").objects.get_or_create(name="Support")


class Migration(migrations.Migration):
    dependencies = [("support", "0001_tickets")]  # noqa: RUF012

    operations = [migrations.RunPython(add_first_queue, migrations.RunPython.noop)]  # noqa: RUF012

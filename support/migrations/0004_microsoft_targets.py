"""Microsoft's first answer to partners by severity, as an owner may correct it: two, four and eight hours."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

HOURS = {"A": 2, "B": 4, "C": 8}


def add_targets(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("support", "MicrosoftTarget")
    for severity, hours in HOURS.items():
        model.objects.get_or_create(severity=severity, defaults={"minutes": hours * 60})


class Migration(migrations.Migration):
    dependencies = [("support", "0003_sla")]  # noqa: RUF012

    operations = [migrations.RunPython(add_targets, migrations.RunPython.noop)]  # noqa: RUF012

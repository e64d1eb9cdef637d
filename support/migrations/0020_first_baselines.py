"""The first version of each checklist; owners publish the next ones."""

import json
from pathlib import Path

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_FILE = Path(__file__).parent.parent / "escalation" / "data" / "baselines.json"


def add_baselines(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("support", "Baseline")
    for row in json.loads(_FILE.read_text(encoding="utf-8")):
        model.objects.get_or_create(
            family=row["family"], area=row["area"], version=1, defaults={"items": row["items"]}
        )


class Migration(migrations.Migration):
    dependencies = [("support", "0019_entitlement")]  # noqa: RUF012

    operations = [migrations.RunPython(add_baselines, migrations.RunPython.noop)]  # noqa: RUF012

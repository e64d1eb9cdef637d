from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_role_from")]

    operations = [
        migrations.RenameModel(old_name="Sitting", new_name="Session"),
        migrations.AlterModelTable(name="session", table=None),
        migrations.AlterModelOptions(
            name="session", options={"verbose_name": "session", "verbose_name_plural": "sessions"}
        ),
    ]

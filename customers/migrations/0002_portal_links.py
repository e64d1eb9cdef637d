"""The first catalog of admin portals: a snapshot of what was known when this migration was written; admins edit it."""

from django.db import migrations

from csp_portal.microsoft.portal_links import PORTAL_LINKS


def add_portal_links(apps, schema_editor):
    PortalLink = apps.get_model("customers", "PortalLink")
    rows = [
        PortalLink(
            cloud=link.cloud.value,
            service=link.service,
            kind=link.kind.value,
            title=link.title,
            url_template=link.url_template,
            is_verified=link.is_verified,
            position=(place + 1) * 10,
        )
        for place, link in enumerate(PORTAL_LINKS)
    ]
    PortalLink.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [migrations.RunPython(add_portal_links, migrations.RunPython.noop)]

"""Partner Center's own page joins the catalog of admin portals, for portals that were set up before it did."""

from django.db import migrations

CLOUDS = ("global", "usgov", "usgov-dod", "custom")


def add_partner_center(apps, schema_editor):
    PortalLink = apps.get_model("customers", "PortalLink")
    for cloud in CLOUDS:
        PortalLink.objects.get_or_create(
            cloud=cloud,
            service="partner-center",
            defaults={
                "kind": "TICKET",
                "title": "Partner Center",
                "url_template": "https://partner.microsoft.com/dashboard/home",
                "is_verified": False,
                "position": 900,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("customers", "0033_order_started_by")]

    operations = [migrations.RunPython(add_partner_center, migrations.RunPython.noop)]

"""The cells of customers in a file for a spreadsheet."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Feed, State


def customer_header() -> list[str]:
    return [
        *(_("Name"), _("Tenant ID"), _("Default domain"), _("Initial domain"), _("Cloud"), _("Connection")),
        *(_("Health"), _("Unknown because"), _("Since"), _("Open incidents"), _("Open advisories"), _("Read at")),
        *(_("Tags"), _("No longer listed since"), _("Support tier"), _("Seats"), _("VIP"), _("Owner")),
        _("Contract hours"),
    ]


def customer_row(customer: Any) -> list[object]:
    """The cells of a customer that `with_health_at` annotated; its connection, owner and calendar come with it."""
    cause, owner, hours = customer.unknown_now, customer.owner, customer.calendar
    return [
        *(customer.name, customer.tenant_id, customer.domain, customer.initial_domain),
        *(customer.get_cloud_display(), customer.connection.name if customer.connection else ""),
        *(State(customer.health_now).label, Feed.Problem(cause).label if cause in Feed.Problem.values else cause),
        *(_moment(customer.health_since), customer.open_incidents, customer.open_advisories),
        *(_moment(customer.health_read_at), ", ".join(customer.tags), _moment(customer.gone_at)),
        *(customer.get_tier_display(), "" if customer.seats is None else customer.seats),
        *(_("yes") if customer.is_vip else _("no"), owner.name if owner else "", hours.name if hours else ""),
    ]


def _moment(moment: datetime | None) -> str:
    """ISO 8601 in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""

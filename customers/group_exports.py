"""Groups of customers as a file for a spreadsheet: a line for each customer of each group."""

from collections.abc import Iterator

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from csp_portal.accounts.exports import exports
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest
from csp_portal.audit.actions import Action
from csp_portal.spreadsheet import csv_answer
from customers.access import visible_customers
from customers.groups import in_group
from customers.models import CustomerGroup


@exports(Action.GROUPS_EXPORTED, capability=Capability.MANAGE_PORTAL)
def groups(request: SignedInRequest) -> HttpResponseBase:
    header = [_("Group"), _("Description"), _("Customer"), _("Tenant ID"), _("Domain")]
    return csv_answer("groups", header=header, rows=_rows(request.user))


def _rows(user: User) -> Iterator[list[object]]:
    """A group without customers has a line of its own."""
    current = visible_customers(user).current()
    for group in CustomerGroup.objects.order_by("name"):
        members = current.filter(in_group(group)).order_by("name", "pk").values_list("name", "tenant_id", "domain")
        if not members.exists():
            yield [group.name, group.description, "", "", ""]
        for name, tenant_id, domain in members.iterator(chunk_size=500):
            yield [group.name, group.description, name, tenant_id, domain]

"""The only door to customers: what a person may not see is not there."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from customers.models import Customer
from customers.models.customer import CustomerQuerySet


def visible_customers(user: User) -> CustomerQuerySet:
    """The customers this person may see, the gone ones included: where every reading for a person starts."""
    everyone = CustomerQuerySet(Customer)
    return everyone.all() if may(user, Capability.SEE_CUSTOMERS) else everyone.none()


def get_customer(user: User, tenant_id: UUID) -> Customer:
    """The customer with its connection, or 404 where there is none that this person may see."""
    customer = visible_customers(user).select_related("connection").filter(tenant_id=tenant_id).first()
    if customer is None:
        raise Http404(_("There is no such customer, or you may not see it."))
    return customer

"""The only door to customers: what a person may not see is not there."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from customers.models import Customer
from customers.models.customer import CustomerQuerySet
from customers.queries import with_health_at

RowsT = TypeVar("RowsT", bound=QuerySet[Any])


def visible_customers(user: User) -> CustomerQuerySet:
    """The customers this person may see, the gone ones included: where every reading for a person starts."""
    everyone = CustomerQuerySet(Customer)
    return everyone.all() if may(user, Capability.SEE_CUSTOMERS) else everyone.none()


def sees_many_clouds(user: User) -> bool:
    """Whether a cloud's name tells this person anything: where all customers are in one cloud, it is only noise."""
    return len(visible_customers(user).order_by().values_list("cloud").distinct()[:2]) > 1


def of_visible_customers(rows: RowsT, *, user: User) -> RowsT:
    """Rows that hang on customers, without those of customers this person may not see.

    The same rule as `visible_customers`, which a list of 10,000 ids in every query would cost dearly.
    """
    return rows if may(user, Capability.SEE_CUSTOMERS) else rows.none()


def get_customer(user: User, tenant_id: UUID) -> Customer:
    """The customer with its connection, or 404 where there is none that this person may see."""
    return _only(visible_customers(user).filter(tenant_id=tenant_id))


def get_customer_at(user: User, tenant_id: UUID, *, now: datetime) -> Any:
    """The same customer with what `with_health_at` knows of it now."""
    return _only(with_health_at(visible_customers(user).filter(tenant_id=tenant_id), now=now))


def _only(found: CustomerQuerySet) -> Customer:
    customer = found.select_related("connection").first()
    if customer is None:
        raise Http404(_("There is no such customer, or you may not see it."))
    return customer

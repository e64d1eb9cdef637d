"""What the tests of delegated administration share: what the sandbox's customers granted, as it was read last."""

import pytest
from django.utils import timezone

from csp_portal.microsoft.gdap import list_delegated_admin_relationships
from customers.connections import Access
from customers.gdap.orders import NewItem
from customers.gdap.store import store_relationships
from customers.models import OrderItem


@pytest.fixture
def read_relationships(connection):
    """Reads all relationships as a feed does; returns the rows."""

    def read():
        access = Access(connection)
        token = access.partner_token(access.cloud.graph_scope).value
        found = list_delegated_admin_relationships(access.http, cloud=access.cloud, token=token)
        return store_relationships(list(found), connection=connection, now=timezone.now())

    return read


@pytest.fixture
def relationships(customers, read_relationships):
    return read_relationships()


@pytest.fixture
def extendable(relationships):
    """Active relationships that could extend by themselves and do not."""
    return [one for one in relationships if one.is_active and not one.auto_extends and not one.has_global_administrator]


@pytest.fixture
def of():
    return lambda row, **more: NewItem(connection=row.connection, relationship=row, customer=row.customer, **more)


@pytest.fixture
def make_due():
    """The wait is over for whatever waits."""
    return lambda: OrderItem.objects.update(due_at=timezone.now())

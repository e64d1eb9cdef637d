"""Takes a single customer in, as a line of a file would."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import visible_customers
from customers.csv_file import FileCustomer
from customers.file_import import store_file
from customers.models import Connection, Customer


class AlreadyThere(ValueError):
    """A customer with this tenant ID exists; the sentence says so."""


class ScopeTooSmall(ValueError):
    """Who sees some customers only can't know which exist already; the sentence says so."""


@transaction.atomic
def take_in(one: FileCustomer, *, connection: Connection | None, by: User, now: datetime) -> Customer:
    """Store a new customer; AlreadyThere, ScopeTooSmall or FileRefused say why not."""
    if by.sees != User.Sees.ALL:
        raise ScopeTooSmall(_("You see some customers only. Ask somebody who sees all of them to take this one in."))
    added = store_file([one], connection=connection, now=now).added
    if not added:
        raise AlreadyThere(_("There is a customer with this tenant ID already."))
    customer = visible_customers(by).get(tenant_id=one.listed.tenant_id)
    after = {"name": customer.name, "domain": customer.domain, "cloud": customer.cloud}
    record(Action.CUSTOMER_ADDED, by=by, about=customer, customer=customer.tenant_id, after=after)
    return customer

"""What only we know of a customer: its support tier, seats, VIP mark, owner among us, and the hours of its contract."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.gdap.cells import mark_due
from customers.models import Customer

FACTS = ("tier", "seats", "is_vip", "owner", "calendar", "contract_ends_on")


@transaction.atomic
def keep_facts(customer: Customer, *, facts: Mapping[str, Any], by: User) -> bool:
    """Whether anything was new; what `facts` does not name stays."""
    before = _plain(customer)
    for name, value in facts.items():
        setattr(customer, name, value)
    after = _plain(customer)
    if before == after:
        return False
    customer.save(update_fields=FACTS)
    if before["contract_ends_on"] != after["contract_ends_on"]:
        mark_due([customer.pk])
    record(
        Action.CUSTOMER_FACTS_CHANGED,
        by=by,
        about=customer,
        customer=customer.tenant_id,
        before={name: value for name, value in before.items() if value != after[name]},
        after={name: value for name, value in after.items() if value != before[name]},
    )
    return True


def _plain(customer: Customer) -> dict[str, Any]:
    return {
        "tier": customer.tier,
        "seats": customer.seats,
        "is_vip": customer.is_vip,
        "owner": customer.owner.name if customer.owner else "",
        "calendar": customer.calendar.name if customer.calendar else "",
        "contract_ends_on": customer.contract_ends_on.isoformat() if customer.contract_ends_on else "",
    }

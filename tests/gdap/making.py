"""Relationships for tests, with what a test does not care about filled in."""

from typing import Any
from uuid import uuid4

from customers.models import Customer, Relationship

SUPPORT = "f023fd81-a637-4b56-95fd-791ac0226033"
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"


def make_relationship(customer: Customer, **facts: Any) -> Relationship:
    """An active one with one role that does not extend by itself."""
    told = {
        "connection": customer.connection,
        "customer": customer,
        "customer_tenant_id": customer.tenant_id,
        "customer_name": customer.name,
        "microsoft_id": f"{uuid4()}-{uuid4()}",
        "name": f"Access of {customer.name} {uuid4().hex[:6]}",
        "status": Relationship.Status.ACTIVE,
        "role_ids": [SUPPORT],
        "auto_extend_duration": "PT0S",
        **facts,
    }
    return Relationship.objects.create(**told)

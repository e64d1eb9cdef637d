"""What a person may see of delegated administration."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Upper
from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.access import of_visible_customers
from customers.models import AccessAssignment, Relationship

INVITATION_LASTS = timedelta(days=90)  # an unanswered request for approval lapses then (PC gdap-faq.md)


def visible_relationships(user: User) -> QuerySet[Relationship]:
    """The relationships of customers this person may see; those of no customer are for who sees all customers."""
    return of_visible_customers(Relationship.objects.all(), user=user)


def get_relationship(user: User, pk: int) -> Relationship:
    """The relationship with its customer and connection, or 404 where there is none that this person may see."""
    rows = visible_relationships(user).select_related("customer", "connection", "template")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such relationship, or you may not see it."))
    return found


def for_list(rows: QuerySet[Relationship]) -> QuerySet[Any]:
    """With what the list shows and is ordered by: `customer_key`, and whether any group of ours `is_assigned`."""
    living = AccessAssignment.objects.filter(relationship=OuterRef("pk"), gone_at__isnull=True, status="active")
    return rows.annotate(customer_key=Upper("customer_name"), is_assigned=Exists(living))


def lapses_at(relationship: Relationship) -> datetime | None:
    """When an invitation that nobody answers ends."""
    if relationship.status != Relationship.Status.APPROVAL_PENDING or relationship.locked_at is None:
        return None
    return relationship.locked_at + INVITATION_LASTS

"""Lets what stands behind a customer's cells be read anew at Microsoft: at a person's wish, or since it is missing."""

from django.db import transaction
from django.db.models import Q

from customers.changes import read_again
from customers.gdap.cells import mark_due
from customers.gdap.feeds import ask_for
from customers.gdap.store import ask_for_parts
from customers.models import AccessAssignment, Connection, Customer, GdapFeed, SecurityGroup


@transaction.atomic
def ask_about(customer: Customer) -> None:
    """Its relationships with their parts, our groups and who is in them, and whether our application is let in."""
    ask_for_parts(customer.relationships.filter(gone_at__isnull=True))
    if customer.connection is not None:
        for kind in (GdapFeed.Kind.RELATIONSHIPS, GdapFeed.Kind.GROUPS):
            ask_for(customer.connection, kind)
    read_again(customer)
    mark_due([customer.pk])


def ask_for_unread_groups(connection: Connection) -> None:
    """Where a group holds a role and nobody has read who is in it: until then nobody knows who can do anything."""
    held = AccessAssignment.objects.filter(relationship__connection=connection, gone_at__isnull=True)
    read = SecurityGroup.objects.filter(
        Q(members_read_at__isnull=False) | Q(gone_at__isnull=False), connection=connection
    )
    if held.exclude(group_id__in=read.values("group_id")).exists():
        ask_for(connection, GdapFeed.Kind.GROUPS)

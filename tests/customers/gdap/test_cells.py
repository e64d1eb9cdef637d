"""The stored matrix: reckoned in bulk when something behind a cell has changed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from csp_portal.accounts.models import User
from customers.gdap.capabilities import GLOBAL_READER, JOB_OF_KEY, JOBS
from customers.gdap.cells import add_missing, mark_due, mark_group_due, reckon_due, stored_cause
from customers.gdap.gather import facts_of, person_of
from customers.gdap.reckon import Cause, cell_of
from customers.models import Connection, Customer, Feed, GdapFeed, GroupMember, Reckoning, Relationship, SecurityGroup
from customers.tasks import reckon_capabilities

pytestmark = pytest.mark.django_db


def _tickets(customer: Customer) -> Cause | None:
    return stored_cause(Reckoning.objects.get(pk=customer.pk), "M365_TICKETS")


def test_each_broken_link_is_named_from_what_is_stored(
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
    gdap_connection: Connection,
    now: datetime,
) -> None:
    empty = SecurityGroup.objects.create(
        connection=gdap_connection, group_id="5f0dd3a4-0000-4000-8000-000000000001", members_read_at=now
    )
    names = ("whole", "nothing", "role", "unassigned", "pending", "failed", "outside", "early", "consent", "unread")
    customers = {name: new_customer(name) for name in names}
    grant(customers["whole"])
    grant(customers["role"], roles=(GLOBAL_READER,))
    grant(customers["unassigned"], held=None)
    grant(customers["pending"], held="pending")
    grant(customers["failed"], held="error")
    grant(customers["outside"]).assignments.update(group_id=empty.group_id)
    grant(customers["early"])
    Customer.objects.filter(pk=customers["early"].pk).update(contract_ends_on=now.date() + timedelta(days=500))
    grant(customers["consent"])
    Feed.objects.filter(customer=customers["consent"]).update(problem=Feed.Problem.CONSENT_MISSING)
    grant(customers["unread"], parts_read_at=None)

    assert add_missing() == len(names)
    assert stored_cause(Reckoning.objects.get(pk=customers["whole"].pk), "M365_TICKETS") == Cause.NOT_READ
    assert reckon_due(now=now) == len(names)

    assert {name: _tickets(customer) for name, customer in customers.items()} == {
        "whole": None,
        "nothing": Cause.NO_RELATIONSHIP,
        "role": Cause.ROLE_MISSING,
        "unassigned": Cause.NO_ASSIGNMENT,
        "pending": Cause.NOT_IN_EFFECT,
        "failed": Cause.NOT_IN_EFFECT,
        "outside": Cause.NOT_IN_GROUP,
        "early": Cause.ENDS_EARLY,
        "consent": None,
        "unread": Cause.NOT_READ,
    }
    reads = {name: stored_cause(Reckoning.objects.get(pk=row.pk), "READ_HEALTH") for name, row in customers.items()}
    assert {name for name, cause in reads.items() if cause} == {"consent"}
    assert reads["consent"] == Cause.CONSENT_MISSING


def test_a_list_that_was_not_read_for_a_day_says_nothing(
    new_customer: Callable[..., Customer], grant: Callable[..., Relationship], now: datetime
) -> None:
    customer = new_customer("Contoso")
    grant(customer)
    GdapFeed.objects.update(read_at=now - timedelta(days=2))
    reckon_capabilities()

    assert _tickets(customer) == Cause.NOT_READ


def test_who_entered_or_left_a_group_counts_with_the_next_sweep(
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
    support_group: SecurityGroup,
    now: datetime,
) -> None:
    held, other = new_customer("Contoso"), new_customer("Adatum")
    grant(held)
    reckon_capabilities()
    assert _tickets(held) is None
    GroupMember.objects.all().delete()

    assert mark_group_due(support_group) == 1
    assert reckon_due(now=now) == 1
    assert _tickets(held) == Cause.NOT_IN_GROUP
    assert mark_due([held.pk, other.pk]) == 2


def test_a_cell_is_reckoned_anew_the_moment_a_relationship_ends_and_else_at_night(
    new_customer: Callable[..., Customer], grant: Callable[..., Relationship], now: datetime
) -> None:
    soon, later = new_customer("Contoso"), new_customer("Adatum")
    end = now + timedelta(minutes=1)
    grant(soon, ends_at=end)
    grant(later)
    reckon_capabilities()

    assert Reckoning.objects.get(pk=soon.pk).due_at == end
    assert now < Reckoning.objects.get(pk=later.pk).due_at <= now + timedelta(days=1, hours=2)


def test_only_who_signed_in_with_microsoft_is_known_in_our_tenant(
    *,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
    gdap_connection: Connection,
    support_group: SecurityGroup,
    support_agent: User,
    now: datetime,
) -> None:
    customer = new_customer("Contoso")
    grant(customer)
    facts = facts_of([customer.pk], now=now)[customer.pk]
    member = support_group.members.get()
    mei = User.objects.create_from_microsoft(
        tenant_id=gdap_connection.partner_tenant_id, object_id=member.object_id, name="Mei Lin", mail=""
    )
    tickets = JOB_OF_KEY["M365_TICKETS"]

    assert cell_of(tickets, facts=facts, now=now, person=person_of(mei)).cause is None
    assert cell_of(tickets, facts=facts, now=now, person=person_of(support_agent)).cause == Cause.PERSON_UNKNOWN
    member.delete()
    assert cell_of(tickets, facts=facts, now=now, person=person_of(mei)).cause == Cause.NOT_IN_GROUP


def test_five_hundred_customers_take_as_many_statements_as_one(
    new_customer: Callable[..., Customer], grant: Callable[..., Relationship], now: datetime
) -> None:
    grant(new_customer("One"))
    reckon_capabilities()
    with CaptureQueriesContext(database) as one:
        mark_due(Customer.objects.all())
        reckon_due(now=now)
    for number in range(30):
        grant(new_customer(f"More {number}"))
    add_missing()
    with CaptureQueriesContext(database) as many:
        mark_due(Customer.objects.all())
        assert reckon_due(now=now) == 31

    assert len(many) == len(one) <= 20
    assert all(len(row.cells) == len(JOBS) for row in Reckoning.objects.all())

"""A ticket is given to nobody, and shown to nobody by name, who does not see its customer."""

from datetime import datetime

import pytest
from django.test import Client

from csp_portal.accounts.models import Role, User
from customers.models import Customer, CustomerGroup
from support.lists.bulk import carry_out, start
from support.models import BulkRow, Follower, Ticket
from tests.support.test_ticket_page import fields_of, say

pytestmark = pytest.mark.django_db
SENTENCE = "Lee does not see this customer&#x27;s tickets. Choose somebody who does."


@pytest.fixture
def lee(fabrikam: Customer) -> User:
    """Of the desk, for Fabrikam alone."""
    group = CustomerGroup.objects.create(name="Fabrikam's")
    group.added.set([fabrikam])
    person = User.objects.create(
        email="lee@x.example", name="Lee", role=Role.SUPPORT_AGENT, sees=User.Sees.ONLY, is_active=True
    )
    person.scope_groups.set([group])
    return person


def test_the_form_says_who_does_not_see_it_and_keeps_an_owner_of_before(
    as_agent: Client, ticket: Ticket, lee: User
) -> None:
    answer = as_agent.post(f"/tickets/{ticket.pk}/change/", fields_of(ticket, owner=lee.pk))
    assert SENTENCE in answer.content.decode()
    assert Ticket.objects.get(pk=ticket.pk).owner is None
    Ticket.objects.filter(pk=ticket.pk).update(owner=lee)
    as_agent.post(f"/tickets/{ticket.pk}/change/", fields_of(ticket, owner=lee.pk, subject="Other words"))
    assert Ticket.objects.get(pk=ticket.pk).subject == "Other words"


def test_programs_are_refused_too(as_agent: Client, ticket: Ticket, lee: User) -> None:
    said = {"version": ticket.version, "owner": lee.email}
    answer = as_agent.patch(f"/api/v1/tickets/{ticket.pk}/", said, "application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["owner"])


def test_many_at_once_are_refused_one_by_one(
    ticket: Ticket, fabrikam: Customer, lee: User, support_agent: User, now: datetime
) -> None:
    theirs = Ticket.objects.create(customer=fabrikam, queue=ticket.queue, subject="Help", updated_at=now)
    bulk = start([ticket.pk, theirs.pk], chosen=f"owner:{lee.pk}", by=support_agent, now=now)
    carry_out(now=now)
    states = dict(bulk.rows.values_list("number", "state"))
    assert states == {ticket.pk: BulkRow.State.REFUSED, theirs.pk: BulkRow.State.DONE}


def test_a_name_in_a_note_reaches_only_who_sees_it(as_agent: Client, ticket: Ticket, lee: User) -> None:
    say(as_agent, ticket, text="@Lee please look")
    assert not Follower.objects.filter(ticket=ticket, person=lee).exists()
    assert ticket.customer is not None
    lee.scope_groups.all()[0].added.add(ticket.customer)
    say(as_agent, ticket, text="@Lee please look now")
    assert Follower.objects.filter(ticket=ticket, person=lee).exists()

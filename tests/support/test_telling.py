"""What happens to tickets is told to who asked for it, and to nobody else."""

from datetime import datetime, timedelta

import pytest

from csp_portal.accounts.models import User
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Event, Rule
from support.changes import change
from support.customer_side.links import person_of
from support.customer_side.taking_in import rate
from support.desk import open_ticket, receive
from support.merging import merge
from support.models import Channel, Status, Ticket
from support.values import Incoming, NewTicket

pytestmark = pytest.mark.django_db
KINDS = [kind for kind in EventKind if kind.startswith("TICKET")]
HOUR = timedelta(hours=1)


def live(ticket: Ticket, *, by: User, now: datetime) -> None:
    """Everything that can happen to a ticket, from its first word to the customer's rating."""
    assert ticket.customer is not None
    new = NewTicket(subject="Once more", text="x", queue=ticket.queue, channel=Channel.MAIL, customer=ticket.customer)
    second = open_ticket(new, by=None, now=now)
    receive(ticket.pk, Incoming(text="And", channel=Channel.MAIL), now=now + HOUR)
    change(ticket.pk, values={"owner": by, "tags": ["secret"]}, by=by, now=now + 2 * HOUR, because="secret")
    merge(second.pk, into=ticket.pk, by=by, now=now + 3 * HOUR)
    change(ticket.pk, values={"status": Status.SOLVED}, by=by, now=now + 4 * HOUR)
    person = person_of(ticket.customer, address="kim@contoso.example", name="Kim", language="en")
    rate(Ticket.objects.get(pk=ticket.pk), is_good=False, words="secret", person=person, now=now + 5 * HOUR)


def test_each_kind_is_told_once_with_what_a_program_needs(ticket: Ticket, support_agent: User, now: datetime) -> None:
    Rule.objects.create(name="Tickets", kinds=KINDS)
    live(ticket, by=support_agent, now=now)
    told = [(event.kind, event.facts["ticket"] == ticket.pk) for event in Event.objects.order_by("first_seen_at", "pk")]
    assert told == [
        ("TICKET_OPENED", False),
        ("TICKET_WORD", True),
        ("TICKET_OWNER", True),
        ("TICKET_STATUS", False),
        ("TICKET_MERGED", False),
        ("TICKET_STATUS", True),
        ("TICKET_RATED", True),
    ]
    solved = Event.objects.filter(kind="TICKET_STATUS").latest("first_seen_at")
    assert (solved.facts["before"], solved.facts["state"], solved.facts["owner"]) == (
        "NEW",
        "SOLVED",
        support_agent.name,
    )
    assert [customer.name for customer in solved.customers.all()] == ["Contoso"]
    assert "secret" not in str([event.facts for event in Event.objects.all()])


def test_without_a_rule_nothing_is_written(ticket: Ticket, support_agent: User, now: datetime) -> None:
    Rule.objects.create(name="Off", kinds=KINDS, is_enabled=False)
    Rule.objects.create(name="Other", kinds=["ISSUE_OPENED"])
    live(ticket, by=support_agent, now=now)
    assert not Event.objects.filter(kind__in=KINDS).exists()

"""Tickets of several customers on one service, while Microsoft is silent, raise a suspicion."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from csp_portal.notices.models import Event
from customers.models import Customer, CustomerGroup
from health.models import Exposure, Service, Suspicion
from health.suspicion_words import seen_of
from health.suspicions import dismiss, merge_confirmed
from support.desk import open_ticket
from support.known.following import link_issue
from support.known.suspecting import suspect_due
from support.models import Channel, Queue, SuspicionRule, Ticket, TicketChange
from support.values import NewTicket
from tests.support.test_known import make_issue, post

pytestmark = pytest.mark.django_db
SUBJECTS = (
    *("Outlook asks for the password", "Outlook keeps asking for my password", "Mailbox prompts for a password"),
    *("Outlook wants the password again", "Password prompt in Outlook"),
)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def exchange() -> Service:
    return Service.objects.create(cloud="global", name="Exchange Online")


@pytest.fixture
def tenants(exchange: Service) -> list[Customer]:
    return [
        Customer.objects.create(
            tenant_id=UUID(int=100 + n), cloud="global", name=f"Secretive {n}", domain=f"s{n}.example", source="FILE"
        )
        for n in range(5)
    ]


def ask(
    customer: Customer, queue: Queue, *, at: datetime, subject: str = SUBJECTS[0], channel: Channel = Channel.MAIL
) -> Ticket:
    text = f"{customer.name} can't work."
    new = NewTicket(subject=subject, text=text, queue=queue, channel=channel, customer=customer)
    ticket = open_ticket(new, by=None, now=at)
    Ticket.objects.filter(pk=ticket.pk).update(created_at=at)
    return ticket


@pytest.fixture
def asked(tenants: list[Customer], queue: Queue, now: datetime) -> list[Ticket]:
    """Four tickets of four customers within half an hour."""
    moments = [now - timedelta(minutes=minutes) for minutes in (30, 20, 10, 1)]
    return [
        ask(customer, queue, at=at, subject=subject)
        for customer, at, subject in zip(tenants, moments, SUBJECTS, strict=False)
    ]


def look(now: datetime) -> int:
    SuspicionRule.objects.update(due_at=now)
    return suspect_due(now=now)


def test_four_tickets_of_four_customers_raise_one_suspicion_with_its_tickets_and_reasons(
    asked: list[Ticket], tenants: list[Customer], exchange: Service, now: datetime
) -> None:
    assert (look(now), look(now)) == (1, 0)
    found = Suspicion.objects.get()
    assert (found.service, found.reported_by, found.outcome) == (exchange, None, "OPEN")
    assert set(found.customers.all()) == set(tenants[:4])
    assert set(found.tickets.all()) == set(asked)
    assert found.evidence == {"tickets": 4, "customers": 4, "minutes": 30, "words": ["password", "prompt"]}
    assert seen_of(found).startswith("4 tickets of 4 customers within 30 minutes")
    assert Event.objects.filter(kind="SUSPICION_RAISED").count() == 1
    assert TicketChange.objects.filter(field="suspicion", because="suspected").count() == 4


def test_no_name_of_a_customer_gets_into_the_reasons(asked: list[Ticket], now: datetime) -> None:
    look(now)
    told = str(Suspicion.objects.get().evidence) + str(Event.objects.get(kind="SUSPICION_RAISED").facts)
    assert "ecretive" not in told


def test_many_tickets_of_one_customer_are_not_an_incident(tenants: list[Customer], queue: Queue, now: datetime) -> None:
    for minutes in range(8):
        ask(tenants[minutes % 2], queue, at=now - timedelta(minutes=minutes))
    assert look(now) == 0


def test_tickets_that_are_too_far_apart_or_were_imported_do_not_count(
    tenants: list[Customer], queue: Queue, now: datetime
) -> None:
    for number, customer in enumerate(tenants):
        ask(customer, queue, at=now - timedelta(minutes=35 * number))
        ask(customer, queue, at=now, channel=Channel.IMPORT)
    assert look(now) == 0


def test_where_an_issue_of_microsofts_fits_nothing_is_suspected(
    asked: list[Ticket], tenants: list[Customer], now: datetime
) -> None:
    for number, customer in enumerate(tenants):
        title = "Users may be prompted for their password in Outlook"
        make_issue(f"EX{number}", title=title, hits=customer, now=now)
    assert look(now) == 0


def test_the_numbers_can_be_set_for_one_service_and_it_can_be_switched_off(asked: list[Ticket], now: datetime) -> None:
    own = SuspicionRule.objects.create(service_name="Exchange Online", tickets=5, customers=5, minutes=60)
    assert look(now) == 0
    SuspicionRule.objects.filter(pk=own.pk).update(tickets=2, customers=2, is_on=False)
    assert look(now) == 0
    SuspicionRule.objects.filter(pk=own.pk).update(is_on=True)
    assert look(now) == 1


def test_further_tickets_join_and_bring_their_customers(
    asked: list[Ticket], tenants: list[Customer], queue: Queue, now: datetime
) -> None:
    look(now)
    later = now + timedelta(minutes=5)
    last = ask(tenants[4], queue, at=later)
    assert look(later) == 0
    suspicion = Suspicion.objects.get()
    assert (suspicion.tickets.count(), suspicion.customers.count()) == (5, 5)
    assert Ticket.objects.get(pk=last.pk).suspicion == suspicion


def test_one_that_was_dismissed_is_not_raised_again_by_the_same_tickets(
    asked: list[Ticket], tenants: list[Customer], queue: Queue, owner: User, now: datetime
) -> None:
    look(now)
    dismiss(Suspicion.objects.get(), why="their firewall", by=owner, now=now)
    ask(tenants[4], queue, at=now)
    assert look(now + timedelta(minutes=1)) == 0
    assert Suspicion.objects.count() == 1


def test_when_microsofts_issue_appears_the_tickets_are_linked_and_we_know_how_far_ahead_we_were(
    asked: list[Ticket], tenants: list[Customer], owner: User, now: datetime
) -> None:
    look(now)
    later = now + timedelta(minutes=40)
    issue = make_issue("EX9", title="Some users are asked for a password", hits=tenants[0], now=later)
    Exposure.objects.create(issue=issue, customer=tenants[1], first_seen_at=later, last_seen_at=later)
    post(issue, at=later)
    assert merge_confirmed(now=later) == 1
    assert Suspicion.objects.get().minutes_ahead == 40
    look(later)
    linked = Ticket.objects.filter(issue=issue).order_by("pk")
    # the others' customers are not hit by it
    assert list(linked) == asked[:2]
    link_issue(asked[0].pk, None, by=owner, now=later)
    look(later + timedelta(minutes=1))
    assert Ticket.objects.get(pk=asked[0].pk).issue is None


def test_the_page_names_the_tickets_that_one_may_see(asked: list[Ticket], as_agent: Client, now: datetime) -> None:
    look(now)
    suspicion = Suspicion.objects.get()
    page = as_agent.get(f"/suspicions/{suspicion.pk}/").content.decode()
    assert "4 tickets of 4 customers" in page and "The portal, from tickets" in page
    part = as_agent.get(f"/suspicions/{suspicion.pk}/tickets/").content.decode()
    assert all(ticket.subject in part for ticket in asked)
    assert "4 tickets of 4 customers" in as_agent.get("/suspicions/").content.decode()
    assert as_agent.get("/api/v1/suspicions/").json()["results"][0]["reported_by"] is None


def test_tickets_of_others_stay_theirs(
    asked: list[Ticket], tenants: list[Customer], as_agent: Client, support_agent: User, now: datetime
) -> None:
    look(now)
    mine = CustomerGroup.objects.create(name="Mine")
    mine.added.set(tenants[:1])
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    support_agent.scope_groups.set([mine])
    part = as_agent.get(f"/suspicions/{Suspicion.objects.get().pk}/tickets/").content.decode()
    assert f"#{asked[0].pk}" in part and f"#{asked[1].pk}" not in part


def test_an_owner_sets_the_numbers_and_nonsense_is_refused_in_a_sentence(as_owner: Client, exchange: Service) -> None:
    general = SuspicionRule.objects.get(service_name="")
    said = {
        **{"rule-TOTAL_FORMS": "2", "rule-INITIAL_FORMS": "1", "rule-0-id": str(general.pk), "rule-0-is_on": "on"},
        **{"rule-0-tickets": "3", "rule-0-customers": "9", "rule-0-minutes": "30"},
        **{"rule-1-service_name": "Exchange Online", "rule-1-is_on": "on"},
        **{"rule-1-tickets": "2", "rule-1-customers": "2", "rule-1-minutes": "15"},
    }
    page = as_owner.post("/settings/desk/suspicions/", said).content.decode()
    assert "So many customers can" in page
    answer = as_owner.post("/settings/desk/suspicions/", {**said, "rule-0-customers": "2"})
    assert answer.status_code == 302
    rows = SuspicionRule.objects.order_by("service_name").values_list("service_name", "tickets", "minutes")
    assert list(rows) == [("", 3, 30), ("Exchange Online", 2, 15)]
    assert AuditEntry.objects.filter(action="suspicion.rules_changed").count() == 1

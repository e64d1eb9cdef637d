"""A ticket about Exchange of a customer that is read, and a partner who may file it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from csp_portal.accounts.models import User
from customers.models import Connection, Customer, Feed
from health.models import Service
from support.escalation.baseline import checklists_of, tick_item
from support.models import BaselineTick, PartnerStanding, SupportPlan, Ticket


@dataclass(kw_only=True)
class Desk:
    """We are a direct partner with Premier."""

    ticket: Ticket
    contoso: Customer
    agent: User

    def read(self, moment: datetime, *, problem: str = "") -> None:
        """The customer's health is read at that moment, or can't be."""
        said = {"read_at": moment, "tried_at": moment, "problem": problem, "due_at": moment + timedelta(minutes=5)}
        Feed.objects.update_or_create(customer=self.contoso, kind=Feed.Kind.HEALTH, defaults=said)

    def tick_all(self, now: datetime) -> None:
        """Every required item is ticked with a word that shows it."""
        for checklist in checklists_of(self.ticket):
            for item in checklist.open_items:
                tick_item(
                    self.ticket,
                    baseline=checklist.baseline,
                    key=item.key,
                    outcome=BaselineTick.Outcome.DONE,
                    evidence="Looked at it.",
                    by=self.agent,
                    now=now,
                )


@pytest.fixture
def desk(contoso: Customer, ticket: Ticket, support_agent: User) -> Desk:
    made = Connection.objects.create(name="Partner", cloud="global", partner_tenant_id=UUID(int=9), client_id=uuid4())
    contoso.connection = made
    contoso.save()
    ticket.service = Service.objects.create(cloud="global", microsoft_id="Exchange", name="Exchange Online")
    ticket.save()
    PartnerStanding.objects.create(connection=made, partner_type="DIRECT")
    SupportPlan.objects.create(kind="PREMIER", valid_from="2026-01-01")
    return Desk(ticket=ticket, contoso=contoso, agent=support_agent)

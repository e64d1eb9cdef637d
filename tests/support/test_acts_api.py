"""What programs do with tickets goes by the rules of the pages."""

from typing import Any

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from health.models import Service
from support.models import Entry, OutgoingMail, Queue, Ticket

pytestmark = pytest.mark.django_db
LIST, JSON = "/api/v1/tickets/", "application/json"


def new(customer: Customer, **more: Any) -> dict[str, Any]:
    return {"customer": str(customer.tenant_id), "subject": "No mail", "text": "Since nine.", **more}


def test_a_ticket_is_opened_once_however_often_it_is_sent(
    as_agent: Client, support_agent: User, contoso: Customer, queue: Queue
) -> None:
    service = Service.objects.create(cloud="global", name="Exchange Online")
    said = new(contoso, service="Exchange Online", severity="A", impact="All 40 people", requester_name="Kim")
    answers = [as_agent.post(LIST, said, JSON, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    ticket = Ticket.objects.get()
    assert answers[1].json()["number"] == ticket.pk
    assert (ticket.customer, ticket.service, ticket.channel) == (contoso, service, "API")
    assert ticket.created_by == support_agent
    other = as_agent.post(LIST, {**said, "subject": "Other"}, JSON, headers={"Idempotency-Key": "one"})
    assert other.status_code == 422


def test_what_the_form_refuses_is_refused_with_its_sentence(as_agent: Client, contoso: Customer, queue: Queue) -> None:
    assert "severity A needs it" in str(as_agent.post(LIST, new(contoso, severity="A"), JSON).json()["impact"])
    assert "queue" in as_agent.post(LIST, new(contoso, queue="Nowhere"), JSON).json()
    assert as_agent.post(LIST, {"customer": "nobody.example"}, JSON).status_code == 400
    assert not Ticket.objects.exists()


def test_fields_are_changed_and_a_stale_change_writes_nothing(
    as_agent: Client, support_agent: User, ticket: Ticket, queue: Queue
) -> None:
    Queue.objects.create(name="Azure")
    said = {"version": ticket.version, "queue": "Azure", "owner": support_agent.email, "tags": ["vip", "mail"]}
    answer = as_agent.patch(f"{LIST}{ticket.pk}/", said, JSON)
    assert (answer.status_code, answer.json()["queue"], answer.json()["tags"]) == (200, "Azure", ["vip", "mail"])
    assert Ticket.objects.get().owner == support_agent
    stale = as_agent.patch(f"{LIST}{ticket.pk}/", {"version": ticket.version, "queue": "Support"}, JSON)
    assert (stale.status_code, stale.json()["now"]) == (409, {"queue": "Azure"})
    assert stale.json()["version"] == Ticket.objects.get().version
    assert Ticket.objects.get().queue.name == "Azure"


def test_a_note_stays_inside_and_a_reply_leaves_to_the_customer_alone(
    as_agent: Client, ticket: Ticket, support_agent: User
) -> None:
    made = as_agent.post(f"{LIST}{ticket.pk}/notes/", {"text": "Looks like their proxy."}, JSON)
    assert (made.status_code, made.json()["is_public"]) == (201, False)
    there = f"{LIST}{ticket.pk}/replies/"
    strange = as_agent.post(there, {"text": "Hello", "to": ["spy@elsewhere.example"]}, JSON)
    assert "Not an address of this customer" in str(strange.json()["to"])
    said = {"text": "We look into it.", "to": ["kim@contoso.example"], "status": "WAITING_CUSTOMER"}
    answers = [as_agent.post(there, said, JSON, headers={"Idempotency-Key": "r"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.entry.text) == (["kim@contoso.example"], "We look into it.")
    assert Ticket.objects.get().status == "WAITING_CUSTOMER"


def test_who_only_reads_writes_nothing_and_a_foreign_ticket_is_not_there(
    *, as_viewer: Client, as_agent: Client, support_agent: User, ticket: Ticket, fabrikam: Customer, contoso: Customer
) -> None:
    assert as_viewer.post(LIST, new(contoso), JSON).status_code == 403
    assert as_viewer.post(f"{LIST}{ticket.pk}/notes/", {"text": "x"}, JSON).status_code == 403
    assert as_viewer.patch(f"{LIST}{ticket.pk}/", {"version": 1}, JSON).status_code == 403
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set([fabrikam])
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    support_agent.scope_groups.set([group])
    for path in ("notes/", "replies/"):
        said = {"text": "x", "to": ["kim@contoso.example"]}
        assert as_agent.post(f"{LIST}{ticket.pk}/{path}", said, JSON).status_code == 404
    assert as_agent.patch(f"{LIST}{ticket.pk}/", {"version": 1, "subject": "x"}, JSON).status_code == 404
    assert as_agent.post(LIST, new(contoso), JSON).status_code == 400
    assert Entry.objects.count() == 1

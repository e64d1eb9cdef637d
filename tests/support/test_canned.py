"""Canned replies: filled in from the ticket, and never sent with a variable that has no value."""

from datetime import datetime

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from customers.models import Customer
from support.models import CannedReply, OutgoingMail, Ticket
from support.tools.canned import offered_for
from tests.support.test_known import make_issue

pytestmark = pytest.mark.django_db
TEXT = "Hello {{ contact.name }}, {{ issue.id }} is known at {{customer.name}}. News: {{ issue.next_update }}."


@pytest.fixture
def known(db: None) -> CannedReply:
    return CannedReply.objects.create(name="It is known", text=TEXT, language="en")


def test_what_the_ticket_knows_is_filled_in_and_the_rest_is_named(
    ticket: Ticket, known: CannedReply, support_agent: User, contoso: Customer, now: datetime
) -> None:
    (bare,) = offered_for(ticket, words="known", by=support_agent)
    assert bare.text.startswith("Hello Kim, {{ issue.id }} is known at Contoso.")
    assert bare.missing == ("issue.id", "issue.next_update")
    ticket.issue = make_issue("EX1", title="Mail is late", hits=contoso, now=now)
    (whole,) = offered_for(ticket, words="", by=support_agent)
    assert "EX1 is known at Contoso. News: Microsoft has not said when." in whole.text
    assert whole.missing == ()


def test_a_reply_with_a_variable_is_not_sent_and_a_note_may_have_one(as_agent: Client, ticket: Ticket) -> None:
    said = {"text": "We wait for {{ issue.id }}.", "to": "kim@contoso.example"}
    answer = as_agent.post(f"/tickets/{ticket.pk}/say/", {**said, "kind": "REPLY"}).content.decode()
    assert "{{ issue.id }} has no value here" in answer
    path, program = f"/api/v1/tickets/{ticket.pk}/replies/", {"text": said["text"], "to": [said["to"]]}
    assert as_agent.post(path, program, content_type="application/json").status_code == 400
    assert not OutgoingMail.objects.exists()
    as_agent.post(f"/tickets/{ticket.pk}/say/", {"text": said["text"], "kind": "NOTE"})
    assert ticket.entries.filter(kind="NOTE").exists()


def test_a_name_with_braces_is_not_read_as_a_variable(ticket: Ticket, known: CannedReply, support_agent: User) -> None:
    ticket.requester_name = "{{ agent.name }}"
    (offered,) = offered_for(ticket, words="", by=support_agent)
    assert support_agent.name not in offered.text


def test_owners_write_them_and_a_strange_variable_is_refused(as_owner: Client) -> None:
    said = {"name": "Hello", "text": "{{ customer.secret }}", "language": "", "family": ""}
    assert "is no variable" in as_owner.post("/settings/desk/replies/new/", said).content.decode()
    as_owner.post("/settings/desk/replies/new/", {**said, "text": "Hello {{ contact.name }}"})
    reply = CannedReply.objects.get()
    as_owner.post(f"/settings/desk/replies/{reply.pk}/delete/")
    assert not CannedReply.objects.exists()


def test_the_nearest_language_and_product_come_first(ticket: Ticket, known: CannedReply, support_agent: User) -> None:
    CannedReply.objects.create(name="A", text="x", language="zh-hant")
    CannedReply.objects.create(name="B", text="x", language="en", family=ticket.family)
    names = [one.reply.name for one in offered_for(ticket, words="", by=support_agent)]
    assert names == ["B", "It is known", "A"]

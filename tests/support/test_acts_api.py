"""What programs do with tickets goes by the rules of the pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.attachments.models import Attachment
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


def with_file(ticket: Ticket, content: bytes, *, name: str = "log.txt", **more: Any) -> dict[str, Any]:
    return {"kind": "NOTE", "text": "The log.", "files": [SimpleUploadedFile(name, content)], **more}


def test_files_come_with_a_note_are_listed_and_handed_out_after_their_scan(
    as_agent: Client, as_viewer: Client, ticket: Ticket, settings: Any
) -> None:
    path, key = f"{LIST}{ticket.pk}/attachments/", {"Idempotency-Key": "file-one"}
    answers = [as_agent.post(path, with_file(ticket, b"line one\n"), headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].json()["id"] == Entry.objects.get(kind="NOTE").pk
    assert as_agent.post(path, with_file(ticket, b"another\n"), headers=key).status_code == 422
    [told] = as_viewer.get(path).json()
    assert (told["name"], told["size"], told["is_public"], told["state"]) == ("log.txt", 9, False, "PENDING")
    assert as_viewer.get(f"{path}{told['key']}/").status_code == 403
    Attachment.objects.update(state=Attachment.State.CLEAN)
    got = as_viewer.get(f"{path}{told['key']}/")
    assert (b"".join(got.streaming_content), got["Content-Disposition"]) == (  # type: ignore[attr-defined]
        b"line one\n",
        'attachment; filename="log.txt"',
    )
    assert as_viewer.post(path, with_file(ticket, b"x")).status_code == 403


def test_a_file_that_is_not_taken_leaves_no_word_and_no_other_file(as_agent: Client, ticket: Ticket) -> None:
    path = f"{LIST}{ticket.pk}/attachments/"
    refused = as_agent.post(path, with_file(ticket, b"MZ\x90\x00", name="tool.exe"))
    assert (refused.status_code, list(refused.json())) == (400, ["files"])
    assert "to" in as_agent.post(path, with_file(ticket, b"a log\n", kind="REPLY")).json()
    assert "files" in as_agent.post(path, {"kind": "NOTE", "text": "No file."}).json()
    assert not Entry.objects.exclude(kind="MESSAGE").exists()
    assert not Attachment.objects.exists()


def test_a_reply_takes_its_file_along(as_agent: Client, ticket: Ticket) -> None:
    path = f"{LIST}{ticket.pk}/attachments/"
    said = with_file(ticket, b"how to\n", kind="REPLY", to=ticket.requester_address)
    assert as_agent.post(path, said).status_code == 201
    mail = OutgoingMail.objects.get()
    assert mail.entry.files.get().attachment.name == "log.txt"
    assert [one["is_public"] for one in as_agent.get(path).json()] == [True]


def test_another_tickets_file_is_not_found(as_agent: Client, ticket: Ticket, contoso: Customer) -> None:
    path = f"{LIST}{ticket.pk}/attachments/"
    as_agent.post(path, with_file(ticket, b"line\n"))
    Attachment.objects.update(state=Attachment.State.CLEAN)
    as_agent.post(LIST, new(contoso), JSON)
    other = Ticket.objects.latest("pk")
    key = Attachment.objects.get().key
    assert as_agent.get(f"{LIST}{other.pk}/attachments/{key}/").status_code == 404

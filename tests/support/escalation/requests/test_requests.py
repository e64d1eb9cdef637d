"""Partner Center's service requests: read with a person's sign-in, matched, and annotated once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.microsoft.errors import Throttled
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.service_requests import SandboxRequest
from csp_portal.microsoft.sandbox.world import World
from csp_portal.microsoft.service_requests import ServiceRequest as Told
from csp_portal.microsoft.service_requests import _address
from customers.models import Connection, Customer, CustomerGroup
from customers.writes import press_stop
from support.escalation.beginning import Refused
from support.escalation.ordering import settle_as_filed
from support.escalation.requests import noting, reading
from support.escalation.requests.noting import order_note, send_due_notes
from support.escalation.requests.reading import ask_to_read, read_due_feeds
from support.models import (
    Entry,
    Escalation,
    EscalationMessage,
    EscalationWatch,
    RequestFeed,
    ServiceRequest,
    ServiceRequestNote,
    Ticket,
)
from tests.customers.consent import consent
from tests.rights.conftest import give_scope
from tests.support.escalation.azure import draft_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NUMBER = "2611230000123456"


@pytest.fixture
def contoso(
    customers: list[Customer], connection: Connection, sandbox: SandboxServer, sandbox_world: World
) -> Customer:
    """Its connection signs in as a person."""
    consent(connection, sandbox=sandbox, person=sandbox_world.partner.people[0])
    return Customer.objects.select_related("connection").get(pk=customers[0].pk)


@pytest.fixture
def there(contoso: Customer, sandbox_world: World) -> SandboxRequest:
    tenant = sandbox_world.tenant(str(contoso.tenant_id))
    return sandbox_world.requests.make(tenant, id=NUMBER, title="Invoice is wrong")


def read(customer: Customer) -> RequestFeed:
    assert ask_to_read(customer, now=NOW) == ""
    read_due_feeds(now=NOW)
    return RequestFeed.objects.get(customer=customer)


def filed(customer: Customer, by: User, *, number: str = NUMBER) -> Escalation:
    draft = draft_of(customer, by=by, now=NOW)
    Escalation.objects.filter(pk=draft.pk).update(way="PARTNER_CENTER")
    return settle_as_filed(draft.pk, number=number, by=by, now=NOW)


def send() -> None:
    ServiceRequestNote.objects.exclude(due_at=None).update(due_at=NOW)
    send_due_notes(now=NOW)


@pytest.mark.parametrize(
    ("raw", "status", "severity"),
    [
        (1, "open", "critical"),
        ("attention_needed", "attention_needed", "minimal"),
        (9, "9", "moderate"),
        ("Novel", "Novel", ""),
    ],
)
def test_numbers_and_words_of_microsoft_are_understood(raw: object, status: str, severity: str) -> None:
    said: Any = {"critical": 1, "minimal": "minimal", "moderate": 2}.get(severity)
    told = Told.from_json({"id": "1", "status": raw, "severity": said, "createdDate": "0001-01-01T00:00:00"})
    assert (told.status, told.severity, told.created_at) == (status, severity, None)


def test_they_are_read_matched_by_number_and_their_notes_arrive_once(
    contoso: Customer, there: SandboxRequest, sandbox_world: World, support_agent: User
) -> None:
    escalation = filed(contoso, support_agent)
    sandbox_world.requests.note(there, text="We look into the invoice.")
    feed = read(contoso)
    row = ServiceRequest.objects.get()
    assert (row.request_id, row.status, row.severity, row.escalation) == (NUMBER, "open", "moderate", escalation)
    assert feed.read_at == NOW and feed.due_at is not None
    read(contoso)
    entry = Entry.objects.get(kind=Entry.Kind.MICROSOFT)
    assert (entry.text, entry.is_public) == ("We look into the invoice.", False)
    assert EscalationWatch.objects.get().answered_at == EscalationMessage.objects.get().at
    assert Ticket.objects.get().status == "OPEN"
    there.status, there.changed_at = "closed", sandbox_world.requests.now()
    read(contoso)
    assert Escalation.objects.get().state == "CLOSED"
    sandbox_world.requests.requests.clear()
    assert read(contoso).problem == ""
    assert ServiceRequest.objects.count() == 1


def test_what_one_of_us_writes_in_partner_center_is_no_answer_of_microsoft(
    contoso: Customer, there: SandboxRequest, sandbox_world: World, support_agent: User
) -> None:
    filed(contoso, support_agent)
    sandbox_world.requests.note(there, text="Any news?", who=support_agent.name.upper())
    read(contoso)
    assert EscalationWatch.objects.get().answered_at is None
    assert EscalationMessage.objects.get().is_theirs is False
    assert Ticket.objects.get().status == "WAITING_MICROSOFT"
    entry = Entry.objects.get(text__contains="Any news?")
    assert (entry.kind, entry.text.startswith("Sent to Microsoft by ")) == (Entry.Kind.NOTE, True)
    sandbox_world.requests.note(there, text="We look into the invoice.")
    read(contoso)
    assert EscalationWatch.objects.get().answered_at is not None


def test_who_files_by_hand_has_the_request_read_by_itself(
    contoso: Customer, there: SandboxRequest, support_agent: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        escalation = filed(contoso, support_agent)
    assert RequestFeed.objects.get().due_at == NOW
    read_due_feeds(now=NOW)
    assert ServiceRequest.objects.get().escalation == escalation
    assert RequestFeed.objects.filter(due_at__gt=NOW).exists()


def test_a_server_that_is_busy_may_have_taken_the_note(
    *, contoso: Customer, there: SandboxRequest, sandbox_world: World, support_agent: User, monkeypatch: Any
) -> None:
    read(contoso)
    order_note(ServiceRequest.objects.get().pk, text="Once", by=support_agent, now=NOW)
    real: Any = noting.add_note  # type: ignore[attr-defined]  # imported there

    def busy(*args: Any, **kwargs: Any) -> str:
        real(*args, **kwargs)
        monkeypatch.setattr(noting, "add_note", real)
        raise Throttled("503, come back", retry_after=0.0)

    monkeypatch.setattr(noting, "add_note", busy)
    send()
    send()
    assert len(there.notes) == 1 and ServiceRequestNote.objects.get().state == "DONE"


def test_an_id_is_never_a_way_to_another_address() -> None:
    cloud = Mock(partner_center_url="https://pc.example")
    assert _address(cloud, "../customers/x?y=1") == "https://pc.example/v1/servicerequests/..%2Fcustomers%2Fx%3Fy%3D1"


def test_a_request_of_another_customer_is_never_matched(
    contoso: Customer, there: SandboxRequest, customers: list[Customer], support_agent: User
) -> None:
    filed(customers[1], support_agent)
    read(contoso)
    assert ServiceRequest.objects.get().escalation is None


def test_a_person_matches_what_has_another_number(
    as_agent: Client, contoso: Customer, there: SandboxRequest, customers: list[Customer], support_agent: User
) -> None:
    mine, foreign = filed(contoso, support_agent, number="2611230000999999"), filed(customers[1], support_agent)
    read(contoso)
    row = ServiceRequest.objects.get()
    address = f"/customers/{contoso.tenant_id}/service-requests/{row.pk}/"
    refused = as_agent.post(f"{address}match/", {"escalation": foreign.pk}, follow=True).content.decode()
    assert "of this customer that is not matched yet" in refused
    as_agent.post(f"{address}match/", {"escalation": mine.pk})
    row.refresh_from_db()
    assert row.escalation == mine
    assert f"#{mine.ticket_id}" in as_agent.get(address).content.decode()


@pytest.mark.parametrize("breaks", [[], ["before"], ["after"], ["before", "after"]])
def test_a_note_stands_there_once_however_often_the_connection_breaks(
    *, contoso: Customer, there: SandboxRequest, sandbox_world: World, support_agent: User, breaks: list[str]
) -> None:
    escalation = filed(contoso, support_agent)
    read(contoso)
    row = ServiceRequest.objects.get()
    sandbox_world.requests.to_drop = list(breaks)
    ordered = order_note(row.pk, text="Here is the invoice.", by=support_agent, now=NOW)
    assert order_note(row.pk, text="Here is the invoice.", by=support_agent, now=NOW) == ordered
    for _try in range(4):
        send()
    assert [note["text"].startswith("Here is the invoice.") for note in there.notes] == [True]
    assert ServiceRequestNote.objects.get().state == "DONE"
    read(contoso)
    assert not escalation.ticket.entries.filter(kind=Entry.Kind.MICROSOFT).exists()


def test_why_nothing_can_be_read_is_said_with_what_would_change_it(
    as_agent: Client, contoso: Customer, support_agent: User, settings: Any
) -> None:
    address = f"/customers/{contoso.tenant_id}/service-requests/"
    assert "No service request is known" in as_agent.get(address).content.decode()
    without = replace(settings.MICROSOFT_CLOUDS["custom"], has_service_requests=False)
    settings.MICROSOFT_CLOUDS = {**settings.MICROSOFT_CLOUDS, "custom": without}
    assert "no service requests in this cloud" in as_agent.get(address).content.decode()
    settings.MICROSOFT_CLOUDS = {**settings.MICROSOFT_CLOUDS, "custom": replace(without, has_service_requests=True)}
    Connection.objects.update(auth_model=Connection.AuthModel.APP_ONLY)
    assert "only to a person" in as_agent.get(address).content.decode()
    assert "only to a person" in as_agent.post(f"{address}read/", follow=True).content.decode()
    assert not RequestFeed.objects.exists()


def test_what_microsoft_refuses_is_said_and_tried_again(contoso: Customer, sandbox_world: World) -> None:
    sandbox_world.partner.tenant.fail_with = 503
    feed = read(contoso)
    assert feed.problem and feed.read_at is None and feed.failures == 1 and feed.due_at is not None


def test_the_stop_switch_holds_notes(
    contoso: Customer, there: SandboxRequest, support_agent: User, owner: User
) -> None:
    read(contoso)
    row = ServiceRequest.objects.get()
    order_note(row.pk, text="Hello", by=support_agent, now=NOW)
    press_stop(by=owner, reason="An exercise", now=NOW)
    send()
    assert ServiceRequestNote.objects.get().state == "STOPPED" and not there.notes
    with pytest.raises(Refused):
        order_note(row.pk, text="Again", by=support_agent, now=NOW)


def test_who_may_not_see_the_customer_sees_none_of_it(
    *, as_agent: Client, contoso: Customer, there: SandboxRequest, support_agent: User
) -> None:
    read(contoso)
    give_scope(support_agent, User.Sees.ONLY, CustomerGroup.objects.create(name="None", tags=["nothing"]))
    row = ServiceRequest.objects.get()
    for place in ("", f"{row.pk}/", "export.csv"):
        assert as_agent.get(f"/customers/{contoso.tenant_id}/service-requests/{place}").status_code == 404
    assert (
        as_agent.post(f"/customers/{contoso.tenant_id}/service-requests/{row.pk}/note/", {"text": "x"}).status_code
        == 404
    )


def test_what_microsoft_did_not_let_us_read_is_read_the_next_time(
    *, contoso: Customer, there: SandboxRequest, sandbox_world: World, support_agent: User, monkeypatch: Any
) -> None:
    tenant = sandbox_world.tenant(str(contoso.tenant_id))
    other = sandbox_world.requests.make(tenant, id="2611230000009999", title="Another")
    sandbox_world.requests.note(there, text="First.")
    sandbox_world.requests.note(other, text="Second.")
    real: Any = reading.read_service_request  # type: ignore[attr-defined]  # imported there
    read_so_far: list[str] = []

    def only_one(*args: Any, **kwargs: Any) -> Told:
        if read_so_far:
            raise Throttled("429, come back", retry_after=30.0)
        read_so_far.append(kwargs["request_id"])
        return real(*args, **kwargs)  # type: ignore[no-any-return]

    monkeypatch.setattr(reading, "read_service_request", only_one)
    now = timezone.now()
    ask_to_read(contoso, now=now)
    read_due_feeds(now=now)
    feed = RequestFeed.objects.get()
    assert (feed.problem, sum(bool(row.notes) for row in ServiceRequest.objects.all())) == ("", 1)
    assert feed.due_at is not None and feed.due_at > now
    monkeypatch.setattr(reading, "read_service_request", real)
    read(contoso)
    assert all(row.notes for row in ServiceRequest.objects.all())

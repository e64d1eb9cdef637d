"""Azure Support as the client reads and writes it, against the sandbox."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_portal.microsoft.auth import Credential, MemoryTokenStore, TokenSource
from csp_portal.microsoft.azure_support import (
    Counter,
    list_communications,
    list_problems,
    list_resources,
    list_services,
    list_subscriptions,
    list_tickets,
    operation_status,
    read_ticket,
)
from csp_portal.microsoft.azure_support_writes import (
    Contact,
    NewTicket,
    Pen,
    change_ticket,
    create_ticket,
    send_communication,
)
from csp_portal.microsoft.clouds import load_clouds
from csp_portal.microsoft.errors import AccessDenied, Conflict, Refused, Throttled, Unavailable, UnexpectedAnswer
from csp_portal.microsoft.login import DiscoveryCache
from csp_portal.microsoft.sandbox.azure_world import FilingFaults
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World

KIM = Contact(
    first_name="Kim",
    last_name="Lee",
    address="kim@partner.example",
    phone="",
    time_zone="UTC",
    country="TWN",
    language="en-us",
)


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("sandbox-of-azure")


@pytest.fixture
def world():
    return World(seed=7, tenants=3, clock=lambda: datetime.now(UTC))


@pytest.fixture
def counter(world, state_dir, http):
    with SandboxServer(world, state_dir=state_dir) as server:
        hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
        cloud = load_clouds({**hosts, "MICROSOFT_CA_BUNDLE": server.ca_bundle})["custom"]
        partner = world.partner
        credential = Credential(
            cloud=cloud,
            client_id=partner.client_id,
            partner_tenant_id=partner.tenant_id,
            secret=partner.client_secret,
            key="x",
        )
        source = TokenSource(credential, store=MemoryTokenStore(), http=http, discovery=DiscoveryCache())
        token = source.app_token(world.tenants[0].tenant_id, scope=cloud.arm_scope)
        yield Counter(http=http, cloud=cloud, token=token.value)


@pytest.fixture
def pen(counter):
    return Pen(counter=counter, may_write=lambda: None)


@pytest.fixture
def subscription_id(counter):
    return list_subscriptions(counter)[0].id.rsplit("/", 1)[1]


@pytest.fixture
def new(counter, subscription_id):
    """Called with a name: a technical request about the first thing that can be chosen everywhere."""
    service = list_services(counter)[0]
    chosen: dict[str, Any] = {
        "service_id": service.id,
        "problem_id": list_problems(counter, service_id=service.id)[0].id,
        "resource_id": list_resources(counter, subscription_id=subscription_id)[0].id,
    }

    def make(name, *, severity="B"):
        return NewTicket(
            name=name,
            subscription_id=subscription_id,
            title=f"VM is gone [ref: {name.upper():A<20}]",
            description="Since 10:00 UTC.",
            severity=severity,
            contact=KIM,
            **chosen,
        )

    return make


def since(counter, subscription_id):
    return list(list_tickets(counter, subscription_id=subscription_id, since=datetime.now(UTC) - timedelta(minutes=1)))


def test_a_request_is_taken_followed_to_its_end_listed_changed_and_closed(pen, counter, new, subscription_id):
    taken = create_ticket(pen, new=new("one"))
    assert taken.ticket is None
    assert operation_status(counter, url=taken.operation_url) == "Succeeded"
    (found,) = since(counter, subscription_id)
    assert found == read_ticket(counter, ticket_id=found.id)
    assert (found.severity, found.status, found.answer_minutes) == ("moderate", "Open", 240)
    assert found.number.isdigit()

    assert change_ticket(pen, ticket_id=found.id, severity="A").severity == "critical"
    assert change_ticket(pen, ticket_id=found.id, status="closed").status == "Closed"


def test_a_list_of_many_requests_is_read_page_by_page(pen, counter, new, subscription_id):
    for number in range(101):
        create_ticket(pen, new=new(f"many-{number}"))
    assert len(since(counter, subscription_id)) == 101


def test_messages_go_both_ways(pen, counter, new, subscription_id, world):
    create_ticket(pen, new=new("two"))
    (found,) = since(counter, subscription_id)
    sent = {
        "ticket_id": found.id,
        "name": "a1",
        "subject": "More",
        "body": "It is back.",
        "sender": "kim@partner.example",
    }
    send_communication(pen, **sent)
    send_communication(pen, **sent)
    with world.azure.lock:
        world.azure.answer(world.azure.named(found.number), body="Please send the log.")
    said = list_communications(counter, ticket_id=found.id)
    assert [(one.body, one.is_inbound) for one in said] == [("It is back.", True), ("Please send the log.", False)]


@pytest.mark.parametrize(
    ("fault", "met"),
    [
        ("lost", (Unavailable, 1)),
        ("late", (Unavailable, 1)),
        ("dropped", (Unavailable, 0)),
        ("throttled", (Throttled, 0)),
    ],
)
def test_each_fault_of_filing_looks_as_it_would_at_microsoft(pen, new, world, fault, met):
    error, made = met
    shares: dict[str, Any] = {fault: 1.0}
    world.azure.faults = FilingFaults(**shares)
    with pytest.raises(error):
        create_ticket(pen, new=new("three"))
    assert sum(world.azure.by_marker().values()) == made
    seen = list(world.azure.visible(subscription_id=new("three").subscription_id))
    assert len(seen) == (made if fault != "late" else 0)


def test_an_operation_that_never_completes_stays_in_progress_though_the_request_is_there(
    pen, new, world, counter, subscription_id
):
    world.azure.faults = FilingFaults(stuck=1.0)
    taken = create_ticket(pen, new=new("four"))
    assert operation_status(counter, url=taken.operation_url) == "InProgress"
    assert len(since(counter, subscription_id)) == 1


def test_what_microsoft_refuses_is_told_apart(pen, new, world, counter):
    create_ticket(pen, new=new("five"))
    with pytest.raises(Conflict):
        create_ticket(pen, new=new("five"))
    with pytest.raises(Refused):
        create_ticket(pen, new=new("no spaces allowed"))
    world.azure.has_plan = False
    with pytest.raises(AccessDenied):
        create_ticket(pen, new=new("six"))
    with pytest.raises(UnexpectedAnswer, match="No token was sent"):
        operation_status(counter, url="https://elsewhere.example/operation")

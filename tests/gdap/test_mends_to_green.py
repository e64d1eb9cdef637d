"""Each of the seven causes of a red cell, from the sandbox: named rightly, and green after its mending button."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.microsoft.sandbox.gdap_assignments import fail
from csp_portal.microsoft.sandbox.world import World
from customers.gdap.capabilities import GLOBAL_READER, SERVICE_SUPPORT
from customers.gdap.reckon import Color
from customers.models import GLOBAL_ADMINISTRATOR, Customer, Order, Reckoning, Relationship, SecurityGroup
from tests.customers.consent import consent
from tests.gdap.forms import fields_of, link_of
from tests.gdap.microsoft import AtMicrosoft, Clock, read_everything, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore:response_mode=")]
TICKETS, HEALTH = "M365_TICKETS", "READ_HEALTH"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox_world(clock):
    return World(seed=1, tenants=2, clock=clock)


@pytest.fixture
def customer(customers):
    return customers[0]


@pytest.fixture
def microsoft(customer, sandbox_world):
    return AtMicrosoft(sandbox_world, tenant_id=customer.tenant_id)


@pytest.fixture
def desk(access_admin, signed_in, customer):
    return Desk(signed_in(access_admin), customer)


class Desk:
    """An access admin who looks at a cell and presses what mends it."""

    def __init__(self, client, customer):
        self.client, self.customer = client, customer

    def address(self, job=TICKETS, *, mine=False):
        return f"/delegated-access/capabilities/{self.customer.tenant_id}/{job}/{'?mine=yes' if mine else ''}"

    def cell(self, job=TICKETS, *, mine=False):
        """The cell as it is now, whose cause the page and, for any of us, the matrix name too."""
        page = self.client.get(self.address(job, mine=mine))
        found = page.context["chain"].cell
        word = str(found.cause.label) if found.cause else "Possible"
        assert word in page.content.decode()
        if not mine:
            assert f"{job}:{found.cause or ''}" in Reckoning.objects.get(customer=self.customer).cells
        return found

    def cause(self, job=TICKETS, *, mine=False):
        found = self.cell(job, mine=mine)
        assert found.color == Color.RED
        return found.cause

    def is_green(self, job=TICKETS, *, mine=False):
        return self.cell(job, mine=mine).color == Color.GREEN

    def link(self, words, job=TICKETS, *, mine=False):
        return link_of(self.client.get(self.address(job, mine=mine)).content.decode(), words)

    def press(self, words, *, job=TICKETS, **filled):
        """Follow the button to the order's preview, order it as it is proposed, and let the workers work."""
        page = self.client.get(self.link(words, job))
        sent = {**fields_of(page.content.decode(), form_id="order_new"), "reason": "Red cell", "do": "start", **filled}
        answer = self.client.post("/delegated-access/orders/new/", sent)
        assert answer.status_code == 302, answer.content.decode()
        work()
        (item,) = Order.objects.latest("pk").items.all()
        assert (item.state, item.problem) == ("DONE", "")

    def read_again(self, job=TICKETS):
        self.client.post(f"/delegated-access/capabilities/{self.customer.tenant_id}/reckon/", {"job": job})
        work()


def group_named(name):
    return str(SecurityGroup.objects.get(name=name).group_id)


def approve(desk, microsoft, sandbox):
    """As the customer's Global Administrator, on the page that the invitation's link opens."""
    invitation = desk.client.get(desk.link("Send the invitation, which the customer has to approve"))
    pk = urlsplit(invitation.context["link"]).fragment.rpartition("/")[2]
    assert pk == microsoft.last().id
    page = f"{sandbox.url}/AdminPortal/Invitation/{pk}"
    done = requests.post(page, data={"decision": "approve"}, verify=str(sandbox.ca_bundle), timeout=60)
    assert "now has these roles" in done.text
    desk.read_again()


def test_no_relationship(desk, microsoft, sandbox):
    read_everything()
    assert desk.cause() == "NO_RELATIONSHIP"

    desk.press("Invite the customer")
    assert desk.cause() == "NO_RELATIONSHIP"
    approve(desk, microsoft, sandbox)
    assert desk.cause() == "NO_ASSIGNMENT"
    desk.press("Give a group the role", group_id=group_named("Helpdesk"))

    assert desk.is_green()
    assert set(microsoft.last().roles) == {SERVICE_SUPPORT}


def test_role_not_in_it(desk, microsoft, sandbox):
    microsoft.give(microsoft.grant(GLOBAL_READER), GLOBAL_READER)
    read_everything()
    assert desk.cause() == "ROLE_MISSING"

    desk.press("Invite the customer to grant what is missing")
    approve_anew = Relationship.objects.get(status="approvalPending")
    page = f"{sandbox.url}/AdminPortal/Invitation/{approve_anew.microsoft_id}"
    requests.post(page, data={"decision": "approve"}, verify=str(sandbox.ca_bundle), timeout=60)
    desk.read_again()
    assert desk.cause() == "NO_ASSIGNMENT"
    desk.press("Give a group the role", group_id=group_named("Helpdesk"))

    assert desk.is_green()


def test_no_assignment(desk, microsoft):
    microsoft.grant(SERVICE_SUPPORT)
    read_everything()
    assert desk.cause() == "NO_ASSIGNMENT"

    desk.press("Give a group the role", group_id=group_named("GDAP Service Support"))

    assert desk.is_green()


def test_an_assignment_that_is_pending_becomes_green_by_itself(desk, microsoft, clock):
    found = microsoft.grant(SERVICE_SUPPORT)
    microsoft.world.gdap.pace = 60
    microsoft.give(found, SERVICE_SUPPORT)
    read_everything()
    assert desk.cause() == "NOT_IN_EFFECT"
    due = Relationship.objects.get(microsoft_id=found.id).parts_due_at
    assert due < timezone.now() + timedelta(minutes=1)

    clock.ahead += timedelta(minutes=2)
    look = desk.link("Look at the relationship and read it again")
    desk.client.post(f"{look}read-again/")
    work()

    assert desk.is_green()


def test_an_assignment_that_failed(desk, microsoft):
    found = microsoft.grant(SERVICE_SUPPORT)
    made = microsoft.give(found, SERVICE_SUPPORT)
    read_everything()
    fail(microsoft.world.gdap, found, assignment_id=made.id)
    desk.read_again()
    assert desk.cause() == "NOT_IN_EFFECT"

    desk.press("Give the group the role anew")

    assert desk.is_green()
    assert sorted(one.status for one in microsoft.world.gdap.parts(found).assignments.values()) == ["active", "error"]


def test_nobody_in_the_group(desk, microsoft):
    microsoft.give(microsoft.grant(SERVICE_SUPPORT), SERVICE_SUPPORT, group="GDAP Intune Administrators")
    read_everything()
    assert desk.cause() == "NOT_IN_GROUP"

    directory = microsoft.world.gdap.directory
    group = directory.named("GDAP Intune Administrators")
    assert desk.link("Open the group in Entra").endswith(f"groupId/{group.id}")
    group.members.add(next(iter(directory.users)))
    desk.read_again()

    assert desk.is_green()


def test_a_group_that_was_deleted_before_it_was_ever_read_is_named(desk, microsoft):
    microsoft.give(microsoft.grant(SERVICE_SUPPORT), SERVICE_SUPPORT)
    directory = microsoft.world.gdap.directory
    gone = directory.named("Helpdesk")
    directory.delete_group(gone)
    read_everything()
    assert desk.cause() == "NO_ASSIGNMENT"
    page = desk.client.get(desk.address()).content.decode()
    assert f"was deleted at Microsoft before we ever read it (ID {gone.id})" in page

    desk.press("Give a group the role", group_id=group_named("GDAP Service Support"))

    assert desk.is_green()


def test_the_person_not_in_the_group(customer, microsoft, connection, signed_in):
    person = microsoft.world.partner.people[0]
    me = User.objects.create_from_microsoft(
        tenant_id=connection.partner_tenant_id,
        object_id=person.object_id,
        name=person.name,
        mail=person.email,
        role=Role.ACCESS_ADMIN,
    )
    desk = Desk(signed_in(me), customer)
    directory = microsoft.world.gdap.directory
    group = directory.named("GDAP Security Administrators")
    group.members.discard(person.object_id)
    microsoft.give(microsoft.grant(SERVICE_SUPPORT), SERVICE_SUPPORT, group=group.name)
    read_everything()
    assert desk.is_green()
    assert desk.cause(mine=True) == "NOT_IN_GROUP"

    assert desk.link("Open the group in Entra", mine=True).endswith(f"groupId/{group.id}")
    group.members.add(person.object_id)
    desk.read_again()

    assert desk.is_green(mine=True)


@pytest.mark.parametrize("roles", [(SERVICE_SUPPORT,), (SERVICE_SUPPORT, GLOBAL_ADMINISTRATOR)])
def test_it_ends_before_the_contract(desk, microsoft, customer, roles):
    microsoft.give(microsoft.grant(*roles, days=30), SERVICE_SUPPORT)
    Customer.objects.filter(pk=customer.pk).update(contract_ends_on=timezone.now() + timedelta(days=400))
    read_everything()
    assert desk.cause() == "ENDS_EARLY"

    if GLOBAL_ADMINISTRATOR in roles:
        desk.press("Remove Global Administrator, which bars the extension")
        assert desk.cause() == "ENDS_EARLY"
    desk.press("Let it extend by itself")

    assert desk.is_green()


def test_consent_missing_where_the_customers_administrator_gives_it(desk, microsoft, sandbox):
    microsoft.tenant.consent_missing = True
    read_everything()
    assert desk.cause(HEALTH) == "CONSENT_MISSING"

    link = desk.link("Open the consent link as an administrator there", HEALTH)
    page = requests.post(
        link, data={"decision": "accept"}, verify=str(sandbox.ca_bundle), allow_redirects=False, timeout=60
    )
    back = urlsplit(page.headers["Location"])
    assert parse_qs(back.query)["admin_consent"] == ["True"]
    assert "Thank you" in Client().get(f"{back.path}?{back.query}").content.decode()
    work()

    assert desk.is_green(HEALTH)


def test_consent_missing_where_an_admin_agent_gives_it(desk, microsoft, sandbox, connection):
    consent(connection, sandbox=sandbox, person=microsoft.world.partner.people[0])
    microsoft.give(microsoft.grant(SERVICE_SUPPORT), SERVICE_SUPPORT)
    microsoft.tenant.consent_missing = True
    read_everything()
    assert desk.cause(HEALTH) == "CONSENT_MISSING"

    desk.press("Have our application let in", job=HEALTH)

    assert not microsoft.tenant.consent_missing
    assert desk.is_green(HEALTH)

"""The sandbox as Microsoft and customers live it, and all that is due at the portal, done by the workers' work."""

from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now
from django.utils import timezone

from csp_portal.microsoft.sandbox.gdap_assignments import assign
from customers.consents import learn_consents
from customers.gdap.carry_out import carry_out, claim_items
from customers.gdap.cells import add_missing, mark_consents, reckon_due
from customers.gdap.feeds import add_missing_feeds, claim_feeds
from customers.gdap.orders import OPEN_STATES
from customers.gdap.parts import claim_parts, read_parts
from customers.gdap.reading import read_feed
from customers.models import OrderItem, Relationship
from tests.health.conftest import read_due


class Clock:
    """Now, and so much later as a test lets go by."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class AtMicrosoft:
    """One customer of the sandbox whom nobody has granted anything yet, and what it then grants."""

    def __init__(self, world, *, tenant_id):
        self.world, self.tenant = world, world.tenant(str(tenant_id))
        world.gdap.pace = 0
        for found in world.gdap.relationships():
            if found.tenant is self.tenant and world.gdap.settled(found).status == "active":
                world.gdap.terminate(found)

    def grant(self, *roles, days=30, is_approved=True):
        """A relationship with these roles, which the customer has approved."""
        gdap = self.world.gdap
        asked = {
            "displayName": f"Granted {len(gdap.relationships())}",
            "duration": f"P{days}D",
            "customer": {"tenantId": self.tenant.tenant_id},
            **_details(roles),
        }
        new = gdap.create(asked)
        gdap.ask(new, "lockForApproval", knows_reject=False)
        if is_approved:
            gdap.approve(new, tenant=self.tenant)
        return gdap.find(new.id)

    def give(self, found, *roles, group="Helpdesk"):
        """The group gets these roles of the relationship."""
        container = {
            "accessContainerId": self.world.gdap.directory.named(group).id,
            "accessContainerType": "securityGroup",
        }
        return assign(self.world.gdap, found, {"accessContainer": container, **_details(roles)})

    def last(self):
        """What the portal has made here last."""
        return self.world.gdap.settled(self.world.gdap.relationships()[-1])


def _details(roles):
    return {"accessDetails": {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}}


def read_everything():
    """A first reading of all that Microsoft tells, due or not."""
    add_missing_feeds()
    for _round in range(2):  # whose people are read follows from who holds roles
        for claim in claim_feeds():
            read_feed(claim, now=timezone.now())
        Relationship.objects.update(parts_due_at=Now())
        work()


def work():
    """Everything that is due now, as the workers do it one after the other; then nothing is left to do."""
    while OrderItem.objects.filter(state__in=OPEN_STATES, order__state="RUNNING").exists():
        OrderItem.objects.update(due_at=Now())
        carry_out(claim_items(limit=100), now=timezone.now())
    read_parts(claim_parts(limit=500), now=timezone.now())
    for claim in claim_feeds():
        read_feed(claim, now=timezone.now())
    read_due()
    learn_consents(now=timezone.now())
    add_missing()
    mark_consents()
    reckon_due(now=timezone.now())

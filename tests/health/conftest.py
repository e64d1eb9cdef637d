"""What tests of health share: feeds without a network, rounds through the sandbox, and time that passes."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from customers.models import Connection, Customer, Feed
from health.poll import Round, poll_feeds
from health.sweep import claim_now, sweep_due_feeds

MakeFeeds = Callable[[int], list[Feed]]


@pytest.fixture
def make_feeds(db: None) -> MakeFeeds:
    """Health feeds of so many new customers of one connection, never read."""

    def make(count: int) -> list[Feed]:
        connection, _ = Connection.objects.get_or_create(
            name="By hand",
            defaults={"cloud": "global", "partner_tenant_id": uuid.uuid4(), "client_id": uuid.uuid4()},
        )
        rows = Customer.objects.bulk_create(
            Customer(
                tenant_id=uuid.uuid4(),
                connection=connection,
                cloud="global",
                name=f"Customer {number}",
                source=Customer.Source.FILE,
            )
            for number in range(count)
        )
        return Feed.objects.bulk_create(
            Feed(customer=row, kind=Feed.Kind.HEALTH, due_at=timezone.now() + timedelta(hours=1)) for row in rows
        )

    return make


@pytest.fixture
def feed(make_feeds: MakeFeeds) -> Feed:
    return make_feeds(1)[0]


def read_everyone() -> Round:
    """One round over all customers, due or not."""
    return poll_feeds(claim_now(Feed.objects.all()), now=timezone.now())


def read_due() -> Round:
    """One sweep over what is due, in this process."""
    done = Round()
    sweep_due_feeds(lambda claims: done.add(poll_feeds(claims, now=timezone.now())))
    return done


def let_pass(time: timedelta) -> None:
    """So much time goes by for every feed."""
    Feed.objects.update(due_at=F("due_at") - time, held_until=F("held_until") - time)


def health_feed(customer: Customer) -> Feed:
    return Feed.objects.select_related("customer").get(customer=customer, kind=Feed.Kind.HEALTH)
